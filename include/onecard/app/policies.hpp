#pragma once

#include "onecard/entitlement/assess.hpp"
#include "onecard/policy/book.hpp"

namespace onecard::app {

/// A county's policies month by month, for `entitlement::History`. The book must outlive it.
inline entitlement::History::PolicyAt policies_of(const policy::Book& book, County county,
                                                  std::optional<Day> known_on = std::nullopt) {
    return [&book, county, known_on](Month month) -> std::optional<policy::CountyPolicy> {
        auto policy = book.at(county, month, known_on);
        if (!policy) return std::nullopt;
        return std::move(*policy);
    };
}

}  // namespace onecard::app
