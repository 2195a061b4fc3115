#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "onecard/app/trial.hpp"
#include "onecard/registry/csv.hpp"
#include "onecard/registry/row_packing.hpp"
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

/// Reads the folders of a trial, import by import.
class TrialRegister {
public:
    explicit TrialRegister(const TrialWish& wish, Faults& faults) : faults_{faults} {
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
            if (faults_.empty()) check_together(rows, faults_);
            if (!faults_.empty()) continue;
            const ImportNo no{static_cast<std::int32_t>(i + 1)};
            for (std::size_t at = 0; at < rows.persons.size(); ++at)
                if (const auto& person = rows.persons[at]; !person.row.recorded.absent)
                    screening.add_person(person.county, person.row.no, no,
                                         rows.identities[at].row.resident_id.text());
            take(rows, no);
        }
        for (auto& [county, place] : places_) {
            place.facts.county = county;
            place.facts.put_in_order();
        }
    }

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
        for (Failure& fault : found) {
            fault.place = import.prefix + fault.place;
            faults_.push_back(std::move(fault));
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

    Faults& faults_;
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
