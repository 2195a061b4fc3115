#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "commands.hpp"

namespace onecard::cli {

namespace {

int run(int argc, char** argv) {
    CLI::App app{"onecard: pays social assistance, exactly once, and can prove it"};
    app.require_subcommand(1);
    Context context;
    std::string language = "en";
    app.add_option("--config", context.config, "configuration file")->capture_default_str();
    app.add_option("--lang", language, "zh or en")->check(CLI::IsMember({"zh", "en"}));
    app.add_flag("--json", context.manner.json, "answers as JSON");
    app.add_option("--as", context.manner.as, "name of the certificate to act with");
    app.add_option("--server", context.manner.server, "https://host:port of the service");
    app.fallthrough();

    Body body;
    const auto chosen = [&](Body wanted) { body = std::move(wanted); };
    add_house_commands(app, context, chosen);
    add_audit_commands(app, context, chosen);
    add_trial_command(app, context, chosen);
    add_office_commands(app, context, chosen);
    add_funds_commands(app, context, chosen);
    add_planning_commands(app, context, chosen);
    add_account_commands(app, context, chosen);
    add_backup_commands(app, context, chosen);
    add_past_commands(app, context, chosen);
    add_decision_commands(app, context, chosen);
    add_statement_commands(app, context, chosen);
    add_bank_command(app, context, chosen);
    CLI11_PARSE(app, argc, argv);
    context.manner.chinese = language == "zh";

    const auto result = body();
    if (result) return *result;
    fmt::print(stderr, "{}: {}\n", context.in("错误", "error"), result.error().message());
    return 1;
}

}  // namespace

}  // namespace onecard::cli

int main(int argc, char** argv) {
    try {
        return onecard::cli::run(argc, argv);
    } catch (const std::exception& broken) {
        fmt::print(stderr, "error: {}\n", broken.what());
        return 2;
    }
}
