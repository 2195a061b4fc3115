#include <benchmark/benchmark.h>

#include "county.hpp"

/// The pure middle of a unit: facts at a month, awards, payments. Figures are payees (awards) a second on one core.
namespace onecard::loadtest {

namespace {

void take_snapshot(benchmark::State& state) {
    const SmallCounty& county = small_county();
    registry::Snapshot snapshot;
    for (auto _ : state) registry::take_snapshot(county.facts, county.snapshot.month, ImportNo{1}, snapshot);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(county.assessment.awards.size()));
}
BENCHMARK(take_snapshot)->Name("register as of a month");

void assess(benchmark::State& state) {
    const SmallCounty& county = small_county();
    entitlement::Assessment assessment;
    for (auto _ : state) entitlement::assess(county.snapshot, county.policy, assessment);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(county.assessment.awards.size()));
}
BENCHMARK(assess)->Name("assessment");

void plan_unit(benchmark::State& state) {
    const SmallCounty& county = small_county();
    payment::UnitPlan plan;
    for (auto _ : state)
        payment::plan_unit(county.facts.county, PartNo{12112001}, Serial{1}, county.assessment.awards,
                           county.accounts, 200'000, plan);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(county.assessment.awards.size()));
}
BENCHMARK(plan_unit)->Name("payments and batches planned");

}  // namespace

}  // namespace onecard::loadtest
