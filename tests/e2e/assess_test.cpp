#include <gmock/gmock.h>

#include <tuple>

#include "onecard/core/programme.hpp"
#include "support/installation.hpp"

/// A trial calculation from files alone says what the service did with the same files: three months of a county of all
/// programmes, with everything in it that is held, refused, shown, corrected and owed late.
namespace onecard::test {
namespace {

using ::testing::HasSubstr;

std::string with_check_digit(std::string seventeen) {
    constexpr std::array weights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) sum += (seventeen[i] - '0') * weights[i];
    return seventeen + "10X98765432"[sum % 11];
}
std::string with_luhn(std::string digits) {
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        int digit = digits[digits.size() - 1 - i] - '0';
        if (i % 2 == 0 && (digit *= 2) > 9) digit -= 9;
        sum += digit;
    }
    return digits + static_cast<char>('0' + (10 - sum % 10) % 10);
}
std::string id_of(int person, std::string_view born = "19600101") {
    return with_check_digit(fmt::format("990101{}{:03}", born, person % 1000));
}

constexpr std::string_view persons_head =
    "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
    "in_full_time_school,died_on,valid_from,valid_to,absent\n";
constexpr std::string_view households_head =
    "county,household_no,area,village,representative,valid_from,valid_to,absent\n";
constexpr std::string_view incomes_head =
    "county,household_no,person_no,item,monthly,valid_from,valid_to,absent\n";
constexpr std::string_view enrolments_head =
    "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,institution_no,"
    "valid_from,valid_to,absent\n";

/// Rows of one import, as files.
struct Rows {
    std::string households, persons, incomes, enrolments, accounts;

    /// A household of one with a card; `disability`: class and level.
    Rows& person(int household, std::string_view born = "19600101", std::string_view disability = ",",
                 std::string_view from = "2018-02", std::string id = {}, bool has_account = true) {
        if (id.empty()) id = id_of(household, born);
        const int no = 10 * household;
        households += fmt::format("370212,{},rural,370212101227,{},{},,\n", household, no, from);
        persons += fmt::format("370212,{},{},王芳,{},{},0,0,,{},,\n", no, household, id, disability, from);
        if (has_account)
            accounts += fmt::format("370212,person,{},313999000001,card,{},王芳,{},,\n", no,
                                    with_luhn(fmt::format("622999{:012}", no)), from);
        return *this;
    }
    Rows& income(int household, std::string_view yuan, std::string_view from = "2018-02") {
        incomes += fmt::format("370212,{},{},401,{},{},,\n", household, 10 * household, yuan, from);
        return *this;
    }
    Rows& enrol(int household, std::string_view programme, bool is_household = false,
                std::string_view ability = "", std::string_view confirmed = "2018-02-01",
                std::string_view applied = "2018-01-05", std::string_view from = "2018-02") {
        enrolments +=
            fmt::format("370212,{},{},{},{},{},dispersed,{},0,0,{},,\n", household,
                        is_household ? 0 : 10 * household, programme, applied, confirmed, ability, from);
        return *this;
    }
    /// Behind what the folder has already.
    void add_to(const fs::path& folder) const {
        for (
            const auto& [name, head, rows] :
            {std::tuple{"households.csv", households_head, &households},
             {"persons.csv", persons_head, &persons},
             {"incomes.csv", incomes_head, &incomes},
             {"enrolments.csv", enrolments_head, &enrolments},
             {"accounts.csv",
              "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to,absent\n",
              &accounts}}) {
            if (rows->empty()) continue;
            const fs::path path = folder / name;
            write_text(path, (fs::exists(path) ? text_in(path) : std::string{head}) + *rows);
        }
    }
};

class TheTrial : public WithInstallation<TheTrial> {
public:
    static void prepare(Installation& here) {
        const fs::path packs = here.folder() / "packs";
        fs::copy(fs::path{ONECARD_SOURCE_DIR} / "config/policy", packs);
        // The service has the book that it has, published or not; and February brings the price-linked subsidy.
        const fs::path pack = packs / "370212-laoshan.toml";
        write_text(pack, replaced(text_in(pack), "published = \"2022-03-29\"\n", "") +
                             "\n[[notice]]\ndocument = \"物价指数\"\nsource = \"S21\"\nfrom = \"2022-02\"\n"
                             "until = \"2022-02\"\n[notice.rules]\nprice.cpi = \"4.0\"\n");
        here.configure([&](std::string text) {
            return replaced(std::move(text), (fs::path{ONECARD_SOURCE_DIR} / "config/policy").string(),
                            packs.string());
        });

        Rows first;
        first.person(901, "20120101", "4,1").enrol(901, "orphan").enrol(901, "unattended-child");
        first.enrol(901, "disability-nursing");
        first.person(902).enrol(902, "dibao-rural", true).enrol(902, "tekun-rural", false, "half");
        first.person(903).enrol(903, "dibao-rural", true).income(903, "300.00");
        first.person(904).enrol(904, "dibao-rural", true);
        first.person(906, "19600101", ",", "2018-02", {}, false).enrol(906, "dibao-rural", true);
        first.person(907).enrol(907, "dibao-rural", true).income(907, "100.01");
        first.person(908).enrol(908, "dibao-rural", true).income(908, "2500.00");
        first.person(909).enrol(909, "disability-living");
        first.person(910).enrol(910, "dibao-rural", true).income(910, "100.00");
        first.person(911).enrol(911, "dibao-rural", true).income(911, "500.00");
        first.person(912).enrol(912, "dibao-rural", true);
        first.person(913, "19600101", "6,2");
        first.person(914, "20120101").enrol(914, "dibao-rural", true).enrol(914, "unattended-child");
        first.income(914, "200.00");
        first.add_to(here.register_folder());
        // What becomes known before February's run.
        Rows later;
        later.person(905, "19600101", ",", "2022-02", id_of(904)).enrol(905, "dibao-rural", true);
        later.income(910, "300.00", "2021-12").income(911, "120.50", "2022-01");
        later.persons += fmt::format("370212,9120,912,王芳,{},,,0,0,2021-12-15,2021-12,,\n", id_of(912));
        later.enrol(913, "disability-nursing", false, "", "2022-01-20", "2021-12-06", "2021-12");
        later.add_to(here.folder() / "2022-02");
        write_text(deaths(here), fmt::format("resident_id,from\n{},2022-01-20\n", id_of(903)));
        write_text(relatives(here), fmt::format("resident_id,from\n{},2020-01-01\n", id_of(907)));
        here.start();
    }

protected:
    void SetUp() override {
        ASSERT_TRUE(fs::exists(here().folder() / "packs"));
    }  // The service is stopped on the way.
    static fs::path deaths(const Installation& of) { return of.folder() / "deaths.csv"; }
    static fs::path relatives(const Installation& of) { return of.folder() / "relatives.csv"; }
    static std::string compute(const std::string& period, const Words& more = {}) {
        Words words{"run", "create", "--period", period, "--region", "370212"};
        words.insert(words.end(), more.begin(), more.end());
        const std::string run = std::to_string(number(here().ask(words), "run"));
        here().done({"run", "compute", run});
        return run;
    }
    static void pay(const std::string& run) {
        here().accept_outliers(run);
        here().sign_and_release(run);
        // The bank of those of whom something becomes known later.
        here().done(here().bank_words(1, {"--fail-permille", "0", "--wait-posted"}));
    }
};

// Before anything is computed of a region, every county of it without a policy is named; the others are computed.
TEST_F(TheTrial, NamesEveryCountyThatHasNoPolicy) {
    const fs::path folder = here().folder() / "three-counties";
    Rows all;
    for (const int household : {801, 802, 803}) all.person(household).enrol(household, "dibao-rural", true);
    all.add_to(folder);
    for (const char* name : {"households.csv", "persons.csv", "enrolments.csv", "accounts.csv"}) {
        std::string moved;
        for (const std::string& row : lines_of(text_in(folder / name))) {
            const std::string_view county = row.contains("802")   ? "370213,"
                                            : row.contains("803") ? "370214,"
                                                                  : "370212,";
            moved += replaced(row, "370212,", county) + "\n";
        }
        write_text(folder / name, moved);
    }
    here().done({"import", folder.string()});
    const Ran refused = here().card({"run", "create", "--period", "2022-04", "--region", "3702"});
    EXPECT_EQ(refused.code, 1) << refused.all();
    for (const std::string_view county : {"370213", "370214"})
        EXPECT_THAT(refused.err,
                    HasSubstr(fmt::format("no policy pack has a standard for {} in 2022-04", county)));
    const std::string run = compute("2022-04");
    EXPECT_EQ(number(here().ask({"run", "status", run}), "total_fen"), 99'500);
    here().done({"run", "cancel", run});
    // As if it had never been there.
    Rows gone;
    for (const int household : {801})
        gone.enrolments += fmt::format("370212,{},0,dibao-rural,,,,,0,0,2018-02,,1\n", household);
    gone.add_to(here().folder() / "gone");
    here().done({"import", (here().folder() / "gone").string()});
}

TEST_F(TheTrial, SaysOfTheSameFilesWhatTheServiceDid) {
    here().done({"import", here().register_folder().string()});
    pay(compute("2021-12"));
    pay(compute("2022-01"));
    here().done({"import", (here().folder() / "2022-02").string()});
    for (const auto& [kind, file] :
         {std::pair{"deaths", deaths(here())}, {"officials-relatives", relatives(here())}})
        here().done({"screening", "import", file.string(), "--list", kind, "--snapshot", "2022-02-03",
                     "--source", "来函", "--region", "370212"});
    const std::string run = compute("2022-02", {"--arrears-from", "2021-12"});

    // The lines as the service keeps them.
    using Line = std::vector<std::string>;
    using Keys = std::vector<std::string_view>;
    std::multiset<Line> paid, held, found, corrected;
    Sql owner{here().owner_url()};
    const auto code = [](const std::string& no) {
        return std::string{text_of(static_cast<Programme>(std::stoi(no))).code};
    };
    for (const auto& cells :
         owner("select p.programme, p.component, p.beneficiary, p.payee_kind, p.payee, p.amount "
               "from payment p join unit u using (part, county) "
               "where p.benefit_month = 202202 and u.run_no = " +
               run)) {
        const auto& component = components[static_cast<std::size_t>(std::stoi(cells[1]))];
        paid.insert({code(cells[0]), std::string{component.english}, cells[2],
                     cells[3] == "1" ? "person" : "institution", cells[4], cells[5]});
    }
    for (const auto& cells :
         owner("select programme, household_no, person_no, is_error::int, place, reason from refusal "
               "where place like '370212/2022-02/%' and run_no = " +
               run))
        held.insert({code(cells[0]), cells[1], cells[2], cells[3], cells[4], cells[5]});
    const auto text = [](const json::object& row, std::string_view key) {
        const json::value& value = row.at(key);
        return value.is_string() ? json::value_to<std::string>(value) : json::serialize(value);
    };
    const auto line = [&](const json::value& row, const Keys& keys) {
        Line all;
        for (const std::string_view key : keys) all.push_back(text(row.as_object(), key));
        return all;
    };
    const Keys finding_keys{"subject", "kind",     "household", "person",
                            "holds",   "payments", "total_fen", "evidence"};
    const Keys difference_keys{"programme", "benefit_month",  "beneficiary", "awarded_fen",
                               "due_fen",   "difference_fen", "cause"};
    for (const auto& row : rows(here().ask({"screening", "findings", run}), "findings"))
        found.insert(line(row, finding_keys));
    for (const auto& row : rows(here().ask({"run", "differences", run}), "differences"))
        corrected.insert(line(row, difference_keys));
    here().stop();

    // The same from files, with nobody to ask: no configuration, no service, no database.
    fs::copy(here().folder() / "2022-02", here().register_folder() / "2022-02");
    const fs::path empty = here().folder() / "empty";
    fs::create_directories(empty);
    const Words command{ONECARD_BINARY, "assess",
                        "--policy",     (here().folder() / "packs").string(),
                        "--register",   here().register_folder().string(),
                        "--month",      "2022-02",
                        "--from",       "2021-12",
                        "--list",       "deaths=" + deaths(here()).string() + "@2022-02-03",
                        "--list",       "officials-relatives=" + relatives(here()).string() + "@2022-02-03",
                        "--json"};
    const Ran ran = here().run(command, empty);
    ASSERT_EQ(ran.code, 0) << ran.all();
    EXPECT_TRUE(fs::is_empty(empty)) << "it left something behind";
    EXPECT_EQ(here().run(command, empty).out, ran.out);
    const json::object trial = object_of(ran.out);
    std::multiset<Line> awards, refusals, findings, differences;
    for (const auto& row : rows(trial, "awards"))
        awards.insert(
            line(row, {"programme", "component", "beneficiary", "payee_kind", "payee", "amount_fen"}));
    for (const auto& row : rows(trial, "refusals")) {
        Line one = line(row, {"programme", "household", "person", "held", "place", "reason"});
        one[3] = one[3] == "true" ? "1" : "0";
        // Owed and without an account: in the awards, and held.
        if (one[5].ends_with("but the payee has no account")) {
            const auto award = std::ranges::find_if(awards, [&](const Line& each) {
                return each[0] == one[0] && each[2] == (one[2] == "0" ? one[1] : one[2]);
            });
            ASSERT_NE(award, awards.end()) << one[4];
            awards.erase(award);
        }
        refusals.insert(one);
    }
    for (const auto& row : rows(trial, "findings")) findings.insert(line(row, finding_keys));
    for (const auto& row : rows(trial, "differences")) differences.insert(line(row, difference_keys));
    EXPECT_EQ(awards, paid);
    EXPECT_EQ(refusals, held);
    EXPECT_EQ(findings, found);
    EXPECT_EQ(differences, corrected);

    // There was something of each to be equal about.
    EXPECT_GT(awards.size(), 900U) << "regular payments and the price-linked subsidy";
    std::set<std::string> programmes_paid;
    for (const Line& each : awards) programmes_paid.insert(each[0]);
    EXPECT_GE(programmes_paid.size(), 9U);
    std::string why;
    for (const Line& each : refusals) why += each[4] + ": " + each[5] + "\n";
    for (const std::string_view part :
         {"which exclude each other in 2022-02", "reaches the standard", "knows of no disability",
          "has no account", "held: list 1 «deaths» of 2022-02-03, line 2",
          "held: the same resident ID is person 9050", "held: the same resident ID is person 9040"})
        EXPECT_THAT(why, HasSubstr(part));
    std::string shown;
    for (const Line& each : findings) shown += fmt::format("{}\n", fmt::join(each, " "));
    EXPECT_THAT(shown, HasSubstr("officials-relatives/9070/2020-01-01"));
    std::set<std::string> signs;
    for (const Line& each : differences) signs.insert(each[5].starts_with('-') ? "-" : "+");
    EXPECT_EQ(signs.size(), 2U) << "arrears and overpayments";
    EXPECT_GE(differences.size(), 6U);
}

// By the command line: every fault on standard error, the household in the report, the rest computed.
TEST_F(TheTrial, GoesOnWithoutTheHouseholdOfABadRow) {
    const fs::path folder = here().folder() / "bad";
    Rows rows_of_two;
    rows_of_two.person(901).enrol(901, "dibao-rural", true).income(901, "12.3x");
    rows_of_two.person(902).enrol(902, "dibao-rural", true);
    rows_of_two.add_to(folder);
    const Words command{ONECARD_BINARY, "assess",        "--policy", (here().folder() / "packs").string(),
                        "--register",   folder.string(), "--month",  "2022-01",
                        "--json"};
    const Ran ran = here().run(command);
    EXPECT_EQ(ran.code, 0) << ran.all();
    EXPECT_THAT(ran.err, HasSubstr("incomes.csv:2:monthly"));
    const json::object trial = object_of(ran.out);
    EXPECT_EQ(number(trial, "award_count"), 1);
    EXPECT_EQ(number(trial, "held_count"), 1);
    const auto& refusal = rows(trial, "refusals").at(0).as_object();
    EXPECT_EQ(word(refusal, "place"), "370212/2022-01/household 901/incomes.csv:2:monthly");
    EXPECT_TRUE(refusal.at("held").as_bool());
    write_text(folder / "incomes.csv", "county,household\n");
    const Ran broken = here().run(command);
    EXPECT_EQ(broken.code, 1);
    EXPECT_TRUE(broken.out.empty()) << broken.out;
    EXPECT_THAT(broken.err, HasSubstr("incomes.csv:1:2"));
}

// What an office does with a new notice before anything else.
TEST_F(TheTrial, IsOfPacksThatPolicyCheckFindsSound) {
    const fs::path folder = here().folder() / "drafts";
    const auto pack = [](std::string_view division, std::string_view values, std::string_view rules) {
        return fmt::format(
            "division = \"{}\"\nname = \"草案\"\n[sources]\nT = \"test\"\n[[notice]]\n"
            "document = \"征求意见稿\"\nsource = \"T\"\nfrom = \"2022-01\"\n[notice.standards]\n{}\n"
            "[notice.rules]\n{}\n",
            division, values, rules);
    };
    const Words check{ONECARD_BINARY, "policy", "check", folder.string()};
    write_text(folder / "a.toml", pack("370212", "dibao.urbane = \"1.00\"\ntekun.basic.urban = 1492.5",
                                       "dibao.rounding = { unit = \"yuan\", mode = \"up\" }"));
    write_text(folder / "b.toml", pack("37021x", "dibao.urban = \"-1.00\"", "colour = 1"));
    const Ran faulty = here().run(check);
    EXPECT_EQ(faulty.code, 1) << faulty.all();
    for (const std::string_view fault : {"a.toml:10:7: dibao.urbane: there is no such key",
                                         "a.toml:11:", "a.toml:13:", "b.toml:1:", "b.toml:10:", "b.toml:12:"})
        EXPECT_THAT(faulty.all(), HasSubstr(fault));
    fs::remove(folder / "b.toml");
    write_text(folder / "a.toml",
               pack("370212",
                    "dibao.urban = \"1000.00\"\ndibao.rural = \"500.00\"\ntekun.basic.urban = \"1298.99\"\n"
                    "tekun.basic.rural = \"1299.00\"",
                    "poverty_line = \"500.00\"\ndibao.uplift.minor = 9\ndibao.uplift.elderly = 10"));
    const Ran warned = here().run(check);
    EXPECT_EQ(warned.code, 0) << warned.all();
    for (const std::string_view warning :
         {"tekun.basic.urban 1298.99 is less than 1.3 × dibao.urban 1000.00 (003 E1)",
          "dibao.rural 500.00 is not above poverty_line 500.00 (003 E3)",
          "dibao.uplift.minor 9 % is less than 10 %"})
        EXPECT_THAT(warned.all(), HasSubstr(warning));
    EXPECT_THAT(warned.all(), ::testing::Not(HasSubstr("tekun.basic.rural"))) << "a yuan is tolerated";
    EXPECT_THAT(warned.all(), ::testing::Not(HasSubstr("elderly")));
}

}  // namespace
}  // namespace onecard::test
