#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// The ledger as officers and auditors see it.
class Books {
public:
    explicit Books(Tools& tools) : tools_{tools} {}

    /// As of a value day and as known at a moment, by any of county, programme, bank, source, year (of the money). Says
    /// whether debits equal credits. Errors: forbidden, unknown (a dimension).
    struct TrialWish {
        Day as_of;
        Moment known_at;
        std::set<std::string, std::less<>> by;
    };
    Result<Report> trial_balance(const Identity& by, const Region& region, const TrialWish& wish);
    /// Everything ever owed to a person, themself or as representative, guardian or caregiver.
    Result<Report> person(const Identity& by, County county, PersonNo person);
    /// One payment's story, from award to outcome.
    Result<Report> payment(const Identity& by, const PaymentReference& reference);
    /// Owed, paid, failed, in transit per programme and bank of one period.
    Result<Report> period(const Identity& by, const Region& region, Month period);
    Result<Report> breaks(const Identity& by, const Region& region, const Slice& slice = {});
    Result<Report> open_failures(const Identity& by, const Region& region, const Slice& slice = {});

    /// Appends what is new to the log and signs its root (C2SP). Returns the note; the newest one when nothing is new.
    Result<std::string> checkpoint(NoteSigner& signer, Moment now);

private:
    Tools& tools_;
};

/// The log of a ledger is hashed in one way from its first entry on. Errors: conflict when what is on the books was hashed
/// in another way than the tools hash.
Result<void> check_log_hash(Tools& tools);

/// What a check of the whole ledger found.
struct Verdict {
    std::vector<std::string> findings;  ///< what does not fit, first things first; empty: all fits
    std::int64_t payments = 0, outcomes = 0, entries = 0, acts = 0, log_size = 0, files = 0;
    std::int64_t not_yet_logged =
        0;  ///< entries and acts since the newest checkpoint: true, but not committed to yet
    std::string newest_checkpoint;
    bool fits() const { return findings.empty(); }
};

/// Recomputes everything from the rows: each entry balances and has its digest, each batch's payments give its
/// Merkle root, count and sum, each return file's outcomes give their entries' roots, control accounts equal the
/// open items, the log holds every entry and act in one order, every checkpoint's root and signature hold, every
/// file in the vault has its digest and signature. Needs read rights only. `log_hash`: what the log is built with.
Verdict verify_ledger(Database& database, FileVault& vault, SignatureVerifier& verifier,
                      const HashFunction& sha256, const HashFunction& log_hash, Ed25519Verify verify_note,
                      std::string_view public_key, const std::string& note_name,
                      const std::function<void(std::string_view stage)>& on_stage);

}  // namespace onecard::app
