#include "onecard/app/run_life.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "batch_entry.hpp"
#include "onecard/app/runs.hpp"

namespace onecard::app {

const StageText& text_of(Stage stage) {
    const auto found = std::ranges::find(stages, stage, &StageText::stage);
    ensure(found != stages.end(), "a stage without a text");
    return *found;
}

Stage stage_of(const UnitState& state) {
    if (state.cancelled) return Stage::cancelled;
    if (state.took(Step::released)) {
        const Aftermath after = state.after.value_or(Aftermath{});
        if (after.is_closed) return Stage::closed;
        if (after.is_answered) return Stage::settling;
        return after.is_handed_over ? Stage::dispatched : Stage::released;
    }
    if (state.took(Step::checked)) return Stage::checked;
    if (state.took(Step::proposed)) return Stage::proposed;
    return state.result ? Stage::computed : Stage::planned;
}

Result<MoveRow> move_from(Stage stage, Move move, Role by, const std::string& place) {
    std::string_view name;
    bool is_for_role = false;
    for (const MoveRow& row : moves) {
        if (row.move != move) continue;
        name = row.name;
        const bool is_for_this_role = row.by == by || row.or_by == by;
        is_for_role |= is_for_this_role;
        if (row.from == stage && is_for_this_role) return row;
    }
    if (!is_for_role)
        return refuse(Fault::forbidden, fmt::format("a {} does not {}", name_of(by), name), place);
    return refuse(Fault::conflict, fmt::format("it is {}: nothing to {}", text_of(stage).english, name),
                  place);
}

namespace {

/// Whether the check was in a fiscal year that is over: its expenditure is that year's (3002).
bool was_checked_in_an_earlier_year(const UnitState& state, Moment now) {
    return std::ranges::any_of(state.steps, [&](const StepRecord& taken) {
        return taken.step == Step::checked &&
               taken.at.day_in_china().month().year() < now.day_in_china().month().year();
    });
}

/// What a check posted, taken back: the payments of the unit are not owed any more.
Result<std::vector<ledger::Entry>> entries_of_withdrawal(Work& work, const Run& run, const UnitState& state,
                                                         const std::vector<Batch>& batches, Moment now) {
    std::vector<ledger::Entry> entries;
    if (run.kind == RunKind::reissue || batches.empty()) return entries;
    const auto kind = was_checked_in_an_earlier_year(state, now) ? ledger::EntryKind::cancelled_prior_year
                                                                 : ledger::EntryKind::cancelled;
    ledger::FundBooks books = work.ledger().fund_books(batches.front().county, {&batches.front().period, 1});
    for (const Batch& batch : batches) {
        auto entry = books.post(about_batch(batch, kind, now), batch.total);
        if (!entry) return std::unexpected{entry.error()};
        entries.push_back(*std::move(entry));
    }
    return entries;
}

}  // namespace

Result<std::int64_t> Runs::end_units(const Identity& by, RunNo no, Move move, Moment now,
                                     std::optional<County> only) {
    const std::string run_place = fmt::format("run {}", no.number());
    const bool is_for_role = std::ranges::any_of(moves, [&](const MoveRow& row) {
        return row.move == move && (row.by == by.role || row.or_by == by.role);
    });
    if (!is_for_role) return std::unexpected{move_from(Stage::planned, move, by.role, run_place).error()};
    const auto run = find(no, by);
    if (!run) return std::unexpected{run.error()};
    if (only && !by.region.covers(*only))
        return refuse(Fault::forbidden, "outside this officer's region", only->text());
    std::int64_t ended = 0;
    std::optional<Failure> first;
    if (only) first = Failure{Fault::unknown, run_place + "/" + only->text(), "the run has no such county"};
    for (const UnitState& state : tools_.database.begin_question()->runs().units(no)) {
        const County county = state.unit.county;
        const std::string place = fmt::format("run {}/{}", no.number(), county.text());
        if (!by.region.covers(county) || (only && *only != county)) continue;
        if (only) first.reset();
        if (state.cancelled && !only) continue;
        if (const auto allowed = move_from(stage_of(state), move, by.role, place); !allowed) {
            if (!first) first = allowed.error();
            continue;
        }
        auto work = tools_.database.begin();
        if (move == Move::withdraw && (!work->recovery().corrections(no, county).empty() ||
                                       !work->recovery().offsets(no, county).empty())) {
            if (!first)
                first =
                    Failure{Fault::conflict, place,
                            "its check has settled past months or receivables, and others may build on that: "
                            "release it, and correct what is wrong in the next run"};
            continue;
        }
        try {
            work->runs().put_fate(state.unit, false, now);
            std::vector<ledger::Entry> entries;
            if (move == Move::withdraw) {
                auto taken_back =
                    entries_of_withdrawal(*work, *run, state, work->payments().batches(no, county), now);
                if (!taken_back) return std::unexpected{taken_back.error()};
                entries = *std::move(taken_back);
            }
            work->ledger().put_entries(entries, tools_.log(), now);
            const Act act{"cancelled", county,
                          fmt::format("cancelled|{}|{}|{}|{}", no.number(), county.text(), by.name,
                                      by.fingerprint.hex())};
            work->ledger().put_acts({&act, 1}, tools_.log(), now);
            work->commit();
        } catch (const RefusedByDatabase&) {
            return refuse(Fault::conflict, "the unit was released or cancelled meanwhile", place);
        }
        ++ended;
    }
    if (ended == 0 && first) return std::unexpected{*first};
    return ended;
}

Result<std::int64_t> Runs::cancel(const Identity& by, RunNo no, Moment now, std::optional<County> county) {
    return end_units(by, no, Move::cancel, now, county);
}

Result<std::int64_t> Runs::withdraw(const Identity& by, RunNo no, Moment now, std::optional<County> county) {
    return end_units(by, no, Move::withdraw, now, county);
}

Result<Report> Runs::status(const Identity& by, RunNo no) {
    const auto run = find(no, by);
    if (!run) return std::unexpected{run.error()};
    auto work = tools_.database.begin();
    Report report{{"发放批次", "Run"}, {}, {}};
    report.fields = {
        {"run", {"批次", "run"}, std::int64_t{no.number()}},
        {"kind",
         {"类型", "kind"},
         Words{std::string{text_of(run->kind).chinese}, std::string{text_of(run->kind).english}}},
        {"period", {"期号", "period"}, run->period.text()},
        {"region", {"地区", "region"}, run->region.text()},
        {"known_at_import", {"数据版本(导入号)", "facts as of import"}, std::int64_t{run->known_at.number()}},
        {"policy", {"政策版本", "policy book"}, run->policy.hex()},
        {"made_by", {"经办", "made by"}, run->made_by},
        {"made_at", {"时间", "made at"}, run->made_at.text()},
    };
    Table units{"units",
                {"县级单元", "Units (one county each)"},
                {{"county", {"区划", "county"}},
                 {"state", {"状态", "state"}},
                 {"payments", {"笔数", "payments"}},
                 {"total", {"金额", "total"}},
                 {"held", {"挂起", "held"}},
                 {"refused", {"不予发放", "not entitled"}},
                 {"digest", {"摘要", "digest"}}},
                {}};
    std::int64_t payments = 0;
    Money total;
    for (const UnitState& state : work->runs().units_with_aftermath(no)) {
        if (!by.region.covers(state.unit.county)) continue;
        const StageText& stage = text_of(stage_of(state));
        const Words now{std::string{stage.chinese}, std::string{stage.english}};
        const UnitResult result = state.result.value_or(UnitResult{});
        units.rows.push_back({state.unit.county.text(), now, std::int64_t{result.payments}, result.total,
                              std::int64_t{result.held}, std::int64_t{result.refused},
                              state.result ? result.digest.hex().substr(0, 16) : std::string{}});
        payments += result.payments;
        total += result.total;
    }
    report.fields.push_back({"payments", {"笔数", "payments"}, payments});
    report.fields.push_back({"total", {"金额(元)", "total (yuan)"}, total});
    report.tables.push_back(std::move(units));
    Table held{"held",
               {"挂起事项(至多20条)", "Held, to be looked into (20 at most)"},
               {{"county", {"区划", "county"}},
                {"programme", {"项目", "programme"}},
                {"place", {"位置", "place"}},
                {"reason", {"原因", "reason"}}},
               {}};
    for (const auto& [county, refusal] : work->runs().refusals(no, true, 20)) {
        const ProgrammeText& programme = text_of(refusal.programme);
        held.rows.push_back({county.text(),
                             Words{std::string{programme.chinese}, std::string{programme.english}},
                             refusal.place,
                             Words{refusal.reason_chinese.empty() ? refusal.reason : refusal.reason_chinese,
                                   refusal.reason}});
    }
    report.tables.push_back(std::move(held));
    return report;
}

Report Runs::list(const Identity& by, const Slice& slice) {
    Report report{{"发放批次一览", "Runs"}, {}, {}};
    Table runs{"runs",
               {"批次", "Runs"},
               {{"run", {"批次", "run"}},
                {"kind", {"类型", "kind"}},
                {"period", {"期号", "period"}},
                {"region", {"地区", "region"}},
                {"made_by", {"经办", "made by"}},
                {"made_at", {"时间", "made at"}}},
               {}};
    auto parameters = slice.parameters({"run"});
    parameters.emplace_back("region", by.region.text());
    const auto rows = tools_.database.begin()->ledger().ask("report_runs", parameters);
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const TextRow& row = rows[i];
        const auto& kind = text_of(static_cast<RunKind>(std::stoi(row[1])));
        runs.rows.push_back({std::int64_t{std::stoll(row[0])},
                             Words{std::string{kind.chinese}, std::string{kind.english}},
                             Month::of_number(std::stoi(row[2])).value().text(), row[3], row[4], row[5]});
    }
    report.tables.push_back(std::move(runs));
    return report;
}

}  // namespace onecard::app
