#include "onecard/ledger/entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace onecard::ledger {

namespace {

struct Standard {
    EntryKind kind;
    std::string_view code;
    Account debit;
    Account credit;
};

// DOMAIN 5.2. A new event is a line here. The accounts of the kinds with functions of their own are not used.
constexpr std::array standards{
    Standard{EntryKind::funds_received, "funds-received", Account::special_account, Account::income_county},
    Standard{EntryKind::accrual, "accrual", Account::expenditure, Account::payable},
    Standard{EntryKind::funding, "funding", Account::agency_bank, Account::special_account},
    Standard{EntryKind::dispatch, "dispatch", Account::payable, Account::in_transit},
    Standard{EntryKind::paid, "paid", Account::in_transit, Account::agency_bank},
    Standard{EntryKind::failed, "failed", Account::in_transit, Account::returned},
    Standard{EntryKind::refused, "refused", Account::in_transit, Account::payable},
    Standard{EntryKind::reissue, "reissue", Account::returned, Account::in_transit},
    Standard{EntryKind::cash_back, "cash-back", Account::special_account, Account::agency_bank},
    Standard{EntryKind::late_return, "late-return", Account::agency_bank, Account::returned},
    Standard{EntryKind::cancelled, "cancelled", Account::payable, Account::expenditure},
    Standard{EntryKind::cancelled_prior_year, "cancelled-prior-year", Account::payable, Account::prior_year},
    Standard{EntryKind::return_cancelled, "return-cancelled", Account::returned, Account::expenditure},
    Standard{EntryKind::return_cancelled_prior_year, "return-cancelled-prior-year", Account::returned,
             Account::prior_year},
    Standard{EntryKind::overpayment, "overpayment", Account::recoverable, Account::expenditure},
    Standard{EntryKind::overpayment_prior_year, "overpayment-prior-year", Account::recoverable,
             Account::prior_year},
    Standard{EntryKind::recovered_in_cash, "recovered-in-cash", Account::special_account,
             Account::recoverable},
    Standard{EntryKind::recovered_by_offset, "recovered-by-offset", Account::payable, Account::recoverable},
    Standard{EntryKind::remittance_owed, "remittance-owed", Account::prior_year, Account::to_remit},
    Standard{EntryKind::remitted, "remitted", Account::to_remit, Account::special_account},
    Standard{EntryKind::write_off, "write-off", Account::written_off, Account::recoverable},
    Standard{EntryKind::unidentified_credit, "unidentified-credit", Account::agency_bank,
             Account::unidentified},
    Standard{EntryKind::unidentified_is_return, "unidentified-is-return", Account::unidentified,
             Account::returned},
    Standard{EntryKind::unidentified_to_remit, "unidentified-to-remit", Account::unidentified,
             Account::to_remit},
    Standard{EntryKind::interest, "interest", Account::agency_bank, Account::to_remit},
    Standard{EntryKind::success_corrected, "success-corrected", Account::agency_bank, Account::in_transit},
    Standard{EntryKind::failure_corrected, "failure-corrected", Account::returned, Account::in_transit},
    Standard{EntryKind::bank_claimed, "bank-claimed", Account::bank_claim, Account::agency_bank},
    Standard{EntryKind::bank_claim_settled, "bank-claim-settled", Account::agency_bank, Account::bank_claim},
    Standard{EntryKind::year_closed, "year-closed", Account::carried_forward, Account::expenditure},
    Standard{EntryKind::reversal, "reversal", Account::carried_forward, Account::carried_forward},
    Standard{EntryKind::services, "services", Account::services, Account::special_account},
    Standard{EntryKind::recoverable_given_away, "recoverable-given-away", Account::carried_forward,
             Account::recoverable},
    Standard{EntryKind::recoverable_taken_over, "recoverable-taken-over", Account::recoverable,
             Account::carried_forward},
    Standard{EntryKind::withheld, "withheld", Account::expenditure, Account::payable},
};
static_assert(std::ranges::all_of(standards, [](const Standard& row) {
    return &row - standards.data() == static_cast<std::int16_t>(row.kind) - 1;
}));

constexpr std::array income_of_source{Account::income_central, Account::income_province,
                                      Account::income_prefecture, Account::income_county};

const Standard& standard_of(EntryKind kind) { return standards[static_cast<std::size_t>(kind) - 1]; }

}  // namespace

std::optional<Account> account_of(std::int64_t number) {
    for (const AccountText& text : chart)
        if (static_cast<std::int32_t>(text.account) == number) return text.account;
    return std::nullopt;
}

const AccountText& text_of(Account account) {
    const auto found = std::ranges::find(chart, account, &AccountText::account);
    ensure(found != chart.end(), "an account that is not in the chart");
    return *found;
}

std::string_view code_of(EntryKind kind) { return standard_of(kind).code; }

std::optional<EntryKind> entry_kind_of(std::int64_t number) {
    if (number < 1 || number > static_cast<std::int64_t>(standards.size())) return std::nullopt;
    return static_cast<EntryKind>(number);
}

Result<Entry> Entry::make(About about, std::vector<Posting> postings) {
    const std::string place = fmt::format("entry {} {}", code_of(about.kind), about.cause);
    if (postings.size() < 2) return refuse(Fault::mismatch, "an entry needs two postings or more", place);
    Money sum;
    for (const Posting& posting : postings) {
        if (posting.amount.is_zero()) return refuse(Fault::mismatch, "a posting of nothing", place);
        const auto next = sum.plus(posting.amount);
        if (!next) return std::unexpected{next.error()};
        sum = *next;
    }
    if (!sum.is_zero())
        return refuse(Fault::mismatch, fmt::format("debits and credits differ by {} yuan", sum.yuan()),
                      place);
    return Entry{std::move(about), std::move(postings)};
}

std::string Entry::canonical(Moment known_at) const {
    std::string out =
        fmt::format("entry|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|", about_.county.text(), code_of(about_.kind),
                    about_.cause, about_.value_day.text(), known_at.text(), about_.programme,
                    about_.bank.number(), about_.period, about_.lines, about_.line_total.fen());
    for (const char byte : about_.lines_root)
        fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(byte));
    for (const Posting& posting : postings_)
        if (posting.fund.is_known())
            fmt::format_to(std::back_inserter(out), "|{}:{}/{}/{}:{}",
                           static_cast<std::int32_t>(posting.account), posting.fund.source, posting.fund.year,
                           posting.fund.purpose, posting.amount.fen());
        else
            fmt::format_to(std::back_inserter(out), "|{}:0:{}", static_cast<std::int32_t>(posting.account),
                           posting.amount.fen());
    return out;
}

std::string Entry::text() const {
    std::string out;
    for (const Posting& posting : postings_) {
        const bool debit = !posting.amount.is_negative();
        fmt::format_to(std::back_inserter(out), "{:<6} {} {:<22} {:>16}\n", debit ? "debit" : "credit",
                       static_cast<std::int32_t>(posting.account), text_of(posting.account).english,
                       (debit ? posting.amount : -posting.amount).yuan());
    }
    return out;
}

namespace {

std::unexpected<Failure> over_nothing(const Entry::About& about) {
    return refuse(Fault::out_of_range, "an entry over nothing or less",
                  fmt::format("entry {} {}", code_of(about.kind), about.cause));
}

void ensure_is_two_sided(EntryKind kind) {
    ensure(kind != EntryKind::funds_received && kind != EntryKind::year_closed && kind != EntryKind::reversal,
           "an entry of this kind has a function of its own");
}

}  // namespace

Result<Entry> standard_entry(Entry::About about, Money amount) {
    return standard_entry(std::move(about), of_no_fund(amount));
}

Result<Entry> standard_entry(Entry::About about, const FundShares& shares) {
    ensure_is_two_sided(about.kind);
    const Standard& row = standard_of(about.kind);
    std::vector<Posting> postings;
    for (const FundShare& share : shares) {
        if (share.amount <= Money{}) return over_nothing(about);
        postings.push_back({row.debit, share.fund, share.amount});
        postings.push_back({row.credit, share.fund, -share.amount});
    }
    if (postings.empty()) return over_nothing(about);
    return Entry::make(std::move(about), std::move(postings));
}

Result<Entry> offset_between_funds(Entry::About about, const FundShares& entitlement,
                                   const FundShares& receivable) {
    about.kind = EntryKind::recovered_by_offset;
    std::map<Fund, Money> money;
    std::vector<Posting> postings;
    for (const FundShare& share : entitlement) {
        if (share.amount <= Money{}) return over_nothing(about);
        postings.push_back({Account::payable, share.fund, share.amount});
        money[share.fund] -= share.amount;
    }
    for (const FundShare& share : receivable) {
        if (share.amount <= Money{}) return over_nothing(about);
        postings.push_back({Account::recoverable, share.fund, -share.amount});
        money[share.fund] += share.amount;
    }
    for (const auto& [fund, moved] : money)
        if (!moved.is_zero()) postings.push_back({Account::special_account, fund, moved});
    return Entry::make(std::move(about), std::move(postings));
}

Result<Entry> returned_unidentified(Entry::About about, const FundShares& shares) {
    about.kind = EntryKind::unidentified_is_return;
    Money sum;
    std::vector<Posting> postings, of_funds;
    for (const FundShare& share : shares) {
        if (share.amount <= Money{}) return over_nothing(about);
        sum += share.amount;
        if (share.fund.is_known()) {
            of_funds.push_back({Account::agency_bank, {}, -share.amount});
            of_funds.push_back({Account::agency_bank, share.fund, share.amount});
        }
        of_funds.push_back({Account::returned, share.fund, -share.amount});
    }
    if (sum.is_zero()) return over_nothing(about);
    postings.push_back({Account::unidentified, {}, sum});
    postings.insert(postings.end(), of_funds.begin(), of_funds.end());
    return Entry::make(std::move(about), std::move(postings));
}

Result<Entry> funds_received(Entry::About about, const BySource& by_source, std::int16_t year,
                             Purpose purpose) {
    std::vector<Posting> postings;
    for (std::size_t i = 0; i < by_source.size(); ++i) {
        if (by_source[i].is_negative())
            return refuse(Fault::out_of_range, "funds received cannot be negative", about.cause);
        if (by_source[i].is_zero()) continue;
        const Fund fund{static_cast<std::int16_t>(i + 1), year, static_cast<std::int16_t>(purpose)};
        postings.push_back({Account::special_account, fund, by_source[i]});
        postings.push_back({income_of_source[i], fund, -by_source[i]});
    }
    about.kind = EntryKind::funds_received;
    return Entry::make(std::move(about), std::move(postings));
}

Result<Entry> reversal_of(const Entry& wrong, std::int64_t reversed_no, Day value_day) {
    Entry::About about = wrong.about();
    if (about.kind == EntryKind::reversal)
        return refuse(Fault::conflict, "a reversal is not reversed: post what is right anew",
                      fmt::format("entry {}/{}", about.county.text(), reversed_no));
    about.cause =
        fmt::format("entry {}/{} {} {}", about.county.text(), reversed_no, code_of(about.kind), about.cause);
    about.kind = EntryKind::reversal;
    about.value_day = value_day;
    std::vector<Posting> postings = wrong.postings();
    for (Posting& posting : postings) posting.amount = -posting.amount;
    return Entry::make(std::move(about), std::move(postings));
}

Result<Entry> year_closed(Entry::About about, std::span<const FundBalance> balances) {
    std::vector<Posting> postings;
    for (const FundBalance& closing : balances) {
        const bool is_closed =
            std::ranges::find(income_of_source, closing.account) != income_of_source.end() ||
            closing.account == Account::expenditure || closing.account == Account::services ||
            closing.account == Account::written_off || closing.account == Account::prior_year;
        if (!is_closed || closing.balance.is_zero()) continue;
        postings.push_back({closing.account, closing.fund, -closing.balance});
        postings.push_back({Account::carried_forward, closing.fund, closing.balance});
    }
    about.kind = EntryKind::year_closed;
    if (postings.empty())
        return refuse(Fault::missing, "no income or expenditure is left to close", about.cause);
    return Entry::make(std::move(about), std::move(postings));
}

bool is_standard(const Entry& entry) {
    const Entry::About& about = entry.about();
    const Standard& row = standard_of(about.kind);
    if (about.kind == EntryKind::reversal || about.kind == EntryKind::year_closed) return true;
    Money debits;
    std::map<Fund, Money> by_fund;
    for (const Posting& posting : entry.postings()) {
        const Fund& fund = posting.fund;
        const bool is_real = fund.is_known()
                                 ? fund.source > 0 &&
                                       static_cast<std::size_t>(fund.source) <= income_of_source.size() &&
                                       fund.year >= 2000 && fund.purpose >= 1 &&
                                       static_cast<std::size_t>(fund.purpose) <= purposes.size()
                                 : fund == Fund{};
        if (!is_real) return false;
        by_fund[fund] += posting.amount;
        // The money of an offset may change its fund.
        if (about.kind == EntryKind::recovered_by_offset && posting.account == Account::special_account)
            continue;
        // So may that of a credit that turns out to be a payment's.
        if (about.kind == EntryKind::unidentified_is_return && posting.account == Account::agency_bank)
            continue;
        const bool is_debit = !posting.amount.is_negative();
        if (is_debit) debits += posting.amount;
        Account wanted = is_debit ? row.debit : row.credit;
        if (about.kind == EntryKind::funds_received && !is_debit) {
            if (!fund.is_known()) return false;
            wanted = income_of_source[static_cast<std::size_t>(fund.source) - 1];
        }
        if (posting.account != wanted) return false;
    }
    if (std::ranges::any_of(by_fund, [](const auto& one) { return !one.second.is_zero(); })) return false;
    return about.lines == 0 ? about.line_total.is_zero() : about.line_total == debits;
}

}  // namespace onecard::ledger
