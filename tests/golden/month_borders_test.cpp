#include <gmock/gmock.h>

#include <array>
#include <functional>

#include "onecard/entitlement/overlap.hpp"
#include "support/entitlement_story.hpp"

/// Where one month ends and the next begins: every start and stop rule of every programme, in months of 28, 29 and 31
/// days and over the end of a year; and changing from one programme into another without a gap and without an overlap.
namespace onecard::entitlement::story {
namespace {

/// A month and the days around its borders.
struct Borders {
    std::string_view month, day_before, first, last, day_after;
};
constexpr std::array borders{
    Borders{"2023-02", "2023-01-31", "2023-02-01", "2023-02-28", "2023-03-01"},
    Borders{"2024-02", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01"},
    Borders{"2023-12", "2023-11-30", "2023-12-01", "2023-12-31", "2024-01-01"},
    Borders{"2024-01", "2023-12-31", "2024-01-01", "2024-01-31", "2024-02-01"},
};

/// A disabled child of a household that is paid by every programme that somebody can be enrolled in.
struct Told {
    Told(const ProgrammeText& text, std::string_view in)
        : text{text}, who{text.subject == Subject::household ? 0 : 1}, story{plain_policy(in)} {
        story.rules().price.cpi = 400;
        story.rules().price.covers.low_margin = true;
        person = &story.person(1, "2012-01-01");
        person->disability_level = 1;
        enrolment = &story.enrol(who, text.programme);
        if (text.kind == ProgrammeKind::tekun) enrolment->ability = registry::Ability::self;
    }
    bool pays() {
        // A low-margin household is owed what is on top alone.
        return (text.programme == Programme::low_margin ? story.fen(1, Programme::price_subsidy)
                                                        : story.fen(who, text.programme)) > 0;
    }
    const ProgrammeText& text;
    std::int64_t who;
    Story story;
    registry::Person* person;
    registry::Enrolment* enrolment;
};

void for_every_programme(const std::function<void(const ProgrammeText&, const Borders&)>& check) {
    for (const ProgrammeText& text : programmes)
        if (!text.is_on_top)
            for (const Borders& at : borders) {
                SCOPED_TRACE(std::string{text.code} + " in " + std::string{at.month});
                check(text, at);
            }
}

TEST(MonthBorders, OfEveryStartRuleOfEveryProgramme) {
    for_every_programme([](const ProgrammeText& text, const Borders& at) {
        const auto pays = [&](StartRule rule, std::string_view applied, std::string_view confirmed) {
            Told told{text, at.month};
            told.story.rules().start[static_cast<std::size_t>(text.programme) - 1] = rule;
            told.enrolment->applied = day(applied);
            told.enrolment->confirmed = day(confirmed);
            return told.pays();
        };
        using enum StartRule;
        constexpr std::string_view long_ago = "2020-01-01";
        EXPECT_TRUE(pays(month_after_confirmation, long_ago, at.day_before));
        EXPECT_FALSE(pays(month_after_confirmation, long_ago, at.first));
        EXPECT_FALSE(pays(month_after_confirmation, long_ago, at.last));
        EXPECT_TRUE(pays(month_of_confirmation, long_ago, at.first));
        EXPECT_TRUE(pays(month_of_confirmation, long_ago, at.last));
        EXPECT_FALSE(pays(month_of_confirmation, long_ago, at.day_after));
        EXPECT_TRUE(pays(month_of_application, at.first, "2025-01-01"));
        EXPECT_TRUE(pays(month_of_application, at.last, "2025-01-01"));
        EXPECT_FALSE(pays(month_of_application, at.day_after, "2025-01-01"));
    });
}

TEST(MonthBorders, OfEveryEndOfEveryProgrammeByBothRules) {
    for_every_programme([](const ProgrammeText& text, const Borders& at) {
        for (std::size_t event = 0; event < policy::end_events.size(); ++event) {
            const auto pays = [&](policy::StopRule rule, std::string_view ended) {
                Told told{text, at.month};
                told.story.rules().stop_on_end[event] = rule;
                told.enrolment->end_reason = static_cast<registry::EndReason>(event);
                told.enrolment->ended = day(ended);
                return told.pays();
            };
            using enum policy::StopRule;
            const auto name = policy::end_events[event];
            EXPECT_FALSE(pays(month_after_event, at.day_before)) << name;
            EXPECT_TRUE(pays(month_after_event, at.first)) << name;
            EXPECT_TRUE(pays(month_after_event, at.last)) << name;
            EXPECT_FALSE(pays(month_of_event, at.first)) << name;
            EXPECT_FALSE(pays(month_of_event, at.last)) << name;
            EXPECT_TRUE(pays(month_of_event, at.day_after)) << name;
        }
    });
}

TEST(MonthBorders, OfADeathByBothRules) {
    for_every_programme([](const ProgrammeText& text, const Borders& at) {
        const auto pays = [&](policy::StopRule rule, std::string_view died) {
            Told told{text, at.month};
            told.story.household().representative =
                PersonNo{9};  // Who is paid for others is another question.
            told.enrolment->payee = PersonNo{9};
            told.story.rules().stop_on_death = rule;
            told.person->died = day(died);
            return told.pays();
        };
        using enum policy::StopRule;
        EXPECT_FALSE(pays(month_after_event, at.day_before));
        EXPECT_TRUE(pays(month_after_event, at.first));
        EXPECT_TRUE(pays(month_after_event, at.last));
        EXPECT_FALSE(pays(month_of_event, at.first));
        EXPECT_FALSE(pays(month_of_event, at.last));
        EXPECT_TRUE(pays(month_of_event, at.day_after));
    });
}

// School and the register: the fact holds by months, and who is past 18 is paid through the last month in which it does.
TEST(MonthBorders, OfSchoolWhoseLastMonthIsTheLastThatIsPaid) {
    for (const Programme programme : {Programme::orphan, Programme::unattended_child}) {
        registry::Register all{.county = County::of_number(370212)};
        const registry::Recorded always{.months = {.from = month("2020-01")}, .import = ImportNo{1}};
        all.households.push_back({.no = HouseholdNo{12},
                                  .recorded = always,
                                  .area = registry::Area::rural,
                                  .village = 370212004201,
                                  .representative = PersonNo{9}});
        registry::Person pupil{
            .no = PersonNo{1}, .household = HouseholdNo{12}, .recorded = always, .born = day("2004-05-20")};
        pupil.in_full_time_school = true;
        all.persons.push_back(pupil);
        // The school told later that June 2023 was the last month.
        pupil.recorded = {.months = {.from = month("2023-07")}, .import = ImportNo{2}};
        pupil.in_full_time_school = false;
        all.persons.push_back(pupil);
        all.enrolments.push_back({.household = HouseholdNo{12},
                                  .person = PersonNo{1},
                                  .programme = programme,
                                  .recorded = always,
                                  .applied = day("2020-01-02"),
                                  .confirmed = day("2020-01-20"),
                                  .payee = PersonNo{9}});
        all.put_in_order();
        const auto pays = [&](std::string_view in, std::int32_t known_at, std::int32_t until_age = 0) {
            registry::Snapshot facts;
            registry::take_snapshot(all, month(in), ImportNo{known_at}, facts);
            auto policy = plain_policy(in);
            policy.children_in_school_until_age = until_age;
            Assessment out;
            assess(facts, policy, out);
            return !out.awards.empty();
        };
        EXPECT_TRUE(pays("2023-06", 2));
        EXPECT_FALSE(pays("2023-07", 2));
        EXPECT_TRUE(pays("2023-07", 1)) << "as it was known before";
        // Where school counts up to an age, its birthday's month is the last one whatever the school says.
        EXPECT_TRUE(pays("2024-05", 1, 20));
        EXPECT_FALSE(pays("2024-06", 1, 20));
    }
}

// DOMAIN 1.8: the first month of the new programme is the month after the last one of the old. A person ends one of two
// that exclude each other on the day on which the other is confirmed.
TEST(MonthBorders, OfChangingFromOneProgrammeIntoAnotherLeaveNoGapAndNoOverlap) {
    const auto programme_of_kind = [](Kind kind) {
        for (const ProgrammeText& row : programmes)
            if (row.kind == kind && row.area != ProgrammeArea::urban) return row.programme;
        broken("a kind without a programme");
    };
    int changes = 0;
    for (const OverlapRow& row : overlaps) {
        if (row.overlap != Overlap::exclusive) continue;
        for (const auto& [from, to] : {std::pair{row.kept, row.other}, {row.other, row.kept}})
            for (const std::string_view on : {"2022-02-01", "2022-02-14", "2022-02-28"}) {
                ++changes;
                for (const std::string_view in : {"2022-01", "2022-02", "2022-03", "2022-04"}) {
                    Story story{plain_policy(in)};
                    story.person(1, "2012-01-01").disability_level = 1;
                    auto& old = story.enrol(1, programme_of_kind(from));
                    old.ended = day(on);
                    if (from == Kind::tekun) old.ability = registry::Ability::self;
                    auto& now = story.enrol(1, programme_of_kind(to));
                    now.applied = now.confirmed = day(on);
                    if (to == Kind::tekun) now.ability = registry::Ability::self;
                    const bool is_old = in <= "2022-02";
                    EXPECT_EQ(story.fen(1, programme_of_kind(from)) > 0, is_old)
                        << row.key << ' ' << on << ' ' << in;
                    EXPECT_EQ(story.fen(1, programme_of_kind(to)) > 0, !is_old)
                        << row.key << ' ' << on << ' ' << in;
                }
            }
    }
    EXPECT_EQ(changes, 2 * 3 * 8) << "eight rows exclude each other";
}

}  // namespace
}  // namespace onecard::entitlement::story
