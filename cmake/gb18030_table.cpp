// gb18030_table FILE: writes the contents of src/bankfile/gb18030_table.hpp, taken from iconv(3) of glibc.
//
// GB18030 is not one mapping: ICU and Python send the bytes FE59 to a private-use character where glibc has U+9FB4.
// So the mapping is frozen here, at build time, and a test holds its fingerprint: a glibc with another edition
// fails that test instead of changing what a bank reads. Private-use characters are left out (0): a name with one
// looks right on the machine that made it and wrong on every other.

#include <iconv.h>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../src/bankfile/gb18030_table.hpp"

namespace table = onecard::bankfile::gb18030;

namespace {

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "gb18030_table: %s\n", what);
    std::exit(1);
}

class Conversion {
public:
    explicit Conversion(const char* from) : handle_{iconv_open("UTF-32LE", from)} {
        // iconv reports failure as a pointer of all ones.
        if (handle_ == reinterpret_cast<iconv_t>(-1)) give_up("iconv does not know the encoding");
    }
    ~Conversion() { iconv_close(handle_); }
    Conversion(const Conversion&) = delete;
    Conversion& operator=(const Conversion&) = delete;

    /// The one code point that `bytes` stand for, or 0.
    std::uint32_t decode(const unsigned char* bytes, std::size_t size) const {
        std::array<char, 4> in{};
        std::memcpy(in.data(), bytes, size);
        std::array<char, 16> out{};
        char* from = in.data();
        char* to = out.data();
        std::size_t in_left = size;
        std::size_t out_left = out.size();
        iconv(handle_, nullptr, nullptr, nullptr, nullptr);
        if (iconv(handle_, &from, &in_left, &to, &out_left) != 0 || in_left != 0) return 0;
        if (out.size() - out_left != 4) return 0;
        std::uint32_t code_point = 0;
        std::memcpy(&code_point, out.data(), 4);
        return code_point;
    }

private:
    iconv_t handle_;
};

bool is_private(std::uint32_t code_point) {
    return (code_point >= 0xE000 && code_point <= 0xF8FF) || code_point >= 0xF'0000;
}

template <class Numbers>
void print(std::FILE* file, const char* type, const char* name, const Numbers& numbers) {
    std::fprintf(file, "const std::array<%s, %zu> %s{{\n", type, numbers.size(), name);
    std::size_t column = 0;
    for (const auto number : numbers)
        std::fprintf(file, "0x%llX,%s", static_cast<unsigned long long>(number),
                     ++column % 24 == 0 ? "\n" : "");
    std::fprintf(file, "}};\n");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) give_up("name the file to write");
    const Conversion gb18030{"GB18030"};
    const Conversion gbk{"GBK"};
    std::vector<std::uint16_t> two_byte(table::two_byte_count);
    std::vector<std::uint16_t> four_byte(table::four_byte_count);
    std::vector<std::uint16_t> to_two_byte(65'536);
    std::vector<std::uint16_t> to_four_byte(65'536);
    std::vector<std::uint64_t> in_gbk((table::two_byte_count + 63) / 64);
    std::vector<table::ShortSupplementary> supplementary;

    for (unsigned lead = 0x81; lead <= 0xFE; ++lead) {
        for (unsigned trail = 0x40; trail <= 0xFE; ++trail) {
            if (trail == 0x7F) continue;
            const std::array<unsigned char, 2> bytes{static_cast<unsigned char>(lead),
                                                     static_cast<unsigned char>(trail)};
            const std::uint32_t code_point = gb18030.decode(bytes.data(), 2);
            const auto code = static_cast<std::uint16_t>(lead << 8 | trail);
            const std::size_t index = table::index_of(bytes[0], bytes[1]);
            if (code_point == 0 || is_private(code_point)) continue;
            if (code_point > 0xFFFF) {
                two_byte[index] = static_cast<std::uint16_t>(table::surrogate_base + supplementary.size());
                supplementary.push_back({code_point, code});
            } else {
                if (to_two_byte[code_point] != 0) give_up("two codes for one character");
                two_byte[index] = static_cast<std::uint16_t>(code_point);
                to_two_byte[code_point] = code;
            }
            const std::uint32_t as_gbk = gbk.decode(bytes.data(), 2);
            if (as_gbk == 0) continue;
            if (as_gbk != code_point) give_up("GBK is not a part of GB18030 here");
            in_gbk[index / 64] |= std::uint64_t{1} << index % 64;
        }
    }
    if (supplementary.size() != table::short_supplementary_count) give_up("not the 2005 edition of GB18030");

    for (std::size_t n = 0; n < table::four_byte_count; ++n) {
        const std::array<unsigned char, 4> bytes{
            static_cast<unsigned char>(0x81 + n / 12'600), static_cast<unsigned char>(0x30 + n / 1'260 % 10),
            static_cast<unsigned char>(0x81 + n / 10 % 126), static_cast<unsigned char>(0x30 + n % 10)};
        const std::uint32_t code_point = gb18030.decode(bytes.data(), 4);
        if (code_point == 0 || is_private(code_point)) continue;
        if (code_point > 0xFFFF) give_up("a four-byte character outside the BMP where the BMP was expected");
        if (to_two_byte[code_point] != 0 || to_four_byte[code_point] != 0)
            give_up("two codes for one character");
        four_byte[n] = static_cast<std::uint16_t>(code_point);
        to_four_byte[code_point] = static_cast<std::uint16_t>(n + 1);
    }

    std::FILE* const file = std::fopen(argv[1], "w");
    if (file == nullptr) give_up("cannot write the file");
    std::fprintf(file, "// Made by cmake/gb18030_table.cpp from iconv(3). Not for editing.\n");
    std::fprintf(file, "#include \"gb18030_table.hpp\"\n\nnamespace onecard::bankfile::gb18030 {\n");
    print(file, "std::uint16_t", "two_byte", two_byte);
    print(file, "std::uint16_t", "four_byte", four_byte);
    print(file, "std::uint16_t", "to_two_byte", to_two_byte);
    print(file, "std::uint16_t", "to_four_byte", to_four_byte);
    print(file, "std::uint64_t", "in_gbk", in_gbk);
    std::fprintf(file, "const std::array<ShortSupplementary, %zu> short_supplementary{{\n",
                 supplementary.size());
    for (const auto& entry : supplementary)
        std::fprintf(file, "{0x%X, 0x%X},\n", static_cast<unsigned>(entry.code_point),
                     static_cast<unsigned>(entry.code));
    std::fprintf(file, "}};\n}  // namespace onecard::bankfile::gb18030\n");
    if (std::fclose(file) != 0) give_up("cannot write the file");
    return 0;
}
