#include "onecard/app/bank_profiles.hpp"

#include <fmt/format.h>

#include "onecard/app/tools.hpp"

namespace onecard::app {

namespace {
/// Runs whose profiles are kept at hand.
constexpr std::size_t runs_max = 64;
}  // namespace

const bankfile::Profile& BankProfiles::of_bank(BankNo bank) const {
    const auto found = configured_.find(bank);
    return found == configured_.end() ? bankfile::canonical_profile() : found->second.profile;
}

const std::string& BankProfiles::code_of_bank(BankNo bank) const {
    static const std::string none;
    const auto found = configured_.find(bank);
    return found == configured_.end() ? none : found->second.bank_code;
}

void BankProfiles::put(Work& work, RunNo run, const HashFunction& sha256, const HashFunction& log,
                       Moment now) const {
    std::vector<Act> acts;
    for (const auto& [bank, configured] : configured_) {
        if (configured.text.empty()) continue;
        const Digest digest = digest_of(sha256, configured.text);
        const std::string& transit_account = configured.profile.transit_account;
        work.channel().put_run_profile(run, digest,
                                       {bank, configured.profile.name, configured.text, transit_account});
        acts.push_back({"run-profile", County{},
                        fmt::format("run-profile|{}|{}|{}|{}", run.number(), bank.number(), digest.hex(),
                                    digest_of(sha256, transit_account).hex())});
    }
    work.ledger().put_acts(acts, log, now);
}

std::shared_ptr<const BankProfiles::OfRun> BankProfiles::of_run(Work& work, RunNo run) {
    {
        const std::lock_guard lock{guard_};
        if (const auto found = runs_.find(run); found != runs_.end()) return found->second;
    }
    auto profiles = std::make_shared<OfRun>();
    for (const RunProfile& kept : work.channel().run_profiles(run)) {
        ensure(parse_ != nullptr, "a run with bank profiles, and nobody here to read them");
        bankfile::Profile profile = parse_(kept.text, kept.name);
        profile.transit_account = kept.transit_account;
        profiles->emplace(kept.bank, std::move(profile));
    }
    const std::lock_guard lock{guard_};
    if (runs_.size() >= runs_max) runs_.clear();
    return runs_.emplace(run, std::move(profiles)).first->second;
}

std::shared_ptr<const BankProfiles::OfRun> profiles_of_run(Tools& tools, Work& work, RunNo run) {
    static const auto none = std::make_shared<const BankProfiles::OfRun>();
    return tools.profiles == nullptr ? none : tools.profiles->of_run(work, run);
}

const bankfile::Profile& profile_of_bank(const Tools& tools, BankNo bank) {
    return tools.profiles == nullptr ? bankfile::canonical_profile() : tools.profiles->of_bank(bank);
}

const bankfile::Profile& profile_in(const BankProfiles::OfRun& profiles, BankNo bank) {
    const auto found = profiles.find(bank);
    return found == profiles.end() ? bankfile::canonical_profile() : found->second;
}

}  // namespace onecard::app
