#include "onecard/payment/payment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "onecard/core/big_endian.hpp"

namespace onecard::payment {

namespace {

struct Candidate {
    std::uint32_t award;
    std::uint32_t account;
};

/// Finds the accounts of awards. Awards and accounts are both in the order of people, so that the next one is looked for
/// from where the last one was: nearby, mostly.
class AccountFinder {
public:
    explicit AccountFinder(std::span<const registry::Account> accounts) : accounts_{accounts} {}
    std::optional<std::uint32_t> find(const entitlement::Award& award) {
        const std::tuple wanted{award.payee_kind, award.payee};
        if (last_ == accounts_.size() || key(accounts_[last_]) > wanted) last_ = 0;
        std::size_t step = 1;
        while (last_ + step < accounts_.size() && key(accounts_[last_ + step]) < wanted) {
            last_ += step;
            step *= 2;
        }
        const auto near = accounts_.subspan(last_, std::min(step + 1, accounts_.size() - last_));
        last_ += static_cast<std::size_t>(std::ranges::lower_bound(near, wanted, {}, key) - near.begin());
        if (last_ == accounts_.size() || key(accounts_[last_]) != wanted) return std::nullopt;
        return static_cast<std::uint32_t>(last_);
    }

private:
    static std::tuple<registry::PayeeKind, std::int64_t> key(const registry::Account& account) {
        return {account.kind, account.payee};
    }
    std::span<const registry::Account> accounts_;
    std::size_t last_ = 0;
};

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
    std::map<std::pair<Programme, BankNo>, std::vector<Candidate>> groups;
    AccountFinder finder{accounts};
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < awards.size(); ++i) {
        const entitlement::Award& award = awards[i];
        const std::optional<std::uint32_t> account = finder.find(award);
        const Unwritable* unwritable = nullptr;
        if (account && !rules.unwritable.empty()) {
            const auto found = std::ranges::lower_bound(rules.unwritable, *account, {}, &Unwritable::account);
            if (found != rules.unwritable.end() && found->account == *account) unwritable = &*found;
        }
        if (!account || unwritable != nullptr) {
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
        groups[{award.programme, accounts[*account].bank}].push_back({i, *account});
        ++count;
    }

    const auto lines_max_of = [&](BankNo bank) {
        for (const auto& [limited, lines] : rules.lines_per_file_max)
            if (limited == bank) return std::min(lines, lines_per_file_max);
        return lines_per_file_max;
    };
    out.payments.reserve(count);
    out.accounts.reserve(count);
    Serial serial = first_serial;
    for (auto& [group, candidates] : groups) {
        const auto& [programme, bank] = group;
        // Awards mostly come in this order.
        const auto order = [&](const Candidate& c) {
            const entitlement::Award& award = awards[c.award];
            return std::tuple{award.beneficiary, award.component, award.benefit_month};
        };
        if (!std::ranges::is_sorted(candidates, {}, order)) std::ranges::sort(candidates, {}, order);
        const std::size_t lines_max = lines_max_of(bank);
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (i == 0 || out.batches.back().count == lines_max)
                out.batches.push_back({bank, programme, out.payments.size(), 0, Money{}});
            const entitlement::Award& award = awards[candidates[i].award];
            out.payments.push_back({part, county, serial, programme, award.component, Kind::regular,
                                    award.benefit_month, award.beneficiary, award.payee_kind, award.payee,
                                    award.amount});
            out.accounts.push_back(candidates[i].account);
            ++out.batches.back().count;
            out.batches.back().total += award.amount;
            out.total += award.amount;
            serial = Serial{serial.number() + 1};
        }
    }
}

std::string file_id_of(County county, Month period, BatchNo batch) {
    return fmt::format("YKT{}{}{:04d}", county.text(), period.digits(), batch.number());
}

}  // namespace onecard::payment
