#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace onecard::app {

/// Room on the disk for bytes on their way. It has no name that anybody could open, and is gone with this object or with
/// the process, however that ends.
class Scratch {
public:
    virtual ~Scratch() = default;
    /// Where the bytes begin.
    virtual std::int64_t append(std::string_view bytes) = 0;
    /// Fills `out` from there on; throws where so much was not appended.
    virtual void read(std::int64_t at, std::span<char> out) = 0;
};

}  // namespace onecard::app
