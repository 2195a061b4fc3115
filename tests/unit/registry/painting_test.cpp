#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onecard/registry/facts.hpp"

namespace onecard::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Month month(int yyyymm) { return *Month::of_number(yyyymm); }

Recorded known(int import, int from, int to = 999912, bool absent = false) {
    return {.months = {month(from), month(to)}, .import = ImportNo{import}, .absent = absent};
}

IncomeItem an_income(int fen, Recorded recorded) {
    return {.household = HouseholdNo{1},
            .person = PersonNo{1},
            .item = 101,
            .recorded = recorded,
            .monthly = Money::of_fen(fen)};
}

std::vector<std::int64_t> incomes_in(const Register& all, int yyyymm, int import) {
    Snapshot snapshot;
    take_snapshot(all, month(yyyymm), ImportNo{import}, snapshot);
    std::vector<std::int64_t> fen;
    for (const IncomeItem& row : snapshot.incomes) fen.push_back(row.monthly.fen());
    return fen;
}

TEST(Painting, LetsALaterImportPaintOverTheMonthsThatItNames) {
    Register all;
    all.incomes = {an_income(300, known(2, 202103, 202105)), an_income(100, known(1, 202101))};
    all.put_in_order();
    EXPECT_THAT(incomes_in(all, 202012, 2), IsEmpty());
    EXPECT_THAT(incomes_in(all, 202102, 2), ElementsAre(100));
    EXPECT_THAT(incomes_in(all, 202103, 2), ElementsAre(300));
    EXPECT_THAT(incomes_in(all, 202104, 1), ElementsAre(100)) << "import 2 was not known yet";
    EXPECT_THAT(incomes_in(all, 202105, 2), ElementsAre(100));
}

TEST(Painting, LetsAWithdrawalLeaveNothing) {
    Register all;
    all.incomes = {an_income(100, known(1, 202101)), an_income(0, known(2, 202103, 202104, true))};
    all.put_in_order();
    EXPECT_THAT(incomes_in(all, 202102, 2), ElementsAre(100));
    EXPECT_THAT(incomes_in(all, 202103, 2), IsEmpty());
    EXPECT_THAT(incomes_in(all, 202103, 1), ElementsAre(100));
    EXPECT_THAT(incomes_in(all, 202104, 2), ElementsAre(100));
}

Person a_person(int no, int household, Recorded recorded) {
    return {.no = PersonNo{no}, .household = HouseholdNo{household}, .recorded = recorded};
}

std::vector<std::pair<std::int64_t, std::int64_t>> persons_in(const Register& all, int yyyymm, int import) {
    Snapshot snapshot;
    take_snapshot(all, month(yyyymm), ImportNo{import}, snapshot);
    std::vector<std::pair<std::int64_t, std::int64_t>> persons;
    for (const Person& row : snapshot.persons) persons.emplace_back(row.household.number(), row.no.number());
    return persons;
}

TEST(Painting, FindsWhoMovedInTheNewHouseholdOnly) {
    for (const auto& [before, after] : {std::pair{1, 2}, std::pair{2, 1}}) {
        Register all;
        all.persons = {a_person(10, 1, known(1, 202101)), a_person(11, before, known(1, 202101)),
                       a_person(12, 2, known(1, 202101)), a_person(11, after, known(2, 202103))};
        all.put_in_order();
        Snapshot snapshot;
        take_snapshot(all, month(202103), ImportNo{2}, snapshot);
        ASSERT_THAT(snapshot.persons, SizeIs(3));
        for (const Person& person : snapshot.persons)
            if (person.no == PersonNo{11}) EXPECT_EQ(person.household.number(), after);
        take_snapshot(all, month(202103), ImportNo{1}, snapshot);
        for (const Person& person : snapshot.persons)
            if (person.no == PersonNo{11}) EXPECT_EQ(person.household.number(), before);
    }
}

TEST(Painting, LetsTheWithdrawalOfAMovedPersonHideTheOldRowToo) {
    Register all;
    all.persons = {a_person(11, 1, known(1, 202101)), a_person(10, 2, known(1, 202101)),
                   a_person(11, 2, known(2, 202103, 999912, true))};
    all.put_in_order();
    EXPECT_THAT(persons_in(all, 202103, 2), ElementsAre(std::pair{2, 10}));
    EXPECT_THAT(persons_in(all, 202102, 2), ElementsAre(std::pair{1, 11}, std::pair{2, 10}));
}

TEST(Painting, ReusesASnapshotWithoutKeepingAnything) {
    Register full;
    full.county = County::of_number(370212);
    full.households = {{.no = HouseholdNo{1}, .recorded = known(1, 202101)}};
    full.enrolments = {{.household = HouseholdNo{1}, .recorded = known(1, 202101)}};
    Snapshot snapshot;
    take_snapshot(full, month(202101), ImportNo{1}, snapshot);
    EXPECT_THAT(snapshot.households, SizeIs(1));
    EXPECT_THAT(snapshot.enrolments, SizeIs(1));
    EXPECT_EQ(snapshot.county, full.county);
    take_snapshot(Register{}, month(202101), ImportNo{1}, snapshot);
    EXPECT_THAT(snapshot.households, IsEmpty());
    EXPECT_THAT(snapshot.enrolments, IsEmpty());
}

TEST(Painting, RefusesARegisterThatIsNotInOrder) {
    Register all;
    all.households = {{.no = HouseholdNo{2}, .recorded = known(1, 202101)},
                      {.no = HouseholdNo{1}, .recorded = known(1, 202101)}};
    Snapshot snapshot;
    EXPECT_THROW(take_snapshot(all, month(202101), ImportNo{1}, snapshot), BrokenInvariant);
}

}  // namespace
}  // namespace onecard::registry
