#include <map>
#include <utility>

#include "case.hpp"

namespace onecard::entitlement {

struct History::Impl {
    const registry::Register& all;
    ImportNo known_at;
    PolicyAt policy_at;
    Month from = Month::open_end();  ///< how far back the months below have looked
    std::map<Month, Assessment> months;
};

History::History(const registry::Register& all, ImportNo known_at, PolicyAt policy_at)
    : impl_{std::make_unique<Impl>(
          Impl{.all = all, .known_at = known_at, .policy_at = std::move(policy_at)})} {}
History::~History() = default;

const Assessment& History::month(Month month, Month from) {
    if (from < impl_->from) {
        impl_->months.clear();
        impl_->from = from;
    }
    if (const auto found = impl_->months.find(month); found != impl_->months.end()) return found->second;
    Assessment assessed;
    if (const auto policy = impl_->policy_at(month)) {
        registry::Snapshot snapshot;
        registry::take_snapshot(impl_->all, month, impl_->known_at, snapshot);
        assess_from(snapshot, *policy, assessed, month > from ? this : nullptr, from);
        // Years of months may be kept: of each only what grace asks for.
        std::erase_if(assessed.awards,
                      [](const Award& one) { return kind_of(one.programme) != Kind::dibao; });
        assessed.awards.shrink_to_fit();
        assessed.refusals = {};
    }
    // Asking about the months before may have begun anew: only now there is a place for this one.
    return impl_->months.insert_or_assign(month, std::move(assessed)).first->second;
}

}  // namespace onecard::entitlement
