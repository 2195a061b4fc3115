#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

#include "onecard/app/sealing.hpp"

namespace onecard::cli {

/// Checks signatures as of now, for as long as the service runs: a verifier holds one moment, so it is made anew every
/// minute and whenever `renew` is called, with the authorities as the file names them then. While that file cannot be
/// read nothing is trusted.
class RenewedVerifier final : public app::SignatureVerifier {
public:
    using Make = std::function<Result<std::unique_ptr<app::SignatureVerifier>>()>;
    explicit RenewedVerifier(Make make) : make_{std::move(make)} {}

    /// Errors: as those of making one; nothing is trusted until it succeeds.
    Result<void> renew();

    Result<app::Signer> verify(std::string_view bytes, std::string_view cms_der) override;
    Result<app::Signer> verify_file(const std::filesystem::path& path, std::string_view cms_der) override;
    Result<app::Signer> verify_digest(const Digest& sha256, std::string_view cms_der) override;
    Result<Attached> verify_attached(std::string_view cms_der) override;

private:
    using Clock = std::chrono::steady_clock;
    Result<std::shared_ptr<app::SignatureVerifier>> current();
    Result<std::shared_ptr<app::SignatureVerifier>> make_now();
    Make make_;
    std::mutex guard_;
    std::shared_ptr<app::SignatureVerifier> verifier_;
    Clock::time_point made_;
};

}  // namespace onecard::cli
