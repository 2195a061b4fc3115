#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "onecard/app/report.hpp"

namespace onecard::cli {

/// A text of a refusal in Chinese by schemas/texts/zh.txt, line by line, with the places (file:line:field) as they are. A line
/// that is not there stays English.
std::string in_chinese(std::string_view english);
/// Whether every line of it is there.
bool is_in_chinese(std::string_view english);
/// The English texts of the table, with {} for what varies.
std::vector<std::string> texts_in_chinese();

/// The reasons that a report gives, in Chinese.
app::Report with_reasons_in_chinese(app::Report report);

}  // namespace onecard::cli
