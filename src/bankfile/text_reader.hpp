#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "fields.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "onecard/core/digest.hpp"

namespace onecard::bankfile::ykt {

/// What reading a batch and reading a return have in common: bytes in, lines and fields out, the order of the
/// records, the trailer, the hash, the faults.
class TextReader {
public:
    /// Without `sm3` the trailer's hash is not computed.
    TextReader(std::string file_name, StreamHash* sm3, std::size_t faults_max);
    virtual ~TextReader() = default;
    TextReader(const TextReader&) = delete;
    TextReader& operator=(const TextReader&) = delete;

    void feed(std::string_view bytes);
    void finish();
    const Faults& faults() const { return faults_; }
    std::int32_t line_no() const { return line_no_; }

protected:
    /// The first line. The fields are split and the record is an H; true when all of it was good, with `stated_count_`
    /// and `stated_total_` set.
    virtual bool take_header() = 0;
    /// A line whose record is a D. To be counted by `count_detail`.
    virtual void take_detail() = 0;
    /// Once all details are there, the header was good and every detail could be counted.
    virtual void compare_with_header() = 0;

    std::string_view field(std::size_t n) const { return fields_[n]; }
    bool has_fields(std::size_t expected);

    void fault(Fault fault, const Field& field, std::string text);
    /// Notes a fault when `holds` is false; returns `holds`.
    bool need(bool holds, const Field& field, std::string_view found, Fault fault = Fault::malformed) {
        if (!holds) [[unlikely]]
            note(fault, field, found);
        return holds;
    }
    /// A number in canonical form, 0 to `most`.
    bool read_number(const Field& field, std::string_view found, std::int64_t most, std::int64_t& number);
    bool read_count(const Field& field, std::string_view found, std::int32_t& count);
    bool read_total(const Field& field, std::string_view found, Money& total);
    bool read_day(const Field& field, std::string_view found, Day& day);
    bool read_made_at(std::string_view found, Moment& made_at);
    bool read_file_id(std::string_view found, std::string& file_id);
    bool read_county(std::string_view found, std::string_view file_id, County& county);
    /// Decodes a text field; the view lives until the next line.
    bool read_text(const Field& field, std::string_view found, std::size_t least, std::size_t most,
                   std::string_view& utf8);
    /// The seven digits; 0 when it is not that.
    static std::int32_t seq_in(std::string_view found) {
        if (!is_digits(found, 7, 7)) return 0;
        std::int32_t seq = 0;
        for (const char c : found) seq = seq * 10 + (c - '0');
        return seq;
    }
    /// Counts one detail; false (and a fault) when the total does not fit 64 bits.
    bool count_detail(std::int64_t fen);
    /// For a line that cannot be counted: totals are not compared then, as they could only differ.
    void lose_count() { countable_ = false; }
    /// For a line whose faults are told otherwise.
    void forget_faults_after(std::size_t count) { faults_.resize(std::min(count, faults_.size())); }
    void compare(const Field& field, std::int64_t stated, std::int64_t found);

    std::int32_t stated_count_ = 0;
    std::int64_t stated_total_ = 0;
    std::int32_t count_ = 0;
    std::int64_t total_fen_ = 0;

private:
    enum class Expect : std::uint8_t { header, detail_or_trailer, nothing };

    void hash(std::string_view bytes);
    void take_piece_of_carried_line(std::string_view piece, bool ends);
    void take_line(std::string_view line);
    void take_overlong_line();
    void take_trailer();
    void split(std::string_view line);
    void note(Fault fault, const Field& field, std::string_view found);

    std::string file_name_;
    StreamHash* sm3_;
    std::size_t faults_max_;
    Faults faults_;
    std::string carried_;    ///< the beginning of a line whose end has not come yet, at most line_bytes_max
    bool skipping_ = false;  ///< inside a line that is too long
    bool trailer_seen_ = false;  ///< the hash is complete
    bool trailed_ = false;       ///< something has followed the trailer
    Digest digest_;
    bool header_good_ = false;
    bool countable_ = true;
    bool finished_ = false;
    Expect expect_ = Expect::header;
    std::int32_t line_no_ = 0;
    // One more than any record has is enough: beyond that fields are only counted.
    std::array<std::string_view, 16> fields_;
    std::size_t field_count_ = 0;
    std::array<char, line_bytes_max * 3 / 2> decoded_;
    std::size_t decoded_size_ = 0;
};

}  // namespace onecard::bankfile::ykt
