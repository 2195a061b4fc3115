#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace onecard::bankfile {

/// The canonical reasons of DOMAIN 3.5. The number is what the database stores: never renumber.
enum class Reason : std::uint8_t {
    paid = 0,                // OK00
    name_mismatch = 1,       // NM01
    account_unknown = 2,     // AC01
    account_closed = 3,      // AC04
    account_blocked = 4,     // AC06
    account_dormant = 5,     // DORM
    over_limit = 6,          // LIMT
    wrong_account_type = 7,  // TYPE
    identity_mismatch = 8,   // IDNM
    deceased = 9,            // DEAD
    wrong_routing = 10,      // ROUT
    duplicate = 11,          // DUPL
    amount_error = 12,       // AMTE
    sums_differ = 13,        // SUMX
    bad_signature = 14,      // SIGX
    no_funds = 15,           // FUND
    after_cut_off = 16,      // CUTO
    reversed = 17,           // REVS
    returned_later = 18,     // RETD
    in_progress = 19,        // PEND
    rejected = 20,           // RJCT
};

/// What has to happen next with a line that came back with this reason.
enum class Action : std::uint8_t {
    none,
    correct_account,
    hold,
    stop_and_review,
    next_day,
    query,
    fix_and_resend
};

struct ReasonText {
    Reason reason;
    std::string_view code;     ///< "NM01"
    std::string_view chinese;  ///< "户名不符"
    std::string_view english;  ///< "account name differs"
    Action action;
};

const ReasonText& text_of(Reason reason);
/// Nothing for a code that is not canonical.
std::optional<Reason> reason_of(std::string_view code);

}  // namespace onecard::bankfile
