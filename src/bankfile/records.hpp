#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fault_list.hpp"
#include "onecard/bankfile/profile.hpp"
#include "onecard/bankfile/statement.hpp"
#include "onecard/core/digest.hpp"

/// The outer half of a format: how records and their fields are put into bytes and found again. What the fields mean is
/// the inner half's business (values.hpp).
namespace onecard::bankfile::syntax {

enum class Kind : std::uint8_t { header, detail, trailer };

inline const Record& record_of(const Layout& layout, Kind kind) {
    switch (kind) {
        case Kind::header: return layout.header;
        case Kind::detail: return layout.detail;
        case Kind::trailer: return layout.trailer;
    }
    broken("a record of no kind");
}

/// A record's texts in UTF-8, one for each of its fields.
using Values = std::vector<std::string>;

class RecordWriter {
public:
    virtual ~RecordWriter() = default;
    /// Errors: unknown, malformed, out_of_range; the place is the name of the field. Nothing is written then.
    virtual Result<void> put(Kind kind, const Values& values) = 0;
    /// After the last record.
    virtual void close() = 0;
    std::string bytes;
};

class RecordReader {
public:
    /// The texts live during the call only. `line` is where the record stands (XML: where it ends).
    using OnRecord = std::function<void(Kind, std::span<const std::string_view> values, std::int64_t line)>;
    virtual ~RecordReader() = default;
    virtual void feed(std::string_view bytes) = 0;
    virtual void finish() = 0;
    /// Of every byte before the trailer, once the trailer was reached, where a hash was lent.
    virtual const Digest& digest() const = 0;
    virtual std::int64_t line() const = 0;
    /// Of the detail at hand, in files of elements.
    virtual XmlPlace xml_place() const { return {}; }
};

std::unique_ptr<RecordWriter> write_lines(const Profile& profile, const Layout& layout);
std::unique_ptr<RecordWriter> write_elements(const Profile& profile, const Layout& layout);
std::unique_ptr<RecordReader> read_lines(const Profile& profile, const Layout& layout, FaultList& faults,
                                         StreamHash* sm3, RecordReader::OnRecord on_record);
std::unique_ptr<RecordReader> read_elements(const Profile& profile, const Layout& layout, FaultList& faults,
                                            RecordReader::OnRecord on_record);

inline std::unique_ptr<RecordWriter> write_records(const Profile& profile, const Layout& layout) {
    return layout.form == Form::xml ? write_elements(profile, layout) : write_lines(profile, layout);
}

/// Appends a text in the profile's encoding as it may stand in a file: no control characters, no private-use ones, no
/// `forbidden` character. Errors: malformed, unknown, out_of_range (more than `bytes_max`; 0 is no limit).
Result<void> append_encoded(const Profile& profile, std::string_view utf8, char forbidden,
                            std::size_t bytes_max, std::string& out);

}  // namespace onecard::bankfile::syntax
