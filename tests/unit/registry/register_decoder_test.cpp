#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "onecard/registry/csv.hpp"
#include "onecard/registry/income_items.hpp"

namespace onecard::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Day day(int year, int month, int day_of_month) { return *Day::of(year, month, day_of_month); }
Month month(int year, int of_year) { return *Month::of(year, of_year); }

DecodeContext a_context() {
    return {.today = day(2022, 1, 31), .bank_of = [](std::string_view code) {
                return BankNo{code == "102452000011" ? std::int16_t{7} : std::int16_t{0}};
            }};
}

struct Decoded {
    RegisterFiles files;
    Faults faults;
    std::int64_t rows = 0;
    std::vector<std::string> messages() const {
        std::vector<std::string> all;
        for (const Failure& fault : faults) all.push_back(fault.message());
        return all;
    }
};

Decoded decode(FileKind kind, std::string_view text, const DecodeContext& context = a_context()) {
    Decoded decoded;
    RegisterDecoder decoder{kind, std::string{file_name_of(kind)}, context, decoded.files, decoded.faults};
    decoder.feed(text);
    decoder.finish();
    decoded.rows = decoder.rows();
    return decoded;
}

const std::string household_header = "county,household_no,area,village,representative,valid_from,valid_to\n";
const std::string person_header =
    "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
    "in_full_time_school,died_on,valid_from,valid_to,absent\n";
const std::string income_header = "county,household_no,person_no,item,monthly,valid_from,valid_to\n";
const std::string enrolment_header =
    "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,institution_no,"
    "valid_from,valid_to,absent\n";
const std::string account_header =
    "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n";

TEST(RegisterDecoder, ReadsAHousehold) {
    const Decoded got =
        decode(FileKind::households, household_header + "370212,12,urban,370212001002,31,2021-07,2021-12\n");
    ASSERT_THAT(got.messages(), IsEmpty());
    ASSERT_THAT(got.files.households, SizeIs(1));
    EXPECT_EQ(got.files.households[0].county, County::of_number(370212));
    EXPECT_EQ(got.files.households[0].line, 2);
    EXPECT_EQ(got.files.households[0].row,
              (Household{.no = HouseholdNo{12},
                         .recorded = {.months = {month(2021, 7), month(2022, 1)}, .import = {}},
                         .area = Area::urban,
                         .village = 370'212'001'002,
                         .representative = PersonNo{31}}));
    EXPECT_EQ(got.rows, 1);
}

TEST(RegisterDecoder, ReadsAPersonAndTakesBirthAndSexFromTheResidentNumber) {
    const Decoded got = decode(
        FileKind::persons,
        person_header + "370212,31,12,阿依古丽•买买提,99010119600101004x,4,2,1,0,2021-12-30,2021-07,,\n");
    ASSERT_THAT(got.messages(), IsEmpty());
    ASSERT_THAT(got.files.persons, SizeIs(1));
    EXPECT_EQ(got.files.persons[0].row, (Person{.no = PersonNo{31},
                                                .household = HouseholdNo{12},
                                                .recorded = {.months = {month(2021, 7)}, .import = {}},
                                                .born = day(1960, 1, 1),
                                                .died = day(2021, 12, 30),
                                                .sex = Sex::female,
                                                .disability_class = 4,
                                                .disability_level = 2,
                                                .seriously_ill = true}));
    ASSERT_THAT(got.files.identities, SizeIs(1));
    EXPECT_EQ(got.files.identities[0].row.name.text(), "阿依古丽·买买提");
    EXPECT_EQ(got.files.identities[0].row.resident_id.text(), "99010119600101004X");
}

TEST(RegisterDecoder, ReadsAnIncomeItem) {
    const Decoded got = decode(FileKind::incomes,
                               income_header + "370212,12,31,401,638.5,2021-07,\n370212,12,,301,1,202107,\n");
    ASSERT_THAT(got.messages(), IsEmpty());
    EXPECT_EQ(got.files.incomes[0].row.monthly, Money::of_fen(63'850));
    EXPECT_EQ(got.files.incomes[0].row.item, 401);
    EXPECT_EQ(got.files.incomes[1].row.person, PersonNo{});
}

TEST(RegisterDecoder, ReadsEnrolmentsInBothLanguages) {
    const Decoded got = decode(FileKind::enrolments,
                               enrolment_header +
                                   "370212,12,,dibao-rural,2021-05-10,2021-06-02,,,,,2021-07,,\n"
                                   "370212,13,32,农村特困,2021-05-10,2021-06-02,集中,半护理,,4,2021-07,,\n"
                                   "370212,14,33,orphan,2021-05-10,2021-06-02,dispersed,,34,,2021-07,,0\n"
                                   "370212,14,33,orphan,,,,,,,2021-12,,1\n");
    ASSERT_THAT(got.messages(), IsEmpty());
    const auto& rows = got.files.enrolments;
    ASSERT_THAT(rows, SizeIs(4));
    EXPECT_EQ(rows[0].row.programme, Programme::dibao_rural);
    EXPECT_EQ(rows[0].row.person, PersonNo{});
    EXPECT_EQ(rows[1].row.programme, Programme::tekun_rural);
    EXPECT_EQ(rows[1].row.setting, Setting::central);
    EXPECT_EQ(rows[1].row.ability, Ability::half);
    EXPECT_EQ(rows[1].row.institution, InstitutionNo{4});
    EXPECT_EQ(rows[2].row.payee, PersonNo{34});
    EXPECT_FALSE(rows[2].row.recorded.absent);
    EXPECT_TRUE(rows[3].row.recorded.absent);
}

TEST(RegisterDecoder, ReadsAccountsAndInstitutions) {
    const Decoded accounts = decode(
        FileKind::accounts, account_header +
                                "370212,person,31,102452000011,card,6229990000000000019,王伟,2021-07,\n"
                                "370212,机构,4,102452000011,存折,600200000612839,城关中心敬老院,2021-07,\n");
    ASSERT_THAT(accounts.messages(), IsEmpty());
    EXPECT_EQ(accounts.files.accounts[0].row.account, "6229990000000000019");
    EXPECT_EQ(accounts.files.accounts[0].row.bank, BankNo{7});
    EXPECT_EQ(accounts.files.accounts[1].row.kind, PayeeKind::institution);
    EXPECT_EQ(accounts.files.accounts[1].row.account_kind, AccountKind::passbook);

    const Decoded institutions =
        decode(FileKind::institutions,
               "name,institution_no,county,valid_to,valid_from\n城关中心敬老院,4,370212,,2015-12\n");
    ASSERT_THAT(institutions.messages(), IsEmpty());
    EXPECT_EQ(institutions.files.institutions[0].row.name, "城关中心敬老院");
}

TEST(RegisterDecoder, ListsEveryFaultOfARowWithLineColumnValueAndReason) {
    const Decoded got = decode(FileKind::households, household_header +
                                                         "370200,0,suburb,37021200100,,2021-13,2021-06\n"
                                                         "370212,12,urban,370212001002,31,2021-07,2021-06\n"
                                                         "370212,12,urban,370212001002,31,2021-07\n");
    EXPECT_THAT(
        got.messages(),
        ElementsAre(
            "households.csv:2:county: a division code that ends in 00 is a province or prefecture, no county: \"370200\"",
            "households.csv:2:household_no: numbers begin with 1: \"0\"",
            "households.csv:2:area: is none of urban, rural, 城市, 农村: \"suburb\"",
            "households.csv:2:village: the code of a village is 12 digits: \"37021200100\"",
            "households.csv:2:representative: may not be empty",
            "households.csv:2:valid_from: a month lies outside 1 … 12: \"2021-13\"",
            "households.csv:3:valid_to: ends before it begins: \"2021-06\"",
            "households.csv:4:valid_to: the row has 6 fields, the header has 7"));
    EXPECT_THAT(got.files.households, IsEmpty());
    EXPECT_EQ(got.rows, 3);
}

TEST(RegisterDecoder, MasksWhatIsPersonal) {
    const Decoded persons =
        decode(FileKind::persons, person_header + "370212,31,12,王|伟,990101195202290013,,,,,,2021-07,,\n");
    EXPECT_THAT(
        persons.messages(),
        ElementsAre("persons.csv:2:name: a name contains '|': \"王**\"",
                    "persons.csv:2:resident_id: the check character of a resident number does not match: "
                    "\"990101************\""));
    const Decoded accounts =
        decode(FileKind::accounts,
               account_header + "370212,person,31,102452000011,card,6229990000000000018,王伟,2021-07,\n");
    EXPECT_THAT(accounts.messages(),
                ElementsAre("accounts.csv:2:account: the check digit of a card number does not match: "
                            "\"***************0018\""));
}

TEST(RegisterDecoder, MasksIdentityNumbersAndNamesThatStandInTheWrongColumn) {
    const Decoded got =
        decode(FileKind::persons,
               person_header + "王伟,31,99010119520229001X,王伟,990101195202290012,,,,,,2021-07,,\n");
    EXPECT_THAT(
        got.messages(),
        ElementsAre("persons.csv:2:county: a county is the six digits of its division code: \"***\"",
                    "persons.csv:2:household_no: a number is 1 to 18 digits: \"990101************\""));
}

TEST(RegisterDecoder, RefusesWhatCannotBe) {
    struct Case {
        const char* name;
        FileKind kind;
        std::string text;
        std::string place;
        Fault fault;
    };
    const std::string person = person_header + "370212,31,12,王伟,990101195202290012,";
    const std::string enrolment = enrolment_header + "370212,12,";
    const std::string account = account_header + "370212,person,31,";
    const Case cases[] = {
        {"class without level", FileKind::persons, person + "3,,,,,2021-07,,\n",
         "persons.csv:2:disability_level", Fault::conflict},
        {"class 8", FileKind::persons, person + "8,1,,,,2021-07,,\n", "persons.csv:2:disability_class",
         Fault::out_of_range},
        {"dead before born", FileKind::persons, person + ",,,,1951-01-01,2021-07,,\n",
         "persons.csv:2:died_on", Fault::conflict},
        {"death in the future", FileKind::persons, person + ",,,,2022-02-01,2021-07,,\n",
         "persons.csv:2:died_on", Fault::out_of_range},
        {"the day that means alive", FileKind::persons, person + ",,,,1970-01-01,2021-07,,\n",
         "persons.csv:2:died_on", Fault::out_of_range},
        {"29 February 2021", FileKind::persons, person + ",,,,2021-02-29,2021-07,,\n",
         "persons.csv:2:died_on", Fault::out_of_range},
        {"yes", FileKind::persons, person + ",,yes,,,2021-07,,\n", "persons.csv:2:seriously_ill",
         Fault::unknown},
        {"no item 999", FileKind::incomes, income_header + "370212,12,31,999,1,2021-07,\n",
         "incomes.csv:2:item", Fault::unknown},
        {"negative income", FileKind::incomes, income_header + "370212,12,31,201,-1,2021-07,\n",
         "incomes.csv:2:monthly", Fault::out_of_range},
        {"three decimals", FileKind::incomes, income_header + "370212,12,31,201,1.001,2021-07,\n",
         "incomes.csv:2:monthly", Fault::malformed},
        {"eleven million", FileKind::incomes, income_header + "370212,12,31,201,11000000,2021-07,\n",
         "incomes.csv:2:monthly", Fault::out_of_range},
        {"no such programme", FileKind::enrolments,
         enrolment + "31,dibao,2021-05-10,2021-06-02,,,,,2021-07,,\n", "enrolments.csv:2:programme",
         Fault::unknown},
        {"tekun for a household", FileKind::enrolments,
         enrolment + ",tekun-rural,2021-05-10,2021-06-02,,self,,,2021-07,,\n", "enrolments.csv:2:person_no",
         Fault::missing},
        {"tekun without ability", FileKind::enrolments,
         enrolment + "31,tekun-rural,2021-05-10,2021-06-02,,,,,2021-07,,\n", "enrolments.csv:2:ability",
         Fault::missing},
        {"ability without tekun", FileKind::enrolments,
         enrolment + "31,orphan,2021-05-10,2021-06-02,,self,,,2021-07,,\n", "enrolments.csv:2:ability",
         Fault::conflict},
        {"central without institution", FileKind::enrolments,
         enrolment + "31,orphan,2021-05-10,2021-06-02,central,,,,2021-07,,\n",
         "enrolments.csv:2:institution_no", Fault::missing},
        {"institution without central", FileKind::enrolments,
         enrolment + "31,orphan,2021-05-10,2021-06-02,,,,4,2021-07,,\n", "enrolments.csv:2:institution_no",
         Fault::conflict},
        {"central dibao", FileKind::enrolments,
         enrolment + ",dibao-urban,2021-05-10,2021-06-02,central,,,4,2021-07,,\n", "enrolments.csv:2:setting",
         Fault::conflict},
        {"confirmed too early", FileKind::enrolments,
         enrolment + ",dibao-urban,2021-05-10,2021-05-02,,,,,2021-07,,\n", "enrolments.csv:2:confirmed_on",
         Fault::conflict},
        {"unknown bank", FileKind::accounts,
         account + "102452000012,card,6229990000000000019,王伟,2021-07,\n", "accounts.csv:2:bank_code",
         Fault::unknown},
        {"short bank code", FileKind::accounts,
         account + "10245200001,card,6229990000000000019,王伟,2021-07,\n", "accounts.csv:2:bank_code",
         Fault::malformed},
        {"no holder", FileKind::accounts, account + "102452000011,card,6229990000000000019,,2021-07,\n",
         "accounts.csv:2:holder", Fault::missing},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        const Decoded got = decode(c.kind, c.text);
        ASSERT_THAT(got.messages(), SizeIs(1));
        EXPECT_EQ(got.faults[0].place, c.place);
        EXPECT_EQ(got.faults[0].fault, c.fault);
    }
}

TEST(RegisterDecoder, DoesNotBlameAFieldForAnotherOneThatCouldNotBeRead) {
    const Decoded got =
        decode(FileKind::enrolments,
               enrolment_header + "370212,12,31,tekun,2021-05-10,2021-06-02,,self,,,2021-07,,\n");
    EXPECT_THAT(got.messages(), SizeIs(1));
}

TEST(RegisterDecoder, ListsUnknownMissingAndRepeatedColumnsOfTheHeader) {
    const Decoded got =
        decode(FileKind::households, "county,household_no,area,area,vilage,representative,valid_from\n");
    EXPECT_THAT(got.messages(),
                ElementsAre("households.csv:1:area: the column is there twice",
                            "households.csv:1:5: households.csv has no such column: \"vilage\"",
                            "households.csv:1:village: the column is missing",
                            "households.csv:1:valid_to: the column is missing"));
}

TEST(RegisterDecoder, ShowsNobodyWhenTheHeaderIsMissing) {
    const Decoded got = decode(FileKind::households, "370212,31,12,王伟,990101195202290012\n");
    for (const std::string& message : got.messages()) {
        EXPECT_EQ(message.find("王"), std::string::npos) << message;
        EXPECT_EQ(message.find("19520229"), std::string::npos) << message;
    }
    EXPECT_FALSE(got.faults.empty());
}

TEST(RegisterDecoder, SaysThatAFileIsEmpty) {
    EXPECT_THAT(decode(FileKind::incomes, "").messages(),
                ElementsAre("incomes.csv:1:county: the file is empty: its first line names the columns"));
}

TEST(RegisterDecoder, SaysWhenTheHeaderCannotBeReadAndNothingElse) {
    EXPECT_THAT(decode(FileKind::incomes, "county,hou\"sehold\n1,2\n3,4\n").faults, SizeIs(1));
}

TEST(RegisterDecoder, NamesTheColumnOfAFaultyQuote) {
    const Decoded got =
        decode(FileKind::households, household_header + "370212,12,\"urban\"x,370212001002,31,2021-07,\n");
    ASSERT_THAT(got.faults, SizeIs(1));
    EXPECT_EQ(got.faults[0].place, "households.csv:2:area");
}

TEST(RegisterDecoder, StopsListingButReadsOn) {
    DecodeContext context = a_context();
    context.faults_max = 2;
    std::string text = household_header;
    for (int i = 0; i < 9; ++i) text += "370212,0,urban,370212001002,31,2021-07,\n";
    text += "370212,1,urban,370212001002,31,2021-07,\n";
    const Decoded got = decode(FileKind::households, text, context);
    ASSERT_THAT(got.faults, SizeIs(3));
    EXPECT_EQ(got.faults[2].message(), "households.csv: 7 more faults are not listed");
    EXPECT_THAT(got.files.households, SizeIs(1));
}

// schemas/register.md is what offices write their export by: its example must be readable as it stands there.
TEST(RegisterDecoder, ReadsTheWorkedExampleOfItsDocument) {
    std::ifstream document{ONECARD_SOURCE_DIR "/schemas/register.md"};
    std::string line;
    while (std::getline(document, line) && line != "## A worked example") {
    }
    std::map<std::string, std::string> files;
    std::string file;
    bool is_inside = false;
    while (std::getline(document, line)) {
        if (line.ends_with(".csv")) file = line;
        if (line == "```") {
            if (is_inside) file = "later enrolments.csv";
            is_inside = !is_inside;
        } else if (is_inside) {
            files[file] += line + "\n";
        }
    }
    ASSERT_THAT(files, SizeIs(6));
    DecodeContext context = a_context();
    context.today = day(2022, 10, 15);
    for (const FileKind kind : {FileKind::households, FileKind::persons, FileKind::incomes,
                                FileKind::enrolments, FileKind::accounts}) {
        const Decoded got = decode(kind, files[std::string{file_name_of(kind)}], context);
        EXPECT_THAT(got.messages(), IsEmpty());
        EXPECT_GT(got.rows, 0);
    }
    const Decoded later = decode(FileKind::enrolments, files["later enrolments.csv"], context);
    EXPECT_THAT(later.messages(), IsEmpty());
    EXPECT_EQ(later.rows, 1);
}

TEST(RegisterDecoder, ReadsTheFiveColumnsThatMayBeLeftOut) {
    const std::string header =
        "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,institution_no,"
        "grade,grace_reason,ended_on,end_reason,caregiver_no,valid_from,valid_to\n";
    const Decoded got =
        decode(FileKind::enrolments,
               header +
                   "370212,12,,dibao-rural,2021-05-10,2021-06-02,,,,,3,placed,2021-12-30,迁出,,2021-07,\n"
                   "370212,13,35,tekun-rural,2021-05-10,2021-06-02,,half,,,,,,,36,2021-07,\n"
                   "370212,14,37,tekun-rural,2021-05-10,2021-06-02,,full,,4,0,,,,0,2021-07,\n");
    EXPECT_THAT(got.messages(), IsEmpty());
    const auto& rows = got.files.enrolments;
    ASSERT_THAT(rows, SizeIs(3));
    EXPECT_EQ(rows[0].row.grade, 3);
    EXPECT_EQ(rows[0].row.grace_reason, GraceReason::placed);
    EXPECT_EQ(rows[0].row.ended, day(2021, 12, 30));
    EXPECT_EQ(rows[0].row.end_reason, EndReason::moved_away);
    EXPECT_EQ(rows[1].row.caregiver, PersonNo{36});
    EXPECT_FALSE(rows[1].row.has_ended());
    EXPECT_EQ(rows[2].row.institution, InstitutionNo{4});
    for (const auto& [fields, column] : {
             std::pair{"37,orphan,2021-05-10,2021-06-02,,,,,2,,,,,", "grade"},
             {"37,orphan,2021-05-10,2021-06-02,,,,,,pension,,,,", "grace_reason"},
             {"37,orphan,2021-05-10,2021-06-02,,,,,,,2021-05-01,,,", "ended_on"},
             {"37,orphan,2021-05-10,2021-06-02,,,,,,,,fraud,,", "ended_on"},
             {"37,orphan,2021-05-10,2021-06-02,,,,,,,2021-07-01,bored,,", "end_reason"},
             {"37,orphan,2021-05-10,2021-06-02,,,,,,,,,38,", "caregiver_no"},
             {"37,tekun-rural,2021-05-10,2021-06-02,,half,,4,,,,,38,", "caregiver_no"},
         })
        EXPECT_THAT(decode(FileKind::enrolments, header + "370212,14," + fields + "2021-07,\n").messages(),
                    ElementsAre(HasSubstr(std::string{"enrolments.csv:2:"} + column)))
            << fields;
}

TEST(RegisterDecoder, AnItemOfAnotherOfficeIsOfAPerson) {
    EXPECT_THAT(decode(FileKind::incomes, income_header + "370212,12,31,802,100,2021-07,\n").messages(),
                IsEmpty());
    EXPECT_THAT(decode(FileKind::incomes, income_header + "370212,12,,601,100,2021-07,\n").messages(),
                IsEmpty());
    EXPECT_THAT(decode(FileKind::incomes, income_header + "370212,12,,802,100,2021-07,\n").messages(),
                ElementsAre(HasSubstr("incomes.csv:2:person_no")));
}

TEST(RegisterDecoder, ALegalSupportersHouseholdHasItsMembersAndDependantsAndNothingElseHasThem) {
    const std::string header =
        "county,household_no,person_no,item,monthly,supporter_members,dependants,valid_from,valid_to\n";
    const Decoded got = decode(FileKind::incomes, header + "370212,12,31,701,9000.00,4,2,2021-07,\n" +
                                                      "370212,12,31,402,100.00,,,2021-07,\n" +
                                                      "370212,12,31,709,0,50,10,2021-07,\n");
    EXPECT_THAT(got.messages(), IsEmpty());
    ASSERT_THAT(got.files.incomes, SizeIs(3));
    EXPECT_EQ(got.files.incomes[0].row.supporter_members, 4);
    EXPECT_EQ(got.files.incomes[0].row.dependants, 2);
    EXPECT_EQ(got.files.incomes[1].row.dependants, 0);
    for (const auto& [fields, column] : {std::pair{"701,9000.00,,2", "supporter_members"},
                                         {"701,9000.00,4,", "dependants"},
                                         {"701,9000.00,4,0", "dependants"},
                                         {"701,9000.00,51,2", "supporter_members"},
                                         {"701,9000.00,4,11", "dependants"},
                                         {"701,9000.00,4,1000", "dependants"},
                                         {"701,9000.00,4,two", "dependants"},
                                         {"402,100.00,4,", "supporter_members"},
                                         {"402,100.00,,1", "dependants"}})
        EXPECT_THAT(decode(FileKind::incomes, header + "370212,12,31," + fields + ",2021-07,\n").messages(),
                    ElementsAre(HasSubstr(std::string{"incomes.csv:2:"} + column)))
            << fields;
    EXPECT_THAT(
        decode(FileKind::incomes, income_header + "370212,12,31,701,9000.00,2021-07,\n").messages(),
        ElementsAre(HasSubstr("incomes.csv:2:supporter_members"), HasSubstr("incomes.csv:2:dependants")))
        << "the columns may be left out, where no row needs them";
}

TEST(IncomeItems, AreTwentyFiveInEightClasses) {
    EXPECT_EQ(income_items.size(), 25U);
    unsigned classes = 0;
    for (const IncomeItemText& item : income_items) classes |= 1U << static_cast<unsigned>(item.in_class);
    EXPECT_EQ(classes, 0xFFU);
    ASSERT_NE(income_item_of(401), nullptr);
    EXPECT_EQ(income_item_of(401)->chinese, "养老金");
    EXPECT_EQ(income_item_of(100), nullptr);
    EXPECT_EQ(income_item_of(911), nullptr);
}

}  // namespace
}  // namespace onecard::registry
