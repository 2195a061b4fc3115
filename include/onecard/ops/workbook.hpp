#pragma once

#include <string>

#include "onecard/app/report.hpp"

namespace onecard::ops {

/// A report as an .xlsx workbook: its fields on the first sheet, a sheet a table, money as yuan with two decimals.
/// Texts are texts: nothing in a cell is ever a formula.
std::string to_workbook(const app::Report& report, app::Language language);

}  // namespace onecard::ops
