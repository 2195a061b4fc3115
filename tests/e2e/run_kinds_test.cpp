#include <gmock/gmock.h>

#include <thread>

#include "support/installation.hpp"

/// Runs of every kind beside the regular one: what they pay, and that no two of them pay one obligation, in whatever order
/// and however many at the same time.
namespace onecard::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* register_heads[] = {
    "county,household_no,area,village,representative,valid_from,valid_to\n",
    "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
    "in_full_time_school,died_on,valid_from,valid_to\n",
    "county,household_no,person_no,item,monthly,valid_from,valid_to\n",
    "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,institution_no,"
    "valid_from,valid_to\n",
    "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n"};
constexpr const char* ids[] = {"99010119600101004X", "990101195202290012", "990101198812319998",
                               "990101194508159979"};
constexpr const char* cards[] = {"6229990000000000019", "6229990000000000027", "6219991234567890120",
                                 "6239990000000123455"};

class RunKinds : public WithInstallation<RunKinds> {
public:
    /// Three households of one person in rural dibao, 31 to 33; 33 has no account yet.
    static void prepare(Installation& here) {
        const fs::path packs = here.folder() / "packs";
        fs::copy(fs::path{ONECARD_SOURCE_DIR} / "config/policy", packs);
        here.configure([&](std::string text) {
            return replaced(std::move(text), (fs::path{ONECARD_SOURCE_DIR} / "config/policy").string(),
                            packs.string());
        });
        const fs::path people = here.folder() / "people";
        for (int i = 0; i < 3; ++i) add_person(people, i, i < 2);
        here.start();
        here.done({"import", people.string()});
    }

protected:
    static void add(const fs::path& folder, int file, const std::string& row) {
        constexpr const char* names[] = {"households.csv", "persons.csv", "incomes.csv", "enrolments.csv",
                                         "accounts.csv"};
        const fs::path path = folder / names[file];
        write_text(path, (fs::exists(path) ? text_in(path) : std::string{register_heads[file]}) + row);
    }
    static void add_account(const fs::path& folder, int i) {
        add(folder, 4,
            fmt::format("370212,person,{},313999000001,card,{},王芳,2021-01,\n", 31 + i, cards[i]));
    }
    static void add_income(const fs::path& folder, int i, const std::string& yuan) {
        add(folder, 2, fmt::format("370212,{},{},101,{},2021-01,\n", 11 + i, 31 + i, yuan));
    }
    static void add_person(const fs::path& folder, int i, bool has_account) {
        add(folder, 0, fmt::format("370212,{},rural,370212004201,{},2021-01,\n", 11 + i, 31 + i));
        add(folder, 1, fmt::format("370212,{},{},王芳,{},,,0,0,,2021-01,\n", 31 + i, 11 + i, ids[i]));
        add(folder, 3, fmt::format("370212,{},,dibao-rural,2020-01-05,2020-02-01,,,,,2021-01,\n", 11 + i));
        add_income(folder, i, "100.00");
        if (has_account) add_account(folder, i);
    }
    /// Lines of a notice on top of Laoshan's pack, known from now on.
    static void publish(const std::string& month, const std::string& rules) {
        static int notice = 0;
        const fs::path pack = here().folder() / "packs/370212-laoshan.toml";
        write_text(pack, text_in(pack) + fmt::format("\n[[notice]]\ndocument = \"通知{}号\"\nsource = "
                                                     "\"S21\"\nfrom = \"{}\"\nuntil = \"{}\"\n"
                                                     "[notice.rules]\n{}",
                                                     ++notice, month, month, rules));
        ::kill(here().service_pid(), SIGHUP);
        const auto until = std::chrono::steady_clock::now() + 20s;
        while (number_of_reloads() < notice && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(20ms);
        ASSERT_EQ(number_of_reloads(), notice) << here().logs();
    }
    static int number_of_reloads() {
        int count = 0;
        const std::string logs = here().logs();
        for (std::size_t at = 0; (at = logs.find("policies and authorities read anew", at)) != logs.npos;
             ++at)
            ++count;
        return count;
    }
    static std::string create(const std::string& kind, const std::string& period, const Words& more = {}) {
        Words words{"run", "create", "--kind", kind, "--period", period, "--region", "370212"};
        words.insert(words.end(), more.begin(), more.end());
        return std::to_string(number(here().ask(words), "run"));
    }
    static Ran refused(const std::string& kind, const std::string& period, const Words& more = {}) {
        Words words{"run", "create", "--kind", kind, "--period", period, "--region", "370212"};
        words.insert(words.end(), more.begin(), more.end());
        const Ran ran = here().card(words);
        EXPECT_NE(ran.code, 0) << ran.all();
        return ran;
    }
    static std::string computed(const std::string& kind, const std::string& period, const Words& more = {}) {
        const std::string run = create(kind, period, more);
        here().done({"run", "compute", run});
        here().accept_outliers(run);
        return run;
    }
    static std::int64_t total_of(const std::string& run) {
        return number(here().ask({"run", "status", run}), "total_fen");
    }
    static std::string stage_of(const std::string& run) {
        return word(rows(here().ask({"run", "status", run}), "units").at(0).as_object(), "state");
    }
    static void settle() { here().done(here().bank_words(1, {"--fail-permille", "0", "--wait-posted"})); }
    static void pay(const std::string& run) {
        here().sign_and_release(run);
        settle();
    }
    /// What somebody was paid, or is to be, by programme and benefit month.
    static std::map<std::pair<std::string, std::int64_t>, std::int64_t> paid_to(int person) {
        std::map<std::pair<std::string, std::int64_t>, std::int64_t> sums;
        for (const auto& row :
             rows(here().ask({"ledger", "person", "370212", std::to_string(person)}), "payments")) {
            const auto& one = row.as_object();
            if (word(one, "state") != "cancelled" && word(one, "state") != "not-released")
                sums[{word(one, "programme"), number(one, "benefit_month")}] += number(one, "amount_fen");
        }
        return sums;
    }
    static void fits() {
        const Ran verified = here().card({"audit", "verify"});
        EXPECT_EQ(verified.code, 0) << verified.all();
    }
    /// A payment of a run, as its reference.
    static std::string first_of(const std::string& run) {
        const json::object page =
            object_of(here().curl("auditor", "GET", "/v1/runs/" + run + "/payments").body);
        return word(rows(page, "payments").at(0).as_object(), "reference");
    }
    static std::string shown_by_packet(const std::string& reference) {
        const std::string file = (here().folder() / ("packet-" + reference)).string();
        here().done({"audit", "packet", reference, "--out", file});
        const json::object verdict = object_of(here().done(
            {"--json", "audit", "verify", file, "--key", (here().service_folder() / "ledger.pub").string(),
             "--authorities", (here().certs() / "ca.pem").string()}));
        EXPECT_TRUE(verdict.at("fits").as_bool()) << json::serialize(verdict);
        return json::serialize(verdict.at("shown"));
    }
    static inline std::string paid_of_april_;
    /// Checks these runs at the same time; what is refused is cancelled. Returns those that were checked.
    static std::vector<std::string> race(const std::vector<std::string>& runs) {
        for (const std::string& run : runs) here().done({"run", "approve", run, "--as", "maker"});
        std::vector<Ran> said(runs.size());
        {
            std::vector<std::jthread> officers;
            for (std::size_t i = 0; i < runs.size(); ++i)
                officers.emplace_back(
                    [&, i] { said[i] = here().card({"run", "approve", runs[i], "--as", "checker"}); });
        }
        std::vector<std::string> checked;
        for (std::size_t i = 0; i < runs.size(); ++i) {
            if (said[i].code == 0) {
                checked.push_back(runs[i]);
                continue;
            }
            EXPECT_THAT(said[i].all(), HasSubstr("settled otherwise meanwhile"));
            here().done({"run", "cancel", runs[i]});
        }
        return checked;
    }
};

TEST_F(RunKinds, PayOneObligationOnceInWhateverOrderAndTogether) {
    const std::string dibao = "rural dibao", price = "price-linked subsidy", one_off = "one-off payment";
    // Nothing to stand on before the month's regular run is released.
    EXPECT_THAT(refused("supplementary", "2022-01").all(),
                HasSubstr("no regular run of this month is released"));
    const std::string january = computed("regular", "2022-01");
    EXPECT_EQ(total_of(january), 2 * 89'500);
    here().done({"run", "approve", january, "--as", "maker"});
    here().done({"run", "approve", january, "--as", "checker"});
    EXPECT_THAT(refused("supplementary", "2022-01").all(),
                HasSubstr("no regular run of this month is released"));
    EXPECT_EQ(stage_of(january), "checked");
    here().done({"run", "release", january, "--as", "releaser"});
    EXPECT_EQ(stage_of(january), "released");
    for (const auto& file : rows(object_of(here().curl("bank-1", "GET", "/v1/bank/files").body), "files"))
        EXPECT_EQ(here()
                      .curl("bank-1", "GET", "/v1/bank/files/" + word(file.as_object(), "file_id") + ".txt")
                      .status,
                  200);
    // That it was fetched is on record a moment later.
    for (int i = 0; i < 100 && stage_of(january) == "released"; ++i) std::this_thread::sleep_for(50ms);
    EXPECT_EQ(stage_of(january), "dispatched");
    settle();
    EXPECT_EQ(stage_of(january), "settling");
    EXPECT_THAT(refused("one-off", "2022-01").all(), HasSubstr("one_off.amount"));
    EXPECT_THAT(refused("price-linked", "2022-01").all(), HasSubstr("no price index"));
    EXPECT_THAT(refused("price-linked", "2022-01", {"--arrears-from", "2021-12"}).all(),
                HasSubstr("its own month alone"));
    EXPECT_THAT(refused("supplementary", "2022-01", {"--arrears-from", "2022-02"}).all(),
                HasSubstr("the past begins before"));
    EXPECT_THAT(refused("bonus", "2022-01").all(), HasSubstr("must be regular, supplementary"));

    // Nobody was left out yet.
    const std::string nobody = computed("supplementary", "2022-01");
    EXPECT_EQ(total_of(nobody), 0);
    here().done({"run", "cancel", nobody});

    // An account for 33, a household that was reported late, an income that was lower: paid within the month, by one of two
    // runs that plan the same.
    const fs::path late = here().folder() / "late";
    add_account(late, 2);
    add_person(late, 3, true);
    add_income(late, 1, "50.00");
    here().done({"import", late.string()});
    const std::string first = computed("supplementary", "2022-01"),
                      second = computed("supplementary", "2022-01");
    EXPECT_EQ(total_of(first), 2 * 89'500 + 5'000);
    EXPECT_EQ(total_of(second), 2 * 89'500 + 5'000);
    const auto one_of_two = race({first, second});
    ASSERT_EQ(one_of_two.size(), 1U);
    here().done({"run", "release", one_of_two[0], "--as", "releaser"});
    settle();
    EXPECT_EQ(paid_to(32),
              (std::map<std::pair<std::string, std::int64_t>, std::int64_t>{{{dibao, 202201}, 94'500}}));
    EXPECT_EQ(paid_to(33).at({dibao, 202201}), 89'500);
    EXPECT_EQ(paid_to(34).at({dibao, 202201}), 89'500);
    const std::string reference = first_of(one_of_two[0]);
    const json::object told = here().ask({"explain", reference});
    EXPECT_EQ(word(told, "run_kind"), "supplementary");
    EXPECT_EQ(word(told, "kind"), "arrears");
    EXPECT_EQ(word(told, "benefit_month"), "2022-01");
    EXPECT_THAT(shown_by_packet(reference), HasSubstr("the unit corrects 2022-01 from"));
    EXPECT_EQ(rows(here().ask({"run", "differences", one_of_two[0]}), "differences").size(), 3U);
    // Told with its month: what that paid before, and what it pays with this run.
    const json::object changes = here().ask({"run", "changes", one_of_two[0]});
    EXPECT_TRUE(changes.at("explained").as_bool()) << json::serialize(changes);
    EXPECT_EQ(word(changes, "period_before"), "2022-01");
    EXPECT_EQ(number(changes, "before_fen"), 2 * 89'500);
    EXPECT_EQ(number(changes, "difference_fen"), 2 * 89'500 + 5'000);
    const json::object& all = rows(changes, "by_programme").back().as_object();
    EXPECT_EQ(number(all, "new_by_facts_n"), 2);
    EXPECT_EQ(number(all, "facts_fen"), 5'000);
    EXPECT_EQ(number(all, "same_n"), 1);
    // It is on the books: it stays, and so does what it stands on.
    EXPECT_NE(here().card({"run", "withdraw", one_of_two[0]}).code, 0);
    EXPECT_NE(here().card({"run", "withdraw", january}).code, 0);
    fits();

    // A price index and a campaign, published after the regular run. Everything that could pay them is computed before
    // any of it is checked: their own runs twice each, a supplementary one, and February with arrears.
    publish("2022-01", "price.cpi = \"4\"\none_off.amount = \"200.00\"\n");
    std::vector<std::string> together;
    for (const char* kind : {"price-linked", "price-linked", "one-off", "one-off", "supplementary"})
        together.push_back(computed(kind, "2022-01"));
    together.push_back(computed("regular", "2022-02", {"--arrears-from", "2022-01"}));
    EXPECT_EQ(total_of(together[0]), 4 * 4'000);  // 995 × 4 %, in whole yuan
    EXPECT_EQ(total_of(together[2]), 4 * 20'000);
    EXPECT_EQ(total_of(together[4]), 4 * 24'000);
    // What would each cost by other rules? A run of its own kind is asked about what it pays, and nothing is recorded.
    const std::string as_it_was = here().counts();
    for (const auto& [of, key, before, more] :
         {std::tuple{2, "one_off.amount=250.00", std::int64_t{4 * 20'000}, 4 * 5'000},
          {0, "price.cpi=6", std::int64_t{4 * 4'000}, 4 * 2'000},
          {4, "one_off.amount=250.00", 3 * 89'500 + 94'500 + 4 * 24'000, 4 * 5'000}}) {
        const json::object would =
            here().ask({"simulate", "--run", together[static_cast<std::size_t>(of)], key});
        EXPECT_EQ(number(would, "recorded_fen"), total_of(together[static_cast<std::size_t>(of)])) << key;
        EXPECT_EQ(number(would, "before_fen"), before) << json::serialize(would);
        EXPECT_EQ(number(would, "difference_fen"), more) << json::serialize(would);
    }
    EXPECT_EQ(here().counts(), as_it_was);
    const json::object of_price = here().ask({"run", "changes", together[0]});
    EXPECT_TRUE(of_price.at("explained").as_bool()) << json::serialize(of_price);
    // Of 34 nothing was known when the month's regular run was made.
    EXPECT_EQ(number(rows(of_price, "by_programme").back().as_object(), "new_by_standard_fen"), 3 * 4'000);
    EXPECT_EQ(number(rows(of_price, "by_programme").back().as_object(), "new_by_facts_fen"), 4'000);
    // February is held against all that was paid for January, the supplementary run's part as well.
    const json::object of_february = here().ask({"run", "changes", together[5]});
    EXPECT_TRUE(of_february.at("explained").as_bool()) << json::serialize(of_february);
    EXPECT_EQ(number(of_february, "before_fen"), 3 * 89'500 + 94'500);
    EXPECT_EQ(number(rows(of_february, "by_programme").back().as_object(), "same_n"), 4);
    EXPECT_EQ(number(rows(of_february, "by_programme").back().as_object(), "arrears_fen"), 4 * 24'000);
    EXPECT_EQ(total_of(together[5]), 3 * 89'500 + 94'500 + 4 * 24'000);
    for (const std::string& run : race(together)) here().done({"run", "release", run, "--as", "releaser"});
    settle();
    // Whatever lost is made up for, and pays nobody again.
    for (const char* kind : {"price-linked", "one-off"})
        if (const std::string again = computed(kind, "2022-01"); total_of(again) > 0)
            pay(again);
        else
            here().done({"run", "cancel", again});
    if (!paid_to(31).contains({dibao, 202202})) pay(computed("regular", "2022-02"));
    const std::string march = computed("regular", "2022-03", {"--arrears-from", "2022-01"});
    EXPECT_EQ(total_of(march), 3 * 89'500 + 94'500);
    pay(march);
    for (const int person : {31, 32, 33, 34}) {
        const std::int64_t month = person == 32 ? 94'500 : 89'500;
        EXPECT_EQ(paid_to(person), (std::map<std::pair<std::string, std::int64_t>, std::int64_t>{
                                       {{dibao, 202201}, month},
                                       {{dibao, 202202}, month},
                                       {{dibao, 202203}, month},
                                       {{price, 202201}, 4'000},
                                       {{one_off, 202201}, 20'000}}));
    }
    for (const char* month : {"2022-01", "2022-02", "2022-03"})
        EXPECT_TRUE(here().ask({"period", month, "--region", "370212"}).at("accounted").as_bool());
    fits();
    expect_books_fit(here());
}

TEST_F(RunKinds, LeaveToRunsOfTheirOwnWhatThePackSays) {
    publish("2022-04", "price.cpi = \"4\"\nprice.separately = true\none_off.amount = \"100.00\"\n");
    // Somebody comes to the household of 31.
    const fs::path grown = here().folder() / "grown";
    add(grown, 1, "370212,35,11,王芳,990101197505050015,,,0,0,,2022-04,\n");
    here().done({"import", grown.string()});
    constexpr std::int64_t dibao = 2 * 99'500 - 10'000 + 94'500 + 2 * 89'500;
    // The campaign goes with the month, the subsidy does not.
    const std::string april = computed("regular", "2022-04", {"--arrears-from", "2022-01"});
    EXPECT_EQ(total_of(april), dibao + 5 * 10'000);
    const json::object changes = here().ask({"run", "changes", april});
    EXPECT_TRUE(changes.at("explained").as_bool()) << json::serialize(changes);
    EXPECT_EQ(number(rows(changes, "by_programme").back().as_object(), "household_n"), 1);
    EXPECT_EQ(number(rows(changes, "by_programme").back().as_object(), "household_fen"), 99'500);
    pay(april);
    paid_of_april_ = april;
    EXPECT_EQ(total_of(computed("one-off", "2022-04")), 0);
    const std::string subsidy = computed("price-linked", "2022-04");
    EXPECT_EQ(total_of(subsidy), 5 * 4'000);
    pay(subsidy);
    const json::object told = here().ask({"explain", first_of(subsidy)});
    EXPECT_EQ(word(told, "run_kind"), "price-linked");
    EXPECT_THAT(word(told, "cause"), HasSubstr("it is left to a run of its own"));
    EXPECT_THAT(json::serialize(told), HasSubstr("4.00%"));
    const std::string may = computed("regular", "2022-05", {"--arrears-from", "2022-01"});
    EXPECT_EQ(total_of(may), dibao);
    here().done({"run", "cancel", may});
    fits();
}

TEST_F(RunKinds, OweNothingInAMonthThatIsClosed) {
    const std::string open = computed("supplementary", "2022-04");
    here().done({"run", "approve", open, "--as", "maker"});
    const json::object items = here().ask({"open-items", "370212", "2022-04"});
    Words close{"close", "370212", "2022-04", "--evidence", "对账单"};
    for (const auto& item : rows(items, "items")) {
        close.emplace_back("--carry");
        close.push_back(word(item.as_object(), "item"));
    }
    const std::string proposal = std::to_string(number(here().ask(close), "proposal"));
    EXPECT_EQ(stage_of(paid_of_april_), "settling") << "one person closes nothing";
    here().done({"decide", "answer", proposal, "agree"});
    EXPECT_EQ(stage_of(paid_of_april_), "closed");
    EXPECT_EQ(stage_of(open), "proposed") << "what was not released is open still, and can only be cancelled";
    const Ran late = here().card({"run", "approve", open, "--as", "checker"});
    EXPECT_NE(late.code, 0);
    EXPECT_THAT(late.all(), HasSubstr("2022-04 is closed"));
    EXPECT_THAT(refused("supplementary", "2022-04").all(), HasSubstr("2022-04 is closed"));
    here().done({"run", "cancel", open});
    fits();
}

}  // namespace
}  // namespace onecard::test
