#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "onecard/bankfile/tar.hpp"

namespace {

using namespace onecard;

struct Files final : bankfile::TarSink {
    std::vector<std::pair<std::string, std::string>> all;
    std::uint64_t announced = 0;
    Result<void> begin(std::string_view name, std::uint64_t bytes) override {
        if (!bankfile::is_tar_name(name)) std::abort();
        all.emplace_back(name, std::string{});
        announced = bytes;
        return {};
    }
    void take(std::string_view piece) override { all.back().second += piece; }
    Result<void> end() override {
        if (all.back().second.size() != announced) std::abort();
        return {};
    }
};

struct Read {
    Files files;
    std::string fault;
};

template <class Sizes>
Read read(std::string_view bytes, const Sizes& sizes) {
    Read read;
    bankfile::TarReading reading{"t", read.files};
    Result<void> going;
    for (std::size_t i = 0; going && !bytes.empty(); ++i) {
        const std::size_t size = std::min(bytes.size(), std::size_t{sizes[i % sizes.size()]});
        going = reading.feed(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    if (going) going = reading.finish();
    if (!going) read.fault = going.error().message();
    return read;
}

}  // namespace

// Any bytes are read without harm, in one piece as in many, and what is accepted is accepted when it is written anew.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const Read whole = read(bytes, std::array{std::max<std::size_t>(size, 1)});
    const Read pieces = read(bytes, std::array<std::size_t, 4>{1, 511, 1 + size % 700, 513});
    if (whole.fault != pieces.fault) std::abort();
    if (!whole.fault.empty()) return 0;
    if (whole.files.all != pieces.files.all) std::abort();
    std::string written;
    for (const auto& [name, text] : whole.files.all)
        written.append(bankfile::tar_header(name, text.size(), {}))
            .append(text)
            .append(bankfile::tar_padding(text.size()), '\0');
    written.append(bankfile::tar_end_bytes, '\0');
    const Read again = read(written, std::array{written.size()});
    if (!again.fault.empty() || again.files.all != whole.files.all) std::abort();
    return 0;
}
