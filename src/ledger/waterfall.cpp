#include "onecard/ledger/waterfall.hpp"

#include <algorithm>

namespace onecard::ledger {

namespace {

/// Takes at most `wanted` from the sources in order; what each gave is added to `given`. Returns what they could not.
Money take(BySource& left, Money wanted, BySource* given) {
    for (std::size_t i = 0; i < left.size() && wanted > Money{}; ++i) {
        const Money part = std::min(left[i], wanted);
        if (part <= Money{}) continue;
        left[i] -= part;
        wanted -= part;
        if (given != nullptr) (*given)[i] += part;
    }
    return wanted;
}

}  // namespace

Money Funding::missing() const {
    Money sum;
    for (const Need& need : shortfall) sum += need.amount;
    return sum;
}

Funding fund(const BySource& received, Money used, std::span<const Need> needs) {
    BySource left = received;
    take(left, used, nullptr);
    Funding funding;
    for (const Need& need : needs)
        if (const Money open = take(left, need.amount, &funding.by_source); open > Money{})
            funding.shortfall.push_back({need.programme, open});
    return funding;
}

}  // namespace onecard::ledger
