#pragma once

#include <functional>
#include <memory>

#include "onecard/app/bank_profiles.hpp"
#include "onecard/app/sealing.hpp"
#include "onecard/app/store.hpp"
#include "onecard/app/vault.hpp"
#include "onecard/core/digest.hpp"

namespace onecard::app {

/// What use cases work with; wired once in main. Signers and ciphers are made per worker, since they are not shared
/// between threads.
struct Tools {
    Database& database;
    FileVault& vault;
    const HashFunction& sha256;
    const HashFunction& sm3;
    SignatureVerifier& verifier;
    std::function<std::unique_ptr<FileSigner>()> make_signer;
    std::function<std::unique_ptr<FieldCipher>()> make_cipher;
    int workers = 2;
    /// Null: every bank has the canonical profile.
    BankProfiles* profiles = nullptr;
    /// The key for banks that want national cryptography; empty where there is none.
    std::function<std::unique_ptr<FileSigner>()> make_national_signer = {};
    /// Banks whose return files are refused whole for one bad line; those of others lose the line only.
    std::vector<BankNo> refuse_bad_lines = {};
    /// A break over so much or more takes two persons to resolve.
    Money second_person_from = Money::of_fen(100'000);
    /// What a thread that computes or settles does first: it gives way to those that answer people.
    std::function<void()> give_way = [] {};
    /// What the Merkle trees of the ledger are built with, its log and the lines of its entries; null: SHA-256. Files,
    /// units and keys are named by SHA-256 whatever it is.
    const HashFunction* log_hash = nullptr;
    const HashFunction& log() const { return log_hash == nullptr ? sha256 : *log_hash; }
};

/// The profiles of a run, whoever wired the tools.
std::shared_ptr<const BankProfiles::OfRun> profiles_of_run(Tools& tools, Work& work, RunNo run);
/// A bank's profile of today.
const bankfile::Profile& profile_of_bank(const Tools& tools, BankNo bank);

Digest digest_of(const HashFunction& hash, std::string_view text);

}  // namespace onecard::app
