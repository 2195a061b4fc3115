#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "commands.hpp"

namespace onecard::cli {

namespace {

struct Options {
    std::string county, bank, file, region, period, evidence;
    std::vector<std::string> carried;
};

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

Result<Remote> connect(const Context& context, std::string_view role) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    return Remote::connect(*settings, context.manner, role);
}

Result<int> bring(const Context& context, const Options& options) {
    auto remote = connect(context, "maker");
    if (!remote) return std::unexpected{remote.error()};
    const std::filesystem::path file{options.file};
    const auto sent = remote->send_file(
        fmt::format("/v1/statements/{}/{}/{}", options.county, options.bank, file.filename().string()), file);
    if (!sent) return std::unexpected{sent.error()};
    fmt::print("{}\n", context.in("已接收,正在核对", "taken in; it is being matched"));
    return 0;
}

Result<int> correct(const Context& context, const std::string& file) {
    auto remote = connect(context, "maker");
    if (!remote) return std::unexpected{remote.error()};
    const auto answer = remote->show_file("/v1/corrections", file);
    if (!answer) return std::unexpected{answer.error()};
    fmt::print("{}{}", *answer, answer->ends_with('\n') ? "" : "\n");
    std::fflush(stdout);
    return (answer->contains("corrections.csv:") || answer->contains("corrections.xlsx:")) ? 1 : 0;
}

}  // namespace

void add_statement_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    const auto options = std::make_shared<Options>();
    const auto region_query = [options] {
        return options->region.empty() ? std::string{} : "?region=" + options->region;
    };
    auto* statement =
        app.add_subcommand("statement", "Statements of the transit accounts")->require_subcommand(1);
    auto* list = statement->add_subcommand("list", "Balances, statements, what waits and what is missing");
    list->add_option("--region", options->region);
    list->callback([=, &context] {
        chosen([=, &context] { return show(context, "maker", "GET", "/v1/statements" + region_query()); });
    });
    auto* put = statement->add_subcommand("put", "Bring the statement of a bank without a line (as maker)");
    put->add_option("county", options->county)->required();
    put->add_option("bank", options->bank, "number of the bank")->required();
    put->add_option("file", options->file, "ST, county, digits; .txt canonical, .xml camt")->required();
    put->callback([=, &context] { chosen([=, &context] { return bring(context, *options); }); });
    auto* match = statement->add_subcommand("match", "Look again at the lines that wait (as maker)");
    match->add_option("--region", options->region);
    match->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", "/v1/statements/match" + region_query(), "{}");
        });
    });

    auto* corrections = app.add_subcommand("corrections", "Failed payments as a sheet to be filled in")
                            ->require_subcommand(1);
    auto* queue = corrections->add_subcommand("list", "The sheet (as CSV or xlsx: GET /v1/corrections)");
    queue->add_option("--region", options->region);
    queue->callback([=, &context] {
        chosen([=, &context] { return show(context, "maker", "GET", "/v1/corrections" + region_query()); });
    });
    auto* correct_all = corrections->add_subcommand("put", "Take the sheet back, as CSV or xlsx (as maker)");
    correct_all->add_option("file", options->file)->required();
    correct_all->callback(
        [=, &context] { chosen([=, &context] { return correct(context, options->file); }); });

    auto* open = app.add_subcommand("open-items", "What is open of a county at the end of a month or year");
    open->add_option("county", options->county)->required();
    open->add_option("period", options->period, "2022-01, or 2022")->required();
    open->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "GET",
                        fmt::format("/v1/closes/{}/{}", options->county, options->period));
        });
    });
    auto* close = app.add_subcommand("close", "Propose to close a month or a fiscal year (as maker)");
    close->add_option("county", options->county)->required();
    close->add_option("period", options->period, "2022-01, or 2022")->required();
    close->add_option("--carry", options->carried, "an open item that goes over, as open-items calls it");
    close->add_option("--evidence", options->evidence, "why it may go over")->required();
    close->callback([=, &context] {
        chosen([=, &context] {
            std::string carried;
            for (const std::string& item : options->carried) carried += (carried.empty() ? "" : ";") + item;
            return show(context, "maker", "POST",
                        fmt::format("/v1/closes/{}/{}", options->county, options->period),
                        fmt::format(R"({{"carried":{},"evidence":{}}})", json_text(carried),
                                    json_text(options->evidence)));
        });
    });
}

}  // namespace onecard::cli
