#include "onecard/ledger/entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace onecard::ledger {

namespace {

struct Standard {
    EntryKind kind;
    std::string_view code;
    Account debit;
    Account credit;
};

// DOMAIN 5.2. A new event is a line here.
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
};

const Standard& standard_of(EntryKind kind) { return standards[static_cast<std::size_t>(kind) - 1]; }

}  // namespace

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

std::string Entry::canonical() const {
    std::string out =
        fmt::format("entry|{}|{}|{}|{}|{}|{}|{}|{}|{}|", about_.county.text(), code_of(about_.kind),
                    about_.cause, about_.value_day.text(), about_.programme, about_.bank.number(),
                    about_.period, about_.lines, about_.line_total.fen());
    for (const char byte : about_.lines_root)
        fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(byte));
    for (const Posting& posting : postings_)
        fmt::format_to(std::back_inserter(out), "|{}:{}:{}", static_cast<std::int32_t>(posting.account),
                       posting.source, posting.amount.fen());
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

Result<Entry> standard_entry(Entry::About about, Money amount) {
    ensure(about.kind != EntryKind::funds_received, "funds are received by source");
    const Standard& row = standard_of(about.kind);
    if (amount <= Money{})
        return refuse(Fault::out_of_range, "an entry over nothing or less",
                      fmt::format("entry {} {}", row.code, about.cause));
    std::vector<Posting> postings{{row.debit, 0, amount}, {row.credit, 0, -amount}};
    return Entry::make(std::move(about), std::move(postings));
}

Result<Entry> funds_received(Entry::About about, const std::array<Money, 4>& by_source) {
    static constexpr std::array income{Account::income_central, Account::income_province,
                                       Account::income_prefecture, Account::income_county};
    std::vector<Posting> postings;
    for (std::size_t i = 0; i < income.size(); ++i) {
        if (by_source[i].is_negative())
            return refuse(Fault::out_of_range, "funds received cannot be negative", about.cause);
        if (by_source[i].is_zero()) continue;
        const auto source = static_cast<std::int16_t>(i + 1);
        postings.push_back({Account::special_account, source, by_source[i]});
        postings.push_back({income[i], source, -by_source[i]});
    }
    about.kind = EntryKind::funds_received;
    return Entry::make(std::move(about), std::move(postings));
}

}  // namespace onecard::ledger
