#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/core/result.hpp"
#include "onecard/ledger/fund.hpp"

/// Double entry: the chart of DOMAIN 5.1 and the standard entries of 5.2.
namespace onecard::ledger {

enum class Account : std::int32_t {
    special_account = 1002,    ///< 财政专户存款
    agency_bank = 1003,        ///< 代发过渡户存款
    recoverable = 1211,        ///< 应收追缴款
    bank_claim = 1213,         ///< 应收代理银行款
    payable = 2101,            ///< 应付补贴款(待发)
    in_transit = 2102,         ///< 代发在途
    returned = 2111,           ///< 退回待重发
    unidentified = 2112,       ///< 暂收款-不明款项
    to_remit = 2121,           ///< 应缴财政款
    carried_forward = 3001,    ///< 专项资金结转
    prior_year = 3002,         ///< 以前年度调整
    income_central = 4001,     ///< 补助收入 中央
    income_province = 4002,    ///< 补助收入 省
    income_prefecture = 4003,  ///< 补助收入 市
    income_county = 4004,      ///< 本级安排 县
    expenditure = 5001,        ///< 救助补助支出
    services = 5002,           ///< 购买服务支出: relief money that is no benefit
    written_off = 5099,        ///< 核销
};

struct AccountText {
    Account account;
    std::string_view chinese;
    std::string_view english;
    bool debit_side;  ///< the side on which its balance normally stands
};
inline constexpr std::array chart{
    AccountText{Account::special_account, "财政专户存款", "special account", true},
    AccountText{Account::agency_bank, "代发过渡户存款", "agency bank transit", true},
    AccountText{Account::recoverable, "应收追缴款", "to be recovered", true},
    AccountText{Account::bank_claim, "应收代理银行款", "claims on banks", true},
    AccountText{Account::payable, "应付补贴款", "benefits payable", false},
    AccountText{Account::in_transit, "代发在途", "payments in transit", false},
    AccountText{Account::returned, "退回待重发", "returned, to pay", false},
    AccountText{Account::unidentified, "暂收款-不明款项", "unidentified credits", false},
    AccountText{Account::to_remit, "应缴财政款", "to be remitted", false},
    AccountText{Account::carried_forward, "专项资金结转", "carried forward", false},
    AccountText{Account::prior_year, "以前年度调整", "prior years", false},
    AccountText{Account::income_central, "补助收入-中央", "grants, central", false},
    AccountText{Account::income_province, "补助收入-省", "grants, province", false},
    AccountText{Account::income_prefecture, "补助收入-市", "grants, prefecture", false},
    AccountText{Account::income_county, "本级安排-县", "own funds, county", false},
    AccountText{Account::expenditure, "救助补助支出", "relief expenditure", true},
    AccountText{Account::services, "购买服务支出", "services bought", true},
    AccountText{Account::written_off, "核销", "written off", true},
};
/// Nothing for a number that is not in the chart.
std::optional<Account> account_of(std::int64_t number);
const AccountText& text_of(Account account);

/// The number is what the database stores. "Prior year": the expenditure belongs to a year that is closed.
enum class EntryKind : std::int16_t {
    funds_received = 1,                ///< Dr 1002 / Cr 4001–4004
    accrual = 2,                       ///< Dr 5001 / Cr 2101: the checked entitlement of one batch
    funding = 3,                       ///< Dr 1003 / Cr 1002: money to the agency bank
    dispatch = 4,                      ///< Dr 2101 / Cr 2102: handed to the bank
    paid = 5,                          ///< Dr 2102 / Cr 1003
    failed = 6,                        ///< Dr 2102 / Cr 2111
    refused = 7,                       ///< Dr 2102 / Cr 2101: the bank refuses the whole file
    reissue = 8,                       ///< Dr 2111 / Cr 2102
    cash_back = 9,                     ///< Dr 1002 / Cr 1003: money comes back from an agency bank
    late_return = 10,                  ///< Dr 1003 / Cr 2111: 退汇, money comes back after success
    cancelled = 11,                    ///< Dr 2101 / Cr 5001: owed, and taken back before dispatch
    cancelled_prior_year = 12,         ///< Dr 2101 / Cr 3002
    return_cancelled = 13,             ///< Dr 2111 / Cr 5001: failed or returned, and no longer owed
    return_cancelled_prior_year = 14,  ///< Dr 2111 / Cr 3002
    overpayment = 15,                  ///< Dr 1211 / Cr 5001: found, to be recovered
    overpayment_prior_year = 16,       ///< Dr 1211 / Cr 3002
    recovered_in_cash = 17,            ///< Dr 1002 / Cr 1211
    recovered_by_offset = 18,          ///< Dr 2101 / Cr 1211
    remittance_owed = 19,              ///< Dr 3002 / Cr 2121: prior-year money goes to the treasury
    remitted = 20,                     ///< Dr 2121 / Cr 1002
    write_off = 21,                    ///< Dr 5099 / Cr 1211: approved
    unidentified_credit = 22,          ///< Dr 1003 / Cr 2112
    unidentified_is_return = 23,       ///< Dr 2112 / Cr 2111: cleared, it was the late return of a payment
    unidentified_to_remit = 24,        ///< Dr 2112 / Cr 2121: cleared, it belongs to the treasury
    interest = 25,                     ///< Dr 1003 / Cr 2121: on the transit account
    success_corrected = 26,            ///< Dr 1003 / Cr 2102: a reported success was none; `failed` follows
    failure_corrected = 27,            ///< Dr 2111 / Cr 2102: a reported failure was none; `paid` follows
    bank_claimed = 28,                 ///< Dr 1213 / Cr 1003: the bank took money that it must give back
    bank_claim_settled = 29,           ///< Dr 1003 / Cr 1213
    year_closed = 30,  ///< Dr 4001–4004 / Cr 3001; Dr 3001 / Cr 5001, 5002, 5099; 3002 with 3001
    reversal = 31,     ///< the postings of another entry, negated: how a mistake is corrected
    services = 32,     ///< Dr 5002 / Cr 1002: relief money used for services, at most 2 % of a year's
    recoverable_given_away = 33,  ///< Dr 3001 / Cr 1211: another office recovers it from now on
    recoverable_taken_over = 34,  ///< Dr 1211 / Cr 3001: from another office
    withheld = 35,                ///< Dr 5001 / Cr 2101: the part of an entitlement that an offset keeps
};
std::string_view code_of(EntryKind kind);
/// Nothing for a number that names no kind.
std::optional<EntryKind> entry_kind_of(std::int64_t number);

struct Posting {
    Account account = Account::payable;
    Fund fund;
    Money amount;  ///< debit > 0, credit < 0
    friend bool operator==(const Posting&, const Posting&) = default;
};

/// One journal entry. It can only be made balanced: `Entry::make` is the door.
class Entry {
public:
    struct About {
        County county;
        EntryKind kind = EntryKind::accrual;
        std::string cause;  ///< what it is posted for, unique for its kind: "batch 370212/202201/12"
        Day value_day;
        std::int16_t programme = 0;
        BankNo bank;
        std::int32_t period = 0;
        std::int32_t lines = 0;  ///< payments that it concerns
        Money line_total;
        std::string lines_root;  ///< 32 bytes, or empty where no payment is concerned
    };
    /// Errors: mismatch when the postings do not sum to zero, are fewer than two or hold a zero.
    static Result<Entry> make(About about, std::vector<Posting> postings);

    const About& about() const { return about_; }
    const std::vector<Posting>& postings() const { return postings_; }
    /// The canonical text that is hashed into the log: one line, fields separated by '|', no free text but `cause`.
    /// It says when the entry became known, too: a past trial balance must not change behind our back.
    std::string canonical(Moment known_at) const;
    /// For people and tests: "debit  5001 relief expenditure  120.00\ncredit 2101 …\n"
    std::string text() const;

private:
    Entry(About about, std::vector<Posting> postings)
        : about_{std::move(about)}, postings_{std::move(postings)} {}
    About about_;
    std::vector<Posting> postings_;
};

/// An amount of each source: central, province, prefecture, county.
using BySource = std::array<Money, 4>;

/// The standard entry of a kind over one amount (> 0) of no known fund. Not for funds_received, year_closed and
/// reversal, which have functions of their own.
/// The caller names the cause, once a county and kind: the database refuses posting the same thing twice.
Result<Entry> standard_entry(Entry::About about, Money amount);
/// The same, each fund's share apart. Errors: out_of_range for a share of nothing or less, and for no share at all.
Result<Entry> standard_entry(Entry::About about, const FundShares& shares);
/// What is kept of payments for receivables, where the entitlement and the receivable are of different funds (a closed
/// year's money comes back out of this year's): Dr 2101 / Cr 1211, and the money itself changes its fund on the special
/// account, so that each fund balances by itself. Errors: out_of_range, mismatch when the sums differ.
Result<Entry> offset_between_funds(Entry::About about, const FundShares& entitlement,
                                   const FundShares& receivable);

/// A credit on a transit account that nobody knew was the late return of a payment: Dr 2112 / Cr 2111. The credit was booked
/// of no known fund, the payment was made from the funds of `shares`: the money changes its fund on the transit account
/// (1003), so that each fund balances by itself. Errors: out_of_range.
Result<Entry> returned_unidentified(Entry::About about, const FundShares& shares);

/// Shares of one receipt by source, in the order central, province, prefecture, county; zero shares are left out.
Result<Entry> funds_received(Entry::About about, const BySource& by_source, std::int16_t year,
                             Purpose purpose);

/// Corrections are reversals: every posting of `wrong` with the other sign. Its cause names what it reverses, so that
/// an entry can be reversed once. `reversed_no` is the entry's number in its county.
/// Errors: conflict when `wrong` is a reversal itself (post what is right anew instead).
Result<Entry> reversal_of(const Entry& wrong, std::int64_t reversed_no, Day value_day);

/// One account's balance of one fund, debits positive.
struct FundBalance {
    Account account = Account::payable;
    Fund fund;
    Money balance;
};
/// Closes a fiscal year: income (4001–4004), expenditure (5001, 5002), write-offs (5099) and prior-year adjustments (3002) go
/// to what is carried forward (3001), each fund by itself. Other accounts in `balances` are left alone.
/// Errors: missing when there is nothing to close.
Result<Entry> year_closed(Entry::About about, std::span<const FundBalance> balances);

/// Whether an entry's postings are those of its kind: right accounts on the right sides, each fund balanced by itself, and
/// over the total of its lines where it concerns payments. `year_closed` and `reversal` may post anywhere.
bool is_standard(const Entry& entry);

}  // namespace onecard::ledger
