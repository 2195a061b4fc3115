#pragma once

#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// Names, accounts and free text as they stand, and not masked: by whom, and why.
struct Unmasked {
    std::string_view reason;
};

/// The very bytes that a break is about, out of the file that is kept, once the whole file was found to have its digest:
/// where they stand in it, and as a text. What may be about a person is masked byte for byte; with `unmasked` it is not,
/// which is for auditors and checkers. That it was read, by whom and why is on record before it is shown. A break over a
/// whole file (not-debited) names the file alone.
/// Errors: forbidden, unknown, malformed (a reason), tampered (the file in the vault is not the one that came in, or
/// is gone: the text names it).
Result<Report> break_evidence(Tools& tools, const Identity& by, County county, std::int64_t break_no,
                              const Unmasked* unmasked, Moment now);

}  // namespace onecard::app
