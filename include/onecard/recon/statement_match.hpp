#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "onecard/core/money.hpp"
#include "onecard/recon/attempt.hpp"
#include "onecard/recon/breaks.hpp"

/// The third side of the match: what a bank's statement says moved on the transit account, against what was sent and what
/// return files said (DOMAIN 5.3, invariant 5). Each line fits one thing, and each thing is taken by one line.
namespace onecard::recon {

/// A movement, seen from us: a credit came in, a debit went out.
struct BankLine {
    bool is_credit = false;
    Money amount;              ///< > 0
    bool is_interest = false;  ///< says so itself
};

/// What is known of the attempt that a line names.
struct KnownPayment {
    bool sent = false;
    Money amount;  ///< as a return file had it; of no meaning while in transit
    Standing standing = Standing::in_transit;
    bool debited = false;    ///< by a line of its own or within a sum
    bool credited = false;   ///< the same, money that came back
    bool whole_sum = false;  ///< its batch was debited in one sum over every line, paid or not
};

/// What one return file said of a batch, and no line of a statement has taken yet.
struct OpenAnswer {
    std::int64_t return_no = 0;
    Money total;
};

struct KnownBatch {
    bool sent = false;
    Money total;
    Money in_transit;                ///< not answered
    std::vector<OpenAnswer> paid;    ///< not debited
    std::vector<OpenAnswer> failed;  ///< not credited
    bool whole_sum = false;          ///< debited in one sum over every line
    bool debited_in_pieces = false;  ///< some of it was debited otherwise
    bool funded = false;             ///< a line has the transfer that paid for it
};

/// The number is what the database stores.
enum class Fit : std::uint8_t {
    payment_debit = 1,   ///< one payment that was made
    payment_credit = 2,  ///< one payment that came back
    whole_batch = 3,     ///< a batch in one sum over every line
    answers = 4,         ///< a batch in one sum over what was paid
    failures = 5,        ///< what failed of a batch that was debited whole, in one sum
    funding = 6,         ///< our own transfer for the batch
    told_before = 7,     ///< a notification had it already
};

struct Judgement {
    enum class Is : std::uint8_t { fitting, waiting, broken };
    Is is = Is::waiting;  ///< waiting: a word of the bank that it needs has not come
    Fit fit = Fit::payment_debit;
    BreakKind kind = BreakKind::unidentified_debit;
    Money in_question;                     ///< of a break
    std::vector<std::int64_t> return_nos;  ///< of a sum: whose answers it takes

    friend bool operator==(const Judgement&, const Judgement&) = default;
};

Judgement judge(const BankLine& line, const KnownPayment& known);
Judgement judge(const BankLine& line, const KnownBatch& known);
/// A line that names nothing of ours.
Judgement judge(const BankLine& line);

}  // namespace onecard::recon
