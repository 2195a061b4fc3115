#include "chinese.hpp"

#include <algorithm>
#include <optional>

#include "onecard/core/result.hpp"
#include "onecard/main/chinese_texts.hpp"

namespace onecard::cli {

namespace {

constexpr std::string_view hole = "{}";
constexpr std::string_view words_begin = "## 变量中的词";

struct Text {
    std::vector<std::string> pieces;  ///< of the English one, between its holes
    std::size_t letters = 0;          ///< of the pieces together
    std::string chinese;
    bool is_word = false;  ///< stands in the holes of others only
};

std::vector<std::string> split(std::string_view text, std::string_view at) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0;;) {
        const std::size_t end = std::min(text.find(at, begin), text.size());
        parts.emplace_back(text.substr(begin, end - begin));
        if (end == text.size()) return parts;
        begin = end + at.size();
    }
}

const std::vector<Text>& texts() {
    static const std::vector<Text> all = [] {
        std::vector<Text> read;
        bool are_words = false;
        for (const std::string& line : split(chinese_texts, "\n")) {
            are_words |= line.starts_with(words_begin);
            if (line.empty() || line.starts_with('#')) continue;
            const std::size_t middle = line.find(" = ");
            ensure(middle != std::string::npos, "a line of schemas/texts/zh.txt is «English = Chinese»");
            Text& text = read.emplace_back();
            text.pieces = split(std::string_view{line}.substr(0, middle), hole);
            for (const std::string& piece : text.pieces) text.letters += piece.size();
            text.chinese = line.substr(middle + 3);
            text.is_word = are_words;
        }
        return read;
    }();
    return all;
}

/// What stands in the holes; none where the text is another one.
std::optional<std::vector<std::string_view>> held(const Text& text, std::string_view english) {
    if (!english.starts_with(text.pieces.front()) || !english.ends_with(text.pieces.back()))
        return std::nullopt;
    std::vector<std::string_view> found;
    std::size_t at = text.pieces.front().size();
    for (std::size_t i = 1; i < text.pieces.size(); ++i) {
        const std::string& piece = text.pieces[i];
        // The last piece is the end of the text, whatever stands before it.
        const std::size_t next =
            i + 1 == text.pieces.size() ? english.size() - piece.size() : english.find(piece, at);
        if (next == std::string_view::npos || next < at) return std::nullopt;
        found.push_back(english.substr(at, next - at));
        at = next + piece.size();
    }
    if (at != english.size()) return std::nullopt;
    return found;
}

std::optional<std::string> translated(std::string_view english, int depth) {
    constexpr int depth_max = 3;
    const Text* best = nullptr;
    std::vector<std::string_view> holes;
    for (const Text& text : texts()) {
        if ((best != nullptr && text.letters <= best->letters) || (text.is_word && depth == 0)) continue;
        if (auto found = held(text, english)) best = &text, holes = std::move(*found);
    }
    if (best == nullptr) return std::nullopt;
    std::string chinese;
    std::size_t next = 0;
    for (std::size_t at = 0; at < best->chinese.size();) {
        // {} is the next hole, {2} the second one.
        const bool is_numbered = best->chinese[at] == '{' && at + 2 < best->chinese.size() &&
                                 best->chinese[at + 1] >= '1' && best->chinese[at + 1] <= '9' &&
                                 best->chinese[at + 2] == '}';
        const bool is_next = best->chinese.compare(at, hole.size(), hole) == 0;
        if (!is_numbered && !is_next) {
            chinese += best->chinese[at++];
            continue;
        }
        const std::size_t which = is_next ? next++ : static_cast<std::size_t>(best->chinese[at + 1] - '1');
        at += is_next ? 2 : 3;
        if (which >= holes.size()) continue;
        const auto word = depth < depth_max ? translated(holes[which], depth + 1) : std::nullopt;
        chinese += word ? *word : std::string{holes[which]};
    }
    return chinese;
}

std::optional<std::string> line_in_chinese(std::string_view line) {
    // "file:line:field: what"
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos && !line.substr(0, colon).contains(' '))
        if (const auto what = translated(line.substr(colon + 2), 0))
            return std::string{line.substr(0, colon)} + "：" + *what;
    return translated(line, 0);
}

}  // namespace

std::string in_chinese(std::string_view english) {
    std::string all;
    for (const std::string& line : split(english, "\n")) {
        if (!all.empty()) all += '\n';
        const auto chinese = line_in_chinese(line);
        all += chinese ? *chinese : line;
    }
    return all;
}

bool is_in_chinese(std::string_view english) {
    return std::ranges::all_of(split(english, "\n"), [](const std::string& line) {
        return line.empty() || line_in_chinese(line).has_value();
    });
}

std::vector<std::string> texts_in_chinese() {
    std::vector<std::string> all;
    for (const Text& text : texts()) {
        std::string english = text.pieces.front();
        for (std::size_t i = 1; i < text.pieces.size(); ++i) (english += hole) += text.pieces[i];
        all.push_back(std::move(english));
    }
    return all;
}

app::Report with_reasons_in_chinese(app::Report report) {
    for (app::Field& field : report.fields)
        if (auto* text = std::get_if<std::string>(&field.value); field.key == "reason" && text != nullptr)
            *text = in_chinese(*text);
    for (app::Table& table : report.tables)
        for (std::size_t column = 0; column < table.columns.size(); ++column) {
            if (table.columns[column].key != "reason") continue;
            for (auto& row : table.rows)
                if (auto* text = std::get_if<std::string>(&row[column])) *text = in_chinese(*text);
        }
    return report;
}

}  // namespace onecard::cli
