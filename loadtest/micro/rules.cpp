#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <vector>

#include "county.hpp"
#include "onecard/entitlement/recomputation.hpp"

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

/// The policies of the twelve months from the county's own on; with `restless` every month has another standard, so
/// that nothing can be taken over.
std::vector<policy::CountyPolicy> twelve_months(const SmallCounty& county, bool restless) {
    std::vector<policy::CountyPolicy> policies;
    for (int i = 0; i < 12; ++i) {
        policies.push_back(
            county.book.book.at(county.facts.county, county.snapshot.month.plus_months(i)).value());
        auto& rural = policies.back().standards[static_cast<std::size_t>(policy::Standard::dibao_rural)];
        if (restless) rural->amount += Money::of_fen(i);
    }
    return policies;
}

void recompute(const SmallCounty& county, std::span<const policy::CountyPolicy> policies,
               entitlement::Recomputation& recomputation) {
    for (const policy::CountyPolicy& policy : policies) {
        registry::take_snapshot(county.facts, policy.month, ImportNo{1}, recomputation.next_facts());
        benchmark::DoNotOptimize(recomputation.assess(policy).awards.data());
    }
}

/// What this thread has had of a processor: on a machine that others use as well, time on the wall tells of them.
std::chrono::nanoseconds worked() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Twelve months against one, in turns so that both meet the same noise. `ratio` is of the medians; 12.5 is the promise.
void recompute_a_year(benchmark::State& state) {
    const SmallCounty& county = small_county();
    const auto policies = twelve_months(county, state.range(0) != 0);
    entitlement::Recomputation recomputation;
    recompute(county, policies, recomputation);
    std::vector<std::chrono::nanoseconds> ones, years;
    for (auto _ : state) {
        const auto start = worked();
        // A year ends in another month than it begins with: the single month finds nothing to take over.
        recompute(county, std::span{policies}.first(1), recomputation);
        const auto middle = worked();
        recompute(county, policies, recomputation);
        const auto end = worked();
        ones.push_back(middle - start);
        years.push_back(end - middle);
        state.SetIterationTime(std::chrono::duration<double>(end - middle).count());
    }
    const auto median = [](std::vector<std::chrono::nanoseconds>& all) {
        std::ranges::sort(all);
        return static_cast<double>(all[all.size() / 2].count());
    };
    state.counters["ratio"] = median(years) / median(ones);
    state.SetItemsProcessed(state.iterations() * 12 *
                            static_cast<std::int64_t>(county.assessment.awards.size()));
}
BENCHMARK(recompute_a_year)
    ->Name("twelve months again")
    ->Arg(0)
    ->Arg(1)
    ->ArgName("another standard every month")
    ->UseManualTime();

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
