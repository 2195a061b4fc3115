#include <gmock/gmock.h>

#include "the_banks.hpp"

namespace onecard::test {
namespace {

using ::testing::HasSubstr;

// ------------------------------------------------------------------------------------------------- batch files

TEST_F(TheBanks, SeeOnlyTheirOwnFiles) {
    const std::string file = word(listed_[1].front(), "file_id");
    for (const char* ending : {".txt", ".txt.p7s"})
        expect_problem(here().curl("bank-2", "GET", "/v1/bank/files/" + file + ending), 404, "unknown");
    const fs::path text = here().folder() / "receipt";
    write_text(text, fmt::format("onecard receipt 1\nfile {}\nsha256 {}\nanswer accepted\n", file,
                                 word(listed_[1].front(), "sha256")));
    write_text(here().folder() / "receipt.p7s", here().sign("bank-2", text, false));
    expect_problem(here().curl("bank-2", "POST", "/v1/bank/receipts/" + file,
                               {"--header", "Content-Type: application/cms", "--data-binary",
                                "@" + (here().folder() / "receipt.p7s").string()}),
                   404, "unknown");
    expect_problem(put_signed(2, file + ".ret", "not even a file"), 404, "unknown");
    expect_problem(here().curl("bank-2", "GET", "/v1/bank/returns/" + file + ".ret"), 404, "unknown");
    EXPECT_EQ(listed_[1].size() + listed_[2].size() + listed_[3].size(),
              std::stoul(Sql{here().owner_url()}.cell("select count(*) from dispatch")));
}

TEST_F(TheBanks, GetTheSameBytesEveryTimeWholeOrInPieces) {
    for (const json::object& file : listed_[1]) {
        const std::string path = word(file, "file_id") + ".txt", whole = fetch(1, path);
        EXPECT_EQ(static_cast<std::int64_t>(whole.size()), number(file, "bytes"));
        EXPECT_EQ(seal::sha256().hash(bytes_of(whole)).hex(), word(file, "sha256"));
        EXPECT_EQ(fetch(1, path), whole);
    }
    const std::string path = word(listed_[1].front(), "file_id") + ".txt", whole = fetch(1, path);
    for (const std::size_t from : {std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
        const Reply rest =
            here().curl("bank-1", "GET", "/v1/bank/files/" + path, {"--range", fmt::format("{}-", from)});
        EXPECT_EQ(rest.status, 206) << rest.all();
        EXPECT_EQ(whole.substr(0, from) + rest.body, whole);
    }
    EXPECT_EQ(
        here()
            .curl("bank-1", "GET", "/v1/bank/files/" + path, {"--range", fmt::format("{}-", whole.size())})
            .status,
        416);
}

TEST_F(TheBanks, GetFilesThatOpensslVerifiesAndNoticeAByteThatFlipped) {
    for (const int bank : {1, 2, 3})
        for (const json::object& file : listed_[bank]) {
            const std::string id = word(file, "file_id");
            const fs::path path = here().folder() / "fetched" / id;
            const std::string bytes = fetch(bank, id + ".txt");
            write_text(path, bytes);
            const fs::path signature = fs::path{path} += ".p7s";
            write_text(signature, fetch(bank, id + ".txt.p7s"));
            EXPECT_EQ(here().verify(path, signature).code, 0) << id;
            std::string flipped = bytes;
            flipped[bytes.size() / 2] ^= 1;
            write_text(path, flipped);
            const Ran ran = here().verify(path, signature);
            EXPECT_NE(ran.code, 0) << id;
            EXPECT_THAT(ran.err, HasSubstr("verification failure"));
        }
}

TEST_F(TheBanks, SetAsideACopyThatWasAlteredAtTheBankAndMakeNothingFromIt) {
    // Bank 2 has its copies and has made no return yet.
    const std::string file = word(listed_[2].front(), "file_id");
    const fs::path copy = here().bank_folder(2) / "files" / (file + ".txt");
    const std::string bytes = text_in(copy);
    std::string flipped = bytes;
    flipped[bytes.size() / 2] ^= 1;
    write_text(copy, flipped);
    const Ran ran = here().card(here().bank_words(2, {"--does", "open-lines"}));
    EXPECT_EQ(ran.code, 1) << ran.all();
    EXPECT_THAT(ran.out, HasSubstr(file));
    EXPECT_THAT(ran.out, HasSubstr("set aside"));
    EXPECT_EQ(text_in(copy), bytes);
}

// ------------------------------------------------------------------------------------------------- receipts

TEST_F(TheBanks, CanRefuseAFileAndThenNotAcceptOrAnswerItAnyMore) {
    const Answer answer = take_batch(3, 2);
    const std::string digest = seal::sha256().hash(bytes_of(fetch(3, answer.file_id + ".txt"))).hex();
    const auto post = [&](const std::string& said, const std::string& of) {
        const fs::path text = here().folder() / "receipt";
        write_text(text, fmt::format("onecard receipt 1\nfile {}\nsha256 {}\nanswer {}\n", answer.file_id, of,
                                     said));
        write_text(here().folder() / "receipt.p7s", here().sign("bank-3", text, false));
        return here().curl("bank-3", "POST", "/v1/bank/receipts/" + answer.file_id,
                           {"--header", "Content-Type: application/cms", "--data-binary",
                            "@" + (here().folder() / "receipt.p7s").string()});
    };
    ASSERT_EQ(receipt_of(3, answer.file_id), "none");
    expect_problem(post("accepted", std::string(64, '0')), 422, "mismatch");
    EXPECT_EQ(receipt_of(3, answer.file_id), "none");
    EXPECT_EQ(post("refused line 2 cannot be read", digest).status, 204);
    EXPECT_EQ(post("refused line 2 cannot be read", digest).status, 204);
    expect_problem(post("accepted", digest), 409, "duplicate");
    EXPECT_EQ(receipt_of(3, answer.file_id), "refused");
    EXPECT_THAT(refused(3, answer.file_id + ".ret", answer.bytes()), HasSubstr("refused"));
    expect_books_fit(here());
}

TEST_F(TheBanks, GetARefusedFileOnceMoreWhenTwoPersonsSaySo) {
    const Answer answer = take_batch(3, 2);
    const std::string digest = seal::sha256().hash(bytes_of(fetch(3, answer.file_id + ".txt"))).hex();
    const auto receipt = [&](const std::string& said) {
        const fs::path text = here().folder() / "receipt";
        write_text(text, fmt::format("onecard receipt 1\nfile {}\nsha256 {}\nanswer {}\n", answer.file_id,
                                     digest, said));
        write_text(here().folder() / "receipt.p7s", here().sign("bank-3", text, false));
        return here().curl("bank-3", "POST", "/v1/bank/receipts/" + answer.file_id,
                           {"--header", "Content-Type: application/cms", "--data-binary",
                            "@" + (here().folder() / "receipt.p7s").string()});
    };
    const json::array sent = here().trial_balance();
    const std::string again = "/v1/batches/" + answer.file_id + "/again", why = R"({"evidence":"letter 7"})";
    expect_problem(here().post_json("maker", again, why), 409, "conflict");
    EXPECT_EQ(receipt("refused after the cut-off").status, 204);
    EXPECT_NE(here().trial_balance(), sent);
    const Reply proposed = here().post_json("maker", again, why);
    EXPECT_EQ(proposed.status, 201) << proposed.all();
    const std::string proposal = std::to_string(number(object_of(proposed.body), "proposal"));
    expect_problem(
        here().post_json("maker", "/v1/proposals/" + proposal + "/answer", R"({"answer":"agree"})"), 403,
        "forbidden");
    EXPECT_EQ(receipt_of(3, answer.file_id), "refused");
    here().done({"decide", "answer", proposal, "agree"});
    expect_problem(
        here().post_json("checker", "/v1/proposals/" + proposal + "/answer", R"({"answer":"agree"})"), 409,
        "duplicate");
    EXPECT_EQ(receipt("accepted").status, 204);
    EXPECT_EQ(put_signed(3, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(number(result(3, answer.file_id + ".ret"), "paid"),
              static_cast<std::int64_t>(answer.details.size()));
    expect_books_fit(here());
}

// ------------------------------------------------------------------------------------------------- by hand

/// The commands of schemas/bank/connect.md, just as they stand there, against the real service.
TEST_F(TheBanks, CanDoTheirPartWithCurlAndOpensslAlone) {
    const std::string page = text_in(fs::path{ONECARD_SOURCE_DIR} / "schemas/bank/connect.md");
    std::string script = "set -euo pipefail\n";
    constexpr std::string_view opening = "\n```sh\n", closing = "\n```\n";
    for (std::size_t at = page.find(opening); at != page.npos; at = page.find(opening, at)) {
        at += opening.size();
        const std::size_t end = page.find(closing, at);
        ASSERT_NE(end, page.npos);
        script += page.substr(at, end - at) + "\n";
    }
    const Answer answer = take_batch(3, 5);
    const fs::path desk = here().folder() / "desk";
    write_text(desk / "commands.sh", script);
    // A download that broke off is continued.
    write_text(desk / (answer.file_id + ".txt.part"), fetch(3, answer.file_id + ".txt").substr(0, 100));
    const Ran ran = here().run(
        {"env", "ONECARD=" + here().url(), "BANK=" + (here().certs() / "bank-3").string(),
         "CA=" + (here().certs() / "ca.pem").string(), "FILE=" + answer.file_id, "bash", "commands.sh"},
        desk);
    EXPECT_EQ(ran.code, 0) << ran.all();
    EXPECT_EQ(receipt_of(3, answer.file_id), "accepted");
    const json::object said = result(3, answer.file_id + ".ret");
    EXPECT_EQ(word(said, "state"), "posted");
    EXPECT_EQ(number(said, "paid"), static_cast<std::int64_t>(answer.details.size()));
    EXPECT_EQ(number(said, "breaks"), 0);
}

// ------------------------------------------------------------------------------------------------- altered files

/// The service's own store is altered by somebody who can write there: neither banks nor auditors are deceived.
TEST_F(TheBanks, TakeNoFileThatWasAlteredWithTheService) {
    const json::object& listed = listed_[3].back();
    const std::string file = word(listed, "file_id"), digest = word(listed, "sha256");
    fs::path kept;
    for (const auto& entry : fs::recursive_directory_iterator{here().service_folder() / "vault"})
        if (entry.is_regular_file() && entry.path().filename() == digest) kept = entry.path();
    ASSERT_FALSE(kept.empty());
    const std::string bytes = text_in(kept);
    std::string flipped = bytes;
    flipped[bytes.size() / 2] ^= 1;
    fs::permissions(kept, fs::perms::owner_read | fs::perms::owner_write);
    write_text(kept, flipped);
    const Ran ran = here().card(here().bank_words(3, {"--does", "receipts"}));
    EXPECT_EQ(ran.code, 1) << ran.all();
    EXPECT_THAT(ran.out, HasSubstr(file));
    EXPECT_THAT(ran.out, HasSubstr("digest"));
    EXPECT_EQ(receipt_of(3, file), "none");
    const Ran audit = here().card({"audit", "verify"});
    EXPECT_EQ(audit.code, 1);
    EXPECT_THAT(audit.out, HasSubstr(file));
    write_text(kept, bytes);
    EXPECT_EQ(here().card({"audit", "verify"}).code, 0);
}

}  // namespace
}  // namespace onecard::test
