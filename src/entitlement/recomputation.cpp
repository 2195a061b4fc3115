#include "onecard/entitlement/recomputation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "case.hpp"
#include "walk.hpp"

namespace onecard::entitlement {
namespace {

/// One household's part of a month's awards.
struct Part {
    HouseholdNo no;
    std::size_t first = 0;
    std::size_t end = 0;
    /// Refusals say months in words, and grace depends on the months before: such a household is assessed every month.
    bool holds_on = false;
};

struct Computed {
    registry::Snapshot facts;
    Assessment assessment;
    std::vector<Part> parts;
};

/// The dates between which a rule's answer may turn from one month to the next, wide rather than narrow.
struct Turns {
    struct Span {
        Day from, to;
        bool has(Day day) const { return from <= day && day <= to; }
    };
    Turns(const Terms& before, const Terms& now) {
        const auto span = [](Day a, Day b) {
            return Span{std::min(a, b).plus_days(-1), std::max(a, b).plus_days(1)};
        };
        decisions = span(before.first, now.first_of_next);
        births = {decisions};
        for (std::size_t i = 0; i < before.births.size(); ++i)
            births[i + 1] = span(before.births[i], now.births[i]);
    }
    bool turns(const Rows& rows) const {
        return std::ranges::any_of(rows.persons,
                                   [this](const registry::Person& one) {
                                       return decisions.has(one.died) ||
                                              std::ranges::any_of(births, [&one](const Span& span) {
                                                  return span.has(one.born);
                                              });
                                   }) ||
               std::ranges::any_of(rows.enrolments, [this](const Enrolment& one) {
                   return decisions.has(one.applied) || decisions.has(one.confirmed) ||
                          decisions.has(one.ended);
               });
    }
    Span decisions;
    std::array<Span, std::tuple_size_v<decltype(Terms::births)> + 1> births;
};

bool same(const Rows& a, const Rows& b) {
    return std::ranges::equal(a.enrolments, b.enrolments) && std::ranges::equal(a.persons, b.persons) &&
           std::ranges::equal(a.incomes, b.incomes) && std::ranges::equal(a.households, b.households);
}

}  // namespace

struct Recomputation::Impl {
    Computed now;                                ///< the month assessed last
    Computed before;                             ///< the one before it, and then the one to come
    std::optional<policy::CountyPolicy> policy;  ///< of `now`
    std::size_t assessed = 0;
    std::size_t taken_over = 0;

    /// Whether the rules of the last month are those of the next.
    bool goes_on(const registry::Snapshot& next, const policy::CountyPolicy& next_policy) const {
        if (!policy || next.county != policy->county || next_policy.month != policy->month.next())
            return false;
        policy::CountyPolicy of_month = *policy;
        of_month.month = next_policy.month;
        return of_month == next_policy;
    }

    void take_over(const Part& part, Month month) {
        auto& awards = now.assessment.awards;
        const auto from = before.assessment.awards.begin();
        awards.insert(awards.end(), from + static_cast<std::ptrdiff_t>(part.first),
                      from + static_cast<std::ptrdiff_t>(part.end));
        for (auto one = awards.end() - static_cast<std::ptrdiff_t>(part.end - part.first);
             one != awards.end(); ++one)
            one->benefit_month = month;
    }

    void assess(const policy::CountyPolicy& next_policy, History* history) {
        check_pair(before.facts, next_policy);
        const bool follows = goes_on(before.facts, next_policy);
        std::swap(now, before);
        now.assessment.clear();
        now.parts.clear();
        assessed = taken_over = 0;
        const Terms terms{next_policy};
        std::optional<Terms> terms_before;
        if (follows) terms_before.emplace(*policy);
        std::optional<Turns> turns;
        if (follows) turns.emplace(*terms_before, terms);
        Case of{.terms = terms,
                .policy = next_policy,
                .out = now.assessment,
                .history = history,
                .history_from = history_from(next_policy)};
        Walk walk{now.facts};
        Walk walk_before{before.facts};
        auto part = before.parts.cbegin();
        while (const auto no = walk.next()) {
            const Rows rows = walk.rows(*no);
            const std::size_t first = now.assessment.awards.size();
            while (follows && part != before.parts.cend() && part->no < *no) ++part;
            if (follows && part != before.parts.cend() && part->no == *no && part->holds_on &&
                !turns->turns(rows) && same(rows, walk_before.rows(*no))) {
                take_over(*part, next_policy.month);
                now.parts.push_back({*no, first, now.assessment.awards.size(), true});
                ++taken_over;
                continue;
            }
            const std::size_t refusals = now.assessment.refusals.size();
            assess_household(of, rows);
            const auto& awards = now.assessment.awards;
            now.parts.push_back(
                {*no, first, awards.size(),
                 now.assessment.refusals.size() == refusals &&
                     std::ranges::none_of(awards.begin() + static_cast<std::ptrdiff_t>(first), awards.end(),
                                          [](const Award& one) { return one.grace_month > 0; })});
            ++assessed;
        }
        policy = next_policy;
    }
};

Recomputation::Recomputation() : impl_{std::make_unique<Impl>()} {}
Recomputation::~Recomputation() = default;
Recomputation::Recomputation(Recomputation&&) noexcept = default;
Recomputation& Recomputation::operator=(Recomputation&&) noexcept = default;

registry::Snapshot& Recomputation::next_facts() { return impl_->before.facts; }

const Assessment& Recomputation::assess(const policy::CountyPolicy& policy, History* history) {
    impl_->assess(policy, history);
    return impl_->now.assessment;
}

const registry::Snapshot& Recomputation::facts() const { return impl_->now.facts; }
const Assessment& Recomputation::assessment() const { return impl_->now.assessment; }
std::size_t Recomputation::assessed() const { return impl_->assessed; }
std::size_t Recomputation::taken_over() const { return impl_->taken_over; }

}  // namespace onecard::entitlement
