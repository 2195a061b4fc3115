#include <array>
#include <cstdint>
#include <cstdlib>

#include "support/folding_hash.hpp"
#include "support/ykt_files.hpp"

// Any bytes are read without harm, in one piece as in many, and what is accepted is written back byte for byte.
// The hash is always zero, so that the search can find trailers that are right.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onecard;
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    tests::ZeroHash hash;
    const auto whole = tests::read_return(bytes, hash);
    const std::array<std::size_t, 3> sizes{1, 1 + size % 61, 7};
    const auto pieces = tests::read_return(bytes, hash, sizes);
    if (pieces.messages() != whole.messages() || pieces.lines != whole.lines) std::abort();
    if (!whole.faults.empty()) return 0;
    const auto written = tests::write_return(whole.header, whole.lines, hash);
    if (!written || *written != bytes) std::abort();
    return 0;
}
