#pragma once

#include <string>
#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// The recovery book (追缴台账): what was paid too much, and what becomes of it. Every use case is one transaction, posts
/// its entries (DOMAIN 5.2) and leaves an act; the database refuses to recover more than is owed.
class RecoveryBook {
public:
    explicit RecoveryBook(Tools& tools) : tools_{tools} {}

    struct Overpayment {
        PaymentReference payment;
        Origin origin = Origin::double_payment;
        Money amount;  ///< at most what was paid
        std::string document;
        std::string reason;
    };
    /// Records what an office found itself (a double payment, a death). What a run computes again it records itself, less
    /// what was recorded here. Returns the number. Errors: forbidden, unknown (payment), conflict (it never arrived),
    /// out_of_range, duplicate (the same document for the same payment).
    Result<std::int64_t> record(const Identity& by, const Overpayment& wish, Moment now);

    /// Cash that came in, `day` by the voucher. Errors: forbidden, unknown, out_of_range (more than is open), duplicate
    /// (the document was used for it).
    Result<void> take_cash(const Identity& by, County county, std::int64_t receivable, Money amount, Day day,
                           std::string_view document, Moment now);
    /// So much a month from a month on; 0 stops offsets for the time being.
    Result<void> agree_instalment(const Identity& by, County county, std::int64_t receivable, Money monthly,
                                  Month from, std::string_view document, Moment now);
    /// A maker proposes a write-off of what is open, or its transfer to another office, with the reason. Returns the
    /// proposal's number.
    Result<std::int64_t> propose(const Identity& by, County county, std::int64_t receivable,
                                 RecoveryKind kind, County to, std::string_view reason, Moment now);
    /// A checker who did not propose it approves. Errors: stale when less is open by now.
    Result<void> approve(const Identity& by, County county, std::int64_t proposal, Moment now);
    /// Prior-year money that was recovered goes to the treasury (2121 / 1002). Errors: out_of_range beyond what is there.
    Result<void> remit(const Identity& by, County county, Money amount, std::string_view document,
                       Moment now);

    /// Open receivables of a region: what is left, the instalment of a month, the days since each was found.
    Result<Report> open(const Identity& by, const Region& region, Month month, Day today,
                        const Slice& slice = {});
    /// One receivable and everything that became of it.
    Result<Report> story(const Identity& by, County county, std::int64_t receivable, Month month);

private:
    Tools& tools_;
};

}  // namespace onecard::app
