#include "bank_profiles.hpp"

#include <fmt/format.h>

#include "onecard/ops/bank_files.hpp"

namespace onecard::cli {

Result<std::map<BankNo, app::BankProfiles::Configured>> configured_profiles(const ops::Settings& settings) {
    ops::LoadedProfiles loaded;
    // A installation whose banks all have the canonical profile needs no folder.
    if (std::filesystem::exists(settings.bank_profiles))
        loaded = ops::load_bank_profiles(settings.bank_profiles);
    if (!loaded.faults.empty()) {
        Failure all = loaded.faults.front();
        for (std::size_t i = 1; i < loaded.faults.size(); ++i) all.text += "\n" + loaded.faults[i].message();
        return std::unexpected{all};
    }
    std::map<BankNo, app::BankProfiles::Configured> configured;
    for (const app::Bank& bank : settings.banks) {
        const ops::BankTerms& terms = settings.bank_terms.at(bank.no);
        const std::string place = fmt::format("bank {}", bank.no.number());
        app::BankProfiles::Configured one;
        one.bank_code = bank.code;
        if (const auto found = loaded.profiles.find(terms.profile); found != loaded.profiles.end()) {
            one.profile = found->second.profile;
            one.text = found->second.text;
        } else if (terms.profile == bankfile::canonical_profile().name) {
            one.profile = bankfile::canonical_profile();
        } else {
            return refuse(
                Fault::unknown,
                fmt::format("its profile {} is not in {}", terms.profile, settings.bank_profiles.string()),
                place);
        }
        if (one.profile.signature == bankfile::SignatureKind::sm2 && !settings.signing.key.empty() &&
            settings.signing.sm2_key != "file")
            return refuse(
                Fault::conflict,
                fmt::format("its profile {} wants SM2 signatures, and the signing key is in a token: "
                            "PKCS#11 has no SM2 signature. «sm2_key = \"file\"» under [signing] lets "
                            "service-sm2.key sign for such banks; else agree on signature = \"cms\"",
                            terms.profile),
                place);
        one.profile.transit_account = terms.transit_account;
        if (terms.transit_account.empty() &&
            (one.profile.batch.header.carries(bankfile::Slot::transit_account) ||
             one.profile.batch.detail.carries(bankfile::Slot::transit_account)))
            return refuse(
                Fault::missing,
                fmt::format("its profile {} needs «transit_account», our account there", terms.profile),
                place);
        configured.emplace(bank.no, std::move(one));
    }
    return configured;
}

bankfile::Profile kept_profile(const std::string& text, const std::string& name) {
    auto loaded = ops::read_bank_profile(text, name);
    ensure(loaded.faults.empty(), "a bank profile that was kept with a run cannot be read any more");
    loaded.profile.name = name;
    return std::move(loaded.profile);
}

}  // namespace onecard::cli
