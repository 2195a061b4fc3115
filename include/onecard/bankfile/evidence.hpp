#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/bankfile/profile.hpp"
#include "onecard/core/digest.hpp"

/// One record of a bank's file, found again byte for byte: what a break is about.
namespace onecard::bankfile {

/// The files of a bank in which breaks are found.
enum class Found : std::uint8_t { in_return, in_statement };

struct RecordPlace {
    std::int64_t offset = 0;     ///< bytes of the file before it
    std::int64_t length = 0;     ///< in bytes, with the end of its line
    std::int64_t file_line = 0;  ///< of its first byte, as an editor counts: 1 is the first
    std::string bytes;           ///< the first `record_bytes_max` of them
};
inline constexpr std::size_t record_bytes_max = 65'536;

/// Finds a record in pieces of any size, in constant memory. A file of lines is fed once, an XML file twice.
class RecordFinder {
public:
    virtual ~RecordFinder() = default;
    virtual void feed(std::string_view bytes) = 0;
    /// Says that there are no more bytes. True when the whole file has to be fed once more.
    virtual bool finish() = 0;
    /// After the last `finish`; nothing where the file has no such record.
    virtual const std::optional<RecordPlace>& found() const = 0;
};

/// `line`: of a return file as ReturnReading counts, of a statement its line's number, from 1. The profile and the hash
/// (fresh, lent) must outlive what is made of them.
std::unique_ptr<RecordFinder> find_record(const Profile& profile, Found where, std::int32_t line,
                                          StreamHash& sm3);

/// The record with '*' for each byte of what may be about a person: names, accounts but for their last four digits, free
/// text, and whatever the profile does not name. As long as it was. A record that cannot be taken apart is '*' throughout.
std::string masked(const Profile& profile, Found where, std::string_view record);

/// For people: what is no character of the encoding is shown as <XX>, its bytes in hexadecimal.
std::string readable(const Profile& profile, std::string_view record);

}  // namespace onecard::bankfile
