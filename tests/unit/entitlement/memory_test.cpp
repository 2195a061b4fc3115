#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "onecard/entitlement/recomputation.hpp"
#include "support/entitlement_story.hpp"

/// What assessing keeps in memory: that of the county at hand, however many counties and months go by. Every byte that
/// this program takes is counted.
namespace {

std::atomic<std::int64_t> bytes_in_use = 0;

void* counted(void* taken) {
    if (taken == nullptr) throw std::bad_alloc{};
    bytes_in_use += static_cast<std::int64_t>(malloc_usable_size(taken));
    return taken;
}
void given_back(void* what) noexcept {
    if (what == nullptr) return;
    bytes_in_use -= static_cast<std::int64_t>(malloc_usable_size(what));
    std::free(what);
}

}  // namespace

void* operator new(std::size_t size) { return counted(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t at) {
    const auto to = static_cast<std::size_t>(at);
    return counted(std::aligned_alloc(to, (size + to - 1) / to * to));
}
void operator delete(void* what) noexcept { given_back(what); }
void operator delete(void* what, std::size_t) noexcept { given_back(what); }
void operator delete(void* what, std::align_val_t) noexcept { given_back(what); }
void operator delete(void* what, std::size_t, std::align_val_t) noexcept { given_back(what); }

namespace onecard::entitlement::story {
namespace {

/// Households of three on dibao, of whom one draws both disability subsidies and one is refused one.
registry::Register a_county(std::int64_t households) {
    registry::Register all{.county = County::of_number(370212)};
    const registry::Recorded always{.months = {.from = month("2020-01")}, .import = ImportNo{1}};
    for (std::int64_t no = 1; no <= households; ++no) {
        all.households.push_back({.no = HouseholdNo{no},
                                  .recorded = always,
                                  .area = registry::Area::rural,
                                  .village = 370212004201,
                                  .representative = PersonNo{10 * no}});
        for (std::int64_t member = 0; member < 3; ++member) {
            const PersonNo person{10 * no + member};
            all.persons.push_back(
                {.no = person, .household = HouseholdNo{no}, .recorded = always, .born = day("1970-01-01")});
            all.persons.back().disability_level = member == 1 ? 2 : 0;
            all.incomes.push_back({.household = HouseholdNo{no},
                                   .person = person,
                                   .item = 101,
                                   .recorded = always,
                                   .monthly = Money::of_fen(100 * no % 90'000)});
            for (const Programme programme : {Programme::disability_living, Programme::disability_nursing})
                if (member > 0)
                    all.enrolments.push_back({.household = HouseholdNo{no},
                                              .person = person,
                                              .programme = programme,
                                              .recorded = always,
                                              .applied = day("2019-02-01"),
                                              .confirmed = day("2019-03-01")});
        }
        all.enrolments.push_back({.household = HouseholdNo{no},
                                  .programme = Programme::dibao_rural,
                                  .recorded = always,
                                  .applied = day("2019-02-01"),
                                  .confirmed = day("2019-03-01")});
    }
    all.put_in_order();
    return all;
}

TEST(Memory, OfACountyIsThatOfItsLargestMonthHoweverManyMonthsAreComputedAgain) {
    const registry::Register all = a_county(2'000);
    Recomputation recomputation;
    std::int64_t after_two = 0;
    const std::int64_t before = bytes_in_use;
    for (int no = 0; no < 36; ++no) {
        const Month in = month("2022-01").plus_months(no);
        registry::take_snapshot(all, in, ImportNo{1}, recomputation.next_facts());
        auto policy = plain_policy(in.text());
        // Another standard every other month: now everything is assessed, now everything is taken over.
        policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount +=
            Money::of_fen(no / 2);
        const Assessment& out = recomputation.assess(policy);
        ASSERT_EQ(out.awards.size(), 2'000U * 3);
        if (no == 3) after_two = bytes_in_use;
        // Less than the facts of one household a month, whatever is longer in a text.
        if (no > 3) ASSERT_LE(bytes_in_use, after_two + 4'096) << in.text();
    }
    EXPECT_GT(after_two - before, 1'000'000) << "and all of it was counted";
}

TEST(Memory, OfACountyIsGivenToTheNextOne) {
    const registry::Register large = a_county(2'000), small = a_county(20);
    registry::Snapshot facts;
    Assessment out;
    const auto policy = plain_policy("2022-01");
    std::int64_t after_first = 0;
    for (int no = 0; no < 40; ++no) {
        registry::take_snapshot(no % 3 == 0 ? large : small, month("2022-01"), ImportNo{1}, facts);
        assess(facts, policy, out);
        if (no == 0) after_first = bytes_in_use;
        // The texts of refusals come and go with their county; nothing else is asked for anew.
        ASSERT_LE(bytes_in_use, after_first) << no;
    }
}

}  // namespace
}  // namespace onecard::entitlement::story
