#include "break_ends.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "onecard/app/statement_records.hpp"
#include "onecard/audit/merkle.hpp"

namespace onecard::app {

namespace {

ledger::Entry must(Result<ledger::Entry> entry) {
    ensure(entry.has_value(), "a standard entry that does not balance");
    return std::move(*entry);
}

/// The entries of what people decided about one attempt, from the funds on which its money stands.
std::vector<ledger::Entry> entries_about(Work& work, const HashFunction& hash, const DecidedFailure& decided,
                                         Moment now) {
    std::array<std::byte, decided_leaf_bytes> leaf;
    write_leaf(decided, leaf.data());
    const Digest root = audit::leaf_hash(hash, leaf);
    const Month period = period_of(decided.part);
    ledger::FundBooks books = work.ledger().fund_books(decided.county, {&period, 1});
    std::vector<ledger::Entry> entries;
    for (const ledger::EntryKind kind : entries_of(decided)) {
        ledger::Entry::About about;
        about.county = decided.county;
        about.kind = kind;
        about.cause = cause_of(decided);
        about.value_day = now.day_in_china();
        about.programme = static_cast<std::int16_t>(decided.programme);
        about.bank = decided.bank;
        about.period = period.number();
        about.lines = 1;
        about.line_total = decided.amount;
        about.lines_root.assign(reinterpret_cast<const char*>(root.bytes.data()), root.bytes.size());
        entries.push_back(must(books.post(std::move(about), decided.amount)));
    }
    return entries;
}

DecidedFailure decided_of(const OpenFailure& failure, const Motion& proposal) {
    DecidedFailure decided;
    decided.part = failure.part;
    decided.county = failure.county;
    decided.serial = failure.serial;
    decided.attempt = failure.attempt;
    decided.proposal_no = proposal.no;
    decided.amount = failure.amount;
    decided.programme = failure.programme;
    decided.bank = failure.bank;
    return decided;
}

/// A break on its way to its end.
class Ending {
public:
    Ending(Tools& tools, Work& work, const BreakRecord& one, const Motion& proposal, Moment now)
        : tools_{tools},
          work_{work},
          one_{one},
          proposal_{proposal},
          now_{now},
          place_{fmt::format("proposal {}", proposal.no)} {}

    Result<void> by(recon::Resolution resolution, std::string_view about) {
        using ledger::EntryKind;
        switch (resolution) {
            case recon::Resolution::dismiss: return {};
            case recon::Resolution::await_bank:
            case recon::Resolution::pay_again:
                return refuse(Fault::conflict, "asking resolves nothing", place_);
            case recon::Resolution::accept_paid: return accept_paid();
            case recon::Resolution::claim_from_bank: return post(standard(EntryKind::bank_claimed));
            case recon::Resolution::remit: return post(standard(EntryKind::unidentified_to_remit));
            case recon::Resolution::book_interest: return post(standard(EntryKind::interest));
            case recon::Resolution::reported_since: return post(credit_reversed());
            case recon::Resolution::is_return: return is_return(about);
            case recon::Resolution::repays_claim: return repays_claim(about);
            case recon::Resolution::debited_since:
                if (const std::int64_t missing = work_.statements().still_not_debited(one_.county, one_.no);
                    missing > 0)
                    return refuse(Fault::conflict,
                                  fmt::format("{} of its payments are on no statement yet", missing), place_);
                return {};
        }
        std::unreachable();
    }

private:
    ledger::Entry standard(ledger::EntryKind kind, std::string cause = {}) const {
        ledger::Entry::About about;
        about.county = one_.county;
        about.kind = kind;
        about.cause =
            cause.empty() ? fmt::format("break {}/{}", one_.county.text(), one_.no) : std::move(cause);
        about.value_day = now_.day_in_china();
        about.bank = one_.bank;
        return must(ledger::standard_entry(std::move(about), one_.amount));
    }

    Result<void> post(const ledger::Entry& entry) {
        // Whoever remits meanwhile must see it: entries that move the same money follow one another.
        (void)work_.ledger().funds_to_remit(one_.county);
        work_.ledger().put_entries({&entry, 1}, tools_.log(), now_);
        return {};
    }

    /// The entry of the unidentified credit, taken back.
    ledger::Entry credit_reversed() const {
        const auto cause = work_.statements().entry_of_break(one_.county, one_.no);
        ensure(cause.has_value(), "money that came in and is not on the books");
        return must(ledger::reversal_of(standard(ledger::EntryKind::unidentified_credit, cause->text),
                                        cause->entry_no, now_.day_in_china()));
    }

    Result<void> accept_paid() {
        const auto reference = PaymentReference::parse(one_.reference);
        ensure(reference.has_value(), "a break about a payment that is none");
        const auto failure = open_failure(work_, *reference);
        if (!failure)
            return refuse(Fault::conflict,
                          "something has followed this failure: what the bank paid besides is to be claimed",
                          place_);
        end_failure(work_, tools_.log(), *failure, true, false, proposal_, now_);
        return {};
    }

    Result<void> is_return(std::string_view about) {
        const auto reference = PaymentReference::parse(about);
        if (!reference) return std::unexpected{reference.error()};
        if (reference->county != one_.county)
            return refuse(Fault::mismatch, "the payment is another county's", reference->text());
        const auto owed = work_.payments().find({&*reference, 1});
        const auto paid =
            owed.empty() ? std::nullopt : work_.decisions().paid_attempt(*reference, owed.front().part);
        if (!paid)
            return refuse(Fault::conflict, "this attempt was not paid, or has come back already",
                          reference->text());
        if (paid->bank != one_.bank)
            return refuse(Fault::mismatch, "it was paid by another bank than the credit is at",
                          reference->text());
        if (paid->amount != one_.amount)
            return refuse(Fault::mismatch,
                          fmt::format("the payment is over {} yuan, the credit over {}", paid->amount.yuan(),
                                      one_.amount.yuan()),
                          reference->text());
        OpenFailure failure;
        failure.part = owed.front().part;
        failure.county = one_.county;
        failure.serial = reference->serial;
        failure.attempt = reference->attempt;
        failure.standing = recon::Standing::returned;
        failure.reason = bankfile::Reason::returned_later;
        failure.amount = paid->amount;
        failure.bank = paid->bank;
        failure.programme = owed.front().programme;
        failure.payee_kind = owed.front().payee_kind;
        failure.payee = owed.front().payee;
        failure.return_no = paid->return_no;
        failure.line = paid->line;
        failure.value_day = now_.day_in_china();
        DecidedFailure decided = decided_of(failure, proposal_);
        decided.returned = true;
        const auto entries = entries_about(work_, tools_.log(), decided, now_);
        work_.decisions().put_statement_return(failure, proposal_.no);
        work_.payments().put_failures({&failure, 1});
        work_.ledger().put_entries(entries, tools_.log(), now_);
        return {};
    }

    Result<void> repays_claim(std::string_view about) {
        std::int64_t claim_no = 0;
        std::from_chars(about.data(), about.data() + about.size(), claim_no);
        const std::string place = fmt::format("break {}/{}", one_.county.text(), about);
        const auto claim = work_.decisions().open_claim(one_.county, claim_no);
        if (!claim) return refuse(Fault::conflict, "it was not claimed from a bank", place);
        if (claim->bank != one_.bank)
            return refuse(Fault::mismatch, "it was claimed from another bank than the credit is at", place);
        if (claim->left < one_.amount)
            return refuse(Fault::conflict,
                          fmt::format("the bank owes {} yuan of it, the credit is over {}",
                                      claim->left.yuan(), one_.amount.yuan()),
                          place);
        work_.decisions().put_claim_repayment(one_, claim_no, *claim);
        (void)post(credit_reversed());
        return post(standard(ledger::EntryKind::bank_claim_settled));
    }

    Tools& tools_;
    Work& work_;
    const BreakRecord& one_;
    const Motion& proposal_;
    Moment now_;
    std::string place_;
};

}  // namespace

Result<OpenFailure> open_failure(Work& work, const PaymentReference& reference) {
    for (const OpenFailure& failure : work.payments().open_failures(Region::of(reference.county)))
        if (failure.period().number() == reference.period && failure.serial == reference.serial &&
            failure.attempt == reference.attempt)
            return failure;
    return refuse(Fault::unknown, "no open failure of this attempt", reference.text());
}

void end_failure(Work& work, const HashFunction& hash, const OpenFailure& failure, bool paid, bool prior_year,
                 const Motion& proposal, Moment now) {
    DecidedFailure decided = decided_of(failure, proposal);
    decided.paid = paid;
    decided.prior_year = prior_year;
    const auto entries = entries_about(work, hash, decided, now);
    work.decisions().put_failure_end(failure, paid, proposal.no, now);
    work.ledger().put_entries(entries, hash, now);
}

Result<void> end_break(Tools& tools, Work& work, const BreakRecord& one, recon::Resolution resolution,
                       std::string_view about, const Motion& proposal, Moment now) {
    work.decisions().put_break_resolution(one, resolution, proposal.no, now);
    return Ending{tools, work, one, proposal, now}.by(resolution, about);
}

}  // namespace onecard::app
