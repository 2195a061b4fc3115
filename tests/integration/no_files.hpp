#pragma once

#include "onecard/app/sealing.hpp"
#include "onecard/app/vault.hpp"

/// For stories of records alone, in which no file is kept and nothing is signed.
namespace onecard::test {

struct NoFiles final : app::FileVault {
    std::unique_ptr<Bundle> begin() override { return nullptr; }
    Kept look_at(const std::filesystem::path&) override { return {}; }
    void keep_file(const std::filesystem::path&, const Kept&) override {}
    std::optional<std::filesystem::path> find(const Digest&) override { return "/dev/null"; }
};

struct NoSignatures final : app::SignatureVerifier {
    Result<app::Signer> verify(std::string_view, std::string_view) override { return no(); }
    Result<app::Signer> verify_file(const std::filesystem::path&, std::string_view) override { return no(); }
    Result<app::Signer> verify_digest(const Digest&, std::string_view) override { return no(); }
    Result<Attached> verify_attached(std::string_view) override { return no(); }
    static std::unexpected<Failure> no() { return refuse(Fault::tampered, "nothing is signed here"); }
};

}  // namespace onecard::test
