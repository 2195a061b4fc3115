#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "county.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/recon/match.hpp"
#include "onecard/seal/hashes.hpp"

/// What `audit verify` does with each row once it has it: its canonical bytes, its leaf, its batch's or entry's tree and sum.
/// Rows as they come from the database are measured by `onecard audit verify --timed` over an installation.
namespace onecard::loadtest {

namespace {

void payments(benchmark::State& state) {
    const std::vector<payment::Payment>& owed = small_county().plan.payments;
    std::array<std::byte, payment::leaf_bytes> leaf;
    for (auto _ : state) {
        audit::MerkleFrontier lines{seal::sha256()};
        Money total;
        for (const payment::Payment& one : owed) {
            payment::write_leaf(one, leaf.data());
            lines.add_leaf(leaf);
            total += one.amount;
        }
        benchmark::DoNotOptimize(lines.root());
        benchmark::DoNotOptimize(total);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(owed.size()));
}
BENCHMARK(payments)->Name("verify: payments of a unit");

void outcomes(benchmark::State& state) {
    constexpr std::int64_t words = 25'000;
    std::array<std::byte, recon::outcome_leaf_bytes> leaf;
    for (auto _ : state) {
        audit::MerkleFrontier lines{seal::sha256()};
        Money total;
        recon::Outcome word;
        word.paid = true;
        for (std::int64_t i = 0; i < words; ++i) {
            word.serial = Serial{static_cast<std::int32_t>(i + 1)};
            word.amount = Money::of_fen(10'000 + i);
            word.line = static_cast<std::int32_t>(i + 2);
            recon::write_leaf(PartNo{32'112'001}, County::of_number(370212), word, 7, leaf.data());
            lines.add_leaf(leaf);
            total += word.amount;
        }
        benchmark::DoNotOptimize(lines.root());
        benchmark::DoNotOptimize(total);
    }
    state.SetItemsProcessed(state.iterations() * words);
}
BENCHMARK(outcomes)->Name("verify: outcomes of a return file");

}  // namespace

}  // namespace onecard::loadtest
