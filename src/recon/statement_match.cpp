#include "onecard/recon/statement_match.hpp"

#include <algorithm>
#include <utility>

namespace onecard::recon {

namespace {

Judgement fits(Fit fit, std::vector<std::int64_t> return_nos = {}) {
    Judgement judged;
    judged.is = Judgement::Is::fitting;
    judged.fit = fit;
    judged.return_nos = std::move(return_nos);
    return judged;
}

Judgement waits() { return {}; }

Judgement breaks(BreakKind kind, Money in_question) {
    Judgement judged;
    judged.is = Judgement::Is::broken;
    judged.kind = kind;
    judged.in_question = in_question;
    return judged;
}

Money difference(Money left, Money right) { return left > right ? left - right : right - left; }

Money sum_of(std::span<const OpenAnswer> answers) {
    Money sum;
    for (const OpenAnswer& answer : answers) sum += answer.total;
    return sum;
}

/// Whose answers a sum is: one file's, the first that fits, or all that are open.
std::vector<std::int64_t> taken_by(Money amount, std::span<const OpenAnswer> answers) {
    const auto one = std::ranges::find(answers, amount, &OpenAnswer::total);
    if (one != answers.end()) return {one->return_no};
    std::vector<std::int64_t> all;
    if (!answers.empty() && sum_of(answers) == amount)
        for (const OpenAnswer& answer : answers) all.push_back(answer.return_no);
    return all;
}

Judgement judge_debit(const BankLine& line, const KnownPayment& known) {
    if (!known.sent) return breaks(BreakKind::unidentified_debit, line.amount);
    if (known.debited) return breaks(BreakKind::debited_twice, line.amount);
    switch (known.standing) {
        case Standing::in_transit: return waits();
        case Standing::failed:
        case Standing::corrected: return breaks(BreakKind::paid_though_failed, line.amount);
        case Standing::paid:
        case Standing::returned: break;
    }
    if (line.amount != known.amount)
        return breaks(BreakKind::amount_differs, difference(line.amount, known.amount));
    return fits(Fit::payment_debit);
}

Judgement judge_credit(const BankLine& line, const KnownPayment& known) {
    const Judgement unidentified = breaks(BreakKind::unidentified_credit, line.amount);
    if (!known.sent || known.credited) return unidentified;
    switch (known.standing) {
        // The money is back; the bank's return file has yet to say so.
        case Standing::in_transit:
        case Standing::paid: return waits();
        case Standing::returned: break;
        case Standing::failed:
        case Standing::corrected:
            if (!known.debited && !known.whole_sum) return unidentified;
            break;
    }
    return line.amount == known.amount ? fits(Fit::payment_credit) : unidentified;
}

}  // namespace

Judgement judge(const BankLine& line, const KnownPayment& known) {
    return line.is_credit ? judge_credit(line, known) : judge_debit(line, known);
}

Judgement judge(const BankLine& line, const KnownBatch& known) {
    if (line.is_credit) {
        if (known.sent && !known.funded && line.amount == known.total) return fits(Fit::funding);
        if (known.whole_sum) {
            if (auto taken = taken_by(line.amount, known.failed); !taken.empty())
                return fits(Fit::failures, std::move(taken));
            if (!known.in_transit.is_zero()) return waits();
        }
        return breaks(BreakKind::unidentified_credit, line.amount);
    }
    if (!known.sent) return breaks(BreakKind::unidentified_debit, line.amount);
    if (known.whole_sum) return breaks(BreakKind::debited_twice, line.amount);
    if (!known.debited_in_pieces && line.amount == known.total) return fits(Fit::whole_batch);
    if (auto taken = taken_by(line.amount, known.paid); !taken.empty())
        return fits(Fit::answers, std::move(taken));
    if (!known.in_transit.is_zero()) return waits();
    if (known.paid.empty()) return breaks(BreakKind::debited_twice, line.amount);
    return breaks(BreakKind::amount_differs, difference(line.amount, sum_of(known.paid)));
}

Judgement judge(const BankLine& line) {
    if (!line.is_credit) return breaks(BreakKind::unidentified_debit, line.amount);
    return breaks(line.is_interest ? BreakKind::interest : BreakKind::unidentified_credit, line.amount);
}

}  // namespace onecard::recon
