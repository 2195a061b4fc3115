#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "onecard/registry/csv.hpp"

// The first byte chooses the file and the size of the pieces; the rest is the file. Whatever it holds: no crash, faults
// with a place, the same rows and faults whatever the pieces, and no resident number of the test area in a fault.

namespace {

using namespace onecard;
using namespace onecard::registry;

struct Read {
    RegisterFiles files;
    Faults faults;
    std::int64_t rows = 0;
};

Read read(FileKind kind, std::string_view text, std::size_t piece) {
    Read result;
    const DecodeContext context{
        .today = Day::of_epoch_days(19'000),
        .bank_of =
            [](std::string_view code) { return BankNo{static_cast<std::int16_t>(code.back() == '1')}; },
        .faults_max = 100};
    RegisterDecoder decoder{kind, std::string{file_name_of(kind)}, context, result.files, result.faults};
    for (std::size_t i = 0; i < text.size(); i += piece) decoder.feed(text.substr(i, piece));
    decoder.finish();
    check_together(result.files, result.faults);
    result.rows = decoder.rows();
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto kind = static_cast<FileKind>(data[0] % 6);
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    const Read whole = read(kind, text, size);
    const Read pieces = read(kind, text, 1 + data[0] / 6);
    ensure(whole.rows == pieces.rows, "pieces change the number of rows");
    ensure(whole.faults.size() == pieces.faults.size(), "pieces change the number of faults");
    ensure(whole.files.persons.size() == whole.files.identities.size(), "a person without identity");
    for (std::size_t i = 0; i < whole.faults.size(); ++i) {
        ensure(whole.faults[i].message() == pieces.faults[i].message(), "pieces change a fault");
        ensure(!whole.faults[i].place.empty() && !whole.faults[i].text.empty(),
               "a fault without place or reason");
    }
    return 0;
}
