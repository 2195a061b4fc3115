#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "onecard/app/channel_records.hpp"
#include "onecard/app/store.hpp"
#include "onecard/bankfile/profile.hpp"

namespace onecard::app {

/// Which profile belongs to which bank: as configured now, and as a run's files were written. Thread-safe.
class BankProfiles {
public:
    struct Configured {
        bankfile::Profile profile;  ///< with the bank's transit account
        std::string text;           ///< of its file; empty for the canonical profile of a bank without one
        std::string bank_code;
    };
    /// Reads the text of a profile again. Throws for one that is not sound: it was when the run was made.
    using Parse = std::function<bankfile::Profile(const std::string& text, const std::string& name)>;
    using OfRun = std::map<BankNo, bankfile::Profile>;

    BankProfiles() = default;
    BankProfiles(std::map<BankNo, Configured> configured, Parse parse)
        : configured_{std::move(configured)}, parse_{std::move(parse)} {}

    /// The bank's profile of today; the canonical one for a bank that has none.
    const bankfile::Profile& of_bank(BankNo bank) const;
    /// Empty for a bank that is not configured.
    const std::string& code_of_bank(BankNo bank) const;

    /// Keeps with a run that is made now what its files will be written by.
    void put(Work& work, RunNo run, const HashFunction& sha256, const HashFunction& log, Moment now) const;
    /// The profiles of a run; banks that are not in it have the canonical one. Asked of the records once.
    std::shared_ptr<const OfRun> of_run(Work& work, RunNo run);

private:
    std::map<BankNo, Configured> configured_;
    Parse parse_;
    std::mutex guard_;
    std::map<RunNo, std::shared_ptr<const OfRun>> runs_;
};

/// The profile of one bank among a run's.
const bankfile::Profile& profile_in(const BankProfiles::OfRun& profiles, BankNo bank);

}  // namespace onecard::app
