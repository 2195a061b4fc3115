#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

namespace onecard::bankfile {

/// The encodings that banks use. GBK is the two-byte subset (CP936 without extensions of its own); GB18030 is
/// the 2005 mapping with the table of glibc 2.36 fixed at build time (see encoding.cpp for why).
enum class Encoding : std::uint8_t { utf8, gbk, gb18030 };

/// Appends `utf8` to `out` in `encoding`. Errors: malformed (not UTF-8), unknown (a character that the encoding does
/// not have or a private-use one: never replaced by '?'; the text names the code point as U+XXXX).
Result<void> encode(std::string_view utf8, Encoding encoding, std::string& out);

/// Decodes to UTF-8, appended to `out`. Errors: malformed with the byte offset.
Result<void> decode(std::string_view bytes, Encoding encoding, std::string& out);

/// Finds `delimiter` (an ASCII character) at a character boundary from `from` on; npos when there is none.
/// '|' is a possible trail byte in GBK and GB18030, so a plain search would split inside a character.
std::size_t find_delimiter(std::string_view bytes, Encoding encoding, char delimiter, std::size_t from);

}  // namespace onecard::bankfile
