#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/office_records.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/ledger/waterfall.hpp"
#include "onecard/policy/book.hpp"

namespace onecard::app {

/// The money of a county: what documents allot, what was received under them, what runs may use. There is no other record
/// of it than the allotments and the ledger: whatever is left is derived.
class Funds {
public:
    explicit Funds(Tools& tools) : tools_{tools} {}

    /// Records a document: its purpose, fiscal year and the most that each source gives under it. Errors: forbidden (role,
    /// region), malformed (document), out_of_range (year, negative or no amount; more was received already), conflict
    /// (its money was received already, of another purpose or year), duplicate.
    Result<void> allot(const Identity& by, Allotment allotment, Moment now);

    /// Money came in: Dr 1002 / Cr 4001–4004, marked with its source, and with the purpose and year of its document (without
    /// one: general, the year of its arrival). `document` names what allots it; `receipt` tells several receipts under one
    /// document apart and may be empty once. Errors: forbidden, malformed, out_of_range (more than the document allots,
    /// by source), duplicate.
    Result<void> receive(const Identity& by, County county, std::string_view document,
                         std::string_view receipt, const ledger::BySource& by_source, Moment now);

    /// Relief money that buys services and is no benefit: Dr 5002 / Cr 1002. Errors: forbidden, malformed, missing (no
    /// relief money of that year; not enough is left), out_of_range (more than the policy's part of the year's relief
    /// money, 2 % where no pack says otherwise: 困难群众救助补助资金可用于购买服务的比例), duplicate.
    Result<void> spend_on_services(const Identity& by, County county, std::string_view document,
                                   std::int16_t year, const ledger::BySource& by_source,
                                   const policy::Book& book, Moment now);

    /// What each county has received, used, promised and still has; its documents; its services. Errors: forbidden.
    Result<Report> show(const Identity& by, const Region& region, const policy::Book& book);

private:
    Tools& tools_;
};

/// How a unit would be paid for now; nothing where the county has recorded no funds at all, or where nothing is owed for
/// the first time.
std::optional<ledger::Funding> funding_of(LedgerRecords& records, RunNo run, County county);
/// What one programme after the other lacks, for people.
std::string shortfall_text(const ledger::Funding& funding);
/// The line that says it in the text to sign; empty where there is nothing to say.
std::string funds_text(const std::optional<ledger::Funding>& funding);

}  // namespace onecard::app
