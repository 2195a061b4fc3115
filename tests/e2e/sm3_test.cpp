#include <gmock/gmock.h>

#include "onecard/audit/checkpoint.hpp"
#include "support/installation.hpp"

/// The log of the ledger hashed with SM3, as the configuration says: from the first act to a packet that verifies alone.
namespace onecard::test {
namespace {

using ::testing::HasSubstr;

class TheLogInSm3 : public WithInstallation<TheLogInSm3> {
public:
    static void prepare(Installation& here) {
        here.configure(
            [](const std::string& text) { return replaced(text, "hash = \"sha256\"", "hash = \"sm3\""); });
        here.start();
        here.done({"import", here.register_folder().string()});
        const std::string run = here.create_run("regular", "2021-12");
        here.done({"run", "compute", run});
        here.sign_and_release(run);
        here.done(here.bank_words(1, {"--fail-permille", "40", "--wait-posted"}));
    }
};

TEST_F(TheLogInSm3, IsSaidByItsCheckpointsAndHoldsForWhoeverChecksIt) {
    const std::string note = here().done({"ledger", "checkpoint"});
    const auto checkpoint = audit::Checkpoint::parse(audit::SignedNote::parse(note).value().text);
    ASSERT_TRUE(checkpoint) << note;
    EXPECT_EQ(checkpoint->hash, "sm3");
    EXPECT_THAT(note, HasSubstr("\nhash sm3\n"));
    expect_books_fit(here());

    // The root once more with openssl alone: a leaf is SM3(0x00 || text), a node SM3(0x01 || left || right).
    const auto proof = object_of(here().done({"audit", "inclusion", "0"}));
    EXPECT_EQ(word(proof, "hash"), "sm3");
    const auto sm3 = [&](const std::string& bytes) {
        const fs::path file = here().folder() / "hashed";
        write_text(file, bytes);
        const std::string said =
            here().run({"openssl", "dgst", "-sm3", "-r", file.string()}).out.substr(0, 64);
        std::string digest;
        for (std::size_t i = 0; i < said.size(); i += 2)
            digest += static_cast<char>(std::stoi(said.substr(i, 2), nullptr, 16));
        return digest;
    };
    const auto bytes_of_hex = [](const std::string& hex) {
        std::string bytes;
        for (std::size_t i = 0; i < hex.size(); i += 2)
            bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
        return bytes;
    };
    std::string root = bytes_of_hex(word(proof, "leaf"));
    for (const auto& row :
         rows(proof, "proof"))  // Place 0 is the left-most leaf: everything else comes from the right.
        root = sm3("\x01" + root + bytes_of_hex(word(row.as_object(), "node")));
    EXPECT_EQ(root, bytes_of_hex(word(proof, "root")));

    const auto payments = object_of(here().curl("auditor", "GET", "/v1/runs/1/payments?limit=1").body);
    const std::string reference = word(rows(payments, "payments").at(0).as_object(), "reference");
    const std::string file = (here().folder() / "packet").string();
    here().done({"audit", "packet", reference, "--out", file});
    EXPECT_THAT(text_in(file), HasSubstr("\nhash sm3\n"));
    const Ran verified =
        here().card({"audit", "verify", file, "--key", (here().service_folder() / "ledger.pub").string(),
                     "--authorities", (here().certs() / "ca.pem").string()});
    EXPECT_EQ(verified.code, 0) << verified.all();
}

TEST_F(TheLogInSm3, StaysInSm3WhateverTheConfigurationSaysLater) {
    here().stop();
    here().configure([](std::string text) { return text; });
    const Ran refused =
        here().run({"timeout", "20", ONECARD_BINARY, "--config", here().config().string(), "serve"});
    EXPECT_NE(refused.code, 0);
    EXPECT_NE(refused.code, 124) << "it serves a log that it hashes in another way";
    EXPECT_THAT(refused.all(), HasSubstr("hashed in another way than with sha256"));
    here().configure(
        [](const std::string& text) { return replaced(text, "hash = \"sha256\"", "hash = \"sm3\""); });
    here().start();
    expect_books_fit(here());
}

}  // namespace
}  // namespace onecard::test
