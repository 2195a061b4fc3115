#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "onecard/core/identity.hpp"
#include "onecard/registry/csv.hpp"

// Bytes are taken a physical line at a time. A line without quotes is a row and is handed over where it lies; only a
// row that goes over several lines or pieces is copied. No line is looked at more than twice: a line that leaves a
// quote open has an odd number of quotes, one inside an open quote that neither closes nor breaks it an even number, so
// the lines read again after an unclosed quote do not open another one.
namespace onecard::registry {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

enum class LineEnd : std::uint8_t { row, open_quote, stray };

struct Scan {
    LineEnd end;
    std::size_t field;
    const char* why = nullptr;  ///< of `stray`
};

Scan scan(std::string_view line, bool in_quotes, std::size_t field) {
    enum class At : std::uint8_t { field_start, plain, quoted, after_quote };
    At at = in_quotes ? At::quoted : At::field_start;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (at == At::quoted) {
            if (c == '"') at = At::after_quote;
            continue;
        }
        if (c == ',') {
            at = At::field_start;
            ++field;
        } else if (c == '\r') {
            if (i + 1 != line.size()) return {LineEnd::stray, field, "a carriage return outside quotes"};
        } else if (c == '"') {
            if (at == At::plain)
                return {LineEnd::stray, field, "a quote inside a field that does not begin with one"};
            at = At::quoted;  // opens the field, or was doubled
        } else {
            if (at == At::after_quote)
                return {LineEnd::stray, field, "text after the closing quote of a field"};
            at = At::plain;
        }
    }
    return {at == At::quoted ? LineEnd::open_quote : LineEnd::row, field};
}

bool holds(std::string_view text, char c) {
    return !text.empty() && std::memchr(text.data(), c, text.size()) != nullptr;
}

/// What `scan` says, faster for the lines that nearly all files consist of.
Scan scan_first_line(std::string_view line) {
    const std::string_view inside = line.substr(0, line.empty() ? 0 : line.size() - 1);
    if (!holds(line, '"') && !holds(inside, '\r')) return {LineEnd::row, 0};
    return scan(line, false, 0);
}

bool is_ascii(std::string_view text) {
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + i, 8);
        if ((word & 0x8080808080808080U) != 0) return false;
    }
    return std::ranges::all_of(text.substr(i), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_well_formed(std::string_view utf8) {
    for (std::size_t position = 0; position < utf8.size();) {
        if (static_cast<unsigned char>(utf8[position]) < 0x80)
            ++position;
        else if (next_code_point(utf8, position) == 0xFFFFFFFF)
            return false;
    }
    return true;
}

}  // namespace

CsvReader::CsvReader(std::string file, OnRow on_row, Faults& faults, std::size_t faults_max)
    : file_{std::move(file)}, on_row_{std::move(on_row)}, faults_{faults}, faults_max_{faults_max} {}

void CsvReader::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t newline = bytes.find('\n');
        const bool line_ends = newline != std::string_view::npos;
        const std::string_view line = bytes.substr(0, newline);
        if (skipping_) {
            if (!line_ends) return;
            skipping_ = false;
            ++line_;
            bytes.remove_prefix(newline + 1);
            continue;
        }
        if (line_ends && partial_.empty() && line.size() <= row_bytes_max) {
            take_line(line);
            bytes.remove_prefix(newline + 1);
            continue;
        }
        const std::size_t taken = std::min(line.size(), row_bytes_max + 1 - partial_.size());
        partial_.append(line.substr(0, taken));
        bytes.remove_prefix(taken);
        if (partial_.size() > row_bytes_max) {
            if (in_quotes_) {
                const std::string row = std::exchange(partial_, {});
                give_up_open_quote(row, "a quote is opened here and not closed within 64 KiB");
                continue;
            }
            fault(scan(partial_, false, 0).field, "a row over 64 KiB");
            forget_row();
            skipping_ = true;
            continue;
        }
        if (!line_ends) return;
        bytes.remove_prefix(1);
        end_held_line();
    }
}

void CsvReader::finish() {
    // Each turn ends the last line or gives up one opening quote and so one line at least.
    while (!partial_.empty()) {
        end_held_line();
        if (!in_quotes_) continue;
        partial_.pop_back();  // the line break that the file does not have
        const std::string row = std::exchange(partial_, {});
        give_up_open_quote(row, "a quote is opened here and never closed");
    }
    skipping_ = false;
}

void CsvReader::skip_mark(std::string_view& line) {
    if (!started_ && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    started_ = true;
}

void CsvReader::forget_row() {
    partial_.clear();
    scanned_ = 0;
    field_ = 0;
    lines_within_ = 0;
    in_quotes_ = false;
    started_ = true;
}

void CsvReader::take_line(std::string_view line) {
    skip_mark(line);
    const Scan seen = scan_first_line(line);
    switch (seen.end) {
        case LineEnd::row: take_record(line); break;
        case LineEnd::stray: fault(seen.field, seen.why); break;
        case LineEnd::open_quote:
            partial_.assign(line).push_back('\n');
            scanned_ = partial_.size();
            field_ = opened_field_ = seen.field;
            lines_within_ = 1;
            in_quotes_ = true;
            return;
    }
    ++line_;
}

void CsvReader::end_held_line() {
    if (!in_quotes_) {  // one line that came in pieces
        const std::string line = std::exchange(partial_, {});
        take_line(line);
        return;
    }
    const Scan seen = scan(std::string_view{partial_}.substr(scanned_), true, field_);
    ++lines_within_;
    switch (seen.end) {
        case LineEnd::row: {
            const std::string record = std::exchange(partial_, {});
            const std::int64_t lines = lines_within_;
            take_record(record);
            forget_row();
            line_ += lines;
            return;
        }
        case LineEnd::stray: {
            const std::string row = std::exchange(partial_, {}) + '\n';
            give_up_open_quote(
                row, fmt::format("a quote is opened here and not closed properly ({} on line {})", seen.why,
                                 line_ + lines_within_ - 1));
            return;
        }
        case LineEnd::open_quote:
            partial_.push_back('\n');
            scanned_ = partial_.size();
            field_ = seen.field;
            return;
    }
}

void CsvReader::give_up_open_quote(std::string_view row, std::string text) {
    fault(opened_field_, std::move(text));
    forget_row();
    ++line_;
    feed(row.substr(std::min(row.find('\n'), row.size() - 1) + 1));
}

void CsvReader::take_record(std::string_view record) {
    if (record.ends_with('\r')) record.remove_suffix(1);
    if (record.empty()) return;
    fields_.clear();
    if (holds(record, '"'))
        split_quoted(record);
    else
        split_plain(record);
    if (is_utf8(record)) on_row_(line_, fields_);
}

bool CsvReader::is_utf8(std::string_view record) {
    if (is_ascii(record) || is_well_formed(record)) return true;
    for (std::size_t i = 0; i < fields_.size(); ++i)
        if (!is_well_formed(fields_[i]))
            fault(i, "not UTF-8 (a file saved as GBK or GB18030 must be saved as UTF-8)");
    return false;
}

void CsvReader::split_plain(std::string_view record) {
    const char* at = record.data();
    const char* const end = at + record.size();
    while (const void* comma = std::memchr(at, ',', static_cast<std::size_t>(end - at))) {
        const char* const stop = static_cast<const char*>(comma);
        fields_.emplace_back(at, static_cast<std::size_t>(stop - at));
        at = stop + 1;
    }
    fields_.emplace_back(at, static_cast<std::size_t>(end - at));
}

void CsvReader::split_quoted(std::string_view record) {
    unquoted_.clear();
    unquoted_.reserve(record.size());  // the views into it must stay where they are
    std::size_t i = 0;
    while (true) {
        if (i < record.size() && record[i] == '"') {
            const std::size_t begin = unquoted_.size();
            for (++i; record[i] != '"' || (i + 1 < record.size() && record[i + 1] == '"'); ++i) {
                if (record[i] == '"') ++i;
                unquoted_.push_back(record[i]);
            }
            ++i;
            fields_.push_back(std::string_view{unquoted_}.substr(begin));
        } else {
            const std::size_t begin = i;
            i = std::min(record.find(',', i), record.size());
            fields_.push_back(record.substr(begin, i - begin));
        }
        if (i >= record.size()) return;
        ++i;  // the comma
    }
}

void CsvReader::fault(std::size_t field, std::string text) {
    ++faults_found_;
    if (faults_.size() >= faults_max_) return;
    const std::string column =
        field < column_names_.size() ? column_names_[field] : fmt::format("{}", field + 1);
    faults_.push_back(
        Failure{Fault::malformed, fmt::format("{}:{}:{}", file_, line_, column), std::move(text)});
}

}  // namespace onecard::registry
