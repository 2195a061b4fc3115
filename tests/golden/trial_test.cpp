#include <gmock/gmock.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "onecard/app/trial.hpp"
#include "onecard/ops/policy_files.hpp"

/// Whole folders of files in, the report out: what `onecard assess` says.
namespace onecard::app {
namespace {

using testing::HasSubstr;
using testing::Not;

Month month(std::string_view text) { return Month::parse(text).value(); }

const policy::Book& packs() {
    static const ops::LoadedBook loaded = ops::load_policy_book(ONECARD_SOURCE_DIR "/config/policy");
    EXPECT_TRUE(loaded.faults.empty());
    return loaded.book;
}

/// A folder of register files that is gone after the test; it begins with the worked example of schemas/register.md.
class TrialTest : public testing::Test {
protected:
    TrialTest() {
        std::string name = testing::TempDir() + "trial-XXXXXX";
        folder = mkdtemp(name.data());
        write("households.csv",
              "county,household_no,area,village,representative,valid_from,valid_to\n"
              "370212,12,rural,370212101201,31,2021-06,\n");
        write(
            "persons.csv",
            "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
            "in_full_time_school,died_on,valid_from,valid_to\n"
            "370212,31,12,王芳,99010119600101004X,,,,,,2021-06,\n"
            "370212,32,12,阿依古丽·买买提,990101200402290029,4,2,0,1,,2021-06,\n");
        write("incomes.csv",
              "county,household_no,person_no,item,monthly,valid_from,valid_to\n"
              "370212,12,31,102,638.50,2021-06,2021-11\n"
              "370212,12,31,102,900.00,2021-12,\n");
        write("enrolments.csv",
              std::string{enrolment_columns} +
                  "370212,12,,dibao-rural,2021-05-10,2021-06-02,,,,,2021-07,,\n"
                  "370212,12,32,disability-nursing,2022-01-04,2022-01-14,,,31,,2022-01,,\n");
    }
    ~TrialTest() override { std::filesystem::remove_all(folder); }

    void write(const std::string& name, std::string_view text) {
        const auto path = folder / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path} << text;
    }
    Trial trial(std::string_view in, std::string_view from = "") {
        wish.folder = folder;
        wish.month = month(in);
        if (!from.empty()) wish.from = month(from);
        wish.today = Day::parse("2025-06-30").value();
        return try_out(wish, packs(), Digest{});
    }
    std::string json(std::string_view in, std::string_view from = "") {
        const Trial found = trial(in, from);
        for (const Failure& fault : found.faults) ADD_FAILURE() << fault.message();
        return to_json(found.report);
    }

    static constexpr std::string_view enrolment_columns =
        "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,institution_no,"
        "valid_from,valid_to,absent\n";
    std::filesystem::path folder;
    TrialWish wish;
};

TEST_F(TrialTest, GivesTheAwardsOfAMonthFromFilesAlone) {
    const std::string text = json("2022-01");
    EXPECT_THAT(text, HasSubstr(R"("award_count":2,"total_fen":129100,"held_count":0)"));
    EXPECT_THAT(
        text, HasSubstr(R"({"award":1,"county":"370212","household":12,"person":0,"programme":"dibao-rural",)"
                        R"("component":"basic","benefit_month":"2022-01","beneficiary":12,)"
                        R"("payee_kind":"person","payee":31,"amount_fen":109000})"));
    EXPECT_THAT(text, HasSubstr(R"("accounts_checked":false)"));
    EXPECT_THAT(text, Not(HasSubstr("\"steps\"")));
    EXPECT_THAT(text, Not(HasSubstr("王芳")));
}

TEST_F(TrialTest, HoldsAnAwardWhosePayeeHasNoAccountOnceAccountsAreGiven) {
    write("accounts.csv",
          "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n"
          "370212,person,31,102452000011,card,6229990000000000019,王芳,2022-02,\n");
    EXPECT_THAT(json("2022-01"), HasSubstr(R"("held_count":2)"));
    EXPECT_THAT(json("2022-01"), HasSubstr("owed 1090.00 yuan, but the payee has no account"));
    EXPECT_THAT(json("2022-02"), HasSubstr(R"("held_count":0)"));
}

TEST_F(TrialTest, ALateImportTakesBackWhatPastMonthsWereAwardedAndSaysWhy) {
    write("2022-10/enrolments.csv",
          std::string{enrolment_columns} + "370212,12,,dibao-rural,,,,,,,2022-08,,1\n");
    const std::string text = json("2022-10", "2022-07");
    EXPECT_THAT(text, HasSubstr(R"("arrears_fen":0,"overpaid_fen":-218000)"));
    for (const std::string_view in : {"2022-08", "2022-09"})
        EXPECT_THAT(
            text,
            HasSubstr(
                R"({"county":"370212","household":12,"person":0,"programme":"dibao-rural","component":"basic",)"
                R"("benefit_month":")" +
                std::string{in} +
                R"(","beneficiary":12,"awarded_fen":109000,"due_fen":0,"difference_fen":-109000,"held":false,)"
                R"("cause":"then: owed; now: no enrolment in dibao-rural of household 12"})"));
    // Before the import was known, nothing had been wrong.
    EXPECT_THAT(json("2022-09", "2022-07"), HasSubstr(R"("overpaid_fen":0)"));
}

TEST_F(TrialTest, ABackdatedNoticeGivesArrearsFromItsFirstMonthToItsPublication) {
    // Laoshan's figures of 2022 were published on 29 March and hold from January (S21).
    const std::string text = json("2022-05", "2021-12");
    EXPECT_THAT(text,
                HasSubstr(R"("benefit_month":"2021-12","awards":1,"total_fen":90800,"awarded_fen":90800,)"));
    for (const std::string_view in : {"2022-01", "2022-02", "2022-03"})
        EXPECT_THAT(
            text,
            HasSubstr(R"("benefit_month":")" + std::string{in} +
                      R"(","beneficiary":12,"awarded_fen":90800,"due_fen":109000,)"
                      R"("difference_fen":18200,"held":false,"cause":"then: standard dibao.rural = 904.00)"))
            << in;
    EXPECT_THAT(text,
                HasSubstr(R"("benefit_month":"2022-04","awards":2,"total_fen":129100,"awarded_fen":129100)"));
    EXPECT_THAT(text, HasSubstr(R"("arrears_fen":60300)"));  // 3 × 182.00 dibao and 3 × 19.00 nursing
}

TEST_F(TrialTest, ADecisionConfirmedLateIsOwedFromTheMonthOfApplication) {
    write("enrolments.csv", std::string{enrolment_columns} +
                                "370212,12,32,disability-nursing,2022-04-04,2022-06-14,,,31,,2022-04,,\n");
    const std::string text = json("2022-07", "2022-03");
    EXPECT_THAT(text, HasSubstr(R"("arrears_fen":40200)"));  // April and May; June was confirmed in time
    EXPECT_THAT(text,
                HasSubstr(R"("benefit_month":"2022-06","awards":1,"total_fen":20100,"awarded_fen":20100)"));
}

TEST_F(TrialTest, AfterASuccessfulObjectionTheStoppedMonthsArePaidInArrears) {
    write("2022-02/enrolments.csv",
          std::string{enrolment_columns} + "370212,12,32,disability-nursing,,,,,,,2022-02,,1\n");
    EXPECT_THAT(json("2022-04", "2022-01"), HasSubstr(R"("arrears_fen":0)"));
    write("2022-05/enrolments.csv",
          std::string{enrolment_columns} +
              "370212,12,32,disability-nursing,2022-01-04,2022-01-14,,,31,,2022-02,,\n");
    const std::string text = json("2022-05", "2022-01");
    for (const std::string_view in : {"2022-02", "2022-03", "2022-04"})
        EXPECT_THAT(
            text, HasSubstr(R"("benefit_month":")" + std::string{in} +
                            R"(","beneficiary":32,"awarded_fen":0,"due_fen":20100,"difference_fen":20100)"));
    EXPECT_THAT(text, HasSubstr("then: no enrolment in disability-nursing of person 32; now: owed"));
}

TEST_F(TrialTest, AListHoldsWhatItNamesInTheMonthAndInArrearsAndSaysWhere) {
    write("deaths.csv", "resident_id,from\n99010119600101004X,2022-01-10\n");
    const std::string before = json("2022-02");
    EXPECT_THAT(before, HasSubstr(R"("award_count":2)"));
    wish.lists.push_back({ListKind::deaths, folder / "deaths.csv", Day::parse("2022-01-31").value()});
    // Dibao of the dead person's household, and what the dead person would receive for another.
    const std::string held = json("2022-02");
    EXPECT_THAT(held, HasSubstr(R"("award_count":0)"));
    EXPECT_THAT(held, HasSubstr(R"("held_count":2)"));
    EXPECT_THAT(held, HasSubstr("list 1 «deaths» of 2022-01-31, line 2, from 2022-01-10"));
    EXPECT_THAT(held, HasSubstr(R"("holds":true,"payments":2)"));
    // The month of the death itself is owed.
    EXPECT_THAT(json("2022-01"), HasSubstr(R"("award_count":2)"));
    // A decision that came late is owed for past months; of those after the death it is held.
    write("enrolments.csv", std::string{enrolment_columns} +
                                "370212,12,,dibao-rural,2021-05-10,2022-03-02,,,,,2021-07,,\n"
                                "370212,12,32,disability-nursing,2021-12-04,2022-03-14,,,31,,2021-12,,\n");
    const std::string late = json("2022-03", "2022-01");
    EXPECT_THAT(late, HasSubstr(R"("arrears_fen":20100)"));
    EXPECT_THAT(late, HasSubstr(R"("difference_fen":20100,"held":true)"));
}

TEST_F(TrialTest, FollowsTheScreeningThatIsConfiguredAndTellsOfListsThatWouldStopARun) {
    write("deaths.csv", "resident_id,from\n99010119600101004X,2022-01-10\n");
    wish.lists.push_back({ListKind::deaths, folder / "deaths.csv", Day::parse("2025-03-31").value()});
    EXPECT_THAT(json("2022-02"), HasSubstr(R"("award_count":0)"));
    auto& deaths = *std::ranges::find(wish.screening, ListKind::deaths, &ScreeningRule::kind);
    deaths.programmes = {Programme::dibao_rural};
    EXPECT_THAT(json("2022-02"), HasSubstr(R"("award_count":1)")) << "the nursing subsidy is not concerned";
    deaths.holds = false;
    EXPECT_THAT(json("2022-02"), HasSubstr(R"("award_count":2)"));
    EXPECT_THAT(json("2022-02"), HasSubstr(R"("holds":false)")) << "shown all the same";
    // Monthly, quarterly, yearly, and some days late: the trial is made on 30 June 2025.
    struct Row {
        int months, days_late;
        bool is_stale;
    };
    for (const Row& row : {Row{0, 0, false}, Row{1, 15, true}, Row{1, 61, false}, Row{2, 29, true},
                           Row{3, 0, false}, Row{12, 0, false}}) {
        deaths.months_valid = row.months;
        deaths.grace_days = row.days_late;
        const std::string text = json("2022-02");
        EXPECT_EQ(text.contains("the list «deaths» for county 370212 is of 2025-03-31 and was good until"),
                  row.is_stale)
            << row.months << '+' << row.days_late;
    }
    auto& custody = *std::ranges::find(wish.screening, ListKind::custody, &ScreeningRule::kind);
    custody.months_valid = 3;
    EXPECT_THAT(json("2022-02"), HasSubstr("there is no list «custody» for county 370212"));
    EXPECT_THAT(to_text(trial("2022-02").report, Language::chinese), HasSubstr("370212 没有服刑羁押名单"));
}

TEST_F(TrialTest, OnePersonUnderTwoNumbersIsPaidUnderNeither) {
    write("2022-02/persons.csv",
          "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
          "in_full_time_school,died_on,valid_from,valid_to\n"
          "370102,77,70,王芳,99010119600101004X,,,,,,2021-06,\n");
    write("2022-02/households.csv",
          "county,household_no,area,village,representative,valid_from,valid_to\n"
          "370102,70,rural,370102101201,77,2021-06,\n");
    write("2022-02/enrolments.csv",
          std::string{enrolment_columns} + "370102,70,,dibao-rural,2021-05-10,2021-06-02,,,,,2021-07,,\n");
    EXPECT_THAT(json("2022-01"), HasSubstr(R"("held_count":0)"));
    const std::string twice = json("2022-02");
    EXPECT_THAT(twice, HasSubstr("the same resident ID is person 77 of county 370102 (dibao-rural)"));
    EXPECT_THAT(twice, HasSubstr(R"("subject":")")) << "what to name when it is released";
}

TEST_F(TrialTest, AListWithFaultsIsToldLineByLine) {
    write("deaths.csv", "resident_id,from\n990101196001010041,2022-13-10\n");
    wish.lists.push_back({ListKind::deaths, folder / "deaths.csv", Day::parse("2022-01-31").value()});
    const Trial faulty = trial("2022-02");
    ASSERT_EQ(faulty.faults.size(), 2U);
    EXPECT_THAT(faulty.faults[0].place, HasSubstr("deaths.csv:2:resident_id"));
    EXPECT_THAT(faulty.faults[1].place, HasSubstr("deaths.csv:2:from"));
}

TEST_F(TrialTest, ExplainsEachAwardInTheLanguageAskedFor) {
    wish.explains = true;
    EXPECT_THAT(json("2022-01"),
                HasSubstr("standard × members − income: 995.00 × 2 − 900.00 = 1090.00 yuan"));
    wish.language = Language::chinese;
    EXPECT_THAT(json("2022-01"), HasSubstr("标准 × 人数 − 收入：995.00 × 2 − 900.00 = 1090.00 元"));
}

TEST_F(TrialTest, TellsOfOneHouseholdAlone) {
    wish.only = HouseholdNo{13};
    EXPECT_THAT(json("2022-01"), HasSubstr(R"("award_count":0)"));
    wish.only = HouseholdNo{12};
    EXPECT_THAT(json("2022-01"), HasSubstr(R"("award_count":2)"));
}

TEST_F(TrialTest, AMonthWithoutPolicyIsSaidAndLeavesTheOtherCountiesAlone) {
    write("2021-06/households.csv",
          "county,household_no,area,village,representative,valid_from,valid_to\n"
          "110101,1,urban,110101001001,1,2021-06,\n");
    const std::string text = json("2022-01");
    EXPECT_THAT(text, HasSubstr(R"("award_count":2)"));
    EXPECT_THAT(text, HasSubstr("no policy pack has a standard for 110101 in 2022-01"));
}

TEST_F(TrialTest, ListsTheFaultsOfAllFilesWithFolderFileAndLine) {
    write("2022-10/incomes.csv",
          "county,household_no,person_no,item,monthly,valid_from,valid_to\n"
          "370212,12,31,777,1.00,2022-01,\n");
    write("2022-11/incomes.csv",
          "county,household_no,person_no,item,monthly,valid_from,valid_to\n"
          "370212,12,31,102,-1.00,2022-01,\n");
    const Trial found = trial("2022-12");
    EXPECT_TRUE(found.faults.empty());
    ASSERT_EQ(found.left_out.size(), 2);
    EXPECT_THAT(found.left_out[0].place, HasSubstr("2022-10/incomes.csv:2:item"));
    EXPECT_THAT(found.left_out[1].place, HasSubstr("2022-11/incomes.csv:2:monthly"));
    // What is not known yet in the month keeps nobody out.
    EXPECT_THAT(json("2022-10"), HasSubstr(R"("award_count":0)"));
    EXPECT_THAT(json("2022-09"), HasSubstr(R"("award_count":2)"));
}

// Each kind of bad row keeps its own household out, by division, month, household and field; the others are paid.
TEST_F(TrialTest, ABadRowKeepsItsHouseholdOutAndTheRestOfTheCountyIsComputed) {
    struct Row {
        std::string_view name, file, text, field, fault, reason;
    };
    for (const Row& row : {
             Row{"an impossible date", "enrolments.csv",
                 "370212,12,,dibao-rural,2021-02-29,2021-06-02,,,,,2022-01,,\n", "applied_on", "out_of_range",
                 "2021-02-29"},
             Row{"an impossible month", "incomes.csv", "370212,12,31,102,1.00,2022-13,\n", "valid_from",
                 "out_of_range", "2022-13"},
             Row{"an unknown item", "incomes.csv", "370212,12,31,199,1.00,2022-01,\n", "item", "unknown",
                 "no income item has the code"},
             Row{"an amount that does not fit", "incomes.csv",
                 "370212,12,31,102,92233720368547758.08,2022-01,\n", "monthly", "out_of_range", "922337"},
             Row{"facts that contradict each other", "enrolments.csv",
                 "370212,12,,dibao-rural,2021-07-10,2021-06-02,,,,,2022-01,,\n", "confirmed_on", "conflict",
                 "confirmed before it was applied for"},
             Row{"a programme that is none", "enrolments.csv",
                 "370212,12,,dibao-suburban,2021-05-10,2021-06-02,,,,,2022-01,,\n", "programme", "unknown",
                 "is none of"},
             Row{"one key twice", "enrolments.csv",
                 "370212,12,,dibao-rural,2021-05-10,2021-06-02,,,,,2022-01,,\n"
                 "370212,12,,dibao-rural,2021-05-10,2021-06-03,,,,,2022-01,,\n",
                 "programme", "duplicate", "is there twice"},
             Row{"a person's number without check", "persons.csv",
                 "370212,31,12,王芳,990101196001010041,,,,,,2022-01,\n", "resident_id", "malformed", "9901"},
             Row{"a person whose household is not to be read", "persons.csv",
                 "370212,31,1x,王芳,99010119600101004X,,,,,,2022-01,\n", "household_no", "malformed", "1x"},
         }) {
        const std::string_view head =
            row.file == "enrolments.csv" ? enrolment_columns
            : row.file == "incomes.csv"
                ? "county,household_no,person_no,item,monthly,valid_from,valid_to\n"
                : "county,person_no,household_no,name,resident_id,disability_class,disability_level,"
                  "seriously_ill,in_full_time_school,died_on,valid_from,valid_to\n";
        write("households.csv",
              "county,household_no,area,village,representative,valid_from,valid_to\n"
              "370212,12,rural,370212101201,31,2021-06,\n370212,13,rural,370212101201,41,2021-06,\n");
        write(
            "2021-06/persons.csv",
            "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
            "in_full_time_school,died_on,valid_from,valid_to\n"
            "370212,41,13,李明,990101195202290012,,,,,,2021-06,\n");
        write("2021-06/enrolments.csv", std::string{enrolment_columns} +
                                            "370212,13,,dibao-rural,2021-05-10,2021-06-02,,,,,2021-07,,\n");
        std::filesystem::remove_all(folder / "2022-01");
        EXPECT_THAT(json("2022-01"), HasSubstr(R"("award_count":3)")) << row.name;
        write("2022-01/" + std::string{row.file}, std::string{head} + std::string{row.text});
        const Trial found = trial("2022-01", "2021-12");
        EXPECT_TRUE(found.faults.empty()) << row.name;
        ASSERT_EQ(found.left_out.size(), 1U) << row.name;
        const std::string text = to_json(found.report);
        EXPECT_THAT(text, HasSubstr(R"("award_count":1,"total_fen":99500,"held_count":1)")) << row.name;
        EXPECT_THAT(text, HasSubstr(R"("household":13,"person":0,"programme":"dibao-rural")")) << row.name;
        const std::string where = "370212/2022-01/household 12/2022-01/" + std::string{row.file} + ":";
        EXPECT_THAT(text, HasSubstr(where)) << row.name;
        EXPECT_THAT(text, HasSubstr(":" + std::string{row.field} + R"(","reason":"left out,)")) << row.name;
        EXPECT_THAT(text, HasSubstr(R"("held":true,"fault":")" + std::string{row.fault} + '"')) << row.name;
        EXPECT_THAT(text, HasSubstr(row.reason)) << row.name;
        EXPECT_THAT(text, HasSubstr(R"("overpaid_fen":0)"))
            << row.name << ": what was awarded is not demanded back because a file is bad";
        EXPECT_THAT(to_text(found.report, Language::chinese), HasSubstr("本户未计算")) << row.name;
        // Read before it was known, it changes nothing.
        EXPECT_THAT(json("2021-12"), HasSubstr(R"("award_count":2)")) << row.name;
    }
}

TEST_F(TrialTest, AnAccountThatCannotBeReadHoldsWhatItsPayeeIsOwed) {
    constexpr std::string_view head =
        "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n";
    write("accounts.csv",
          std::string{head} + "370212,person,31,102452000011,card,6229990000000000019,王芳,2021-02,\n");
    EXPECT_THAT(json("2022-01"), HasSubstr(R"("award_count":2,"total_fen":129100,"held_count":0)"));
    write("2022-01/accounts.csv",
          std::string{head} + "370212,person,31,102452000011,card,6229990000000000018,王芳,2022-01,\n");
    const std::string text = json("2022-01");
    EXPECT_THAT(text, HasSubstr(R"("award_count":2,"total_fen":129100,"held_count":3)"));
    EXPECT_THAT(text, HasSubstr("370212/2022-01/household 12/2022-01/accounts.csv:2:account"));
    EXPECT_THAT(text, HasSubstr("owed 1090.00 yuan, but the payee has no account"));
    EXPECT_THAT(text, Not(HasSubstr("6229990000000000018")));
}

TEST_F(TrialTest, AFaultThatIsOfNoHouseholdLeavesNothingToSay) {
    struct Row {
        std::string_view name, text, place;
    };
    for (const Row& row :
         {Row{"a column that is none", "county,household_no,person_no,item,monthly,from\n", ":1:6"},
          Row{"an open quote",
              "county,household_no,person_no,item,monthly,valid_from,valid_to\n"
              "370212,12,31,102,\"1.00,2022-01,\n",
              ":2:monthly"},
          Row{"a row without a household",
              "county,household_no,person_no,item,monthly,valid_from,valid_to\n"
              "370212,,99,102,1.00,2022-01,\n",
              ":2:household_no"},
          Row{"a division that is none",
              "county,household_no,person_no,item,monthly,valid_from,valid_to\n"
              "37,12,31,102,1.00,2022-01,\n",
              ":2:county"}}) {
        write("2022-01/incomes.csv", row.text);
        write("2022-02/incomes.csv",
              "county,household_no,person_no,item,monthly,valid_from,valid_to\n"
              "370212,12,31,777,1.00,2022-01,\n");
        const Trial found = trial("2022-01");
        ASSERT_FALSE(found.faults.empty()) << row.name;
        std::string told;
        for (const Failure& fault : found.faults) told += fault.place + "\n";
        EXPECT_THAT(told, HasSubstr("2022-01/incomes.csv" + std::string{row.place})) << row.name;
        EXPECT_THAT(told, HasSubstr("2022-02/incomes.csv:2:item")) << row.name << ": all are told";
        EXPECT_TRUE(found.report.fields.empty());
    }
}

/// The rows of a file the other way round, or every third one first; the header stays.
std::string in_another_order(const std::string& text, int way) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin) + 1;
        lines.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    std::string all = lines.front();
    if (way == 1)
        for (std::size_t i = lines.size() - 1; i > 0; --i) all += lines[i];
    else
        for (const std::size_t first : {3U, 1U, 2U})
            for (std::size_t i = first; i < lines.size(); i += 3) all += lines[i];
    return all;
}

// Months, arrears, holds, findings and steps of a county with everything in it: twice, and with its rows in other orders.
TEST_F(TrialTest, TheSameFilesGiveTheSameBytesWhateverTheOrderOfTheirRows) {
    std::string households = "county,household_no,area,village,representative,valid_from,valid_to\n";
    std::string persons =
        "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
        "in_full_time_school,died_on,valid_from,valid_to\n";
    std::string incomes = "county,household_no,person_no,item,monthly,valid_from,valid_to\n";
    std::string enrolments{enrolment_columns}, later = incomes;
    const std::array ids{"99010119600101004X", "990101195202290012", "990101198812319998",
                         "990101200402290029", "990101194508159979", "990202196307041203"};
    for (int i = 0; i < 24; ++i) {
        const int household = 12 + i, person = 100 + 3 * i;
        households += fmt::format("{},{},rural,370212101201,{},2021-06,\n", i % 4 == 0 ? 370181 : 370212,
                                  household, person);
        for (int member = 0; member < 3; ++member) {
            const std::string county = i % 4 == 0 ? "370181" : "370212";
            persons += fmt::format("{},{},{},王芳,{},4,2,0,1,,2021-06,\n", county, person + member, household,
                                   ids[static_cast<std::size_t>(i + member) % ids.size()]);
            for (const int item : {101, 102, 401})
                incomes += fmt::format("{},{},{},{},{}.{:02},2021-06,\n", county, household, person + member,
                                       item, 10 + 7 * i, i);
            later += fmt::format("{},{},{},102,{}.00,2021-11,\n", county, household, person + member, 40 * i);
            enrolments += fmt::format("{},{},{},disability-living,2021-05-10,2021-06-02,,,,,2021-07,,\n",
                                      county, household, person + member);
        }
        enrolments += fmt::format("{},{},,dibao-rural,2021-05-10,2021-06-02,,,,,2021-07,,\n",
                                  i % 4 == 0 ? 370181 : 370212, household);
    }
    write("deaths.csv", "resident_id,from\n99010119600101004X,2021-10-10\n990101195202290012,2021-12-10\n");
    wish.lists.push_back({ListKind::deaths, folder / "deaths.csv", Day::parse("2022-01-31").value()});
    wish.explains = true;
    std::string first;
    for (int way = 0; way < 4; ++way) {
        const auto ordered = [&](const std::string& text) {
            return way < 2 ? text : in_another_order(text, way - 1);
        };
        write("households.csv", ordered(households));
        write("persons.csv", ordered(persons));
        write("incomes.csv", ordered(incomes));
        write("enrolments.csv", ordered(enrolments));
        write("2022-03/incomes.csv", ordered(later));
        const std::string text = json("2022-03", "2021-10");
        if (way == 0) first = text;
        EXPECT_TRUE(text == first) << "way " << way;
    }
    EXPECT_THAT(first, HasSubstr("same resident ID"));
    EXPECT_THAT(first, HasSubstr("list 1 «deaths»"));
    EXPECT_THAT(first, Not(HasSubstr(R"("overpaid_fen":0,"months")")));
    EXPECT_GT(first.size(), 100'000U);
}

}  // namespace
}  // namespace onecard::app
