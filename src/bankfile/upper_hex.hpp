#pragma once

#include <string>

#include "onecard/core/digest.hpp"

namespace onecard::bankfile {

/// As the trailers of files state a hash.
inline std::string upper_hex(const Digest& digest) {
    std::string text = digest.hex();
    for (char& c : text)
        if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

}  // namespace onecard::bankfile
