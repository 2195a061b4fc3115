#include "onecard/bankfile/encoding.hpp"

#include <fmt/format.h>
#include <cstring>

#include "codec.hpp"

namespace onecard::bankfile {

// The mapping is frozen at build time (cmake/gb18030_table.cpp) because GB18030 changed between its editions and the
// libraries differ: a character must not change its meaning between the office and the auditor's machine.

namespace {

std::string_view name_of(Encoding encoding) {
    switch (encoding) {
        case Encoding::utf8: return "UTF-8";
        case Encoding::gbk: return "GBK";
        case Encoding::gb18030: return "GB18030";
    }
    broken("an encoding that does not exist");
}

/// Makes room for `extra` bytes at the end of `out`, lets `fill` write there and cuts off what it did not use.
/// When `fill` fails (nullptr) `out` is what it was.
template <class Fill>
void grow(std::string& out, std::size_t extra, Fill fill) {
    const std::size_t before = out.size();
    out.resize_and_overwrite(before + extra, [&](char* bytes, std::size_t) {
        const char* const end = fill(bytes + before);
        return end == nullptr ? before : static_cast<std::size_t>(end - bytes);
    });
}

struct Stop {
    std::size_t offset = 0;
    char32_t character = codec::no_character;
};

/// The one loop of both directions: ASCII in runs, everything else through `next` and `put`.
template <class Next, class Put>
char* transcode(std::string_view in, char* out, Stop& stop, Next next, Put put) {
    const char* at = in.data();
    const char* const end = at + in.size();
    while (at < end) {
        if (const std::size_t run = codec::ascii_run(at, end); run > 0) {
            std::memcpy(out, at, run);
            out += run;
            at += run;
            continue;
        }
        const char* const start = at;
        const char32_t c = next(at, end);
        char* const written = c == codec::no_character ? nullptr : put(out, c);
        if (written == nullptr) {
            stop = {.offset = static_cast<std::size_t>(start - in.data()), .character = c};
            return nullptr;
        }
        out = written;
    }
    return out;
}

char* put_public_utf8(char* out, char32_t c) {
    return codec::is_private_use(c) ? nullptr : codec::put_utf8(out, c);
}

}  // namespace

Result<void> encode(std::string_view utf8, Encoding encoding, std::string& out) {
    Stop stop;
    bool done = false;
    // No character takes more than twice its bytes in UTF-8 (U+0080: 2 there, 4 in GB18030).
    grow(out, utf8.size() * 2, [&](char* to) -> const char* {
        const char* end = nullptr;
        switch (encoding) {
            case Encoding::utf8: end = transcode(utf8, to, stop, codec::next_utf8, put_public_utf8); break;
            case Encoding::gbk: end = transcode(utf8, to, stop, codec::next_utf8, codec::put_gbk); break;
            case Encoding::gb18030:
                end = transcode(utf8, to, stop, codec::next_utf8, codec::put_gb18030);
                break;
        }
        done = end != nullptr;
        return end;
    });
    if (done) return {};
    if (stop.character == codec::no_character)
        return refuse(Fault::malformed, fmt::format("not UTF-8 at byte offset {}", stop.offset));
    const auto number = static_cast<std::uint32_t>(stop.character);
    if (codec::is_private_use(stop.character))
        return refuse(Fault::unknown,
                      fmt::format("U+{:04X} is a private-use character, which other machines show as "
                                  "another one or not at all",
                                  number));
    return refuse(Fault::unknown, fmt::format("U+{:04X} is not in {}", number, name_of(encoding)));
}

Result<void> decode(std::string_view bytes, Encoding encoding, std::string& out) {
    Stop stop;
    bool done = false;
    // Two bytes become at most three, four at most four.
    grow(out, bytes.size() + bytes.size() / 2, [&](char* to) -> const char* {
        const char* end = nullptr;
        switch (encoding) {
            case Encoding::utf8: end = transcode(bytes, to, stop, codec::next_utf8, put_public_utf8); break;
            case Encoding::gbk: end = transcode(bytes, to, stop, codec::next_gbk, codec::put_utf8); break;
            case Encoding::gb18030:
                end = transcode(bytes, to, stop, codec::next_gb18030, codec::put_utf8);
                break;
        }
        done = end != nullptr;
        return end;
    });
    if (done) return {};
    return refuse(
        Fault::malformed,
        fmt::format("byte offset {}: 0x{:02X} begins no character of {} that can be accepted", stop.offset,
                    static_cast<unsigned char>(bytes[stop.offset]), name_of(encoding)));
}

std::size_t find_delimiter(std::string_view bytes, Encoding encoding, char delimiter, std::size_t from) {
    if (from >= bytes.size()) return std::string_view::npos;
    // No byte of a character of UTF-8 that is not ASCII is below 0x80.
    if (encoding == Encoding::utf8) return bytes.find(delimiter, from);
    const char* at = bytes.data() + from;
    const char* const end = bytes.data() + bytes.size();
    while (at < end) {
        const std::size_t run = codec::ascii_run(at, end);
        if (run > 0) {
            if (const void* hit = std::memchr(at, delimiter, run))
                return static_cast<std::size_t>(static_cast<const char*>(hit) - bytes.data());
            at += run;
            continue;
        }
        at += codec::width(at, end, encoding == Encoding::gb18030);
    }
    return std::string_view::npos;
}

}  // namespace onecard::bankfile
