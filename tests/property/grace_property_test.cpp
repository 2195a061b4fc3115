#include <gtest/gtest.h>

#include <optional>

#include "onecard/entitlement/assess.hpp"
#include "support/random_cases.hpp"

/// Grace (渐退期) by reason, month by month, against a reference that walks forward and keeps what was paid last. The rules walk
/// back from the month that is asked for; nothing of them is used here.
namespace onecard::entitlement {
namespace {

constexpr int months_told = 30;
constexpr int households_a_round = 40;

/// Fractions as they are: `numerator` / `denominator` fen, rounded by the unit and mode; all positive.
std::int64_t slowly_rounded(std::int64_t numerator, std::int64_t denominator, Rounding rounding) {
    const std::int64_t unit = rounding.unit == RoundingUnit::fen    ? 1
                              : rounding.unit == RoundingUnit::jiao ? 10
                                                                    : 100;
    const std::int64_t step = unit * denominator;
    std::int64_t whole = 0;
    while ((whole + 1) * step <= numerator) whole += std::max<std::int64_t>(1, numerator / step - whole);
    const std::int64_t rest = numerator - whole * step;
    const bool is_up = (rounding.mode == RoundingMode::ceiling && rest > 0) ||
                       (rounding.mode == RoundingMode::half_up && 2 * rest >= step);
    return (whole + (is_up ? 1 : 0)) * unit;
}

/// The rules of one month, as the policy says them.
struct Terms {
    std::int64_t standard = 0;
    Rounding rounding{RoundingUnit::fen, RoundingMode::half_up};
    bool by_person = false;
    int months = 0;
    std::array<std::optional<std::int32_t>, policy::grace_reasons.size()> by_reason{};
    int below_percent = 200;
    std::vector<std::int32_t> schedule;
};

Terms random_terms(Chance& chance) {
    Terms terms;
    terms.standard = 10'000 * chance.between(5, 12) + (chance.one_in(3) ? chance.between(0, 99) : 0);
    terms.rounding = {chance.one_of({RoundingUnit::fen, RoundingUnit::jiao, RoundingUnit::yuan}),
                      chance.one_of({RoundingMode::ceiling, RoundingMode::half_up, RoundingMode::floor})};
    terms.by_person = chance.one_in(3);
    terms.months = static_cast<int>(chance.between(0, 6));
    for (auto& one : terms.by_reason)
        if (chance.one_in(2)) one = static_cast<std::int32_t>(chance.between(0, 12));
    terms.below_percent = static_cast<int>(chance.one_of<std::int64_t>({150, 200, 300}));
    for (std::int64_t left = chance.between(0, 4); left > 0; --left)
        terms.schedule.push_back(
            static_cast<std::int32_t>(chance.one_of<std::int64_t>({0, 25, 50, 80, 100})));
    return terms;
}

struct Paid {
    std::int64_t fen = 0;
    int grace_month = 0;
    std::int64_t last_dibao = 0;
    friend bool operator==(const Paid&, const Paid&) = default;
};

/// One household through the months.
class Walk {
public:
    explicit Walk(std::int64_t heads) : heads_{heads} {}
    std::optional<Paid> next(const Terms& terms, std::int64_t income, std::size_t reason) {
        const std::int64_t line = terms.standard * heads_;
        std::optional<Paid> paid;
        if (income < line) {
            const std::int64_t fen = terms.by_person
                                         ? heads_ * slowly_rounded(line - income, heads_, terms.rounding)
                                         : slowly_rounded(line - income, 1, terms.rounding);
            if (fen > 0) paid = Paid{fen, 0, fen};
        } else if (last_ && income > line && income * 100 < line * terms.below_percent) {
            const int month = last_->grace_month + 1;
            if (month <= terms.by_reason[reason].value_or(terms.months)) {
                std::int32_t share = 100;
                if (!terms.schedule.empty())
                    share =
                        terms.schedule[std::min(terms.schedule.size(), static_cast<std::size_t>(month)) - 1];
                const std::int64_t fen = slowly_rounded(last_->last_dibao * share, 100, terms.rounding);
                if (fen > 0) paid = Paid{fen, month, last_->last_dibao};
            }
        }
        last_ = paid;
        return paid;
    }

private:
    std::int64_t heads_;
    std::optional<Paid> last_;
};

TEST(Grace, IsWhatAForwardWalkPaysWhateverTheReasonAndTheRulesOfEachMonth) {
    constexpr int rounds = 600;
    const Month first = Month::of(2020, 1).value();
    static const policy::Source source{.document = "random", .note = "", .place = ""};
    std::size_t paid_in_grace = 0, last_months = 0;
    for (int round = 0; round < rounds; ++round) {
        Chance chance{static_cast<std::uint64_t>(round) + 77};
        std::vector<Terms> terms{random_terms(chance)};
        while (terms.size() < months_told)
            terms.push_back(chance.one_in(9) ? random_terms(chance) : terms.back());
        const auto policy_at = [&](Month month) -> std::optional<policy::CountyPolicy> {
            const int at = month.months_since(first);
            if (at < 0) return std::nullopt;
            const Terms& one = terms[static_cast<std::size_t>(at)];
            policy::CountyPolicy policy;
            policy.county = County::of_number(370212);
            policy.month = month;
            policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)] =
                policy::CountyPolicy::Value{.amount = Money::of_fen(one.standard), .source = &source};
            policy.dibao_rounding = one.rounding;
            policy.dibao_rounding_stage =
                one.by_person ? policy::RoundingStage::person : policy::RoundingStage::household;
            policy.grace_months = one.months;
            policy.grace_months_by_reason = one.by_reason;
            policy.grace_below_percent = one.below_percent;
            policy.grace_schedule = one.schedule;
            return policy;
        };

        registry::Register all{.county = County::of_number(370212)};
        struct Told {
            std::int64_t heads = 1;
            std::vector<std::int64_t> income;
            std::vector<std::size_t> reason;
        };
        std::vector<Told> told;
        for (std::int64_t no = 1; no <= households_a_round; ++no) {
            Told& one = told.emplace_back();
            one.heads = chance.between(1, 3);
            const registry::Recorded always{.months = {.from = first}, .import = ImportNo{1}};
            all.households.push_back({.no = HouseholdNo{no},
                                      .recorded = always,
                                      .area = registry::Area::rural,
                                      .village = 1,
                                      .representative = PersonNo{10 * no}});
            for (std::int64_t head = 0; head < one.heads; ++head)
                all.persons.push_back({.no = PersonNo{10 * no + head},
                                       .household = HouseholdNo{no},
                                       .recorded = always,
                                       .born = Day::of(1980, 1, 1).value()});
            registry::Enrolment enrolment{.household = HouseholdNo{no},
                                          .programme = Programme::dibao_rural,
                                          .recorded = always,
                                          .applied = Day::of(2015, 1, 1).value(),
                                          .confirmed = Day::of(2015, 2, 1).value()};
            std::size_t reason = 0;
            std::int64_t income = 0;
            for (int at = 0; at < months_told; ++at) {
                const Month month = first.plus_months(at);
                const std::int64_t standard = terms[static_cast<std::size_t>(at)].standard;
                if (at == 0 || chance.one_in(4))
                    income = chance.one_in(6) ? one.heads * standard + chance.between(-1, 1)
                                              : one.heads * standard * chance.between(10, 320) / 100 +
                                                    chance.between(0, 9);
                one.income.push_back(income);
                all.incomes.push_back(
                    {.household = HouseholdNo{no},
                     .person = PersonNo{10 * no},
                     .item = 401,
                     .recorded = {.months = {.from = month, .to = month.next()}, .import = ImportNo{1}},
                     .monthly = Money::of_fen(income)});
                if (at == 0 || chance.one_in(8)) {
                    reason = static_cast<std::size_t>(
                        chance.between(0, static_cast<std::int64_t>(policy::grace_reasons.size()) - 1));
                    enrolment.recorded.months = {.from = month};
                    enrolment.recorded.import = ImportNo{at + 1};
                    enrolment.grace_reason = static_cast<registry::GraceReason>(reason);
                    all.enrolments.push_back(enrolment);
                }
                one.reason.push_back(reason);
            }
        }
        all.put_in_order();

        constexpr ImportNo known{months_told};
        std::vector<Walk> walks;
        for (const Told& one : told) walks.emplace_back(one.heads);
        History history{all, known, policy_at};
        registry::Snapshot facts;
        Assessment out;
        for (int at = 0; at < months_told; ++at) {
            const auto index = static_cast<std::size_t>(at);
            const auto policy = policy_at(first.plus_months(at)).value();
            registry::take_snapshot(all, policy.month, known, facts);
            assess(facts, policy, out, &history);
            auto award = out.awards.begin();
            for (std::size_t i = 0; i < told.size(); ++i) {
                const auto paid = walks[i].next(terms[index], told[i].income[index], told[i].reason[index]);
                std::optional<Paid> given;
                if (award != out.awards.end() &&
                    award->household == HouseholdNo{static_cast<std::int64_t>(i) + 1}) {
                    given = Paid{award->amount.fen(), award->grace_month,
                                 award->grace_month > 0 ? award->grace_base.fen() : award->amount.fen()};
                    ++award;
                }
                ASSERT_EQ(given.has_value(), paid.has_value())
                    << "round " << round << " household " << i + 1 << " month " << at;
                if (!paid) continue;
                ASSERT_EQ(given->fen, paid->fen)
                    << "round " << round << " household " << i + 1 << " month " << at;
                ASSERT_EQ(*given, *paid) << "round " << round << " household " << i + 1 << " month " << at;
                paid_in_grace += paid->grace_month > 0 ? 1 : 0;
                last_months +=
                    paid->grace_month > 0 &&
                            paid->grace_month ==
                                terms[index].by_reason[told[i].reason[index]].value_or(terms[index].months)
                        ? 1
                        : 0;
            }
            ASSERT_EQ(award, out.awards.end());
        }
    }
    // 24,000 households over 30 months; enough of them stood in grace, and in its last month.
    EXPECT_GT(paid_in_grace, 20'000U);
    EXPECT_GT(last_months, 1'000U);
}

}  // namespace
}  // namespace onecard::entitlement
