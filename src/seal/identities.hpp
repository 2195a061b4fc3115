#pragma once

#include <string>

#include "onecard/app/sealing.hpp"
#include "openssl_types.hpp"

namespace onecard::seal {

/// Whose certificate it is. Errors: malformed unless it has exactly one common name, of 1 to 64 characters of
/// well-formed UTF-8 without control characters (it goes into logs and records).
Result<app::Signer> signer_of(const X509* certificate, const std::string& place);

}  // namespace onecard::seal
