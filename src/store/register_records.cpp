#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "binary_copy.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"
#include "statement.hpp"

namespace onecard::store {
namespace {

using registry::RegisterFiles;

void put_recorded(CopyIn& copy, const registry::Recorded& recorded, ImportNo import) {
    copy.put(import);
    copy.put(recorded.months.from);
    copy.put(recorded.months.to);
    copy.put(recorded.absent);
}

registry::Recorded take_recorded(CopiedRow& row) {
    registry::Recorded recorded;
    recorded.import = row.id<ImportNo>();
    recorded.months.from = row.month();
    recorded.months.to = row.month();
    recorded.absent = row.flag();
    return recorded;
}

/// Numbers that are small in the program are smallint in the database.
template <class Small>
std::int16_t small(Small value) {
    return static_cast<std::int16_t>(value);
}

class Registers final : public app::RegisterRecords {
public:
    explicit Registers(Connection& connection) : connection_{connection} {}

    std::vector<app::Bank> banks() override {
        std::vector<app::Bank> banks;
        connection_.each(sql::banks, {}, [&](Row& row) {
            banks.push_back(
                {.no = row.id<BankNo>(), .code = row.text(), .name = row.text(), .identity = row.text()});
        });
        return banks;
    }

    Result<void> put_banks(std::span<const app::Bank> wanted) override {
        connection_.lock(LockClass::banks);
        const auto known = banks();
        std::vector<const app::Bank*> missing;
        for (const app::Bank& bank : wanted) {
            const auto same_number = std::ranges::find(known, bank.no, &app::Bank::no);
            if (same_number == known.end()) {
                missing.push_back(&bank);
            } else if (same_number->code != bank.code || same_number->name != bank.name ||
                       same_number->identity != bank.identity) {
                return refuse(Fault::conflict, "the bank is on record with other details",
                              fmt::format("bank {}", bank.no.number()));
            }
        }
        for (const app::Bank* bank : missing)
            for (const app::Bank& other : known)
                if (other.code == bank->code || other.identity == bank->identity)
                    return refuse(
                        Fault::conflict,
                        fmt::format("its code or certificate belongs to bank {}", other.no.number()),
                        fmt::format("bank {}", bank->no.number()));
        if (missing.empty()) return {};
        CopyIn copy{connection_, "bank (bank, code, name, identity)"};
        for (const app::Bank* bank : missing) {
            copy.row(4);
            copy.put(bank->no);
            copy.put(std::string_view{bank->code});
            copy.put(std::string_view{bank->name});
            copy.put(std::string_view{bank->identity});
        }
        copy.finish();
        return {};
    }

    ImportNo begin_import() override {
        connection_.lock(LockClass::imports);
        return ImportNo{static_cast<std::int32_t>(connection_.number(sql::next_import))};
    }

    void put_import(const app::ImportRecord& record,
                    std::span<const std::pair<County, std::int64_t>> enrolments) override {
        connection_.run(sql::put_import, {{"import_no", record.no},
                                          {"made_by", record.made_by},
                                          {"made_at", record.made_at},
                                          {"files", record.files},
                                          {"rows", record.rows}});
        if (enrolments.empty()) return;
        CopyIn copy{connection_, "import_county (import_no, county, enrolments)"};
        for (const auto& [county, count] : enrolments) {
            copy.row(3);
            copy.put(record.no);
            copy.put(county);
            copy.put(count);
        }
        copy.finish();
    }

    void put_rows(const RegisterFiles& files, ImportNo import, app::FieldCipher& cipher) override {
        put_households(files, import);
        put_persons(files, import, cipher);
        put_incomes(files, import);
        put_enrolments(files, import);
        put_accounts(files, import, cipher);
        put_institutions(files, import);
    }

    ImportNo latest_import() override {
        return ImportNo{static_cast<std::int32_t>(connection_.number(sql::latest_import))};
    }

    std::vector<std::pair<County, std::int64_t>> enrolments_by_county(const Region& region,
                                                                      ImportNo known_at) override {
        std::vector<std::pair<County, std::int64_t>> counties;
        connection_.each(sql::enrolments_by_county,
                         {{"low", region.lowest()}, {"high", region.highest()}, {"known_at", known_at}},
                         [&](Row& row) {
                             const County county = row.county();
                             counties.emplace_back(county, row.number());
                         });
        return counties;
    }

    void load_register(County county, ImportNo known_at, registry::Register& out) override {
        out.county = county;
        out.households.clear();
        each_fact("register_households", sql::register_households, county, known_at, [&](CopiedRow& row) {
            registry::Household& household = out.households.emplace_back();
            household.no = row.id<HouseholdNo>();
            household.recorded = take_recorded(row);
            household.area = static_cast<registry::Area>(row.take<std::int16_t>());
            household.village = row.take<std::int64_t>();
            household.representative = row.id<PersonNo>();
        });
        out.persons.clear();
        each_fact("register_persons", sql::register_persons, county, known_at, [&](CopiedRow& row) {
            registry::Person& person = out.persons.emplace_back();
            person.household = row.id<HouseholdNo>();
            person.no = row.id<PersonNo>();
            person.recorded = take_recorded(row);
            person.born = row.day();
            person.died = row.day();
            person.sex = static_cast<Sex>(row.take<std::int16_t>());
            person.disability_class = static_cast<std::uint8_t>(row.take<std::int16_t>());
            person.disability_level = static_cast<std::uint8_t>(row.take<std::int16_t>());
            person.seriously_ill = row.flag();
            person.in_full_time_school = row.flag();
        });
        out.incomes.clear();
        each_fact("register_incomes", sql::register_incomes, county, known_at, [&](CopiedRow& row) {
            registry::IncomeItem& income = out.incomes.emplace_back();
            income.household = row.id<HouseholdNo>();
            income.person = row.id<PersonNo>();
            income.item = row.take<std::int16_t>();
            income.recorded = take_recorded(row);
            income.monthly = row.money();
            income.supporter_members = static_cast<std::uint8_t>(row.take<std::int16_t>());
            income.dependants = static_cast<std::uint8_t>(row.take<std::int16_t>());
        });
        out.enrolments.clear();
        each_fact("register_enrolments", sql::register_enrolments, county, known_at, [&](CopiedRow& row) {
            registry::Enrolment& enrolment = out.enrolments.emplace_back();
            enrolment.household = row.id<HouseholdNo>();
            enrolment.person = row.id<PersonNo>();
            enrolment.programme = static_cast<Programme>(row.take<std::int16_t>());
            enrolment.recorded = take_recorded(row);
            enrolment.applied = row.day();
            enrolment.confirmed = row.day();
            enrolment.setting = static_cast<registry::Setting>(row.take<std::int16_t>());
            enrolment.ability = static_cast<registry::Ability>(row.take<std::int16_t>());
            enrolment.payee = row.id<PersonNo>();
            enrolment.institution = row.id<InstitutionNo>();
            enrolment.grade = static_cast<std::uint8_t>(row.take<std::int16_t>());
            enrolment.grace_reason = static_cast<registry::GraceReason>(row.take<std::int16_t>());
            enrolment.end_reason = static_cast<registry::EndReason>(row.take<std::int16_t>());
            enrolment.ended = row.day();
            enrolment.caregiver = row.id<PersonNo>();
        });
    }

    void load_accounts(County county, ImportNo known_at, Month month,
                       std::vector<registry::Account>& out) override {
        // The vector's strings are used again: of the rows of one payee the last one stays, in its place.
        std::size_t count = 0;
        CopyOut copy{connection_, "register_accounts",
                     with_numbers(sql::register_accounts, {{"county", std::to_string(county.number())},
                                                           {"known_at", std::to_string(known_at.number())},
                                                           {"month", std::to_string(month.number())}})};
        while (auto row = copy.next()) {
            const auto kind = static_cast<registry::PayeeKind>(row->take<std::int16_t>());
            const auto payee = row->take<std::int64_t>();
            if (count > 0 && out[count - 1].kind == kind && out[count - 1].payee == payee) {
                --count;
            } else {
                // Whoever was before is final now.
                if (count > 0 && out[count - 1].recorded.absent) --count;
            }
            if (count == out.size()) out.emplace_back();
            registry::Account& account = out[count++];
            account.kind = kind;
            account.payee = payee;
            account.recorded = take_recorded(*row);
            account.bank = row->id<BankNo>();
            account.account_kind = static_cast<AccountKind>(row->take<std::int16_t>());
            account.account = row->bytes();
            account.holder = row->bytes();
        }
        if (count > 0 && out[count - 1].recorded.absent) --count;
        out.resize(count);
    }

private:
    template <class OnRow>
    void each_fact(std::string_view name, std::string_view query, County county, ImportNo known_at,
                   OnRow on_row) {
        CopyOut copy{connection_, name,
                     with_numbers(query, {{"county", std::to_string(county.number())},
                                          {"known_at", std::to_string(known_at.number())}})};
        while (auto row = copy.next()) on_row(*row);
    }

    void put_households(const RegisterFiles& files, ImportNo import) {
        if (files.households.empty()) return;
        CopyIn copy{
            connection_,
            "household (county, household_no, import_no, valid_from, valid_to, absent, area, village, "
            "representative)"};
        for (const auto& [county, household, line] : files.households) {
            copy.row(9);
            copy.put(county);
            copy.put(household.no);
            put_recorded(copy, household.recorded, import);
            copy.put(small(household.area));
            copy.put(household.village);
            copy.put(household.representative);
        }
        copy.finish();
    }

    void put_persons(const RegisterFiles& files, ImportNo import, app::FieldCipher& cipher) {
        if (files.persons.empty()) return;
        ensure(files.persons.size() == files.identities.size(), "persons and identities are not parallel");
        CopyIn copy{
            connection_,
            "person (county, household_no, person_no, import_no, valid_from, valid_to, absent, born, died, "
            "sex, disability_class, disability_level, seriously_ill, in_full_time_school, name, resident_id)"};
        std::string sealed;
        for (std::size_t i = 0; i < files.persons.size(); ++i) {
            const auto& [county, person, line] = files.persons[i];
            const registry::PersonIdentity& identity = files.identities[i].row;
            ensure(identity.no == person.no, "persons and identities are not parallel");
            sealed.clear();
            // A row that withdraws a person may come without a number.
            if (!identity.resident_id.text().empty()) cipher.seal(identity.resident_id.text(), sealed);
            copy.row(16);
            copy.put(county);
            copy.put(person.household);
            copy.put(person.no);
            put_recorded(copy, person.recorded, import);
            copy.put(person.born);
            copy.put(person.died);
            copy.put(small(person.sex));
            copy.put(small(person.disability_class));
            copy.put(small(person.disability_level));
            copy.put(person.seriously_ill);
            copy.put(person.in_full_time_school);
            copy.put(std::string_view{identity.name.text()});
            copy.put(std::string_view{sealed});
        }
        copy.finish();
    }

    void put_incomes(const RegisterFiles& files, ImportNo import) {
        if (files.incomes.empty()) return;
        CopyIn copy{
            connection_,
            "income (county, household_no, person_no, item, import_no, valid_from, valid_to, absent, monthly, "
            "supporter_members, dependants)"};
        for (const auto& [county, income, line] : files.incomes) {
            copy.row(11);
            copy.put(county);
            copy.put(income.household);
            copy.put(income.person);
            copy.put(income.item);
            put_recorded(copy, income.recorded, import);
            copy.put(income.monthly);
            copy.put(small(income.supporter_members));
            copy.put(small(income.dependants));
        }
        copy.finish();
    }

    void put_enrolments(const RegisterFiles& files, ImportNo import) {
        if (files.enrolments.empty()) return;
        CopyIn copy{
            connection_,
            "enrolment (county, household_no, person_no, programme, import_no, valid_from, valid_to, absent, "
            "applied, confirmed, setting, ability, payee, institution, grade, grace_reason, end_reason, ended, "
            "caregiver)"};
        for (const auto& [county, enrolment, line] : files.enrolments) {
            copy.row(19);
            copy.put(county);
            copy.put(enrolment.household);
            copy.put(enrolment.person);
            copy.put(small(enrolment.programme));
            put_recorded(copy, enrolment.recorded, import);
            copy.put(enrolment.applied);
            copy.put(enrolment.confirmed);
            copy.put(small(enrolment.setting));
            copy.put(small(enrolment.ability));
            copy.put(enrolment.payee);
            copy.put(enrolment.institution);
            copy.put(small(enrolment.grade));
            copy.put(small(enrolment.grace_reason));
            copy.put(small(enrolment.end_reason));
            copy.put(enrolment.ended);
            copy.put(enrolment.caregiver);
        }
        copy.finish();
    }

    void put_accounts(const RegisterFiles& files, ImportNo import, app::FieldCipher& cipher) {
        if (files.accounts.empty()) return;
        CopyIn copy{
            connection_,
            "account (county, payee_kind, payee, import_no, valid_from, valid_to, absent, bank, account_kind, "
            "account, holder)"};
        std::string sealed;
        for (const auto& [county, account, line] : files.accounts) {
            sealed.clear();
            if (!account.account.empty()) cipher.seal(account.account, sealed);
            copy.row(11);
            copy.put(county);
            copy.put(small(account.kind));
            copy.put(account.payee);
            put_recorded(copy, account.recorded, import);
            copy.put(account.bank);
            copy.put(small(account.account_kind));
            copy.put(std::string_view{sealed});
            copy.put(std::string_view{account.holder});
        }
        copy.finish();
    }

    void put_institutions(const RegisterFiles& files, ImportNo import) {
        if (files.institutions.empty()) return;
        CopyIn copy{connection_,
                    "institution (county, institution_no, import_no, valid_from, valid_to, absent, name)"};
        for (const auto& [county, institution, line] : files.institutions) {
            copy.row(7);
            copy.put(county);
            copy.put(institution.no);
            put_recorded(copy, institution.recorded, import);
            copy.put(std::string_view{institution.name});
        }
        copy.finish();
    }

    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::RegisterRecords> register_records(Connection& connection) {
    return std::make_unique<Registers>(connection);
}

}  // namespace onecard::store
