#pragma once

#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// A person's resident ID and accounts, unmasked, with the pseudonyms under which questions show them. Who asked, and why,
/// is on record before anything is shown (GB/T 35273 5.4, 7.1: access by need and on record). For auditors and checkers.
/// Errors: forbidden (role, region), malformed (no reason, or one of more than 200 bytes or with '|'), unknown.
Result<Report> unmask_person(Tools& tools, const Identity& by, County county, PersonNo person,
                             std::string_view reason, Moment now);

}  // namespace onecard::app
