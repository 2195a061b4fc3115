#include "list_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "onecard/core/identity.hpp"
#include "written.hpp"

namespace onecard::app {

namespace {

constexpr std::array<std::string_view, 4> known{"resident_id", "from", "until", "note"};
constexpr std::size_t note_bytes_max = 200;
constexpr std::size_t faults_max = 10'000;

}  // namespace

ListFile::ListFile(std::string file, Day today, IdentityOf identity_of, Faults& faults)
    : file_{std::move(file)},
      today_{today},
      identity_of_{std::move(identity_of)},
      faults_{faults},
      csv_{file_, [this](std::int64_t line, std::span<const std::string_view> row) { take(line, row); },
           faults} {}

void ListFile::feed(std::string_view bytes) { csv_.feed(bytes); }

std::vector<ScreeningRow> ListFile::finish() {
    csv_.finish();
    if (columns_.empty() && faults_.empty()) fault(1, "1", Fault::missing, "the file is empty");
    return std::move(rows_);
}

void ListFile::fault(std::int64_t line, std::string_view column, Fault what, std::string text) {
    if (faults_.size() < faults_max)
        faults_.push_back({what, fmt::format("{}:{}:{}", file_, line, column), std::move(text)});
}

void ListFile::take_header(std::span<const std::string_view> fields) {
    for (const std::string_view field : fields) {
        if (std::ranges::find(known, field) == known.end())
            fault(1, std::to_string(columns_.size() + 1), Fault::unknown,
                  "a list has the columns resident_id, from, until and note");
        if (std::ranges::find(columns_, field) != columns_.end())
            fault(1, field, Fault::duplicate, "the column is there twice");
        columns_.emplace_back(field);
    }
    if (std::ranges::find(columns_, known[0]) == columns_.end())
        fault(1, known[0], Fault::missing, "the column is missing");
    if (faults_.empty()) csv_.name_columns(columns_);
}

void ListFile::take(std::int64_t line, std::span<const std::string_view> fields) {
    if (columns_.empty()) return take_header(fields);
    if (fields.size() != columns_.size())
        return fault(line, "1", Fault::malformed,
                     fmt::format("the row has {} fields, the header has {}", fields.size(), columns_.size()));
    const auto field = [&](std::string_view name) {
        const auto found = std::ranges::find(columns_, name);
        return found == columns_.end() ? std::string_view{}
                                       : fields[static_cast<std::size_t>(found - columns_.begin())];
    };
    ScreeningRow row;
    row.line = static_cast<std::int32_t>(line);
    const auto id = ResidentId::parse(field(known[0]), today_);
    if (!id)
        fault(line, known[0], id.error().fault, id.error().text);
    else
        row.identity = identity_of_(id->text());
    row.from = day(line, known[1], field(known[1]));
    row.until = day(line, known[2], field(known[2]));
    if (row.until != Day{} && row.until < row.from)
        fault(line, known[2], Fault::out_of_range, "ends before it begins");
    row.note = std::string{field(known[3])};
    if (!row.note.empty() && !check_written(row.note, note_bytes_max, "a note", {}))
        fault(line, known[3], Fault::malformed, "a note has at most 200 bytes and no '|'");
    if (id) rows_.push_back(std::move(row));
}

Day ListFile::day(std::int64_t line, std::string_view column, std::string_view text) {
    if (text.empty()) return {};
    const auto parsed = Day::parse(text);
    if (!parsed) {
        fault(line, column, parsed.error().fault, parsed.error().text);
        return {};
    }
    return *parsed;
}

}  // namespace onecard::app
