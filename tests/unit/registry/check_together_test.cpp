#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onecard/registry/csv.hpp"

namespace onecard::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const County laoshan = County::of_number(370212);
const County chengyang = County::of_number(370214);

Recorded in_months(int from, int to) {
    return {.months = {*Month::of_number(from), *Month::of_number(to)}, .import = {}};
}

Household a_household(int no, Recorded recorded) {
    return {.no = HouseholdNo{no}, .recorded = recorded, .representative = PersonNo{1}};
}

Faults faults_of(const RegisterFiles& files) {
    Faults faults;
    check_together(files, faults);
    return faults;
}

TEST(CheckTogether, TakesOneKeyInMonthsThatFollowEachOther) {
    RegisterFiles files;
    files.households = {{laoshan, a_household(1, in_months(202107, 202201)), 2},
                        {laoshan, a_household(1, in_months(202201, 999912)), 3},
                        {chengyang, a_household(1, in_months(202107, 999912)), 4}};
    EXPECT_THAT(faults_of(files), IsEmpty());
}

TEST(CheckTogether, NamesBothLinesOfAKeyThatIsThereTwice) {
    RegisterFiles files;
    files.households = {{laoshan, a_household(1, in_months(202201, 999912)), 2},
                        {laoshan, a_household(2, in_months(202107, 999912)), 3},
                        {laoshan, a_household(1, in_months(202107, 202202)), 4}};
    const Faults faults = faults_of(files);
    ASSERT_THAT(faults, SizeIs(1));
    EXPECT_EQ(faults[0].fault, Fault::duplicate);
    EXPECT_EQ(
        faults[0].message(),
        "households.csv:2:household_no: 370212: household 1 is there twice for 2022-01; the other row is on line 4");
}

TEST(CheckTogether, SeesAnOverlapBehindAShorterRow) {
    RegisterFiles files;
    files.households = {{laoshan, a_household(1, in_months(202101, 202112)), 2},
                        {laoshan, a_household(1, in_months(202102, 202103)), 3},
                        {laoshan, a_household(1, in_months(202105, 202106)), 4}};
    EXPECT_THAT(faults_of(files), SizeIs(2));
}

TEST(CheckTogether, HoldsAPersonInTwoHouseholdsForATwin) {
    RegisterFiles files;
    Person person{.no = PersonNo{7}, .household = HouseholdNo{1}, .recorded = in_months(202107, 999912)};
    files.persons.push_back({laoshan, person, 2});
    person.household = HouseholdNo{2};
    files.persons.push_back({laoshan, person, 3});
    EXPECT_THAT(faults_of(files), SizeIs(1));
}

TEST(CheckTogether, ListsByCountyWhateverTheOrderOfTheCounties) {
    RegisterFiles files;
    for (const County county : {chengyang, laoshan})
        for (const std::int64_t line : {2, 3})
            files.households.push_back({county, a_household(1, in_months(202107, 999912)), line});
    const Faults grouped = faults_of(files);
    ASSERT_THAT(grouped, SizeIs(2));
    EXPECT_THAT(grouped[0].message(), HasSubstr("370212: household 1"));
    EXPECT_THAT(grouped[1].message(), HasSubstr("370214: household 1"));
    std::swap(files.households[1], files.households[2]);
    const Faults mixed = faults_of(files);
    ASSERT_THAT(mixed, SizeIs(2));
    EXPECT_EQ(mixed[0].message(), grouped[0].message());
    EXPECT_EQ(mixed[1].message(), grouped[1].message());
}

TEST(CheckTogether, DoesNotLetAWithdrawalAndAFactStandTogether) {
    RegisterFiles files;
    Recorded withdrawn = in_months(202201, 999912);
    withdrawn.absent = true;
    files.households = {{laoshan, a_household(1, in_months(202107, 999912)), 2},
                        {laoshan, a_household(1, withdrawn), 3}};
    EXPECT_THAT(faults_of(files), SizeIs(1));
}

TEST(CheckTogether, HoldsTheRulesOfARowAgainstRowsThatCameFromNoFile) {
    RegisterFiles files;
    files.households = {{laoshan, a_household(1, in_months(202107, 202106))}};
    files.persons = {
        {laoshan, Person{.no = PersonNo{7}, .recorded = in_months(202107, 999912), .disability_class = 3}}};
    files.enrolments = {{laoshan, Enrolment{.household = HouseholdNo{1},
                                            .person = PersonNo{7},
                                            .programme = Programme::tekun_rural,
                                            .recorded = in_months(202107, 999912),
                                            .setting = Setting::central,
                                            .ability = Ability::self}}};
    const Faults faults = faults_of(files);
    ASSERT_THAT(faults, SizeIs(3));
    EXPECT_THAT(faults[0].message(), HasSubstr("households.csv:0:valid_to"));
    EXPECT_THAT(faults[1].message(), HasSubstr("persons.csv:0:disability_level"));
    EXPECT_THAT(faults[2].message(), HasSubstr("enrolments.csv:0:institution_no"));
}

}  // namespace
}  // namespace onecard::registry
