#pragma once

#include <string_view>

namespace onecard::store {

/// Throws what the database's word means to the house: RefusedByDatabase (class 23), TryAgain (class 40), else
/// std::runtime_error. `verbose` is libpq's message at PQERRORS_VERBOSE. No value of a row gets into the text but the
/// numbers of a violated key: detail lines of checks and the quoted input of class 22 are left out.
[[noreturn]] void throw_said(std::string_view statement, std::string_view sqlstate, std::string_view verbose);

}  // namespace onecard::store
