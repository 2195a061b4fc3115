#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/core/ids.hpp"

namespace onecard::app {

struct PacketWish {
    PaymentReference payment;  ///< any attempt's reference: the packet tells of all of them
    bool whole_files = false;  ///< with the complete files, other people's lines included
    std::string authorities;   ///< PEM of those who certify officers, banks and the service
};

/// One payment's evidence as one file (schemas/packet.md). Commits the ledger to everything so far first.
/// Errors: forbidden, unknown, what `explain_payment` refuses; missing when the payment is not on the books yet or a file is
/// gone.
Result<std::string> make_packet(Tools& tools, NoteSigner& signer, const Identity& by, const PacketWish& wish,
                                Moment now);

struct PacketVerdict {
    std::vector<std::string> findings;  ///< what does not fit, first things first
    std::vector<std::string> shown;     ///< what the packet proves, a sentence each
    std::vector<std::string> notes;     ///< what it cannot prove by itself
    bool fits() const { return findings.empty(); }
};

/// What an auditor brings along; empty: taken from the packet, which then vouches for itself there.
struct PacketTrust {
    std::string key;  ///< the ledger's verifier key, "name+hex+base64"
};

/// Checks a packet from its bytes alone. `verifier` trusts the authorities of `packet_authorities` or the auditor's own.
PacketVerdict verify_packet(std::string_view bytes, const HashFunction& sha256, const HashFunction& sm3,
                            SignatureVerifier& verifier, Ed25519Verify verify_note, const PacketTrust& trust);

/// The authorities (PEM) and the moment that a packet names, for making a verifier. Errors: malformed, missing.
struct PacketNames {
    std::string authorities;
    Moment made_at;
};
Result<PacketNames> names_in_packet(std::string_view bytes);

}  // namespace onecard::app
