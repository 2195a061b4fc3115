#pragma once

#include <cstddef>
#include <string_view>

namespace onecard::app {

/// So many files at most in one note of receipts: it then stays below 64 KiB.
inline constexpr std::size_t receipts_together_max = 500;

/// Whether what a bank signed says of a file what `alone`, the words that it would sign for that file alone, say.
bool says_receipt(std::string_view signed_text, std::string_view alone);

}  // namespace onecard::app
