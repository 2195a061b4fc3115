#include "onecard/app/paging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <vector>

namespace onecard::app {

namespace {

using Row = std::vector<Cell>;
using Key = std::vector<Cell>;

constexpr char between = '\x1f';

Failure no_cursor() { return {Fault::malformed, "after", "is not what an earlier page called its next one"}; }

std::string text_of_key(const Cell& cell) {
    struct Visit {
        std::string operator()(const std::string& text) const { return text; }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(Money money) const { return std::to_string(money.fen()); }
        std::string operator()(bool yes) const { return yes ? "1" : "0"; }
        std::string operator()(const Words& words) const { return words.english; }
    };
    return std::visit(Visit{}, cell);
}

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int compared(const Cell& a, const Cell& b) {
    const auto sign = [](const auto& one, const auto& other) {
        return one < other ? -1 : one > other ? 1 : 0;
    };
    if (a.index() != b.index()) return sign(a.index(), b.index());
    if (const auto* number = std::get_if<std::int64_t>(&a)) return sign(*number, std::get<std::int64_t>(b));
    if (const auto* money = std::get_if<Money>(&a)) return sign(*money, std::get<Money>(b));
    if (const auto* yes = std::get_if<bool>(&a)) return sign(*yes, std::get<bool>(b));
    const std::string one = text_of_key(a), other = text_of_key(b);
    // Numbers come as texts, too: 10 stands behind 9.
    if (is_digits(one) && is_digits(other) && one.size() != other.size())
        return sign(one.size(), other.size());
    return one.compare(other);
}

/// Cursors are hexadecimal: they pass through an address unescaped.
std::string cursor_of(const Key& key) {
    std::string text;
    for (const Cell& cell : key) text += (text.empty() ? "" : std::string(1, between)) + text_of_key(cell);
    std::string cursor;
    for (const char c : text)
        fmt::format_to(std::back_inserter(cursor), "{:02x}", static_cast<unsigned char>(c));
    return cursor;
}

std::optional<std::vector<std::string>> parts_in(std::string_view cursor) {
    std::vector<std::string> parts{""};
    for (std::size_t at = 0; at < cursor.size(); at += 2) {
        unsigned char byte = 0;
        const auto digits = cursor.substr(at, 2);
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() != 2 || parsed.ec != std::errc{} || parsed.ptr != digits.data() + 2)
            return std::nullopt;
        if (byte == static_cast<unsigned char>(between))
            parts.emplace_back();
        else
            parts.back() += static_cast<char>(byte);
    }
    return parts;
}

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
        return std::nullopt;
    return number;
}

/// In the types of `like`, a row's key.
std::optional<Key> key_in(std::string_view cursor, const Key& like) {
    const auto read = parts_in(cursor);
    if (!read || read->size() != like.size()) return std::nullopt;
    const std::vector<std::string>& parts = *read;
    Key key;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (std::holds_alternative<std::string>(like[i])) {
            key.emplace_back(parts[i]);
            continue;
        }
        if (std::holds_alternative<Words>(like[i])) {
            key.emplace_back(Words{parts[i], parts[i]});
            continue;
        }
        const auto number = number_in(parts[i]);
        if (!number) return std::nullopt;
        if (std::holds_alternative<std::int64_t>(like[i]))
            key.emplace_back(*number);
        else if (std::holds_alternative<Money>(like[i]))
            key.emplace_back(Money::of_fen(*number));
        else
            key.emplace_back(*number != 0);
    }
    return key;
}

}  // namespace

Result<std::string> cut_page(Table& table, std::span<const std::string_view> keys, std::string_view after,
                             std::size_t rows_max) {
    std::vector<std::size_t> places;
    for (const std::string_view key : keys) {
        const auto found = std::ranges::find(table.columns, key, &Column::key);
        ensure(found != table.columns.end(), "a list without its key column");
        places.push_back(static_cast<std::size_t>(found - table.columns.begin()));
    }
    const auto key_of = [&](const Row& row) {
        Key key;
        for (const std::size_t place : places) key.push_back(row[place]);
        return key;
    };
    const auto is_before = [&](const Row& row, const Row& other) {
        for (const std::size_t place : places)
            if (const int order = compared(row[place], other[place]); order != 0) return order < 0;
        return false;
    };
    if (!std::ranges::is_sorted(table.rows, is_before)) std::ranges::sort(table.rows, is_before);
    if (!after.empty() && !table.rows.empty()) {
        const auto from = key_in(after, key_of(table.rows.front()));
        if (!from) return std::unexpected{no_cursor()};
        const auto next = std::ranges::partition_point(table.rows, [&](const Row& row) {
            for (std::size_t i = 0; i < places.size(); ++i)
                if (const int order = compared(row[places[i]], (*from)[i]); order != 0) return order < 0;
            return true;
        });
        table.rows.erase(table.rows.begin(), next);
    }
    if (table.rows.size() <= rows_max) return std::string{};
    std::string cursor = cursor_of(key_of(table.rows[rows_max - 1]));
    table.rows.resize(rows_max);
    return cursor;
}

std::vector<std::pair<std::string, std::string>> Slice::parameters(
    std::span<const std::string_view> names) const {
    ensure(after.empty() || after.size() == names.size(), "a slice behind a key of other parts");
    std::vector<std::pair<std::string, std::string>> all;
    std::size_t at = 0;
    // Numbers are above -1; whoever has a text in a key says what it begins behind by the number before it.
    for (const std::string_view name : names)
        all.emplace_back(fmt::format("after_{}", name), after.empty() ? "-1" : after[at++]);
    all.emplace_back("most", std::to_string(rows_max));
    return all;
}

Result<Slice> slice_after(std::string_view cursor, std::string_view kinds, std::int64_t rows_max) {
    Slice slice;
    slice.rows_max = rows_max;
    if (cursor.empty()) return slice;
    auto parts = parts_in(cursor);
    if (!parts || parts->size() != kinds.size()) return std::unexpected{no_cursor()};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const auto number = number_in((*parts)[i]);
        const bool is_good =
            kinds[i] == 'n' ? number && std::to_string(*number) == (*parts)[i]
                            : std::ranges::all_of((*parts)[i], [](char c) { return c > ' ' && c < 0x7f; });
        if (!is_good) return std::unexpected{no_cursor()};
    }
    slice.after = std::move(*parts);
    return slice;
}

}  // namespace onecard::app
