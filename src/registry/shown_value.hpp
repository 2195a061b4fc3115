#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace onecard::registry {

/// What a column holds, for showing a wrong value of it to people and logs.
enum class Shows : std::uint8_t { word, number, name, resident_id, account };

/// The value as a fault may show it: personal values masked, control characters replaced, long ones cut. A column of
/// numbers hides text and a long run of digits, since a shifted or swapped column brings names and identity numbers.
std::string shown_value(std::string_view value, Shows shows);

}  // namespace onecard::registry
