#include "renewed_verifier.hpp"

namespace onecard::cli {

namespace {
constexpr std::chrono::seconds good_for{60};
}

Result<std::shared_ptr<app::SignatureVerifier>> RenewedVerifier::make_now() {
    auto made = make_();
    verifier_ = made ? std::shared_ptr<app::SignatureVerifier>{std::move(*made)} : nullptr;
    made_ = Clock::now();
    if (!made) return std::unexpected{made.error()};
    return verifier_;
}

Result<std::shared_ptr<app::SignatureVerifier>> RenewedVerifier::current() {
    const std::lock_guard lock{guard_};
    if (verifier_ != nullptr && Clock::now() - made_ < good_for) return verifier_;
    return make_now();
}

Result<void> RenewedVerifier::renew() {
    const std::lock_guard lock{guard_};
    const auto made = make_now();
    if (!made) return std::unexpected{made.error()};
    return {};
}

Result<app::Signer> RenewedVerifier::verify(std::string_view bytes, std::string_view cms_der) {
    const auto verifier = current();
    if (!verifier) return std::unexpected{verifier.error()};
    return (*verifier)->verify(bytes, cms_der);
}

Result<app::Signer> RenewedVerifier::verify_file(const std::filesystem::path& path,
                                                 std::string_view cms_der) {
    const auto verifier = current();
    if (!verifier) return std::unexpected{verifier.error()};
    return (*verifier)->verify_file(path, cms_der);
}

Result<app::Signer> RenewedVerifier::verify_digest(const Digest& sha256, std::string_view cms_der) {
    const auto verifier = current();
    if (!verifier) return std::unexpected{verifier.error()};
    return (*verifier)->verify_digest(sha256, cms_der);
}

Result<app::SignatureVerifier::Attached> RenewedVerifier::verify_attached(std::string_view cms_der) {
    const auto verifier = current();
    if (!verifier) return std::unexpected{verifier.error()};
    return (*verifier)->verify_attached(cms_der);
}

}  // namespace onecard::cli
