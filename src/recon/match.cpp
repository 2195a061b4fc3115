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

void write_leaf(PartNo part, County county, Standing to, const Outcome& word, std::int32_t return_no,
                std::byte* out) {
    out = put_big_endian(out, part.number());
    out = put_big_endian(out, county.number());
    out = put_big_endian(out, word.serial.number());
    out = put_big_endian(out, word.attempt);
    out = put_big_endian(out, static_cast<std::int16_t>(to));
    out = put_big_endian(out, static_cast<std::int16_t>(word.reason));
    out = put_big_endian(out, word.amount.fen());
    out = put_big_endian(out, word.value_day.epoch_days());
    out = put_big_endian(out, return_no);
    put_big_endian(out, word.line);
}

void Matcher::open_break(BreakKind kind, std::int32_t line_no, const bankfile::ReturnLine& line,
                         const SentLine* sent, std::string evidence) {
    ++out_.broken;
    Break& opened = out_.breaks.emplace_back();
    opened.kind = kind;
    opened.line = line_no;
    opened.evidence = std::move(evidence);
    opened.amount = line.amount;
    if (sent != nullptr) opened.payment = sent->payment;
}

void Matcher::open_late_return(const bankfile::ReturnLine& line, const SentLine& sent, std::int32_t line_no,
                               std::int64_t paid_by, bankfile::Reason reason) {
    // The line fits: it counts among what was returned, not among what broke.
    out_.breaks.push_back({BreakKind::late_return, line_no,
                           fmt::format("{}: return file {} said paid; this one takes it back {}",
                                       line.payment, paid_by, bankfile::text_of(reason).code),
                           line.amount, sent.payment});
}

void Matcher::take_out_of_order(const bankfile::ReturnLine& line, std::int32_t line_no) {
    open_break(BreakKind::repeated, line_no, line, nullptr,
               fmt::format("sequence {} ({}) comes after a higher or equal one", line.seq,
                           line.payment.substr(0, payment_reference_length)));
}

void Matcher::take_malformed(std::string evidence, std::int32_t line_no) {
    open_break(BreakKind::malformed_line, line_no, {}, nullptr, std::move(evidence));
}

void Matcher::take(const bankfile::ReturnLine& line, SentLine* sent, std::int32_t line_no) {
    if (sent == nullptr)
        return open_break(BreakKind::unknown_reference, line_no, line, nullptr,
                          fmt::format("sequence {} was never sent", line.seq));
    char reference[payment_reference_length];
    sent->payment.write(reference);
    if (line.payment != std::string_view{reference, payment_reference_length})
        return open_break(
            BreakKind::unknown_reference, line_no, line, nullptr,
            fmt::format("sequence {} was sent for {}, not for {}", line.seq, sent->payment.text(),
                        line.payment.substr(0, payment_reference_length)));
    judge(line, *sent, line_no);
}

void Matcher::judge(const bankfile::ReturnLine& line, SentLine& sent, std::int32_t line_no) {
    const auto breaks = [&](BreakKind kind, std::string evidence) {
        open_break(kind, line_no, line, &sent, std::move(evidence));
    };
    if (sent.seen) return breaks(BreakKind::repeated, fmt::format("{} stands here twice", line.payment));
    sent.seen = true;
    if (line.amount != sent.amount)
        return breaks(BreakKind::amount_differs,
                      fmt::format("{}: sent {} yuan, answered {} yuan", line.payment, sent.amount.yuan(),
                                  line.amount.yuan()));
    if (account_hash(line.account) != sent.account_hash)
        return breaks(BreakKind::account_differs, fmt::format("{}: another account came back", line.payment));

    Word word{line.status, bankfile::Reason::paid, corrects_};
    const auto reason = bankfile::reason_of(line.code);
    if (line.status == bankfile::ReturnStatus::failed) {
        if (!reason)
            return breaks(BreakKind::unknown_reason,
                          fmt::format("{}: failed with code {}", line.payment, line.code.substr(0, 16)));
        if (*reason == bankfile::Reason::paid || *reason == bankfile::Reason::in_progress)
            return breaks(BreakKind::code_differs,
                          fmt::format("{}: failed with {}", line.payment, line.code));
        word.reason = *reason;
    } else if (line.status == bankfile::ReturnStatus::paid && reason && *reason != bankfile::Reason::paid) {
        // A bank's own code for success is believed; a reason that says otherwise is not.
        const bool of_person =
            *reason == bankfile::Reason::name_mismatch || *reason == bankfile::Reason::identity_mismatch;
        return breaks(of_person ? BreakKind::name_differs : BreakKind::code_differs,
                      fmt::format("{}: paid, with {}", line.payment, line.code));
    }
    const Outcome outcome{sent.payment.serial,
                          sent.payment.attempt,
                          line.status == bankfile::ReturnStatus::paid,
                          word.reason,
                          line.amount,
                          line.bank_day,
                          line_no,
                          static_cast<std::uint32_t>(line.seq - 1)};
    const Known before = sent.known;
    const Consequence consequence = consequence_of(before, word);
    sent.known.standing = after(before.standing, consequence);
    if (sent.known.standing != before.standing) sent.known.reason = word.reason;
    switch (consequence) {
        case Consequence::nothing: ++out_.in_progress; return;
        case Consequence::repeats: ++out_.repeated; return;
        case Consequence::pays:
            out_.paid.add(line.amount);
            out_.outcomes.push_back(outcome);
            return;
        case Consequence::fails:
            out_.failed.add(line.amount);
            out_.outcomes.push_back(outcome);
            return;
        case Consequence::takes_back:
            out_.returned.add(line.amount);
            out_.reversals.push_back({Standing::returned, before.return_no, outcome});
            return open_late_return(line, sent, line_no, before.return_no, word.reason);
        case Consequence::corrects:
            out_.corrected.add(line.amount);
            out_.reversals.push_back({Standing::corrected, before.return_no, outcome});
            return;
        case Consequence::contradicts:
            return breaks(
                BreakKind::contradicts_earlier,
                fmt::format("{}: return file {} said {} {}; this one says failed {}", line.payment,
                            before.return_no, code_of(before.standing), bankfile::text_of(before.reason).code,
                            bankfile::text_of(word.reason).code));
        case Consequence::paid_though_failed:
            return breaks(BreakKind::paid_though_failed,
                          fmt::format("{}: return file {} said {} {}; this one says paid", line.payment,
                                      before.return_no, code_of(before.standing),
                                      bankfile::text_of(before.reason).code));
    }
    std::unreachable();
}

}  // namespace onecard::recon
