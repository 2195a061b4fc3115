#include <gmock/gmock.h>

#include <algorithm>
#include <regex>

#include "banks_by_hand.hpp"

namespace onecard::test {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Files = std::vector<json::object>;

/// A month is released in many small files. What banks fetch and bring in archives, with tar, curl and openssl alone.
class BanksWithArchives : public BanksByHand<BanksWithArchives> {
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
        in_vault_ = vault_of(here);
    }

protected:
    struct Row {
        std::string name, code, place;
        std::int64_t number = 0;
    };
    struct Said {
        int status = 0;
        std::int64_t taken = 0, refused = 0;
        std::string broken, broken_at;
        std::vector<Row> rows;
    };

    /// In an empty folder of its own.
    static fs::path fresh(const std::string& what) {
        const fs::path folder = here().folder() / what;
        fs::remove_all(folder);
        fs::create_directories(folder);
        return folder;
    }
    static void tar(const fs::path& folder, const Words& words) {
        Words all{"tar"};
        all.insert(all.end(), words.begin(), words.end());
        const Ran ran = here().run(all, folder);
        ASSERT_EQ(ran.code, 0) << ran.all();
    }
    static Reply fetch_archive(int bank, const std::string& query, const Words& more = {}) {
        return here().curl(name(bank), "GET", "/v1/bank/files.tar" + query, more);
    }
    /// A return file that says that all of a batch was paid, and its signature, in a folder.
    static std::string put_return_into(const fs::path& folder, int bank, const json::object& file,
                                       const std::string& signer) {
        Answer answer;
        answer.file_id = word(file, "file_id");
        read(bank, answer);
        const std::string ret = answer.file_id + ".ret";
        write_text(folder / ret, answer.bytes());
        write_text(folder / (ret + ".p7s"), here().sign(signer, folder / ret, true));
        return ret;
    }
    static Said bring(int bank, const fs::path& archive) {
        const Reply reply = here().curl(
            name(bank), "POST", "/v1/bank/returns",
            {"--header", "Content-Type: application/x-tar", "--data-binary", "@" + archive.string()});
        Said said{.status = reply.status};
        if (reply.status / 100 != 2) {
            const json::object problem = object_of(reply.body);
            said.broken = word(problem, "code");
            said.broken_at = word(problem, "place");
            return said;
        }
        const json::object report = object_of(reply.body);
        said.taken = number(report, "taken");
        said.refused = number(report, "refused");
        if (report.contains("broken")) said.broken = word(report, "broken");
        if (report.contains("broken_at")) said.broken_at = word(report, "broken_at");
        for (const auto& row : rows(report, "returns"))
            said.rows.push_back({word(row.as_object(), "name"), word(row.as_object(), "code"),
                                 word(row.as_object(), "place"), number(row.as_object(), "number")});
        return said;
    }
    static void receipt_all(int bank, const Files& files) {
        std::string text = "onecard receipts 1\n";
        for (const json::object& file : files)
            text += fmt::format("file {} sha256 {}\n", word(file, "file_id"), word(file, "sha256"));
        write_text(here().folder() / "note", text + "answer accepted\n");
        write_text(here().folder() / "note.p7s", here().sign(name(bank), here().folder() / "note", false));
        EXPECT_EQ(here()
                      .curl(name(bank), "POST", "/v1/bank/receipts",
                            {"--header", "Content-Type: application/cms", "--data-binary",
                             "@" + (here().folder() / "note.p7s").string()})
                      .status,
                  204);
    }
    static std::set<std::string> vault_of(const Installation& here) {
        std::set<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator{here.service_folder() / "vault"})
            if (entry.is_regular_file()) names.insert(entry.path().filename());
        return names;
    }
    /// Nothing came there that is on nobody's record.
    static void expect_only_what_is_recorded_in_vault() {
        std::set<std::string> recorded = in_vault_;
        for (const auto& row : Sql{here().owner_url()}("select encode(digest, 'hex') from return_file"))
            recorded.insert(row.at(0));
        for (const std::string& name : vault_of(here())) EXPECT_TRUE(recorded.contains(name)) << name;
    }
    static inline std::set<std::string> in_vault_;  ///< before banks brought anything
    static inline std::map<int, Files> listed_;
};

TEST_F(BanksWithArchives, FetchTheirOwnFilesAndNoOthersAsTarUnpacksThem) {
    for (const int bank : {1, 2, 3}) {
        const Reply reply = fetch_archive(bank, "?after=0");
        ASSERT_EQ(reply.status, 200) << reply.all();
        const fs::path folder = fresh(fmt::format("fetched-{}", bank));
        write_text(folder / "all.tar", reply.body);
        tar(folder, {"-xf", "all.tar"});
        std::size_t count = 0;
        for (const auto& entry : fs::directory_iterator{folder}) count += entry.is_regular_file() ? 1 : 0;
        EXPECT_EQ(count, 1 + 2 * listed_[bank].size()) << "what is listed, and nothing else";
        for (const json::object& file : listed_[bank]) {
            const fs::path path = folder / (word(file, "file_id") + ".txt");
            EXPECT_EQ(seal::sha256().hash(bytes_of(text_in(path))).hex(), word(file, "sha256"));
            EXPECT_EQ(here().verify(path, fs::path{path} += ".p7s").code, 0) << path;
        }
        EXPECT_EQ(fetch_archive(bank, "?after=0").body, reply.body) << "the same again";
    }
    for (const char* who : {"maker", "auditor"})
        EXPECT_EQ(here().curl(who, "GET", "/v1/bank/files.tar?after=0").status, 403);
    // Who fetched what is on record, as if each had been fetched by itself.
    Sql sql{here().owner_url()};
    for (int tries = 0;
         sql.cell("select count(*) from batch b where not exists (select from download d where (d.county, "
                  "d.period, d.batch_no) = (b.county, b.period, b.batch_no))") != "0";
         ++tries) {
        ASSERT_LT(tries, 100) << "a file was fetched and nobody knows of it";
        std::this_thread::sleep_for(50ms);
    }
    expect_books_fit(here());
}

TEST_F(BanksWithArchives, AskForAPartOfTheirListAndSeeWhereItEnds) {
    const Files& all = listed_[1];
    ASSERT_GE(all.size(), 4U);
    const auto headers_of = [&](const std::string& query, const Words& more) {
        const fs::path head = here().folder() / "head";
        Words words{"--dump-header", head.string()};
        words.insert(words.end(), more.begin(), more.end());
        const Reply reply = fetch_archive(1, query, words);
        std::string text = text_in(head);
        std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
        return std::pair{reply, text};
    };
    const auto [part, head] = headers_of("?after=1&to=3", {});
    EXPECT_EQ(part.status, 200);
    EXPECT_THAT(head,
                AllOf(HasSubstr("\r\nonecard-sequence: 3\r\n"), HasSubstr("content-type: application/x-tar"),
                      HasSubstr(fmt::format("content-length: {}\r\n", part.body.size()))));
    const fs::path folder = fresh("part");
    write_text(folder / "part.tar", part.body);
    const Ran listed = here().run({"tar", "-tf", "part.tar"}, folder);
    std::string expected;
    for (const std::size_t i : {std::size_t{1}, std::size_t{2}})
        expected += fmt::format("{0}.txt.p7s\n{0}.txt\n", word(all[i], "file_id"));
    EXPECT_EQ(listed.out, expected);

    const auto [nothing, end] = headers_of(fmt::format("?after={}", all.size()), {});
    EXPECT_EQ(nothing.status, 200);
    EXPECT_EQ(nothing.body, std::string(1024, '\0'));
    EXPECT_THAT(end, HasSubstr(fmt::format("\r\nonecard-sequence: {}\r\n", all.size())));
    const Reply asked = here().curl("bank-1", "HEAD", "/v1/bank/files.tar?after=1&to=3", {"--head"});
    EXPECT_EQ(asked.status, 200);
    EXPECT_THAT(asked.body, HasSubstr(fmt::format("Content-Length: {}\r\n", part.body.size())));
    EXPECT_THAT(asked.body, EndsWith("\r\n\r\n")) << "the headers alone";
    EXPECT_EQ(fetch_archive(1, "?after=1&to=3", {"--range", "100-"}).body, part.body)
        << "a range is the whole";
    std::smatch etag;
    ASSERT_TRUE(std::regex_search(head, etag, std::regex{"etag: (\"[0-9a-f]+\")"}));
    EXPECT_EQ(fetch_archive(1, "?after=1&to=3", {"--header", "If-None-Match: " + etag.str(1)}).status, 304);
    EXPECT_EQ(fetch_archive(1, "?after=0&to=3", {"--header", "If-None-Match: " + etag.str(1)}).status, 200);
    expect_problem(fetch_archive(1, "?after=x"), 400, "malformed");
    expect_problem(fetch_archive(1, "?after=-1"), 422, "out_of_range");
    expect_problem(fetch_archive(1, "?after=3&to=3"), 422, "out_of_range");
}

TEST_F(BanksWithArchives, BringTheirReturnFilesTogetherAndAgain) {
    Files files{listed_[2].end() - 3, listed_[2].end()};
    receipt_all(2, files);
    const fs::path folder = fresh("brought");
    Words words{"-cf", "returns.tar"};
    std::vector<std::string> names;
    for (const json::object& file : files) {
        names.push_back(put_return_into(folder, 2, file, "bank-2"));
        words.insert(words.end(), {names.back() + ".p7s", names.back()});
    }
    tar(folder, words);
    const Said said = bring(2, folder / "returns.tar");
    EXPECT_EQ(said.status, 201);
    EXPECT_EQ(said.taken, 3);
    ASSERT_EQ(said.rows.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(said.rows[i].name, names[i]);
        EXPECT_EQ(said.rows[i].code, "");
        if (i > 0) EXPECT_GT(said.rows[i].number, said.rows[i - 1].number) << "in the order of the archive";
        const json::object became = result(2, names[i]);
        EXPECT_EQ(word(became, "state"), "posted");
        EXPECT_EQ(number(became, "number"), said.rows[i].number);
    }
    // The same archive again, with other owners of its files in it.
    words.insert(words.begin(), "--owner=somebody:7");
    words.insert(words.begin(), "--format=ustar");
    tar(folder, words);
    const Said again = bring(2, folder / "returns.tar");
    EXPECT_EQ(again.status, 201);
    ASSERT_EQ(again.rows.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(again.rows[i].number, said.rows[i].number);
    // Another bank cannot bring them, nor the office.
    const Said stolen = bring(1, folder / "returns.tar");
    EXPECT_EQ(stolen.status, 200);
    EXPECT_EQ(stolen.refused, 3);
    for (const Row& row : stolen.rows) EXPECT_EQ(row.code, "forbidden");
    EXPECT_EQ(bring(1, folder / "returns.tar").taken, 0);
    EXPECT_EQ(here().curl("maker", "POST", "/v1/bank/returns").status, 403);
    // Signed by the other bank, they are still none of its files.
    for (const std::string& name : names)
        write_text(folder / (name + ".p7s"), here().sign("bank-1", folder / name, true));
    tar(folder, words);
    for (const Row& row : bring(1, folder / "returns.tar").rows) EXPECT_EQ(row.code, "unknown") << row.name;
    expect_only_what_is_recorded_in_vault();
    expect_books_fit(here());
}

TEST_F(BanksWithArchives, LoseNoFileForAnotherThatIsRefused) {
    Files files{listed_[3].end() - 5, listed_[3].end()};
    receipt_all(3, files);
    const fs::path folder = fresh("mixed");
    std::vector<std::string> names;
    for (const json::object& file : files)
        names.push_back(put_return_into(folder, 3, file, &file == &files[1] ? "bank-2" : "bank-3"));
    // The third was altered after it was signed; the fourth is without its signature; one is no return file.
    std::string altered = text_in(folder / names[2]);
    altered[altered.size() / 2] = static_cast<char>(altered[altered.size() / 2] ^ 1);
    write_text(folder / names[2], altered);
    write_text(folder / "letter.txt", "dear office");
    write_text(folder / "letter.txt.p7s", here().sign("bank-3", folder / "letter.txt", true));
    write_text(folder / "lonely.ret.p7s", "signature");
    tar(folder, {"--hard-dereference", "-cf", "mixed.tar", names[0] + ".p7s", names[0], names[1] + ".p7s",
                 names[1], names[2] + ".p7s", names[2], names[3], "letter.txt.p7s", "letter.txt",
                 "lonely.ret.p7s", names[4] + ".p7s", names[4], names[0] + ".p7s", names[0]});
    const Said said = bring(3, folder / "mixed.tar");
    EXPECT_EQ(said.status, 200);
    EXPECT_EQ(said.taken, 3);
    EXPECT_EQ(said.refused, 5);
    const std::vector<std::pair<std::string, std::string>> expected{{names[0], ""},
                                                                    {names[1], "forbidden"},
                                                                    {names[2], "tampered"},
                                                                    {names[3], "missing"},
                                                                    {"letter.txt", "malformed"},
                                                                    {"lonely.ret", "missing"},
                                                                    {names[4], ""},
                                                                    {names[0], ""}};
    ASSERT_EQ(said.rows.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(said.rows[i].name, expected[i].first);
        EXPECT_EQ(said.rows[i].code, expected[i].second) << said.rows[i].name;
        EXPECT_EQ(said.rows[i].number != 0, expected[i].second.empty());
        if (!expected[i].second.empty()) EXPECT_EQ(said.rows[i].place, said.rows[i].name);
    }
    EXPECT_EQ(said.rows[0].number, said.rows.back().number) << "twice in one archive is once";
    for (const std::string& name : {names[1], names[2], names[3]})
        expect_problem(here().curl("bank-3", "GET", "/v1/bank/returns/" + name), 404, "unknown");
    // Other bytes under a name that is taken, beside a file that is not.
    Answer other;
    other.file_id = word(files[0], "file_id");
    read(3, other);
    other.details.pop_back();
    write_text(folder / names[0], other.bytes());
    write_text(folder / (names[0] + ".p7s"), here().sign("bank-3", folder / names[0], true));
    put_return_into(folder, 3, files[1], "bank-3");
    tar(folder, {"-cf", "again.tar", names[0] + ".p7s", names[0], names[1] + ".p7s", names[1],
                 names[4] + ".p7s", names[4]});
    const Said again = bring(3, folder / "again.tar");
    ASSERT_EQ(again.rows.size(), 3U);
    EXPECT_EQ(again.rows[0].code, "duplicate");
    // As of one that comes by itself its bytes stay: its bank has signed them.
    in_vault_.insert(seal::sha256().hash(bytes_of(other.bytes())).hex());
    EXPECT_GT(again.rows[1].number, 0);
    EXPECT_EQ(again.rows[2].number, said.rows[6].number);
    for (const std::string& name : {names[0], names[1], names[4]})
        EXPECT_EQ(word(result(3, name), "state"), "posted");
    expect_books_fit(here());
}

TEST_F(BanksWithArchives, TakeWhatStandsBeforeABreakAndSayWhereItIs) {
    Files files{listed_[1].end() - 2, listed_[1].end()};
    receipt_all(1, files);
    const fs::path folder = fresh("broken");
    std::vector<std::string> names;
    for (const json::object& file : files) names.push_back(put_return_into(folder, 1, file, "bank-1"));
    tar(folder, {"-cf", "whole.tar", names[0] + ".p7s", names[0], names[1] + ".p7s", names[1]});
    const std::string whole = text_in(folder / "whole.tar");
    const auto blocks = [&](const std::string& name) {
        return 512 + (fs::file_size(folder / name) + 511) / 512 * 512;
    };
    const std::size_t first = blocks(names[0] + ".p7s") + blocks(names[0]);
    const std::size_t second = first + blocks(names[1] + ".p7s");
    // In the middle of the second file; the rest never came.
    write_text(folder / "cut.tar", whole.substr(0, second + 600));
    const Said cut = bring(1, folder / "cut.tar");
    EXPECT_EQ(cut.status, 200);
    EXPECT_EQ(cut.taken, 1);
    ASSERT_EQ(cut.rows.size(), 1U);
    EXPECT_EQ(cut.rows[0].name, names[0]);
    EXPECT_THAT(cut.broken, HasSubstr("the archive is cut off"));
    EXPECT_EQ(cut.broken_at, fmt::format("returns:{}", second + 600));
    // A header that was altered.
    std::string altered = whole;
    altered[second + 3] = static_cast<char>(altered[second + 3] ^ 1);
    write_text(folder / "altered.tar", altered);
    const Said said = bring(1, folder / "altered.tar");
    EXPECT_EQ(said.taken, 1);
    EXPECT_EQ(said.rows.front().number, cut.rows.front().number);
    EXPECT_EQ(said.broken_at, fmt::format("returns:{}:checksum", second));
    expect_problem(here().curl("bank-1", "GET", "/v1/bank/returns/" + names[1]), 404, "unknown");
    // Nothing at all can be read.
    write_text(folder / "none.tar", "no archive at all");
    const Said none = bring(1, folder / "none.tar");
    EXPECT_EQ(none.status, 422);
    EXPECT_EQ(none.broken, "mismatch");
    // What was said first comes again, whole.
    const Said whole_said = bring(1, folder / "whole.tar");
    EXPECT_EQ(whole_said.status, 201);
    EXPECT_EQ(whole_said.taken, 2);
    EXPECT_EQ(whole_said.rows.front().number, cut.rows.front().number);
    for (const std::string& name : names) EXPECT_EQ(word(result(1, name), "state"), "posted");
    expect_only_what_is_recorded_in_vault();
    expect_books_fit(here());
}

TEST_F(BanksWithArchives, PutNothingAnywhereButIntoTheVault) {
    const fs::path folder = fresh("tricks");
    write_text(folder / "evil.ret", "evil");
    write_text(folder / "evil.ret.p7s", here().sign("bank-1", folder / "evil.ret", true));
    fs::create_symlink("/etc/passwd", folder / "link.ret");
    struct Trick {
        Words words;
        std::string place;
    };
    for (const Trick& trick :
         {Trick{{"-Pcf", "t.tar", "--transform", "s,^,../../,", "evil.ret.p7s", "evil.ret"},
                "returns:0:name"},
          Trick{{"-Pcf", "t.tar", "--transform", "s,^,/tmp/,", "evil.ret.p7s", "evil.ret"}, "returns:0:name"},
          Trick{{"-cf", "t.tar", "--transform", "s,^,in/,", "evil.ret.p7s", "evil.ret"}, "returns:0:name"},
          Trick{{"-cf", "t.tar", "link.ret"}, "returns:0:type"},
          Trick{{"--format=posix", "-cf", "t.tar", "evil.ret.p7s", "evil.ret"}, "returns:0:type"}}) {
        tar(folder, trick.words);
        const Said said = bring(1, folder / "t.tar");
        EXPECT_EQ(said.status, 400);
        EXPECT_EQ(said.broken, "malformed");
        EXPECT_EQ(said.broken_at, trick.place);
    }
    EXPECT_FALSE(fs::exists("/tmp/evil.ret"));
    EXPECT_FALSE(fs::exists(here().service_folder() / "evil.ret"));
    // More than an archive may have: what comes first is looked at, and the others are not.
    Words many{"-cf", "many.tar"};
    for (int n = 0; n <= 500; ++n) {
        const std::string name = fmt::format("no{}.ret", n);
        write_text(folder / name, "x");
        many.push_back(name);
    }
    tar(folder, many);
    const Said said = bring(1, folder / "many.tar");
    EXPECT_EQ(said.rows.size(), 500U);
    EXPECT_EQ(said.refused, 500);
    EXPECT_THAT(said.broken, HasSubstr("at most 500"));
    EXPECT_THAT(said.broken_at, StartsWith("returns:"));
    expect_only_what_is_recorded_in_vault();
    const Reply chinese = here().curl(
        "bank-1", "POST", "/v1/bank/returns",
        {"--header", "Accept-Language: zh", "--data-binary", "@" + (folder / "many.tar").string()});
    EXPECT_THAT(chinese.body, HasSubstr("一个归档最多 500 个回盘文件"));
    expect_problem(
        here().curl("bank-1", "POST", "/v1/bank/returns",
                    {"--header", "Onecard-Sequence: 7", "--data-binary", "@" + (folder / "t.tar").string()}),
        400, "malformed");
    expect_books_fit(here());
}

}  // namespace
}  // namespace onecard::test
