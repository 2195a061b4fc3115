#include "text_reader.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "codec.hpp"
#include "upper_hex.hpp"

namespace onecard::bankfile::ykt {

namespace {

constexpr std::size_t trailer_fields = 4;

bool is_trailer(std::string_view line) { return line.starts_with("T|"); }

constexpr std::ptrdiff_t word_bytes = 8;

/// How many of the eight bytes at `at` come before the first that is a delimiter or no ASCII; eight when none is.
std::size_t plain_bytes_at(const char* at) {
    constexpr std::uint64_t ones = 0x0101010101010101U, highs = 0x80 * ones;
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    // The first byte in memory is the lowest one of the word.
    static_assert(std::endian::native == std::endian::little);
    // A delimiter becomes a 0, and a 0 lends its high bit. What borrows from it lies above: the lowest mark is true.
    const std::uint64_t other = word ^ (static_cast<unsigned char>(delimiter) * ones);
    const std::uint64_t found = (word | ((other - ones) & ~other)) & highs;
    return static_cast<std::size_t>(std::countr_zero(found)) / 8;
}

}  // namespace

TextReader::TextReader(std::string file_name, StreamHash* sm3, std::size_t faults_max)
    : file_name_{std::move(file_name)},
      sm3_{sm3},
      // A limit of none would make every file look good.
      faults_max_{std::max<std::size_t>(faults_max, 1)} {}

// --- bytes to lines ---------------------------------------------------------------------------------------------

// LF is no part of any character of GB18030, so lines can be cut before anything is decoded. The trailer's hash is
// over every byte before it: bytes are hashed in pieces as large as they come, but never the line that may turn out
// to be the trailer.
void TextReader::feed(std::string_view bytes) {
    ensure(!finished_, "a bank file is fed after its end");
    if (bytes.empty()) return;
    std::size_t start = 0;
    if (!carried_.empty() || skipping_) {
        const std::size_t end = bytes.find('\n');
        const bool ends = end != std::string_view::npos;
        start = ends ? end + 1 : bytes.size();
        take_piece_of_carried_line(bytes.substr(0, start), ends);
        if (!ends) return;
    }
    const std::size_t unhashed = start;
    while (true) {
        const std::size_t end = bytes.find('\n', start);
        if (end == std::string_view::npos) break;
        const std::string_view line = bytes.substr(start, end + 1 - start);
        if (line.size() > line_bytes_max) {
            take_overlong_line();
        } else {
            // It asks for the hash; nothing from here on is hashed.
            if (is_trailer(line)) hash(bytes.substr(unhashed, start - unhashed));
            take_line(line);
        }
        start = end + 1;
    }
    const std::string_view rest = bytes.substr(start);
    if (rest.size() >= line_bytes_max) {
        // Not even its LF can be within the limit any more.
        take_overlong_line();
        skipping_ = true;
        hash(bytes.substr(unhashed));
        return;
    }
    hash(bytes.substr(unhashed, start - unhashed));
    carried_.assign(rest);
}

void TextReader::take_piece_of_carried_line(std::string_view piece, bool ends) {
    // A line of the full length must end here.
    if (const std::size_t size = carried_.size() + piece.size();
        !skipping_ && (size > line_bytes_max || (size == line_bytes_max && !ends))) {
        take_overlong_line();
        hash(carried_);
        carried_.clear();
        skipping_ = true;
    }
    if (skipping_) {
        hash(piece);
        skipping_ = !ends;
        return;
    }
    carried_.append(piece);
    if (!ends) return;
    // The other way round for the trailer: it is not hashed, and asks for the hash of what came before it.
    if (!is_trailer(carried_)) hash(carried_);
    take_line(carried_);
    carried_.clear();
}

void TextReader::hash(std::string_view bytes) {
    if (sm3_ != nullptr && !trailer_seen_ && !bytes.empty()) sm3_->update(bytes_of(bytes));
}

void TextReader::finish() {
    ensure(!finished_, "a bank file is finished twice");
    finished_ = true;
    if (!carried_.empty() || skipping_) {
        if (!skipping_) ++line_no_;
        fault(Fault::malformed, field::line, "the file ends inside this line: expected CRLF at its end");
    }
    // The hash is lent: it goes back fresh.
    if (sm3_ != nullptr && !trailer_seen_) sm3_->finish();
    switch (expect_) {
        case Expect::header:
            ++line_no_;
            fault(Fault::missing, field::record, "the file has no header: its first line must be an H");
            break;
        case Expect::detail_or_trailer:
            ++line_no_;
            fault(Fault::missing, field::record, "the file has no trailer: its last line must be a T");
            break;
        case Expect::nothing: break;
    }
}

// --- lines to fields --------------------------------------------------------------------------------------------

void TextReader::take_overlong_line() {
    ++line_no_;
    lose_count();
    if (expect_ == Expect::header) expect_ = Expect::detail_or_trailer;
    fault(Fault::malformed, field::line, fmt::format("the line has more than {} bytes", line_bytes_max));
}

// '|' is a possible second byte of a character: only whole characters are stepped over. Eight bytes are looked at at a
// time, for what a line mostly is: neither a delimiter nor the first byte of a longer character.
void TextReader::split(std::string_view line) {
    const char* at = line.data();
    const char* const end = at + line.size();
    const char* start = at;
    std::size_t count = 0;
    const auto cut = [&] {
        if (count < fields_.size()) fields_[count] = {start, static_cast<std::size_t>(at - start)};
        ++count;
    };
    while (at < end) {
        if (end - at >= word_bytes) {
            const std::size_t plain = plain_bytes_at(at);
            at += plain;
            if (plain == word_bytes) continue;
        }
        const auto byte = static_cast<unsigned char>(*at);
        if (byte >= 0x80) {
            at += codec::width(at, end, true);
        } else if (byte == delimiter) {
            cut();
            start = ++at;
        } else {
            ++at;
        }
    }
    cut();
    field_count_ = count;
    decoded_size_ = 0;
}

void TextReader::take_line(std::string_view line) {
    ++line_no_;
    if (expect_ == Expect::nothing) {
        // Said once; what follows is not read.
        if (!std::exchange(trailed_, true))
            fault(Fault::malformed, field::line, "nothing may follow the trailer");
        return;
    }
    line.remove_suffix(1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    } else {
        fault(Fault::malformed, field::line, "expected CRLF at the end of the line, found LF alone");
    }
    split(line);
    const std::string_view record = fields_[0];
    if (expect_ == Expect::header) {
        expect_ = Expect::detail_or_trailer;
        if (record == "H") {
            header_good_ = take_header();
            return;
        }
        fault(Fault::missing, field::record, "the first line must be the header, an H");
    }
    if (record == "D") [[likely]] {
        take_detail();
    } else if (record == "T") {
        take_trailer();
    } else {
        lose_count();
        need(false, field::record, record);
    }
}

bool TextReader::has_fields(std::size_t expected) {
    if (field_count_ == expected) [[likely]]
        return true;
    fault(Fault::malformed, field::line, fmt::format("expected {} fields, found {}", expected, field_count_));
    return false;
}

void TextReader::take_trailer() {
    expect_ = Expect::nothing;
    trailer_seen_ = true;
    if (sm3_ != nullptr) digest_ = sm3_->finish();
    const bool comparable = header_good_ && countable_;
    if (comparable) compare_with_header();
    if (!has_fields(trailer_fields)) return;
    std::int32_t count = 0;
    Money total;
    if (read_count(field::count, field(1), count) && comparable && count != stated_count_)
        fault(Fault::mismatch, field::count,
              fmt::format("the header says {}, the trailer {}", stated_count_, count));
    if (read_total(field::total, field(2), total) && comparable && total.fen() != stated_total_)
        fault(Fault::mismatch, field::total,
              fmt::format("the header says {} fen, the trailer {}", stated_total_, total.fen()));
    const std::string_view stated = field(3);
    bool is_hash = stated.size() == 64;
    for (const char c : stated) is_hash &= is_digit(c) || (c >= 'A' && c <= 'F');
    if (!need(is_hash, field::hash, stated) || sm3_ == nullptr) return;
    if (const std::string computed = upper_hex(digest_); computed != stated)
        fault(
            Fault::tampered, field::hash,
            fmt::format(
                "the bytes before this line have the hash {}, the trailer says {}: they were changed on the "
                "way or hashed otherwise",
                computed, stated));
}

// --- fields to values -------------------------------------------------------------------------------------------

void TextReader::fault(Fault fault, const Field& field, std::string text) {
    if (faults_.size() >= faults_max_) return;
    faults_.push_back({.fault = fault, .place = place(file_name_, line_no_, field), .text = std::move(text)});
}

void TextReader::note(Fault kind, const Field& field, std::string_view found) {
    // A file of ten million bad lines costs no ten million texts.
    if (faults_.size() < faults_max_) fault(kind, field, unexpected(field, found));
}

bool TextReader::read_number(const Field& field, std::string_view found, std::int64_t most,
                             std::int64_t& number) {
    const auto read = canonical_number(found);
    if (!need(read.has_value(), field, found) || !need(*read <= most, field, found, Fault::out_of_range))
        return false;
    number = *read;
    return true;
}

bool TextReader::read_count(const Field& field, std::string_view found, std::int32_t& count) {
    std::int64_t number = 0;
    if (!read_number(field, found, lines_max, number)) return false;
    count = static_cast<std::int32_t>(number);
    return true;
}

bool TextReader::read_total(const Field& field, std::string_view found, Money& total) {
    std::int64_t fen = 0;
    if (!read_number(field, found, std::numeric_limits<std::int64_t>::max(), fen)) return false;
    total = Money::of_fen(fen);
    return true;
}

bool TextReader::read_day(const Field& field, std::string_view found, Day& day) {
    if (!need(is_digits(found, 8, 8), field, found)) return false;
    const auto read = Day::parse(found);
    if (!need(read.has_value(), field, found, Fault::out_of_range)) return false;
    day = *read;
    return true;
}

bool TextReader::read_made_at(std::string_view found, Moment& made_at) {
    if (!need(is_digits(found, 14, 14), field::made_at, found)) return false;
    const auto read = Moment::parse(found);
    // One moment, one way to write it.
    if (!need(read && read->digits_in_china() == found, field::made_at, found, Fault::out_of_range))
        return false;
    made_at = *read;
    return true;
}

bool TextReader::read_file_id(std::string_view found, std::string& file_id) {
    if (!need(is_file_id(found), field::file_id, found)) return false;
    file_id = found;
    return true;
}

bool TextReader::read_county(std::string_view found, std::string_view file_id, County& county) {
    const auto read = County::parse(found);
    if (!need(read.has_value(), field::county, found)) return false;
    county = *read;
    if (file_id.empty() || file_id.substr(3, 6) == found) return true;
    fault(Fault::mismatch, field::county,
          fmt::format("the file id is of county {}, the header of {}", file_id.substr(3, 6), found));
    return false;
}

bool TextReader::read_text(const Field& field, std::string_view found, std::size_t least, std::size_t most,
                           std::string_view& utf8) {
    const char* at = found.data();
    const char* const end = at + found.size();
    char* const start = decoded_.data() + decoded_size_;
    char* to = start;
    std::size_t characters = 0;
    while (at < end) {
        const char* const before = at;
        const char32_t c = codec::next_gb18030(at, end);
        if (c == codec::no_character) [[unlikely]] {
            fault(Fault::malformed, field,
                  fmt::format("byte {} of the field begins no character of GB18030 that can be accepted",
                              before - found.data() + 1));
            return false;
        }
        if (!is_text(c)) [[unlikely]] {
            fault(Fault::malformed, field,
                  fmt::format("byte {} of the field is a control character", before - found.data() + 1));
            return false;
        }
        ++characters;
        to = codec::put_utf8(to, c);
    }
    if (characters < least || characters > most) [[unlikely]] {
        fault(Fault::malformed, field, fmt::format("expected {}, found {}", field.expected, characters));
        return false;
    }
    utf8 = {start, static_cast<std::size_t>(to - start)};
    decoded_size_ += utf8.size();
    return true;
}

bool TextReader::count_detail(std::int64_t fen) {
    ++count_;
    if (!__builtin_add_overflow(total_fen_, fen, &total_fen_)) [[likely]]
        return true;
    lose_count();
    fault(Fault::out_of_range, field::amount, "the total of the lines so far does not fit 64 bits");
    return false;
}

void TextReader::compare(const Field& field, std::int64_t stated, std::int64_t found) {
    if (stated != found)
        fault(Fault::mismatch, field, fmt::format("the header says {}, the details make {}", stated, found));
}

}  // namespace onecard::bankfile::ykt
