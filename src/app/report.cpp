#include "onecard/app/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "onecard/core/identity.hpp"

namespace onecard::app {

namespace {

std::size_t width_of(std::string_view utf8) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < utf8.size();) {
        const char32_t c = next_code_point(utf8, at);
        if (c == 0xffffffff) break;
        width += c >= 0x1100 && (c <= 0x115f || (c >= 0x2e80 && c <= 0xa4cf) ||
                                 (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                                 (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) || c >= 0x20000)
                     ? 2
                     : 1;
    }
    return width;
}

bool is_number(const Cell& cell) {
    return std::holds_alternative<std::int64_t>(cell) || std::holds_alternative<Money>(cell);
}

std::string text_of(const Cell& cell, Language language) {
    struct Visit {
        Language language;
        std::string operator()(const std::string& text) const { return text; }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(Money money) const { return money.grouped_yuan(); }
        std::string operator()(bool yes) const {
            if (language == Language::chinese) return yes ? "是" : "否";
            return yes ? "yes" : "no";
        }
        std::string operator()(const Words& words) const { return words.in(language); }
    };
    return std::visit(Visit{language}, cell);
}

void append_padded(std::string& out, const std::string& text, std::size_t width, bool right) {
    const std::size_t padding = width - std::min(width, width_of(text));
    if (right) out.append(padding, ' ');
    out += text;
    if (!right) out.append(padding, ' ');
}

/// Tables wider than a screen: each row as a block, a column a line.
constexpr std::size_t line_width_max = 220;
void append_blocks(std::string& out, const Table& table, const std::vector<std::vector<std::string>>& cells,
                   Language language) {
    std::size_t width = 0;
    for (const Column& column : table.columns) width = std::max(width, width_of(column.title.in(language)));
    for (const auto& line : cells) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i].empty()) continue;
            out += i == 0 ? "- " : "  ";
            append_padded(out, table.columns[i].title.in(language), width, false);
            out += "  " + line[i] + "\n";
        }
    }
}

void append_table(std::string& out, const Table& table, Language language) {
    std::vector<std::vector<std::string>> cells;
    std::vector<std::size_t> widths;
    std::vector<bool> right(table.columns.size(), false);
    for (const Column& column : table.columns) widths.push_back(width_of(column.title.in(language)));
    for (const auto& row : table.rows) {
        auto& line = cells.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i) {
            line.push_back(text_of(row[i], language));
            widths[i] = std::max(widths[i], width_of(line.back()));
            if (is_number(row[i])) right[i] = true;
        }
    }
    out += "\n" + table.title.in(language) + "\n";
    std::size_t line_width = 2;
    for (const std::size_t width : widths) line_width += width + 2;
    if (line_width > line_width_max) {
        append_blocks(out, table, cells, language);
        return;
    }
    const auto append_line = [&](const auto& text_at) {
        std::string line = "  ";
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (i > 0) line += "  ";
            append_padded(line, text_at(i), widths[i], right[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    };
    if (table.rows.empty()) {
        out += language == Language::chinese ? "  （无）\n" : "  (none)\n";
        return;
    }
    append_line([&](std::size_t i) { return table.columns[i].title.in(language); });
    for (const auto& line : cells) append_line([&](std::size_t i) { return line[i]; });
}

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20)
                    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
                else
                    out += c;
        }
    }
    out += '"';
}

void append_member(std::string& out, const std::string& key, const Cell& cell) {
    struct Visit {
        std::string& out;
        void operator()(const std::string& text) const { append_json_text(out, text); }
        void operator()(std::int64_t number) const { out += std::to_string(number); }
        void operator()(Money money) const { out += std::to_string(money.fen()); }
        void operator()(bool yes) const { out += yes ? "true" : "false"; }
        void operator()(const Words& words) const { append_json_text(out, words.english); }
    };
    append_json_text(out, std::holds_alternative<Money>(cell) ? key + "_fen" : key);
    out += ':';
    std::visit(Visit{out}, cell);
}

}  // namespace

std::string to_text(const Report& report, Language language) {
    std::string out = report.title.in(language) + "\n";
    std::size_t width = 0;
    for (const Field& field : report.fields) width = std::max(width, width_of(field.label.in(language)));
    for (const Field& field : report.fields) {
        out += "  ";
        append_padded(out, field.label.in(language), width, false);
        out += "  " + text_of(field.value, language) + "\n";
    }
    for (const Table& table : report.tables) append_table(out, table, language);
    return out;
}

std::string csv_heading(const Table& table) {
    std::string out;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const bool is_money =
            table.columns[i].is_money || std::ranges::any_of(table.rows, [&](const auto& row) {
                return std::holds_alternative<Money>(row[i]);
            });
        out += fmt::format("{}{}{}", i == 0 ? "" : ",", table.columns[i].key, is_money ? "_fen" : "");
    }
    return out + "\r\n";
}

void append_csv(std::string& out, const Table& table) {
    struct Visit {
        std::string operator()(const std::string& text) const { return text; }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(Money money) const { return std::to_string(money.fen()); }
        std::string operator()(bool yes) const { return yes ? "true" : "false"; }
        std::string operator()(const Words& words) const { return words.english; }
    };
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += ',';
            const std::string text = std::visit(Visit{}, row[i]);
            if (text.find_first_of(",\"\r\n") == std::string::npos) {
                out += text;
                continue;
            }
            out += '"';
            for (const char c : text) out.append(c == '"' ? 2 : 1, c);
            out += '"';
        }
        out += "\r\n";
    }
}

void append_json_lines(std::string& out, const Table& table) {
    for (const auto& row : table.rows) {
        out += '{';
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += ',';
            append_member(out, table.columns[i].key, row[i]);
        }
        out += "}\n";
    }
}

std::string to_json(const Report& report) {
    std::string out = "{";
    const auto comma = [&] {
        if (out.back() != '{' && out.back() != '[') out += ',';
    };
    for (const Field& field : report.fields) {
        comma();
        append_member(out, field.key, field.value);
    }
    for (const Table& table : report.tables) {
        comma();
        append_json_text(out, table.key);
        out += ":[";
        for (const auto& row : table.rows) {
            comma();
            out += '{';
            for (std::size_t i = 0; i < row.size(); ++i) {
                comma();
                append_member(out, table.columns[i].key, row[i]);
            }
            out += '}';
        }
        out += ']';
    }
    return out + "}";
}

}  // namespace onecard::app
