#include "onecard/bankfile/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "codec.hpp"
#include "onecard/bankfile/formats.hpp"

namespace onecard::bankfile {

namespace {

const Layout& layout_of(const Profile& profile, Found where) {
    return where == Found::in_return ? profile.answer : profile.statement;
}

bool is_xml(const Layout& layout) { return layout.form == Form::xml || layout.form == Form::camt; }

void keep(RecordPlace& place, std::string_view bytes) {
    place.length += static_cast<std::int64_t>(bytes.size());
    place.bytes += bytes.substr(0, record_bytes_max - place.bytes.size());
}

// --- files of lines ---------------------------------------------------------------------------------------------

/// LF is no part of any character of these encodings.
class LineFinder final : public RecordFinder {
public:
    explicit LineFinder(std::int64_t line) : wanted_{line} {}

    void feed(std::string_view bytes) override {
        while (!bytes.empty() && line_ <= wanted_) {
            const std::size_t end = bytes.find('\n');
            const std::string_view part = bytes.substr(0, end == bytes.npos ? bytes.size() : end + 1);
            if (line_ == wanted_) {
                if (!found_) found_ = RecordPlace{offset_, 0, line_, {}};
                keep(*found_, part);
            }
            offset_ += static_cast<std::int64_t>(part.size());
            if (end != bytes.npos) ++line_;
            bytes.remove_prefix(part.size());
        }
    }
    bool finish() override { return false; }
    const std::optional<RecordPlace>& found() const override { return found_; }

private:
    std::int64_t wanted_;
    std::int64_t line_ = 1;
    std::int64_t offset_ = 0;
    std::optional<RecordPlace> found_;
};

// --- files of elements ------------------------------------------------------------------------------------------

/// How many bytes of UTF-8 the character at `at` makes, and moves `at` past it. What is no character counts as it stands.
std::int64_t decoded_bytes(const char*& at, const char* end, Encoding encoding) {
    if (encoding == Encoding::utf8) {
        ++at;
        return 1;
    }
    const char32_t c = encoding == Encoding::gbk ? codec::next_gbk(at, end) : codec::next_gb18030(at, end);
    if (c == codec::no_character) {
        ++at;
        return 1;
    }
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x1'0000 ? 3 : 4;
}

/// The first time the profile's own reader says where the record stands in the decoded text; the second time the bytes of
/// the file are counted up to there.
class ElementFinder final : public RecordFinder {
public:
    ElementFinder(const Profile& profile, Found where, std::int32_t line, StreamHash& sm3)
        : encoding_{profile.encoding} {
        if (where == Found::in_return) {
            const auto on_record = [this, line] {
                if (answer_->line_no() == line) place_ = answer_->xml_place();
            };
            answer_ = read_return(
                profile, "file", sm3, [on_record](const ReturnLine&) { on_record(); },
                [on_record](const Failure&) { on_record(); });
        } else {
            statement_ = read_statement(profile, "file", sm3, [this, line](const StatementLine& read) {
                if (read.seq == line) place_ = statement_->xml_place();
            });
        }
    }

    void feed(std::string_view bytes) override {
        if (is_second_) return count(bytes);
        if (answer_) answer_->feed(bytes);
        if (statement_) statement_->feed(bytes);
    }
    bool finish() override {
        if (is_second_) {
            take(carried_);
            return false;
        }
        if (answer_) answer_->finish();
        if (statement_) statement_->finish();
        is_second_ = place_.has_value();
        return is_second_;
    }
    const std::optional<RecordPlace>& found() const override { return found_; }

private:
    void count(std::string_view bytes) {
        carried_ += bytes;
        if (!declared_) {
            const std::size_t end = carried_.find("?>");
            if (end == carried_.npos) return;
            advance(std::string_view{carried_}.substr(0, end + 2));
            carried_.erase(0, end + 2);
            declared_ = true;
        }
        // No byte below 0x30 is a later part of a character in UTF-8, GBK or GB18030.
        std::size_t end = carried_.size();
        while (end > 0 && static_cast<unsigned char>(carried_[end - 1]) >= 0x30) --end;
        take(std::string_view{carried_}.substr(0, end));
        carried_.erase(0, end);
    }

    void advance(std::string_view bytes) {
        offset_ += static_cast<std::int64_t>(bytes.size());
        line_ += std::ranges::count(bytes, '\n');
    }

    void take(std::string_view bytes) {
        const char* at = bytes.data();
        const char* const end = at + bytes.size();
        while (at < end && decoded_ < place_->to) {
            const char* const from = at;
            const bool is_inside = decoded_ >= place_->from;
            if (is_inside && !found_) found_ = RecordPlace{offset_, 0, line_, {}};
            decoded_ += decoded_bytes(at, end, encoding_);
            const std::string_view one{from, static_cast<std::size_t>(at - from)};
            if (is_inside) keep(*found_, one);
            advance(one);
        }
    }

    Encoding encoding_;
    std::unique_ptr<ReturnReading> answer_;
    std::unique_ptr<StatementReading> statement_;
    std::optional<XmlPlace> place_;
    bool is_second_ = false, declared_ = false;
    std::string carried_;
    std::int64_t decoded_ = 0, offset_ = 0, line_ = 1;
    std::optional<RecordPlace> found_;
};

// --- masks ------------------------------------------------------------------------------------------------------

constexpr std::size_t digits_shown = 4;

/// What the profile passes over may be anything.
constexpr std::array about_persons{Slot::ignored, Slot::name,   Slot::account,
                                   Slot::summary, Slot::remark, Slot::text};
bool is_about_a_person(Slot slot) { return std::ranges::find(about_persons, slot) != about_persons.end(); }

void mask(std::string& bytes, std::size_t from, std::size_t size, bool is_account) {
    // An account with fewer digits than that would be shown whole.
    if (is_account && size >= 3 * digits_shown) size -= digits_shown;
    for (std::size_t i = from; i < from + size; ++i)
        if (bytes[i] != ' ') bytes[i] = '*';
}

void mask_all(std::string& bytes) {
    for (char& c : bytes)
        if (c != '\r' && c != '\n') c = '*';
}

/// The fields of a line of the canonical return file (schemas/bank/ykt-txt.md).
constexpr std::array canonical_return{Slot::constant, Slot::seq,           Slot::payment, Slot::account,
                                      Slot::amount,   Slot::status,        Slot::code,    Slot::text,
                                      Slot::bank_day, Slot::bank_reference};

void mask_delimited(std::string& bytes, std::string_view line, const std::vector<Slot>& slots, char delimiter,
                    Encoding encoding) {
    std::vector<std::pair<std::size_t, std::size_t>> fields;
    for (std::size_t from = 0; fields.size() <= slots.size();) {
        const std::size_t end = find_delimiter(line, encoding, delimiter, from);
        fields.emplace_back(from, (end == line.npos ? line.size() : end) - from);
        if (end == line.npos) break;
        from = end + 1;
    }
    if (fields.size() != slots.size()) return mask_all(bytes);
    for (std::size_t i = 0; i < slots.size(); ++i)
        if (is_about_a_person(slots[i]))
            mask(bytes, fields[i].first, fields[i].second, slots[i] == Slot::account);
}

void mask_fixed(std::string& bytes, std::string_view line, const std::vector<Field>& fields) {
    std::size_t width = 0;
    for (const Field& field : fields) width += field.width;
    if (width != line.size()) return mask_all(bytes);
    std::size_t from = 0;
    for (const Field& field : fields) {
        std::string_view value = line.substr(from, field.width);
        std::size_t begin = 0;
        while (!value.empty() && value.back() == field.pad) value.remove_suffix(1);
        while (begin < value.size() && value[begin] == field.pad) ++begin;
        if (is_about_a_person(field.slot))
            mask(bytes, from + begin, value.size() - begin, field.slot == Slot::account);
        from += field.width;
    }
}

/// What of an entry of camt.053 and camt.054 is about no person: elements by name, and what stands in them.
constexpr std::array<std::string_view, 14> camt_shown{
    "Amt",         "CdtDbtInd", "Sts",  "Cd",      "Dt",    "DtTm",    "EndToEndId",
    "AcctSvcrRef", "InstrId",   "TxId", "NtryRef", "Prtry", "RvslInd", "PmtInfId"};

/// The paths in a detail's element whose text is shown; an attribute as "path@name".
std::vector<std::string> shown_paths(const Layout& layout) {
    std::vector<std::string> paths;
    for (const Field& field : layout.detail.fields)
        if (!is_about_a_person(field.slot) && !field.element.empty()) paths.push_back(field.element);
    return paths;
}

/// Every text and attribute is masked but those that are known to be about no person. '<' and '>' are no part of any
/// character of these encodings.
void mask_xml(std::string& bytes, const Layout& layout) {
    const std::vector<std::string> shown = shown_paths(layout);
    const auto is_shown = [&](const std::vector<std::string>& open, std::string_view attribute) {
        if (open.empty()) return false;
        if (layout.form == Form::camt) return std::ranges::find(camt_shown, open.back()) != camt_shown.end();
        std::string path;
        for (std::size_t i = 1; i < open.size(); ++i) path += fmt::format("{}{}", i == 1 ? "" : "/", open[i]);
        if (!attribute.empty()) path += fmt::format("@{}", attribute);
        return std::ranges::find(shown, path) != shown.end();
    };
    const auto account_path = std::ranges::find(layout.detail.fields, Slot::account, &Field::slot);
    std::vector<std::string> open;
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::size_t tag = std::min(bytes.find('<', at), bytes.size());
        const std::string_view text = std::string_view{bytes}.substr(at, tag - at);
        if (text.find_first_not_of(" \t\r\n") != text.npos && !is_shown(open, {})) {
            std::string path;
            for (std::size_t i = 1; i < open.size(); ++i)
                path += fmt::format("{}{}", i == 1 ? "" : "/", open[i]);
            mask(bytes, at, tag - at,
                 account_path != layout.detail.fields.end() && path == account_path->element);
        }
        if (tag == bytes.size()) return;
        const std::size_t close = std::min(bytes.find('>', tag), bytes.size() - 1);
        const std::string_view inside = std::string_view{bytes}.substr(tag + 1, close - tag - 1);
        at = close + 1;
        if (inside.starts_with('/')) {
            if (!open.empty()) open.pop_back();
            continue;
        }
        if (inside.starts_with('!') || inside.starts_with('?')) {
            // A comment or what is no text of the record: nobody needs it.
            mask(bytes, tag + 1, close - tag - 1, false);
            continue;
        }
        std::string_view name = inside.substr(0, inside.find_first_of(" \t\r\n/"));
        if (const std::size_t colon = name.find(':'); colon != name.npos) name.remove_prefix(colon + 1);
        open.emplace_back(name);
        for (std::size_t quote = inside.find_first_of("\"'"); quote != inside.npos;) {
            const std::size_t end = inside.find(inside[quote], quote + 1);
            if (end == inside.npos) break;
            const std::size_t equals = inside.rfind('=', quote);
            const std::size_t begin = inside.find_last_of(" \t\r\n", equals) + 1;
            const std::string_view attribute = inside.substr(begin, equals - begin);
            if (!is_shown(open, attribute)) mask(bytes, tag + 1 + quote + 1, end - quote - 1, false);
            quote = inside.find_first_of("\"'", end + 1);
        }
        if (inside.ends_with('/')) open.pop_back();
    }
}

}  // namespace

std::unique_ptr<RecordFinder> find_record(const Profile& profile, Found where, std::int32_t line,
                                          StreamHash& sm3) {
    const Layout& layout = layout_of(profile, where);
    if (is_xml(layout)) return std::make_unique<ElementFinder>(profile, where, line, sm3);
    // A statement's lines are counted without its header.
    const bool has_header = where == Found::in_statement && layout.header.exists();
    return std::make_unique<LineFinder>(std::int64_t{line} + (has_header ? 1 : 0));
}

std::string masked(const Profile& profile, Found where, std::string_view record) {
    const Layout& layout = layout_of(profile, where);
    std::string bytes{record};
    std::string_view line = record;
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    switch (layout.form) {
        case Form::ykt_text:
            mask_delimited(bytes, line, {canonical_return.begin(), canonical_return.end()}, '|',
                           profile.encoding);
            break;
        case Form::delimited: {
            std::vector<Slot> slots;
            for (const Field& field : layout.detail.fields) slots.push_back(field.slot);
            mask_delimited(bytes, line, slots, profile.delimiter, profile.encoding);
            break;
        }
        case Form::fixed: mask_fixed(bytes, line, layout.detail.fields); break;
        case Form::xml:
        case Form::camt: mask_xml(bytes, layout); break;
    }
    return bytes;
}

std::string readable(const Profile& profile, std::string_view record) {
    std::string text;
    if (decode(record, profile.encoding, text)) return text;
    text.clear();
    while (!record.empty()) {
        // The longest beginning that is one character; else the byte is none.
        std::size_t size = 1;
        std::string one;
        while (size <= std::min<std::size_t>(4, record.size()) &&
               !decode(record.substr(0, size), profile.encoding, one)) {
            one.clear();
            ++size;
        }
        if (one.empty()) {
            text += fmt::format("<{:02X}>", static_cast<unsigned char>(record.front()));
            size = 1;
        }
        text += one;
        record.remove_prefix(size);
    }
    return text;
}

}  // namespace onecard::bankfile
