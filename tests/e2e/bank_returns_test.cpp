#include <gmock/gmock.h>

#include "the_banks.hpp"

namespace onecard::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

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

}  // namespace
}  // namespace onecard::test
