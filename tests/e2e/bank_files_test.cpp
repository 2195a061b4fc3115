#include <gmock/gmock.h>

#include "banks_by_hand.hpp"
#include "by_pages.hpp"
#include "onecard/ops/workbook.hpp"

namespace onecard::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

/// A month is released. Banks 1 and 2 have said that they have their files; bank 3 has said nothing yet. Every test
/// answers batches of its own.
class TheBanks : public BanksByHand<TheBanks> {
public:
    static void prepare(Installation& here) {
        here.start();
        here.done({"import", here.register_folder().string()});
        const std::string run = here.create_run("regular", "2021-12");
        here.done({"run", "compute", run});
        here.sign_and_release(run);
        for (const int bank : {1, 2}) here.done(here.bank_words(bank, {"--does", "receipts"}));
        for (const int bank : {1, 2, 3})
            for (const auto& file :
                 rows(object_of(here.curl(name(bank), "GET", "/v1/bank/files?after=0").body), "files"))
                listed_[bank].push_back(file.as_object());
    }

protected:
    /// A batch that no other test has, of at least so many lines; the answer to it says that everything was paid.
    static Answer take_batch(int bank, std::int64_t lines_min) {
        auto& files = listed_[bank];
        const auto found = std::ranges::find_if(
            files, [&](const json::object& file) { return number(file, "lines") >= lines_min; });
        if (found == files.end()) throw std::runtime_error{"no batch is left of so many lines"};
        Answer answer;
        answer.file_id = word(*found, "file_id");
        files.erase(found);
        read(bank, answer);
        return answer;
    }
    /// Hands in an answer that arrives and is then found unusable as a whole. Gives the reasons.
    static std::string refused(int bank, const std::string& file, const std::string& bytes) {
        const json::array balance = here().trial_balance();
        EXPECT_EQ(put_signed(bank, file, bytes).status, 201);
        const json::object said = result(bank, file);
        EXPECT_EQ(word(said, "state"), "refused") << json::serialize(said);
        EXPECT_EQ(number(said, "paid") + number(said, "failed") + number(said, "breaks"), 0);
        EXPECT_EQ(here().trial_balance(), balance);
        return said.contains("reason") ? word(said, "reason") : "";
    }
    static std::int64_t outcomes(const std::string& condition) {
        Sql sql{here().owner_url()};
        return std::stoll(sql.cell("select count(*) from outcome where " + condition));
    }

    static std::int64_t balance_of(std::int64_t account) {
        for (const auto& row : here().trial_balance())
            if (number(row.as_object(), "account") == account) return number(row.as_object(), "balance_fen");
        return 0;
    }
    /// Number of the only break of a kind that comes from statements, with the money in question.
    static std::pair<std::int64_t, std::int64_t> only_break(const std::string& kind) {
        std::pair<std::int64_t, std::int64_t> found;
        int count = 0;
        for (const auto& row : rows(here().ask({"breaks"}), "breaks")) {
            const json::object& one = row.as_object();
            if (word(one, "kind") != kind || !word(one, "return_file").starts_with("ST")) continue;
            found = {number(one, "break"), number(one, "amount_fen")};
            ++count;
        }
        EXPECT_EQ(count, 1) << kind;
        return found;
    }
    static void resolve(const std::string& kind, const std::string& resolution) {
        here().done({"decide", "break", "370212", std::to_string(only_break(kind).first), resolution,
                     "--evidence", "letter 9 of the bank"});
    }

    static inline std::map<int, std::vector<json::object>> listed_;
};

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

// ------------------------------------------------------------------------------------------------- return files

TEST_F(TheBanks, CannotHandInAReturnThatIsNotSignedByThemOrWasAltered) {
    const Answer answer = take_batch(1, 2);
    const std::string file = answer.file_id + ".ret", bytes = answer.bytes();
    const std::string counts = here().counts();
    expect_problem(put(1, file, bytes), 409, "missing");
    expect_problem(put_signed(1, file, bytes, "bank-2"), 403, "forbidden");
    const fs::path path = here().folder() / "sign" / file;
    write_text(path, bytes);
    EXPECT_EQ(put(1, file + ".p7s", here().sign("bank-1", path, true)).status, 201);
    std::string altered = bytes;
    altered[altered.find("|S|") + 1] = 'F';
    expect_problem(put(1, file, altered), 422, "tampered");
    expect_problem(here().curl("bank-1", "GET", "/v1/bank/returns/" + file), 404, "unknown");
    EXPECT_EQ(put(1, file + ".p7s", "no CMS").status, 201);
    expect_problem(put(1, file, bytes), 400, "malformed");
    expect_problem(put_signed(1, "YKT.ret", bytes), 400, "malformed");
    expect_problem(put_signed(1, answer.file_id + ".x.ret", bytes), 400, "malformed");
    EXPECT_EQ(here().counts(), counts);
}

TEST_F(TheBanks, HaveAReturnRefusedWholeWithEveryFaultOfItsForm) {
    Answer answer = take_batch(1, 4);
    answer.wrong_hash = true;
    answer.details[1].status = 'X';
    const std::string file = answer.file_id + ".ret";
    std::string bytes = answer.bytes();
    bytes = replaced(bytes, fmt::format("|{}|{}|", answer.details[2].account, answer.details[2].amount),
                     fmt::format("|{}|00|", answer.details[2].account));
    bytes = replaced(bytes, fmt::format("{}|{}|", answer.details[3].payment, answer.details[3].account),
                     fmt::format("{}|12AB|", answer.details[3].payment));
    const std::string reason = refused(1, file, bytes);
    for (const int line : {3, 4, 5})
        EXPECT_THAT(reason, ContainsRegex(fmt::format("{}:{}:[a-z]", file, line)));
    EXPECT_THAT(reason, HasSubstr(fmt::format("{}:{}:", file, answer.details.size() + 2)));
    for (const Detail& detail : answer.details) EXPECT_THAT(reason, Not(HasSubstr(detail.account)));
    // The right answer comes under the next name and is taken.
    answer.wrong_hash = false;
    answer.details[1].status = 'S';
    EXPECT_EQ(put_signed(1, answer.file_id + ".2.ret", answer.bytes()).status, 201);
    const json::object said = result(1, answer.file_id + ".2.ret");
    EXPECT_EQ(word(said, "state"), "posted");
    EXPECT_EQ(number(said, "paid"), static_cast<std::int64_t>(answer.details.size()));
}

TEST_F(TheBanks, HaveAReturnRefusedWhoseHeaderOrTrailerIsWrongAlone) {
    Answer answer = take_batch(1, 3);
    answer.header_total_off = 100;
    // Whether it is header or details that are wrong is known at the end only.
    const std::size_t trailer = answer.details.size() + 2;
    EXPECT_THAT(refused(1, answer.file_id + ".ret", answer.bytes()),
                HasSubstr(fmt::format(".ret:{}:total: the header says", trailer)));
    answer.header_total_off = 0;
    answer.wrong_hash = true;
    EXPECT_THAT(refused(1, answer.file_id + ".2.ret", answer.bytes()),
                HasSubstr(fmt::format(".2.ret:{}:hash:", trailer)));
    answer.wrong_hash = false;
    std::string cut = answer.bytes();
    cut.resize(cut.rfind("T|"));
    EXPECT_THAT(refused(1, answer.file_id + ".3.ret", cut), HasSubstr(".3.ret:"));
    answer.bank = "313999000002";
    EXPECT_THAT(refused(1, answer.file_id + ".4.ret", answer.bytes()), HasSubstr(".4.ret:1:bank"));
    answer.bank = "313999000001";
    const std::string right = answer.file_id;
    answer.file_id.back() = right.back() == '9' ? '8' : '9';
    EXPECT_THAT(refused(1, right + ".5.ret", answer.bytes()), HasSubstr(".5.ret:1:"));
    answer.file_id = right;
}

TEST_F(TheBanks, HaveAReturnRefusedInAnotherEncodingOrWithALineThatDoesNotEnd) {
    const Answer answer = take_batch(3, 2);
    std::string utf16 = "\xFF\xFE";
    for (const char c : answer.bytes()) utf16 += {c, '\0'};
    EXPECT_THAT(refused(3, answer.file_id + ".ret", utf16), HasSubstr(".ret:1:"));
    // It is 100 MB, and not looked for its end in memory.
    const std::string endless = "H|1.0|" + std::string(100'000'000, '9');
    const std::string why = refused(3, answer.file_id + ".2.ret", endless);
    EXPECT_THAT(why, HasSubstr(".2.ret:1:"));
    EXPECT_LT(why.size(), 2000U) << "the reason does not quote it";
}

TEST_F(TheBanks, KeepNothingOfAnUploadThatBreaksOff) {
    const Answer answer = take_batch(3, 2);
    const std::string file = answer.file_id + ".ret";
    const fs::path path = here().folder() / "cut" / file;
    write_text(path, answer.bytes() + std::string(8'000'000, ' '));
    EXPECT_EQ(put(3, file + ".p7s", here().sign("bank-3", path, true)).status, 201);
    const std::string counts = here().counts();
    const Reply cut = here().curl("bank-3", "PUT", "/v1/bank/returns/" + file,
                                  {"--header", "Content-Type: application/octet-stream", "--data-binary",
                                   "@" + path.string(), "--limit-rate", "2M", "--max-time", "1"});
    EXPECT_EQ(cut.curl, 28) << cut.all();
    expect_problem(here().curl("bank-3", "GET", "/v1/bank/returns/" + file), 404, "unknown");
    EXPECT_EQ(here().counts(), counts);
    for (int tries = 0; !fs::is_empty(here().service_folder() / "uploads"); ++tries) {
        ASSERT_LT(tries, 200) << "what came of it is still there";
        std::this_thread::sleep_for(25ms);
    }
    // From its beginning again it is taken.
    EXPECT_EQ(put_signed(3, file, answer.bytes()).status, 201);
}

TEST_F(TheBanks, LoseABadLineOnlyAndNotItsFile) {
    Answer answer = take_batch(1, 4);
    const Answer sent = answer;
    answer.details[2] = answer.details[1];
    std::string bytes = answer.bytes();
    const auto without_trailer = [](const std::string& text) { return text.substr(0, text.rfind("T|")); };
    bytes = without_trailer(
        replaced(bytes, fmt::format("{}|{}|", answer.details[3].payment, answer.details[3].account),
                 fmt::format("{}|12AB|", answer.details[3].payment)));
    std::int64_t total = 0;
    for (const Detail& detail : answer.details) total += detail.amount;
    bytes += fmt::format("T|{}|{}|{}\r\n", answer.details.size(), total,
                         upper_hex(seal::sm3().hash(bytes_of(bytes)).hex()));
    EXPECT_EQ(put_signed(1, answer.file_id + ".ret", bytes).status, 201);
    const json::object said = result(1, answer.file_id + ".ret");
    EXPECT_EQ(word(said, "state"), "posted") << json::serialize(said);
    EXPECT_EQ(number(said, "breaks"), 2);
    EXPECT_EQ(number(said, "paid"), static_cast<std::int64_t>(answer.details.size()) - 2);
    const std::string breaks = json::serialize(rows(here().ask({"breaks"}), "breaks"));
    EXPECT_THAT(breaks, HasSubstr("malformed-line"));
    EXPECT_THAT(breaks, HasSubstr("repeated"));
    EXPECT_THAT(breaks, Not(HasSubstr(sent.details[3].account)));
    // The two are in transit until a further file speaks of them; that it says the others again changes nothing.
    EXPECT_EQ(put_signed(1, answer.file_id + ".2.ret", sent.bytes()).status, 201);
    const json::object rest = result(1, answer.file_id + ".2.ret");
    EXPECT_EQ(number(rest, "paid"), 2) << json::serialize(rest);
    EXPECT_EQ(number(rest, "repeated"), static_cast<std::int64_t>(sent.details.size()) - 2);
    EXPECT_EQ(number(rest, "breaks"), 0);
}

TEST_F(TheBanks, TakeBackWhatTheyPaidAndCorrectWhatTheySaid) {
    Answer answer = take_batch(1, 3);
    EXPECT_EQ(put_signed(1, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(word(result(1, answer.file_id + ".ret"), "state"), "posted");
    const std::int64_t first = std::stoll(Sql{here().owner_url()}.cell(
        "select return_no from return_file where name = '" + answer.file_id + ".ret'"));
    // A late return: days later the money is back.
    Answer late = answer;
    late.details.resize(1);
    late.details[0].status = 'F';
    late.details[0].code = "RETD";
    EXPECT_EQ(put_signed(1, answer.file_id + ".2.ret", late.bytes()).status, 201);
    EXPECT_EQ(number(result(1, answer.file_id + ".2.ret"), "returned"), 1);
    // A corrected version of the first file, with its number.
    Answer corrected = answer;
    corrected.details = {answer.details[1]};
    corrected.details[0].status = 'F';
    corrected.details[0].code = "AC04";
    corrected.corrects = first;
    EXPECT_EQ(put_signed(1, answer.file_id + ".3.ret", corrected.bytes()).status, 201);
    const json::object said = result(1, answer.file_id + ".3.ret");
    EXPECT_EQ(number(said, "corrected"), 1) << json::serialize(said);
    EXPECT_EQ(number(said, "breaks"), 0);
    // A version of a file that there never was.
    corrected.corrects = 4711;
    EXPECT_THAT(refused(1, answer.file_id + ".4.ret", corrected.bytes()), HasSubstr(".4.ret:1:corrects"));
    expect_books_fit(here());
}

TEST_F(TheBanks, OpenABreakForEveryLineThatIsNotWhatWasSent) {
    Answer answer = take_batch(2, 8);
    const Answer sent = answer;
    std::swap(answer.details[1].payment, answer.details[2].payment);
    answer.details[3].amount += 1;
    answer.details[4].account.back() = answer.details[4].account.back() == '0' ? '1' : '0';
    answer.details[5].status = 'F';
    answer.details[5].code = "ZZ99";
    answer.details[6].code = "NM01";
    answer.details[0].status = 'F';
    answer.details.back().seq = 9'000'000;
    const std::int64_t before = outcomes("true");
    EXPECT_EQ(put_signed(2, answer.file_id + ".ret", answer.bytes()).status, 201);
    const json::object said = result(2, answer.file_id + ".ret");
    EXPECT_EQ(word(said, "state"), "posted");
    EXPECT_EQ(number(said, "breaks"), 8) << json::serialize(said);
    EXPECT_EQ(number(said, "paid"), static_cast<std::int64_t>(answer.details.size()) - 8);
    EXPECT_EQ(outcomes("true") - before, number(said, "paid"));
    // Each by its kind and class, with where it stands, what is in question, who has to move, and what to do.
    const std::string digest = seal::sha256().hash(bytes_of(answer.bytes())).hex();
    std::multiset<std::string> kinds;
    std::string one;
    for (const auto& each : rows(here().ask({"breaks"}), "breaks")) {
        const json::object& row = each.as_object();
        if (word(row, "return_file") != answer.file_id + ".ret") continue;
        kinds.insert(word(row, "kind") + " " + word(row, "class") + " " + word(row, "suggestion"));
        EXPECT_EQ(word(row, "return_sha256"), digest);
        const auto line = static_cast<std::size_t>(number(row, "line"));
        ASSERT_LE(line, answer.details.size() + 1);
        EXPECT_EQ(number(row, "amount_fen"), answer.details[line - 2].amount);
        EXPECT_FALSE(word(row, "evidence").empty());
        EXPECT_EQ(word(row, "owner"), "bank");
        EXPECT_EQ(number(row, "days"), 0);
        EXPECT_EQ(word(row, "resolution"), "");
        if (word(row, "kind") == "name-differs") one = std::to_string(number(row, "break"));
    }
    EXPECT_EQ(kinds, (std::multiset<std::string>{
                         "account-differs discrepancy await-bank", "amount-differs discrepancy await-bank",
                         "code-differs discrepancy await-bank", "name-differs discrepancy await-bank",
                         "unknown-reason discrepancy await-bank", "unknown-reference surplus await-bank",
                         "unknown-reference surplus await-bank", "unknown-reference surplus await-bank"}));
    here().done({"decide", "owner", "370212", one, "王经办"});
    for (const auto& each : rows(here().ask({"breaks"}), "breaks"))
        if (std::to_string(number(each.as_object(), "break")) == one) {
            EXPECT_EQ(word(each.as_object(), "owner"), "王经办");
        }
    // What is open is answered in a further file, and nothing is posted twice.
    Answer open = sent;
    open.details.clear();
    for (const std::size_t i : {0, 1, 2, 3, 4, 5, 6}) open.details.push_back(sent.details[i]);
    open.details.push_back(sent.details.back());
    EXPECT_EQ(put_signed(2, answer.file_id + ".2.ret", open.bytes()).status, 201);
    EXPECT_EQ(number(result(2, answer.file_id + ".2.ret"), "paid"), 8);
    EXPECT_EQ(outcomes("true") - before, static_cast<std::int64_t>(sent.details.size()));
}

TEST_F(TheBanks, ChangeNothingByHandingInTheSameReturnAgain) {
    Answer answer = take_batch(2, 3);
    answer.details[0].status = 'F';
    answer.details[0].code = "AC04";
    const std::string file = answer.file_id + ".ret", bytes = answer.bytes();
    EXPECT_EQ(put_signed(2, file, bytes).status, 201);
    const json::object first = result(2, file);
    const std::string counts = here().counts();
    const json::array balance = here().trial_balance();
    const Reply again = put_signed(2, file, bytes);
    EXPECT_EQ(again.status, 201) << again.all();
    EXPECT_EQ(result(2, file), first);
    // Other bytes under a name that is used, and the same bytes under another name.
    Answer other = answer;
    other.details[0].code = "AC06";
    expect_problem(put_signed(2, file, other.bytes()), 409, "duplicate");
    expect_problem(put_signed(2, answer.file_id + ".2.ret", bytes), 409, "duplicate");
    EXPECT_EQ(result(2, file), first);
    EXPECT_EQ(here().counts(), counts);
    EXPECT_EQ(here().trial_balance(), balance);
}

TEST_F(TheBanks, ChangeNoOutcomeByContradictingThemselves) {
    Answer answer = take_batch(2, 4);
    answer.details[0].status = 'F';
    answer.details[0].code = "NM01";
    EXPECT_EQ(put_signed(2, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(number(result(2, answer.file_id + ".ret"), "breaks"), 0);
    const std::int64_t paid = outcomes("kind = 1"), failed = outcomes("kind = 2");
    const json::array balance = here().trial_balance();
    answer.details[0].status = 'S';
    answer.details[0].code = "OK00";
    answer.details[1].status = 'F';
    answer.details[1].code = "AC04";
    answer.details.resize(2);
    EXPECT_EQ(put_signed(2, answer.file_id + ".2.ret", answer.bytes()).status, 201);
    const json::object said = result(2, answer.file_id + ".2.ret");
    EXPECT_EQ(number(said, "breaks"), 2) << json::serialize(said);
    EXPECT_EQ(number(said, "paid") + number(said, "failed"), 0);
    EXPECT_EQ(outcomes("kind = 1"), paid);
    EXPECT_EQ(outcomes("kind = 2"), failed);
    EXPECT_EQ(here().trial_balance(), balance);
    EXPECT_THAT(json::serialize(rows(here().ask({"breaks"}), "breaks")), HasSubstr("contradicts-earlier"));
}

TEST_F(TheBanks, LeaveItToPeopleWhatBecomesOfAFailureInTheEnd) {
    Answer answer = take_batch(1, 2);
    answer.details.resize(2);
    for (Detail& line : answer.details) {
        line.status = 'F';
        line.code = "DEAD";
    }
    EXPECT_EQ(put_signed(1, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(number(result(1, answer.file_id + ".ret"), "failed"), 2);
    // The bank says later that one of them was paid all the same: nothing is overwritten.
    Answer later = answer;
    later.details.resize(1);
    later.details[0].status = 'S';
    later.details[0].code = "OK00";
    EXPECT_EQ(put_signed(1, answer.file_id + ".2.ret", later.bytes()).status, 201);
    EXPECT_EQ(number(result(1, answer.file_id + ".2.ret"), "breaks"), 1);
    std::string no;
    for (const auto& row : rows(here().ask({"breaks"}), "breaks"))
        if (word(row.as_object(), "return_file") == answer.file_id + ".2.ret")
            no = std::to_string(number(row.as_object(), "break"));
    const auto agree = [&](const Words& words) {
        const json::object made = here().ask(words);
        if (!made.at("done").as_bool())
            here().done({"decide", "answer", std::to_string(number(made, "proposal")), "agree"});
    };
    agree({"decide", "break", "370212", no, "accept-paid", "--evidence", "statement of 2022-01-07"});
    agree({"decide", "cancel", answer.details[1].payment, "--evidence", "death certificate 12"});
    Sql sql{here().owner_url()};
    EXPECT_EQ(sql.cell("select string_agg(fate, ' ' order by fate) from failure_fate"), "cancelled paid");
    expect_books_fit(here());
}

TEST_F(TheBanks, LeaveBooksThatFitAndNothingSecretInALog) {
    expect_books_fit(here());
    EXPECT_TRUE(here().ask({"period", "2021-12"}).at("accounted").as_bool());
    expect_nothing_secret_in_logs(here());
}

// ------------------------------------------------------------------------------------------------- statements

TEST_F(TheBanks, HaveTheirStatementsHeldAgainstWhatWasSentAndWhatReturnFilesSaid) {
    Answer answer = take_batch(2, 4);
    answer.details[0].status = 'F';
    answer.details[0].code = "AC04";
    EXPECT_EQ(put_signed(2, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(word(result(2, answer.file_id + ".ret"), "state"), "posted");
    const Answer silent = take_batch(2, 2);

    AccountStatement first{.id = "S1", .day = "20220106", .bank = answer.bank, .lines = {}};
    for (const Detail& detail : answer.details)
        first.lines.push_back({'D', detail.amount, detail.payment, ""});
    first.lines.push_back({'D', answer.details[1].amount, answer.details[1].payment, "again"});
    first.lines.push_back({'D', silent.details[0].amount, silent.details[0].payment, ""});
    first.lines.push_back({'C', 700, "", "from nobody"});
    first.lines.push_back({'C', 31, "", "interest"});
    first.lines.push_back({'D', 50, "", "fee"});
    const std::string bytes = first.bytes();
    const std::int64_t unidentified = balance_of(2112);
    const Reply taken = put_statement("ST37021220220106.txt", bytes);
    EXPECT_EQ(taken.status, 201) << taken.all();
    const json::object said = statement("ST37021220220106.txt");
    ASSERT_EQ(word(said, "state"), "matched") << json::serialize(said);
    EXPECT_EQ(number(said, "fitting"), static_cast<std::int64_t>(answer.details.size()) - 1);
    EXPECT_EQ(number(said, "breaks"), 5);
    EXPECT_EQ(number(said, "waiting"), 1) << "of whom no return file has spoken";
    const json::array waiting = rows(here().ask({"statement", "list"}), "waiting");
    EXPECT_GE(waiting.size(), 1U);
    EXPECT_EQ(row_by_row(here(), "maker", "/v1/statements/waiting", {"waiting"})["waiting"], waiting);
    EXPECT_EQ(balance_of(2112), unidentified + 700);
    EXPECT_EQ(only_break("paid-though-failed").second, answer.details[0].amount);
    EXPECT_EQ(only_break("debited-twice").second, answer.details[1].amount);
    EXPECT_EQ(only_break("unidentified-debit").second, 50);
    EXPECT_EQ(put_statement("ST37021220220106.txt", bytes).body, taken.body) << "the same bytes are the same";
    expect_books_fit(here());

    const auto unidentified_by_age = [] {
        std::int64_t fen = 0;
        for (const auto& row : rows(here().ask({"ageing"}), "ageing"))
            if (number(row.as_object(), "account") == 2112) {
                EXPECT_EQ(number(row.as_object(), "bank"), 2);
                EXPECT_EQ(word(row.as_object(), "days"), "0-1");
                fen += number(row.as_object(), "total_fen");
            }
        return fen;
    };
    EXPECT_EQ(unidentified_by_age(), 700);

    // Each ends as it should, and on the books.
    const std::int64_t to_remit = balance_of(2121), claims = balance_of(1213);
    resolve("interest", "book-interest");
    resolve("unidentified-credit", "remit");
    resolve("unidentified-debit", "claim-from-bank");
    EXPECT_EQ(balance_of(2112), unidentified);
    EXPECT_EQ(unidentified_by_age(), 0);
    EXPECT_EQ(balance_of(2121), to_remit + 731);
    EXPECT_EQ(balance_of(1213), claims + 50);
    EXPECT_NE(here()
                  .card({"decide", "break", "370212", std::to_string(only_break("debited-twice").first),
                         "book-interest", "--evidence", "none"})
                  .code,
              0);

    // The return file comes: what waited fits.
    EXPECT_EQ(put_signed(2, silent.file_id + ".ret", silent.bytes()).status, 201);
    EXPECT_EQ(word(result(2, silent.file_id + ".ret"), "state"), "posted");
    EXPECT_EQ(number(here().ask({"statement", "match"}), "fitting"), 1);
    EXPECT_EQ(number(statement("ST37021220220106.txt"), "waiting"), 0);
    std::int64_t missing = 0;
    for (const auto& row : rows(here().ask({"statement", "list"}), "missing"))
        if (word(row.as_object(), "file_id") == silent.file_id) missing = number(row.as_object(), "payments");
    EXPECT_EQ(missing, static_cast<std::int64_t>(silent.details.size()) - 1) << "paid, and on no statement";
    EXPECT_EQ(row_by_row(here(), "maker", "/v1/statements/missing", {"missing"})["missing"],
              rows(here().ask({"statement", "list"}), "missing"));

    // The next day is in sums: our transfer, a debit over what was paid, and the same debit again.
    Answer bulk = take_batch(2, 2);
    bulk.details[0].status = 'F';
    bulk.details[0].code = "NM01";
    EXPECT_EQ(put_signed(2, bulk.file_id + ".ret", bulk.bytes()).status, 201);
    EXPECT_EQ(word(result(2, bulk.file_id + ".ret"), "state"), "posted");
    std::int64_t total = 0;
    for (const Detail& detail : bulk.details) total += detail.amount;
    const std::int64_t paid = total - bulk.details[0].amount;
    const AccountStatement second{
        .id = "S2",
        .day = "20220107",
        .bank = answer.bank,
        .opening = first.closing(),
        .lines = {
            {'C', total, bulk.file_id, ""}, {'D', paid, bulk.file_id, ""}, {'D', paid, bulk.file_id, ""}}};
    EXPECT_EQ(put_statement("ST37021220220107.txt", second.bytes()).status, 201);
    const json::object sums = statement("ST37021220220107.txt");
    EXPECT_EQ(number(sums, "fitting"), 2) << json::serialize(sums);
    EXPECT_EQ(number(sums, "breaks"), 1);
    // The chain of balances has no hole.
    const AccountStatement next{
        .id = "S3", .day = "20220108", .bank = answer.bank, .opening = second.closing() + 1, .lines = {}};
    EXPECT_EQ(put_statement("ST37021220220108.txt", next.bytes()).status, 201);
    EXPECT_THAT(word(statement("ST37021220220108.txt"), "reason"), HasSubstr("one is missing"));
    expect_books_fit(here());
}

TEST_F(TheBanks, HaveWhatFailedCorrectedByASheet) {
    Answer answer = take_batch(1, 3);
    for (int i = 0; i < 3; ++i) {
        answer.details[static_cast<std::size_t>(i)].status = 'F';
        answer.details[static_cast<std::size_t>(i)].code = "AC04";
    }
    EXPECT_EQ(put_signed(1, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(word(result(1, answer.file_id + ".ret"), "state"), "posted");
    int asked = 0;
    for (const auto& row : rows(here().ask({"corrections", "list"}), "corrections"))
        if (word(row.as_object(), "reference") == answer.details[0].payment) {
            EXPECT_EQ(word(row.as_object(), "action"), "correct the account");
            ++asked;
        }
    EXPECT_EQ(asked, 1);

    const fs::path sheet = here().folder() / "sheet.csv";
    const std::string names =
        "\xEF\xBB\xBFreference,decision,bank_code,account_kind,account,holder,evidence\r\n";
    const std::string account = "313999000002,card,6229990000000000027,王小明";
    const std::string counts = here().counts();
    // Every fault is told, and nothing was done.
    write_text(
        sheet,
        names + fmt::format("{},correct,{},letter\r\n{},shred,,,,,letter\r\nYK0,hold,,,,,letter\r\n"
                            "{},hold,,,,,\r\n{},correct,313999000002,card,6229990000000000028,王小明,x\r\n",
                            answer.details[0].payment, account, answer.details[1].payment,
                            answer.details[1].payment, answer.details[2].payment));
    const Ran bad = here().card({"corrections", "put", sheet.string()});
    EXPECT_EQ(bad.code, 1);
    for (const char* fault : {"csv:3:decision", "csv:4:reference", "csv:5:evidence", "csv:6:account"})
        EXPECT_THAT(bad.out, HasSubstr(fault));
    EXPECT_THAT(bad.out, Not(HasSubstr("csv:2:")));
    EXPECT_EQ(here().counts(), counts);
    // The right sheet is taken.
    write_text(sheet,
               names + fmt::format("{},correct,{},letter 3\r\n{},hold,,,,,asked the village\r\n{},cancel,,,,,"
                                   "certificate 4\r\n",
                                   answer.details[0].payment, account, answer.details[1].payment,
                                   answer.details[2].payment));
    const Ran good = here().card({"corrections", "put", sheet.string()});
    EXPECT_EQ(good.code, 0) << good.all();
    std::map<std::string, std::string> notes;
    for (const auto& row : rows(here().ask({"corrections", "list"}), "corrections"))
        notes[word(row.as_object(), "reference")] = word(row.as_object(), "note");
    EXPECT_EQ(notes[answer.details[1].payment], "held");
    Sql sql{here().owner_url()};
    EXPECT_EQ(sql.cell("select count(*) from proposal where subject = '" + answer.details[2].payment + "'"),
              "1");
    EXPECT_EQ(sql.cell("select count(*) from act where kind = 'corrected'"), "1");
    expect_books_fit(here());
}

TEST_F(TheBanks, HaveWhatFailedCorrectedByAWorkbook) {
    const auto has_batch = [](int bank) {
        return std::ranges::any_of(listed_[bank],
                                   [](const auto& file) { return number(file, "lines") >= 2; });
    };
    const int bank = has_batch(1) ? 1 : has_batch(2) ? 2 : 3;
    Answer answer = take_batch(bank, 2);
    for (Detail& line : answer.details) {
        line.status = 'F';
        line.code = "NM01";
    }
    EXPECT_EQ(put_signed(bank, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(word(result(bank, answer.file_id + ".ret"), "state"), "posted");
    const std::string counts = here().counts();
    const fs::path sheet = here().folder() / "sheet.xlsx";
    here().done({"ledger", "checkpoint"});
    // As it went out it comes back, whatever the language of its titles, and nothing is done.
    for (const char* language : {"zh", "en"}) {
        const Reply queue = here().curl(
            "maker", "GET", "/v1/corrections",
            {"--header", "Accept: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
             "--header", fmt::format("Accept-Language: {}", language)});
        ASSERT_EQ(queue.status, 200);
        write_text(sheet, queue.body);
        const Ran untouched = here().card({"corrections", "put", sheet.string()});
        EXPECT_EQ(untouched.code, 0) << untouched.all();
        // The workbook says what it was given out with.
        fs::remove_all(here().folder() / "parts");
        const Ran parts =
            here().run({"unzip", "-o", "-q", sheet.string(), "-d", (here().folder() / "parts").string()});
        ASSERT_EQ(parts.code, 0) << parts.all();
        EXPECT_THAT(text_in(here().folder() / "parts/xl/sharedStrings.xml"),
                    HasSubstr("onecard.example/ledger"));
    }
    EXPECT_EQ(here().counts(), counts);
    // As CSV it ends with its digest and the checkpoint, too, and comes back with them, filled in.
    const Reply csv = here().curl("maker", "GET", "/v1/corrections", {"--header", "Accept: text/csv"});
    ASSERT_EQ(csv.status, 200);
    const std::size_t end = csv.body.find("# sha256 of every byte before this line: ");
    ASSERT_NE(end, std::string::npos) << csv.body;
    EXPECT_THAT(csv.body.substr(end),
                HasSubstr(seal::sha256().hash(bytes_of(csv.body.substr(0, end))).hex()));
    EXPECT_THAT(csv.body.substr(end), HasSubstr("# onecard.example/ledger"));
    const fs::path csv_sheet = here().folder() / "sheet.csv";
    write_text(csv_sheet, csv.body);
    EXPECT_EQ(here().card({"corrections", "put", csv_sheet.string()}).code, 0);
    EXPECT_EQ(here().counts(), counts);
    std::string filled = csv.body;
    const std::size_t begin = filled.find(answer.details[0].payment);
    ASSERT_NE(begin, std::string::npos);
    const std::size_t cells = filled.find(",,,,,,", begin);
    ASSERT_LT(cells, filled.find('\n', begin)) << "what an office writes stands at the end of a row";
    filled.replace(cells, 6, ",hold,,,,,asked by telephone");
    write_text(csv_sheet, filled);
    EXPECT_EQ(here().card({"corrections", "put", csv_sheet.string()}).code, 0);
    EXPECT_EQ(
        Sql{here().owner_url()}.cell("select count(*) from failure_note where reason = 'asked by telephone'"),
        "1");
    // Filled in by an office that writes Chinese.
    const auto filled_in = [&](const app::Cell& account, const std::string& decision) {
        app::Report report{{"更正清单", "Corrections"}, {}, {}};
        app::Table table{"corrections", {"更正清单", "Corrections"}, {}, {}};
        for (const char* title : {"支付编号", "处理", "开户行代码", "账户类别", "账号", "户名", "依据"})
            table.columns.push_back({title, {title, title}});
        table.rows.push_back({answer.details[0].payment, std::string{"更正"}, std::string{"313999000002"},
                              std::string{"卡"}, account, std::string{"王小明"}, std::string{"letter 7"}});
        table.rows.push_back({answer.details[1].payment, decision, std::string{}, std::string{},
                              std::string{}, std::string{}, std::string{"asked"}});
        report.tables.push_back(std::move(table));
        write_text(sheet, ops::to_workbook(report, app::Language::chinese));
        return here().card({"corrections", "put", sheet.string()});
    };
    const Ran bad = filled_in(std::int64_t{622999000000000}, "shred");
    EXPECT_EQ(bad.code, 1);
    EXPECT_THAT(bad.out, HasSubstr("corrections.xlsx:2:account"));
    EXPECT_THAT(bad.out, HasSubstr("corrections.xlsx:3:decision"));
    EXPECT_EQ(here().counts(), counts);
    const Ran good = filled_in(std::string{"6229990000000000027"}, "暂缓");
    EXPECT_EQ(good.code, 0) << good.all();
    std::map<std::string, std::string> notes;
    for (const auto& row : rows(here().ask({"corrections", "list"}), "corrections"))
        notes[word(row.as_object(), "reference")] = word(row.as_object(), "note");
    EXPECT_EQ(notes[answer.details[1].payment], "held");
    expect_books_fit(here());
}

TEST_F(TheBanks, LetNobodyCloseAMonthOverWhatIsOpenAndNotListed) {
    const std::string path = "/v1/closes/370212/2021-12";
    const json::object open = here().ask({"open-items", "370212", "2021-12"});
    EXPECT_EQ(word(open, "closed"), "no");
    std::string carried;
    for (const auto& row : rows(open, "items")) carried += word(row.as_object(), "item") + ";";
    ASSERT_NE(carried, "") << "the banks have not answered everything";
    const auto body = [](const std::string& items) {
        return fmt::format(R"({{"carried":"{}","evidence":"minutes 12"}})", items);
    };
    const Reply bare = here().post_json("maker", path, body(""));
    expect_problem(bare, 409, "conflict");
    EXPECT_THAT(bare.body, HasSubstr(word(rows(open, "items").front().as_object(), "item")));
    expect_problem(here().post_json("maker", path, body(carried + "batch of nobody")), 400, "malformed");
    expect_problem(here().post_json("maker", "/v1/closes/370212/2021", body(carried)), 409, "conflict");
    for (const std::string period : {"2021-12", "2021"}) {
        const Reply proposed = here().post_json("maker", "/v1/closes/370212/" + period, body(carried));
        ASSERT_EQ(proposed.status, 201) << proposed.all();
        here().done(
            {"decide", "answer", std::to_string(number(object_of(proposed.body), "proposal")), "agree"});
        expect_problem(here().post_json("maker", "/v1/closes/370212/" + period, body(carried)), 409,
                       "duplicate");
    }
    EXPECT_EQ(word(here().ask({"open-items", "370212", "2021-12"}), "closed"), "yes");
    expect_books_fit(here());
}

TEST_F(TheBanks, AreReconciledWithTheBooksItemByItem) {
    std::map<std::int64_t, std::int64_t> explained, closing;
    std::set<std::string> items;
    for (const auto& each :
         rows(here().ask({"audit", "ask", "bank_reconciliation", "as_of=2022-01-07"}), "rows")) {
        const json::object& row = each.as_object();
        const std::string item = word(row, "item");
        items.insert(item);
        (item == "closing-balance" ? closing : explained)[number(row, "bank")] += number(row, "amount_fen");
    }
    ASSERT_FALSE(closing.empty());
    EXPECT_EQ(explained, closing);
    EXPECT_THAT(items, ::testing::IsSupersetOf({"book-balance", "debited-not-on-books", "paid-not-debited"}));
}

/// What came after payments and books: statements, decisions, closes. Done and taken back, one after the other.
TEST_F(TheBanks, AreFoundOutWhereStatementsOrDecisionsWereAltered) {
    const std::vector<Touch> touches{
        {"who brought a statement", "statement", "update statement set brought_by = 'x' || brought_by",
         "statement ST"},
        {"a statement's bytes", "statement",
         "update statement set digest = sha256(digest) where statement_no = 1", "statement ST"},
        {"what an account holds", "statement_result",
         "update statement_result set closing = closing + 1 where accepted", "result of statement ST"},
        {"a line of a statement", "statement_line",
         "update statement_line set amount = amount + 1 where line = 1", "statement "},
        {"which way money went", "statement_line",
         "update statement_line set is_credit = not is_credit where line = 1", "statement "},
        {"what a line fits", "statement_fit", "delete from statement_fit where fit = 1", "statement "},
        {"whose answers a sum is", "statement_answer", "delete from statement_answer", "statement "},
        {"which payment a line has", "statement_fit",
         "update statement_fit set part = part + 1 where fit = 1 and line = 2 and statement_no = 1",
         "lines of statement 1 that fit"},
        {"a break hidden", "break", "delete from break where kind = 'unidentified-credit'", "(break-found)"},
        {"what a break is about", "break",
         "update break set amount = amount + 1 where kind = 'unidentified-credit'", "break "},
        {"how a break ended", "break_resolution",
         "update break_resolution set resolution = 'dismiss' where resolution = 'claim-from-bank'", "break "},
        {"that a break ended", "break_resolution", "delete from break_resolution where resolution = 'remit'",
         "proposal "},
        {"why something was proposed", "proposal", "update proposal set evidence = 'x' || evidence",
         "proposal "},
        {"over how much", "proposal", "update proposal set amount = amount + 1", "proposal "},
        {"who agreed", "consent", "update consent set answered_by = 'x' || answered_by",
         "answer to proposal "},
        {"that somebody agreed", "consent", "delete from consent", "(answered)"},
        {"that it was done", "proposal_done", "delete from proposal_done", "that was decided 0 times"},
        {"what became of a failure", "failure_fate",
         "update failure_fate set fate = 'paid' where fate = 'cancelled'", "failure"},
        {"that a failure ended", "failure_fate", "delete from failure_fate where fate = 'cancelled'",
         "failure"},
        {"why a failure is held", "failure_note", "update failure_note set reason = 'x' || reason",
         "note on payment "},
        {"what a bank took back", "reversal", "update reversal set amount = amount + 1", "outcomes of"},
        {"that a bank took it back", "reversal", "delete from reversal", "outcomes"},
        {"what went over a close", "carried_item", "update carried_item set amount = amount + 1",
         "close of 370212/2021"},
        {"that a year was closed", "closed_period", "delete from closed_period where period = 2021",
         "(closed)"},
        {"a file handed over again", "dispatch", "delete from dispatch where round > 1", "round 2: an entry"},
    };
    expect_found(here(), touches);
    expect_books_fit(here());
}

}  // namespace
}  // namespace onecard::test
