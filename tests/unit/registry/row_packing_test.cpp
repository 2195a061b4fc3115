#include "onecard/registry/row_packing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace onecard::registry {
namespace {

using ::testing::SizeIs;

const County laoshan = County::of_number(370212);
const County chengyang = County::of_number(370214);

Recorded since(int month, bool absent = false) {
    return {.months = {*Month::of_number(month), Month::open_end()}, .import = {}, .absent = absent};
}

/// Two rows of each kind, every field with a value of its own.
RegisterFiles two_of_each() {
    RegisterFiles files;
    const Day today = *Day::of(2022, 1, 31);
    for (const std::int64_t no : {7, 8}) {
        const County county = no == 7 ? laoshan : chengyang;
        const std::int64_t line = no - 5;
        files.households.push_back({county,
                                    Household{.no = HouseholdNo{no},
                                              .recorded = since(202107, no == 8),
                                              .area = Area::urban,
                                              .village = 370'212'001'002,
                                              .representative = PersonNo{31}},
                                    line});
        files.persons.push_back({county,
                                 Person{.no = PersonNo{no},
                                        .household = HouseholdNo{12},
                                        .recorded = since(202108),
                                        .born = *Day::of(1949, 12, 31),
                                        .died = *Day::of(2021, 12, 30),
                                        .sex = Sex::male,
                                        .disability_class = 4,
                                        .disability_level = 2,
                                        .seriously_ill = true,
                                        .in_full_time_school = true},
                                 line});
        PersonIdentity identity{.no = PersonNo{no}, .name = {}, .resident_id = {}};
        // A withdrawal made by a program may come without a number.
        identity.name = PersonName::parse("阿卜杜拉·热合曼䶮𠅤𬱖").value();
        if (no == 7) identity.resident_id = ResidentId::parse("11010519491231002X", today).value();
        files.identities.push_back({county, identity, line});
        files.incomes.push_back({county,
                                 IncomeItem{.household = HouseholdNo{no},
                                            .person = PersonNo{3},
                                            .item = 401,
                                            .recorded = since(202109),
                                            .monthly = Money::of_fen(12'345)},
                                 line});
        files.enrolments.push_back({county,
                                    Enrolment{.household = HouseholdNo{no},
                                              .person = PersonNo{3},
                                              .programme = Programme::tekun_rural,
                                              .recorded = since(202110),
                                              .applied = *Day::of(2020, 2, 29),
                                              .confirmed = *Day::of(2020, 3, 10),
                                              .setting = Setting::central,
                                              .ability = Ability::full,
                                              .payee = PersonNo{5},
                                              .institution = InstitutionNo{6}},
                                    line});
        files.accounts.push_back({county,
                                  Account{.kind = PayeeKind::institution,
                                          .payee = no,
                                          .recorded = since(202111),
                                          .bank = BankNo{2},
                                          .account_kind = AccountKind::passbook,
                                          .account = "6228480000000000019",
                                          .holder = "崂山区敬老院"},
                                  line});
        files.institutions.push_back(
            {county, Institution{.no = InstitutionNo{no}, .recorded = since(202112), .name = "敬老院"},
             line});
    }
    return files;
}

std::string packed(const RegisterFiles& files) {
    std::string bytes;
    for (const FileKind kind : file_kinds)
        for (std::size_t i = 0; i < rows_of(files, kind); ++i) pack_row(files, kind, i, bytes);
    return bytes;
}

template <class Row>
void expect_same(const std::vector<RegisterFiles::In<Row>>& got,
                 const std::vector<RegisterFiles::In<Row>>& wanted) {
    ASSERT_THAT(got, SizeIs(wanted.size()));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_EQ(got[i].county, wanted[i].county);
        EXPECT_EQ(got[i].line, wanted[i].line);
        EXPECT_EQ(got[i].row, wanted[i].row);
    }
}

TEST(RowPacking, BringsEveryRowBackAsItWas) {
    const RegisterFiles files = two_of_each();
    RegisterFiles got;
    unpack_rows(packed(files), got);
    expect_same(got.households, files.households);
    expect_same(got.persons, files.persons);
    expect_same(got.incomes, files.incomes);
    expect_same(got.enrolments, files.enrolments);
    expect_same(got.accounts, files.accounts);
    expect_same(got.institutions, files.institutions);
    ASSERT_THAT(got.identities, SizeIs(2));
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(got.identities[i].county, files.identities[i].county);
        EXPECT_EQ(got.identities[i].line, files.identities[i].line);
        EXPECT_EQ(got.identities[i].row.no, files.identities[i].row.no);
        EXPECT_EQ(got.identities[i].row.name, files.identities[i].row.name);
        EXPECT_EQ(got.identities[i].row.resident_id, files.identities[i].row.resident_id);
    }
}

TEST(RowPacking, LeavesOutTheRowsThatAreNotWanted) {
    const RegisterFiles files = two_of_each();
    RegisterFiles got;
    unpack_rows(packed(files), got, [](std::int64_t lead) { return lead == 8; });
    for (const FileKind kind : file_kinds) {
        ASSERT_EQ(rows_of(got, kind), 1U) << file_name_of(kind);
        EXPECT_EQ(place_of(got, kind, 0).county, chengyang);
        EXPECT_EQ(place_of(got, kind, 0).lead, 8);
    }
    ASSERT_THAT(got.identities, SizeIs(1));
    EXPECT_EQ(got.identities[0].row.no, PersonNo{8});
}

TEST(RowPacking, RefusesBytesThatBreakOff) {
    std::string bytes = packed(two_of_each());
    bytes.pop_back();
    RegisterFiles got;
    EXPECT_THROW(unpack_rows(bytes, got), BrokenInvariant);
}

}  // namespace
}  // namespace onecard::registry
