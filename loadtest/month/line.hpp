#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A plain connection to the database: what the floor and the peers' way are measured through, with nothing of the
/// house between.
namespace onecard::loadtest {

using Replacements = std::vector<std::pair<std::string, std::string>>;

/// A statement of loadtest/sql or schemas/queries, without comments and the closing semicolon, :name replaced.
std::string statement(const std::string& name, const Replacements& values = {});

class Line {
public:
    explicit Line(const std::string& url);

    using Rows = std::vector<std::vector<std::string>>;
    /// Several statements may stand in one text; the rows are those of the last. Throws what the database says.
    Rows ask(const std::string& text);
    std::int64_t number(const std::string& text);
    void prepare(const std::string& name, const std::string& text);
    void run_prepared(const char* name, const std::vector<std::string>& values);
    /// COPY (query) TO STDOUT, binary. Returns the bytes.
    std::int64_t copy_out(const std::string& query,
                          const std::function<void(std::string_view row)>& on_row = {});
    /// COPY table FROM STDIN, binary, in pieces as large as the house's own.
    void copy_in(const std::string& table, std::string_view bytes);

private:
    [[noreturn]] void fail(const std::string& what);
    struct Close {
        void operator()(PGconn* line) const { PQfinish(line); }
    };
    std::unique_ptr<PGconn, Close> line_;
};

}  // namespace onecard::loadtest
