#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "onecard/seal/sealing.hpp"
#include "openssl_command.hpp"

namespace onecard::seal {
namespace {

using testing::ScratchFolder;
using testing::shell;
using testing::spill;
using testing::system_now;

/// A token of SoftHSM with the service's key in it. The module reads its configuration once a process.
class Token : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        scratch_ = std::make_unique<ScratchFolder>();
        const auto& folder = scratch_->path();
        std::filesystem::create_directories(folder / "tokens");
        spill(folder / "softhsm2.conf",
              fmt::format("directories.tokendir = {}\nlog.level = ERROR\n", (folder / "tokens").string()));
        ::setenv("SOFTHSM2_CONF", (folder / "softhsm2.conf").c_str(), 1);
        spill(folder / "pin", "471108\n");
        spill(folder / "wrong", "000000\n");
        const auto made = make_certificates(folder, {{.name = "service", .server = true}, {.name = "other"}},
                                            system_now(), 30);
        ASSERT_TRUE(made) << made.error().message();
        const auto said =
            shell(folder,
                  "softhsm2-util --init-token --free --label onecard --so-pin 12345678 --pin 471108 && "
                  "softhsm2-util --import service.key --token onecard --label files --id a1 --pin 471108 && "
                  "rm service.key");
        ASSERT_EQ(said.status, 0) << said.text;
    }
    static void TearDownTestSuite() { scratch_.reset(); }
    static const std::filesystem::path& folder() { return scratch_->path(); }
    static TokenKey key(const std::string& uri, const std::string& pin = "pin") {
        return {uri, "/usr/lib/softhsm/libsofthsm2.so", folder() / pin};
    }

private:
    static inline std::unique_ptr<ScratchFolder> scratch_;
};

constexpr auto uri = "pkcs11:token=onecard;object=files;type=private";

TEST_F(Token, SignsFilesThatOpensslVerifiesAndTheKeyNeverLeavesIt) {
    const auto signer = create_token_signer(folder() / "service.pem", key(uri));
    ASSERT_TRUE(signer) << signer.error().message();
    EXPECT_EQ((*signer)->signer().name, "service");
    spill(folder() / "batch.txt", "one batch\r\n");
    spill(folder() / "batch.p7s", (*signer)->sign("one batch\r\n"));
    const auto said = shell(folder(),
                            "openssl cms -verify -binary -inform DER -in batch.p7s -content batch.txt -out "
                            "/dev/null -CAfile ca.pem -no-CApath -purpose any");
    EXPECT_EQ(said.status, 0) << said.text;
    // A second one at the same time, as each worker has its own.
    const auto another = create_token_signer(folder() / "service.pem", key(uri));
    ASSERT_TRUE(another) << another.error().message();
    const auto verifier = create_verifier(folder() / "ca.pem", system_now());
    EXPECT_TRUE((*verifier)->verify("two", (*another)->sign("two")));
    const auto attached = (*verifier)->verify_attached((*signer)->sign_attached("three"));
    ASSERT_TRUE(attached) << attached.error().message();
    EXPECT_EQ(attached->text, "three");
}

TEST_F(Token, IsRefusedWithAReasonWhereKeyPinModuleOrCertificateDoNotFit) {
    const auto refusal = [&](const std::string& certificate, const TokenKey& wanted) {
        const auto signer = create_token_signer(folder() / certificate, wanted);
        return signer ? std::string{"(taken)"} : signer.error().message();
    };
    EXPECT_NE(refusal("other.pem", key(uri)).find("the key does not belong to the certificate"),
              std::string::npos);
    EXPECT_NE(refusal("service.pem", key("pkcs11:token=onecard;object=none;type=private"))
                  .find("the token has no such key"),
              std::string::npos);
    EXPECT_NE(refusal("service.pem", key(uri, "no-such-file")).find("no-such-file"), std::string::npos);
    TokenKey elsewhere = key(uri);
    elsewhere.module = "/usr/lib/no-such-module.so";
    EXPECT_NE(refusal("service.pem", elsewhere).find("no-such-module"), std::string::npos);
}

}  // namespace
}  // namespace onecard::seal
