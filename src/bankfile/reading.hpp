#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fault_list.hpp"
#include "fields.hpp"
#include "onecard/bankfile/formats.hpp"
#include "records.hpp"
#include "tally.hpp"
#include "upper_hex.hpp"
#include "values.hpp"

/// How files of any kind are read in a bank's layout. `Own` is the tally of the kind with what is its own besides: what a
/// format does not carry follows from what it does,
///     static void complete(const Layout&, Header&);
///     static std::optional<std::string_view> complete(const Layout&, const Header&, Line&);
///                       errors: why the code is missing
namespace onecard::bankfile::syntax {

template <class Own>
class Reading {
public:
    using Header = typename Own::Header;
    using Line = typename Own::Line;
    using OnLine = std::function<void(const Line&)>;

    Reading(const Profile& profile, std::string file_name, StreamHash* sm3, OnLine on_line,
            std::size_t faults_max)
        : layout_{Own::layout_of(profile)},
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
        Own::complete(layout_, header_);
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
        tally_.any_order = on_bad_line_ != nullptr;
    }

    const Header& header() const { return header_; }
    const Faults& faults() const { return faults_.all(); }
    std::int32_t line_no() const {
        return layout_.form == Form::xml ? details_ + 1 : static_cast<std::int32_t>(reader_->line());
    }
    XmlPlace xml_place() const { return reader_->xml_place(); }

private:
    void take(Kind kind, std::span<const std::string_view> values, std::int64_t line) {
        switch (kind) {
            case Kind::header:
                read_into(layout_.header, values, header_, line);
                Own::complete(layout_, header_);
                return;
            case Kind::detail: ++details_; return take_line(values, line);
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
        if (const auto missing = Own::complete(layout_, header_, read); missing && faults.empty())
            faults.push_back(faults_.made(Fault::missing, line, "code", std::string{*missing}));
        if (!faults.empty() && on_bad_line_ && tells_totals(bad) && !tally_.take(header_, read))
            return on_bad_line_(faults.front());
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
    Own tally_;
    std::int32_t details_ = 0;
};

/// Behind the door of the kind.
template <class Door, class Own>
class Read : public Door {
public:
    Read(const Profile& profile, std::string file_name, StreamHash* sm3,
         typename Reading<Own>::OnLine on_line, std::size_t faults_max)
        : reading_{profile, std::move(file_name), sm3, std::move(on_line), faults_max} {}
    void feed(std::string_view bytes) override { reading_.feed(bytes); }
    void finish() override { reading_.finish(); }
    const typename Own::Header& header() const override { return reading_.header(); }
    const Faults& faults() const override { return reading_.faults(); }

protected:
    const Reading<Own>& reading() const { return reading_; }
    Reading<Own>& reading() { return reading_; }

private:
    Reading<Own> reading_;
};

/// The canonical profile keeps its own readers: they are what the bulk way is measured with.
template <class Door, class Reader, class Header>
class CanonicalRead : public Door {
public:
    explicit CanonicalRead(Reader reader) : reader_{std::move(reader)} {}
    void feed(std::string_view bytes) override { reader_.feed(bytes); }
    void finish() override { reader_.finish(); }
    const Header& header() const override { return reader_.header(); }
    const Faults& faults() const override { return reader_.faults(); }

protected:
    const Reader& reader() const { return reader_; }

private:
    Reader reader_;
};

}  // namespace onecard::bankfile::syntax
