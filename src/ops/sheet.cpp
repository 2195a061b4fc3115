#include "onecard/ops/sheet.hpp"

#include <fmt/format.h>
#include <libxml/xmlreader.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace onecard::ops {

namespace {

constexpr std::uint64_t part_bytes_max = std::uint64_t{64} * 1024 * 1024;
constexpr std::size_t rows_max = 100'000, columns_max = 100, faults_max = 10'000;
constexpr std::size_t cell_bytes_max = 32'768;
/// A cell keeps a number as a double: more decimal digits than these are not what was typed.
constexpr std::size_t digits_max = 15;

[[noreturn]] void refuse_part(std::string text) { throw Failure{Fault::malformed, "xlsx", std::move(text)}; }

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using Entry = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;
using Reader = std::unique_ptr<xmlTextReader, decltype(&xmlFreeTextReader)>;

std::string_view view_of(const xmlChar* text) {
    return text == nullptr ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(text)};
}

/// One XML part of the workbook, read from front to end; never more than a part's limit is unpacked.
class Part {
public:
    Part(zip_t* archive, const std::string& name)
        : entry_{zip_fopen(archive, name.c_str(), 0), &zip_fclose}, reader_{nullptr, &xmlFreeTextReader} {
        if (!entry_) refuse_part(fmt::format("has no part {}", name.substr(0, 100)));
        reader_.reset(xmlReaderForIO(
            [](void* self, char* out, int most) { return static_cast<Part*>(self)->unpack(out, most); },
            [](void*) { return 0; }, this, nullptr, nullptr,
            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
        if (!reader_) throw std::bad_alloc{};
    }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    /// The next node; false at the end.
    bool next() {
        const int read = xmlTextReaderRead(reader_.get());
        if (read < 0) refuse_part(is_too_large_ ? "is too large" : "is damaged");
        if (read > 0 && xmlTextReaderNodeType(reader_.get()) == XML_READER_TYPE_DOCUMENT_TYPE)
            refuse_part("has a document type");
        return read > 0;
    }
    bool begins(std::string_view element) const {
        return xmlTextReaderNodeType(reader_.get()) == XML_READER_TYPE_ELEMENT && local_name() == element;
    }
    /// An empty element begins and ends at once.
    bool ends(std::string_view element) const {
        return local_name() == element &&
               (xmlTextReaderNodeType(reader_.get()) == XML_READER_TYPE_END_ELEMENT || is_empty());
    }
    bool is_empty() const {
        return xmlTextReaderNodeType(reader_.get()) == XML_READER_TYPE_ELEMENT &&
               xmlTextReaderIsEmptyElement(reader_.get()) == 1;
    }
    bool is_text() const {
        const int type = xmlTextReaderNodeType(reader_.get());
        return type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_CDATA ||
               type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE || type == XML_READER_TYPE_WHITESPACE;
    }
    std::string_view text() const { return view_of(xmlTextReaderConstValue(reader_.get())); }
    /// By its local name, whatever its prefix.
    std::string attribute(std::string_view wanted) {
        std::string value;
        for (int more = xmlTextReaderMoveToFirstAttribute(reader_.get()); more == 1;
             more = xmlTextReaderMoveToNextAttribute(reader_.get()))
            if (local_name() == wanted) value = text();
        xmlTextReaderMoveToElement(reader_.get());
        return value;
    }

private:
    std::string_view local_name() const { return view_of(xmlTextReaderConstLocalName(reader_.get())); }
    int unpack(char* out, int most) {
        const zip_int64_t read = zip_fread(entry_.get(), out, static_cast<zip_uint64_t>(most));
        if (read < 0) return -1;
        unpacked_ += static_cast<std::uint64_t>(read);
        is_too_large_ = unpacked_ > part_bytes_max;
        return is_too_large_ ? -1 : static_cast<int>(read);
    }

    Entry entry_;
    Reader reader_;
    std::uint64_t unpacked_ = 0;
    bool is_too_large_ = false;
};

/// Where in the archive the sheet lies.
std::string part_of_sheet(zip_t* archive, std::string_view wanted) {
    std::map<std::string, std::string, std::less<>> id_of_name;
    for (Part part{archive, "xl/workbook.xml"}; part.next();)
        if (part.begins("sheet")) id_of_name.emplace(part.attribute("name"), part.attribute("id"));
    auto found = id_of_name.find(wanted);
    if (found == id_of_name.end() && id_of_name.size() == 1) found = id_of_name.begin();
    if (found == id_of_name.end()) refuse_part(fmt::format("has no sheet «{}»", wanted));
    for (Part part{archive, "xl/_rels/workbook.xml.rels"}; part.next();) {
        if (!part.begins("Relationship") || part.attribute("Id") != found->second) continue;
        std::string target = part.attribute("Target");
        return target.starts_with('/') ? target.substr(1) : "xl/" + target;
    }
    refuse_part("does not say where its sheet is");
}

std::vector<std::string> shared_texts(zip_t* archive) {
    std::vector<std::string> texts;
    if (zip_name_locate(archive, "xl/sharedStrings.xml", 0) < 0) return texts;
    bool in_text = false, in_phonetic = false;
    for (Part part{archive, "xl/sharedStrings.xml"}; part.next();) {
        if (part.begins("si")) texts.emplace_back();
        if (part.begins("rPh")) in_phonetic = true;
        if (part.begins("t")) in_text = true;
        if (part.is_text() && in_text && !in_phonetic && !texts.empty()) texts.back() += part.text();
        if (part.ends("t")) in_text = false;
        if (part.ends("rPh")) in_phonetic = false;
    }
    return texts;
}

/// "C7": the third column. Nothing when it is no place in a sheet.
std::optional<std::size_t> column_in(std::string_view place) {
    std::size_t column = 0;
    for (const char c : place) {
        if (c < 'A' || c > 'Z') break;
        column = column * 26 + static_cast<std::size_t>(c - 'A') + 1;
        if (column > columns_max) return std::nullopt;
    }
    if (column == 0) return std::nullopt;
    return column - 1;
}

std::string letters_of(std::size_t column) {
    std::string letters;
    for (std::size_t rest = column + 1; rest > 0; rest = (rest - 1) / 26)
        letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
    return letters;
}

/// A line of CSV has no place for line ends, or the lines would no longer be the sheet's rows.
std::string in_csv(std::string_view text) {
    std::string out{"\""};
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c == '\n' || c == '\r' ? ' ' : c;
    }
    return out + '"';
}

class SheetReading {
public:
    SheetReading(zip_t* archive, const std::string& part, std::ofstream& csv, std::string_view name,
                 Faults& faults)
        : texts_{shared_texts(archive)}, part_{archive, part}, csv_{csv}, name_{name}, faults_{faults} {}

    void read() {
        while (part_.next()) {
            if (part_.begins("row")) begin_row();
            if (part_.begins("c")) begin_cell();
            if (part_.begins("f")) has_formula_ = true;
            if (part_.begins("v") || part_.begins("t")) in_value_ = true;
            if (part_.begins("rPh")) in_phonetic_ = true;
            if (part_.is_text() && in_value_ && !in_phonetic_) take(part_.text());
            if (part_.ends("v") || part_.ends("t")) in_value_ = false;
            if (part_.ends("rPh")) in_phonetic_ = false;
            if (part_.ends("c")) end_cell();
            if (part_.ends("row")) end_row();
        }
    }

private:
    void wrong(std::size_t column, std::string text) {
        if (faults_.size() < faults_max)
            faults_.push_back({Fault::malformed, fmt::format("{}:{}:{}", name_, row_, letters_of(column)),
                               std::move(text)});
    }
    void begin_row() {
        std::size_t number = row_ + 1;
        if (const std::string said = part_.attribute("r"); !said.empty()) {
            number = 0;
            for (const char c : said) {
                if (c < '0' || c > '9') refuse_part("has a row without a number");
                number = std::min(number * 10 + static_cast<std::size_t>(c - '0'), rows_max + 1);
            }
        }
        if (number <= row_) refuse_part("has its rows in no order");
        if (number > rows_max) refuse_part(fmt::format("has more than {} rows", rows_max));
        // Rows in which nobody wrote are left out of a workbook.
        while (++row_ < number) write_row({});
        cells_.clear();
    }
    void begin_cell() {
        type_ = part_.attribute("t");
        value_.clear();
        has_formula_ = false;
        const std::string place = part_.attribute("r");
        const auto column = place.empty() ? std::optional{cells_.size()} : column_in(place);
        if (!column || *column >= columns_max)
            refuse_part(fmt::format("has more than {} columns", columns_max));
        column_ = *column;
    }
    void take(std::string_view text) {
        if (value_.size() + text.size() <= cell_bytes_max) value_ += text;
    }
    void end_cell() {
        if (cells_.size() <= column_) cells_.resize(column_ + 1);
        if (has_formula_) return wrong(column_, "is a formula: paste its value");
        if (value_.empty()) return;
        if (type_ == "s") {
            std::size_t index = texts_.size();
            if (std::ranges::all_of(value_, [](char c) { return c >= '0' && c <= '9'; }) &&
                value_.size() < 10)
                index = std::stoul(value_);
            if (index >= texts_.size()) refuse_part("names a text that it does not have");
            cells_[column_] = texts_[index];
        } else if (type_ == "inlineStr" || type_ == "str") {
            cells_[column_] = value_;
        } else if (type_ == "e") {
            wrong(column_, "is an error");
        } else {
            // A number of many digits was rounded when it was typed: an account number must be a text.
            // A fraction of many digits is what a double makes of two decimals, and no column that is read has one.
            const bool is_whole = std::ranges::all_of(value_, [](char c) { return c >= '0' && c <= '9'; });
            if (value_.find_first_of("eE") != std::string::npos || (is_whole && value_.size() > digits_max))
                return wrong(
                    column_,
                    "is a number that the cell has rounded: give the column the format «text» and type it again");
            cells_[column_] = value_;
        }
    }
    void end_row() { write_row(std::move(cells_)), cells_ = {}; }
    void write_row(std::vector<std::string> cells) {
        while (!cells.empty() && cells.back().empty()) cells.pop_back();
        if (width_ == 0) width_ = cells.size();
        if (cells.size() > width_) {
            wrong(width_, fmt::format("the first row has {} cells", width_));
            cells.resize(width_);
        }
        // A row without anything is a line without anything.
        if (!cells.empty()) cells.resize(width_);
        std::string line;
        for (const std::string& cell : cells) line += (line.empty() ? "" : ",") + in_csv(cell);
        csv_ << line << "\r\n";
    }

    std::vector<std::string> texts_;
    Part part_;
    std::ofstream& csv_;
    std::string name_;
    Faults& faults_;
    std::size_t row_ = 0, width_ = 0, column_ = 0;
    std::vector<std::string> cells_;
    std::string type_, value_;
    bool has_formula_ = false, in_value_ = false, in_phonetic_ = false;
};

}  // namespace

bool is_workbook(const std::filesystem::path& file) {
    std::array<char, 4> mark{};
    std::ifstream in{file, std::ios::binary};
    in.read(mark.data(), mark.size());
    return in.gcount() == 4 && std::string_view{mark.data(), 4} == "PK\x03\x04";
}

Result<void> sheet_to_csv(const std::filesystem::path& workbook, std::string_view sheet,
                          const std::filesystem::path& csv, std::string_view name, Faults& faults) {
    int error = 0;
    const Archive archive{zip_open(workbook.c_str(), ZIP_RDONLY, &error), &zip_discard};
    if (!archive) return refuse(Fault::malformed, "is no workbook (.xlsx)", std::string{name});
    std::ofstream out{csv, std::ios::binary | std::ios::trunc};
    try {
        SheetReading{archive.get(), part_of_sheet(archive.get(), sheet), out, name, faults}.read();
    } catch (const Failure& failure) {
        return refuse(failure.fault, failure.text, std::string{name});
    }
    if (!out.flush()) return refuse(Fault::missing, "cannot be written", csv.string());
    return {};
}

}  // namespace onecard::ops
