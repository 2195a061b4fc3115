#include <fmt/format.h>

#include <algorithm>

#include "dibao.hpp"
#include "onecard/registry/income_items.hpp"

/// What counts as income and what is taken off it (DOMAIN 1.1).
namespace onecard::entitlement::dibao {
namespace {

/// One look along the items of a household.
class Sum {
public:
    Sum(Case& of, Unit& unit, Steps* steps)
        : of_{of},
          unit_{unit},
          steps_{steps},
          cost_max_{unit.full_standard * of.policy.work_cost_percent / percent} {}

    bool add_all() {
        for (const registry::IncomeItem& item : of_.incomes) {
            const Member* member = item.person ? of_.member(item.person) : nullptr;
            if (item.person && !member) {
                if (unit_.single) continue;
                return refuse_item(item, {"不属于本户任何人员", "is of nobody in this household"});
            }
            if (member ? !unit_.counts(*member) : unit_.single != nullptr) continue;
            const registry::IncomeItemText* text = registry::register_item_of(item.item);
            if (!text) return refuse_item(item, {"代码不明", "has an unknown code"});
            if (registry::is_supporter_item(item.item) &&
                (item.supporter_members == 0 || item.dependants == 0 ||
                 item.dependants > registry::dependants_max))
                return refuse_item(
                    item, {"缺少义务人家庭人数或被赡养人数", "lacks the supporter's members or dependants"});
            if (item.monthly.is_negative()) return refuse_item(item, {"为负数", "is negative"});
            if (member != earner_) {
                deduct_work_cost();
                earner_ = member;
            }
            add(item, *text, member != nullptr);
        }
        deduct_work_cost();
        return deduct_subsidies() && deduct_expenses();
    }

private:
    void add(const registry::IncomeItem& item, const registry::IncomeItemText& text, bool is_persons) {
        if (text.in_class == registry::IncomeClass::elsewhere) return;
        if (text.in_class == registry::IncomeClass::supporter) return add_maintenance(item, text);
        const Wide amount = parts_of(item.monthly);
        if (text.in_class == registry::IncomeClass::expense) {
            const bool is_deducted = std::ranges::binary_search(of_.policy.deducted_items, item.item);
            say(item, text, "支出项目", "expense", is_deducted ? "，可扣减" : "，不扣减",
                is_deducted ? ", deducted" : ", not deducted");
            if (is_deducted) expenses_ += amount;
            return;
        }
        const bool is_excluded =
            of_.terms.excluded_items && of_.terms.excluded_items->test(static_cast<std::size_t>(item.item));
        say(item, text, "收入项目", "income item", is_excluded ? "，不计入" : "",
            is_excluded ? ", not counted" : "");
        if (is_excluded) return;
        unit_.income += amount;
        if (text.in_class == registry::IncomeClass::wages && is_persons) wages_ += amount;
    }

    /// What a legal supporter without agreement or judgment is taken to give (S33).
    void add_maintenance(const registry::IncomeItem& item, const registry::IncomeItemText& text) {
        const policy::CountyPolicy& rules = of_.policy;
        if (rules.maintenance_percent == 0)
            return say(item, text, "收入项目", "income item", "，不推算赡养费",
                       ", no maintenance is reckoned");
        const Wide kept =
            unit_.full_standard / percent * rules.maintenance_line_percent * item.supporter_members;
        const Wide over = std::max(parts_of(item.monthly) - kept, Wide{0});
        const Wide owed = over / percent * rules.maintenance_percent / item.dependants;
        unit_.income += owed;
        if (!steps_) return;
        const std::int64_t person = item.person.number();
        steps_->say(
            fmt::format(
                "赡养（抚养、扶养）费（项目 {} {}，人员 {}）：（{} − 标准的 {}% {} × {} 人，不低于零）× {}% ÷ "
                "{} 人 = {} 元",
                item.item, text.chinese, person, item.monthly.yuan(), rules.maintenance_line_percent,
                yuan_of(unit_.full_standard / percent * rules.maintenance_line_percent),
                item.supporter_members, rules.maintenance_percent, item.dependants, yuan_of(owed)),
            fmt::format(
                "maintenance by the {} (item {}) of person {}: ({} − {} % of the standard, {} × {} members, at "
                "least nothing) × {} % / {} dependant(s) = {} yuan",
                text.english, item.item, person, item.monthly.yuan(), rules.maintenance_line_percent,
                yuan_of(unit_.full_standard / percent * rules.maintenance_line_percent),
                item.supporter_members, rules.maintenance_percent, item.dependants, yuan_of(owed)));
    }

    void say(const registry::IncomeItem& item, const registry::IncomeItemText& text,
             std::string_view what_chinese, std::string_view what, std::string_view how_chinese,
             std::string_view how) {
        if (!steps_) return;
        steps_->say(fmt::format("{} {} {}（人员 {}）：{} 元{}", what_chinese, item.item, text.chinese,
                                item.person.number(), item.monthly.yuan(), how_chinese),
                    fmt::format("{} {} {} of person {}: {} yuan{}", what, item.item, text.english,
                                item.person.number(), item.monthly.yuan(), how));
    }

    bool refuse_item(const registry::IncomeItem& item, const Said& why) {
        refuse_award(
            of_, unit_.enrolment, true, Fault::conflict, unit_.field,
            {fmt::format("收入项目 {}（人员 {}）{}", item.item, item.person.number(), why.chinese),
             fmt::format("income item {} of person {} {}", item.item, item.person.number(), why.english)});
        return false;
    }

    void deduct_work_cost() {
        const Wide cost = std::min(wages_, cost_max_);
        wages_ = 0;
        if (cost == 0) return;
        unit_.income -= cost;
        if (!steps_) return;
        const std::int64_t person = earner_->person->no.number();
        steps_->say(
            fmt::format("减：务工成本（人员 {}，标准的 {}%，不超过工资）{} 元", person,
                        of_.policy.work_cost_percent, yuan_of(cost)),
            fmt::format("less work cost of person {} ({} % of the standard, at most the wages): {} yuan",
                        person, of_.policy.work_cost_percent, yuan_of(cost)));
    }

    /// What the severely disabled cost is put at what both subsidies come to (S24).
    bool deduct_subsidies() {
        if (!of_.policy.deduct_disability_subsidies) return true;
        for (const Member& member : of_.members) {
            const std::uint8_t level = member.person->disability_level;
            if (!unit_.counts(member) || (level != 1 && level != 2)) continue;
            for (const auto standard :
                 {living_standard(level), nursing_standard(of_.policy, *member.person)}) {
                const auto* value = require(of_, unit_.enrolment, *standard);
                if (!value) return false;
                expenses_ += parts_of(value->amount);
                if (steps_)
                    steps_->say(
                        fmt::format("重度残疾支出（人员 {}，按 {}）：{} 元", member.person->no.number(),
                                    policy::key_of(*standard), value->amount.yuan()),
                        fmt::format("cost of severe disability of person {} (as {}): {} yuan",
                                    member.person->no.number(), policy::key_of(*standard),
                                    value->amount.yuan()));
            }
        }
        return true;
    }

    bool deduct_expenses() {
        if (expenses_ == 0) return true;
        Wide off = std::min(expenses_, std::max(unit_.income, Wide{0}));
        if (of_.policy.deduction_cap_percent > 0)
            off =
                std::min(off, unit_.full_standard / percent * of_.policy.deduction_cap_percent * unit_.heads);
        unit_.income -= off;
        if (steps_)
            steps_->say(fmt::format("减：可扣减支出 {} 元中的 {} 元", yuan_of(expenses_), yuan_of(off)),
                        fmt::format("less expenses: {} of {} yuan", yuan_of(off), yuan_of(expenses_)));
        return true;
    }

    Case& of_;
    Unit& unit_;
    Steps* steps_;
    Wide cost_max_;
    const Member* earner_ = nullptr;
    Wide wages_ = 0;
    Wide expenses_ = 0;
};

}  // namespace

bool sum_income(Case& of, Unit& unit, Steps* steps) { return Sum{of, unit, steps}.add_all(); }

}  // namespace onecard::entitlement::dibao
