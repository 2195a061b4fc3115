#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "ways.hpp"

namespace onecard::cli {

namespace {

struct Options {
    std::string county, document, receipt, purpose = "general", region;
    std::string central = "0", province = "0", prefecture = "0", own = "0";
    std::int32_t year = 0;
};

void declare_amounts(CLI::App& command, Options& options, const char* document) {
    command.add_option("--county", options.county)->required();
    command.add_option("--document", options.document, document)->required();
    command.add_option("--central", options.central, "yuan");
    command.add_option("--province", options.province, "yuan");
    command.add_option("--prefecture", options.prefecture, "yuan");
    command.add_option("--own", options.own, "yuan");
}

std::string amounts(const Options& options) {
    return fmt::format(R"("county":{},"document":{},"central":{},"province":{},"prefecture":{},"own":{})",
                       json_text(options.county), json_text(options.document), json_text(options.central),
                       json_text(options.province), json_text(options.prefecture), json_text(options.own));
}

}  // namespace

void add_funds_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    const auto options = std::make_shared<Options>();
    auto* funds = app.add_subcommand("funds", "Allotted money")->require_subcommand(1);

    auto* allot = funds->add_subcommand("allot", "Record what a document allots at most (as maker)");
    declare_amounts(*allot, *options, "document number");
    allot->add_option("--purpose", options->purpose, "what it is for")
        ->check(CLI::IsMember({"general", "relief", "children", "disability"}))
        ->capture_default_str();
    allot->add_option("--year", options->year, "fiscal year")->required();
    allot->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", "/v1/funds/allotments",
                        fmt::format(R"({{{},"purpose":"{}","year":"{}"}})", amounts(*options),
                                    options->purpose, options->year));
        });
    });

    auto* receive = funds->add_subcommand("receive", "Record money that came in (as maker)");
    declare_amounts(*receive, *options, "document number of the allotment");
    receive->add_option("--receipt", options->receipt, "tells several receipts under one document apart");
    receive->callback([=, &context] {
        chosen([=, &context] {
            const std::string receipt =
                options->receipt.empty() ? std::string{} : ",\"receipt\":" + json_text(options->receipt);
            return show(context, "maker", "POST", "/v1/funds",
                        fmt::format("{{{}{}}}", amounts(*options), receipt));
        });
    });

    auto* services =
        funds->add_subcommand("services", "Record relief money that buys services, 2 % of a year's at most");
    declare_amounts(*services, *options, "number of the contract or voucher");
    services->add_option("--year", options->year, "fiscal year of the relief money")->required();
    services->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", "/v1/funds/services",
                        fmt::format(R"({{{},"year":"{}"}})", amounts(*options), options->year));
        });
    });

    auto* state =
        funds->add_subcommand("show", "Received, used, promised and available; documents; services");
    state->add_option("--region", options->region);
    state->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "GET",
                        options->region.empty() ? "/v1/funds" : "/v1/funds?region=" + options->region);
        });
    });
}

}  // namespace onecard::cli
