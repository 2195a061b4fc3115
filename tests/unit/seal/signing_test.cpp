#include <gtest/gtest.h>

#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"
#include "openssl_command.hpp"

namespace onecard::seal {
namespace {

using onecard::testing::ScratchFolder;
using onecard::testing::shell;
using onecard::testing::slurp;
using onecard::testing::spill;
using onecard::testing::system_now;

constexpr std::int64_t day = 86'400;
const std::string batch =
    "YKT|1.0|370212|202201\r\nline\nwith every kind of line end\r\0and nothing|" + std::string(1, '\0');

Moment later(Moment moment, std::int64_t seconds) {
    return Moment::of_unix_seconds(moment.unix_seconds() + seconds);
}

std::string flipped(std::string bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << (bit % 8));
    return bytes;
}

class Signatures : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        folder = new ScratchFolder;
        ASSERT_TRUE(make_certificates(
            folder->path(), {{.name = "service", .server = true}, {.name = "bank-1"}}, system_now(), 30));
        ASSERT_TRUE(make_certificates(*folder / "strange", {{.name = "service"}}, system_now(), 30));
        spill(*folder / "batch", batch);
    }
    static void TearDownTestSuite() {
        delete folder;
        folder = nullptr;
    }
    static std::unique_ptr<app::FileSigner> signer(const std::string& name = "service") {
        return create_file_signer(*folder / (name + ".pem"), *folder / (name + ".key")).value();
    }
    static std::unique_ptr<app::SignatureVerifier> verifier(Moment now = system_now()) {
        return create_verifier(*folder / "ca.pem", now).value();
    }
    /// Runs openssl and gives the file "out" that it made.
    static std::string by_openssl(const std::string& arguments) {
        const auto said = shell(folder->path(), "openssl " + arguments + " -out out");
        EXPECT_EQ(said.status, 0) << arguments << "\n" << said.text;
        return slurp(*folder / "out");
    }
    static ScratchFolder* folder;
};
ScratchFolder* Signatures::folder = nullptr;

TEST_F(Signatures, AreVerifiedWithTheSignersNameAndFingerprint) {
    const auto service = signer();
    const auto verified = verifier()->verify(batch, service->sign(batch));
    ASSERT_TRUE(verified) << verified.error().message();
    EXPECT_EQ(*verified, service->signer());
    EXPECT_EQ(*verified, read_certificate(*folder / "service.pem").value());
    EXPECT_EQ(verified->name, "service");
    std::string fingerprint =
        shell(folder->path(), "openssl x509 -in service.pem -outform DER | sha256sum").text;
    EXPECT_EQ(verified->fingerprint.hex(), fingerprint.substr(0, 64));
}

TEST_F(Signatures, FedPieceByPieceAreThoseOfTheWhole) {
    const auto service = signer();
    const auto signing = service->begin();
    std::string whole;
    for (int i = 0; i < 1000; ++i) {
        const std::string piece(static_cast<std::size_t>(i), static_cast<char>(i));
        signing->update(bytes_of(piece));
        whole += piece;
    }
    const std::string cms = signing->finish();
    EXPECT_TRUE(verifier()->verify(whole, cms));
    EXPECT_LT(cms.size(), 1500U);
    EXPECT_THROW(signing->update(bytes_of("more")), BrokenInvariant);
    EXPECT_THROW(static_cast<void>(signing->finish()), BrokenInvariant);
}

TEST_F(Signatures, MadeFromADigestAreThoseOfTheBytes) {
    const auto service = signer();
    const Digest digest = sha256().hash(bytes_of(batch));
    const std::string cms = service->sign_digest(digest).value();
    for (const auto& verified :
         {verifier()->verify(batch, cms), verifier()->verify_file(*folder / "batch", cms),
          verifier()->verify_digest(digest, cms)}) {
        ASSERT_TRUE(verified) << verified.error().message();
        EXPECT_EQ(*verified, service->signer());
    }
    EXPECT_EQ(verifier()->verify(batch + "x", cms).error().fault, Fault::tampered);
    EXPECT_EQ(verifier()->verify_digest(sha256().hash({}), cms).error().fault, Fault::tampered);

    spill(*folder / "digest.p7s", cms);
    const std::string check =
        "openssl cms -verify -inform DER -in digest.p7s -binary -CAfile ca.pem -purpose any -out again "
        "-content ";
    const auto said = shell(folder->path(), check + "batch && cmp batch again");
    EXPECT_EQ(said.status, 0) << said.text;
    spill(*folder / "other", batch + "x");
    EXPECT_NE(shell(folder->path(), check + "other").status, 0);
}

TEST_F(Signatures, HaveTheFormOfThoseOfTheOpensslProgram) {
    // All but what differs from signature to signature: its time and its numbers.
    const auto form_of = [](const std::string& name) {
        return shell(folder->path(), "openssl asn1parse -inform DER -in " + name +
                                         " | sed -E 's/^ *[0-9]+:d=([0-9]+) +hl= *[0-9]+ +l= *[0-9]+ /\\1 /; "
                                         "s/(UTCTIME +:).*/\\1/' | sed -E '$d' ");
    };
    spill(*folder / "ours.p7s", signer("bank-1")->sign(batch));
    spill(*folder / "theirs.p7s", by_openssl("cms -sign -binary -nosmimecap -in batch -signer bank-1.pem "
                                             "-inkey bank-1.key -md sha256 -outform DER"));
    const auto ours = form_of("ours.p7s"), theirs = form_of("theirs.p7s");
    ASSERT_EQ(ours.status, 0) << ours.text;
    EXPECT_TRUE(ours.text.contains("messageDigest")) << ours.text;
    EXPECT_EQ(ours.text, theirs.text);
}

TEST_F(Signatures, OfNothingAreSignaturesToo) {
    const std::string cms = signer()->sign("");
    EXPECT_TRUE(verifier()->verify("", cms));
    EXPECT_EQ(verifier()->verify(" ", cms).error().fault, Fault::tampered);
}

TEST_F(Signatures, AreVerifiedByTheOpensslProgram) {
    spill(*folder / "batch.p7s", signer()->sign(batch));
    const auto said =
        shell(folder->path(),
              "openssl cms -verify -inform DER -in batch.p7s -content batch -binary -CAfile ca.pem "
              "-purpose any -out again && cmp batch again");
    EXPECT_EQ(said.status, 0) << said.text;
    spill(*folder / "other", batch + "x");
    EXPECT_NE(shell(folder->path(),
                    "openssl cms -verify -inform DER -in batch.p7s -content other -binary -CAfile ca.pem "
                    "-purpose any -out again")
                  .status,
              0);
    spill(*folder / "receipt.p7m", signer()->sign_attached("a receipt\n"));
    EXPECT_EQ(
        shell(folder->path(),
              "openssl cms -verify -inform DER -in receipt.p7m -binary -CAfile ca.pem -purpose any -out text "
              "&& printf 'a receipt\\n' | cmp - text")
            .status,
        0);
}

TEST_F(Signatures, OfTheOpensslProgramAreVerified) {
    const auto detached =
        by_openssl("cms -sign -binary -in batch -signer bank-1.pem -inkey bank-1.key -outform DER");
    auto verified = verifier()->verify(batch, detached);
    ASSERT_TRUE(verified) << verified.error().message();
    EXPECT_EQ(verified->name, "bank-1");
    verified = verifier()->verify_file(*folder / "batch", detached);
    ASSERT_TRUE(verified) << verified.error().message();

    const auto attached =
        by_openssl("cms -sign -binary -nodetach -in batch -signer bank-1.pem -inkey bank-1.key -outform DER");
    const auto opened = verifier()->verify_attached(attached);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(opened->text, batch);
    EXPECT_EQ(opened->signer.name, "bank-1");

    for (const char* variant : {"-md sha384", "-md sha512", "-keyid", "-nosmimecap", "-md sha256 -cades"}) {
        const auto cms =
            by_openssl(std::string{"cms -sign -binary -in batch -signer bank-1.pem -inkey bank-1.key "
                                   "-outform DER "} +
                       variant);
        const auto accepted = verifier()->verify(batch, cms);
        EXPECT_TRUE(accepted) << variant << ": " << accepted.error().message();
    }
}

TEST_F(Signatures, WithRsaAreMadeAndVerified) {
    ASSERT_EQ(
        shell(folder->path(),
              "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out rsa.key && "
              "openssl req -new -config /dev/null -subj /CN=rsa -key rsa.key -out rsa.csr && "
              "openssl x509 -req -in rsa.csr -CA ca.pem -CAkey ca.key -set_serial 77 -days 3 -out rsa.pem")
            .status,
        0);
    const auto verified = verifier()->verify(batch, signer("rsa")->sign(batch));
    ASSERT_TRUE(verified) << verified.error().message();
    EXPECT_EQ(verified->name, "rsa");
    EXPECT_TRUE(
        verifier()->verify(batch, signer("rsa")->sign_digest(sha256().hash(bytes_of(batch))).value()));
    const auto theirs = by_openssl("cms -sign -binary -in batch -signer rsa.pem -inkey rsa.key -outform DER");
    EXPECT_TRUE(verifier()->verify(batch, theirs));
    const auto pss = by_openssl(
        "cms -sign -binary -in batch -signer rsa.pem -inkey rsa.key -keyopt rsa_padding_mode:pss -outform DER");
    EXPECT_EQ(verifier()->verify(batch, pss).error().fault, Fault::forbidden);
}

TEST_F(Signatures, ThroughAnIntermediateAuthorityAreVerified) {
    ASSERT_EQ(
        shell(
            folder->path(),
            "mkdir -p deep && cd deep && printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=keyCertSign\\n"
            "subjectKeyIdentifier=hash\\n' > ca.ext && "
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out root.key && "
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out middle.key && "
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out end.key && "
            "openssl req -new -config /dev/null -subj /CN=root -key root.key -out root.csr && "
            "openssl x509 -req -in root.csr -signkey root.key -extfile ca.ext -days 3 -out root.pem && "
            "openssl req -new -config /dev/null -subj /CN=middle -key middle.key -out middle.csr && "
            "openssl x509 -req -in middle.csr -CA root.pem -CAkey root.key -set_serial 2 -extfile ca.ext "
            "-days 3 -out middle.pem && "
            "openssl req -new -config /dev/null -subj /CN=end -key end.key -out end.csr && "
            "openssl x509 -req -in end.csr -CA middle.pem -CAkey middle.key -set_serial 3 -days 3 -out leaf.pem "
            "&& cat leaf.pem middle.pem > end.pem")
            .status,
        0);
    const auto end = create_file_signer(*folder / "deep/end.pem", *folder / "deep/end.key").value();
    const auto verified =
        create_verifier(*folder / "deep/root.pem", system_now()).value()->verify(batch, end->sign(batch));
    ASSERT_TRUE(verified) << verified.error().message();
    EXPECT_EQ(verified->name, "end");
}

TEST_F(Signatures, WithAnyBitFlippedAreRefused) {
    const auto verifying = verifier();
    const std::string cms = signer()->sign(batch);
    ASSERT_TRUE(verifying->verify(batch, cms));
    for (std::size_t bit = 0; bit < 8 * cms.size(); ++bit)
        ASSERT_FALSE(verifying->verify(batch, flipped(cms, bit)))
            << "byte " << bit / 8 << ", bit " << bit % 8;
}

TEST_F(Signatures, OfTheOpensslProgramWithAnyBitFlippedAreRefused) {
    const auto verifying = verifier();
    for (const char* form : {"", "-nodetach -keyid"}) {
        const auto cms = by_openssl(
            std::string{"cms -sign -binary -in batch -signer bank-1.pem -inkey bank-1.key -outform DER "} +
            form);
        for (std::size_t bit = 0; bit < 8 * cms.size(); ++bit) {
            ASSERT_FALSE(verifying->verify(batch, flipped(cms, bit)))
                << "byte " << bit / 8 << ", bit " << bit % 8;
            ASSERT_FALSE(verifying->verify_attached(flipped(cms, bit)))
                << "byte " << bit / 8 << ", bit " << bit % 8;
        }
    }
}

TEST_F(Signatures, OfContentWithAnyBitFlippedAreTampered) {
    const auto verifying = verifier();
    const std::string cms = signer()->sign(batch);
    for (std::size_t bit = 0; bit < 8 * batch.size(); ++bit)
        ASSERT_EQ(verifying->verify(flipped(batch, bit), cms).error().fault, Fault::tampered) << bit;
    spill(*folder / "altered", flipped(batch, 3));
    const auto refused = verifying->verify_file(*folder / "altered", cms);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::tampered);
    EXPECT_EQ(refused.error().place, (*folder / "altered").string());
}

TEST_F(Signatures, CutOrLengthenedAreMalformed) {
    const auto verifying = verifier();
    const std::string cms = signer()->sign(batch);
    for (std::size_t length = 0; length < cms.size(); ++length)
        ASSERT_EQ(verifying->verify(batch, cms.substr(0, length)).error().fault, Fault::malformed) << length;
    EXPECT_EQ(verifying->verify(batch, cms + '\0').error().fault, Fault::malformed);
    EXPECT_EQ(verifying->verify(batch, "no CMS at all").error().fault, Fault::malformed);
}

TEST_F(Signatures, OfStrangersAreForbidden) {
    const auto stranger =
        create_file_signer(*folder / "strange/service.pem", *folder / "strange/service.key").value();
    const auto refused = verifier()->verify(batch, stranger->sign(batch));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::forbidden);
    // The authority itself signs certificates, never files.
    const auto authority = create_file_signer(*folder / "ca.pem", *folder / "ca.key").value();
    EXPECT_EQ(verifier()->verify(batch, authority->sign(batch)).error().fault, Fault::forbidden);
}

TEST_F(Signatures, AreCheckedAtTheMomentGiven) {
    const std::string cms = signer()->sign(batch);
    EXPECT_TRUE(verifier(later(system_now(), 29 * day))->verify(batch, cms));
    const auto expired = verifier(later(system_now(), 31 * day))->verify(batch, cms);
    ASSERT_FALSE(expired);
    EXPECT_EQ(expired.error().fault, Fault::forbidden);
    EXPECT_NE(expired.error().text.find("expired"), std::string::npos) << expired.error().text;
    EXPECT_EQ(verifier(later(system_now(), -3 * day))->verify(batch, cms).error().fault, Fault::forbidden);
}

TEST_F(Signatures, OfFormsThatAreNotTakenAreRefused) {
    const auto verifying = verifier();
    const std::string sign = "cms -sign -binary -in batch -signer bank-1.pem -inkey bank-1.key -outform DER ";
    // One form a row: what openssl makes, and why it is not taken.
    EXPECT_EQ(verifying->verify(batch, by_openssl(sign + "-md sha1")).error().fault, Fault::forbidden);
    EXPECT_EQ(
        verifying->verify(batch, by_openssl(sign + "-signer service.pem -inkey service.key")).error().fault,
        Fault::malformed);
    EXPECT_EQ(verifying->verify(batch, by_openssl(sign + "-nocerts")).error().fault, Fault::malformed);
    EXPECT_EQ(verifying->verify(batch, by_openssl(sign + "-noattr")).error().fault, Fault::malformed);
    EXPECT_EQ(verifying->verify(batch, by_openssl(sign + "-nodetach")).error().fault, Fault::malformed);
    EXPECT_EQ(verifying->verify_attached(by_openssl(sign)).error().fault, Fault::malformed);
    EXPECT_EQ(verifying->verify_attached(by_openssl(sign + "-nodetach -stream")).error().fault,
              Fault::malformed);
    EXPECT_EQ(verifying->verify(batch, by_openssl("cms -digest_create -in batch -outform DER")).error().fault,
              Fault::malformed);
}

TEST_F(Signatures, ThatCarryTheirTextGiveItBack) {
    const auto service = signer();
    for (const std::string& text : {std::string{"approved\n"}, std::string{}, std::string(100'000, 'x')}) {
        const auto opened = verifier()->verify_attached(service->sign_attached(text));
        ASSERT_TRUE(opened) << opened.error().message();
        EXPECT_EQ(opened->text, text);
        EXPECT_EQ(opened->signer, service->signer());
    }
}

TEST_F(Signatures, AboveTheirLimitsAreRefusedAndNeverMade) {
    EXPECT_EQ(verifier()->verify(batch, std::string((64U << 10U) + 1, '\x30')).error().fault,
              Fault::malformed);
    EXPECT_EQ(verifier()->verify_attached(std::string((1U << 20U) + 1, '\x30')).error().fault,
              Fault::malformed);
    const std::string largest((1U << 20U) - (64U << 10U), 'x');
    EXPECT_TRUE(verifier()->verify_attached(signer()->sign_attached(largest)));
    EXPECT_THROW(static_cast<void>(signer()->sign_attached(largest + "x")), BrokenInvariant);
}

TEST_F(Signatures, OfAFileThatIsNotThereAreMissing) {
    const auto refused = verifier()->verify_file(*folder / "absent", signer()->sign(batch));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::missing);
    EXPECT_EQ(refused.error().place, (*folder / "absent").string());
    EXPECT_THROW(static_cast<void>(verifier()->verify_file(folder->path(), signer()->sign(batch))),
                 std::system_error)
        << "a folder opens but cannot be read, like a file on a failing disk";
}

TEST_F(Signatures, NeedAKeyThatFitsAndIsStrong) {
    const auto fault = [&](const char* certificate, const char* key) {
        const auto refused = create_file_signer(*folder / certificate, *folder / key);
        EXPECT_FALSE(refused) << key;
        return refused ? Fault::unknown : refused.error().fault;
    };
    EXPECT_EQ(fault("service.pem", "bank-1.key"), Fault::mismatch);
    EXPECT_EQ(fault("absent.pem", "service.key"), Fault::missing);
    EXPECT_EQ(fault("service.pem", "absent.key"), Fault::missing);
    EXPECT_EQ(fault("service.pem", "service.pem"), Fault::malformed);
    EXPECT_EQ(fault("service.key", "service.key"), Fault::malformed);
    ASSERT_EQ(shell(folder->path(),
                    "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out weak.key && "
                    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.key && "
                    "openssl pkcs8 -topk8 -in service.key -passout pass:secret -out locked.key")
                  .status,
              0);
    EXPECT_EQ(fault("service.pem", "weak.key"), Fault::malformed);
    EXPECT_EQ(fault("service.pem", "p384.key"), Fault::malformed);
    EXPECT_EQ(fault("service.pem", "locked.key"), Fault::malformed);
    const auto refused = create_file_signer(*folder / "service.pem", *folder / "bank-1.key");
    EXPECT_EQ(refused.error().place, (*folder / "bank-1.key").string());
}

TEST_F(Signatures, NeedAuthorities) {
    EXPECT_EQ(create_verifier(*folder / "absent.pem", system_now()).error().fault, Fault::missing);
    EXPECT_EQ(create_verifier(*folder / "service.key", system_now()).error().fault, Fault::malformed);
    EXPECT_EQ(create_verifier(*folder / "batch", system_now()).error().fault, Fault::malformed);
}

}  // namespace
}  // namespace onecard::seal
