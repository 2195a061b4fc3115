#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/core/result.hpp"
#include "onecard/entitlement/assess.hpp"
#include "onecard/registry/facts.hpp"

namespace onecard::payment {

/// Why an amount is owed. The number is what the database stores.
enum class Kind : std::int16_t {
    regular = 1,  ///< for the run's own month
    arrears = 2,  ///< for a month before it, one payment a month
};

/// One amount owed to one payee, numbered densely in its county and period.
struct Payment {
    PartNo part;
    County county;
    Serial serial;
    Programme programme = Programme::dibao_rural;
    Component component = Component::basic;
    Kind kind = Kind::regular;
    Month benefit_month;
    std::int64_t beneficiary = 0;
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    Money amount;
    friend bool operator==(const Payment&, const Payment&) = default;
};

/// The canonical bytes of a payment, the leaf of its batch's Merkle tree: part, county, serial (4 each), programme,
/// component, kind (2 each), benefit month as yyyymm (4), beneficiary (8), payee kind (2), payee (8), amount in fen
/// (8), all big-endian: 48 bytes. One leaf with its prefix fits one block of the hash.
inline constexpr std::size_t leaf_bytes = 48;
void write_leaf(const Payment& payment, std::byte* out);

/// The payments of one unit for one bank and programme, to be written as one file: a range of serials.
struct BatchPlan {
    BankNo bank;
    Programme programme = Programme::dibao_rural;
    std::size_t first = 0;  ///< index into UnitPlan::payments
    std::size_t count = 0;
    Money total;
};

struct UnitPlan {
    std::vector<Payment> payments;        ///< in serial order: by programme, bank, beneficiary, component
    std::vector<std::uint32_t> accounts;  ///< parallel: index of the payee's account
    std::vector<BatchPlan> batches;
    std::vector<entitlement::Refusal> held;  ///< owed, but the payee has no account: never dropped silently
    Money total;
};

/// Why an account, by its index, cannot stand in its bank's files.
struct Unwritable {
    std::uint32_t account = 0;
    std::string why;
    std::string chinese;
};

/// What the banks' own formats demand of a plan.
struct BankRules {
    /// Where a bank takes shorter files than the installation's limit.
    std::span<const std::pair<BankNo, std::size_t>> lines_per_file_max;
    /// Accounts (ascending) that their bank's files have no way to write: their payments are held.
    std::span<const Unwritable> unwritable;
};

/// Turns awards into numbered payments and batches. `accounts` is ordered by (kind, payee), at most one a payee.
/// `lines_per_file_max` splits large batches. Deterministic: the same input gives the same serials.
void plan_unit(County county, PartNo part, Serial first_serial, std::span<const entitlement::Award> awards,
               std::span<const registry::Account> accounts, std::size_t lines_per_file_max, UnitPlan& out,
               const BankRules& rules = {});

/// "YKT" county yyyymm, then the batch number with at least four digits.
std::string file_id_of(County county, Month period, BatchNo batch);

}  // namespace onecard::payment
