#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <vector>

#include "commands.hpp"
#include "ways.hpp"

namespace onecard::cli {

namespace {

struct Options {
    std::string period, region;
    std::int32_t run = 0;
    std::vector<std::string> values;
    std::string county, reason;
    std::vector<std::string> outliers;
};

Result<int> simulate(const Context& context, const Options& options) {
    if ((options.run != 0) == !options.period.empty())
        return refuse(Fault::missing, "names a run, or a period and a region", "simulate");
    std::string body = options.run != 0 ? fmt::format(R"({{"run":"{}")", options.run)
                                        : fmt::format(R"({{"period":{},"region":{})",
                                                      json_text(options.period), json_text(options.region));
    for (const std::string& value : options.values) {
        const std::size_t equals = value.find('=');
        if (equals == std::string::npos)
            return refuse(Fault::malformed, "is written like dibao.urban=+50.00", value);
        body +=
            fmt::format(",{}:{}", json_text(value.substr(0, equals)), json_text(value.substr(equals + 1)));
    }
    return show(context, "maker", "POST", "/v1/simulations", body + "}");
}

Result<int> accept(const Context& context, const Options& options) {
    return show(context, "checker", "POST", fmt::format("/v1/runs/{}/outliers", options.run),
                fmt::format(R"({{"county":{},"outliers":{},"reason":{}}})", json_text(options.county),
                            json_text(fmt::format("{}", fmt::join(options.outliers, ","))),
                            json_text(options.reason)));
}

}  // namespace

void add_planning_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        "simulate", "What a month would cost under other values, without any effect: dibao.urban=+50.00");
    command->add_option("--run", options->run, "of this run: its facts, its policy book")
        ->check(CLI::PositiveNumber);
    command->add_option("--period", options->period, "or of this month, as it is known now");
    command->add_option("--region", options->region, "and these counties");
    command
        ->add_option("values", options->values,
                     "key=value of the policy packs; an amount also +50.00 or -12.50")
        ->required();
    command->callback([=, &context] { chosen([=, &context] { return simulate(context, *options); }); });

    auto* outliers =
        app.add_subcommand("outliers", "What a checker must accept by name before a run is checked")
            ->require_subcommand(1);
    auto* list = outliers->add_subcommand("show", "Those of a run, with who accepted them");
    list->add_option("run", options->run)->required();
    list->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "checker", "GET", fmt::format("/v1/runs/{}/outliers", options->run));
        });
    });
    auto* one = outliers->add_subcommand("accept", "Accept some of one county by their numbers, in writing");
    one->add_option("run", options->run)->required();
    one->add_option("--county", options->county)->required();
    one->add_option("--reason", options->reason)->required();
    one->add_option("numbers", options->outliers)->required();
    one->callback([=, &context] { chosen([=, &context] { return accept(context, *options); }); });
}

}  // namespace onecard::cli
