#include <algorithm>

#include "binary_copy.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

std::int16_t number_of(app::RunKind kind) { return static_cast<std::int16_t>(kind); }

app::Run run_in(Row& row) {
    app::Run run;
    run.no = row.id<RunNo>();
    run.kind = static_cast<app::RunKind>(row.number());
    run.period = row.month();
    auto region = Region::parse(row.text());
    ensure(region.has_value(), "a region on record that is none");
    run.region = *std::move(region);
    run.known_at = row.id<ImportNo>();
    run.policy = row.digest();
    run.made_by = row.text();
    run.made_at = row.moment();
    return run;
}

app::UnitState unit_state_in(RunNo run, Row& row) {
    app::UnitState state;
    state.unit.run = run;
    state.unit.county = row.county();
    state.unit.period = row.month();
    state.unit.kind = static_cast<app::RunKind>(row.number());
    state.unit.generation = row.as<std::int32_t>();
    state.unit.part = row.id<PartNo>();
    state.unit.estimate = row.number();
    state.cancelled = row.flag();
    if (row.is_null()) return state;
    app::UnitResult& result = state.result.emplace();
    result.run = run;
    result.county = state.unit.county;
    result.first_serial = row.id<Serial>();
    result.payments = row.as<std::int32_t>();
    result.total = row.money();
    result.held = row.as<std::int32_t>();
    result.refused = row.as<std::int32_t>();
    result.digest = row.digest();
    result.computed_at = row.moment();
    return state;
}

class Runs final : public app::RunRecords {
public:
    explicit Runs(Connection& connection) : connection_{connection} {}

    void put_policy(const Digest& digest, std::string_view text) override {
        connection_.run(sql::put_policy, {{"digest", digest}, {"text", text}});
    }

    std::optional<std::string> policy_text(const Digest& digest) override {
        std::optional<std::string> text;
        connection_.each(sql::policy, {{"digest", digest}}, [&](Row& row) { text = row.text(); });
        return text;
    }

    RunNo put_run(const app::Run& run) override {
        connection_.lock(LockClass::runs);
        return RunNo{
            static_cast<std::int32_t>(connection_.number(sql::put_run, {{"kind", number_of(run.kind)},
                                                                        {"period", run.period},
                                                                        {"region", run.region.text()},
                                                                        {"import_no", run.known_at},
                                                                        {"policy", run.policy},
                                                                        {"made_by", run.made_by},
                                                                        {"made_at", run.made_at}}))};
    }

    std::optional<app::Run> run(RunNo no) override {
        std::optional<app::Run> found;
        connection_.each(sql::run, {{"run_no", no}}, [&](Row& row) { found = run_in(row); });
        return found;
    }

    std::vector<app::Run> runs() override {
        std::vector<app::Run> all;
        connection_.each(sql::runs, {}, [&](Row& row) { all.push_back(run_in(row)); });
        return all;
    }

    std::vector<std::pair<County, std::int64_t>> released_units(const Region& region, Month period) override {
        std::vector<std::pair<County, std::int64_t>> found;
        connection_.each(sql::released_units,
                         {{"low", region.lowest()}, {"high", region.highest()}, {"period", period}},
                         [&](Row& row) {
                             const County county = row.county();
                             found.emplace_back(county, row.number());
                         });
        return found;
    }

    std::vector<app::Unit> owing_units(County county, Month period) override {
        std::vector<app::Unit> found;
        connection_.each(sql::owing_units, {{"county", county}, {"period", period}},
                         [&](Row& row) { found.push_back(unit_in(row)); });
        return found;
    }

    PartNo make_part(RunNo run) override {
        return PartNo{static_cast<std::int32_t>(connection_.number(sql::make_part, {{"run_no", run}}))};
    }

    void key_part(PartNo part) override { connection_.run(sql::key_part, {{"part", part}}); }

    bool is_keyed(PartNo part) override { return connection_.number(sql::is_keyed, {{"part", part}}) != 0; }

    std::int32_t next_generation(County county, Month period, app::RunKind kind) override {
        return static_cast<std::int32_t>(connection_.number(
            sql::next_generation, {{"county", county}, {"period", period}, {"kind", number_of(kind)}}));
    }

    void put_units(std::span<const app::Unit> units) override {
        put_restarts(units);
        if (units.empty()) return;
        CopyIn copy{connection_, "unit (run_no, county, period, kind, generation, part, estimate)"};
        for (const app::Unit& unit : units) {
            copy.row(7);
            copy.put(unit.run);
            copy.put(unit.county);
            copy.put(unit.period);
            copy.put(number_of(unit.kind));
            copy.put(unit.generation);
            copy.put_or_null(unit.part);
            copy.put(unit.estimate);
        }
        copy.finish();
    }

    std::vector<app::UnitState> units(RunNo run) override {
        std::vector<app::UnitState> states;
        connection_.each(sql::units, {{"run_no", run}},
                         [&](Row& row) { states.push_back(unit_state_in(run, row)); });
        auto state = states.begin();  // Both answers are ordered by county.
        connection_.each(sql::unit_steps, {{"run_no", run}}, [&](Row& row) {
            app::StepRecord step;
            step.run = run;
            step.county = row.county();
            step.step = static_cast<app::Step>(row.number());
            step.digest = row.digest();
            step.officer = row.text();
            step.fingerprint = row.digest();
            step.at = row.moment();
            while (state != states.end() && state->unit.county < step.county) ++state;
            ensure(state != states.end() && state->unit.county == step.county,
                   "a step of a unit that is not there");
            state->steps.push_back(std::move(step));
        });
        return states;
    }

    std::vector<app::UnitState> units_with_aftermath(RunNo run) override {
        std::vector<app::UnitState> states = units(run);
        auto state = states.begin();  // Both answers are ordered by county.
        connection_.each(sql::unit_aftermaths, {{"run_no", run}}, [&](Row& row) {
            const County county = row.county();
            app::Aftermath after;
            after.is_handed_over = row.flag();
            after.is_answered = row.flag();
            after.is_closed = row.flag();
            while (state != states.end() && state->unit.county < county) ++state;
            ensure(state != states.end() && state->unit.county == county,
                   "a fate of a unit that is not there");
            state->after = after;
        });
        return states;
    }

    bool claim(RunNo run, County county) override {
        connection_.lock(LockClass::unit, run.number(), county.number());
        return connection_.number(sql::has_unit_result, {{"run_no", run}, {"county", county}}) == 0;
    }

    Serial next_serial(County county, Month period) override {
        connection_.lock(LockClass::serials, period.number(), county.number());
        return Serial{static_cast<std::int32_t>(
            connection_.number(sql::next_serial, {{"county", county}, {"period", period}}))};
    }

    BatchNo next_batch(County county, Month period) override {
        connection_.lock(LockClass::batches, period.number(), county.number());
        return BatchNo{static_cast<std::int32_t>(
            connection_.number(sql::next_batch, {{"county", county}, {"period", period}}))};
    }

    void put_result(const app::UnitResult& result) override {
        connection_.run(sql::put_result, {{"run_no", result.run},
                                          {"county", result.county},
                                          {"first_serial", result.first_serial},
                                          {"payments", result.payments},
                                          {"total", result.total},
                                          {"held", result.held},
                                          {"refused", result.refused},
                                          {"digest", result.digest},
                                          {"computed_at", result.computed_at}});
    }

    void put_refusals(RunNo run, County county, std::span<const app::RefusalRecord> refusals) override {
        if (refusals.empty()) return;
        CopyIn copy{
            connection_,
            "refusal (run_no, county, refusal_no, programme, household_no, person_no, is_error, place, reason, "
            "reason_chinese)"};
        std::int32_t no = 0;
        for (const app::RefusalRecord& refusal : refusals) {
            copy.row(10);
            copy.put(run);
            copy.put(county);
            copy.put(++no);
            copy.put(static_cast<std::int16_t>(refusal.programme));
            copy.put(refusal.household);
            copy.put(refusal.person);
            copy.put(refusal.is_error);
            copy.put(std::string_view{refusal.place});
            copy.put(std::string_view{refusal.reason});
            copy.put(std::string_view{refusal.reason_chinese});
        }
        copy.finish();
    }

    std::vector<std::pair<County, app::RefusalRecord>> refusals(RunNo run, bool errors_only,
                                                                int at_most) override {
        std::vector<std::pair<County, app::RefusalRecord>> found;
        connection_.each(sql::refusals, {{"run_no", run}, {"errors_only", errors_only}, {"at_most", at_most}},
                         [&](Row& row) {
                             auto& [county, refusal] = found.emplace_back();
                             county = row.county();
                             refusal.programme = static_cast<Programme>(row.number());
                             refusal.household = row.id<HouseholdNo>();
                             refusal.person = row.id<PersonNo>();
                             refusal.is_error = row.flag();
                             refusal.place = row.text();
                             refusal.reason = row.text();
                             refusal.reason_chinese = row.text();
                         });
        return found;
    }

    void put_step(const app::StepRecord& step) override {
        connection_.run(sql::put_step, {{"run_no", step.run},
                                        {"county", step.county},
                                        {"step", static_cast<std::int16_t>(step.step)},
                                        {"digest", step.digest},
                                        {"officer", step.officer},
                                        {"fingerprint", step.fingerprint},
                                        {"signature", hex_of(step.signature)},
                                        {"at", step.at}});
    }

    void put_fate(const app::Unit& unit, bool released, Moment at) override {
        connection_.run(sql::put_fate, {{"county", unit.county},
                                        {"period", unit.period},
                                        {"kind", number_of(unit.kind)},
                                        {"generation", unit.generation},
                                        {"fate", released ? "released" : "cancelled"},
                                        {"at", at}});
    }

    std::optional<app::Unit> released_before(County county, Month period) override {
        std::optional<app::Unit> found;
        connection_.each(sql::released_before, {{"county", county}, {"period", period}},
                         [&](Row& row) { found = unit_in(row); });
        return found;
    }

private:
    /// Later regular units stand on the cancellation of the one before: the database wants to see it.
    void put_restarts(std::span<const app::Unit> units) {
        const auto is_restart = [](const app::Unit& unit) {
            return unit.kind == app::RunKind::regular && unit.generation > 1;
        };
        if (!std::ranges::any_of(units, is_restart)) return;
        CopyIn copy{connection_,
                    "unit_restart (county, period, kind, generation, cancelled_generation, cancelled_fate)"};
        for (const app::Unit& unit : units) {
            if (!is_restart(unit)) continue;
            copy.row(6);
            copy.put(unit.county);
            copy.put(unit.period);
            copy.put(number_of(unit.kind));
            copy.put(unit.generation);
            copy.put(unit.generation - 1);
            copy.put(std::string_view{"cancelled"});
        }
        copy.finish();
    }

    Connection& connection_;
};

}  // namespace

app::Unit unit_in(Row& row) {
    app::Unit unit;
    unit.run = row.id<RunNo>();
    unit.county = row.county();
    unit.period = row.month();
    unit.kind = static_cast<app::RunKind>(row.number());
    unit.generation = row.as<std::int32_t>();
    unit.part = row.id<PartNo>();
    unit.estimate = row.number();
    return unit;
}

std::unique_ptr<app::RunRecords> run_records(Connection& connection) {
    return std::make_unique<Runs>(connection);
}

}  // namespace onecard::store
