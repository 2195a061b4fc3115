#include "onecard/recon/match.hpp"

#include <fmt/format.h>

#include <utility>

#include "onecard/core/big_endian.hpp"

namespace onecard::recon {

std::uint64_t account_hash(std::string_view digits) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: a comparison of equal-length digits, not a defence
    for (const char c : digits) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

void write_leaf(PartNo part, County county, const Outcome& outcome, std::int32_t return_no, std::byte* out) {
    out = put_big_endian(out, part.number());
    out = put_big_endian(out, county.number());
    out = put_big_endian(out, outcome.serial.number());
    out = put_big_endian(out, outcome.attempt);
    out = put_big_endian(out, static_cast<std::int16_t>(outcome.paid ? 1 : 2));
    out = put_big_endian(out, static_cast<std::int16_t>(outcome.reason));
    out = put_big_endian(out, outcome.amount.fen());
    out = put_big_endian(out, outcome.value_day.epoch_days());
    out = put_big_endian(out, return_no);
    put_big_endian(out, outcome.line);
}

std::string_view code_of(BreakKind kind) {
    switch (kind) {
        case BreakKind::unknown_reference: return "unknown-reference";
        case BreakKind::repeated: return "repeated";
        case BreakKind::amount_differs: return "amount-differs";
        case BreakKind::account_differs: return "account-differs";
        case BreakKind::contradicts_earlier: return "contradicts-earlier";
        case BreakKind::unknown_reason: return "unknown-reason";
    }
    std::unreachable();
}

void Matcher::open_break(BreakKind kind, std::string evidence) {
    out_.breaks.push_back({kind, line_, std::move(evidence)});
}

void Matcher::take(const bankfile::ReturnLine& line) {
    ++line_;
    if (line.seq < 1 || static_cast<std::size_t>(line.seq) > sent_.size())
        return open_break(BreakKind::unknown_reference, fmt::format("sequence {} was never sent", line.seq));
    const auto index = static_cast<std::size_t>(line.seq) - 1;
    SentLine& sent = sent_[index];

    char reference[payment_reference_length];
    sent.payment.write(reference);
    if (line.payment != std::string_view{reference, payment_reference_length})
        return open_break(BreakKind::unknown_reference,
                          fmt::format("sequence {} was sent for {}, not for {}", line.seq,
                                      sent.payment.text(), line.payment.substr(0, payment_reference_length)));
    seen_.resize(sent_.size());
    if (seen_[index])
        return open_break(BreakKind::repeated, fmt::format("{} stands here twice", line.payment));
    seen_[index] = true;
    if (line.amount != sent.amount)
        return open_break(BreakKind::amount_differs,
                          fmt::format("{}: sent {} yuan, answered {} yuan", line.payment, sent.amount.yuan(),
                                      line.amount.yuan()));
    if (account_hash(line.account) != sent.account_hash)
        return open_break(BreakKind::account_differs,
                          fmt::format("{}: another account came back", line.payment));
    if (line.status == bankfile::ReturnStatus::in_progress) {
        ++out_.in_progress;
        return;
    }
    if (sent.answered)
        return open_break(
            BreakKind::contradicts_earlier,
            fmt::format("{}: an earlier file had the final word; this one says {}", line.payment,
                        line.status == bankfile::ReturnStatus::paid ? "paid" : "failed"));
    const bool paid = line.status == bankfile::ReturnStatus::paid;
    auto reason = bankfile::Reason::paid;
    if (!paid) {
        const auto known = bankfile::reason_of(line.code);
        if (!known || *known == bankfile::Reason::paid || *known == bankfile::Reason::in_progress)
            return open_break(BreakKind::unknown_reason,
                              fmt::format("{}: failed with code {}", line.payment, line.code.substr(0, 16)));
        reason = *known;
    }
    sent.answered = true;
    (paid ? out_.paid : out_.failed) += 1;
    (paid ? out_.paid_total : out_.failed_total) += line.amount;
    out_.outcomes.push_back({sent.payment.serial, sent.payment.attempt, paid, reason, line.amount,
                             line.bank_day, line_, static_cast<std::uint32_t>(index)});
}

}  // namespace onecard::recon
