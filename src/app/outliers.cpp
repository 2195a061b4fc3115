#include "outliers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "asked.hpp"
#include "onecard/app/runs.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t reason_bytes_max = 500;
constexpr std::size_t accepted_at_once_max = 10'000;

using policy::Standard;

/// The highest of some standards; nothing where the county publishes none of them.
Money highest(const policy::CountyPolicy& policy, std::initializer_list<Standard> standards) {
    Money found;
    for (const Standard standard : standards)
        if (const auto& value = policy.standard(standard)) found = std::max(found, value->amount);
    return found;
}

/// The standard of one head that a programme is held against.
Money standard_of(const policy::CountyPolicy& policy, Programme programme) {
    const ProgrammeText& text = text_of(programme);
    switch (text.kind) {
        case ProgrammeKind::dibao:
            if (text.area == ProgrammeArea::urban) return highest(policy, {Standard::dibao_urban});
            break;
        case ProgrammeKind::tekun:
            return highest(policy, {Standard::tekun_basic_urban, Standard::tekun_basic_rural,
                                    Standard::tekun_basic_rural_central, Standard::tekun_care_full,
                                    Standard::tekun_care_central_full});
        case ProgrammeKind::orphan:
            return highest(policy, {Standard::orphan_central, Standard::orphan_dispersed});
        case ProgrammeKind::unattended:
            return highest(policy, {Standard::unattended_child, Standard::orphan_dispersed});
        case ProgrammeKind::living:
            return highest(policy, {Standard::disability_living_1, Standard::disability_living_2,
                                    Standard::disability_living_3, Standard::disability_living_4});
        case ProgrammeKind::nursing:
            return highest(policy, {Standard::disability_nursing_1, Standard::disability_nursing_2,
                                    Standard::disability_nursing_3, Standard::disability_nursing_4});
        case ProgrammeKind::on_top:
        case ProgrammeKind::beside: break;
    }
    return highest(policy, {Standard::dibao_rural, Standard::dibao_urban});
}

void find_amounts(const policy::CountyPolicy& policy, std::int64_t times, const payment::UnitPlan& plan,
                  Beside& out) {
    std::array<Money, programmes.size()> standards, bounds;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        standards[i] = standard_of(policy, programmes[i].programme);
        bounds[i] = standards[i].times(times).value();
    }
    for (const payment::Payment& owed : plan.payments) {
        const std::size_t at = static_cast<std::size_t>(owed.programme) - 1;
        if (owed.amount <= bounds[at] || bounds[at].is_zero()) continue;
        Outlier& outlier = out.outliers.emplace_back();
        outlier.kind = OutlierKind::amount;
        outlier.serial = owed.serial;
        outlier.programme = static_cast<std::int16_t>(owed.programme);
        outlier.payee_kind = owed.payee_kind;
        outlier.payee = owed.payee;
        outlier.payments = 1;
        outlier.amount = owed.amount;
        outlier.bound = bounds[at];
        outlier.evidence =
            fmt::format("{} of {} is more than {} times {} yuan", text_of(owed.programme).english,
                        owed.benefit_month.text(), times, standards[at].yuan());
    }
}

using Payee = std::pair<registry::PayeeKind, std::int64_t>;

/// All payments of each of these payees.
void add_by_payee(OutlierKind kind, const std::map<Payee, std::string>& payees, const payment::UnitPlan& plan,
                  Beside& out) {
    if (payees.empty()) return;
    std::map<Payee, Outlier> found;
    for (const payment::Payment& owed : plan.payments) {
        const Payee payee{owed.payee_kind, owed.payee};
        const auto wanted = payees.find(payee);
        if (wanted == payees.end()) continue;
        auto [at, is_first] = found.try_emplace(payee);
        Outlier& outlier = at->second;
        if (is_first) {
            outlier.kind = kind;
            outlier.serial = owed.serial;
            outlier.programme = static_cast<std::int16_t>(owed.programme);
            outlier.payee_kind = owed.payee_kind;
            outlier.payee = owed.payee;
            outlier.evidence = wanted->second;
        } else if (outlier.programme != static_cast<std::int16_t>(owed.programme)) {
            outlier.programme = 0;
        }
        ++outlier.payments;
        outlier.amount += owed.amount;
    }
    for (auto& [payee, outlier] : found) out.outliers.push_back(std::move(outlier));
}

}  // namespace

std::string Outlier::canonical() const {
    return fmt::format("outlier|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", no, static_cast<int>(kind), serial.number(),
                       programme, static_cast<int>(payee_kind), payee, payments, amount.fen(), bound.fen(),
                       evidence);
}

void find_outliers(Work& work, const Run& run, const Unit& unit, const policy::CountyPolicy& policy,
                   std::int64_t times, const payment::UnitPlan& plan, Beside& out) {
    find_amounts(policy, times, plan, out);
    // Before a county's first run there is nothing that could have changed.
    if (const auto before = work.runs().released_before(unit.county, unit.period)) {
        const auto run_before = work.runs().run(before->run);
        ensure(run_before.has_value(), "a unit without a run");
        std::map<Payee, std::string> changed;
        if (run_before->known_at < run.known_at)
            for (const ChangedAccount& one :
                 work.office().changed_accounts(unit.county, unit.period, run_before->known_at, run.known_at))
                changed.emplace(Payee{one.payee_kind, one.payee},
                                fmt::format("the account was changed by import {}, after run {}",
                                            one.import.number(), run_before->no.number()));
        add_by_payee(OutlierKind::account_changed, changed, plan, out);
    }
    std::map<Payee, std::string> dead;
    for (const Finding& finding : out.findings)
        if (finding.kind == ListKind::deaths && !finding.holds)
            dead.emplace(Payee{registry::PayeeKind::person, finding.person.number()},
                         "finding " + finding.subject);
    add_by_payee(OutlierKind::listed_dead, dead, plan, out);
    std::ranges::sort(out.outliers, {}, [](const Outlier& one) { return std::tuple{one.kind, one.serial}; });
    for (std::size_t i = 0; i < out.outliers.size(); ++i)
        out.outliers[i].no = static_cast<std::int32_t>(i + 1);
}

Result<void> Runs::accept_outliers(const Identity& by, RunNo no, County county,
                                   std::span<const std::int32_t> outliers, std::string_view reason,
                                   Moment now) {
    const std::string place = fmt::format("run {}/{} outliers", no.number(), county.text());
    if (by.role != Role::checker) return refuse(Fault::forbidden, "a checker accepts outliers", place);
    if (!by.region.covers(county)) return refuse(Fault::forbidden, "outside this checker's region", place);
    if (reason.empty() || reason.size() > reason_bytes_max ||
        std::ranges::any_of(reason, [](char c) { return c == '|' || static_cast<unsigned char>(c) < 0x20; }))
        return refuse(
            Fault::malformed,
            fmt::format("a reason of at most {} bytes on one line, without '|', is needed", reason_bytes_max),
            place);
    if (outliers.empty() || outliers.size() > accepted_at_once_max)
        return refuse(Fault::out_of_range,
                      fmt::format("1 to {} outliers are accepted at once", accepted_at_once_max), place);
    auto work = tools_.database.begin();
    const std::vector<Outlier> known = work->office().outliers(no, county);
    for (const std::int32_t wanted : outliers)
        if (std::ranges::find(known, wanted, &Outlier::no) == known.end())
            return refuse(Fault::unknown, "there is no such outlier", fmt::format("{} {}", place, wanted));
    std::vector<Act> acts;
    try {
        for (const std::int32_t wanted : outliers) {
            work->office().put_outlier_acceptance(
                {no, county, wanted, by.name, by.fingerprint, std::string{reason}, now});
            acts.push_back({"outlier-accepted", county,
                            fmt::format("outlier-accepted|{}|{}|{}|{}|{}|{}", no.number(), county.text(),
                                        wanted, by.name, by.fingerprint.hex(), reason)});
        }
        work->ledger().put_acts(acts, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate, "one of them was accepted before", place);
    }
    return {};
}

Result<Report> Runs::outliers(const Identity& by, RunNo no, const Slice& slice) {
    const auto run = find(no, by);
    if (!run) return std::unexpected{run.error()};
    const Region& region = by.region.covers(run->region) ? run->region : by.region;
    Report report{{"须逐项确认的异常", "Outliers to be accepted by name"}, {}, {}};
    report.fields = {{"run", {"批次", "run"}, std::int64_t{no.number()}},
                     {"period", {"期号", "period"}, run->period.text()}};
    auto work = tools_.database.begin();
    auto parameters = slice.parameters({"county", "outlier"});
    parameters.emplace_back("run", std::to_string(no.number()));
    parameters.emplace_back("region_low", std::to_string(region.lowest()));
    parameters.emplace_back("region_high", std::to_string(region.highest()));
    report.tables.push_back(
        table_of(work->ledger(), "outliers", {"异常", "Outliers"}, "report_outliers", parameters));
    return report;
}

}  // namespace onecard::app
