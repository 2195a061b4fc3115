#include <gtest/gtest.h>

#include "story.hpp"

namespace onecard {
namespace {

using test::laoshan;
using test::Sql;

/// What the database itself refuses when past months are corrected and money is recovered, whatever the program believes.
class PastWalls : public test::StoryTest {
protected:
    static constexpr const char* foreign_key = "23503";
    static constexpr const char* unique_key = "23505";
    static constexpr const char* check = "23514";

    Sql service{service_url()};

    /// One step in the life of receivable 1.
    std::string recover(int step, int amount, int owed_before, const std::string& document,
                        const std::string& officer = "maker") {
        return service.refusal(
            "insert into recovery (county, receivable_no, step, kind, amount, owed_before, value_day, document, "
            "officer, fingerprint, at) values (370212, 1, " +
            std::to_string(step) + ", 1, " + std::to_string(amount) + ", " + std::to_string(owed_before) +
            ", 19000, '" + document + "', '" + officer + "', sha256('" + officer + "'), now())");
    }
    std::string write_off(const std::string& officer) {
        return service.refusal(
            "insert into recovery (county, receivable_no, step, kind, amount, owed_before, value_day, document, "
            "officer, fingerprint, at, proposal_no, proposed_by, proposed_fingerprint) "
            "select county, receivable_no, 2, kind, amount, 40, 19000, 'p', '" +
            officer + "', sha256('" + officer +
            "'), now(), proposal_no, officer, fingerprint from recovery_proposal");
    }
    /// One correction of one obligation, planned by the run and made real.
    std::string correct(const app::Unit& unit, int line, int step, int awarded, int due) {
        const std::string key =
            "select run_no, county, line_no, programme, component, benefit_month, beneficiary, step, "
            "awarded, due, 1 from correction_line where run_no = " +
            std::to_string(unit.run.number()) + " and line_no = " + std::to_string(line);
        const std::string planned = service.refusal(
            "insert into correction_line (run_no, county, line_no, programme, component, benefit_month, beneficiary, "
            "step, household_no, person_no, payee_kind, payee, awarded, due, demanded, serial) values (" +
            std::to_string(unit.run.number()) + ", 370212, " + std::to_string(line) + ", 2, 1, 202201, 12, " +
            std::to_string(step) + ", 12, 0, 1, 31, " + std::to_string(awarded) + ", " + std::to_string(due) +
            ", 0, " + (due > awarded ? "7" : "null") + ")");
        if (!planned.empty()) return planned;
        return service.refusal(
            "insert into correction (run_no, county, line_no, programme, component, benefit_month, beneficiary, step, "
            "awarded, due, base) " +
            key);
    }
};

TEST_F(PastWalls, NeverRecoverMoreThanIsOwed) {
    ASSERT_EQ(service.refusal(
                  "insert into receivable values (370212, 1, 'c', 1, 2, 1, 202201, 12, 12, 0, 1, 31, 100, "
                  "19000, false, 'r', 'maker')"),
              "");
    EXPECT_EQ(recover(1, 60, 90, "a"), foreign_key) << "the first step begins with the whole amount";
    EXPECT_EQ(recover(2, 60, 100, "a"), foreign_key) << "a second step without a first";
    EXPECT_EQ(recover(1, 60, 100, "a"), "");
    EXPECT_EQ(recover(1, 30, 100, "b"), unique_key) << "two first steps";
    EXPECT_EQ(recover(2, 50, 40, "b"), check) << "more than is left";
    EXPECT_EQ(recover(2, 50, 100, "b"), foreign_key) << "forgetting what was recovered";
    EXPECT_EQ(recover(2, 10, 40, "a"), unique_key) << "the same voucher again";
    ASSERT_EQ(service.refusal(
                  "insert into recovery_proposal (county, receivable_no, kind, amount, reason, officer, "
                  "fingerprint, at) values (370212, 1, 3, 40, 'why', 'maker', sha256('maker'), now())"),
              "");
    EXPECT_EQ(write_off("maker"), check) << "one person alone";
    EXPECT_EQ(write_off("checker"), "");
    EXPECT_EQ(recover(3, 1, 0, "c"), check) << "nothing is left";
}

TEST_F(PastWalls, CorrectAnObligationOnlyFromWhatTheCorrectionBeforeMadeDue) {
    const app::Unit january = story.unit(test::january());
    story.work([&](app::Work& w) { w.runs().put_fate(january, true, test::at(5)); });
    const app::Unit march = story.unit(test::month(2022, 3)), april = story.unit(test::month(2022, 4)),
                    may = story.unit(test::month(2022, 5));
    EXPECT_EQ(correct(march, 1, 1, 100, 150), "");
    EXPECT_EQ(correct(april, 1, 1, 100, 150), unique_key) << "the same arrears by another run";
    EXPECT_EQ(correct(may, 1, 2, 100, 170), foreign_key) << "forgetting the arrears of March";
    EXPECT_EQ(correct(april, 2, 2, 150, 150), check) << "a correction of nothing";
}

TEST_F(PastWalls, CorrectAMonthOnlyWhileItsRegularUnitIsReleased) {
    const app::Unit january = story.unit(test::january()), march = story.unit(test::month(2022, 3));
    EXPECT_EQ(correct(march, 1, 1, 100, 150), foreign_key) << "it may still be cancelled";
    story.work([&](app::Work& w) { w.runs().put_fate(january, true, test::at(5)); });
    const app::Unit april = story.unit(test::month(2022, 4));
    EXPECT_EQ(correct(april, 1, 1, 100, 150), "");
    EXPECT_EQ(story.refusal([&](app::Work& w) { w.runs().put_fate(january, false, test::at(6)); }),
              "unit_fate_pkey")
        << "cancelled under its corrections";
}

}  // namespace
}  // namespace onecard
