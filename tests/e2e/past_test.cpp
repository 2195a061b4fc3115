#include <gmock/gmock.h>

#include "by_pages.hpp"
#include "support/installation.hpp"

/// Screening before paying, months computed again, and the recovery book: three months of one small county, done by its
/// officers from outside.
namespace onecard::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view register_heads[] = {
    "county,household_no,area,village,representative,valid_from,valid_to\n",
    "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
    "in_full_time_school,died_on,valid_from,valid_to\n",
    "county,household_no,person_no,item,monthly,valid_from,valid_to\n",
    "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,institution_no,"
    "valid_from,valid_to\n",
    "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n"};

class ThePast : public WithInstallation<ThePast> {
public:
    /// Four households of one person in rural dibao: 31 and 32 stay, 33 is on the list of deaths, 34 is also 35 of another
    /// household.
    static void prepare(Installation& here) {
        const std::string ids[] = {"99010119600101004X", "990101195202290012", "990101198812319998",
                                   "990101194508159979", "990101194508159979"};
        const std::string cards[] = {"6229990000000000019", "6229990000000000027", "6219991234567890120",
                                     "6239990000000123455", "622999000000000004"};
        std::string files[5];
        for (std::size_t i = 0; i < 5; ++i) files[i] = register_heads[i];
        for (int i = 0; i < 5; ++i) {
            const int person = 31 + i, household = 11 + i;
            files[0] += fmt::format("370212,{},rural,370212004201,{},2021-01,\n", household, person);
            files[1] += fmt::format("370212,{},{},王芳,{},,,0,0,,2021-01,\n", person, household, ids[i]);
            files[2] += fmt::format("370212,{},{},101,100.00,2021-01,\n", household, person);
            files[3] += fmt::format("370212,{},,dibao-rural,2020-01-05,2020-02-01,,,,,2021-01,\n", household);
            files[4] +=
                fmt::format("370212,person,{},313999000001,card,{},王芳,2021-01,\n", person, cards[i]);
        }
        const fs::path folder = here.folder() / "people";
        write_text(folder / "households.csv", files[0]);
        write_text(folder / "persons.csv", files[1]);
        write_text(folder / "incomes.csv", files[2]);
        write_text(folder / "enrolments.csv", files[3]);
        write_text(folder / "accounts.csv", files[4]);
        // The packs, and months of grace that Laoshan does not have.
        const fs::path packs = here.folder() / "policy";
        fs::copy(fs::path{ONECARD_SOURCE_DIR} / "config/policy", packs);
        write_text(packs / "370212-grace.toml",
                   "division = \"370212\"\nname = \"崂山区\"\n[sources]\nT = \"test\"\n[[notice]]\n"
                   "document = \"渐退\"\nsource = \"T\"\nfrom = \"2022-04\"\n[notice.rules]\n"
                   "dibao.grace.months = 3\n");
        here.configure([&](std::string text) {
            const std::size_t at = text.find("\npolicy = ") + 1;
            text.replace(at, text.find('\n', at) - at, fmt::format("policy = \"{}\"", packs.string()));
            return text + "\n[[screening]]\nlist = \"deaths\"\ncadence = \"monthly\"\n";
        });
        here.start();
        here.done({"import", folder.string()});
    }

protected:
    static std::string create(const std::string& period, const Words& more = {}) {
        Words words{"run", "create", "--period", period, "--region", "370212"};
        words.insert(words.end(), more.begin(), more.end());
        return std::to_string(number(here().ask(words), "run"));
    }
    static void pay(const std::string& run) {
        here().done({"run", "compute", run});
        here().accept_outliers(run);
        here().sign_and_release(run);
        here().done(here().bank_words(1, {"--fail-permille", "0", "--wait-posted"}));
    }
    static std::int64_t open_of_1211() {
        for (const auto& row : here().trial_balance())
            if (number(row.as_object(), "account") == 1211) return number(row.as_object(), "balance_fen");
        return 0;
    }
    /// The packet of one payment, checked with neither service nor database; returns what it shows.
    static std::string shown_by_packet(const std::string& reference) {
        const std::string file = (here().folder() / ("packet-" + reference)).string();
        here().done({"audit", "packet", reference, "--out", file});
        const json::object verdict = object_of(here().done(
            {"--json", "audit", "verify", file, "--key", (here().service_folder() / "ledger.pub").string(),
             "--authorities", (here().certs() / "ca.pem").string()}));
        EXPECT_TRUE(verdict.at("fits").as_bool()) << json::serialize(verdict);
        return json::serialize(verdict.at("shown"));
    }
    static void fits() {
        const Ran verified = here().card({"audit", "verify"});
        EXPECT_EQ(verified.code, 0) << verified.all();
    }
};

TEST_F(ThePast, IsScreenedCorrectedAndRecoveredToTheFen) {
    // A list that has to be there and is not stops the run until a checker accepts that in writing.
    const std::string january = create("2022-01");
    const Ran stopped = here().card({"run", "compute", january});
    EXPECT_NE(stopped.code, 0);
    EXPECT_THAT(stopped.all(), HasSubstr("there is no list «deaths»"));
    EXPECT_NE(here()
                  .card({"screening", "accept", january, "--list", "deaths", "--region", "370212", "--reason",
                         "公安数据未到", "--as", "maker"})
                  .code,
              0);
    here().done({"screening", "accept", january, "--list", "deaths", "--region", "370212", "--reason",
                 "公安数据未到"});
    here().done({"run", "compute", january});
    // One identity under two numbers: neither household is paid.
    const json::object doubles = here().ask({"screening", "findings", january});
    EXPECT_EQ(number(doubles, "held_fen"), 2 * 89'500) << json::serialize(doubles);
    ASSERT_EQ(rows(doubles, "findings").size(), 2U);
    EXPECT_EQ(word(rows(doubles, "findings").at(0).as_object(), "subject"), "same-person/34/370212/35");
    here().sign_and_release(january);
    here().done(here().bank_words(1, {"--fail-permille", "0", "--wait-posted"}));

    // A list whose faults are all told, then a good one; the same file is no second list.
    const fs::path list = here().folder() / "deaths.csv";
    write_text(list, "resident_id,from\n990101198812319999,2022-01-05\n990101198812319998,2022-13-05\n");
    const Words import{"screening",  "import",   list.string(),        "--list",   "deaths", "--snapshot",
                       "2026-01-31", "--source", "公安局 2022年第1期", "--region", "370212"};
    const Ran faulty = here().card(import);
    EXPECT_THAT(faulty.all(), HasSubstr("deaths.csv:2:resident_id"));
    EXPECT_THAT(faulty.all(), HasSubstr("deaths.csv:3:from"));
    write_text(list, "resident_id,from\n990101198812319998,2022-01-05\n");
    here().done(import);
    EXPECT_THAT(here().card(import).all(), HasSubstr("on record as a list already"));

    // February holds the person on the list, and says which list it was; two officers release the finding and the twins.
    const std::string february = create("2022-02");
    if (const Ran stale = here().card({"run", "compute", february}); stale.code != 0)
        here().done({"screening", "accept", february, "--list", "deaths", "--region", "370212", "--reason",
                     "名单未更新"});
    pay(february);
    const json::object held = here().ask({"screening", "findings", february});
    EXPECT_EQ(number(held, "held_fen"), 3 * 89'500) << json::serialize(held);
    auto by_pages = row_by_row(here(), "maker", "/v1/runs/" + february + "/findings", {"findings", "holds"});
    EXPECT_EQ(by_pages["findings"], rows(held, "findings")) << "a finding a page";
    EXPECT_EQ(by_pages["holds"].size(), 3U) << "each page has what its findings hold";
    const auto& of_list = rows(held, "findings").at(0).as_object();
    EXPECT_EQ(word(of_list, "subject"), "deaths/33/2022-01-05");
    EXPECT_THAT(word(of_list, "evidence"), HasSubstr("list 1 «deaths» of 2026-01-31, line 2"));
    EXPECT_NE(here()
                  .card({"screening", "release", "370212", "deaths/33/2022-01-05", "--reason", "同名", "--as",
                         "checker"})
                  .code,
              0)
        << "confirmed before it was proposed";
    for (const char* officer : {"maker", "checker"})
        here().done({"screening", "release", "370212", "deaths/33/2022-01-05", "--reason", "号码录入有误",
                     "--as", officer});

    // March knows that the income of 31 was 300 from January on, and that of 32 nothing. What was held is owed now.
    write_text(here().folder() / "later/incomes.csv",
               std::string{register_heads[2]} +
                   "370212,11,31,101,300.00,2022-01,\n370212,12,32,101,0.00,2022-02,\n");
    here().done({"import", (here().folder() / "later").string()});
    const std::string march = create("2022-03", {"--arrears-from", "2021-12", "--offset", "30"});
    if (const Ran stale = here().card({"run", "compute", march}); stale.code != 0)
        here().done({"screening", "accept", march, "--list", "deaths", "--region", "370212", "--reason",
                     "名单未更新"});
    here().done({"run", "compute", march});
    // Whom a list of deaths names and who is paid all the same is looked at by name.
    here().done({"run", "approve", march, "--as", "maker"});
    const Ran unseen = here().card({"run", "approve", march, "--as", "checker"});
    EXPECT_EQ(unseen.code, 1) << unseen.all();
    EXPECT_THAT(unseen.err, HasSubstr("1 outliers wait to be accepted by name"));
    const json::array outliers = rows(here().ask({"outliers", "show", march}), "outliers");
    ASSERT_EQ(outliers.size(), 1U);
    EXPECT_EQ(word(outliers.at(0).as_object(), "outlier_kind"), "listed-dead");
    EXPECT_THAT(word(outliers.at(0).as_object(), "evidence"), HasSubstr("deaths/33/2022-01-05"));
    EXPECT_EQ(here().accept_outliers(march), 1U);
    EXPECT_EQ(here().accept_outliers(march), 1U);  // Once is enough.
    here().done({"run", "approve", march, "--as", "checker"});
    here().done({"run", "release", march, "--as", "releaser"});
    here().done(here().bank_words(1, {"--fail-permille", "0", "--wait-posted"}));
    const json::object differences = here().ask({"run", "differences", march});
    EXPECT_EQ(number(differences, "arrears_fen"), 89'500 + 10'000) << json::serialize(differences);
    EXPECT_EQ(number(differences, "demanded_fen"), 2 * 20'000);
    EXPECT_EQ(json::serialize(differences), json::serialize(here().ask({"run", "differences", march})));
    ASSERT_EQ(rows(differences, "differences").size(), 4U);
    for (const auto& row : rows(differences, "differences"))
        if (number(row.as_object(), "difference_fen") == -20'000) {
            EXPECT_THAT(word(row.as_object(), "cause"), HasSubstr("100.00"));
            EXPECT_THAT(word(row.as_object(), "cause"), HasSubstr("300.00"));
        }
    EXPECT_EQ(open_of_1211(), 40'000);
    fits();
    // Of what March pays more than February the checker sees what is arrears, and of which months.
    const json::object more = here().ask({"run", "changes", march});
    EXPECT_TRUE(more.at("explained").as_bool());
    const json::object& of_all = rows(more, "by_programme").back().as_object();
    EXPECT_EQ(number(of_all, "arrears_fen"), 89'500 + 10'000);
    EXPECT_EQ(number(of_all, "arrears_n"), 2);
    EXPECT_EQ(number(more, "after_fen"), number(here().ask({"run", "status", march}), "total_fen"));
    const json::object by_payee = here().ask({"run", "payees", march});
    int named = 0;
    for (const auto& row : rows(by_payee, "changes")) named += word(row.as_object(), "change") == "arrears";
    EXPECT_EQ(named, 2) << json::serialize(by_payee);

    // Arrears are explained by what was awarded, what should be, and why they differ.
    bool explained = false;
    for (const auto& row : rows(differences, "differences")) {
        const auto& one = row.as_object();
        if (number(one, "serial") == 0) continue;
        const auto reference = PaymentReference{County::of_number(370212), 202203,
                                                Serial{static_cast<std::int32_t>(number(one, "serial"))}, 1}
                                   .text();
        const json::object told = here().ask({"explain", reference});
        EXPECT_EQ(word(told, "kind"), "arrears");
        EXPECT_EQ(number(told, "difference_fen"), number(one, "difference_fen"));
        EXPECT_EQ(number(told, "recomputed_fen"), number(one, "due_fen"));
        if (number(one, "difference_fen") == 89'500) {
            EXPECT_THAT(word(told, "cause"), HasSubstr("then: 895.00 yuan were owed and not paid"));
            EXPECT_THAT(word(told, "cause"), HasSubstr("held: list 1 «deaths» of 2026-01-31, line 2"));
            EXPECT_THAT(here().done({"--lang", "zh", "explain", reference}), HasSubstr("暂缓：死亡名单"));
        }
        EXPECT_THAT(shown_by_packet(reference),
                    HasSubstr(fmt::format("the unit corrects {} from", word(one, "benefit_month"))));
        explained = true;
    }
    EXPECT_TRUE(explained);

    // April pays nothing of it twice, and keeps 30 % of what 31 is owed.
    const std::string april = create("2022-04", {"--arrears-from", "2022-01", "--offset", "30"});
    if (const Ran stale = here().card({"run", "compute", april}); stale.code != 0)
        here().done({"screening", "accept", april, "--list", "deaths", "--region", "370212", "--reason",
                     "名单未更新"});
    pay(april);
    const json::object again = here().ask({"run", "differences", april});
    EXPECT_EQ(rows(again, "differences").size(), 0U) << json::serialize(again);
    // What March paid of the past ends with it, and what April keeps is told by itself.
    const json::object less = here().ask({"run", "changes", april});
    EXPECT_TRUE(less.at("explained").as_bool());
    EXPECT_EQ(number(rows(less, "by_programme").back().as_object(), "gone_fen"), -(89'500 + 10'000));
    EXPECT_EQ(number(rows(less, "by_programme").back().as_object(), "offset_fen"), -20'850);
    EXPECT_EQ(number(less, "before_fen"), number(more, "after_fen"));
    const json::object book = here().ask({"receivable", "list"});
    EXPECT_EQ(number(book, "open_fen"), 40'000 - 20'850) << json::serialize(book);
    EXPECT_EQ(open_of_1211(), 40'000 - 20'850);
    const json::object one = here().ask({"receivable", "show", "370212", "1"});
    ASSERT_EQ(rows(one, "recoveries").size(), 1U) << json::serialize(one);
    const std::string offset_payment = word(rows(one, "recoveries").at(0).as_object(), "document");
    const json::object kept = here().ask({"explain", offset_payment});
    EXPECT_EQ(number(kept, "amount_fen"), 69'500 - 20'850);
    EXPECT_EQ(number(kept, "recomputed_fen"), 69'500);
    EXPECT_GE(rows(kept, "offsets").size(), 1U);
    EXPECT_THAT(shown_by_packet(offset_payment), HasSubstr("yuan of it are kept for receivable 1"));

    // Cash, never more than is open; a write-off and a transfer by two persons.
    const Words cash{"receivable", "cash",  "370212",     "2",          "--amount",
                     "100.00",     "--day", "2022-05-02", "--document", "收据1"};
    here().done(cash);
    EXPECT_THAT(here().card(cash).all(), HasSubstr("error"));
    Words too_much = cash;
    too_much[5] = "100.00";
    too_much[9] = "收据2";
    EXPECT_THAT(here().card(too_much).all(), HasSubstr("91.50 yuan are open"));
    const std::int64_t proposal = number(
        here().ask({"receivable", "propose", "370212", "2", "--kind", "write-off", "--reason", "生活困难"}),
        "proposal");
    EXPECT_NE(
        here().card({"receivable", "approve", "370212", std::to_string(proposal), "--as", "maker"}).code, 0);
    here().done({"receivable", "approve", "370212", std::to_string(proposal)});
    EXPECT_EQ(open_of_1211(), 0);
    // What came back of a closed year goes to the treasury.
    here().done({"receivable", "remit", "370212", "--amount", "308.50", "--document", "缴款书1"});
    EXPECT_NE(
        here().card({"receivable", "remit", "370212", "--amount", "0.01", "--document", "缴款书2"}).code, 0);
    // A double payment that the office found itself, with an agreement on instalments, taken over by the neighbours.
    const json::object of_person = here().ask({"ledger", "person", "370212", "32"});
    const std::string reference = word(rows(of_person, "payments").at(0).as_object(), "reference");
    const std::int64_t receivable =
        number(here().ask({"receivable", "record", "--payment", reference, "--amount", "10.00", "--document",
                           "核查1", "--reason", "重复发放"}),
               "receivable");
    here().done({"receivable", "instalment", "370212", std::to_string(receivable), "--monthly", "2.00",
                 "--from", "2022-06", "--document", "还款协议1"});
    const std::int64_t handed =
        number(here().ask({"receivable", "propose", "370212", std::to_string(receivable), "--kind",
                           "transfer", "--to", "370213", "--reason", "迁入李沧"}),
               "proposal");
    here().done({"receivable", "approve", "370212", std::to_string(handed)});
    EXPECT_EQ(number(here().ask({"receivable", "list", "--region", "370213"}), "open_fen"), 1'000);
    EXPECT_EQ(open_of_1211(), 1'000);
    fits();

    // Behind everybody's back: the check names what was touched.
    Sql owner{here().owner_url()};
    owner("update recovery set document = '收据9' where kind = 1");
    const Ran altered = here().card({"audit", "verify"});
    EXPECT_NE(altered.code, 0);
    EXPECT_THAT(altered.all(), HasSubstr("recovered-in-cash receivable 2/"));
    owner("update recovery set document = '收据1' where kind = 1");
    struct Touch {
        const char *done, *undone, *named;
    };
    for (
        const Touch& touch :
        {Touch{"update finding set person_no = 31 where subject like 'deaths/%'",
               "update finding set person_no = 33 where subject like 'deaths/%'", "findings"},
         {"update screening_row set from_day = from_day + 400",
          "update screening_row set from_day = from_day - 400", "screening list 1: no act"},
         {"update screening_list set snapshot_day = snapshot_day + 90",
          "update screening_list set snapshot_day = snapshot_day - 90", "screening list 1: no act"},
         {"update screening_hit set person_no = 32", "update screening_hit set person_no = 33",
          "list 1 line 2, person 370212/33: the match is missing"},
         {"update same_person set import_no = 2 where person_no = 34",
          "update same_person set import_no = 1 where person_no = 34",
          "one identity, several numbers, person 370212/34: the match is missing"},
         {"update stale_acceptance set reason = 'x' || reason",
          "update stale_acceptance set reason = substr(reason, 2)", "acceptance of «deaths» for run"},
         {"update finding_release set officer = 'x' || officer",
          "update finding_release set officer = substr(officer, 2)",
          "release of 370212 deaths/33/2022-01-05"},
         {"update run_past set offset_percent = 31", "update run_past set offset_percent = 30",
          "past months of run"},
         {"update run_screening set rules = rules || ' '",
          "update run_screening set rules = rtrim(rules, ' ')", "screening of run"},
         {"update recovery_proposal set to_county = 370214 where to_county = 370213",
          "update recovery_proposal set to_county = 370213 where to_county = 370214", "proposal 370212/"},
         {"update correction set run_no = run_no, due = due + 1 where step = 1 and due > awarded and beneficiary = 12",
          "update correction set due = due - 1 where step = 1 and due > awarded and beneficiary = 12",
          "what became real is not what was planned"},
         {"update instalment set monthly = monthly + 1", "update instalment set monthly = monthly - 1",
          "instalment of receivable 370212/"},
         {"update hold set amount = amount + 1 where hold_no = 1",
          "update hold set amount = amount - 1 where hold_no = 1",
          "its numbers and batches, findings, holds"},
         {"update receivable set origin = 4 where cause like 'payment %'",
          "update receivable set origin = 2 where cause like 'payment %'", "what it records was altered"}}) {
        owner(touch.done);
        EXPECT_THAT(here().card({"audit", "verify"}).all(), HasSubstr(touch.named)) << touch.done;
        owner(touch.undone);
    }
    fits();

    // May knows that 31 had 200.00 in March and 1200.00 from April on, which is grace; that 32 had a member more from March
    // on and left in May; that 33 died in April and had had no income. By the run's rules only 31's March is paid.
    write_text(here().folder() / "may/incomes.csv", std::string{register_heads[2]} +
                                                        "370212,11,31,101,200.00,2022-03,2022-03\n"
                                                        "370212,11,31,101,1200.00,2022-04,\n"
                                                        "370212,13,33,101,0.00,2022-03,\n");
    write_text(here().folder() / "may/persons.csv",
               std::string{register_heads[1]} + "370212,36,12,李芳,990202196307041203,,,0,0,,2022-03,\n" +
                   "370212,33,13,王芳,990101198812319998,,,0,0,2022-04-20,2022-04,\n");
    write_text(here().folder() / "may/enrolments.csv",
               "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,"
               "institution_no,valid_from,valid_to,absent\n370212,12,,dibao-rural,,,,,,,2022-05,,1\n");
    // One card under three payees of three households, and a relative of an official: both are shown, neither is blocked.
    EXPECT_TRUE(rows(here().ask({"screening", "accounts", "--region", "370212"}), "accounts").empty());
    write_text(here().folder() / "may/accounts.csv",
               std::string{register_heads[4]} +
                   "370212,person,33,313999000001,card,6229990000000000019,王芳,2022-05,\n"
                   "370212,person,34,313999000001,card,6229990000000000019,王芳,2022-05,\n");
    here().done({"import", (here().folder() / "may").string()});
    const json::object one_card = here().ask({"screening", "accounts", "--region", "370212"});
    std::vector<std::string> payees;
    for (const auto& row : rows(one_card, "accounts")) payees.push_back(word(row.as_object(), "payee"));
    EXPECT_THAT(payees, ElementsAre("31", "33", "34")) << json::serialize(one_card);
    EXPECT_THAT(json::serialize(one_card), ::testing::Not(HasSubstr("6229990000000000019")));
    write_text(here().folder() / "relatives.csv", "resident_id,from\n99010119600101004X,2022-01-01\n");
    here().done({"screening", "import", (here().folder() / "relatives.csv").string(), "--list",
                 "officials-relatives", "--snapshot", "2022-05-01", "--source", "备案登记", "--region",
                 "370212"});
    const std::string may =
        create("2022-05", {"--arrears-from", "2022-03", "--exclude", "deceased,in-grace,not-on-roster"});
    if (const Ran stale = here().card({"run", "compute", may}); stale.code != 0)
        here().done(
            {"screening", "accept", may, "--list", "deaths", "--region", "370212", "--reason", "名单未更新"});
    pay(may);
    const json::object some = here().ask({"run", "differences", may});
    EXPECT_EQ(number(some, "arrears_fen"), 10'000) << json::serialize(some);
    EXPECT_EQ(word(some, "excluded"), "deceased,in-grace,not-on-roster");
    bool is_shown = false;
    for (const auto& row : rows(here().ask({"screening", "findings", may}), "findings")) {
        const auto& finding = row.as_object();
        if (!word(finding, "subject").starts_with("officials-relatives/31")) continue;
        is_shown = true;
        EXPECT_FALSE(finding.at("holds").as_bool()) << json::serialize(row);
        EXPECT_EQ(number(finding, "payments"), 2) << "May and the arrears of March";
        EXPECT_EQ(number(finding, "total_fen"), 79'500 + 10'000);
    }
    EXPECT_TRUE(is_shown);
    // The auditor's question names every payment to the relative while the list names them, and what arrived of it.
    const json::array relatives =
        rows(here().ask({"audit", "ask", "officials_relatives", "from=2022-01", "to=2022-05"}), "rows");
    std::int64_t owed_to_relative = 0, arrived_at_relative = 0;
    for (const auto& row : relatives) {
        const json::object& each = row.as_object();
        EXPECT_EQ(number(each, "person"), 31);
        EXPECT_EQ(number(each, "household"), 11);
        EXPECT_EQ(word(each, "list_source"), "备案登记");
        EXPECT_EQ(word(each, "checked_by"), "checker");
        owed_to_relative += number(each, "amount_fen");
        arrived_at_relative += number(each, "paid_total_fen");
    }
    EXPECT_EQ(std::to_string(relatives.size()) + " " + std::to_string(owed_to_relative),
              owner.cell("select count(*) || ' ' || sum(amount) from payment where beneficiary = 11"));
    EXPECT_EQ(arrived_at_relative, owed_to_relative);
    EXPECT_TRUE(
        rows(here().ask({"audit", "ask", "officials_relatives", "from=2021-01", "to=2021-12"}), "rows")
            .empty());
    std::vector<std::string> left_out;
    for (const auto& cells :
         owner("select household_no, place, reason, reason_chinese from refusal where run_no = " + may +
               " and reason like 'arrears of %' and household_no < 14 order by household_no, place"))
        left_out.push_back(fmt::format("{} {}: {} {}", cells[0], cells[1].substr(0, cells[1].rfind('/')),
                                       cells[2], cells[3]));
    EXPECT_THAT(
        left_out,
        ElementsAre(
            "11 370212/2022-04: arrears of 100.00 yuan are not paid: in grace in that month 不补发 100.00 "
            "元：处于渐退期",
            "12 370212/2022-03: arrears of 995.00 yuan are not paid: not on the roster of the run's month 不补发 "
            "995.00 元：不在本期名册",
            "12 370212/2022-04: arrears of 995.00 yuan are not paid: not on the roster of the run's month 不补发 "
            "995.00 元：不在本期名册",
            "13 370212/2022-03: arrears of 100.00 yuan are not paid: deceased 不补发 100.00 元：已死亡",
            "13 370212/2022-04: arrears of 100.00 yuan are not paid: deceased 不补发 100.00 元：已死亡"));
    fits();
}

TEST_F(ThePast, IsRefusedWhereItCannotBeSaid) {
    for (const auto& [more, said] :
         {std::pair{Words{"--arrears-from", "2023-01"}, "before the run's own month"},
          {Words{"--arrears-from", "2010-01"}, "120 months at most"},
          {Words{"--arrears-from", "2022-01", "--offset", "100"}, "0 to 99 percent"},
          {Words{"--arrears-from", "2022-01", "--exclude", "cats"}, "«cats»"},
          {Words{"--offset", "30"}, "arrears_from"}}) {
        Words words{"run", "create", "--period", "2022-12", "--region", "370212"};
        words.insert(words.end(), more.begin(), more.end());
        const Ran refused = here().card(words);
        EXPECT_NE(refused.code, 0);
        EXPECT_THAT(refused.all(), HasSubstr(said));
    }
}

}  // namespace
}  // namespace onecard::test
