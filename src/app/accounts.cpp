#include "onecard/app/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onecard::app {

namespace {

constexpr std::int64_t hour_seconds = 3600;

/// The first character and the last four digits: enough to compare with the application, too little to pay to.
std::string masked_name(const std::string& name) {
    std::size_t end = 1;
    while (end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) ++end;
    return name.substr(0, end) + "*";
}
std::string ending_of(const std::string& account) {
    return account.size() <= 4 ? account : "*" + account.substr(account.size() - 4);
}

std::string_view word_of(registry::PayeeKind kind) {
    return kind == registry::PayeeKind::person ? "person" : "institution";
}

Moment open_from(const AccountChange& change, const AccountRules& rules) {
    return Moment::of_unix_seconds(change.confirmed_at->unix_seconds() +
                                   rules.cool_down_hours * hour_seconds);
}

Act act_of(const AccountConfirmation& confirmation) {
    return {"account-confirmed", confirmation.county,
            fmt::format("account-confirmed|{}|{}|{}|{}|{}|{}", confirmation.county.text(),
                        static_cast<int>(confirmation.payee_kind), confirmation.payee,
                        confirmation.import.number(), confirmation.officer, confirmation.fingerprint.hex())};
}

}  // namespace

std::optional<AccountWaits> waits(const AccountChange& change, const AccountRules& rules, Moment now) {
    if (!rules.confirmed_since || change.imported_at < *rules.confirmed_since) return std::nullopt;
    if (!change.confirmed_at)
        return AccountWaits{
            fmt::format("the account was changed by import {} and no second person has confirmed it",
                        change.import.number()),
            fmt::format("账户由第 {} 次导入变更，尚未经第二人确认", change.import.number())};
    const Moment open = open_from(change, rules);
    if (now >= open) return std::nullopt;
    return AccountWaits{
        fmt::format("the account was changed by import {} and is paid to from {} on", change.import.number(),
                    open.text()),
        fmt::format("账户由第 {} 次导入变更，{} 起方可支付", change.import.number(), open.text())};
}

Result<Report> Accounts::changes(const Identity& by, const Region& region, const Slice& slice) {
    if (by.role == Role::bank || !by.region.covers(region))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)),
                      "accounts");
    auto work = tools_.database.begin();
    const auto cipher = tools_.make_cipher();
    Report report{{"账户变更", "Changes of accounts"}, {}, {}};
    Table table{"changes",
                {"账户变更", "Changes of accounts"},
                {{"county", {"区划", "county"}},
                 {"payee_kind", {"收款人类型", "payee kind"}},
                 {"payee", {"收款人", "payee"}},
                 {"import", {"导入", "import"}},
                 {"imported_by", {"导入人", "imported by"}},
                 {"imported_at", {"导入时间", "imported"}},
                 {"bank_before", {"原银行", "bank before"}},
                 {"bank", {"银行", "bank"}},
                 {"account", {"账号尾号", "account"}},
                 {"holder", {"户名", "holder"}},
                 {"confirmed_by", {"确认人", "confirmed by"}},
                 {"confirmed_at", {"确认时间", "confirmed"}},
                 {"paid_from", {"可支付时间", "paid to from"}}},
                {}};
    const ImportNo newest = work->registers().latest_import();
    // A county after the other, those before the slice's beginning and behind its end not at all.
    const std::string first = slice.after.empty() ? std::string{} : slice.after.front();
    if (newest)
        for (const auto& [county, count] : work->registers().enrolments_by_county(region, newest)) {
            if (county.text() < first) continue;
            if (static_cast<std::int64_t>(table.rows.size()) >= slice.rows_max) break;
            AccountRecords::After after;
            if (county.text() == first)
                after = {slice.after[1], std::stoll(slice.after[2]),
                         ImportNo{static_cast<std::int32_t>(std::stoll(slice.after[3]))}};
            for (const AccountChange& change :
                 work->accounts().changes(county, newest, rules_.confirmed_since.value_or(Moment{}), after,
                                          slice.rows_max - static_cast<std::int64_t>(table.rows.size()))) {
                const auto account = cipher->open(change.account);
                table.rows.push_back(
                    {county.text(), std::string{word_of(change.payee_kind)}, change.payee,
                     std::int64_t{change.import.number()}, change.imported_by, change.imported_at.text(),
                     std::int64_t{change.bank_before.number()}, std::int64_t{change.bank.number()},
                     account ? ending_of(*account) : std::string{}, masked_name(change.holder),
                     change.confirmed_by, change.confirmed_at ? change.confirmed_at->text() : std::string{},
                     change.confirmed_at ? open_from(change, rules_).text() : std::string{}});
            }
        }
    report.tables.push_back(std::move(table));
    return report;
}

Result<Report> Accounts::confirm(const Identity& by, const Which& which, Moment now) {
    const std::string place = fmt::format("{}/import {}", which.county.text(), which.import.number());
    if (by.role != Role::checker)
        return refuse(Fault::forbidden, "a checker confirms what a maker has brought", place);
    if (!by.region.covers(Region::of(which.county)))
        return refuse(Fault::forbidden, "outside this checker's region", place);
    auto work = tools_.database.begin();
    std::int64_t confirmed = 0;
    bool is_known = false;
    std::vector<Act> acts;
    for (const AccountChange& change : work->accounts().changes(which.county, which.import, Moment{})) {
        if (change.import != which.import) continue;
        if (which.payee && *which.payee != std::pair{change.payee_kind, change.payee}) continue;
        is_known = true;
        if (change.imported_by == by.name)
            return refuse(Fault::forbidden, "who brought a change cannot confirm it", place);
        if (change.confirmed_at) continue;
        const AccountConfirmation word{which.county,       change.payee_kind, change.payee,   change.import,
                                       change.imported_by, by.name,           by.fingerprint, now};
        work->accounts().put_confirmation(word);
        acts.push_back(act_of(word));
        ++confirmed;
    }
    if (!is_known) return refuse(Fault::unknown, "no such change of an account", place);
    if (confirmed == 0) return refuse(Fault::duplicate, "was confirmed before", place);
    work->ledger().put_acts(acts, tools_.log(), now);
    work->commit();
    Report report{{"已确认", "Confirmed"}, {}, {}};
    report.fields = {
        {"confirmed", {"笔数", "accounts confirmed"}, confirmed},
        {"paid_from",
         {"可支付时间", "paid to from"},
         Moment::of_unix_seconds(now.unix_seconds() + rules_.cool_down_hours * hour_seconds).text()}};
    return report;
}

}  // namespace onecard::app
