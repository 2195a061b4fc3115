#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "locks.hpp"
#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"
#include "statement.hpp"

// libpq and SOCI stay behind this header.
struct pg_conn;
struct pg_result;
namespace soci {
class row;
class session;
}  // namespace soci

namespace onecard::store {

/// A value for a :name of a query. Everything travels as text; the query says what it is.
class Value {
public:
    Value(const char* name, std::string text) : name_{name}, text_{std::move(text)} {}
    Value(const char* name, std::string_view text) : name_{name}, text_{text} {}
    Value(const char* name, const char* text) : name_{name}, text_{text} {}
    template <std::integral Number>
    Value(const char* name, Number number) : name_{name} {
        if constexpr (std::same_as<Number, bool>)
            text_ = number ? "t" : "f";
        else
            text_ = std::to_string(number);
    }
    template <class Tag, class Number>
    Value(const char* name, Id<Tag, Number> id) : Value{name, id.number()} {}
    Value(const char* name, County county) : Value{name, county.number()} {}
    Value(const char* name, Month month) : Value{name, month.number()} {}
    Value(const char* name, Money money) : Value{name, money.fen()} {}
    Value(const char* name, Moment moment) : Value{name, moment.unix_seconds()} {}
    /// As 64 hexadecimal digits.
    Value(const char* name, const Digest& digest) : Value{name, digest.hex()} {}
    static Value null(const char* name) {
        Value value{name, std::string{}};
        value.is_null_ = true;
        return value;
    }

    const std::string& name() const { return name_; }
    const std::string& text() const { return text_; }
    bool is_null() const { return is_null_; }

private:
    std::string name_;
    std::string text_;
    bool is_null_ = false;
};
using Values = std::initializer_list<Value>;

std::string hex_of(std::string_view bytes);

/// One row of an answer, taken column by column. What cannot be read is our own mistake (BrokenInvariant).
class Row {
public:
    explicit Row(const soci::row& row) : row_{row} {}
    std::int64_t number();
    template <std::integral Number>
    Number as() {
        return static_cast<Number>(number());
    }
    template <class Named>  // an Id
    Named id() {
        return Named{static_cast<decltype(Named{}.number())>(number())};
    }
    bool flag() { return number() != 0; }
    std::string text();
    std::string bytes();  ///< from hexadecimal
    Digest digest();      ///< from hexadecimal
    County county() { return County::of_number(as<std::int32_t>()); }
    Month month();
    Money money() { return Money::of_fen(number()); }
    Moment moment() { return Moment::of_unix_seconds(number()); }
    bool is_null() const;
    void skip(std::size_t columns = 1) { at_ += columns; }

private:
    const soci::row& row_;
    std::size_t at_ = 0;
};

/// One connection: ordinary queries through SOCI, bulk through libpq on the same line (binary_copy.hpp).
class Connection {
public:
    /// Throws when the database is away.
    explicit Connection(const std::string& url);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// The server's process at the other end, where that is one of this machine.
    std::optional<std::int32_t> process_here() const;

    /// Throws where the other end is known to be gone. Nothing is sent.
    void check();

    void begin();
    void commit();
    /// Never throws; afterwards `is_idle` tells whether the line still works.
    void roll_back() noexcept;
    bool is_idle() const;

    /// Returns how many rows it wrote.
    std::int64_t run(std::string_view query, Values values = {});
    void each(std::string_view query, Values values, const std::function<void(Row&)>& on_row);
    /// The number in the only column of the only row.
    std::int64_t number(std::string_view query, Values values = {});
    /// The number in the only column, or nothing where there is no row.
    std::optional<std::int64_t> maybe_number(std::string_view query, Values values);
    void lock(LockClass lock, std::int32_t number = 0, std::int32_t county = 0);
    /// In the order given, which must be ascending wherever two works take several of a class.
    void lock_all(LockClass lock, std::span<const std::int32_t> numbers);
    /// Through libpq: column names first, then rows, all as text. Parameters that the query does not name are left
    /// out.
    std::vector<std::vector<std::string>> ask(
        std::string_view query, const std::vector<std::pair<std::string, std::string>>& parameters);

    /// The same of several queries at one moment, all sent before the first answer is awaited. Not within a transaction.
    std::vector<std::vector<std::vector<std::string>>> ask_together(
        std::span<const std::pair<std::string_view, std::vector<std::pair<std::string, std::string>>>> asked);

    /// As ask(), each row as it comes: none is kept.
    void ask_each(std::string_view query, const std::vector<std::pair<std::string, std::string>>& parameters,
                  const std::function<void(const std::vector<std::string>&)>& on_row);

    pg_conn* raw() { return raw_; }

private:
    struct Prepared;
    Prepared& prepared(std::string_view query, Values values, bool has_rows);
    void guarded(std::string_view query, const std::function<void()>& call);
    std::unique_ptr<soci::session> session_;
    pg_conn* raw_ = nullptr;
    std::map<std::string, std::unique_ptr<Prepared>, std::less<>> prepared_;  // goes before its session
    struct Report {
        Numbered sent;
        std::string name;
        bool is_about_one = false;
    };
    const Report& report(std::string_view query);
    void plan_as_told(const Report& asked);
    std::map<std::string, Report, std::less<>> reports_;
    bool plans_once_ = false;
};

/// The text of a report by its name. Whoever chooses the name reaches no other statement (BrokenInvariant).
std::string_view report_named(std::string_view name);

/// Counts one statement for `statements_sent`.
void count_statement();

/// Clears a result of libpq.
struct ClearResult {
    void operator()(pg_result* result) const;
};
using ResultPtr = std::unique_ptr<pg_result, ClearResult>;

/// Throws what went wrong with `result` (null: with the line) in the house's words.
[[noreturn]] void throw_result(pg_conn* line, const pg_result* result, std::string_view statement);

}  // namespace onecard::store
