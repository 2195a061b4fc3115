#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "onecard/core/identity.hpp"
#include "onecard/core/result.hpp"

namespace onecard::app {

/// What people write and acts repeat: 1 to `bytes_max` bytes of UTF-8 on one line, without '|'. Errors: malformed.
inline Result<void> check_written(std::string_view text, std::size_t bytes_max, std::string_view what,
                                  const std::string& place) {
    bool is_good = !text.empty() && text.size() <= bytes_max && std::ranges::none_of(text, [](char c) {
        return c == '|' || static_cast<unsigned char>(c) < 0x20;
    });
    for (std::size_t at = 0; is_good && at < text.size();)
        is_good = next_code_point(text, at) != char32_t{0xffffffff};
    if (is_good) return {};
    return refuse(Fault::malformed,
                  fmt::format("{} of at most {} bytes on one line, without '|', is needed", what, bytes_max),
                  place);
}

}  // namespace onecard::app
