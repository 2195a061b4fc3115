#include "onecard/app/runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include "arrears.hpp"
#include "compute.hpp"
#include "onecard/app/closing_records.hpp"
#include "onecard/payment/payment.hpp"
#include "retry.hpp"
#include "run_refusals.hpp"
#include "unit_queue.hpp"

namespace onecard::app {

namespace {

constexpr int past_months_max = 120;
constexpr std::size_t refused_units_told = 200;  ///< a province's counties

/// Whether the month has what a run of this kind pays.
bool has_reason(RunKind kind, const policy::CountyPolicy& policy) {
    if (kind == RunKind::one_off) return policy.has_one_off();
    if (kind == RunKind::price_linked)
        return policy.price.cpi.has_value() || policy.price.food.has_value() || policy.price.scpi.has_value();
    return true;
}

/// Every refused unit in one refusal, each by its division and month, in one order.
Failure told_together(Faults faults) {
    std::ranges::sort(faults, {}, [](const Failure& one) { return std::tie(one.place, one.text); });
    Failure told = faults.front();
    for (std::size_t i = 1; i < std::min(faults.size(), refused_units_told); ++i)
        told.text += "; " + faults[i].message();
    if (faults.size() > refused_units_told)
        told.text += fmt::format(" (and {} more)", faults.size() - refused_units_told);
    return told;
}

}  // namespace

Digest digest_of(const HashFunction& hash, std::string_view text) { return hash.hash(bytes_of(text)); }

Result<Run> Runs::find(RunNo no, const Identity& by) {
    const auto run = tools_.database.begin_question()->runs().run(no);
    if (!run) return refuse(Fault::unknown, "there is no such run", place_of(no));
    if (!by.region.covers(run->region) && !run->region.covers(by.region))
        return refuse(Fault::forbidden, "the run lies outside this officer's region", place_of(no));
    return *run;
}

Result<Run> Runs::create(const Identity& by, RunKind kind, Month period, const Region& region, Moment now,
                         const std::optional<PastWish>& past) {
    const std::string place = fmt::format("{} run {} of {}", code_of(kind), period.text(),
                                          region.text().empty() ? "everywhere" : region.text());
    if (by.role != Role::maker) return refuse(Fault::forbidden, "only a maker creates runs", place);
    if (!by.region.covers(region)) return refuse(Fault::forbidden, "outside this maker's region", place);

    std::optional<RunPast> wanted_past;
    if (is_correcting(kind)) wanted_past = RunPast{RunNo{}, period, 0, {}};
    if (past) {
        if (kind == RunKind::reissue)
            return refuse(Fault::conflict, "a re-issue run owes nothing new, for no month", place);
        if (kind == RunKind::one_off || kind == RunKind::price_linked)
            return refuse(Fault::conflict, "this kind of run is about its own month alone", place);
        if (past->from > period || (past->from == period && kind == RunKind::regular))
            return refuse(Fault::out_of_range, "the past begins before the run's own month", place);
        if (period.months_since(past->from) > past_months_max)
            return refuse(Fault::out_of_range,
                          fmt::format("the past goes back {} months at most", past_months_max), place);
        if (past->offset_percent < 0 || past->offset_percent > 99)
            return refuse(Fault::out_of_range, "0 to 99 percent of a payment are kept for receivables",
                          place);
        const auto excluded = Exclusions::parse(past->excluded);
        if (!excluded) return std::unexpected{excluded.error()};
        wanted_past = RunPast{RunNo{}, past->from, past->offset_percent, excluded->text()};
    }
    auto work = tools_.database.begin();
    Run run;
    run.kind = kind;
    run.period = period;
    run.region = region;
    run.made_by = by.name;
    run.made_at = now;
    run.known_at = work->registers().latest_import();
    if (!run.known_at) return refuse(Fault::missing, "no register was imported yet", place);
    run.policy = digest_of(tools_.sha256, book_.canonical_text());

    std::vector<std::pair<County, std::int64_t>> wanted;
    if (is_correcting(kind)) {
        auto released = work->runs().released_units(region, period);
        if (released.empty())
            return refuse(Fault::missing,
                          "no regular run of this month is released here: there is nothing to stand on",
                          place);
        std::erase_if(released,
                      [&](const auto& one) { return work->closing().is_closed(one.first, period.number()); });
        if (released.empty()) return refuse(Fault::conflict, closed_text(period), place);
        for (const auto& [county, count] : released) {
            const auto policy = book_.at(county, period);
            if (!policy) return std::unexpected{policy.error()};
            if (has_reason(kind, *policy)) wanted.emplace_back(county, count);
        }
        if (wanted.empty())
            return refuse(Fault::missing,
                          kind == RunKind::one_off
                              ? "the policy packs have no one-off payment (one_off.amount) of this month"
                              : "the policy packs have no price index (price.…) of this month",
                          place);
    } else if (kind == RunKind::regular) {
        wanted = work->registers().enrolments_by_county(region, run.known_at);
        if (wanted.empty())
            return refuse(Fault::missing, "the register has no enrolment in this region", place);
        Faults gaps;
        for (const auto& [county, count] : wanted)
            if (const auto policy = book_.at(county, period); !policy) gaps.push_back(policy.error());
        if (!gaps.empty()) return std::unexpected{told_together(std::move(gaps))};
    } else {
        std::map<County, std::int64_t> retries;
        std::map<County, std::vector<registry::Account>> accounts;
        for (const OpenFailure& failure : work->payments().open_failures(region)) {
            auto& known = accounts[failure.county];
            if (known.empty()) work->registers().load_accounts(failure.county, run.known_at, period, known);
            const registry::Account* account = find_account(known, failure.payee_kind, failure.payee);
            if (account != nullptr &&
                can_be_retried(failure, *account, profile_of_bank(tools_, failure.bank)))
                ++retries[failure.county];
        }
        wanted.assign(retries.begin(), retries.end());
        if (wanted.empty())
            return refuse(Fault::missing, "no failed payment has a corrected account or a reason that passed",
                          place);
    }

    work->runs().put_policy(run.policy, book_.canonical_text());
    run.no = work->runs().put_run(run);
    if (tools_.profiles != nullptr) tools_.profiles->put(*work, run.no, tools_.sha256, tools_.log(), now);
    if (wanted_past) {
        wanted_past->run = run.no;
        work->recovery().put_run_past(*wanted_past);
    }
    std::vector<Unit> units;
    std::int64_t in_part = 0;
    PartNo part;
    // Every worker needs a part of its own to load into, however small the run is.
    std::int64_t all = 0;
    for (const auto& [county, count] : wanted) all += count;
    const std::int64_t part_size =
        std::clamp(all / tools_.workers, std::int64_t{1}, limits_.payments_per_part);
    for (const auto& [county, count] : wanted) {
        const std::int32_t generation = work->runs().next_generation(county, period, kind);
        if (generation == 0)
            return refuse(Fault::duplicate,
                          fmt::format("county {} has a live {} run for {} already", county.text(),
                                      code_of(kind), period.text()),
                          place);
        if (kind != RunKind::reissue && (!part || in_part >= part_size)) {
            part = work->runs().make_part(run.no);
            in_part = 0;
        }
        in_part += count;
        units.push_back({run.no, county, period, kind, generation, part, count});
    }
    work->runs().put_units(units);
    const Act act{
        "run-created", County{},
        fmt::format("run-created|{}|{}|{}|{}|{}|{}|{}|{}", run.no.number(), code_of(kind), period.text(),
                    region.text(), run.known_at.number(), run.policy.hex(), by.name, by.fingerprint.hex())};
    work->ledger().put_acts({&act, 1}, tools_.log(), now);
    if (wanted_past) {
        const Act about_past{"run-past", County{},
                             fmt::format("run-past|{}|{}|{}|{}", run.no.number(), wanted_past->from.text(),
                                         wanted_past->offset_percent, wanted_past->excluded)};
        work->ledger().put_acts({&about_past, 1}, tools_.log(), now);
    }
    work->commit();
    return run;
}

Result<Runs::Progress> Runs::compute(const Identity& by, RunNo no, Moment now,
                                     const std::function<void(const Progress&)>& on_progress) {
    if (by.role != Role::maker) return refuse(Fault::forbidden, "only a maker computes runs", place_of(no));
    const auto run = find(no, by);
    if (!run) return std::unexpected{run.error()};

    // The book that the run was created with, even where the service has read another one since.
    std::optional<policy::Book> own_book;
    if (run->policy != digest_of(tools_.sha256, book_.canonical_text())) {
        const auto text = tools_.database.begin_question()->runs().policy_text(run->policy);
        ensure(text.has_value(), "a run without its policy book");
        auto parsed = policy::parse_book(*text);
        if (!parsed) return std::unexpected{parsed.error()};
        own_book = std::move(*parsed);
    }
    const policy::Book& book = own_book ? *own_book : book_;

    std::map<PartNo, std::vector<Unit>> parts;
    std::vector<Bank> banks;
    std::vector<County> counties;
    Progress progress;
    Besides besides;
    {
        auto work = tools_.database.begin();
        besides.past = work->recovery().run_past(no);
        banks = work->registers().banks();
        for (const UnitState& state : work->runs().units(no)) {
            if (state.cancelled) continue;
            counties.push_back(state.unit.county);
            parts[state.unit.part];
            ++progress.units_all;
            if (state.result) {
                ++progress.units_done;
                progress.payments += state.result->payments;
            } else {
                parts[state.unit.part].push_back(state.unit);
            }
        }
    }

    if (run->kind != RunKind::reissue) {
        auto screen = screen_of(tools_, *run, counties, limits_.screening, now);
        if (!screen) return std::unexpected{screen.error()};
        besides.screen = *std::move(screen);
    }

    UnitQueue queue{std::move(parts)};
    std::mutex guard;
    Faults faults;
    std::exception_ptr broken_worker;
    const auto work_on = [&] {
        Bench bench{tools_.make_signer(), tools_.make_cipher(), tools_.sm3.stream(), {}, {}, {}, {}, {}, {}};
        UnitQueue::Own own;
        while (const auto task = queue.take(own)) {
            if (stopping_) return;
            if (!task->unit) {
                auto work = tools_.database.begin_bulk();
                work->runs().key_part(task->no);
                work->commit();
                continue;
            }
            const auto result = with_retries([&] {
                return compute_unit(tools_, bench, book, limits_, *run, besides, *task->unit, banks, now);
            });
            queue.done(*task, result.has_value());
            const std::lock_guard lock{guard};
            if (!result) {
                faults.push_back(result.error());
            } else {
                ++progress.units_done;
                progress.payments += result->payments;
                if (on_progress) on_progress(progress);
            }
        }
    };
    {
        std::vector<std::jthread> workers;
        const auto count = std::min<std::int64_t>(tools_.workers, progress.units_all);
        for (std::int64_t i = 0; i < count; ++i)
            workers.emplace_back([&] {
                tools_.give_way();
                try {
                    work_on();
                } catch (...) {
                    queue.stop();
                    const std::lock_guard lock{guard};
                    broken_worker = std::current_exception();
                }
            });
    }
    if (broken_worker) std::rethrow_exception(broken_worker);
    if (stopping_ && progress.units_done < progress.units_all)
        return refuse(Fault::conflict, "the service was stopped: compute again, what is done stays done",
                      place_of(no));
    if (!faults.empty()) return std::unexpected{told_together(std::move(faults))};
    return progress;
}

}  // namespace onecard::app
