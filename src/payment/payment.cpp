#include "onecard/payment/payment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "onecard/core/big_endian.hpp"

namespace onecard::payment {

namespace {

struct Candidate {
    std::uint32_t award;
    std::uint32_t account;
    std::int16_t programme;
    std::int16_t bank;
};

constexpr std::uint32_t no_account = 0xffffffff;

std::uint32_t find_account(std::span<const registry::Account> accounts, const entitlement::Award& award) {
    const auto key = [](const registry::Account& account) { return std::tuple{account.kind, account.payee}; };
    const auto wanted = std::tuple{award.payee_kind, award.payee};
    const auto found = std::ranges::lower_bound(accounts, wanted, {}, key);
    if (found == accounts.end() || key(*found) != wanted) return no_account;
    return static_cast<std::uint32_t>(found - accounts.begin());
}

}  // namespace

void write_leaf(const Payment& payment, std::byte* out) {
    out = put_big_endian(out, payment.part.number());
    out = put_big_endian(out, payment.county.number());
    out = put_big_endian(out, payment.serial.number());
    out = put_big_endian(out, static_cast<std::int16_t>(payment.programme));
    out = put_big_endian(out, static_cast<std::int16_t>(payment.component));
    out = put_big_endian(out, static_cast<std::int16_t>(payment.kind));
    out = put_big_endian(out, payment.benefit_month.number());
    out = put_big_endian(out, payment.beneficiary);
    out = put_big_endian(out, static_cast<std::int16_t>(payment.payee_kind));
    out = put_big_endian(out, payment.payee);
    put_big_endian(out, payment.amount.fen());
}

void plan_unit(County county, PartNo part, Serial first_serial, std::span<const entitlement::Award> awards,
               std::span<const registry::Account> accounts, std::size_t lines_per_file_max, UnitPlan& out,
               const BankRules& rules) {
    out = {};
    std::vector<Candidate> candidates;
    candidates.reserve(awards.size());
    for (std::uint32_t i = 0; i < awards.size(); ++i) {
        const entitlement::Award& award = awards[i];
        const std::uint32_t account = find_account(accounts, award);
        const Unwritable* unwritable = nullptr;
        if (account != no_account && !rules.unwritable.empty()) {
            const auto found = std::ranges::lower_bound(rules.unwritable, account, {}, &Unwritable::account);
            if (found != rules.unwritable.end() && found->account == account) unwritable = &*found;
        }
        if (account == no_account || unwritable != nullptr) {
            const bool person = award.payee_kind == registry::PayeeKind::person;
            out.held.push_back(
                {award.programme, award.household, award.person, true,
                 Failure{
                     Fault::missing,
                     fmt::format("{}/{}/household {}/{} {}", county.text(), award.benefit_month.text(),
                                 award.household.number(), person ? "person" : "institution", award.payee),
                     unwritable == nullptr
                         ? fmt::format("owed {} yuan, but the payee has no account", award.amount.yuan())
                         : fmt::format("owed {} yuan, but {}", award.amount.yuan(), unwritable->why)},
                 unwritable == nullptr
                     ? fmt::format("应发 {} 元，但收款人没有账户", award.amount.yuan())
                     : fmt::format("应发 {} 元，但{}", award.amount.yuan(), unwritable->chinese)});
            continue;
        }
        candidates.push_back(
            {i, account, static_cast<std::int16_t>(award.programme), accounts[account].bank.number()});
    }
    // Awards come ordered by beneficiary; only programme and bank have to be brought together.
    std::ranges::sort(candidates, {}, [&](const Candidate& c) {
        const entitlement::Award& award = awards[c.award];
        return std::tuple{c.programme, c.bank, award.beneficiary, award.component, award.benefit_month};
    });

    const auto lines_max_of = [&](BankNo bank) {
        for (const auto& [limited, lines] : rules.lines_per_file_max)
            if (limited == bank) return std::min(lines, lines_per_file_max);
        return lines_per_file_max;
    };
    std::size_t lines_max = 0;
    out.payments.reserve(candidates.size());
    out.accounts.reserve(candidates.size());
    Serial serial = first_serial;
    for (const Candidate& candidate : candidates) {
        const entitlement::Award& award = awards[candidate.award];
        const BankNo bank{candidate.bank};
        if (out.batches.empty() || out.batches.back().bank != bank ||
            out.batches.back().programme != award.programme || out.batches.back().count == lines_max) {
            out.batches.push_back({bank, award.programme, out.payments.size(), 0, Money{}});
            lines_max = lines_max_of(bank);
        }
        out.payments.push_back({part, county, serial, award.programme, award.component, Kind::regular,
                                award.benefit_month, award.beneficiary, award.payee_kind, award.payee,
                                award.amount});
        out.accounts.push_back(candidate.account);
        ++out.batches.back().count;
        out.batches.back().total += award.amount;
        out.total += award.amount;
        serial = Serial{serial.number() + 1};
    }
}

std::string file_id_of(County county, Month period, BatchNo batch) {
    return fmt::format("YKT{}{}{:04d}", county.text(), period.digits(), batch.number());
}

}  // namespace onecard::payment
