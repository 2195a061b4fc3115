#include "month_then_and_now.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "arrears.hpp"

namespace onecard::app {

/// The book that a run used, as it was recorded. Errors: tampered.
Result<policy::Book> book_of(const Tools& tools, Work& work, const Digest& policy, const std::string& place) {
    const auto text = work.runs().policy_text(policy);
    if (!text || digest_of(tools.sha256, *text) != policy)
        return refuse(Fault::tampered, "the recorded policy book is not the one that the run names", place);
    auto book = policy::parse_book(*text);
    if (!book) return std::unexpected{book.error()};
    return *std::move(book);
}

Result<std::unique_ptr<MonthThenAndNow>> MonthThenAndNow::open(const Tools& tools, Work& work, const Run& now,
                                                               const policy::Book& book_now, County county,
                                                               const registry::Register& facts, Month month) {
    const auto units = work.recovery().past_units(county, month, month.next());
    ensure(units.size() == 1, "a correction of a month without a run");
    const PastUnit& unit = units.front();
    auto made = std::make_unique<MonthThenAndNow>();
    auto book_then = book_of(tools, work, unit.policy, fmt::format("{}/{}", county.text(), month.text()));
    if (!book_then) return std::unexpected{book_then.error()};
    made->book_then_ = *std::move(book_then);
    auto policy_then = made->book_then_.at(county, month), policy_now = book_now.at(county, month);
    if (!policy_then) return std::unexpected{policy_then.error()};
    if (!policy_now) return std::unexpected{policy_now.error()};
    made->policy_then_ = *std::move(policy_then);
    made->policy_now_ = *std::move(policy_now);
    registry::take_snapshot(facts, month, unit.known_at, made->facts_then_);
    registry::take_snapshot(facts, month, now.known_at, made->facts_now_);
    made->history_then_ =
        std::make_unique<entitlement::History>(facts, unit.known_at, policies_of(made->book_then_, county));
    made->history_now_ =
        std::make_unique<entitlement::History>(facts, now.known_at, policies_of(book_now, county));
    constexpr int at_most = 1'000'000;
    for (auto& [its_county, refusal] : work.runs().refusals(unit.run, true, at_most))
        if (its_county == county) made->not_paid_then_.push_back(std::move(refusal));
    return made;
}
std::string MonthThenAndNow::first_difference(const Correction& correction, Language language) const {
    const std::string held = why_not_paid(correction, language);
    return held.empty() ? between_rules(correction, language) : held;
}

/// What the rules gave then, and nobody was paid: held by a list, no account, …; empty where that is not so.
std::string MonthThenAndNow::why_not_paid(const Correction& correction, Language language) const {
    if (!correction.awarded.is_zero()) return {};
    const auto then =
        entitlement::explain(facts_then_, policy_then_, correction.programme, correction.component,
                             correction.beneficiary, language, correction.household, history_then_.get());
    if (!then) return {};
    const bool is_chinese = language == Language::chinese;
    std::string text = is_chinese ? fmt::format("原：应发 {} 元，未发放", then->amount.yuan())
                                  : fmt::format("then: {} yuan were owed and not paid", then->amount.yuan());
    const auto why = std::ranges::find_if(not_paid_then_, [&](const RefusalRecord& one) {
        return one.programme == correction.programme && one.household == correction.household &&
               one.person == correction.person;
    });
    if (why != not_paid_then_.end())
        text += (is_chinese ? "：" : ": ") +
                (is_chinese && !why->reason_chinese.empty() ? why->reason_chinese : why->reason);
    if (is_left_to_own_run(policy_then_, correction.programme))
        text += is_chinese ? "：由单独批次发放" : ": it is left to a run of its own";
    if (then->amount != correction.due) text += "; " + between_rules(correction, language);
    return text;
}

std::string MonthThenAndNow::between_rules(const Correction& correction, Language language) const {
    entitlement::Difference difference;
    difference.programme = correction.programme;
    difference.component = correction.component;
    difference.benefit_month = correction.benefit_month;
    difference.beneficiary = correction.beneficiary;
    difference.household = correction.household;
    difference.person = correction.person;
    difference.awarded = correction.awarded;
    difference.due = correction.due;
    return entitlement::first_difference({facts_then_, policy_then_, history_then_.get()},
                                         {facts_now_, policy_now_, history_now_.get()}, difference, language);
}

}  // namespace onecard::app
