#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/bankfile/profile.hpp"
#include "onecard/bankfile/statement.hpp"
#include "onecard/bankfile/ykt_text.hpp"

/// The inner half of a format: a value of ours as the bank's text, and back. There is one way to write a value; what
/// reads as a value but would be written otherwise is refused, but for words with several forms.
namespace onecard::bankfile::syntax {

/// How the values of one kind of file are written.
class Lexis {
public:
    Lexis(const Profile& profile, const Layout& layout) : profile_{profile}, layout_{layout} {}

    /// The text of `slot` of a record; false when the record has no such thing.
    template <class Record>
    bool write(const Field& field, const Record& record, std::string& out) const;

    /// What was expected, when the text is not that; nothing when it was read.
    using Wrong = std::optional<std::string_view>;
    template <class Record>
    Wrong read(const Field& field, std::string_view text, Record& record) const;

    /// Canonical codes of the line at hand live here: ReturnLine and StatementLine hold views.
    mutable std::string code;

private:
    template <class T>
    Wrong read_as(const Field& field, std::string_view text, T& value) const;
    void write_value(const Field& field, std::string_view text, std::string& out) const;
    void write_value(const Field& field, const std::string& text, std::string& out) const;
    void write_value(const Field& field, std::int32_t number, std::string& out) const;
    void write_value(const Field& field, Money amount, std::string& out) const;
    void write_value(const Field& field, std::optional<Money> amount, std::string& out) const;
    void write_value(const Field& field, County county, std::string& out) const;
    void write_value(const Field& field, Month month, std::string& out) const;
    void write_value(const Field& field, Day day, std::string& out) const;
    void write_value(const Field& field, Moment moment, std::string& out) const;
    void write_value(const Field& field, AccountKind kind, std::string& out) const;
    void write_value(const Field& field, ReturnStatus status, std::string& out) const;
    void write_value(const Field& field, Direction direction, std::string& out) const;
    Wrong read_value(const Field& field, std::string_view text, std::string_view& value) const;
    Wrong read_value(const Field& field, std::string_view text, std::string& value) const;
    Wrong read_value(const Field& field, std::string_view text, std::int32_t& number) const;
    Wrong read_value(const Field& field, std::string_view text, Money& amount) const;
    Wrong read_value(const Field& field, std::string_view text, std::optional<Money>& amount) const;
    Wrong read_value(const Field& field, std::string_view text, County& county) const;
    Wrong read_value(const Field& field, std::string_view text, Month& month) const;
    Wrong read_value(const Field& field, std::string_view text, Day& day) const;
    Wrong read_value(const Field& field, std::string_view text, Moment& moment) const;
    Wrong read_value(const Field& field, std::string_view text, AccountKind& kind) const;
    Wrong read_value(const Field& field, std::string_view text, ReturnStatus& status) const;
    Wrong read_value(const Field& field, std::string_view text, Direction& direction) const;

    const Profile& profile_;
    const Layout& layout_;
};

/// What must hold of a text besides its form, whatever the format: digits, printable characters, length.
std::optional<std::string_view> expected_of(Slot slot, std::string_view text);

}  // namespace onecard::bankfile::syntax
