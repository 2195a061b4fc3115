#include <fmt/format.h>

#include <algorithm>

#include "case.hpp"
#include "onecard/registry/income_items.hpp"

/// The two disability subsidies (残疾人两项补贴, DOMAIN 1.4).
namespace onecard::entitlement {
namespace {

using policy::Standard;

/// Something higher that the person draws instead: another office's benefit, or the other subsidy. Refuses then.
bool loses_to_higher(Case& of, const Enrolment& enrolment, const Member& member, Standard standard,
                     std::string_view field) {
    const auto& own = of.policy.standard(standard);
    if (!own) return false;  // Its absence is refused by name.
    const Kind kind = kind_of(enrolment.programme);
    for (std::size_t i = 0; member.has_elsewhere && i < policy::elsewhere_overlaps.size(); ++i) {
        const policy::ElsewhereRow& row = policy::elsewhere_overlaps[i];
        const auto* item = member.elsewhere[static_cast<std::size_t>(row.elsewhere)];
        if (!item || row.kind != kind || of.policy.elsewhere[i] != Overlap::higher) continue;
        const auto& text = *registry::register_item_of(item->item);
        if (item->monthly >= own->amount) {
            not_entitled(of, enrolment, field,
                         {fmt::format("就高：{} {} 元，不低于 {} 元", text.chinese, item->monthly.yuan(),
                                      own->amount.yuan()),
                          fmt::format("the higher is paid: the {} of {} yuan is not below {} yuan",
                                      text.english, item->monthly.yuan(), own->amount.yuan())});
            return true;
        }
        if (Steps* steps = of.steps_for(Component::basic))
            steps->say(fmt::format("就高：高于{} {} 元，后者应停发", text.chinese, item->monthly.yuan()),
                       fmt::format("the higher is paid: the {} of {} yuan is lower and has to end",
                                   text.english, item->monthly.yuan()));
    }
    if (of.policy.overlap_of(Kind::living, Kind::nursing) != Overlap::higher) return false;
    const bool is_living = kind == Kind::living;
    const Programme other = is_living ? Programme::disability_nursing : Programme::disability_living;
    if (!(member.active & only(other))) return false;
    const auto its = is_living ? nursing_standard(of.policy, *member.person)
                               : living_standard(member.person->disability_level);
    const auto& value = its ? of.policy.standard(*its) : std::nullopt;
    const auto place = [&of](Kind one) { return std::ranges::find(of.policy.precedence, one); };
    const bool wins_ties = place(kind) < place(kind_of(other));
    if (!value || (wins_ties ? own->amount >= value->amount : own->amount > value->amount)) return false;
    not_entitled(
        of, enrolment, field,
        {fmt::format("就高：{} {} 元", text_of(other).chinese, value->amount.yuan()),
         fmt::format("the higher is paid: {} of {} yuan", text_of(other).english, value->amount.yuan())});
    return true;
}

void assess_level(Case& of, const Enrolment& enrolment, const Member& member,
                  std::optional<Standard> standard, std::string_view field) {
    const int level = member.person->disability_level;
    if (!standard)
        // The office confirmed it, the register contradicts: neither can be followed blindly.
        return refuse_award(
            of, enrolment, true, Fault::conflict, field,
            level == 0 ? Said{"登记中没有残疾信息", "the register knows of no disability"}
                       : Said{fmt::format("残疾 {} 级没有此项补贴", level),
                              fmt::format("there is no such subsidy for disability level {}", level)});
    if (loses_to_higher(of, enrolment, member, *standard, field)) return;
    if (Steps* steps = of.steps_for(Component::basic))
        steps->say(fmt::format("残疾等级 {} 级", level), fmt::format("disability level {}", level));
    award_standard(of, enrolment, Component::basic, *standard);
}

}  // namespace

std::optional<Standard> living_standard(std::uint8_t level) {
    switch (level) {
        case 1: return Standard::disability_living_1;
        case 2: return Standard::disability_living_2;
        case 3: return Standard::disability_living_3;
        case 4: return Standard::disability_living_4;
        default: return std::nullopt;
    }
}

std::optional<Standard> nursing_standard(const policy::CountyPolicy& policy, const registry::Person& person) {
    switch (person.disability_level) {
        case 1: return Standard::disability_nursing_1;
        case 2: return Standard::disability_nursing_2;
        default: break;
    }
    const bool is_extended = std::ranges::binary_search(policy.nursing_classes,
                                                        static_cast<std::int16_t>(person.disability_class));
    if (!is_extended || person.disability_level == 0) return std::nullopt;
    return person.disability_level == 3 ? Standard::disability_nursing_3 : Standard::disability_nursing_4;
}

void assess_living(Case& of, const Enrolment& enrolment, Member* member) {
    assess_level(of, enrolment, *member, living_standard(member->person->disability_level),
                 "disability.living");
}

void assess_nursing(Case& of, const Enrolment& enrolment, Member* member) {
    assess_level(of, enrolment, *member, nursing_standard(of.policy, *member->person), "disability.nursing");
}

}  // namespace onecard::entitlement
