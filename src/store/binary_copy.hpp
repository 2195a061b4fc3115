#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "onecard/core/big_endian.hpp"
#include "onecard/core/result.hpp"

/// PostgreSQL's binary COPY, both ways: rows go from the house's records to the line and back without text between.
namespace onecard::store {

/// One COPY … FROM STDIN. Nothing is kept unless `finish` returns; going away before gives the whole copy up.
class CopyIn {
public:
    /// `target`: "table (column, …)".
    CopyIn(Connection& connection, std::string target);
    ~CopyIn();
    CopyIn(const CopyIn&) = delete;
    CopyIn& operator=(const CopyIn&) = delete;

    /// Begins a row; its fields follow in the order of the columns.
    void row(std::int16_t columns) {
        make_room(sizeof columns);
        put_bare(columns);
        ++rows_;
    }
    /// As int2, int4 or int8 by the type of the number.
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    void put(Number number) {
        make_room(sizeof(std::int32_t) + sizeof number);
        put_bare(static_cast<std::int32_t>(sizeof number));
        put_bare(number);
    }
    void put(bool flag) {
        make_room(sizeof(std::int32_t) + 1);
        put_bare(std::int32_t{1});
        put_bare(static_cast<std::int8_t>(flag));
    }
    void put(std::string_view bytes) {
        make_room(sizeof(std::int32_t));
        put_bare(static_cast<std::int32_t>(bytes.size()));
        put_bytes(bytes);
    }
    void put(const Digest& digest) {
        put(std::string_view{reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
    }
    template <class Tag, class Number>
    void put(Id<Tag, Number> id) {
        put(id.number());
    }
    template <class Tag, class Number>
    void put_or_null(Id<Tag, Number> id) {
        if (id)
            put(id);
        else
            put_null();
    }
    void put(County county) { put(county.number()); }
    void put(Month month) { put(month.number()); }
    void put(Money money) { put(money.fen()); }
    void put(Day day) { put(day.epoch_days()); }
    void put(Moment moment);
    void put_null() {
        make_room(sizeof(std::int32_t));
        put_bare(std::int32_t{-1});
    }
    /// A one-dimensional array of int2, int4 or int8.
    template <std::integral Number>
    void put_array(std::span<const Number> numbers) {
        constexpr std::int32_t element = sizeof(Number) == 2 ? 21 : sizeof(Number) == 4 ? 23 : 20;
        const auto count = static_cast<std::int32_t>(numbers.size());
        make_room(6 * sizeof(std::int32_t));
        put_bare(static_cast<std::int32_t>(20 + numbers.size() * (4 + sizeof(Number))));
        put_bare(std::int32_t{1});  // dimensions
        put_bare(std::int32_t{0});  // no nulls
        put_bare(element);
        put_bare(count);
        put_bare(std::int32_t{1});  // first index
        for (const Number number : numbers) put(number);
    }

    /// Sends what is left and waits for the database's word. Throws what it refused.
    void finish();

private:
    static constexpr std::size_t buffer_bytes = std::size_t{128} * 1024;

    void make_room(std::size_t bytes) {
        if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]]
            send();
    }
    template <std::integral Number>
    void put_bare(Number number) {
        at_ = put_big_endian(at_, number);
    }
    void put_bytes(std::string_view bytes) {
        while (!bytes.empty()) {
            const std::size_t piece = std::min(bytes.size(), static_cast<std::size_t>(end_ - at_));
            std::memcpy(at_, bytes.data(), piece);
            at_ += piece;
            bytes.remove_prefix(piece);
            if (!bytes.empty()) send();
        }
    }
    void send();
    [[noreturn]] void finish_failed();

    Connection& connection_;
    std::string target_;
    std::unique_ptr<std::byte[]> buffer_;
    std::byte* at_;
    std::byte* end_;
    std::int64_t rows_ = 0;
    bool open_ = false;
};

/// One row of a COPY … TO STDOUT, field by field. Fields are checked for width: a surprise is our own mistake.
class CopiedRow {
public:
    CopiedRow(const std::byte* at, const std::byte* end) : at_{at}, end_{end} {}

    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    Number take() {
        check(length() == static_cast<std::int32_t>(sizeof(Number)));
        return bare<Number>();
    }
    bool flag() {
        check(length() == 1);
        return bare<std::int8_t>() != 0;
    }
    /// Lives as long as the row.
    std::string_view bytes() {
        const std::int32_t size = length();
        check(size >= 0 && size <= end_ - at_);
        const std::string_view view{reinterpret_cast<const char*>(at_), static_cast<std::size_t>(size)};
        at_ += size;
        return view;
    }
    template <class Named>  // an Id
    Named id() {
        return Named{take<decltype(Named{}.number())>()};
    }
    County county() { return County::of_number(take<std::int32_t>()); }
    Month month() {
        const auto number = take<std::int32_t>();
        if (number == Month::open_end().number()) return Month::open_end();
        const auto month = Month::of_number(number);
        check(month.has_value());
        return *month;
    }
    Money money() { return Money::of_fen(take<std::int64_t>()); }
    Day day() { return Day::of_epoch_days(take<std::int32_t>()); }
    Digest digest();
    template <std::integral Number>
    std::vector<Number> array() {
        const std::int32_t bytes = length();
        check(bytes >= 12);
        const auto dimensions = bare<std::int32_t>();
        bare<std::int32_t>();
        bare<std::int32_t>();
        std::vector<Number> numbers;
        if (dimensions == 0) return numbers;
        check(dimensions == 1);
        const auto count = bare<std::int32_t>();
        bare<std::int32_t>();
        check(count >= 0 && count <= end_ - at_);
        numbers.reserve(static_cast<std::size_t>(count));
        for (std::int32_t i = 0; i < count; ++i) numbers.push_back(take<Number>());
        return numbers;
    }

private:
    static void check(bool holds) { ensure(holds, "a copied row does not have the form of its query"); }
    template <std::integral Number>
    Number bare() {
        check(end_ - at_ >= static_cast<std::ptrdiff_t>(sizeof(Number)));
        const auto number = take_big_endian<Number>(at_);
        at_ += sizeof(Number);
        return number;
    }
    std::int32_t length() { return bare<std::int32_t>(); }

    const std::byte* at_;
    const std::byte* end_;
};

/// One COPY (query) TO STDOUT, read to its end (going away earlier cancels it).
class CopyOut {
public:
    /// `query` as it is sent, with its numbers in place; `name` for errors.
    CopyOut(Connection& connection, std::string_view name, const std::string& query);
    ~CopyOut();
    CopyOut(const CopyOut&) = delete;
    CopyOut& operator=(const CopyOut&) = delete;
    /// The next row, until the next call; nothing at the end. Throws when the line breaks.
    std::optional<CopiedRow> next();

private:
    void let_go();
    Connection& connection_;
    std::string name_;
    char* row_ = nullptr;
    bool first_ = true;
    bool open_ = true;
};

}  // namespace onecard::store
