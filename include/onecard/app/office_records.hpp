#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/ledger/waterfall.hpp"

namespace onecard::app {

/// What a caller was answered to a write under a key of its own.
struct KeptAnswer {
    Digest request;  ///< of what was asked: method, target and body
    int status = 200;
    std::string content_type;
    std::string location;  ///< empty: none
    std::string body;
};

/// A document that allots money to a county.
struct Allotment {
    County county;
    std::string document;
    ledger::Purpose purpose = ledger::Purpose::general;
    std::int16_t year = 0;         ///< fiscal year, 2000 … 2999
    ledger::BySource by_source{};  ///< the most that may be received from each
    std::string officer;
    Digest fingerprint;
};

/// The port to what the office leaves behind beside runs and payments (schemas/db/0008_office.sql, 0009_funds.sql).
class OfficeRecords {
public:
    virtual ~OfficeRecords() = default;
    /// Holds this caller's key until the work ends, whoever else asks under it waits; the answer if there is one.
    virtual std::optional<KeptAnswer> claim_answer(const Digest& fingerprint, std::string_view key) = 0;
    /// `digest` is that of the body.
    virtual void put_answer(const Digest& fingerprint, std::string_view key, const KeptAnswer& answer,
                            const Digest& digest, Moment at) = 0;

    /// Holds the county's money until the work ends: nobody else receives, promises or spends it meanwhile.
    virtual void hold_funds(County county) = 0;
    /// Throws RefusedByDatabase where the document is on record already.
    virtual void put_allotment(const Allotment& allotment, Moment at) = 0;
};

}  // namespace onecard::app
