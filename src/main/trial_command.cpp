#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "desk.hpp"
#include "onecard/app/trial.hpp"
#include "onecard/ops/policy_files.hpp"
#include "onecard/seal/hashes.hpp"

namespace onecard::cli {

namespace {

struct Options {
    std::string policy, folder, month, from, screening;
    std::vector<std::string> lists;
    std::int64_t household = 0;
    bool explains = false;
};

/// "deaths=FILE" or "deaths=FILE@2022-01-31".
Result<app::TrialList> list_in(const std::string& text, Day today) {
    const std::size_t equals = text.find('=');
    const auto kind = app::list_kind_of(text.substr(0, equals));
    if (equals == std::string::npos || !kind)
        return refuse(Fault::unknown,
                      "is written KIND=FILE or KIND=FILE@DAY, KIND as in schemas/screening.md",
                      "--list " + text);
    app::TrialList list{*kind, text.substr(equals + 1), today};
    const std::size_t at = text.rfind('@');
    if (at == std::string::npos || at < equals) return list;
    const auto day = Day::parse(text.substr(at + 1));
    if (!day) return std::unexpected{day.error()};
    list.file = text.substr(equals + 1, at - equals - 1);
    list.snapshot = *day;
    return list;
}

Result<int> assess(const Context& context, const Options& options) {
    app::TrialWish wish;
    wish.folder = options.folder;
    const auto month = Month::parse(options.month);
    if (!month) return std::unexpected{month.error()};
    wish.month = *month;
    if (!options.from.empty()) {
        const auto from = Month::parse(options.from);
        if (!from) return std::unexpected{from.error()};
        wish.from = *from;
    }
    if (options.household != 0) wish.only = HouseholdNo{options.household};
    wish.language = context.manner.chinese ? app::Language::chinese : app::Language::english;
    wish.explains = options.explains;
    wish.today = now().day_in_china();
    for (const std::string& wanted : options.lists) {
        const auto list = list_in(wanted, wish.today);
        if (!list) return std::unexpected{list.error()};
        wish.lists.push_back(*list);
    }

    if (!options.screening.empty()) {
        Context configured = context;
        configured.config = options.screening;
        const auto settings = configured.settings();
        if (!settings) return std::unexpected{settings.error()};
        wish.screening = settings->screening;
    }

    const auto loaded = ops::load_policy_book(options.policy);
    app::Trial trial;
    trial.faults = loaded.faults;
    if (trial.faults.empty())
        trial = app::try_out(wish, loaded.book, app::digest_of(seal::sha256(), loaded.book.canonical_text()));
    for (const Failure& fault : trial.faults) fmt::print(stderr, "{}\n", fault.message());
    if (!trial.faults.empty()) return 1;
    for (const Failure& fault : trial.left_out) fmt::print(stderr, "{}\n", fault.message());
    const std::string text =
        context.manner.json ? app::to_json(trial.report) + "\n" : app::to_text(trial.report, wish.language);
    std::fputs(text.c_str(), stdout);
    return 0;
}

}  // namespace

void add_trial_command(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    const auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        "assess", "Trial calculation: awards and differences from files alone, nothing is recorded");
    command->add_option("--policy", options->policy, "folder of policy packs")->required();
    command->add_option("--register", options->folder, "folder of register files")->required();
    command->add_option("--month", options->month, "benefit month, 2022-01")->required();
    command->add_option("--from", options->from, "past months from this one on: what they differ by");
    command->add_option("--household", options->household, "tell of one household alone")
        ->check(CLI::PositiveNumber);
    command->add_option("--list", options->lists,
                        "KIND=FILE[@DAY]: screen by a list of another authority; may be given several times");
    command->add_option("--screening", options->screening,
                        "screen by the [[screening]] of this configuration, not by what holds without one");
    command->add_flag("--explain", options->explains, "with the steps of every award");
    command->callback([=, &context] { chosen([=, &context] { return assess(context, *options); }); });
}

}  // namespace onecard::cli
