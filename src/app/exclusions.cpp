#include "exclusions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace onecard::app {

Result<Exclusions> Exclusions::parse(std::string_view text) {
    Exclusions exclusions;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view word = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        if (word == "deceased") {
            exclusions.deceased = true;
        } else if (word == "in-grace") {
            exclusions.in_grace = true;
        } else if (word == "not-on-roster") {
            exclusions.not_on_roster = true;
        } else if (const auto programme = programme_of(word)) {
            exclusions.programmes.insert(*programme);
        } else {
            return refuse(
                Fault::unknown,
                fmt::format("«{}» is neither deceased, in-grace, not-on-roster nor a programme", word),
                "exclude");
        }
    }
    return exclusions;
}

std::string Exclusions::text() const {
    std::string text;
    const auto add = [&](std::string_view word) { text += (text.empty() ? "" : ",") + std::string{word}; };
    if (deceased) add("deceased");
    if (in_grace) add("in-grace");
    if (not_on_roster) add("not-on-roster");
    for (const Programme programme : programmes) add(text_of(programme).code);
    return text;
}

ArrearsRoster::ArrearsRoster(Exclusions exclusions, const registry::Snapshot& month,
                             std::span<const entitlement::Award> awards)
    : exclusions_{std::move(exclusions)} {
    if (exclusions_.not_on_roster)
        for (const entitlement::Award& award : awards) on_roster_.push_back(key_of(award));
    std::ranges::sort(on_roster_);
    for (const registry::Person& person : month.persons)
        if (person.is_deceased())
            deceased_.push_back(person.no);
        else
            with_living_.push_back(person.household);
    std::ranges::sort(deceased_);
    std::ranges::sort(with_living_);
}

Words ArrearsRoster::why_left_out(const entitlement::Award& award) const {
    // What a household was owed is excluded when nobody of it is left.
    if (exclusions_.deceased && (award.person ? std::ranges::binary_search(deceased_, award.person)
                                              : !std::ranges::binary_search(with_living_, award.household)))
        return {"已死亡", "deceased"};
    if (exclusions_.not_on_roster && !std::ranges::binary_search(on_roster_, key_of(award)))
        return {"不在本期名册", "not on the roster of the run's month"};
    if (exclusions_.in_grace && award.grace_month > 0) return {"处于渐退期", "in grace in that month"};
    if (exclusions_.programmes.contains(award.programme))
        return {"该项目不在补发范围", "this programme is excluded"};
    return {};
}

}  // namespace onecard::app
