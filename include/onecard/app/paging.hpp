#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/app/report.hpp"
#include "onecard/core/result.hpp"

namespace onecard::app {

/// Cuts a page out of a list: puts the rows in the order of the key columns, which name each row, drops those up to the
/// row that `after` names (whether it is still there or not) and all behind `rows_max`. Rows that come or go between two
/// pages therefore shift none of the others. Returns the cursor of the next page, empty at the end.
/// Errors: malformed (`after` is no cursor of such a list).
Result<std::string> cut_page(Table& table, std::span<const std::string_view> keys, std::string_view after,
                             std::size_t rows_max);

/// What of a list is wanted: so many rows behind a key. Where a list is read from the records, this cuts it there.
struct Slice {
    std::vector<std::string> after;  ///< the parts of a row's key, in their order; none: from the beginning
    std::int64_t rows_max = std::numeric_limits<std::int64_t>::max();

    /// For the query's parameters: `after_NAME` for each name, "-1" or "" where it begins at the beginning, and `most`.
    std::vector<std::pair<std::string, std::string>> parameters(
        std::span<const std::string_view> names) const;
    std::vector<std::pair<std::string, std::string>> parameters(
        std::initializer_list<std::string_view> names) const {
        return parameters(std::span{names.begin(), names.size()});
    }
};
/// From a cursor of `cut_page`. `kinds` has a letter a part of the key: n a whole number, t a text.
/// Errors: malformed (`cursor` is no cursor of such a list).
Result<Slice> slice_after(std::string_view cursor, std::string_view kinds, std::int64_t rows_max);

}  // namespace onecard::app
