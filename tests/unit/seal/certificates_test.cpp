#include <gtest/gtest.h>
#include <sys/stat.h>

#include "onecard/seal/sealing.hpp"
#include "openssl_command.hpp"

namespace onecard::seal {
namespace {

using onecard::testing::ScratchFolder;
using onecard::testing::shell;
using onecard::testing::slurp;
using onecard::testing::spill;
using onecard::testing::system_now;

const std::vector<CertificateWish> wishes{
    {.name = "service", .server = true}, {.name = "maker"}, {.name = "bank-1"}};
constexpr std::int64_t day = 86'400;

Moment later(Moment moment, std::int64_t seconds) {
    return Moment::of_unix_seconds(moment.unix_seconds() + seconds);
}

unsigned int mode_of(const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
}

TEST(Certificates, AreWhatTheOpensslProgramAcceptsStrictly) {
    const ScratchFolder scratch;
    const auto folder = scratch / "new/certificates";
    const auto made = make_certificates(folder, wishes, system_now(), 30);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(shell(folder, "openssl verify -x509_strict -CAfile ca.pem -purpose sslserver service.pem").text,
              "service.pem: OK\n");
    EXPECT_EQ(
        shell(folder, "openssl verify -x509_strict -CAfile ca.pem -verify_ip 127.0.0.1 service.pem").text,
        "service.pem: OK\n");
    EXPECT_EQ(shell(folder, "openssl verify -x509_strict -CAfile ca.pem -verify_ip ::1 service.pem").text,
              "service.pem: OK\n");
    EXPECT_EQ(
        shell(folder, "openssl verify -x509_strict -CAfile ca.pem -verify_hostname localhost service.pem")
            .text,
        "service.pem: OK\n");
    EXPECT_EQ(
        shell(
            folder,
            "openssl verify -x509_strict -CAfile ca.pem -purpose sslclient maker.pem bank-1.pem service.pem")
            .text,
        "maker.pem: OK\nbank-1.pem: OK\nservice.pem: OK\n");
    EXPECT_NE(shell(folder, "openssl verify -CAfile ca.pem -purpose sslserver maker.pem").status, 0);
}

TEST(Certificates, HaveKeysThatOnlyTheOwnerReads) {
    const ScratchFolder scratch;
    const auto folder = scratch / "certificates";
    ASSERT_TRUE(make_certificates(folder, wishes, system_now(), 30));
    EXPECT_EQ(mode_of(folder), 0700U);
    for (const char* key : {"ca.key", "service.key", "maker.key"})
        EXPECT_EQ(mode_of(folder / key), 0600U) << key;
    // Four pairs and nothing half-made.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder}, {}), 8);
}

TEST(Certificates, ThatStillFitAreKept) {
    const ScratchFolder folder;
    const Moment now = system_now();
    ASSERT_TRUE(make_certificates(folder.path(), wishes, now, 30));
    const auto before = read_certificate(folder / "maker.pem").value();
    EXPECT_EQ(before.name, "maker");
    auto more = wishes;
    more.push_back({.name = "auditor"});
    ASSERT_TRUE(make_certificates(folder.path(), more, later(now, 10 * day), 30));
    EXPECT_EQ(read_certificate(folder / "maker.pem").value(), before);
    EXPECT_EQ(read_certificate(folder / "auditor.pem").value().name, "auditor");
}

TEST(Certificates, ThatExpiredAreRenewedForTheSameKeysUnderTheSameAuthority) {
    const ScratchFolder folder;
    const Moment now = system_now();
    ASSERT_TRUE(make_certificates(folder.path(), wishes, later(now, -100 * day), 30));
    const auto old_authority = slurp(folder / "ca.pem");
    const auto old_certificate = slurp(folder / "maker.pem");
    const auto old_key = slurp(folder / "maker.key");
    ASSERT_TRUE(make_certificates(folder.path(), wishes, now, 30));
    EXPECT_EQ(slurp(folder / "maker.key"), old_key);
    EXPECT_NE(slurp(folder / "maker.pem"), old_certificate);
    EXPECT_NE(slurp(folder / "ca.pem"), old_authority);
    EXPECT_EQ(shell(folder.path(), "openssl verify -x509_strict -CAfile ca.pem maker.pem").text,
              "maker.pem: OK\n");
}

TEST(Certificates, OfAnotherAuthorityAreMadeAnew) {
    const ScratchFolder folder;
    ASSERT_TRUE(make_certificates(folder.path(), wishes, system_now(), 30));
    std::filesystem::remove(folder / "ca.pem");
    std::filesystem::remove(folder / "ca.key");
    ASSERT_TRUE(make_certificates(folder.path(), wishes, system_now(), 30));
    EXPECT_EQ(shell(folder.path(), "openssl verify -x509_strict -CAfile ca.pem maker.pem").text,
              "maker.pem: OK\n");
}

TEST(Certificates, OfAServerAreNotKeptForAClient) {
    const ScratchFolder folder;
    ASSERT_TRUE(make_certificates(folder.path(), {{.name = "both", .server = true}}, system_now(), 30));
    ASSERT_TRUE(make_certificates(folder.path(), {{.name = "both", .server = false}}, system_now(), 30));
    EXPECT_EQ(shell(folder.path(), "openssl verify -CAfile ca.pem -purpose sslclient both.pem").status, 0);
}

TEST(Certificates, DoNotOutliveTheAuthority) {
    const ScratchFolder folder;
    const Moment now = system_now();
    ASSERT_TRUE(make_certificates(folder.path(), {}, now, 30));
    ASSERT_TRUE(make_certificates(folder.path(), wishes, now, 3000));
    EXPECT_NE(shell(folder.path(), "openssl x509 -in maker.pem -noout -checkend " + std::to_string(31 * day))
                  .status,
              0);
    EXPECT_EQ(shell(folder.path(), "openssl x509 -in maker.pem -noout -checkend " + std::to_string(29 * day))
                  .status,
              0);
}

TEST(Certificates, NeverOverwriteAKeyOrMakeASecondAuthority) {
    const ScratchFolder folder;
    spill(folder / "maker.key", "somebody's");
    auto refused = make_certificates(folder.path(), wishes, system_now(), 30);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::malformed);
    EXPECT_EQ(refused.error().place, (folder / "maker.key").string());
    EXPECT_EQ(refused.error().message().find("somebody"), std::string::npos);
    EXPECT_EQ(slurp(folder / "maker.key"), "somebody's");

    std::filesystem::remove(folder / "ca.key");
    refused = make_certificates(folder.path(), wishes, system_now(), 30);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::missing);
    EXPECT_EQ(refused.error().place, (folder / "ca.key").string());
}

TEST(Certificates, AreNotMadeUnderNamesThatLeaveTheFolder) {
    const ScratchFolder folder;
    for (const char* name : {"", "ca", "../up", "a/b", ".hidden", "-option", "space here", "gb\xe4"})
        EXPECT_EQ(make_certificates(folder.path(), {{.name = name}}, system_now(), 30).error().fault,
                  Fault::malformed)
            << name;
    EXPECT_EQ(make_certificates(folder.path(), wishes, system_now(), 0).error().fault, Fault::out_of_range);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Certificates, ThatCannotBeWrittenAreNamed) {
    const ScratchFolder folder;
    spill(folder / "file", "");
    const auto refused = make_certificates(folder / "file/certificates", wishes, system_now(), 30);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::missing);
    EXPECT_EQ(refused.error().place, (folder / "file/certificates").string());
}

TEST(CertificateScript, AndTheServiceContinueEachOthersFolders) {
    const ScratchFolder folder;
    const std::string script = ONECARD_SOURCE_DIR "/certs/make-certificates.sh -n 30 ";

    // The script begins, the service continues and keeps.
    auto said = shell(folder.path(), script + "-d by-script service maker");
    ASSERT_EQ(said.status, 0) << said.text;
    EXPECT_EQ(mode_of(folder / "by-script"), 0700U);
    EXPECT_EQ(mode_of(folder / "by-script/maker.key"), 0600U);
    const auto maker = slurp(folder / "by-script/maker.pem");
    const auto service = slurp(folder / "by-script/service.pem");
    // A certificate is good from its very second on; the next one is past all doubt.
    ASSERT_TRUE(make_certificates(folder / "by-script", wishes, later(system_now(), 1), 30));
    EXPECT_EQ(slurp(folder / "by-script/maker.pem"), maker);
    EXPECT_EQ(slurp(folder / "by-script/service.pem"), service);

    // The service begins, the script continues and keeps.
    ASSERT_TRUE(make_certificates(folder / "by-service", {{.name = "maker"}}, system_now(), 30));
    const auto kept = slurp(folder / "by-service/maker.pem");
    said = shell(folder.path(), script + "-d by-service maker bank-1 gateway:server");
    ASSERT_EQ(said.status, 0) << said.text;
    EXPECT_EQ(slurp(folder / "by-service/maker.pem"), kept);

    EXPECT_EQ(shell(folder / "by-script",
                    "openssl verify -x509_strict -CAfile ca.pem service.pem maker.pem bank-1.pem")
                  .text,
              "service.pem: OK\nmaker.pem: OK\nbank-1.pem: OK\n");
    EXPECT_EQ(
        shell(folder / "by-service", "openssl verify -x509_strict -CAfile ca.pem maker.pem bank-1.pem").text,
        "maker.pem: OK\nbank-1.pem: OK\n");
    EXPECT_EQ(shell(folder / "by-service",
                    "openssl verify -CAfile ca.pem -purpose sslserver -verify_hostname localhost gateway.pem")
                  .text,
              "gateway.pem: OK\n");
}

TEST(CertificateScript, MakesTheListThatItsPageNames) {
    const ScratchFolder folder;
    const auto said = shell(folder.path(), ONECARD_SOURCE_DIR "/certs/make-certificates.sh -d all");
    ASSERT_EQ(said.status, 0) << said.text;
    for (const char* name :
         {"service", "maker", "checker", "releaser", "auditor", "operator", "bank-1", "bank-2", "bank-3"}) {
        EXPECT_EQ(read_certificate(folder / "all" / (std::string{name} + ".pem")).value().name, name);
        EXPECT_TRUE(create_file_signer(folder / "all" / (std::string{name} + ".pem"),
                                       folder / "all" / (std::string{name} + ".key")));
    }
    // ca and nine names, two files each; no draft is left.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder / "all"}, {}), 20);
}

TEST(CertificateScript, RefusesNamesThatLeaveTheFolder) {
    const ScratchFolder folder;
    for (const char* name : {"../up", "ca", "ca:server", ".hidden", "'two words'"})
        EXPECT_NE(
            shell(folder.path(), std::string{ONECARD_SOURCE_DIR "/certs/make-certificates.sh -d x "} + name)
                .status,
            0)
            << name;
    EXPECT_FALSE(std::filesystem::exists(folder / "x"));
}

TEST(ReadCertificate, RefusesWhatIsNone) {
    const ScratchFolder folder;
    EXPECT_EQ(read_certificate(folder / "absent.pem").error().fault, Fault::missing);
    spill(folder / "text.pem", "no certificate");
    EXPECT_EQ(read_certificate(folder / "text.pem").error().fault, Fault::malformed);
    EXPECT_EQ(read_certificate(folder / "text.pem").error().place, (folder / "text.pem").string());
    spill(folder / "broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    EXPECT_EQ(read_certificate(folder / "broken.pem").error().fault, Fault::malformed);
    spill(folder / "large.pem", std::string((1U << 20U) + 1, ' '));
    EXPECT_EQ(read_certificate(folder / "large.pem").error().fault, Fault::out_of_range);
}

}  // namespace
}  // namespace onecard::seal
