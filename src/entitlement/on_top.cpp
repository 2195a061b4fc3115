#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "case.hpp"

/// What is paid on top of other programmes, to each person who draws one of them: the price-linked subsidy (价格临时补贴,
/// DOMAIN 1.5) and one-off payments (一次性补贴, DOMAIN 1.6). Nobody is enrolled in them.
namespace onecard::entitlement {
namespace {

using policy::PriceFormula;
using policy::Standard;

Programmes covered_by(const policy::Covers& covers) {
    Programmes set = 0;
    for (const ProgrammeText& row : programmes)
        if ((row.kind == Kind::dibao && covers.dibao) || (row.kind == Kind::tekun && covers.tekun) ||
            (row.kind == Kind::orphan && covers.orphan) ||
            (row.kind == Kind::unattended && covers.unattended_child) ||
            (row.kind == Kind::living && covers.living) || (row.kind == Kind::nursing && covers.nursing) ||
            (row.programme == Programme::low_margin && covers.low_margin))
            set |= only(row.programme);
    return set;
}

/// A campaign's own amount for who draws a programme, and its key.
std::pair<std::optional<Money>, std::string_view> own_one_off(const policy::OneOffAmounts& amounts,
                                                              const ProgrammeText& row) {
    switch (row.kind) {
        case Kind::dibao: return {amounts.dibao, "one_off.amount_for.dibao"};
        case Kind::tekun: return {amounts.tekun, "one_off.amount_for.tekun"};
        case Kind::orphan: return {amounts.orphan, "one_off.amount_for.orphan"};
        case Kind::unattended: return {amounts.unattended_child, "one_off.amount_for.unattended_child"};
        case Kind::living: return {amounts.living, "one_off.amount_for.disability_living"};
        case Kind::nursing: return {amounts.nursing, "one_off.amount_for.disability_nursing"};
        case Kind::on_top: return {};
        case Kind::beside: break;
    }
    if (row.programme == Programme::low_margin) return {amounts.low_margin, "one_off.amount_for.low_margin"};
    return {};
}

/// "3.50" of hundredths of a percent.
std::string percent_of(std::int64_t hundredths) { return Money::of_fen(hundredths).yuan(); }

std::optional<OnTop> price_subsidy_of(const policy::CountyPolicy& policy) {
    constexpr std::int64_t whole = 10'000;  // hundredths of a percent
    const auto& price = policy.price;
    const bool by_cpi = price.cpi && *price.cpi >= price.cpi_trigger;
    const bool by_food = price.food && *price.food >= price.food_trigger;
    const bool by_scpi = price.scpi && price.scpi_trigger && *price.scpi >= *price.scpi_trigger;
    if (!by_cpi && !by_food && !by_scpi) return std::nullopt;
    OnTop subsidy{.programme = Programme::price_subsidy, .covers = covered_by(price.covers)};
    const std::int64_t cpi = price.cpi.value_or(0);
    const std::int64_t food = price.food.value_or(0);
    const std::int64_t scpi = price.scpi.value_or(0);
    std::int64_t rate = cpi;
    switch (price.formula) {
        case PriceFormula::cpi: break;
        case PriceFormula::scpi: rate = scpi; break;
        case PriceFormula::triggering_index:
            rate = std::max({by_cpi ? cpi : 0, by_food ? food : 0, by_scpi ? scpi : 0});
            break;
        case PriceFormula::fraction:
            subsidy.numerator = 1;
            subsidy.denominator = price.fractions[cpi >= price.steep_from ? 1 : 0];
            break;
    }
    if (price.formula != PriceFormula::fraction) {
        subsidy.numerator = rate;
        subsidy.denominator = whole;
    }
    const std::string part = price.formula == PriceFormula::fraction
                                 ? fmt::format("1/{}", static_cast<std::int64_t>(subsidy.denominator))
                                 : percent_of(rate) + "%";
    const auto shown = [](const std::optional<std::int64_t>& index) {
        return index ? percent_of(*index) + "%" : std::string{"-"};
    };
    subsidy.chinese = fmt::format(
        "居民消费价格同比 {}（触发 {}%），食品价格同比 {}（触发 {}%）：低保标准的 {}", shown(price.cpi),
        percent_of(price.cpi_trigger), shown(price.food), percent_of(price.food_trigger), part);
    subsidy.english = fmt::format(
        "consumer prices {} on the year (trigger {}%), food {} (trigger {}%): {} of the dibao standard",
        shown(price.cpi), percent_of(price.cpi_trigger), shown(price.food), percent_of(price.food_trigger),
        part);
    if (price.scpi) {
        subsidy.chinese =
            fmt::format("低收入居民生活费用价格同比 {}；{}", shown(price.scpi), subsidy.chinese);
        subsidy.english = fmt::format("cost of living of low incomes {} on the year; {}", shown(price.scpi),
                                      subsidy.english);
    }
    return subsidy;
}

/// By which award somebody draws a programme, and the dibao standard that goes with it.
struct Basis {
    std::size_t award;
    Standard standard;
};

bool draws(const Case& of, const Award& award, const Member& member) {
    if (award.component != Component::basic) return false;
    if (award.person) return award.person == member.person->no;
    return award.beneficiary == of.no.number() && member.is_alive && !member.is_apart;
}

Standard dibao_standard_of(const Case& of, Programme programme) {
    if (kind_of(programme) == Kind::dibao)
        return programme == Programme::dibao_urban ? Standard::dibao_urban : Standard::dibao_rural;
    return of.household->area == registry::Area::urban ? Standard::dibao_urban : Standard::dibao_rural;
}

void pay_one(Case& of, const OnTop& on_top, const Member& member, std::size_t by, bool is_asked) {
    const Award basis = of.out.awards[by];
    const Enrolment named{.household = of.no, .person = member.person->no, .programme = on_top.programme};
    Steps* steps = is_asked ? of.steps_for(Component::basic) : nullptr;
    if (steps && basis.programme == Programme::low_margin)
        steps->say("当月属于低保边缘家庭", "belongs to a low-margin household in the month");
    else if (steps)
        steps->say(fmt::format("当月享受 {}", text_of(basis.programme).chinese),
                   fmt::format("draws {} in the month", text_of(basis.programme).english));
    Money amount;
    if (!on_top.flat.empty()) {
        const OnTop::Flat& flat = on_top.flat[static_cast<std::size_t>(basis.programme)];
        amount = flat.amount;
        if (steps) {
            const policy::Source* source = of.policy.source_of_rule(flat.key);
            const std::string_view document = source ? std::string_view{source->document} : "?";
            steps->say(fmt::format("一次性补贴：每人 {} 元（{}）", amount.yuan(), document),
                       fmt::format("one-off: {} yuan a person ({})", amount.yuan(), document));
        }
    } else {
        const Standard standard = dibao_standard_of(of, basis.programme);
        const auto* value = require(of, named, standard);
        if (!value) return;
        const auto exact = Rational::of(static_cast<std::int64_t>(on_top.numerator),
                                        static_cast<std::int64_t>(on_top.denominator));
        const auto product = exact ? exact->times(value->amount.fen()) : exact;
        const auto rounded = product ? product->round(of.policy.price.rounding) : Result<Money>{Money{}};
        if (!product || !rounded)
            return refuse_award(of, named, true, Fault::out_of_range, "price",
                                {"金额过大，无法计算", "the amount is too large to be computed"});
        amount = std::max(*rounded, of.policy.price.floor);
        if (steps) {
            say_value(*steps, policy::key_of(standard), value->amount, value->source);
            steps->say(on_top.chinese, on_top.english);
            steps->say(fmt::format("取整后 {} 元，不低于 {} 元：{} 元", rounded->yuan(),
                                   of.policy.price.floor.yuan(), amount.yuan()),
                       fmt::format("rounded to {} yuan, at least {} yuan: {} yuan", rounded->yuan(),
                                   of.policy.price.floor.yuan(), amount.yuan()));
        }
        if (amount <= Money{})
            return not_entitled(of, named, "price", {"补贴取整后为零", "the subsidy rounds to nothing"});
    }
    award_to(of, named, Component::basic, member.person->no, {basis.payee_kind, basis.payee}, amount);
}

}  // namespace

std::vector<OnTop> on_top_of(const policy::CountyPolicy& policy) {
    std::vector<OnTop> all;
    if (auto subsidy = price_subsidy_of(policy)) all.push_back(std::move(*subsidy));
    if (policy.has_one_off()) {
        OnTop payment{.programme = Programme::one_off};
        if (policy.one_off) payment.covers = covered_by(policy.one_off_covers);
        payment.flat.assign(programmes.size() + 1, {policy.one_off.value_or(Money{}), "one_off.amount"});
        for (const ProgrammeText& row : programmes) {
            const auto [own, key] = own_one_off(policy.one_off_amounts, row);
            if (!own) continue;
            payment.covers |= only(row.programme);
            payment.flat[static_cast<std::size_t>(row.programme)] = {*own, key};
        }
        all.push_back(std::move(payment));
    }
    return all;
}

void refuse_enrolment(Case& of, const Enrolment& enrolment, Member*) {
    refuse_award(
        of, enrolment, true, Fault::conflict, text_of(enrolment.programme).code,
        {"随其他项目发放，不单独认定", "is paid on top of other programmes: nobody is enrolled in it"});
}

/// Low-margin households (低保边缘家庭) are owed nothing for being it. What is on top finds them by an award of
/// nothing, which goes when all is paid.
void assess_low_margin(Case& of, const Enrolment& enrolment, Member*) {
    const std::string_view code = text_of(enrolment.programme).code;
    if (of.steps)
        return not_entitled(of, enrolment, code,
                            {"低保边缘家庭本身不发放，只随规定的补贴发放",
                             "a low-margin household is paid nothing for being it, only what covers it"});
    const bool is_covered = std::ranges::any_of(
        of.terms.on_top, [&](const OnTop& one) { return (one.covers & only(enrolment.programme)) != 0; });
    if (!is_covered) return;
    award(of, enrolment, Component::basic, Money{}, code);
    of.has_unpaid = true;
}

void forget_unpaid(Case& of, std::size_t first_award) {
    if (!of.has_unpaid) return;
    auto& awards = of.out.awards;
    const auto unpaid = std::ranges::remove_if(awards.begin() + static_cast<std::ptrdiff_t>(first_award),
                                               awards.end(), &Money::is_zero, &Award::amount);
    awards.erase(unpaid.begin(), unpaid.end());
    of.has_unpaid = false;
}

void pay_on_top(Case& of, std::size_t first_award, PersonNo asked) {
    const std::size_t end = of.out.awards.size();
    for (const OnTop& on_top : of.terms.on_top) {
        for (const Member& member : of.members) {
            // Once a person: of several, the one with the higher amount, where they are the same that with the higher
            // standard, then the first, then being low-margin.
            std::optional<std::size_t> best;
            std::pair<Money, Money> highest;
            for (const bool is_unpaid : {false, true}) {
                if (is_unpaid && !of.has_unpaid) break;
                for (std::size_t i = first_award; i < end; ++i) {
                    const Award& award = of.out.awards[i];
                    if (!(on_top.covers & only(award.programme)) || !draws(of, award, member)) continue;
                    if (award.amount.is_zero() != is_unpaid) continue;
                    const auto& value = of.policy.standard(dibao_standard_of(of, award.programme));
                    const std::pair worth{on_top.flat.empty()
                                              ? Money{}
                                              : on_top.flat[static_cast<std::size_t>(award.programme)].amount,
                                          value ? value->amount : Money{}};
                    if (best && worth <= highest) continue;
                    best = i;
                    highest = worth;
                }
            }
            if (best) pay_one(of, on_top, member, *best, member.person->no == asked);
        }
    }
}

}  // namespace onecard::entitlement
