#pragma once

#include <memory>

#include "onecard/entitlement/assess.hpp"

namespace onecard::entitlement {

/// One county month by month, as a recomputation of past months goes: a household is assessed anew only where its facts,
/// the policy or a date that the rules look at have moved since the month before; else its awards are those of the
/// month before with the next month's name. The result is that of `assess`, month by month, to the byte.
///
/// Memory is that of two months, whatever their number.
class Recomputation {
public:
    Recomputation();
    ~Recomputation();
    Recomputation(Recomputation&&) noexcept;
    Recomputation& operator=(Recomputation&&) noexcept;

    /// Where the caller puts the facts of the month that comes next (its capacity is reused).
    registry::Snapshot& next_facts();

    /// Assesses `next_facts()`, which then are `facts()`. Months may come in any order; only one that follows the one
    /// before it finds anything to take over. Preconditions, history and the order of the result: those of `assess`.
    const Assessment& assess(const policy::CountyPolicy& policy, History* history = nullptr);

    /// The month that was assessed last.
    const registry::Snapshot& facts() const;
    const Assessment& assessment() const;

    /// Of the households of the last month: how many were assessed, and how many taken over.
    std::size_t assessed() const;
    std::size_t taken_over() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace onecard::entitlement
