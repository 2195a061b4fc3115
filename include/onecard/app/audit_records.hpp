#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/payment/payment.hpp"
#include "onecard/recon/match.hpp"

/// What only a check of the whole ledger reads: rows against what was committed to about them.
namespace onecard::app {

/// An act that must be in the log because a row says so. A field "*" of the text is not in the row.
struct ExpectedAct {
    std::string kind;
    std::string text;
    Moment at;
    std::string place;  ///< the row, for people: "run 3"
};

/// A CMS on record and whom the row says it is by.
struct SignedWords {
    enum class Of : std::int16_t { approval = 1, receipt = 2, return_file = 3 };
    Of of = Of::approval;
    std::string place;
    RunNo run;      ///< approvals
    County county;  ///< approvals
    std::int16_t step = 0;
    std::string cms;
    Digest fingerprint;
    std::string
        text;  ///< receipts: of each file that the note is about the words that would be signed for it alone
    Digest file_digest;  ///< return files: what the signature is over
};

/// Two records that contradict each other, found by the queries misfit_*.
struct Misfit {
    std::string place;
    std::string what;
};

class AuditRecords {
public:
    virtual ~AuditRecords() = default;
    virtual void each_expected_act(const std::function<void(const ExpectedAct&)>& on_act) = 0;
    virtual void each_signed_words(const std::function<void(const SignedWords&)>& on_words) = 0;
    virtual std::vector<Misfit> misfits() = 0;
    /// The approvals of one unit: step and CMS.
    virtual std::vector<std::pair<std::int16_t, std::string>> approvals_of(RunNo run, County county) = 0;
    /// The words that one return file brought and that lead to `to`, in the order of their lines: those of its entries.
    virtual std::vector<std::pair<PartNo, recon::Outcome>> words_of(County county, std::int64_t return_no,
                                                                    recon::Standing to) = 0;
    /// The acts about one proposal and the answer to it, oldest first.
    virtual std::vector<std::int64_t> acts_about_proposal(std::int64_t proposal_no) = 0;
    /// The acts about a unit, the file of one of its batches and the return file that answered it (0: none), oldest first.
    virtual std::vector<std::int64_t> acts_about(RunNo run, County county, std::string_view file_id,
                                                 std::int64_t return_no) = 0;
    /// "table rows sha256;…": a digest of the rows that one import brought, in the order of their keys.
    virtual std::string register_digests(ImportNo import, const HashFunction& hash) = 0;
    virtual std::vector<ImportNo> imports() = 0;
    /// Every payment of a part, attached or not, by county and serial (bulk).
    virtual void each_payment_of(PartNo part,
                                 const std::function<void(const payment::Payment&)>& on_payment) = 0;
};

}  // namespace onecard::app
