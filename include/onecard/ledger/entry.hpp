#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/core/result.hpp"

/// Double entry: the chart of DOMAIN 5.1 and the standard entries of 5.2.
namespace onecard::ledger {

enum class Account : std::int32_t {
    special_account = 1002,    ///< 财政专户存款
    agency_bank = 1003,        ///< 代发过渡户存款
    payable = 2101,            ///< 应付补贴款(待发)
    in_transit = 2102,         ///< 代发在途
    returned = 2111,           ///< 退回待重发
    income_central = 4001,     ///< 补助收入 中央
    income_province = 4002,    ///< 补助收入 省
    income_prefecture = 4003,  ///< 补助收入 市
    income_county = 4004,      ///< 本级安排 县
    expenditure = 5001,        ///< 救助补助支出
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
    AccountText{Account::payable, "应付补贴款", "benefits payable", false},
    AccountText{Account::in_transit, "代发在途", "payments in transit", false},
    AccountText{Account::returned, "退回待重发", "returned, to pay", false},
    AccountText{Account::income_central, "补助收入-中央", "grants, central", false},
    AccountText{Account::income_province, "补助收入-省", "grants, province", false},
    AccountText{Account::income_prefecture, "补助收入-市", "grants, prefecture", false},
    AccountText{Account::income_county, "本级安排-县", "own funds, county", false},
    AccountText{Account::expenditure, "救助补助支出", "relief expenditure", true},
};
const AccountText& text_of(Account account);

/// The number is what the database stores.
enum class EntryKind : std::int16_t {
    funds_received = 1,  ///< Dr 1002 / Cr 4001–4004
    accrual = 2,         ///< Dr 5001 / Cr 2101: the checked entitlement of one batch
    funding = 3,         ///< Dr 1003 / Cr 1002: money to the agency bank
    dispatch = 4,        ///< Dr 2101 / Cr 2102: handed to the bank
    paid = 5,            ///< Dr 2102 / Cr 1003
    failed = 6,          ///< Dr 2102 / Cr 2111
    refused = 7,         ///< Dr 2102 / Cr 2101: the bank refuses the whole file
    reissue = 8,         ///< Dr 2111 / Cr 2102
    cash_back = 9,       ///< Dr 1002 / Cr 1003: money comes back from an agency bank
};
std::string_view code_of(EntryKind kind);
/// Nothing for a number that names no kind.
std::optional<EntryKind> entry_kind_of(std::int64_t number);

struct Posting {
    Account account = Account::payable;
    std::int16_t source = 0;  ///< fund source: 0 none, 1 central, 2 province, 3 prefecture, 4 county
    Money amount;             ///< debit > 0, credit < 0
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
    std::string canonical() const;
    /// For people and tests: "debit  5001 relief expenditure  120.00\ncredit 2101 …\n"
    std::string text() const;

private:
    Entry(About about, std::vector<Posting> postings)
        : about_{std::move(about)}, postings_{std::move(postings)} {}
    About about_;
    std::vector<Posting> postings_;
};

/// The standard entry of a kind over one amount (> 0). Not for funds_received, which has its sources.
Result<Entry> standard_entry(Entry::About about, Money amount);

/// Shares of one receipt by source, in the order central, province, prefecture, county; zero shares are left out.
Result<Entry> funds_received(Entry::About about, const std::array<Money, 4>& by_source);

struct TrialLine {
    Account account = Account::payable;
    Money debit;   ///< sum of debits
    Money credit;  ///< sum of credits, >= 0
    Money balance() const { return debit - credit; }
};

}  // namespace onecard::ledger
