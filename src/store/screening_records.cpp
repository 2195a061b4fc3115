#include <fmt/format.h>

#include <string>

#include "binary_copy.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

Region region_in(Row& row) {
    auto region = Region::parse(row.text());
    ensure(region.has_value(), "a region on record that is none");
    return *std::move(region);
}

std::string as_array(std::span<const County> counties) {
    std::string text = "{";
    for (const County county : counties)
        text += fmt::format("{}{}", text.size() > 1 ? "," : "", county.number());
    return text + "}";
}

class Screening final : public app::ScreeningRecords {
public:
    explicit Screening(Connection& connection) : connection_{connection} {}

    std::int32_t begin_list() override {
        connection_.lock(LockClass::lists);
        return static_cast<std::int32_t>(connection_.number(sql::next_list));
    }

    void put_list(const app::ScreeningList& list, std::span<const app::ScreeningRow> rows) override {
        connection_.run(sql::put_screening_list, {{"list_no", list.no},
                                                  {"kind", static_cast<std::int16_t>(list.kind)},
                                                  {"region", list.region.text()},
                                                  {"snapshot_day", list.snapshot.epoch_days()},
                                                  {"source", list.source},
                                                  {"file_digest", list.file},
                                                  {"rows", list.rows},
                                                  {"made_by", list.made_by},
                                                  {"fingerprint", list.fingerprint},
                                                  {"made_at", list.made_at}});
        if (rows.empty()) return;
        CopyIn copy{connection_, "screening_row (list_no, line, identity, from_day, until_day, note)"};
        for (const app::ScreeningRow& row : rows) {
            copy.row(6);
            copy.put(list.no);
            copy.put(row.line);
            copy.put(std::string_view{row.identity});
            copy.put(row.from);
            copy.put(row.until);
            copy.put(std::string_view{row.note});
        }
        copy.finish();
        connection_.run(sql::match_list, {{"list_no", list.no}});
    }

    std::vector<app::ScreeningList> lists() override {
        std::vector<app::ScreeningList> found;
        connection_.each(sql::screening_lists, {}, [&](Row& row) {
            app::ScreeningList& list = found.emplace_back();
            list.no = row.as<std::int32_t>();
            list.kind = static_cast<app::ListKind>(row.number());
            list.region = region_in(row);
            list.snapshot = Day::of_epoch_days(row.as<std::int32_t>());
            list.source = row.text();
            list.file = row.digest();
            list.rows = row.as<std::int32_t>();
            list.made_by = row.text();
            list.fingerprint = row.digest();
            list.made_at = row.moment();
        });
        return found;
    }

    void match_import(ImportNo import, std::span<const County> counties) override {
        if (counties.empty()) return;
        const std::string array = as_array(counties);
        if (connection_.number(sql::next_list) > 1)
            connection_.run(sql::match_import, {{"import_no", import}, {"counties", array}});
        connection_.run(sql::match_doubles, {{"import_no", import}, {"counties", array}});
    }

    bool has_matches() override { return connection_.number(sql::has_matches) != 0; }

    std::vector<app::Hit> hits(County county, ImportNo known_at, std::int32_t lists_known) override {
        std::vector<app::Hit> found;
        connection_.each(sql::county_hits,
                         {{"county", county}, {"known_at", known_at}, {"lists_known", lists_known}},
                         [&](Row& row) {
                             app::Hit& hit = found.emplace_back();
                             hit.person = row.id<PersonNo>();
                             hit.kind = static_cast<app::ListKind>(row.number());
                             hit.list_no = row.as<std::int32_t>();
                             hit.line = row.as<std::int32_t>();
                             hit.from = Day::of_epoch_days(row.as<std::int32_t>());
                             hit.until = Day::of_epoch_days(row.as<std::int32_t>());
                             hit.note = row.text();
                         });
        return found;
    }

    std::vector<app::Double> doubles(County county, ImportNo known_at, Month month) override {
        std::vector<app::Double> found;
        connection_.each(sql::county_doubles, {{"county", county}, {"known_at", known_at}, {"month", month}},
                         [&](Row& row) {
                             const PersonNo person = row.id<PersonNo>();
                             const County other_county = row.county();
                             const PersonNo other = row.id<PersonNo>();
                             if (found.empty() || found.back().person != person ||
                                 found.back().other_county != other_county || found.back().other != other)
                                 found.push_back({person, other_county, other, {}});
                             found.back().programmes.push_back(static_cast<Programme>(row.number()));
                         });
        return found;
    }

    std::vector<std::string> released(County county) override {
        std::vector<std::string> found;
        connection_.each(sql::released_findings, {{"county", county}},
                         [&](Row& row) { found.push_back(row.text()); });
        return found;
    }

    bool put_run_screening(const app::RunScreening& screening) override {
        return connection_
            .maybe_number(sql::put_run_screening, {{"run_no", screening.run},
                                                   {"lists_known", screening.lists_known},
                                                   {"rules", screening.rules},
                                                   {"at", screening.at}})
            .has_value();
    }

    std::optional<app::RunScreening> run_screening(RunNo run) override {
        std::optional<app::RunScreening> found;
        connection_.each(sql::run_screening, {{"run_no", run}}, [&](Row& row) {
            found.emplace();
            found->run = run;
            found->lists_known = row.as<std::int32_t>();
            found->rules = row.text();
            found->at = row.moment();
        });
        return found;
    }

    void put_acceptance(const app::StaleAcceptance& acceptance) override {
        connection_.run(sql::put_acceptance, {{"run_no", acceptance.run},
                                              {"kind", static_cast<std::int16_t>(acceptance.kind)},
                                              {"region", acceptance.region.text()},
                                              {"officer", acceptance.officer},
                                              {"fingerprint", acceptance.fingerprint},
                                              {"reason", acceptance.reason},
                                              {"at", acceptance.at}});
    }

    std::vector<app::StaleAcceptance> acceptances(RunNo run) override {
        std::vector<app::StaleAcceptance> found;
        connection_.each(sql::acceptances, {{"run_no", run}}, [&](Row& row) {
            app::StaleAcceptance& acceptance = found.emplace_back();
            acceptance.run = run;
            acceptance.kind = static_cast<app::ListKind>(row.number());
            acceptance.region = region_in(row);
            acceptance.officer = row.text();
            acceptance.fingerprint = row.digest();
            acceptance.reason = row.text();
            acceptance.at = row.moment();
        });
        return found;
    }

    void put_findings(RunNo run, County county, std::span<const app::Finding> findings,
                      std::span<const app::Hold> holds) override {
        put_found(run, county, findings);
        if (holds.empty()) return;
        CopyIn copy{
            connection_,
            "hold (run_no, county, hold_no, finding_no, programme, component, benefit_month, beneficiary, "
            "household_no, person_no, payee_kind, payee, amount)"};
        for (const app::Hold& hold : holds) {
            copy.row(13);
            copy.put(run);
            copy.put(county);
            copy.put(hold.no);
            copy.put(hold.finding_no);
            copy.put(static_cast<std::int16_t>(hold.programme));
            copy.put(static_cast<std::int16_t>(hold.component));
            copy.put(hold.benefit_month);
            copy.put(hold.beneficiary);
            copy.put(hold.household);
            copy.put(hold.person);
            copy.put(static_cast<std::int16_t>(hold.payee_kind));
            copy.put(hold.payee);
            copy.put(hold.amount);
        }
        copy.finish();
    }

    std::vector<app::Finding> findings(RunNo run, County county) override {
        std::vector<app::Finding> found;
        connection_.each(sql::unit_findings, {{"run_no", run}, {"county", county}}, [&](Row& row) {
            app::Finding& finding = found.emplace_back();
            finding.no = row.as<std::int32_t>();
            finding.subject = row.text();
            finding.kind = static_cast<app::ListKind>(row.number());
            finding.household = row.id<HouseholdNo>();
            finding.person = row.id<PersonNo>();
            finding.list_no = row.as<std::int32_t>();
            finding.line = row.as<std::int32_t>();
            finding.other_county = row.county();
            finding.other_person = row.id<PersonNo>();
            finding.holds = row.flag();
            finding.payments = row.as<std::int32_t>();
            finding.total = row.money();
            finding.evidence = row.text();
        });
        return found;
    }

    std::vector<app::Hold> holds(RunNo run, County county) override {
        std::vector<app::Hold> found;
        connection_.each(sql::unit_holds, {{"run_no", run}, {"county", county}}, [&](Row& row) {
            app::Hold& hold = found.emplace_back();
            hold.no = row.as<std::int32_t>();
            hold.finding_no = row.as<std::int32_t>();
            hold.programme = static_cast<Programme>(row.number());
            hold.component = static_cast<Component>(row.number());
            hold.benefit_month = row.month();
            hold.beneficiary = row.number();
            hold.household = row.id<HouseholdNo>();
            hold.person = row.id<PersonNo>();
            hold.payee_kind = static_cast<registry::PayeeKind>(row.number());
            hold.payee = row.number();
            hold.amount = row.money();
        });
        return found;
    }

    bool has_finding(County county, std::string_view subject) override {
        return connection_.number(sql::has_finding, {{"county", county}, {"subject", subject}}) != 0;
    }

    void put_release(const app::FindingRelease& release) override {
        connection_.run(sql::put_release, {{"county", release.county},
                                           {"subject", release.subject},
                                           {"step", release.step},
                                           {"officer", release.officer},
                                           {"fingerprint", release.fingerprint},
                                           {"reason", release.reason},
                                           {"at", release.at}});
    }

private:
    void put_found(RunNo run, County county, std::span<const app::Finding> findings) {
        if (findings.empty()) return;
        CopyIn copy{
            connection_,
            "finding (run_no, county, finding_no, subject, kind, household_no, person_no, list_no, line, "
            "other_county, other_person, holds, payments, total, evidence)"};
        for (const app::Finding& finding : findings) {
            copy.row(15);
            copy.put(run);
            copy.put(county);
            copy.put(finding.no);
            copy.put(std::string_view{finding.subject});
            copy.put(static_cast<std::int16_t>(finding.kind));
            copy.put(finding.household);
            copy.put(finding.person);
            if (finding.list_no != 0) {
                copy.put(finding.list_no);
                copy.put(finding.line);
                copy.put_null();
                copy.put_null();
            } else {
                copy.put_null();
                copy.put_null();
                copy.put(finding.other_county);
                copy.put(finding.other_person);
            }
            copy.put(finding.holds);
            copy.put(finding.payments);
            copy.put(finding.total);
            copy.put(std::string_view{finding.evidence});
        }
        copy.finish();
    }

    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::ScreeningRecords> screening_records(Connection& connection) {
    return std::make_unique<Screening>(connection);
}

}  // namespace onecard::store
