#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "onecard/app/records.hpp"
#include "onecard/ledger/entry.hpp"

/// Months and fiscal years that were closed (schemas/db/0010_statements.sql).
namespace onecard::app {

/// Something that is not finished: "batch FILE", "failure REFERENCE", "break NO", "statement NO/LINE", "unsent FILE".
struct OpenItem {
    std::string item;
    Money amount;
    friend bool operator==(const OpenItem&, const OpenItem&) = default;
};

class ClosingRecords {
public:
    virtual ~ClosingRecords() = default;
    /// What is open of a county and belongs to periods up to `period`, in order.
    virtual std::vector<OpenItem> open_items(County county, Month period) = 0;
    /// Holds the county's closes for this work.
    virtual void lock(County county) = 0;
    /// `period`: yyyymm, or yyyy for a fiscal year.
    virtual bool is_closed(County county, std::int32_t period) = 0;
    /// The database refuses a second close.
    virtual void put_close(County county, std::int32_t period, std::int64_t proposal_no,
                           const Digest& carried, Moment at) = 0;
    /// Of income, expenditure, write-offs and prior-year adjustments: what stands on them of entries up to the last day
    /// of the year.
    virtual std::vector<ledger::FundBalance> yearly_balances(County county, std::int32_t year) = 0;
    /// What a proposal to close lists as going over.
    virtual void put_carried(std::int64_t proposal_no, std::span<const OpenItem> items) = 0;
    virtual std::vector<OpenItem> carried(std::int64_t proposal_no) = 0;
};

}  // namespace onecard::app
