#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "onecard/app/report.hpp"
#include "onecard/core/result.hpp"

namespace onecard::app {

/// Cuts a page out of a list: puts the rows in the order of the key columns, which name each row, drops those up to the
/// row that `after` names (whether it is still there or not) and all behind `rows_max`. Rows that come or go between two
/// pages therefore shift none of the others. Returns the cursor of the next page, empty at the end.
/// Errors: malformed (`after` is no cursor of such a list).
Result<std::string> cut_page(Table& table, std::span<const std::string_view> keys, std::string_view after,
                             std::size_t rows_max);

}  // namespace onecard::app
