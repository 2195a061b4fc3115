#include <gtest/gtest.h>

#include <array>

#include "support/profiles.hpp"

/// DOMAIN 3.5, row by row: what each canonical reason is called by the banks, and what has to be done about it.
namespace onecard::bankfile {
namespace {

struct Row {
    const char* code;
    std::vector<const char*> aggregator;  ///< the four-digit table; of those who use it
    std::vector<const char*> iso;         ///< external status reasons of ISO 20022
    Action action;
    const char* next_step;  ///< as DOMAIN 3.5 has it
};

const std::vector<Row>& table() {
    static const std::vector<Row> rows{
        {"OK00", {"0000"}, {}, Action::none, "post settlement"},
        {"NM01", {"3031", "3065"}, {"BE01"}, Action::correct_account, "correct, notice, re-issue"},
        {"AC01", {"3009", "3030", "3004", "3022"}, {"AC01"}, Action::correct_account, "correct"},
        {"AC04", {"3018", "3039"}, {"AC04"}, Action::correct_account, "new card"},
        {"AC06", {"3017", "3006", "3016", "3020"}, {"AC06"}, Action::hold, "hold, ask"},
        {"DORM", {"3057"}, {}, Action::hold, "reactivate at counter"},
        {"LIMT", {"3013", "3055"}, {"AM14", "AM21"}, Action::correct_account, "new class I card"},
        {"TYPE", {"3034", "3038", "3041"}, {"AC14", "AG01"}, Action::correct_account, "new card"},
        {"IDNM", {"3063"}, {}, Action::correct_account, "correct"},
        {"DEAD", {}, {"MD07"}, Action::stop_and_review, "stop, eligibility review"},
        {"ROUT", {"3097"}, {"RC01"}, Action::correct_account, "correct bank code"},
        {"DUPL", {"3051"}, {"AM05"}, Action::query, "query, never resend blindly"},
        {"AMTE", {"3040", "3036"}, {"AM09", "AM03"}, Action::fix_and_resend, "fix generator"},
        {"SUMX", {}, {"AM10"}, Action::fix_and_resend, "reject file"},
        {"SIGX", {"3058"}, {}, Action::fix_and_resend, "reject file"},
        {"FUND", {"3008"}, {"AM04"}, Action::next_day, "fund, retry"},
        {"CUTO", {}, {"TM01"}, Action::next_day, "next day"},
        {"REVS", {"3029", "3019"}, {}, Action::hold, "post as returned"},
        {"RETD", {"3056"}, {}, Action::correct_account, "re-issue"},
        {"PEND", {"2000", "2007", "3028", "3999", "3044"}, {}, Action::query, "query; no re-issue"},
        {"RJCT", {"3003", "3012"}, {"MS03"}, Action::hold, "operator"}};
    return rows;
}

TEST(ReasonsAndActions, AreTheRowsOfTheTable) {
    std::set<Reason> told;
    for (const Row& row : table()) {
        SCOPED_TRACE(std::string{row.code} + ": " + row.next_step);
        const auto reason = reason_of(row.code);
        ASSERT_TRUE(reason);
        EXPECT_EQ(text_of(*reason).action, row.action);
        told.insert(*reason);
        for (const char* bank : {"fixed-gbk", "xml-gbk"}) {
            const Profile& profile = tests::shipped_profiles().at(bank);
            for (const char* code : row.aggregator) EXPECT_EQ(profile.canonical_code(code), row.code) << code;
            // What a bank of ours has decided otherwise stands in its file: a sleeping account cannot be woken there.
            const bool differs = std::string_view{bank} == "xml-gbk" && *reason == Reason::account_dormant;
            EXPECT_EQ(profile.action_of(*reason), differs ? Action::correct_account : row.action);
        }
        for (const char* code : row.iso)
            EXPECT_EQ(tests::shipped_profiles().at("iso20022").canonical_code(code), row.code) << code;
    }
    EXPECT_EQ(told.size(), 21U) << "a reason has no row";
}

TEST(ReasonsAndActions, TakeNoCodeThatTheTableDoesNotHaveForAReason) {
    for (const char* code : {"9999", "3000", "", "NM01"})
        EXPECT_EQ(reason_of(tests::shipped_profiles().at("fixed-gbk").canonical_code(code)), std::nullopt)
            << code;
}

}  // namespace
}  // namespace onecard::bankfile
