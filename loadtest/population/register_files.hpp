#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "onecard/core/calendar.hpp"
#include "onecard/registry/csv.hpp"

namespace onecard::loadtest {

inline constexpr std::size_t kinds_of_files = 6;

/// The six files of a register, filled side by side.
class RegisterFiles {
public:
    using Sink = std::function<void(registry::FileKind, std::string_view)>;
    explicit RegisterFiles(const Sink& sink) : sink_{sink} {
        start(registry::FileKind::households,
              "county,household_no,area,village,representative,valid_from,valid_to,absent");
        start(
            registry::FileKind::persons,
            "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
            "in_full_time_school,died_on,valid_from,valid_to,absent");
        start(registry::FileKind::incomes,
              "county,household_no,person_no,item,monthly,valid_from,valid_to,absent");
        start(registry::FileKind::enrolments,
              "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,"
              "institution_no,valid_from,valid_to,absent");
        start(registry::FileKind::accounts,
              "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to,absent");
        start(registry::FileKind::institutions, "county,institution_no,name,valid_from,valid_to,absent");
    }

    std::string& of(registry::FileKind kind) { return text_[static_cast<std::size_t>(kind)]; }

    /// Ends a row: its last three columns.
    void end(registry::FileKind kind, Month from, Month to) {
        std::string& text = of(kind);
        month(text, from);
        text += ',';
        if (to != Month::open_end()) month(text, to.previous());
        text += ",\n";
        if (text.size() >= piece_bytes) flush(kind);
    }

    void finish() {
        for (std::size_t kind = 0; kind < kinds_of_files; ++kind)
            flush(static_cast<registry::FileKind>(kind));
    }

    static void number(std::string& text, std::int64_t value) {
        std::array<char, 20> digits;  // NOLINT: only what was written is read
        const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        text.append(digits.data(), written.ptr);
    }
    static void padded(std::string& text, std::int64_t value, std::size_t width) {
        const std::size_t begin = text.size();
        text.append(width, '0');
        for (std::size_t i = begin + width; i > begin; value /= 10)
            text[--i] = static_cast<char>('0' + value % 10);
    }
    static void month(std::string& text, Month value) {
        padded(text, value.year(), 4);
        text += '-';
        padded(text, value.month(), 2);
    }

private:
    static constexpr std::size_t piece_bytes = 64 * 1024;

    void start(registry::FileKind kind, std::string_view header) {
        of(kind).reserve(piece_bytes + 1024);
        of(kind).append(header).push_back('\n');
    }
    void flush(registry::FileKind kind) {
        if (of(kind).empty()) return;
        sink_(kind, of(kind));
        of(kind).clear();
    }

    const Sink& sink_;
    std::array<std::string, kinds_of_files> text_;
};

}  // namespace onecard::loadtest
