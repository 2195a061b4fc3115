#include "trial_screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <tuple>
#include <utility>

#include "list_file.hpp"

namespace onecard::app {

void TrialScreening::read_list(const TrialList& wanted, Day today, Faults& faults) {
    ScreeningList list;
    list.no = static_cast<std::int32_t>(lists_.size() + 1);
    list.kind = wanted.kind;
    list.region = *Region::parse("");
    list.snapshot = wanted.snapshot;
    std::ifstream in{wanted.file, std::ios::binary};
    const std::string name = wanted.file.filename().string();
    if (!in) {
        faults.push_back({Fault::missing, name, "cannot be read"});
        return;
    }
    ListFile file{name, today, [](std::string_view id) { return std::string{id}; }, faults};
    std::vector<char> piece(1 << 18);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
        file.feed({piece.data(), static_cast<std::size_t>(in.gcount())});
    for (ScreeningRow& row : file.finish()) rows_.emplace_back(list.no, std::move(row));
    lists_.push_back(std::move(list));
}

void TrialScreening::add_person(County county, PersonNo person, ImportNo import,
                                std::string_view resident_id) {
    by_identity_.push_back({std::string{resident_id}, county, person, import});
}

RunScreen TrialScreening::ready(const std::vector<ScreeningRule>& rules) {
    std::ranges::sort(by_identity_, {}, [](const Known& one) {
        return std::tuple<std::string_view, County, PersonNo, ImportNo>{one.identity, one.county, one.person,
                                                                        one.import};
    });
    for (std::size_t i = 0; i < by_identity_.size(); ++i)
        by_person_.push_back({{by_identity_[i].county, by_identity_[i].person}, i});
    std::ranges::sort(by_person_);

    for (const auto& [list, row] : rows_) {
        const auto named = std::ranges::equal_range(by_identity_, row.identity, {}, &Known::identity);
        for (auto one = named.begin(); one != named.end(); ++one) {
            if (one != named.begin() && one[-1].county == one->county && one[-1].person == one->person)
                continue;  // Known by an earlier import already.
            hits_[one->county].push_back({one->person, lists_[static_cast<std::size_t>(list) - 1].kind, list,
                                          row.line, row.from, row.until, row.note});
            hits_places_[one->county].push_back(static_cast<std::size_t>(one - by_identity_.begin()));
        }
    }
    for (std::size_t first = 0; first < by_identity_.size();) {
        std::size_t end = first + 1;
        bool is_twice = false;
        while (end < by_identity_.size() && by_identity_[end].identity == by_identity_[first].identity) {
            is_twice |= by_identity_[end].county != by_identity_[first].county ||
                        by_identity_[end].person != by_identity_[first].person;
            ++end;
        }
        if (is_twice) twice_.emplace_back(first, end);
        first = end;
    }
    RunScreen screen;
    screen.rules = rules;
    screen.lists = lists_;
    screen.has_matches = !hits_.empty() || !twice_.empty();
    return screen;
}

bool TrialScreening::is_newest(const Known& known, ImportNo known_at) const {
    if (known.import > known_at) return false;
    const std::pair person{known.county, known.person};
    const Known* newest = &known;
    for (const auto& [key, at] :
         std::ranges::equal_range(by_person_, person, {}, &decltype(by_person_)::value_type::first)) {
        const Known& other = by_identity_[at];
        if (other.import <= known_at && other.import > newest->import) newest = &other;
    }
    return newest->identity == known.identity;
}

std::vector<Hit> TrialScreening::hits(County county, ImportNo known_at, std::int32_t) {
    const auto of_county = hits_.find(county);
    if (of_county == hits_.end()) return {};
    std::vector<Hit> found;
    const std::vector<std::size_t>& places = hits_places_.at(county);
    for (std::size_t i = 0; i < of_county->second.size(); ++i)
        if (is_newest(by_identity_[places[i]], known_at)) found.push_back(of_county->second[i]);
    std::ranges::sort(found, {},
                      [](const Hit& hit) { return std::tuple{hit.person, hit.kind, hit.list_no, hit.line}; });
    return found;
}

std::vector<Double> TrialScreening::doubles(County county, ImportNo known_at, Month month) {
    std::vector<Double> found;
    for (const auto& [first, end] : twice_) {
        std::vector<const Known*> now;  // Each number of the identity, once.
        for (std::size_t i = first; i < end; ++i) {
            const Known& one = by_identity_[i];
            if (!now.empty() && now.back()->county == one.county && now.back()->person == one.person)
                continue;
            if (is_newest(one, known_at)) now.push_back(&one);
        }
        for (const Known* mine : now) {
            if (mine->county != county) continue;
            for (const Known* other : now) {
                if (other == mine) continue;
                Double twice{mine->person, other->county, other->person, {}};
                const registry::Snapshot* facts = snapshot_of(other->county, known_at, month);
                if (facts == nullptr) continue;
                const auto person = std::ranges::find(facts->persons, other->person, &registry::Person::no);
                if (person == facts->persons.end()) continue;
                for (const registry::Enrolment& enrolment : facts->enrolments)
                    if (enrolment.household == person->household &&
                        (!enrolment.person || enrolment.person == other->person))
                        twice.programmes.push_back(enrolment.programme);
                std::ranges::sort(twice.programmes);
                twice.programmes.erase(std::ranges::unique(twice.programmes).begin(), twice.programmes.end());
                if (!twice.programmes.empty()) found.push_back(std::move(twice));
            }
        }
    }
    std::ranges::sort(found, {},
                      [](const Double& one) { return std::tuple{one.person, one.other_county, one.other}; });
    return found;
}

const registry::Snapshot* TrialScreening::snapshot_of(County county, ImportNo known_at, Month month) {
    const registry::Register* facts = facts_of_(county);
    if (facts == nullptr) return nullptr;
    const std::tuple key{county, known_at, month};
    const auto [kept, is_new] = snapshots_.try_emplace(key);
    if (is_new) registry::take_snapshot(*facts, month, known_at, kept->second);
    return &kept->second;
}

}  // namespace onecard::app
