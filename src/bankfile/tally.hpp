#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/bankfile/profile.hpp"
#include "onecard/bankfile/statement.hpp"
#include "onecard/bankfile/ykt_text.hpp"

/// What must hold between the lines of a file and its header, asked alike by writers and readers.
namespace onecard::bankfile::syntax {

struct Problem {
    Fault fault;
    std::string_view field;
    std::string text;
};

/// A figure of the header and what the lines make.
struct Sum {
    Slot slot;
    std::int64_t stated = 0;
    std::int64_t found = 0;
};

inline bool add_up(std::int64_t& sum, std::int64_t fen) { return !__builtin_add_overflow(sum, fen, &sum); }

class BatchTally {
public:
    using Header = BatchHeader;
    using Line = BatchLine;
    static const Layout& layout_of(const Profile& profile) { return profile.batch; }

    std::optional<Problem> take(const Header&, const Line& line) {
        if (line.seq != count_ + 1)
            return Problem{Fault::out_of_range, "seq",
                           fmt::format("expected {}, found {}", count_ + 1, line.seq)};
        ++count_;
        if (!add_up(total_, line.amount.fen()))
            return Problem{Fault::out_of_range, "amount", "the total of the file does not fit 64 bits"};
        return std::nullopt;
    }
    std::vector<Sum> sums(const Header& header) const {
        return {{Slot::count, header.count, count_}, {Slot::total, header.total.fen(), total_}};
    }
    void fill(Header& header, Slot slot) const {
        if (slot == Slot::count) header.count = count_;
        if (slot == Slot::total) header.total = Money::of_fen(total_);
    }
    std::vector<Problem> after(const Header&) const { return {}; }

private:
    std::int32_t count_ = 0;
    std::int64_t total_ = 0;
};

class ReturnTally {
public:
    using Header = ReturnHeader;
    using Line = ReturnLine;
    static const Layout& layout_of(const Profile& profile) { return profile.answer; }
    bool any_order = false;  ///< whoever takes the lines looks at their order

    std::optional<Problem> take(const Header&, const Line& line) {
        if (!any_order && line.seq <= last_seq_)
            return Problem{Fault::out_of_range, "seq",
                           fmt::format("expected more than {}, found {}", last_seq_, line.seq)};
        last_seq_ = line.seq;
        ++count_;
        if (!add_up(total_, line.amount.fen()))
            return Problem{Fault::out_of_range, "amount", "the total of the file does not fit 64 bits"};
        // Each is at most the total, which fits.
        if (line.status == ReturnStatus::paid) {
            ++paid_;
            paid_total_ += line.amount.fen();
        } else if (line.status == ReturnStatus::failed) {
            ++failed_;
            failed_total_ += line.amount.fen();
        }
        return std::nullopt;
    }
    std::vector<Sum> sums(const Header& header) const {
        return {{Slot::count, header.count, count_},
                {Slot::total, header.total.fen(), total_},
                {Slot::paid_count, header.paid_count, paid_},
                {Slot::paid_total, header.paid_total.fen(), paid_total_},
                {Slot::failed_count, header.failed_count, failed_},
                {Slot::failed_total, header.failed_total.fen(), failed_total_}};
    }
    void fill(Header& header, Slot slot) const {
        if (slot == Slot::count) header.count = count_;
        if (slot == Slot::total) header.total = Money::of_fen(total_);
        if (slot == Slot::paid_count) header.paid_count = paid_;
        if (slot == Slot::paid_total) header.paid_total = Money::of_fen(paid_total_);
        if (slot == Slot::failed_count) header.failed_count = failed_;
        if (slot == Slot::failed_total) header.failed_total = Money::of_fen(failed_total_);
    }
    std::vector<Problem> after(const Header&) const { return {}; }

private:
    std::int32_t last_seq_ = 0, count_ = 0, paid_ = 0, failed_ = 0;
    std::int64_t total_ = 0, paid_total_ = 0, failed_total_ = 0;
};

class StatementTally {
public:
    using Header = StatementHeader;
    using Line = StatementLine;
    static const Layout& layout_of(const Profile& profile) { return profile.statement; }

    std::optional<Problem> take(const Header& header, const Line& line) {
        if (line.seq != count_ + 1)
            return Problem{Fault::out_of_range, "seq",
                           fmt::format("expected {}, found {}", count_ + 1, line.seq)};
        ++count_;
        if (line.booking_day < header.first_day || header.last_day < line.booking_day)
            return Problem{
                Fault::out_of_range, "booking_day",
                fmt::format("{} lies outside the statement's days {} to {}", line.booking_day.text(),
                            header.first_day.text(), header.last_day.text())};
        std::int64_t& sum = line.direction == Direction::credit ? credits_ : debits_;
        if (!add_up(sum, line.amount.fen()))
            return Problem{Fault::out_of_range, "amount", "the sums of the statement do not fit 64 bits"};
        if (line.balance && header.opening) {
            const auto now = balance(*header.opening);
            if (!now || *now != line.balance->fen())
                return Problem{Fault::mismatch, "balance",
                               fmt::format("the lines make {} fen, the statement says {}", now.value_or(0),
                                           line.balance->fen())};
        }
        return std::nullopt;
    }
    std::vector<Sum> sums(const Header& header) const {
        return {{Slot::count, header.count, count_},
                {Slot::credits, header.credits.fen(), credits_},
                {Slot::debits, header.debits.fen(), debits_}};
    }
    void fill(Header& header, Slot slot) const {
        if (slot == Slot::count) header.count = count_;
        if (slot == Slot::credits) header.credits = Money::of_fen(credits_);
        if (slot == Slot::debits) header.debits = Money::of_fen(debits_);
    }
    std::vector<Problem> after(const Header& header) const {
        if (!header.opening || !header.closing) return {};
        const auto now = balance(*header.opening);
        if (now && *now == header.closing->fen()) return {};
        return {{Fault::mismatch, "closing",
                 fmt::format("opening and lines make {} fen, the closing balance says {}", now.value_or(0),
                             header.closing->fen())}};
    }

private:
    std::optional<std::int64_t> balance(Money opening) const {
        std::int64_t sum = opening.fen();
        if (!add_up(sum, credits_) || !add_up(sum, -debits_)) return std::nullopt;
        return sum;
    }
    std::int32_t count_ = 0;
    std::int64_t credits_ = 0, debits_ = 0;
};

}  // namespace onecard::bankfile::syntax
