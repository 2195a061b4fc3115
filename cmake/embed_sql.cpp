// Writes the SQL of schemas/ as C++ constants.
//
//   embed_sql header LIST OUT   LIST: "queries", one path a line, "migrations", one path a line
//   embed_sql check FILE...     only looks whether each query file is one statement
//
// SOCI does not understand SQL comments (an apostrophe or a colon in one breaks the query), so queries lose theirs
// and the closing semicolon. Migrations are kept to the byte: their digest is recorded in the database.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

int faults = 0;

void fault(const fs::path& file, std::size_t line, std::string_view text) {
    std::cerr << file.string() << ':' << line << ": " << text << '\n';
    ++faults;
}

std::string bytes_of(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) fault(file, 1, "cannot be read");
    return {std::istreambuf_iterator<char>{in}, {}};
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }

bool is_name(std::string_view text) {
    return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
           std::ranges::all_of(text,
                               [](char c) { return is_word(c) && c != '$' && !(c >= 'A' && c <= 'Z'); });
}

/// The end of the quoted text that begins at `from`, or `from` if none begins there; npos when it never ends.
std::size_t after_quote(std::string_view sql, std::size_t from) {
    const bool starts_word = from == 0 || !is_word(sql[from - 1]);
    if (sql[from] == '$' && starts_word) {  // $tag$ … $tag$; but $1 is a parameter
        std::size_t end = from + 1;
        while (end < sql.size() && is_word(sql[end]) && sql[end] != '$') ++end;
        const bool is_tag = end < sql.size() && sql[end] == '$' &&
                            (end == from + 1 || !std::isdigit(static_cast<unsigned char>(sql[from + 1])));
        if (!is_tag) return from;
        const std::string_view tag = sql.substr(from, end + 1 - from);
        const std::size_t close = sql.find(tag, end + 1);
        return close == sql.npos ? sql.npos : close + tag.size();
    }
    if (sql[from] != '\'' && sql[from] != '"') return from;
    const bool escapes = sql[from] == '\'' && from > 0 && (sql[from - 1] == 'e' || sql[from - 1] == 'E') &&
                         (from == 1 || !is_word(sql[from - 2]));
    // A doubled quote closes and opens again, which comes to the same.
    for (std::size_t at = from + 1; at < sql.size(); ++at) {
        if (escapes && sql[at] == '\\') {
            ++at;
        } else if (sql[at] == sql[from]) {
            return at + 1;
        }
    }
    return sql.npos;
}

/// The end of the comment that begins at `from`, or `from` if none begins there; npos when it never ends.
std::size_t after_comment(std::string_view sql, std::size_t from) {
    if (sql.substr(from, 2) == "--") return std::min(sql.find('\n', from), sql.size());
    if (sql.substr(from, 2) != "/*") return from;
    int depth = 0;  // PostgreSQL nests them.
    for (std::size_t at = from; at + 1 < sql.size();) {
        const std::string_view two = sql.substr(at, 2);
        if (two == "/*") ++depth;
        if (two == "*/" && --depth == 0) return at + 2;
        at += two == "/*" || two == "*/" ? 2 : 1;
    }
    return sql.npos;
}

/// One statement without comments, blank lines and the closing semicolon.
std::string statement_of(const fs::path& file, std::string_view sql) {
    std::string kept;
    bool ended = false;
    for (std::size_t at = 0; at < sql.size();) {
        const auto line = static_cast<std::size_t>(std::ranges::count(sql.substr(0, at), '\n')) + 1;
        if (const std::size_t end = after_comment(sql, at); end != at) {
            if (end == sql.npos) return fault(file, line, "a comment that never ends"), kept;
            kept += ' ';
            at = end;
            continue;
        }
        const bool is_space = std::isspace(static_cast<unsigned char>(sql[at])) != 0;
        if (ended && !is_space) return fault(file, line, "more than one statement in a query file"), kept;
        std::size_t end = after_quote(sql, at);
        if (end == sql.npos) return fault(file, line, "a quote that never ends"), kept;
        if (end == at) end = at + 1;
        if (sql[at] == ';') {
            ended = true;
        } else {
            kept += sql.substr(at, end - at);
        }
        at = end;
    }

    std::string tidy;
    for (std::size_t from = 0; from < kept.size();) {
        const std::size_t end = std::min(kept.find('\n', from), kept.size());
        std::string_view line{kept.data() + from, end - from};
        line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
        if (!line.empty()) tidy.append(tidy.empty() ? "" : "\n").append(line);
        from = end + 1;
    }
    if (tidy.empty()) fault(file, 1, "no statement in a query file");
    return tidy;
}

std::string literal(std::string_view text) {
    std::string mark = "sql";
    while (text.find(")" + mark + "\"") != text.npos) mark += '_';
    return "R\"" + mark + "(" + std::string{text} + ")" + mark + "\"";
}

struct Listed {
    std::vector<fs::path> queries;
    std::vector<fs::path> migrations;
};

Listed listed_in(const fs::path& list) {
    Listed found;
    std::vector<fs::path>* into = nullptr;
    std::ifstream in{list};
    for (std::string line; std::getline(in, line);) {
        if (line == "queries") {
            into = &found.queries;
        } else if (line == "migrations") {
            into = &found.migrations;
        } else if (!line.empty() && into != nullptr) {
            into->emplace_back(line);
        }
    }
    std::ranges::sort(found.queries);
    std::ranges::sort(found.migrations);
    return found;
}

std::string queries_as_code(const std::vector<fs::path>& files) {
    std::string constants;
    std::string table;
    for (const auto& file : files) {
        const std::string name = file.stem().string();
        if (!is_name(name) || name == "queries" || name == "migrations")
            fault(file, 1, "the name of a query must be a C++ name in snake_case");
        constants += "inline constexpr std::string_view " + name + " = " +
                     literal(statement_of(file, bytes_of(file))) + ";\n\n";
        table += "    Query{\"" + name + "\", " + name + "},\n";
    }
    return constants + "inline constexpr std::array<Query, " + std::to_string(files.size()) + "> queries{\n" +
           table + "};\n\n";
}

std::string migrations_as_code(const std::vector<fs::path>& files) {
    std::string table;
    std::string number_before;
    for (const auto& file : files) {
        const std::string stem = file.stem().string();
        const std::string number = stem.substr(0, 4);
        const bool is_numbered = stem.size() > 5 && stem[4] == '_' && is_name(stem.substr(5)) &&
                                 std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
        if (!is_numbered) {
            fault(file, 1, "a migration is called NNNN_name.sql");
            continue;
        }
        if (number == number_before) fault(file, 1, "two migrations have this number");
        number_before = number;
        table += "    Migration{" + std::to_string(std::stoi(number)) + ", \"" + stem.substr(5) + "\", " +
                 literal(bytes_of(file)) + "},\n";
    }
    return "inline constexpr std::array<Migration, " + std::to_string(files.size()) + "> migrations{\n" +
           table + "};\n\n";
}

void write_header(const fs::path& list, const fs::path& out) {
    const Listed files = listed_in(list);
    const std::string code =
        "// Made by cmake/embed_sql.cpp from schemas/: change it there.\n"
        "#pragma once\n\n#include <array>\n#include <string_view>\n\nnamespace onecard::store::sql {\n\n"
        "struct Query {\n    std::string_view name;\n    std::string_view text;\n};\n\n"
        "struct Migration {\n    int number;\n    std::string_view name;\n    std::string_view text;\n};\n\n" +
        queries_as_code(files.queries) + migrations_as_code(files.migrations) +
        "}  // namespace onecard::store::sql\n";
    if (faults != 0) return;
    fs::create_directories(out.parent_path());
    std::ofstream file{out, std::ios::binary | std::ios::trunc};
    file << code;
    if (!file.flush()) fault(out, 1, "cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    if (args.size() == 3 && args[0] == "header") {
        write_header(args[1], args[2]);
    } else if (!args.empty() && args[0] == "check") {
        for (const fs::path file : args | std::views::drop(1)) statement_of(file, bytes_of(file));
    } else {
        std::cerr << "usage: embed_sql header LIST OUT | check FILE...\n";
        return 2;
    }
    return faults == 0 ? 0 : 1;
}
