#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "fields.hpp"
#include "onecard/bankfile/formats.hpp"
#include "records.hpp"
#include "tally.hpp"
#include "upper_hex.hpp"
#include "values.hpp"

/// How files of any kind are written in a bank's layout. `Own` is the tally of the kind with what is its own besides:
///     static constexpr Slot id_slot; static const std::string& id_of(const Header&);      what the file says of itself
///     static std::optional<std::string_view> lost(const Record&, const Header&, const Line&);
///                       the first thing that a line says and the profile has no place for; it would be lost
///     static bool is_sayable(const Profile&, const Line&);
///                       a reason that the bank has no code for cannot be written in its words
namespace onecard::bankfile::syntax {

template <class Own>
class Writing {
public:
    using Header = typename Own::Header;
    using Line = typename Own::Line;

    Writing(const Profile& profile, const Header& header, StreamHash& sm3)
        : profile_{profile},
          layout_{Own::layout_of(profile)},
          lexis_{profile, layout_},
          header_{header},
          sm3_{sm3},
          hashes_{layout_.trailer.carries(Slot::hash)},
          writer_{write_records(profile, layout_)} {
        if (const auto expected = expected_of(Own::id_slot, Own::id_of(header)))
            header_failure_ = Failure{Fault::malformed, "header", std::string{*expected}};
        else if (layout_.header.exists())
            if (auto put = this->put(Kind::header, layout_.header, header_); !put)
                header_failure_ = put.error();
    }

    Result<void> add(const Line& line) {
        ensure(!finished_, "a line is added after the end");
        if (header_failure_) return std::unexpected{*header_failure_};
        const auto refused = [&](Fault fault, std::string_view field, std::string text) {
            return refuse(fault, std::move(text),
                          fmt::format("{}:{}:{}", Own::id_of(header_), lines_ + 2, field));
        };
        if (const auto field = Own::lost(layout_.detail, header_, line))
            return refused(Fault::malformed, *field, "the bank's format has no place for it");
        if (!Own::is_sayable(profile_, line))
            return refused(Fault::unknown, "code", "the bank has no code for this reason");
        if (line.amount.fen() <= 0)
            return refused(Fault::out_of_range, "amount",
                           fmt::format("expected more than 0, found {}", line.amount.fen()));
        Own tally = tally_;
        if (auto problem = tally.take(header_, line))
            return refused(problem->fault, problem->field, problem->text);
        if (auto put = this->put(Kind::detail, layout_.detail, line); !put) return put;
        tally_ = tally;
        ++lines_;
        return {};
    }

    std::string take() {
        if (hashes_ && !finished_) sm3_.update(bytes_of(writer_->bytes));
        return std::exchange(writer_->bytes, {});
    }

    Result<void> finish() {
        ensure(!finished_, "a file is finished twice");
        if (header_failure_) return std::unexpected{*header_failure_};
        finished_ = true;
        auto done = check_sums();
        if (done && layout_.trailer.exists()) {
            if (hashes_) {
                sm3_.update(bytes_of(writer_->bytes));
                hash_ = upper_hex(sm3_.finish());
            }
            done = put(Kind::trailer, layout_.trailer, header_);
        } else if (hashes_) {
            sm3_.finish();  // Lent: it goes back fresh.
        }
        if (done) writer_->close();
        return done;
    }

private:
    Result<void> check_sums() const {
        for (const Sum& sum : tally_.sums(header_))
            if (sum.stated != sum.found)
                return refuse(Fault::mismatch,
                              fmt::format("the header says {}, the lines make {}", sum.stated, sum.found),
                              fmt::format("{}:{}:{}", Own::id_of(header_), lines_ + 2, name_of(sum.slot)));
        for (const Problem& problem : tally_.after(header_))
            return refuse(problem.fault, problem.text,
                          fmt::format("{}:{}:{}", Own::id_of(header_), lines_ + 2, problem.field));
        return {};
    }

    template <class T>
    Result<void> put(Kind kind, const Record& record, const T& what) {
        values_.resize(record.fields.size());
        for (std::size_t i = 0; i < record.fields.size(); ++i) {
            const Field& field = record.fields[i];
            if (field.slot == Slot::constant || field.slot == Slot::ignored) {
                values_[i] = field.constant;
                continue;
            }
            if (field.slot == Slot::hash) {
                values_[i] = hash_;
                continue;
            }
            ensure(lexis_.write(field, what, values_[i]),
                   "a profile asks a record for what it does not have");
            if (const auto expected = expected_of(field.slot, values_[i]))
                return refuse(Fault::malformed,
                              fmt::format("expected {}, found {}", *expected, ykt::shown(values_[i])),
                              fmt::format("{}:{}:{}", Own::id_of(header_), lines_ + 2, field.called()));
        }
        auto done = writer_->put(kind, values_);
        if (!done)
            done.error().place = fmt::format("{}:{}:{}", Own::id_of(header_),
                                             lines_ + (kind == Kind::header ? 1 : 2), done.error().place);
        return done;
    }

    const Profile& profile_;
    const Layout& layout_;
    Lexis lexis_;
    Header header_;
    StreamHash& sm3_;
    bool hashes_;
    std::string hash_;
    std::unique_ptr<RecordWriter> writer_;
    std::optional<Failure> header_failure_;
    Values values_;
    Own tally_;
    std::int64_t lines_ = 0;
    bool finished_ = false;
};

/// Behind the door of the kind.
template <class Door, class Own>
class Written final : public Door {
public:
    Written(const Profile& profile, const typename Own::Header& header, StreamHash& sm3)
        : writing_{profile, header, sm3} {}
    Result<void> add(const typename Own::Line& line) override { return writing_.add(line); }
    std::string take() override { return writing_.take(); }
    Result<void> finish() override { return writing_.finish(); }

private:
    Writing<Own> writing_;
};

}  // namespace onecard::bankfile::syntax
