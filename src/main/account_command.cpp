#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "ways.hpp"

namespace onecard::cli {

void add_account_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    struct Options {
        std::string region, county, month, import, person, institution;
    };
    const auto options = std::make_shared<Options>();
    auto* accounts = app.add_subcommand("accounts", "Payees' accounts, and who has confirmed their changes")
                         ->require_subcommand(1);

    auto* changes =
        accounts->add_subcommand("changes", "Accounts that are others than before, and their second persons");
    changes->add_option("--region", options->region);
    changes->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "checker", "GET",
                        options->region.empty() ? "/v1/accounts/changes"
                                                : "/v1/accounts/changes?region=" + options->region);
        });
    });

    auto* ask = accounts->add_subcommand(
        "check-names", "As maker: ask the banks whether names and accounts belong together");
    ask->add_option("--county", options->county)->required();
    ask->add_option("--month", options->month, "whose accounts, 2022-01")->required();
    ask->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "POST", "/v1/accounts/name-checks",
                        fmt::format(R"({{"county":{},"month":{}}})", json_text(options->county),
                                    json_text(options->month)));
        });
    });
    auto* rounds = accounts->add_subcommand("name-checks", "What the banks were asked, and what they said");
    rounds->add_option("--region", options->region);
    rounds->callback([=, &context] {
        chosen([=, &context] {
            return show(context, "maker", "GET",
                        options->region.empty() ? "/v1/accounts/name-checks"
                                                : "/v1/accounts/name-checks?region=" + options->region);
        });
    });

    auto* confirm = accounts->add_subcommand("confirm", "As checker: what a maker's import changed is right");
    confirm->add_option("--county", options->county)->required();
    confirm->add_option("--import", options->import, "number of the import")->required();
    auto* person =
        confirm->add_option("--person", options->person, "one person; without: all of that import");
    confirm->add_option("--institution", options->institution)->excludes(person);
    confirm->callback([=, &context] {
        chosen([=, &context] {
            std::string body = fmt::format(R"({{"county":{},"import":{})", json_text(options->county),
                                           json_text(options->import));
            if (!options->person.empty())
                body += fmt::format(R"(,"payee_kind":"person","payee":{})", json_text(options->person));
            if (!options->institution.empty())
                body +=
                    fmt::format(R"(,"payee_kind":"institution","payee":{})", json_text(options->institution));
            return show(context, "checker", "POST", "/v1/accounts/confirmations", body + "}");
        });
    });
}

}  // namespace onecard::cli
