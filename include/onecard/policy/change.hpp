#pragma once

#include <span>
#include <string>
#include <string_view>

#include "onecard/policy/book.hpp"

/// "What if": values that would hold instead of what was published. They are in no book and nothing is paid by them.
namespace onecard::policy {

/// One value for every county that it is put to.
struct Change {
    std::string key;  ///< a key of the packs, "dibao.urban"
    std::string
        text;  ///< as `Book::canonical_text` writes a value; of a published amount also "+50.00", "-12.50": on top
};

/// Errors: unknown key, malformed, out_of_range, at the key.
Result<Change> parse_change(std::string_view key, std::string_view text);

/// Puts changes, in their order, to what the book says for a county and month. What is put on top of an amount that the
/// county does not publish changes nothing. Errors: out_of_range, naming county, month and key, where an amount would
/// not be positive.
Result<CountyPolicy> changed(CountyPolicy policy, std::span<const Change> changes);

}  // namespace onecard::policy
