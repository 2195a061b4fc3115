#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "onecard/core/money.hpp"
#include "onecard/entitlement/assess.hpp"

/// What a query answers, in a form that becomes JSON for programs and a text for people, in Chinese or English.
namespace onecard::app {

using Language = entitlement::Language;

struct Words {
    std::string chinese;
    std::string english;
    const std::string& in(Language language) const {
        return language == Language::chinese ? chinese : english;
    }
};

/// Words stand for themselves in text and are the English form in JSON.
using Cell = std::variant<std::string, std::int64_t, Money, bool, Words>;

struct Column {
    std::string key;  ///< JSON name
    Words title;
    bool is_money = false;  ///< whatever the rows hold: known before there is any
};

struct Table {
    std::string key;
    Words title;
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;
};

struct Field {
    std::string key;
    Words label;
    Cell value;
};

struct Report {
    Words title;
    std::vector<Field> fields;
    std::vector<Table> tables;
};

/// Aligned columns; Chinese characters count two places.
std::string to_text(const Report& report, Language language);
/// One JSON object: fields by key, tables as arrays of objects. Money is a whole number of fen, named *_fen.
std::string to_json(const Report& report);
/// A table for programs that read rows: the first line of its CSV (RFC 4180, names as in JSON), its rows as lines of
/// CSV, and its rows as a JSON object a line.
std::string csv_heading(const Table& table);
void append_csv(std::string& out, const Table& table);
void append_json_lines(std::string& out, const Table& table);

}  // namespace onecard::app
