#include "onecard/bankfile/profile.hpp"

#include <gtest/gtest.h>

namespace onecard::bankfile {
namespace {

Moment at(std::string_view text) { return Moment::parse(text).value(); }
Day day(std::string_view text) { return Day::parse(text).value(); }

TEST(BankNames, LeadFromTheFileToTheBanksNameAndBack) {
    Profile profile = canonical_profile();
    profile.batch_name = "JSYH_F_{bank}_{county}{period}-{serial}.txt";
    profile.return_name = "FRESULT.{bank}{round}.{file_id}";
    const std::string name = profile.name_of_batch("YKT3702122022010001", "313452000012");
    EXPECT_EQ(name, "JSYH_F_313452000012_370212202201-0001.txt");
    EXPECT_EQ(profile.file_id_in(name, "313452000012"), "YKT3702122022010001");
    EXPECT_EQ(profile.file_id_in(name, "313452000013"), std::nullopt) << "another bank's";
    EXPECT_EQ(profile.file_id_in(name + "/..", "313452000012"), std::nullopt);
    EXPECT_EQ(profile.file_id_in("../" + name, "313452000012"), std::nullopt);
    EXPECT_EQ(profile.name_of_return("YKT3702122022010001", "1", 1), "FRESULT.1.YKT3702122022010001");
    const auto second = profile.return_in("FRESULT.1.2.YKT3702122022010001", "1");
    ASSERT_TRUE(second);
    EXPECT_EQ(second->round, 2);
    EXPECT_EQ(profile.return_in("FRESULT.1.1.YKT3702122022010001", "1"), std::nullopt)
        << "the first has no number";
}

TEST(BankCalendar, CountsAFileAfterTheCutOffForTheNextWorkingDay) {
    Profile profile = canonical_profile();
    profile.cut_off = 16 * 60 + 30;
    profile.holidays = {day("2024-09-16"), day("2024-09-17")};
    profile.workdays = {day("2024-09-14")};
    EXPECT_EQ(profile.counts_for(at("2024-09-12T16:30:00+08:00")), day("2024-09-12"));
    EXPECT_EQ(profile.counts_for(at("2024-09-12T16:30:01+08:00")), day("2024-09-13"));
    EXPECT_EQ(profile.counts_for(at("2024-09-13T17:00:00+08:00")), day("2024-09-14"))
        << "a Saturday that is worked";
    EXPECT_EQ(profile.counts_for(at("2024-09-14T17:00:00+08:00")), day("2024-09-18")) << "Mid-Autumn";
    EXPECT_EQ(profile.after_working_minutes(at("2024-09-14T23:00:00+08:00"), 120),
              at("2024-09-18T01:00:00+08:00"));
}

TEST(BankCodes, OnesThatNoTableKnowsAreMarkedAndNeverTakenForOurs) {
    Profile profile = canonical_profile();
    EXPECT_EQ(profile.canonical_code("NM01"), "NM01");
    profile.codes = {{"3031", Reason::name_mismatch}, {"3065", Reason::name_mismatch}};
    EXPECT_EQ(profile.canonical_code("3065"), "NM01");
    EXPECT_EQ(profile.canonical_code("NM01"), "?NM01");
    EXPECT_EQ(profile.bank_code_of(Reason::name_mismatch), "3031");
    profile.actions = {{Reason::account_dormant, Action::correct_account}};
    EXPECT_EQ(profile.action_of(Reason::account_dormant), Action::correct_account);
    EXPECT_EQ(profile.action_of(Reason::deceased), Action::stop_and_review);
}

}  // namespace
}  // namespace onecard::bankfile
