#include <fmt/format.h>

#include <iterator>
#include <string>

#include "binary_copy.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"
#include "statement.hpp"

namespace onecard::store {
namespace {

app::Receivable receivable_in(Row& row) {
    app::Receivable receivable;
    receivable.county = row.county();
    receivable.no = row.number();
    receivable.cause = row.text();
    receivable.origin = static_cast<app::Origin>(row.number());
    receivable.programme = static_cast<Programme>(row.number());
    receivable.component = static_cast<Component>(row.number());
    receivable.benefit_month = row.month();
    receivable.beneficiary = row.number();
    receivable.household = row.id<HouseholdNo>();
    receivable.person = row.id<PersonNo>();
    receivable.payee_kind = static_cast<registry::PayeeKind>(row.number());
    receivable.payee = row.number();
    receivable.amount = row.money();
    receivable.found = Day::of_epoch_days(row.as<std::int32_t>());
    receivable.prior_year = row.flag();
    receivable.reason = row.text();
    receivable.made_by = row.text();
    return receivable;
}

app::OpenReceivable open_receivable_in(Row& row) {
    app::OpenReceivable open;
    open.receivable = receivable_in(row);
    open.steps = row.as<std::int32_t>();
    open.open = row.money();
    const Money monthly = row.money();
    if (!monthly.is_negative()) open.monthly = monthly;
    return open;
}

app::Correction correction_in(Row& row) {
    app::Correction correction;
    correction.no = row.as<std::int32_t>();
    correction.programme = static_cast<Programme>(row.number());
    correction.component = static_cast<Component>(row.number());
    correction.benefit_month = row.month();
    correction.beneficiary = row.number();
    correction.step = row.as<std::int32_t>();
    correction.household = row.id<HouseholdNo>();
    correction.person = row.id<PersonNo>();
    correction.payee_kind = static_cast<registry::PayeeKind>(row.number());
    correction.payee = row.number();
    correction.awarded = row.money();
    correction.due = row.money();
    correction.demanded = row.money();
    correction.serial = row.id<Serial>();
    return correction;
}

app::Obligation obligation_in(Row& row) {
    app::Obligation obligation;
    obligation.programme = static_cast<Programme>(row.number());
    obligation.component = static_cast<Component>(row.number());
    obligation.benefit_month = row.month();
    obligation.beneficiary = row.number();
    return obligation;
}

class Recoveries final : public app::RecoveryRecords {
public:
    explicit Recoveries(Connection& connection) : connection_{connection} {}

    void put_run_past(const app::RunPast& past) override {
        connection_.run(sql::put_run_past, {{"run_no", past.run},
                                            {"arrears_from", past.from},
                                            {"offset_percent", past.offset_percent},
                                            {"excluded", past.excluded}});
    }

    std::optional<app::RunPast> run_past(RunNo run) override {
        std::optional<app::RunPast> found;
        connection_.each(sql::run_past, {{"run_no", run}}, [&](Row& row) {
            found.emplace();
            found->run = run;
            found->from = row.month();
            found->offset_percent = row.as<int>();
            found->excluded = row.text();
        });
        return found;
    }

    std::vector<app::PastUnit> past_units(County county, Month from, Month before) override {
        std::vector<app::PastUnit> found;
        connection_.each(sql::past_units, {{"county", county}, {"from", from}, {"before", before}},
                         [&](Row& row) {
                             app::PastUnit& unit = found.emplace_back();
                             unit.period = row.month();
                             unit.run = row.id<RunNo>();
                             unit.part = row.id<PartNo>();
                             unit.known_at = row.id<ImportNo>();
                             unit.policy = row.digest();
                             unit.is_released = row.flag();
                         });
        return found;
    }

    std::vector<app::Corrected> corrected(County county, Month from, Month before) override {
        std::vector<app::Corrected> found;
        connection_.each(sql::corrected, {{"county", county}, {"from", from}, {"before", before}},
                         [&](Row& row) {
                             app::Corrected& one = found.emplace_back();
                             one.programme = static_cast<Programme>(row.number());
                             one.component = static_cast<Component>(row.number());
                             one.benefit_month = row.month();
                             one.beneficiary = row.number();
                             one.step = row.as<std::int32_t>();
                             one.due = row.money();
                             one.added = row.money();
                             one.payee_kind = static_cast<registry::PayeeKind>(row.number());
                             one.payee = row.number();
                         });
        return found;
    }

    std::vector<app::Obligation> demanded(County county, Month from, Month before) override {
        std::vector<app::Obligation> found;
        connection_.each(sql::demanded, {{"county", county}, {"from", from}, {"before", before}},
                         [&](Row& row) {
                             found.push_back(obligation_in(row));
                             found.back().amount = row.money();
                         });
        return found;
    }

    std::vector<app::Obligation> unpaid_arrears(County county, Month from, Month before) override {
        std::vector<app::Obligation> found;
        connection_.each(sql::unpaid_arrears, {{"county", county}, {"from", from}, {"before", before}},
                         [&](Row& row) { found.push_back(obligation_in(row)); });
        return found;
    }

    void lock(County county) override { connection_.lock(LockClass::recovery, 0, county.number()); }

    std::vector<app::Offset> offsets(RunNo run, County county) override {
        std::vector<app::Offset> found;
        connection_.each(sql::unit_offsets, {{"run_no", run}, {"county", county}}, [&](Row& row) {
            app::Offset& offset = found.emplace_back();
            offset.serial = row.id<Serial>();
            offset.receivable = row.number();
            offset.amount = row.money();
        });
        return found;
    }

    std::vector<Serial> paid(PartNo part, County county, std::span<const Serial> serials) override {
        std::vector<Serial> found;
        if (serials.empty()) return found;
        std::string list = "{";
        for (const Serial serial : serials)
            fmt::format_to(std::back_inserter(list), "{}{}", list.size() > 1 ? "," : "", serial.number());
        list += '}';
        CopyOut copy{connection_, "paid_serials",
                     with_numbers(in_part(sql::paid_serials, part.number()),
                                  {{"county", std::to_string(county.number())}, {"serials", list}})};
        while (auto row = copy.next()) found.push_back(row->id<Serial>());
        return found;
    }

    std::vector<app::OpenReceivable> open_receivables(County county, Month month) override {
        return receivables_now(county, 0, month);
    }

    std::vector<County> counties_with_receivables(const Region& region) override {
        std::vector<County> found;
        connection_.each(sql::receivable_counties, {{"low", region.lowest()}, {"high", region.highest()}},
                         [&](Row& row) { found.push_back(row.county()); });
        return found;
    }

    std::optional<app::OpenReceivable> receivable(County county, std::int64_t no, Month month) override {
        auto found = receivables_now(county, no, month);
        return found.empty() ? std::nullopt : std::optional{std::move(found.front())};
    }

    void put_corrections(RunNo run, County county, std::span<const app::Correction> corrections) override {
        if (corrections.empty()) return;
        CopyIn copy{
            connection_,
            "correction_line (run_no, county, line_no, programme, component, benefit_month, beneficiary, "
            "step, household_no, person_no, payee_kind, payee, awarded, due, demanded, serial)"};
        for (const app::Correction& correction : corrections) {
            copy.row(16);
            copy.put(run);
            copy.put(county);
            copy.put(correction.no);
            copy.put(static_cast<std::int16_t>(correction.programme));
            copy.put(static_cast<std::int16_t>(correction.component));
            copy.put(correction.benefit_month);
            copy.put(correction.beneficiary);
            copy.put(correction.step);
            copy.put(correction.household);
            copy.put(correction.person);
            copy.put(static_cast<std::int16_t>(correction.payee_kind));
            copy.put(correction.payee);
            copy.put(correction.awarded);
            copy.put(correction.due);
            copy.put(correction.demanded);
            copy.put_or_null(correction.serial);
        }
        copy.finish();
    }

    void put_offsets(RunNo run, County county, std::span<const app::Offset> offsets) override {
        if (offsets.empty()) return;
        CopyIn copy{connection_, "offset_line (run_no, county, serial, receivable_no, amount)"};
        for (const app::Offset& offset : offsets) {
            copy.row(5);
            copy.put(run);
            copy.put(county);
            copy.put(offset.serial);
            copy.put(offset.receivable);
            copy.put(offset.amount);
        }
        copy.finish();
    }

    std::vector<app::Correction> corrections(RunNo run, County county) override {
        std::vector<app::Correction> found;
        connection_.each(sql::unit_corrections, {{"run_no", run}, {"county", county}},
                         [&](Row& row) { found.push_back(correction_in(row)); });
        return found;
    }

    std::optional<app::Correction> correction_of(RunNo run, County county, Serial serial) override {
        std::optional<app::Correction> found;
        connection_.each(sql::correction_of, {{"run_no", run}, {"county", county}, {"serial", serial}},
                         [&](Row& row) { found = correction_in(row); });
        return found;
    }

    void realize_corrections(RunNo run, County county) override {
        connection_.run(sql::realize_corrections, {{"run_no", run}, {"county", county}});
    }

    void put_receivables(std::span<app::Receivable> receivables) override {
        if (receivables.empty()) return;
        const County county = receivables.front().county;
        connection_.lock(LockClass::recovery, 0, county.number());
        std::int64_t no = connection_.number(sql::next_receivable, {{"county", county}});
        CopyIn copy{
            connection_,
            "receivable (county, receivable_no, cause, origin, programme, component, benefit_month, "
            "beneficiary, household_no, person_no, payee_kind, payee, amount, found_day, prior_year, reason, "
            "made_by)"};
        for (app::Receivable& receivable : receivables) {
            ensure(receivable.county == county, "receivables of several counties together");
            receivable.no = no++;
            copy.row(17);
            copy.put(receivable.county);
            copy.put(receivable.no);
            copy.put(std::string_view{receivable.cause});
            copy.put(static_cast<std::int16_t>(receivable.origin));
            copy.put(static_cast<std::int16_t>(receivable.programme));
            copy.put(static_cast<std::int16_t>(receivable.component));
            copy.put(receivable.benefit_month);
            copy.put(receivable.beneficiary);
            copy.put(receivable.household);
            copy.put(receivable.person);
            copy.put(static_cast<std::int16_t>(receivable.payee_kind));
            copy.put(receivable.payee);
            copy.put(receivable.amount);
            copy.put(receivable.found);
            copy.put(receivable.prior_year);
            copy.put(std::string_view{receivable.reason});
            copy.put(std::string_view{receivable.made_by});
        }
        copy.finish();
    }

    void put_recoveries(std::span<const app::Recovery> recoveries) override {
        if (recoveries.empty()) return;
        CopyIn copy{
            connection_,
            "recovery (county, receivable_no, step, kind, amount, owed_before, value_day, document, officer, "
            "fingerprint, at, run_no, serial, proposal_no, proposed_by, proposed_fingerprint)"};
        for (const app::Recovery& recovery : recoveries) {
            copy.row(16);
            copy.put(recovery.county);
            copy.put(recovery.receivable);
            copy.put(recovery.step);
            copy.put(static_cast<std::int16_t>(recovery.kind));
            copy.put(recovery.amount);
            copy.put(recovery.owed_before);
            copy.put(recovery.value_day);
            copy.put(std::string_view{recovery.document});
            copy.put(std::string_view{recovery.officer});
            copy.put(recovery.fingerprint);
            copy.put(recovery.at);
            copy.put_or_null(recovery.run);
            copy.put_or_null(recovery.serial);
            if (recovery.proposal) {
                copy.put(recovery.proposal->no);
                copy.put(std::string_view{recovery.proposal->officer});
                copy.put(recovery.proposal->fingerprint);
            } else {
                copy.put_null();
                copy.put_null();
                copy.put_null();
            }
        }
        copy.finish();
    }

    std::int64_t put_proposal(const app::Proposal& proposal) override {
        return connection_.number(
            sql::put_proposal,
            {{"county", proposal.county},
             {"receivable_no", proposal.receivable},
             {"kind", static_cast<std::int16_t>(proposal.kind)},
             {"amount", proposal.amount},
             proposal.to == County{} ? Value::null("to_county") : Value{"to_county", proposal.to},
             {"reason", proposal.reason},
             {"officer", proposal.officer},
             {"fingerprint", proposal.fingerprint},
             {"at", proposal.at}});
    }

    std::optional<app::Proposal> proposal(County county, std::int64_t no) override {
        std::optional<app::Proposal> found;
        connection_.each(sql::proposal, {{"county", county}, {"proposal_no", no}}, [&](Row& row) {
            found.emplace();
            found->county = county;
            found->no = no;
            found->receivable = row.number();
            found->kind = static_cast<app::RecoveryKind>(row.number());
            found->amount = row.money();
            found->to = row.county();
            found->reason = row.text();
            found->officer = row.text();
            found->fingerprint = row.digest();
            found->at = row.moment();
        });
        return found;
    }

    void put_instalment(const app::Instalment& instalment) override {
        connection_.run(sql::put_instalment, {{"county", instalment.county},
                                              {"receivable_no", instalment.receivable},
                                              {"monthly", instalment.monthly},
                                              {"from_month", instalment.from},
                                              {"document", instalment.document},
                                              {"officer", instalment.officer},
                                              {"fingerprint", instalment.fingerprint},
                                              {"at", instalment.at}});
    }

    void each_receivable(const std::function<void(const app::Receivable&)>& on_receivable) override {
        CopyOut copy{connection_, "all_receivables", std::string{sql::all_receivables}};
        while (auto row = copy.next()) {
            app::Receivable receivable;
            receivable.county = row->county();
            receivable.no = row->take<std::int64_t>();
            receivable.cause = row->bytes();
            receivable.origin = static_cast<app::Origin>(row->take<std::int16_t>());
            receivable.programme = static_cast<Programme>(row->take<std::int16_t>());
            receivable.component = static_cast<Component>(row->take<std::int16_t>());
            receivable.benefit_month = row->month();
            receivable.beneficiary = row->take<std::int64_t>();
            receivable.household = row->id<HouseholdNo>();
            receivable.person = row->id<PersonNo>();
            receivable.payee_kind = static_cast<registry::PayeeKind>(row->take<std::int16_t>());
            receivable.payee = row->take<std::int64_t>();
            receivable.amount = row->money();
            receivable.found = row->day();
            receivable.prior_year = row->flag();
            receivable.reason = row->bytes();
            receivable.made_by = row->bytes();
            on_receivable(receivable);
        }
    }

    void each_recovery(const std::function<void(const app::Recovery&)>& on_recovery) override {
        CopyOut copy{connection_, "all_recoveries", std::string{sql::all_recoveries}};
        while (auto row = copy.next()) {
            app::Recovery recovery;
            recovery.county = row->county();
            recovery.receivable = row->take<std::int64_t>();
            recovery.step = row->take<std::int32_t>();
            recovery.kind = static_cast<app::RecoveryKind>(row->take<std::int16_t>());
            recovery.amount = row->money();
            recovery.owed_before = row->money();
            recovery.value_day = row->day();
            recovery.document = row->bytes();
            recovery.officer = row->bytes();
            recovery.fingerprint = row->digest();
            recovery.at = Moment::of_unix_seconds(row->take<std::int64_t>());
            recovery.run = row->id<RunNo>();
            recovery.serial = row->id<Serial>();
            if (const auto no = row->take<std::int64_t>(); no != 0) recovery.proposal.emplace().no = no;
            on_recovery(recovery);
        }
    }

private:
    std::vector<app::OpenReceivable> receivables_now(County county, std::int64_t no, Month month) {
        std::vector<app::OpenReceivable> found;
        connection_.each(sql::receivables_now, {{"month", month}, {"county", county}, {"receivable_no", no}},
                         [&](Row& row) { found.push_back(open_receivable_in(row)); });
        return found;
    }

    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::RecoveryRecords> recovery_records(Connection& connection) {
    return std::make_unique<Recoveries>(connection);
}

}  // namespace onecard::store
