#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/app/report.hpp"
#include "onecard/app/store.hpp"

namespace onecard::app {

/// Rows of a named query as a table: amounts (…amount, …total) as money, programme numbers and reasons as words; rows
/// with county, period and serial begin with the payment's reference.
Table table_of(LedgerRecords& ledger, std::string key, Words title, std::string_view query,
               const std::vector<std::pair<std::string, std::string>>& parameters);

/// The same of rows that were asked for already: column names first.
Table table_of(std::string key, Words title, const std::vector<TextRow>& rows);

}  // namespace onecard::app
