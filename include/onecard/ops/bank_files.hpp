#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "onecard/bankfile/profile.hpp"

namespace onecard::ops {

/// A bank profile as its text says (schemas/bank/profiles.md). `name` stands before each fault: "name:line:column". A
/// profile with a fault must not be used.
struct LoadedProfile {
    bankfile::Profile profile;
    Faults faults;
};
LoadedProfile read_bank_profile(std::string_view text, const std::string& name);

struct BankProfileFile {
    bankfile::Profile profile;
    std::string text;  ///< the whole file: what is kept with every run that uses it
};

/// Every *.toml file of a folder, by its name without the ending. Unknown keys are refused; all faults of all files are
/// reported.
struct LoadedProfiles {
    std::map<std::string, BankProfileFile, std::less<>> profiles;
    Faults faults;
};
LoadedProfiles load_bank_profiles(const std::filesystem::path& folder);

}  // namespace onecard::ops
