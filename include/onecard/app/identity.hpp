#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"

namespace onecard::app {

/// What a certificate may do. No role includes another, and there is no super-user.
enum class Role : std::uint8_t { maker, checker, releaser, auditor, operations, bank };
std::string_view name_of(Role role);

/// Who asks: a certificate's name mapped by configuration to a role and a region, or to a bank.
struct Identity {
    std::string name;
    Digest fingerprint;  ///< SHA-256 of the certificate
    Role role = Role::auditor;
    Region region;  ///< officers: the divisions in their scope
    BankNo bank;    ///< banks only
};

}  // namespace onecard::app
