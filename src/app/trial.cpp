#include "onecard/app/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "onecard/app/policies.hpp"
#include "onecard/entitlement/difference.hpp"
#include "onecard/entitlement/recomputation.hpp"
#include "onecard/payment/payment.hpp"
#include "trial_register.hpp"
#include "trial_screen.hpp"

namespace onecard::app {

namespace {

/// A decision that was confirmed after the month had ended cannot have been in the month's run.
void forget_later_decisions(registry::Snapshot& snapshot) {
    const auto after = Day::of(snapshot.month.next().year(), snapshot.month.next().month(), 1);
    ensure(after.has_value(), "a month without a first day");
    std::erase_if(snapshot.enrolments,
                  [&](const registry::Enrolment& one) { return one.confirmed >= *after; });
}

Day first_of(Month month) {
    const auto day = Day::of(month.year(), month.month(), 1);
    ensure(day.has_value(), "a month without a first day");
    return *day;
}

Words words_of(Programme programme) {
    return {std::string{text_of(programme).chinese}, std::string{text_of(programme).code}};
}
Words words_of(Component component) {
    return {std::string{text_of(component).chinese}, std::string{text_of(component).english}};
}
Words words_of(registry::PayeeKind kind) {
    return kind == registry::PayeeKind::person ? Words{"人员", "person"} : Words{"机构", "institution"};
}

const Column county_column{"county", {"区划", "county"}};
const Column household_column{"household", {"户", "household"}};
const Column person_column{"person", {"人员", "person"}};
const Column programme_column{"programme", {"项目", "programme"}};
const Column component_column{"component", {"成分", "component"}};
const Column month_column{"benefit_month", {"所属月份", "benefit month"}};

/// The report while it grows, county by county.
struct Telling {
    const TrialWish& wish;
    Table months{"months",
                 {"分月", "Months"},
                 {county_column,
                  month_column,
                  {"awards", {"笔数", "awards"}},
                  {"total", {"应发", "due"}},
                  {"awarded", {"已核定", "awarded"}},
                  {"arrears", {"应补", "arrears"}},
                  {"overpaid", {"应追缴", "overpaid"}},
                  {"held", {"暂缓", "held"}},
                  {"not_entitled", {"不符合", "not entitled"}}},
                 {}};
    Table awards{"awards",
                 {"核定", "Awards"},
                 {{"award", {"序号", "award"}},
                  county_column,
                  household_column,
                  person_column,
                  programme_column,
                  component_column,
                  month_column,
                  {"beneficiary", {"对象", "beneficiary"}},
                  {"payee_kind", {"收款类别", "payee kind"}},
                  {"payee", {"收款人", "payee"}},
                  {"amount", {"金额", "amount"}}},
                 {}};
    Table refusals{"refusals",
                   {"不发与暂缓", "Not paid"},
                   {county_column,
                    household_column,
                    person_column,
                    programme_column,
                    month_column,
                    {"held", {"暂缓", "held"}},
                    {"fault", {"类型", "fault"}},
                    {"place", {"位置", "place"}},
                    {"reason", {"原因", "reason"}}},
                   {}};
    Table differences{"differences",
                      {"追补与追缴", "Differences of past months"},
                      {county_column,
                       household_column,
                       person_column,
                       programme_column,
                       component_column,
                       month_column,
                       {"beneficiary", {"对象", "beneficiary"}},
                       {"awarded", {"已核定", "awarded"}},
                       {"due", {"应核定", "due"}},
                       {"difference", {"差额", "difference"}},
                       {"held", {"暂缓", "held"}},
                       {"cause", {"首个不同", "first difference"}}},
                      {}};
    Table steps{"steps",
                {"计算过程", "How each award came about"},
                {{"award", {"序号", "award"}}, {"step", {"步骤", "step"}}, {"text", {"内容", "text"}}},
                {}};
    Table findings{"findings",
                   {"发现", "Findings"},
                   {county_column,
                    month_column,
                    {"subject", {"编号", "finding"}},
                    {"kind", {"类型", "kind"}},
                    household_column,
                    person_column,
                    {"holds", {"暂缓", "holds"}},
                    {"payments", {"笔数", "payments"}},
                    {"total", {"金额", "total"}},
                    {"evidence", {"依据", "evidence"}}},
                   {}};
    Table stale{"stale_lists",
                {"缺失或过期的名单", "Lists that would stop a run"},
                {county_column, {"list", {"名单", "list"}}, {"reason", {"原因", "reason"}}},
                {}};
    std::int64_t awards_count = 0, held_count = 0, refused_count = 0;
    Money total, arrears, overpaid;

    bool concerns(HouseholdNo household) const { return !wish.only || *wish.only == household; }
};

/// One county's month under some knowledge.
struct Computed {
    const registry::Snapshot& facts;
    const policy::CountyPolicy& policy;
    const entitlement::Assessment& assessment;
    entitlement::History* history;
};

void tell_award(Telling& out, County county, const entitlement::Award& award) {
    ++out.awards_count;
    out.total += award.amount;
    out.awards.rows.push_back({out.awards_count, county.text(), award.household.number(),
                               award.person.number(), words_of(award.programme), words_of(award.component),
                               award.benefit_month.text(), award.beneficiary, words_of(award.payee_kind),
                               award.payee, award.amount});
}

void tell_refusal(Telling& out, County county, Month month, const entitlement::Refusal& refusal) {
    (refusal.is_error ? out.held_count : out.refused_count) += 1;
    out.refusals.rows.push_back({county.text(), refusal.household.number(), refusal.person.number(),
                                 words_of(refusal.programme), month.text(), refusal.is_error,
                                 std::string{name_of(refusal.why.fault)}, refusal.why.place,
                                 Words{refusal.chinese, refusal.why.text}});
}

void tell_steps(Telling& out, const Computed& now, const entitlement::Award& award) {
    const auto told =
        entitlement::explain(now.facts, now.policy, award.programme, award.component, award.beneficiary,
                             out.wish.language, award.household, now.history);
    ensure(told && told->amount == award.amount, "an award that its own explanation does not give");
    for (std::size_t i = 0; i < told->lines.size(); ++i)
        out.steps.rows.push_back({out.awards_count, static_cast<std::int64_t>(i + 1), told->lines[i]});
}

class CountyTrial {
public:
    CountyTrial(Telling& out, TrialRegister& reading, const policy::Book& book, County county,
                const TrialPlace& place, const RunScreen& screen, ScreeningFacts& screening)
        : out_{out},
          reading_{reading},
          book_{book},
          county_{county},
          place_{place},
          screen_{screen, screening, reading.known_in(out.wish.month), county} {}

    void tell() {
        const Month last = out_.wish.month;
        entitlement::History history{place_.facts, reading_.known_in(last), policies_of(book_, county_)};
        for (Month month = out_.wish.from.value_or(last); month <= last; month = month.next()) {
            const auto policy = book_.at(county_, month);
            if (!policy) {
                tell_gap(month, policy.error());
                continue;
            }
            registry::take_snapshot(place_.facts, month, reading_.known_in(last), now_.next_facts());
            const auto& assessment = now_.assess(*policy, &history);
            const Computed now{now_.facts(), *policy, assessment, &history};
            if (month < last)
                tell_past(month, now);
            else
                tell_present(month, now);
        }
    }

private:
    struct Row {
        std::int64_t awards = 0, held = 0, refused = 0;
        Money total, awarded, arrears, overpaid;
    };
    /// What is held of these awards of a month is taken out of them and told.
    std::int64_t hold(const Computed& now, std::vector<entitlement::Award>& awards) {
        Beside found;
        screen_.hold(now.policy, now.facts, now.assessment.awards, awards, found);
        for (const Finding& finding : found.findings)
            if (out_.concerns(finding.household))
                out_.findings.rows.push_back({county_.text(), now.policy.month.text(), finding.subject,
                                              Words{std::string{text_of(finding.kind).chinese},
                                                    std::string{text_of(finding.kind).english}},
                                              finding.household.number(), finding.person.number(),
                                              finding.holds, std::int64_t{finding.payments}, finding.total,
                                              finding.evidence});
        std::int64_t held = 0;
        for (const RefusalRecord& one : found.refusals) {
            if (!out_.concerns(one.household)) continue;
            ++held;
            ++out_.held_count;
            out_.refusals.rows.push_back({county_.text(), one.household.number(), one.person.number(),
                                          words_of(one.programme), now.policy.month.text(), true,
                                          std::string{name_of(Fault::conflict)}, one.place,
                                          Words{one.reason_chinese, one.reason}});
        }
        return held;
    }
    void count(Month month, const Computed& now, std::span<const entitlement::Award> awards, Row& row) {
        for (const auto& award : awards)
            if (out_.concerns(award.household)) {
                ++row.awards;
                row.total += award.amount;
            }
        for (const auto& refusal : now.assessment.refusals)
            if (out_.concerns(refusal.household)) ++(refusal.is_error ? row.held : row.refused);
        out_.months.rows.push_back({county_.text(), month.text(), row.awards, row.total, row.awarded,
                                    row.arrears, row.overpaid, row.held, row.refused});
    }

    /// Nobody of the county can be assessed: said, not left out.
    void tell_gap(Month month, const Failure& gap) {
        ++out_.held_count;
        out_.refusals.rows.push_back({county_.text(), std::int64_t{0}, std::int64_t{0}, std::string{},
                                      month.text(), true, std::string{name_of(gap.fault)}, gap.place,
                                      gap.text});
    }

    void tell_past(Month month, const Computed& now) {
        registry::take_snapshot(place_.facts, month, reading_.known_in(month), then_.next_facts());
        forget_later_decisions(then_.next_facts());
        entitlement::History history{place_.facts, reading_.known_in(month),
                                     policies_of(book_, county_, first_of(month))};
        policy::CountyPolicy policy;
        policy.county = county_;
        policy.month = month;
        // Where nothing was published yet, nothing was awarded.
        const auto published = book_.at(county_, month, first_of(month));
        if (published)
            policy = *published;
        else
            then_.next_facts().enrolments.clear();
        const auto& assessment = then_.assess(policy, &history);
        const Computed then{then_.facts(), policy, assessment, &history};
        Row row;
        for (const auto& award : then.assessment.awards)
            if (out_.concerns(award.household)) row.awarded += award.amount;
        const auto differences = entitlement::differences(then.assessment.awards, now.assessment.awards);
        const auto key_of = [](const auto& row_of) {
            return std::tuple{row_of.programme, row_of.component, row_of.beneficiary};
        };
        // What would be paid now is screened now; what is held is no arrears yet.
        std::vector<entitlement::Award> owed;
        for (const auto& one : differences) {
            if (one.amount().is_negative()) continue;
            const auto due = std::ranges::find_if(
                now.assessment.awards, [&](const auto& award) { return key_of(award) == key_of(one); });
            ensure(due != now.assessment.awards.end(), "arrears of nothing");
            owed.push_back(*due);
            owed.back().amount = one.amount();
        }
        row.held += hold(now, owed);
        std::set<decltype(key_of(owed.front()))> paid;
        for (const auto& award : owed) paid.insert(key_of(award));
        for (const auto& one : differences) {
            if (!out_.concerns(one.household)) continue;
            const bool is_held = !one.amount().is_negative() && !paid.contains(key_of(one));
            if (!is_held) (one.amount().is_negative() ? row.overpaid : row.arrears) += one.amount();
            out_.differences.rows.push_back(
                {county_.text(), one.household.number(), one.person.number(), words_of(one.programme),
                 words_of(one.component), month.text(), one.beneficiary, one.awarded, one.due, one.amount(),
                 is_held,
                 entitlement::first_difference({then.facts, then.policy, then.history},
                                               {now.facts, now.policy, now.history}, one,
                                               out_.wish.language)});
        }
        out_.arrears += row.arrears;
        out_.overpaid += row.overpaid;
        count(month, now, now.assessment.awards, row);
    }

    /// Households with a row that cannot be followed: nothing of them is computed.
    void tell_left_out(Month month) {
        for (const TrialRefusal& one : reading_.refused(county_)) {
            if (!out_.concerns(one.household)) continue;
            ++out_.held_count;
            out_.refusals.rows.push_back(
                {county_.text(), one.household.number(), one.person.number(), std::string{}, month.text(),
                 true, std::string{name_of(one.why.fault)},
                 fmt::format("{}/{}/household {}/{}", county_.text(), month.text(), one.household.number(),
                             one.why.place),
                 Words{fmt::format("登记文件该行有误，本户未计算：{}", one.why.text),
                       fmt::format("left out, for this row of the files cannot be followed: {}",
                                   one.why.text)}});
        }
    }

    void tell_present(Month month, const Computed& now) {
        Row row;
        row.held += std::ranges::count_if(
            reading_.refused(county_), [&](const TrialRefusal& one) { return out_.concerns(one.household); });
        std::vector<entitlement::Award> awards = now.assessment.awards;
        row.held += hold(now, awards);
        count(month, now, awards, row);
        for (const auto& award : awards) {
            if (!out_.concerns(award.household)) continue;
            tell_award(out_, county_, award);
            if (out_.wish.explains) tell_steps(out_, now, award);
        }
        for (const auto& refusal : now.assessment.refusals)
            if (out_.concerns(refusal.household)) tell_refusal(out_, county_, month, refusal);
        tell_left_out(month);
        if (!reading_.has_accounts()) return;
        payment::UnitPlan plan;
        payment::plan_unit(county_, PartNo{1}, Serial{1}, awards,
                           accounts_in(place_.accounts, month, reading_.known_in(month)), awards.size() + 1,
                           plan);
        for (const auto& held : plan.held)
            if (out_.concerns(held.household)) tell_refusal(out_, county_, month, held);
    }

    Telling& out_;
    TrialRegister& reading_;
    const policy::Book& book_;
    County county_;
    const TrialPlace& place_;
    CountyScreen screen_;
    entitlement::Recomputation now_;
    entitlement::Recomputation then_;
};

}  // namespace

Trial try_out(const TrialWish& wish, const policy::Book& book, const Digest& policy) {
    Trial trial;
    if (wish.from && *wish.from > wish.month) {
        trial.faults.push_back({Fault::out_of_range, "from", "lies after the month"});
        return trial;
    }
    TrialRegister reading{wish, trial.faults};
    const auto facts_of = [&reading](County county) {
        const auto found = reading.places().find(county);
        return found == reading.places().end() ? nullptr : &found->second.facts;
    };
    TrialScreening screening{facts_of};
    for (const TrialList& list : wish.lists) screening.read_list(list, wish.today, trial.faults);
    if (trial.faults.empty()) reading.read(screening);
    const RunScreen screen = screening.ready(wish.screening);
    Telling out{.wish = wish};
    if (trial.faults.empty())
        for (const auto& [county, place] : reading.places()) {
            for (const ScreeningRule& rule : wish.screening)
                if (const auto stale = stale_list(screen.lists, rule, county, wish.today))
                    out.stale.rows.push_back({county.text(), std::string{text_of(rule.kind).code},
                                              Words{stale->chinese, stale->english}});
            CountyTrial{out, reading, book, county, place, screen, screening}.tell();
        }
    if (!trial.faults.empty()) return trial;
    trial.left_out = reading.left_out();

    Report& report = trial.report;
    report.title = {"试算", "Trial calculation"};
    report.fields = {{"month", {"月份", "month"}, wish.month.text()},
                     {"from", {"起算月份", "from"}, wish.from.value_or(wish.month).text()},
                     {"policy", {"政策版本", "policy book"}, policy.hex()},
                     {"accounts_checked", {"已核对账户", "accounts checked"}, reading.has_accounts()},
                     {"award_count", {"核定笔数", "awards"}, out.awards_count},
                     {"total", {"核定金额", "due"}, out.total},
                     {"held_count", {"暂缓", "held"}, out.held_count},
                     {"not_entitled_count", {"不符合", "not entitled"}, out.refused_count},
                     {"arrears", {"应补发", "arrears"}, out.arrears},
                     {"overpaid", {"应追缴", "overpaid"}, out.overpaid}};
    report.tables.push_back(std::move(out.months));
    report.tables.push_back(std::move(out.awards));
    report.tables.push_back(std::move(out.refusals));
    report.tables.push_back(std::move(out.findings));
    report.tables.push_back(std::move(out.stale));
    report.tables.push_back(std::move(out.differences));
    if (wish.explains) report.tables.push_back(std::move(out.steps));
    return trial;
}

}  // namespace onecard::app
