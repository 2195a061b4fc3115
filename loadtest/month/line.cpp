#include "line.hpp"

#include <fmt/format.h>

#include <cctype>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace onecard::loadtest {

namespace {

struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, Clear>;

constexpr std::size_t piece_bytes = std::size_t{128} * 1024;

std::string text_of(const std::string& name) {
    for (const char* folder : {"/loadtest/sql/", "/schemas/queries/"}) {
        std::ifstream in{std::string{ONECARD_SOURCE_DIR} + folder + name + ".sql"};
        if (!in) continue;
        std::string text;
        for (std::string line; std::getline(in, line);)
            if (!line.starts_with("--")) text += line + "\n";
        return text;
    }
    throw std::runtime_error{"there is no statement " + name};
}

}  // namespace

std::string statement(const std::string& name, const Replacements& values) {
    std::string text = text_of(name);
    for (const auto& [key, value] : values) {
        const std::string wanted = ":" + key;
        for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
            const bool is_cast = at > 0 && text[at - 1] == ':';
            const std::size_t end = at + wanted.size();
            const bool is_longer =
                end < text.size() &&
                (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_');
            if (!is_cast && !is_longer) text.replace(at, wanted.size(), value);
        }
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == ';')) text.pop_back();
    return text;
}

Line::Line(const std::string& url) : line_{PQconnectdb(url.c_str())} {
    if (PQstatus(line_.get()) != CONNECTION_OK) fail("connect");
    PQsetNoticeReceiver(line_.get(), [](void*, const PGresult*) {}, nullptr);
}

void Line::fail(const std::string& what) {
    throw std::runtime_error{fmt::format("{}: {}", what, PQerrorMessage(line_.get()))};
}

Line::Rows Line::ask(const std::string& text) {
    const Answer answer{PQexec(line_.get(), text.c_str())};
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(text.substr(0, 200));
    Rows rows;
    for (int row = 0; row < PQntuples(answer.get()); ++row) {
        auto& cells = rows.emplace_back();
        for (int column = 0; column < PQnfields(answer.get()); ++column)
            cells.emplace_back(PQgetvalue(answer.get(), row, column));
    }
    return rows;
}

std::int64_t Line::number(const std::string& text) { return std::stoll(ask(text).at(0).at(0)); }

void Line::prepare(const std::string& name, const std::string& text) {
    const Answer answer{PQprepare(line_.get(), name.c_str(), text.c_str(), 0, nullptr)};
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) fail(name);
}

void Line::run_prepared(const char* name, const std::vector<std::string>& values) {
    std::vector<const char*> pointers;
    for (const std::string& value : values) pointers.push_back(value.c_str());
    const Answer answer{PQexecPrepared(line_.get(), name, static_cast<int>(pointers.size()), pointers.data(),
                                       nullptr, nullptr, 0)};
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) fail(name);
}

std::int64_t Line::copy_out(const std::string& query, const std::function<void(std::string_view)>& on_row) {
    const Answer begun{
        PQexec(line_.get(), fmt::format("copy ({}) to stdout (format binary)", query).c_str())};
    if (PQresultStatus(begun.get()) != PGRES_COPY_OUT) fail(query.substr(0, 200));
    std::int64_t bytes = 0;
    char* row = nullptr;
    int size = 0;
    while ((size = PQgetCopyData(line_.get(), &row, 0)) > 0) {
        bytes += size;
        if (on_row) on_row({row, static_cast<std::size_t>(size)});
        PQfreemem(row);
    }
    bool good = size == -1;
    while (const Answer left{PQgetResult(line_.get())})
        good &= PQresultStatus(left.get()) == PGRES_COMMAND_OK;
    if (!good) fail(query.substr(0, 200));
    return bytes;
}

void Line::copy_in(const std::string& table, std::string_view bytes) {
    const Answer begun{PQexec(line_.get(), fmt::format("copy {} from stdin (format binary)", table).c_str())};
    if (PQresultStatus(begun.get()) != PGRES_COPY_IN) fail(table);
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, piece_bytes);
        if (PQputCopyData(line_.get(), piece.data(), static_cast<int>(piece.size())) != 1) fail(table);
        bytes.remove_prefix(piece.size());
    }
    if (PQputCopyEnd(line_.get(), nullptr) != 1) fail(table);
    bool good = true;
    while (const Answer left{PQgetResult(line_.get())})
        good &= PQresultStatus(left.get()) == PGRES_COMMAND_OK;
    if (!good) fail(table);
}

}  // namespace onecard::loadtest
