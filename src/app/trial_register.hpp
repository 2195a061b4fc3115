#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "onecard/app/trial.hpp"
#include "onecard/registry/csv.hpp"
#include "onecard/registry/row_packing.hpp"
#include "onecard/registry/together.hpp"
#include "trial_screen.hpp"

/// What a trial reads from files.
namespace onecard::app {

inline constexpr std::size_t imports_max = 1'000;

/// What one folder brought, and from which month's run on it was known.
struct TrialImport {
    std::optional<Month> known_from;  ///< always, where there is none
    std::filesystem::path folder;
    std::string prefix;  ///< of its files' names, for faults
};

/// One county's part of all imports.
struct TrialPlace {
    registry::Register facts;
    std::vector<registry::Account> accounts;
};

/// A row that cannot be followed: nobody of its household is paid by the rows that are left.
struct TrialRefusal {
    HouseholdNo household;
    PersonNo person;  ///< 0: the household's row
    Failure why;      ///< place: folder, file, line and column
    friend bool operator<(const TrialRefusal& a, const TrialRefusal& b) {
        return std::tie(a.household, a.why.place, a.why.text) <
               std::tie(b.household, b.why.place, b.why.text);
    }
};

/// Reads the folders of a trial, import by import. Rows with a fault are kept out together with their household, and
/// told; a fault that is of no household is one of the whole trial.
class TrialRegister {
public:
    explicit TrialRegister(const TrialWish& wish, Faults& faults) : month_{wish.month}, faults_{faults} {
        context_.today = wish.today;
        context_.bank_of = [this](std::string_view code) {
            const auto next = static_cast<std::int16_t>(banks_.size() + 1);
            return banks_.try_emplace(std::string{code}, BankNo{next}).first->second;
        };
        find_imports(wish.folder);
    }

    void read(TrialScreening& screening) {
        for (std::size_t i = 0; i < imports_.size(); ++i) {
            registry::RegisterFiles rows;
            read_folder(imports_[i], rows);
            const ImportNo no{static_cast<std::int32_t>(i + 1)};
            for (std::size_t at = 0; at < rows.persons.size(); ++at)
                if (const auto& person = rows.persons[at]; !person.row.recorded.absent)
                    screening.add_person(person.county, person.row.no, no,
                                         rows.identities[at].row.resident_id.text());
            take(rows, no);
        }
        leave_out_refused();
        for (auto& [county, place] : places_) {
            place.facts.county = county;
            place.facts.put_in_order();
        }
    }

    /// Of a county, by household.
    const std::set<TrialRefusal>& refused(County county) const {
        static const std::set<TrialRefusal> none;
        const auto found = refused_.find(county);
        return found == refused_.end() ? none : found->second;
    }
    /// Every fault for which a row was kept out, in the order of the files.
    const Faults& left_out() const { return left_out_; }

    /// The newest import that the run of a month knew.
    ImportNo known_in(Month month) const {
        std::int32_t newest = 0;
        for (std::size_t i = 0; i < imports_.size(); ++i)
            if (!imports_[i].known_from || *imports_[i].known_from <= month)
                newest = static_cast<std::int32_t>(i + 1);
        return ImportNo{newest};
    }

    std::map<County, TrialPlace>& places() { return places_; }
    bool has_accounts() const { return has_accounts_; }

private:
    void find_imports(const std::filesystem::path& folder) {
        const auto is_register = [](const std::filesystem::path& place) {
            return std::ranges::any_of(registry::file_kinds, [&](registry::FileKind kind) {
                return std::filesystem::exists(place / file_name_of(kind));
            });
        };
        std::error_code error;
        std::set<std::filesystem::path> below;
        for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end;
             entry.increment(error))
            if (entry->is_directory(error)) below.insert(entry->path());
        if (error) {
            faults_.push_back(
                {Fault::missing, folder.string(), "the folder cannot be read: " + error.message()});
            return;
        }
        if (is_register(folder)) imports_.push_back({std::nullopt, folder, ""});
        for (const std::filesystem::path& place : below) {
            const std::string name = place.filename().string();
            const auto month = Month::parse(name);
            if (!month || name.size() != 7 || !is_register(place)) continue;
            imports_.push_back({*month, place, name + "/"});
        }
        if (imports_.empty())
            faults_.push_back(
                {Fault::missing, folder.string(),
                 "has none of households.csv, persons.csv, incomes.csv, enrolments.csv, accounts.csv, "
                 "institutions.csv"});
        if (imports_.size() > imports_max)
            faults_.push_back({Fault::out_of_range, folder.string(),
                               fmt::format("holds more than {} imports", imports_max)});
    }

    void read_folder(const TrialImport& import, registry::RegisterFiles& rows) {
        Faults found;
        const std::string& prefix = import.prefix;
        for (const registry::FileKind kind : registry::file_kinds) {
            const std::filesystem::path path = import.folder / file_name_of(kind);
            if (!std::filesystem::exists(path)) continue;
            has_accounts_ |= kind == registry::FileKind::accounts;
            registry::RegisterDecoder decoder{kind, std::string{file_name_of(kind)}, context_, rows, found};
            std::ifstream in{path, std::ios::binary};
            if (!in) found.push_back({Fault::missing, path.filename().string(), "cannot be read"});
            std::vector<char> piece(1 << 18);
            while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
                decoder.feed({piece.data(), static_cast<std::size_t>(in.gcount())});
            decoder.finish();
        }
        const bool is_known = !import.known_from || *import.known_from <= month_;
        // Faults of a row stand together and in order in `found`; what is between them is of no row.
        auto next = found.begin();
        for (const registry::RefusedRow& row : rows.refused) {
            const auto own = std::search(next, found.end(), row.why.begin(), row.why.end(), is_same);
            tell_of_files(prefix, next, own);
            next = own + std::min(std::ssize(row.why), found.end() - own);
            for (const Failure& fault : row.why)
                waiting_.push_back(
                    {row.kind, row.county, row.household, row.person, with(prefix, fault), is_known});
        }
        tell_of_files(prefix, next, found.end());
        std::vector<registry::TogetherFault> together;
        check_together(rows, [&](registry::TogetherFault fault) { together.push_back(std::move(fault)); });
        std::ranges::sort(together, std::less{});
        for (const registry::TogetherFault& fault : together) wait_for(fault, prefix, is_known);
    }

    /// A fault of a row until all folders are read: only then is it known in which household a person lives.
    struct Waiting {
        registry::FileKind kind;
        County county;
        HouseholdNo household;
        PersonNo person;
        Failure why;
        bool is_known;  ///< in the run of the trial's month
    };
    static Failure with(const std::string& prefix, Failure fault) {
        fault.place = prefix + fault.place;
        return fault;
    }
    static bool is_same(const Failure& a, const Failure& b) { return a.place == b.place && a.text == b.text; }
    void tell_of_files(const std::string& prefix, Faults::iterator begin, Faults::iterator end) {
        for (; begin != end; ++begin)
            waiting_.push_back({registry::FileKind::institutions, {}, {}, {}, with(prefix, *begin), true});
    }
    void wait_for(const registry::TogetherFault& fault, const std::string& prefix, bool is_known) {
        using enum registry::FileKind;
        HouseholdNo household;
        PersonNo person;
        switch (fault.kind) {
            case households: household = HouseholdNo{fault.key[0]}; break;
            case persons: person = PersonNo{fault.key[0]}; break;
            case incomes:
            case enrolments:
                household = HouseholdNo{fault.key[0]};
                person = PersonNo{fault.key[1]};
                break;
            case accounts:
                if (fault.key[0] == static_cast<std::int64_t>(registry::PayeeKind::person))
                    person = PersonNo{fault.key[1]};
                break;
            case institutions: break;
        }
        waiting_.push_back(
            {fault.kind, fault.county, household, person, with(prefix, fault.failure), is_known});
    }

    HouseholdNo household_of(County county, PersonNo person) const {
        const auto place = places_.find(county);
        if (place == places_.end()) return {};
        const auto& persons = place->second.facts.persons;
        const auto found = std::ranges::find(persons, person, &registry::Person::no);
        return found == persons.end() ? HouseholdNo{} : found->household;
    }

    void leave_out_refused() {
        for (Waiting& one : waiting_) {
            if (!one.household && one.person) one.household = household_of(one.county, one.person);
            if (one.county == County{} || !one.household) {
                // Nobody can say whom it concerns: everything is told, and nothing computed.
                for (const Waiting& each : waiting_) faults_.push_back(each.why);
                return;
            }
        }
        for (const Waiting& one : waiting_) {
            left_out_.push_back(one.why);
            if (!one.is_known) continue;
            TrialPlace& place = places_[one.county];
            refused_[one.county].insert({one.household, one.person, one.why});
            // An account that cannot be read is none; the payee's others may be older than it.
            if (one.kind == registry::FileKind::accounts)
                std::erase_if(place.accounts, [&](const registry::Account& account) {
                    return account.kind == registry::PayeeKind::person &&
                           account.payee == one.person.number();
                });
            else
                std::erase_if(place.facts.enrolments, [&](const registry::Enrolment& enrolment) {
                    return enrolment.household == one.household;
                });
        }
    }

    void take(registry::RegisterFiles& rows, ImportNo no) {
        const auto into = [&](auto& from, auto rows_of) {
            for (auto& in : from) {
                in.row.recorded.import = no;
                rows_of(places_[in.county]).push_back(std::move(in.row));
            }
        };
        into(rows.households, [](TrialPlace& place) -> auto& { return place.facts.households; });
        into(rows.persons, [](TrialPlace& place) -> auto& { return place.facts.persons; });
        into(rows.incomes, [](TrialPlace& place) -> auto& { return place.facts.incomes; });
        into(rows.enrolments, [](TrialPlace& place) -> auto& { return place.facts.enrolments; });
        into(rows.accounts, [](TrialPlace& place) -> auto& { return place.accounts; });
    }

    Month month_;
    Faults& faults_;
    std::vector<Waiting> waiting_;
    std::map<County, std::set<TrialRefusal>> refused_;
    Faults left_out_;
    registry::DecodeContext context_;
    std::map<std::string, BankNo, std::less<>> banks_;
    std::vector<TrialImport> imports_;
    std::map<County, TrialPlace> places_;
    bool has_accounts_ = false;
};

/// The accounts that hold in a month, by (kind, payee).
inline std::vector<registry::Account> accounts_in(const std::vector<registry::Account>& all, Month month,
                                                  ImportNo known_at) {
    std::map<std::pair<registry::PayeeKind, std::int64_t>, const registry::Account*> newest;
    for (const registry::Account& account : all) {
        if (account.recorded.import > known_at || !account.recorded.months.contains(month)) continue;
        const registry::Account*& there = newest[{account.kind, account.payee}];
        if (!there || there->recorded.import <= account.recorded.import) there = &account;
    }
    std::vector<registry::Account> held;
    for (const auto& [payee, account] : newest)
        if (!account->recorded.absent) held.push_back(*account);
    return held;
}

}  // namespace onecard::app
