#pragma once

#include <string_view>

namespace onecard::app {

/// Whether what a bank signed says of a file what `alone`, the words that it would sign for that file alone, say.
bool says_receipt(std::string_view signed_text, std::string_view alone);

}  // namespace onecard::app
