#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"

/// What reconciliation cannot explain, and what can be done about it.
namespace onecard::recon {

/// The code is what the database stores.
enum class BreakKind : std::uint8_t {
    unknown_reference,    ///< a line that was never sent
    repeated,             ///< a second line for the same payment in the same file
    amount_differs,       ///< not what was sent, to the fen
    account_differs,      ///< paid to, or refused for, another account
    contradicts_earlier,  ///< an earlier file had the last word and said something else
    paid_though_failed,   ///< said to be paid after it was failed or returned
    unknown_reason,       ///< a failure with a code that no table knows
    name_differs,         ///< said to be paid with a reason that says that name or document differ
    code_differs,         ///< status and reason contradict each other
    malformed_line,       ///< bad in itself, set aside
    // Of a statement:
    unidentified_credit,  ///< money came in, and nobody knows what for: on the books as 2112
    unidentified_debit,   ///< money went out for nothing that we sent
    debited_twice,        ///< money went out a second time for the same payment, or for one file of answers
    interest,             ///< what the account itself earned: it belongs to the treasury
    not_debited,          ///< a return file says paid, and the day after still no line has the money (漏单)
    late_return,  ///< paid, and days later the money is back (退汇): it is owed again, and somebody has to see why
};
inline constexpr std::size_t break_kinds = 16;

/// Words of the trade: 长款 the bank speaks of more than the books know, 短款 money may be gone that the books still have,
/// 漏单 the books have what the bank's statement leaves out, 差错 both know it, and differ.
enum class BreakClass : std::uint8_t { surplus, shortage, omission, discrepancy };

/// Who has to move first.
enum class Side : std::uint8_t { office, bank };

enum class Resolution : std::uint8_t {
    dismiss,          ///< looked into; the books are right as they stand
    accept_paid,      ///< the payment was made: Dr 2111 / Cr 1003, and its open item is closed
    claim_from_bank,  ///< the bank owes it: Dr 1213 / Cr 1003
    await_bank,       ///< asked the bank; nothing is posted, the break stays open
    remit,            ///< it belongs to the treasury: Dr 2112 / Cr 2121
    reported_since,   ///< a return file has told of the money since: the entry 1003 / 2112 is reversed
    book_interest,    ///< Dr 1003 / Cr 2121
    is_return,        ///< the money is a payment's that came back: Dr 2112 / Cr 2111, and it is open again
    repays_claim,     ///< the bank gives back what was claimed: 1003 / 2112 is reversed, Dr 1003 / Cr 1213
    debited_since,    ///< a later statement has the money; nothing is posted
    pay_again,  ///< what the correction queue does with the open item: it ends with that, and by no decision of its own
};
/// What a resolution has to name besides its evidence.
enum class Named : std::uint8_t {
    nothing,
    payment,  ///< the reference of an attempt that was paid
    claim,    ///< the number of the break that was claimed from the bank
};
Named named_by(Resolution resolution);

struct BreakText {
    BreakKind kind;
    std::string_view code, chinese, english;
    BreakClass type;
    Side side;
    Resolution suggested;
};
const BreakText& text_of(BreakKind kind);
std::string_view code_of(BreakKind kind);
std::optional<BreakKind> break_kind_of(std::string_view code);

struct BreakClassText {
    BreakClass type;
    std::string_view code, chinese, english;
};
const BreakClassText& text_of(BreakClass type);

/// The code of who has to move first: who looks after a break that was given to nobody.
std::string_view code_of(Side side);

struct ResolutionText {
    Resolution resolution;
    std::string_view code, chinese, english;
};
const ResolutionText& text_of(Resolution resolution);
std::optional<Resolution> resolution_of(std::string_view code);
/// Whether a break of this kind may be resolved so.
bool can_resolve(BreakKind kind, Resolution resolution);

/// One break, with its evidence. The line counts in its file: the header is line 1.
struct Break {
    BreakKind kind = BreakKind::unknown_reference;
    std::int32_t line = 0;
    std::string evidence;
    Money amount;                             ///< what is in question; 0 where nobody can say
    std::optional<PaymentReference> payment;  ///< where it is one of ours
};

}  // namespace onecard::recon
