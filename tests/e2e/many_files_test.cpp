#include <gmock/gmock.h>

#include <cctype>

#include "banks_by_hand.hpp"

namespace onecard::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Files = std::vector<json::object>;

/// A month is released and no bank has said anything. What banks say about many files at once.
class BanksWithManyFiles : public BanksByHand<BanksWithManyFiles> {
public:
    static void prepare(Installation& here) {
        here.start();
        here.done({"import", here.register_folder().string()});
        const std::string run = here.create_run("regular", "2021-12");
        here.done({"run", "compute", run});
        here.sign_and_release(run);
        for (const int bank : {1, 2, 3}) {
            const json::object listed =
                object_of(here.curl(name(bank), "GET", "/v1/bank/files?after=0").body);
            for (const auto& file : rows(listed, "files")) listed_[bank].push_back(file.as_object());
        }
    }

protected:
    /// So many files of a bank that no other test has.
    static Files take(int bank, std::size_t count) {
        Files& all = listed_[bank];
        if (all.size() < count) throw std::runtime_error{"too few files are left"};
        Files taken{all.end() - static_cast<std::ptrdiff_t>(count), all.end()};
        all.resize(all.size() - count);
        return taken;
    }
    static std::string line(const json::object& file) {
        return fmt::format("file {} sha256 {}\n", word(file, "file_id"), word(file, "sha256"));
    }
    /// The digest alone.
    static std::string in_capitals(std::string line) {
        for (std::size_t i = line.rfind(' '); i < line.size(); ++i)
            line[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(line[i])));
        return line;
    }
    static std::string words_for(const Files& files) {
        std::string text = "onecard receipts 1\n";
        for (const json::object& file : files) text += line(file);
        return text + "answer accepted\n";
    }
    static Reply post(int bank, const std::string& text, const std::string& signer) {
        const fs::path said = here().folder() / "note";
        write_text(said, text);
        write_text(here().folder() / "note.p7s", here().sign(signer, said, false));
        return here().curl(name(bank), "POST", "/v1/bank/receipts",
                           {"--header", "Content-Type: application/cms", "--data-binary",
                            "@" + (here().folder() / "note.p7s").string()});
    }
    static Reply post(int bank, const std::string& text) { return post(bank, text, name(bank)); }
    static void expect_none(int bank, const Files& files) {
        for (const json::object& file : files) EXPECT_EQ(receipt_of(bank, word(file, "file_id")), "none");
    }
    /// The text of what the service signed.
    static std::string signed_text(const std::string& cms) {
        const fs::path file = here().folder() / "signed.p7s";
        write_text(file, cms);
        const Ran ran =
            here().run({"openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", file.string(),
                        "-CAfile", (here().certs() / "ca.pem").string(), "-no-CApath", "-purpose", "any"});
        EXPECT_EQ(ran.code, 0) << ran.all();
        return ran.out;
    }
    static inline std::map<int, Files> listed_;
};

TEST_F(BanksWithManyFiles, ReceiptThemAllWithOneSignature) {
    const Files files = take(1, 2);
    EXPECT_EQ(post(1, words_for(files)).status, 204);
    for (const json::object& file : files) EXPECT_EQ(receipt_of(1, word(file, "file_id")), "accepted");
    EXPECT_EQ(post(1, words_for(files)).status, 204) << "the same once more is no harm";
    Sql sql{here().owner_url()};
    const std::string both = fmt::format(
        "select count(*) || ' ' || count(distinct note) from receipt join batch using (county, period, batch_no) where "
        "file_id in ('{}', '{}')",
        word(files[0], "file_id"), word(files[1], "file_id"));
    EXPECT_EQ(sql.cell(both), "2 1") << "one note";
    // What was receipted by itself before may stand in a note with others.
    Files more = take(1, 1);
    more.push_back(files[0]);
    EXPECT_EQ(post(1, words_for(more)).status, 204);
    EXPECT_EQ(receipt_of(1, word(more[0], "file_id")), "accepted");
    expect_books_fit(here());
}

TEST_F(BanksWithManyFiles, ReceiptAllOfThemOrNone) {
    const Files files = take(2, 2);
    json::object other = files[1];
    other["sha256"] = std::string(64, '0');
    const auto refused = [&](const Reply& reply, int status, const std::string& code,
                             const std::string& place) {
        expect_problem(reply, status, code);
        EXPECT_THAT(reply.body, HasSubstr(place));
        expect_none(2, files);
    };
    refused(post(2, words_for({files[0], other})), 422, "mismatch", word(other, "file_id"));
    const json::object foreign = listed_[3].front();
    refused(post(2, words_for({files[0], foreign})), 404, "unknown", word(foreign, "file_id"));
    refused(post(2, words_for(files), "bank-3"), 403, "forbidden", "receipts");
    const std::string head = "onecard receipts 1\n", end = "answer accepted\n";
    for (const auto& [text, place] : std::vector<std::pair<std::string, std::string>>{
             {head + end, "receipts:2"},
             {"onecard receipt 1\n" + line(files[0]) + end, "receipts:1"},
             {head + line(files[0]) + "answer refused no\n", "receipts:3"},
             {head + line(files[0]) + "file " + word(files[1], "file_id") + "\n" + end, "receipts:3"},
             {head + line(files[0]) + line(files[1]), "receipts:4"},
             {head + line(files[0]) + end + "x", "receipts:3"},
             {head + line(files[0]) + in_capitals(line(files[1])) + end, "receipts:3"}})
        refused(post(2, text), 400, "malformed", place);
    std::string too_many = head;
    for (int i = 0; i <= 500; ++i) too_many += line(files[0]);
    refused(post(2, too_many + end), 400, "malformed", "receipts:502");

    // One that was refused by itself stays refused, and those that come with it wait.
    const fs::path said = here().folder() / "refusal";
    write_text(said, fmt::format("onecard receipt 1\nfile {}\nsha256 {}\nanswer refused line 2\n",
                                 word(files[1], "file_id"), word(files[1], "sha256")));
    write_text(here().folder() / "refusal.p7s", here().sign("bank-2", said, false));
    EXPECT_EQ(here()
                  .curl("bank-2", "POST", "/v1/bank/receipts/" + word(files[1], "file_id"),
                        {"--header", "Content-Type: application/cms", "--data-binary",
                         "@" + (here().folder() / "refusal.p7s").string()})
                  .status,
              204);
    const Reply reply = post(2, words_for(files));
    expect_problem(reply, 409, "duplicate");
    EXPECT_THAT(reply.body, HasSubstr(word(files[1], "file_id")));
    expect_none(2, {files[0]});
    EXPECT_EQ(receipt_of(2, word(files[1], "file_id")), "refused");
    EXPECT_EQ(here().curl("maker", "POST", "/v1/bank/receipts").status, 403);
    expect_books_fit(here());
}

TEST_F(BanksWithManyFiles, GetOneSignedReceiptForTheirReturnFiles) {
    const Files files = take(3, 2);
    std::string expected = "onecard return receipts 1\n";
    std::int64_t first = 0;
    for (const json::object& file : files) {
        Answer answer;
        answer.file_id = word(file, "file_id");
        read(3, answer);
        const std::string ret = answer.file_id + ".ret", bytes = answer.bytes();
        const fs::path path = here().folder() / "put" / ret;
        write_text(path, bytes);
        EXPECT_EQ(put(3, ret + ".p7s", here().sign("bank-3", path, true)).status, 201);
        const auto put_later = [&](const std::string& when) {
            write_text(path, bytes);
            return here().curl(
                "bank-3", "PUT", "/v1/bank/returns/" + ret,
                {"--header", "Onecard-Receipt: " + when, "--header", "Content-Type: application/octet-stream",
                 "--data-binary", "@" + path.string()});
        };
        expect_problem(put_later("never"), 400, "malformed");
        EXPECT_EQ(put(3, ret + ".p7s", here().sign("bank-3", path, true)).status, 201);
        const Reply kept = put_later("later");
        ASSERT_EQ(kept.status, 201) << kept.all();
        const std::int64_t number = test::number(object_of(kept.body), "number");
        if (first == 0) first = number;
        expected += fmt::format("file {} sha256 {} number {}\n", ret,
                                seal::sha256().hash(bytes_of(bytes)).hex(), number);
        EXPECT_EQ(word(result(3, ret), "state"), "posted");
    }
    const Reply later =
        here().curl("bank-3", "GET", fmt::format("/v1/bank/return-receipts?after={}", first - 1));
    ASSERT_EQ(later.status, 200) << later.all();
    EXPECT_EQ(signed_text(later.body), expected);
    const Reply others = here().curl("bank-2", "GET", "/v1/bank/return-receipts?after=0");
    EXPECT_THAT(signed_text(others.body), Not(HasSubstr(word(files[0], "file_id"))));
    expect_problem(here().curl("bank-3", "GET", "/v1/bank/return-receipts?after=x"), 400, "malformed");
    EXPECT_EQ(here().curl("auditor", "GET", "/v1/bank/return-receipts?after=0").status, 403);
    expect_books_fit(here());
}

TEST_F(BanksWithManyFiles, AreHeldToEveryWordOfANote) {
    const Files files = take(1, 2);
    ASSERT_EQ(post(1, words_for(files)).status, 204);
    ASSERT_EQ(post(1, words_for(take(1, 1))).status, 204);
    const std::string one = word(files[0], "file_id");
    const std::string own = "join batch b using (county, period, batch_no) where b.file_id = '" + one + "'";
    const std::string other_note =
        "update receipt set note = (select digest from receipt_note where digest <> receipt.note limit 1) where (county, "
        "period, batch_no) = (select county, period, batch_no from receipt " +
        own + ")";
    const std::string other_bytes =
        "update receipt_note set cms = set_byte(cms, 200, get_byte(cms, 200) # 1) where digest = (select note from receipt " +
        own + ")";
    const std::string named = "receipt of " + one;
    expect_found(here(),
                 {{"a receipt that its note does not give", "receipt", other_note.c_str(), named.c_str()},
                  {"a note's signature", "receipt_note", other_bytes.c_str(), "receipt of"}});
}

}  // namespace
}  // namespace onecard::test
