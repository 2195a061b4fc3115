#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"

namespace onecard::app {

/// What a caller was answered to a write under a key of its own.
struct KeptAnswer {
    Digest request;  ///< of what was asked: method, target and body
    int status = 200;
    std::string content_type;
    std::string location;  ///< empty: none
    std::string body;
};

/// The port to what the office leaves behind beside runs and payments (schemas/db/0008_office.sql).
class OfficeRecords {
public:
    virtual ~OfficeRecords() = default;
    /// Holds this caller's key until the work ends, whoever else asks under it waits; the answer if there is one.
    virtual std::optional<KeptAnswer> claim_answer(const Digest& fingerprint, std::string_view key) = 0;
    /// `digest` is that of the body.
    virtual void put_answer(const Digest& fingerprint, std::string_view key, const KeptAnswer& answer,
                            const Digest& digest, Moment at) = 0;
};

}  // namespace onecard::app
