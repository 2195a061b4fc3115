#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "beside.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/entitlement/assess.hpp"

namespace onecard::app {

/// By what a run is screened: one for all its units.
struct RunScreen {
    std::vector<ScreeningRule> rules;
    std::vector<ScreeningList> lists;  ///< those known when the run was computed first
    bool has_matches = false;          ///< whether any list names anybody at all
    const ScreeningRule* rule_of(ListKind kind) const;
};

/// Fixes by what the run is screened when it is computed first. Errors: stale, naming the list, the region and the day,
/// when a list that a rule wants is missing or too old for one of the counties and nobody accepted that in writing; stale
/// when the rules are others than those that the run began with.
Result<RunScreen> screen_of(Tools& tools, const Run& run, std::span<const County> counties,
                            const std::vector<ScreeningRule>& rules, Moment now);

/// The last day on which a list may be used under a rule.
Day valid_until(const ScreeningList& list, const ScreeningRule& rule);
/// A list that a rule wants is not there, or too old.
struct StaleList {
    bool is_missing = false;
    std::string chinese;
    std::string english;
};
std::optional<StaleList> stale_list(std::span<const ScreeningList> lists, const ScreeningRule& rule,
                                    County county, Day day);

/// One county's screening: a few statements, then everything in memory.
class CountyScreen {
public:
    CountyScreen(const RunScreen& screen, ScreeningFacts& facts, ImportNo known_at, County county);
    /// Takes the awards that are held out of `awards`, and says why. `all` is everything that the policy's month awards, for
    /// those whom one identity names twice.
    void hold(const policy::CountyPolicy& policy, const registry::Snapshot& facts,
              std::span<const entitlement::Award> all, std::vector<entitlement::Award>& awards, Beside& out);

private:
    struct Concern;
    bool is_used(const Hit& hit) const;

    const RunScreen& screen_;
    ScreeningFacts& facts_;
    ImportNo known_at_;
    County county_;
    std::vector<Hit> hits_;
    std::vector<std::string> released_;
};

}  // namespace onecard::app
