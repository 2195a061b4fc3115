#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/app/report.hpp"
#include "onecard/app/store.hpp"

namespace onecard::app {

/// The rows of a query "report_…" as a table: its columns are the query's, with the words that this house has for them.
Table table_of_query(LedgerRecords& records, std::string key, Words title, std::string_view query,
                     const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace onecard::app
