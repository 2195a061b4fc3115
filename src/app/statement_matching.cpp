#include "statement_matching.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "onecard/ledger/entry.hpp"

namespace onecard::app {

namespace {

constexpr int lines_judged_at_once = 1 << 16;

std::string evidence_of(const StatementFile& file, const OpenStatementLine& open) {
    std::string what = "names nothing of ours";
    if (open.names == OpenStatementLine::Names::payment) what = "names payment " + open.payment.text();
    if (open.names == OpenStatementLine::Names::batch)
        what = fmt::format("names batch {}", open.known_batch.sent ? open.batch.number() : 0);
    if (open.names == OpenStatementLine::Names::payment && open.known_payment.sent)
        what += fmt::format(", which is {}{}{}", recon::code_of(open.known_payment.standing),
                            open.known_payment.debited ? ", debited" : "",
                            open.known_payment.credited ? ", credited" : "");
    return fmt::format("{}:{}: {} of {} yuan {}", file.name, open.line,
                       open.said.is_credit ? "a credit" : "a debit", open.said.amount.yuan(), what);
}

ledger::Entry unidentified(const StatementFile& file, County county, const recon::Break& one, Moment now) {
    ledger::Entry::About about;
    about.county = county;
    about.kind = ledger::EntryKind::unidentified_credit;
    about.cause = fmt::format("statement {} line {}", file.no, one.line);
    about.value_day = now.day_in_china();
    about.bank = file.bank;
    auto entry = ledger::standard_entry(std::move(about), one.amount);
    ensure(entry.has_value(), "a standard entry that does not balance");
    return *std::move(entry);
}

/// Each break of a statement is in the log as it was found.
void tell_breaks(Tools& tools, Work& work, const StatementFile& file, County county,
                 std::span<const recon::Break> breaks, Moment now) {
    std::vector<Act> acts;
    for (const recon::Break& one : breaks)
        acts.push_back(
            {"break-found", county,
             fmt::format("break-found|{}|{}|{}|{}|{}|{}", file.no, one.line, recon::code_of(one.kind),
                         one.amount.fen(), one.payment ? one.payment->text() : std::string{},
                         digest_of(tools.sha256, one.evidence).hex())});
    work.ledger().put_acts(acts, tools.log(), now);
}

/// One round over the lines of a statement.
struct Matching {
    Statements::Counts counts;
    std::unique_ptr<StreamHash> fits;  ///< what was concluded, by county and line
    std::int32_t round = 0;            ///< 0 while nothing was
};

/// As the log tells of it: a part of what it fits that is not there is 0.
std::string text_of(const StatementFit& fit, County county) {
    const bool of_payment = fit.fit == recon::Fit::payment_debit || fit.fit == recon::Fit::payment_credit;
    const bool of_batch = !of_payment && fit.fit != recon::Fit::told_before;
    std::string returns;
    std::vector<std::int64_t> numbers = fit.return_nos;
    std::ranges::sort(numbers);
    for (const std::int64_t number : numbers)
        returns += fmt::format("{}{}", returns.empty() ? "" : " ", number);
    return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}\n", fit.line, static_cast<int>(fit.fit), county.number(),
                       of_payment ? fit.part.number() : 0, of_payment ? fit.payment.serial.number() : 0,
                       of_payment ? fit.payment.attempt : 0, of_batch ? fit.period.number() : 0,
                       of_batch ? fit.batch.number() : 0, returns);
}

/// Judges some lines of one statement in the books of one county. Stops where what was just concluded bears on the next
/// line. Returns the last line that was looked at, 0 when there was none.
std::int32_t judge_some(Tools& tools, Work& work, const StatementFile& file, County county,
                        std::int32_t after, Moment now, Matching& matching) {
    Statements::Counts& counts = matching.counts;
    using Names = OpenStatementLine::Names;
    const std::vector<OpenStatementLine> lines =
        work.statements().open_lines(file.no, county, after, lines_judged_at_once);
    std::vector<StatementFit> fits;
    std::vector<recon::Break> breaks;
    std::vector<ledger::Entry> entries;
    std::set<PaymentReference> touched;
    std::int32_t last = 0;
    for (const OpenStatementLine& open : lines) {
        if (open.names == Names::payment && !touched.insert(open.payment).second) break;
        last = open.line;
        recon::Judgement judged;
        if (open.told_before) {
            judged.is = recon::Judgement::Is::fitting;
            judged.fit = recon::Fit::told_before;
        } else {
            switch (open.names) {
                case Names::nothing: judged = recon::judge(open.said); break;
                case Names::payment: judged = recon::judge(open.said, open.known_payment); break;
                case Names::batch: judged = recon::judge(open.said, open.known_batch); break;
            }
        }
        switch (judged.is) {
            case recon::Judgement::Is::waiting: ++counts.waiting; continue;
            case recon::Judgement::Is::fitting:
                ++counts.fitting;
                fits.push_back({open.line, judged.fit, open.part, open.payment, open.period, open.batch,
                                std::move(judged.return_nos)});
                matching.fits->update(bytes_of(text_of(fits.back(), county)));
                break;
            case recon::Judgement::Is::broken: {
                ++counts.breaks;
                recon::Break& one = breaks.emplace_back();
                one.kind = judged.kind;
                one.line = open.line;
                one.evidence = evidence_of(file, open);
                one.amount = judged.in_question;
                if (open.names == Names::payment && open.known_payment.sent) one.payment = open.payment;
                if (judged.kind == recon::BreakKind::unidentified_credit)
                    entries.push_back(unidentified(file, county, one, now));
                break;
            }
        }
        if (open.names == Names::batch) break;
    }
    if (!fits.empty()) {
        if (matching.round == 0) matching.round = work.statements().begin_round(file.no, now);
        work.statements().put_fits(file.no, matching.round, county, fits);
    }
    work.statements().put_breaks(file.no, county, file.bank, breaks, now);
    tell_breaks(tools, work, file, county, breaks, now);
    work.ledger().put_entries(entries, tools.log(), now);
    return last;
}

}  // namespace

void look_for_omissions(Tools& tools, Work& work, const StatementFile& file, std::span<const County> served,
                        Day last_day, Moment now) {
    for (const StatementRecords::NotDebited& one :
         work.statements().not_debited(file.bank, file.county, served, last_day)) {
        recon::Break omitted;
        omitted.kind = recon::BreakKind::not_debited;
        omitted.amount = one.amount;
        omitted.evidence = fmt::format("{}: {} payments over {} yuan are paid, and on no statement up to {}",
                                       one.name, one.payments, one.amount.yuan(), last_day.text());
        work.statements().put_not_debited(file, one, omitted.evidence, now);
        tell_breaks(tools, work, file, one.county, {&omitted, 1}, now);
    }
}

Statements::Counts judge_all(Tools& tools, Work& work, const StatementFile& file, Moment now) {
    Matching matching{{}, tools.sha256.stream()};
    for (const County county : work.statements().counties_of(file.no)) {
        // Whoever matches the county's own statements meanwhile waits.
        work.statements().claim_county(file.bank, county);
        for (std::int32_t after = 0;;) {
            const std::int32_t last = judge_some(tools, work, file, county, after, now, matching);
            if (last == 0) break;
            after = last;
        }
    }
    if (matching.round != 0) {
        const Act act{"statement-fits", file.county,
                      fmt::format("statement-fits|{}|{}|{}|{}", file.no, matching.round,
                                  matching.counts.fitting, matching.fits->finish().hex())};
        work.ledger().put_acts({&act, 1}, tools.log(), now);
    }
    return matching.counts;
}

}  // namespace onecard::app
