#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <random>

#include "support/installation.hpp"

/// The power fails at any moment, as often as it likes: done again, the same is paid once and the books are the same.
namespace onecard::test {
namespace {

using Clock = std::chrono::steady_clock;

/// One thing that somebody does at the command line, and does again when it broke off.
struct Step {
    std::string what;
    std::function<Words(Installation&)> words;
    /// What a repetition may be told when the first time had got through.
    std::string done_already = "nothing like this is ever said";
};

std::string number_of_run(Installation& here, const std::string& kind, const std::string& period) {
    std::string found;
    for (const auto& row : rows(here.ask({"run", "list"}), "runs"))
        if (word(row.as_object(), "kind") == kind && word(row.as_object(), "period") == period)
            found = std::to_string(number(row.as_object(), "run"));
    return found;
}

/// A payee whose card did not work brings a new one: the first by reference, the same in every installation.
Words import_of_correction(Installation& here) {
    for (const auto& row : rows(here.ask({"failures"}), "failures")) {
        const json::object& failure = row.as_object();
        if (word(failure, "reason") != "account name differs" || number(failure, "payee_kind") != 1) continue;
        write_text(here.folder() / "correction/accounts.csv",
                   fmt::format("county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,"
                               "valid_to\n370212,person,{},313999000002,card,6229990000000000027,王小明,"
                               "2022-01,\n",
                               number(failure, "payee")));
        break;
    }
    return {"import", (here.folder() / "correction").string()};
}

void add_run(std::vector<Step>& steps, const std::string& kind, const std::string& period) {
    const auto run = [kind, period](Installation& here) { return number_of_run(here, kind, period); };
    const auto at_run = [&](const std::string& what, const Words& before, const Words& after,
                            const std::string& done_already) {
        steps.push_back({fmt::format("{} {} {}", what, kind, period),
                         [=](Installation& here) {
                             Words words = before;
                             words.push_back(run(here));
                             words.insert(words.end(), after.begin(), after.end());
                             return words;
                         },
                         done_already});
    };
    steps.push_back({fmt::format("create {} {}", kind, period),
                     [=](Installation&) {
                         return Words{"run",      "create", "--kind",   kind,
                                      "--period", period,   "--region", "370212"};
                     },
                     fmt::format("has a live {} run for {} already", kind, period)});
    at_run("compute", {"run", "compute"}, {}, "nothing like this is ever said");
    at_run("propose", {"run", "approve"}, {"--as", "maker"}, "waits to be proposed");
    at_run("check", {"run", "approve"}, {"--as", "checker"}, "waits to be checked");
    at_run("release", {"run", "release"}, {"--as", "releaser"}, "waits to be released");
    for (int bank = 1; bank <= 3; ++bank)
        steps.push_back({fmt::format("bank {} {} {}", bank, kind, period), [=](Installation& here) {
                             return here.bank_words(bank, Installation::realistic());
                         }});
}

std::vector<Step> story() {
    std::vector<Step> steps;
    steps.push_back(
        {"import", [](Installation& here) { return Words{"import", here.register_folder().string()}; }});
    steps.push_back({"funds",
                     [](Installation&) {
                         return Words{"funds", "receive",   "--county", "370212", "--document",
                                      "QMZ-1", "--central", "900000",   "--own",  "100000"};
                     },
                     "this document was received already"});
    add_run(steps, "regular", "2021-12");
    add_run(steps, "regular", "2022-01");
    steps.push_back({"correction", import_of_correction});
    add_run(steps, "re-issue", "2022-01");
    steps.push_back({"checkpoint", [](Installation&) { return Words{"ledger", "checkpoint"}; }});
    return steps;
}

/// What must not depend on how often anything was killed.
std::string figures_of(Installation& here) {
    std::string all;
    for (const char* month : {"2021-12", "2022-01"})
        all += json::serialize(here.ask({"period", month})) + "\n";
    json::object balance = here.ask({"ledger", "trial-balance"});
    balance.erase("known_at");
    all += json::serialize(balance) + "\n";
    for (const auto& row : rows(here.ask({"failures"}), "failures")) {
        const json::object& failure = row.as_object();
        all += fmt::format("{} {} {} {}\n", word(failure, "reference"), word(failure, "reason"),
                           number(failure, "attempt"), number(failure, "amount_fen"));
    }
    all += json::serialize(rows(here.ask({"breaks"}), "breaks")) + "\n";
    for (const char* period : {"2021-12", "2022-01"}) {
        json::object changes = here.ask({"run", "changes", number_of_run(here, "regular", period)});
        changes.erase("run");
        all += json::serialize(changes) + "\n";
    }
    return all;
}

/// Asked of the rows themselves, not of the service.
void expect_each_obligation_paid_once(Installation& here) {
    Sql sql{here.owner_url()};
    EXPECT_EQ(sql.cell("select count(*) from (select 1 from outcome where kind = 1 "
                       "group by county, serial, part having count(*) > 1) twice"),
              "0");
    EXPECT_EQ(sql.cell("select count(*) from (select 1 from payment "
                       "group by county, beneficiary, programme, component, benefit_month "
                       "having count(*) > 1) twice"),
              "0");
    EXPECT_EQ(sql.cell("select count(*) from outcome o where kind = 1 and not exists "
                       "(select 1 from payment p where p.part = o.part and p.county = o.county "
                       "and p.serial = o.serial and p.amount = o.amount)"),
              "0");
    EXPECT_GT(std::stoi(sql.cell("select count(*) from outcome where kind = 1")), 1000);
}

std::chrono::milliseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

/// Undisturbed once, with the time each step takes; every other installation has the same seed.
struct Undisturbed {
    std::string figures;
    std::vector<std::chrono::milliseconds> times;
    static const Undisturbed& get() {
        static const Undisturbed one = [] {
            Undisturbed made;
            Installation here;
            here.start();
            for (const Step& step : story()) {
                const Words words = step.words(here);
                const auto start = Clock::now();
                const Ran ran = here.card(words);
                made.times.push_back(since(start));
                if (ran.code != 0) throw std::runtime_error{step.what + ": " + ran.all()};
            }
            made.figures = figures_of(here);
            expect_books_fit(here);
            return made;
        }();
        return one;
    }
};

enum class Victim : std::uint8_t { service, command, both };

/// Goes through the story; at the chosen steps the victim is killed after a part of the time that the step took
/// undisturbed, and the step is done again.
class KilledAt : public testing::TestWithParam<std::tuple<std::uint32_t, Victim>> {};

std::string name_of(const testing::TestParamInfo<KilledAt::ParamType>& info) {
    constexpr std::array victims{"Service", "Command", "Both"};
    return fmt::format("{}Seed{}", victims[static_cast<std::size_t>(std::get<1>(info.param))],
                       std::get<0>(info.param));
}

TEST_P(KilledAt, AnyMomentTheBooksAreWhatTheyWouldHaveBeen) {
    const auto [seed, victim] = GetParam();
    const Undisturbed& model = Undisturbed::get();
    std::mt19937 chance{seed};
    Installation here;
    here.start();
    const std::vector<Step> steps = story();
    int kills = 0;
    std::string history;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        // The first time most of the steps are hit, and some of the repetitions as well.
        for (int tries = 1;; ++tries) {
            ASSERT_LE(tries, 6) << steps[i].what << " cannot be done\n" << history << here.logs();
            const Words words = steps[i].words(here);
            const bool hit = tries <= 3 && chance() % (tries == 1 ? 2 : 3) == 0;
            const auto delay = model.times[i] * (chance() % 1150) / 1000;
            const Ran ran = here.run(here.command(words), "/", [&](Process& process) {
                if (!hit) return;
                std::this_thread::sleep_for(delay);
                // What ended meanwhile needs no killing, and the service goes then too: between two steps.
                if (victim != Victim::service && !process.has_ended()) ::kill(process.pid(), SIGKILL);
                if (victim != Victim::command) here.kill_service();
                ++kills;
            });
            if (hit)
                history += fmt::format("{}: killed after {} ms: {}", steps[i].what, delay.count(), ran.all());
            if (!here.runs()) {
                ASSERT_NO_THROW(here.start()) << history << here.logs();
            }
            if (ran.code == 0) break;
            if (ran.all().find(steps[i].done_already) != std::string::npos) {
                EXPECT_GT(tries, 1) << steps[i].what << " was never done\n" << history;
                break;
            }
            EXPECT_TRUE(tries > 1 || hit) << steps[i].what << " failed undisturbed: " << ran.all();
        }
    }
    EXPECT_GT(kills, 5);
    EXPECT_EQ(figures_of(here), model.figures) << history;
    expect_each_obligation_paid_once(here);
    expect_books_fit(here);
    // Two imports of the same register, or an upload cut off, have left nothing half done.
    here.kill_service();
    here.start();
    EXPECT_EQ(figures_of(here), model.figures);
    expect_nothing_secret_in_logs(here);
    RecordProperty("kills", kills);
}

INSTANTIATE_TEST_SUITE_P(ThePower, KilledAt,
                         testing::Values(std::tuple{1U, Victim::service}, std::tuple{2U, Victim::both},
                                         std::tuple{3U, Victim::command}),
                         name_of);

}  // namespace
}  // namespace onecard::test
