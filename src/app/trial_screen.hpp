#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "onecard/app/trial.hpp"
#include "onecard/registry/facts.hpp"
#include "screen.hpp"

namespace onecard::app {

/// What a trial knows for screening: lists from files, and who has which resident ID. It answers as the records of a run
/// do (schemas/screening.md); nothing is ever released.
class TrialScreening final : public ScreeningFacts {
public:
    /// The facts of a county, for those whom one identity names twice; null where there are none.
    using FactsOf = std::function<const registry::Register*(County)>;
    explicit TrialScreening(FactsOf facts_of) : facts_of_{std::move(facts_of)} {}

    void read_list(const TrialList& wanted, Day today, Faults& faults);
    void add_person(County county, PersonNo person, ImportNo import, std::string_view resident_id);
    /// To be called when all lists and persons are there.
    RunScreen ready(const std::vector<ScreeningRule>& rules);

    std::vector<Hit> hits(County county, ImportNo known_at, std::int32_t lists_known) override;
    std::vector<Double> doubles(County county, ImportNo known_at, Month month) override;
    std::vector<std::string> released(County) override { return {}; }

private:
    struct Known {
        std::string identity;
        County county;
        PersonNo person;
        ImportNo import;
    };
    /// Whether a person's identity is still that one, as far as an import knows.
    bool is_newest(const Known& known, ImportNo known_at) const;
    const registry::Snapshot* snapshot_of(County county, ImportNo known_at, Month month);

    FactsOf facts_of_;
    std::vector<ScreeningList> lists_;
    std::vector<std::pair<std::int32_t, ScreeningRow>> rows_;  ///< with the number of the list
    std::vector<Known> by_identity_;
    std::vector<std::pair<std::pair<County, PersonNo>, std::size_t>> by_person_;  ///< places in by_identity_
    std::map<County, std::vector<Hit>> hits_;
    std::map<County, std::vector<std::size_t>> hits_places_;  ///< in by_identity_, one a hit
    std::vector<std::pair<std::size_t, std::size_t>>
        twice_;  ///< ranges of by_identity_: several numbers each
    std::map<std::tuple<County, ImportNo, Month>, registry::Snapshot> snapshots_;  ///< of those others
};

}  // namespace onecard::app
