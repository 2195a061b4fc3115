#pragma once

#include <filesystem>
#include <string_view>

#include "onecard/core/result.hpp"

namespace onecard::ops {

/// Whether a file begins as a workbook (.xlsx) does.
bool is_workbook(const std::filesystem::path& file);

/// Writes a sheet of an .xlsx workbook as CSV (RFC 4180, UTF-8): row n of the sheet is line n of the CSV, as wide as the
/// first row. `sheet`: the sheet of that name, else the only one. A text cell is its text, a number its digits. All faults
/// are listed, "name:row:column letter": what a cell cannot say for sure (a formula, an error, a number of more than 15
/// digits, which a cell has rounded), more cells than the first row has. With a fault the CSV must not be used.
/// Limits: 64 MiB of XML a part, 100,000 rows, 100 columns. Errors: malformed (no workbook, encrypted, without such a
/// sheet), out_of_range.
Result<void> sheet_to_csv(const std::filesystem::path& workbook, std::string_view sheet,
                          const std::filesystem::path& csv, std::string_view name, Faults& faults);

}  // namespace onecard::ops
