#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "fault_list.hpp"
#include "fields.hpp"
#include "hash_text.hpp"
#include "onecard/bankfile/formats.hpp"
#include "records.hpp"
#include "tally.hpp"
#include "values.hpp"

/// A file of any kind read as a profile lays it out: every fault with its line and field, the sums of header, lines and
/// trailer recomputed.

namespace onecard::bankfile::syntax {

/// What a format does not carry follows from what it does.
inline void complete(const Layout&, BatchHeader& header) {
    if (header.file_id.size() < 15) return;
    if (const auto county = County::parse(header.file_id.substr(3, 6))) header.county = *county;
    if (const auto period = Month::parse(header.file_id.substr(9, 6))) header.period = *period;
}
inline void complete(const Layout& layout, ReturnHeader& header) {
    if (header.file_id.size() >= 9)
        if (const auto county = County::parse(header.file_id.substr(3, 6))) header.county = *county;
    if (!layout.header.carries(Slot::value_day)) header.value_day = header.made_at.day_in_china();
}
inline void complete(const Layout&, StatementHeader& header) {
    header.kind = header.opening && header.closing ? StatementKind::end_of_day : StatementKind::notification;
}

inline void complete(const Layout& layout, const BatchHeader& header, BatchLine& line) {
    if (!layout.detail.carries(Slot::bank_code)) line.bank_code = header.bank_code;
}

/// Errors: the code that is missing where the status alone does not say it.
inline std::optional<std::string_view> complete(const Layout& layout, const ReturnHeader&, ReturnLine& line) {
    if (!layout.detail.carries(Slot::status)) {
        line.status = line.code == "OK00"   ? ReturnStatus::paid
                      : line.code == "PEND" ? ReturnStatus::in_progress
                                            : ReturnStatus::failed;
    }
    if (!line.code.empty()) return std::nullopt;
    switch (line.status) {
        case ReturnStatus::paid: line.code = "OK00"; return std::nullopt;
        case ReturnStatus::in_progress: line.code = "PEND"; return std::nullopt;
        case ReturnStatus::failed: return "a failed line needs a code";
    }
    broken("a status that does not exist");
}

template <class Tally>
class Reading {
public:
    using Header = typename Tally::Header;
    using Line = typename Tally::Line;
    using OnLine = std::function<void(const Line&)>;

    Reading(const Profile& profile, std::string file_name, StreamHash* sm3, OnLine on_line,
            std::size_t faults_max)
        : layout_{Tally::layout_of(profile)},
          lexis_{profile, layout_},
          faults_{std::move(file_name), faults_max},
          on_line_{std::move(on_line)},
          hashes_{sm3 != nullptr && layout_.trailer.carries(Slot::hash)} {
        const auto on_record = [this](Kind kind, std::span<const std::string_view> values,
                                      std::int64_t line) { take(kind, values, line); };
        reader_ = layout_.form == Form::xml
                      ? read_elements(profile, layout_, faults_, on_record)
                      : read_lines(profile, layout_, faults_, hashes_ ? sm3 : nullptr, on_record);
    }

    void feed(std::string_view bytes) { reader_->feed(bytes); }

    void finish() {
        reader_->finish();
        complete(layout_, header_);
        const std::int64_t line = reader_->line();
        for (const Sum& sum : tally_.sums(header_)) {
            if (!layout_.header.carries(sum.slot) && !layout_.trailer.carries(sum.slot)) {
                tally_.fill(header_, sum.slot);
                continue;
            }
            // After a fault the sums could only differ.
            if (faults_.empty() && sum.stated != sum.found)
                faults_.add(Fault::mismatch, line, name_of(sum.slot),
                            fmt::format("the file says {}, its lines make {}", sum.stated, sum.found));
        }
        if (faults_.empty())
            for (const Problem& problem : tally_.after(header_))
                faults_.add(problem.fault, line, problem.field, problem.text);
    }

    /// Lines that are bad in themselves go there instead of spoiling their file, and the order of lines is not looked at.
    void set_aside_bad_lines(std::function<void(const Failure&)> on_bad_line) {
        on_bad_line_ = std::move(on_bad_line);
        if constexpr (std::is_same_v<Line, ReturnLine>) tally_.any_order = on_bad_line_ != nullptr;
    }

    const Header& header() const { return header_; }
    const Faults& faults() const { return faults_.all(); }
    std::int32_t line_no() const { return static_cast<std::int32_t>(reader_->line()); }

private:
    void take(Kind kind, std::span<const std::string_view> values, std::int64_t line) {
        switch (kind) {
            case Kind::header:
                read_into(layout_.header, values, header_, line);
                complete(layout_, header_);
                return;
            case Kind::detail: return take_line(values, line);
            case Kind::trailer: return take_trailer(values, line);
        }
    }

    template <class T>
    bool read_into(const Record& record, std::span<const std::string_view> values, T& into,
                   std::int64_t line) {
        Faults faults;
        read_into(record, values, into, line, faults);
        for (Failure& fault : faults) faults_.add(std::move(fault));
        return faults.empty();
    }

    /// Gives the slots that could not be read.
    template <class T>
    std::vector<Slot> read_into(const Record& record, std::span<const std::string_view> values, T& into,
                                std::int64_t line, Faults& faults) {
        std::vector<Slot> bad;
        const auto wrong = [&](const Field& field, std::string_view expected, std::string_view found) {
            faults.push_back(faults_.made(Fault::malformed, line, field.called(),
                                          fmt::format("expected {}, found {}", expected, ykt::shown(found))));
            bad.push_back(field.slot);
        };
        for (std::size_t i = 0; i < record.fields.size(); ++i) {
            const Field& field = record.fields[i];
            if (field.slot == Slot::ignored || field.slot == Slot::hash) continue;
            if (field.slot == Slot::constant) {
                if (values[i] != field.constant && !(field.optional && values[i].empty()))
                    wrong(field, fmt::format("'{}'", field.constant), values[i]);
                continue;
            }
            if (field.optional && values[i].empty()) continue;
            if (const auto expected = lexis_.read(field, values[i], into)) wrong(field, *expected, values[i]);
        }
        return bad;
    }

    void take_line(std::span<const std::string_view> values, std::int64_t line) {
        Line read;
        Faults faults;
        const std::vector<Slot> bad = read_into(layout_.detail, values, read, line, faults);
        if constexpr (std::is_same_v<Line, BatchLine>) complete(layout_, header_, read);
        if constexpr (std::is_same_v<Line, ReturnLine>) {
            if (const auto missing = complete(layout_, header_, read); missing && faults.empty())
                faults.push_back(faults_.made(Fault::missing, line, "code", std::string{*missing}));
            if (!faults.empty() && on_bad_line_ && tells_totals(bad) && !tally_.take(header_, read))
                return on_bad_line_(faults.front());
        }
        for (Failure& fault : faults) faults_.add(std::move(fault));
        if (!faults.empty()) return;
        if (auto problem = tally_.take(header_, read))
            return faults_.add(problem->fault, line, problem->field, std::move(problem->text));
        if (on_line_) on_line_(read);
    }

    /// Whether a line that is bad in itself still says how much it is, and of what.
    bool tells_totals(const std::vector<Slot>& bad) const {
        const bool has_status = layout_.detail.carries(Slot::status);
        return std::ranges::none_of(bad, [&](Slot slot) {
            return slot == Slot::constant || slot == Slot::amount || slot == Slot::status ||
                   (slot == Slot::code && !has_status);
        });
    }

    void take_trailer(std::span<const std::string_view> values, std::int64_t line) {
        // Over a copy: where both carry a figure, both must be right.
        Header trailer = header_;
        if (!read_into(layout_.trailer, values, trailer, line)) return;
        if (layout_.header.exists()) {
            for (const Sum& sum : tally_.sums(trailer))
                if (layout_.trailer.carries(sum.slot) && sum.stated != sum.found && faults_.empty())
                    faults_.add(Fault::mismatch, line, name_of(sum.slot),
                                fmt::format("the trailer says {}, the lines make {}", sum.stated, sum.found));
        }
        for (std::size_t i = 0; i < layout_.trailer.fields.size(); ++i)
            if (hashes_ && layout_.trailer.fields[i].slot == Slot::hash &&
                values[i] != upper_hex(reader_->digest()))
                faults_.add(Fault::mismatch, line, "hash", "the bytes before the trailer have another SM3");
        header_ = std::move(trailer);
    }

    const Layout& layout_;
    Lexis lexis_;
    FaultList faults_;
    OnLine on_line_;
    std::function<void(const Failure&)> on_bad_line_;
    bool hashes_;
    std::unique_ptr<RecordReader> reader_;
    Header header_;
    Tally tally_;
};

}  // namespace onecard::bankfile::syntax
