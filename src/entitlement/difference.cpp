#include "onecard/entitlement/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

namespace onecard::entitlement {
namespace {

struct Side {
    std::vector<std::string> lines;
    std::string nothing;  ///< why it comes to nothing
};

Side side_of(const View& view, const Difference& difference, Language language) {
    auto told = explain(view.facts, view.policy, difference.programme, difference.component,
                        difference.beneficiary, language, difference.household, view.history);
    if (told) return {.lines = std::move(told->lines), .nothing = {}};
    return {.lines = {}, .nothing = told.error().text};
}

auto order_of(const Award& one) {
    return std::tuple{one.household, one.person, one.programme, one.component, one.beneficiary};
}

/// Whether neither neighbour is of the same obligation.
bool is_alone(std::span<const Award> awards, std::span<const Award>::iterator at) {
    return (at == awards.begin() || order_of(*std::prev(at)) != order_of(*at)) &&
           (std::next(at) == awards.end() || order_of(*std::next(at)) != order_of(*at));
}

}  // namespace

std::vector<Difference> differences(std::span<const Award> awarded, std::span<const Award> due) {
    std::vector<Difference> all;
    const auto add = [&](const Award& award, Money was, Money should_be) {
        all.push_back({.programme = award.programme,
                       .component = award.component,
                       .benefit_month = award.benefit_month,
                       .beneficiary = award.beneficiary,
                       .household = award.household,
                       .person = award.person,
                       .awarded = was,
                       .due = should_be});
    };
    // Both usually stand in one order and nearly all agree: those are passed over, the few others sorted out below.
    auto was = awarded.begin();
    auto is = due.begin();
    while (was != awarded.end() && is != due.end()) {
        const auto order = order_of(*was) <=> order_of(*is);
        if (order < 0) {
            add(*was, was->amount, Money{});
            ++was;
        } else if (order > 0) {
            add(*is, Money{}, is->amount);
            ++is;
        } else {
            if (was->amount != is->amount || !is_alone(awarded, was) || !is_alone(due, is)) {
                add(*was, was->amount, Money{});
                add(*is, Money{}, is->amount);
            }
            ++was;
            ++is;
        }
    }
    for (; was != awarded.end(); ++was) add(*was, was->amount, Money{});
    for (; is != due.end(); ++is) add(*is, Money{}, is->amount);
    const auto obligation = [](const Difference& one) {
        return std::tuple{one.programme, one.beneficiary, one.component};
    };
    // Of equal keys those due stand last: where a person moved, the household of today is the one that is named.
    std::ranges::sort(all, {}, [&](const Difference& one) {
        return std::tuple{obligation(one), one.awarded.is_zero(), one.household, one.person};
    });
    std::vector<Difference> found;
    for (std::size_t first = 0; first < all.size();) {
        Difference sum = all[first];
        std::size_t next = first + 1;
        for (; next < all.size() && obligation(all[next]) == obligation(sum); ++next) {
            sum.household = all[next].household;
            sum.person = all[next].person;
            sum.awarded += all[next].awarded;
            sum.due += all[next].due;
        }
        ensure(sum.benefit_month == all[next - 1].benefit_month, "a comparison of different months");
        if (sum.awarded != sum.due) found.push_back(sum);
        first = next;
    }
    std::ranges::sort(found, {}, [](const Difference& one) {
        return std::tuple{one.household, one.person, one.programme, one.component};
    });
    return found;
}

std::string first_difference(const View& then, const View& now, const Difference& difference,
                             Language language) {
    const Side before = side_of(then, difference, language);
    const Side after = side_of(now, difference, language);
    const bool is_chinese = language == Language::chinese;
    const auto told = [&](std::string_view was, std::string_view is) {
        return is_chinese ? fmt::format("原：{}；现：{}", was, is)
                          : fmt::format("then: {}; now: {}", was, is);
    };
    const std::string_view paid = is_chinese ? "应发" : "owed";
    if (!before.nothing.empty() && !after.nothing.empty()) return told(before.nothing, after.nothing);
    if (!before.nothing.empty()) return told(before.nothing, paid);
    if (!after.nothing.empty()) return told(paid, after.nothing);
    const auto [was, is] = std::ranges::mismatch(before.lines, after.lines);
    const std::string_view none = is_chinese ? "无" : "nothing";
    return told(was == before.lines.end() ? none : std::string_view{*was},
                is == after.lines.end() ? none : std::string_view{*is});
}

}  // namespace onecard::entitlement
