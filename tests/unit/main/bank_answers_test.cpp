#include "bank_answers.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "bank_returns.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/seal/hashes.hpp"

namespace onecard::cli {
namespace {

namespace fs = std::filesystem;
using bankfile::Reason;

const FileHashes hashes{seal::sha256(), seal::sm3()};

std::string reference(std::int32_t serial, std::int16_t attempt = 1) {
    return PaymentReference{County::of_number(370212), 202201, Serial{serial}, attempt}.text();
}

BankAnswers with_habits(Habits habits, ScriptedAnswers scripted = {}) {
    auto answers = BankAnswers::create(habits, std::move(scripted));
    EXPECT_TRUE(answers);
    return std::move(*answers);
}

TEST(BankAnswers, AreTheSameForTheSameSeedAndPaymentInAnyOrder) {
    const Habits habits{.seed = 7, .fail_permille = 300, .in_progress_permille = 100};
    const auto one = with_habits(habits), other = with_habits(habits);
    std::map<std::int32_t, Answer> seen;
    for (std::int32_t serial = 1; serial <= 500; ++serial) seen[serial] = one.answer_to(reference(serial));
    for (std::int32_t serial = 500; serial >= 1; --serial)
        EXPECT_EQ(other.answer_to(reference(serial)), seen[serial]) << serial;
}

/// What a seed means, byte by byte (splitmix64 of Vigna): how files of earlier versions were answered.
std::uint64_t mixed(std::uint64_t word) {
    word += 0x9E3779B97F4A7C15U;
    word = (word ^ (word >> 30U)) * 0xBF58476D1CE4E5B9U;
    word = (word ^ (word >> 27U)) * 0x94D049BB133111EBU;
    return word ^ (word >> 31U);
}
bool is_drawn_to_fail(std::uint64_t seed, std::string_view payment, std::uint64_t of_1000) {
    std::uint64_t hash = mixed(seed);
    for (const char c : payment) hash = mixed(hash ^ static_cast<unsigned char>(c));
    return mixed(hash + 1) % 1000 < of_1000;
}

TEST(BankAnswers, AreDrawnByEveryByteOfTheReferenceWhateverWasAskedBefore) {
    const auto one = with_habits({.seed = 0, .fail_permille = 300});
    const auto other = with_habits({.seed = 77, .fail_permille = 300});
    const std::string longest(60, '7');
    int failed = 0;
    for (std::int32_t n = 1; n <= 3000; ++n) {
        // Neighbours, strangers, beginnings of what came before, and other words than references.
        const std::string payment = n % 5 == 0   ? longest.substr(0, static_cast<std::size_t>(n) % 61)
                                    : n % 3 == 0 ? reference(n * 7919 % 1'000'003)
                                                 : reference(n);
        const bool one_fails = one.answer_to(payment).kind == AnswerKind::failed;
        EXPECT_EQ(one_fails, is_drawn_to_fail(0, payment, 300)) << payment;
        if (n % 4 == 0)
            EXPECT_EQ(other.answer_to(payment).kind == AnswerKind::failed, is_drawn_to_fail(77, payment, 300))
                << payment;
        failed += one_fails;
    }
    EXPECT_GT(failed, 500);
}

TEST(BankAnswers, DifferFromSeedToSeed) {
    const auto one = with_habits({.seed = 1, .fail_permille = 500});
    const auto other = with_habits({.seed = 2, .fail_permille = 500});
    int differing = 0;
    for (std::int32_t serial = 1; serial <= 1000; ++serial)
        differing += one.answer_to(reference(serial)) != other.answer_to(reference(serial));
    EXPECT_GT(differing, 400);
}

TEST(BankAnswers, FailAboutAsOftenAsAskedForEveryReasonOfABank) {
    const auto answers = with_habits({.seed = 42, .fail_permille = 20, .in_progress_permille = 5});
    std::map<Reason, int> failed;
    int in_progress = 0;
    constexpr int payments = 100'000;
    for (std::int32_t serial = 1; serial <= payments; ++serial) {
        const Answer answer = answers.answer_to(reference(serial));
        if (answer.kind == AnswerKind::failed) ++failed[answer.reason];
        in_progress += answer.kind == AnswerKind::in_progress;
    }
    int all = 0;
    for (const auto& [reason, count] : failed) all += count;
    EXPECT_NEAR(all, payments * 20 / 1000, 150);
    EXPECT_NEAR(in_progress, payments * 5 / 1000, 75);
    EXPECT_EQ(failed.size(), 9U);
    EXPECT_GT(failed[Reason::name_mismatch], failed[Reason::account_unknown]);
    EXPECT_LT(failed[Reason::deceased], failed[Reason::wrong_routing]);
}

TEST(BankAnswers, PayWhatIsIssuedAgain) {
    const auto answers = with_habits({.seed = 1, .fail_permille = 1000});
    EXPECT_EQ(answers.answer_to(reference(1)).kind, AnswerKind::failed);
    EXPECT_EQ(answers.answer_to(reference(1, 2)), Answer{});
}

TEST(BankAnswers, FollowTheScriptFirst) {
    const auto answers = with_habits({.seed = 1, .fail_permille = 0},
                                     {{reference(1, 2), {{AnswerKind::failed, Reason::deceased, {}}}}});
    EXPECT_EQ(answers.answer_to(reference(1, 2)).reason, Reason::deceased);
    EXPECT_EQ(answers.answer_to(reference(2, 2)), Answer{});
}

TEST(BankAnswers, LeaveNothingInProgressInALaterRound) {
    const auto answers = with_habits({.seed = 3, .fail_permille = 0, .in_progress_permille = 1000});
    EXPECT_EQ(answers.answer_to(reference(1), 1).kind, AnswerKind::in_progress);
    EXPECT_EQ(answers.answer_to(reference(1), 2).kind, AnswerKind::paid);
}

TEST(BankAnswers, RefuseSharesThatAreNone) {
    EXPECT_FALSE(BankAnswers::create({.fail_permille = -1}, {}));
    EXPECT_FALSE(BankAnswers::create({.fail_permille = 1001}, {}));
    EXPECT_FALSE(BankAnswers::create({.fail_permille = 600, .in_progress_permille = 401}, {}));
}

TEST(ScriptedAnswers, AreReadWithTheirDaysAndReasons) {
    Faults faults;
    const auto answers = read_scripted_answers(
        "payment,outcome,reason,day\r\nA,paid,,2022-01-07\r\nB,failed,NM01\nC,in-progress\nD,silent,,\n",
        "answers.csv", faults);
    ASSERT_TRUE(faults.empty()) << faults.front().message();
    EXPECT_EQ(answers.at("A"), (std::vector{Answer{AnswerKind::paid, Reason::paid, *Day::of(2022, 1, 7)}}));
    EXPECT_EQ(answers.at("B"), (std::vector{Answer{AnswerKind::failed, Reason::name_mismatch, {}}}));
    EXPECT_EQ(answers.at("C"), (std::vector{Answer{AnswerKind::in_progress, Reason::in_progress, {}}}));
    EXPECT_EQ(answers.at("D").front().kind, AnswerKind::silent);
}

TEST(ScriptedAnswers, TellTheStoryOfAPaymentRoundByRound) {
    Faults faults;
    const auto answers = with_habits(
        {.seed = 1, .fail_permille = 0},
        read_scripted_answers("payment,outcome,reason,day\nA,in-progress\nA,paid,,2022-01-07\nA,returned\n"
                              "B,unstated\nB,corrected,AC04\nC,silent\nC,failed,DEAD\n",
                              "a.csv", faults));
    ASSERT_TRUE(faults.empty()) << faults.front().message();
    EXPECT_EQ(answers.answer_to("A", 1).kind, AnswerKind::in_progress);
    EXPECT_EQ(answers.answer_to("A", 2, {Said::What::nothing, 0, 1}).kind, AnswerKind::paid);
    EXPECT_EQ(answers.answer_to("A", 7, {Said::What::paid, 2, 2}).reason, Reason::returned_later);
    EXPECT_EQ(answers.answer_to("A", 8, {Said::What::failed, 7, 3}).kind, AnswerKind::silent);
    EXPECT_FALSE(answers.is_unstated("A"));
    EXPECT_TRUE(answers.is_unstated("B"));
    EXPECT_TRUE(answers.answer_to("B", 2, {Said::What::paid, 1, 1}).corrects);
    EXPECT_EQ(answers.answer_to("C", 1).kind, AnswerKind::silent);
    EXPECT_EQ(answers.answer_to("C", 2).reason, Reason::deceased);
}

TEST(BankAnswers, TakeBackAndContradictAsOftenAsAskedAndOnlyWhatWasSaid) {
    const auto answers =
        with_habits({.seed = 9, .fail_permille = 0, .late_permille = 100, .contradict_permille = 50});
    std::map<Reason, int> of_paid;
    int of_failed = 0, silent = 0;
    for (std::int32_t serial = 1; serial <= 10'000; ++serial) {
        const Answer later = answers.answer_to(reference(serial), 2, {Said::What::paid, 1});
        if (later.kind == AnswerKind::silent)
            ++silent;
        else
            ++of_paid[later.reason];
        of_failed +=
            answers.answer_to(reference(serial), 2, {Said::What::failed, 1}).kind == AnswerKind::paid;
        EXPECT_EQ(answers.answer_to(reference(serial), 2).kind, AnswerKind::paid) << "nothing was said";
    }
    EXPECT_NEAR(of_paid[Reason::returned_later], 1000, 120);
    EXPECT_NEAR(of_paid[Reason::rejected], 500, 90);
    EXPECT_NEAR(of_failed, 500, 90);
    EXPECT_EQ(silent, 10'000 - of_paid[Reason::returned_later] - of_paid[Reason::rejected]);
}

TEST(ScriptedAnswers, NameEveryFaultWithItsLine) {
    Faults faults;
    read_scripted_answers(
        "payment,outcome,reason,day\nA,payed\nB,failed\nC,failed,OK00\nD,paid,NM01\nE,paid,,soon\n"
        "F,returned\nF,paid\nF,returned,AC04\nG\n",
        "a.csv", faults);
    std::string places;
    for (const Failure& fault : faults) places += fault.place + " ";
    EXPECT_EQ(places,
              "a.csv:2:outcome a.csv:3:reason a.csv:4:reason a.csv:5:reason a.csv:6:day a.csv:7:outcome "
              "a.csv:9:reason a.csv:10:payment ");
}

TEST(ScriptedAnswers, NeedTheirHeaderRow) {
    for (const char* csv : {"", "A,paid\n"}) {
        Faults faults;
        read_scripted_answers(csv, "a.csv", faults);
        EXPECT_EQ(faults.size(), 1U) << csv;
    }
}

class ReturnFile : public testing::Test {
protected:
    ReturnFile() {
        std::string name = (fs::temp_directory_path() / "onecard-bank-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
        folder_ = name;
    }
    ~ReturnFile() override { fs::remove_all(folder_); }

    fs::path a_batch(std::int32_t lines) {
        bankfile::BatchHeader header;
        header.file_id = "YKT3702122022010001";
        header.county = County::of_number(370212);
        header.bank_code = "313999000001";
        header.period = *Month::of(2022, 1);
        header.function_code = "2081902";
        header.count = lines;
        for (std::int32_t seq = 1; seq <= lines; ++seq) header.total += Money::of_fen(100 * seq);
        header.made_at = *Moment::parse("20220105093000");
        const auto sm3 = seal::sm3().stream();
        bankfile::BatchWriter writer{header, *sm3};
        for (std::int32_t seq = 1; seq <= lines; ++seq) {
            const std::string payment = reference(seq);
            EXPECT_TRUE(writer.add({.seq = seq,
                                    .payment = payment,
                                    .name = "买买提·吐尔逊",
                                    .account = "6229990000000000019",
                                    .bank_code = header.bank_code,
                                    .amount = Money::of_fen(100 * seq)}));
        }
        EXPECT_TRUE(writer.finish());
        const fs::path path = folder_ / "YKT3702122022010001.txt";
        std::ofstream{path, std::ios::binary} << writer.take();
        return path;
    }
    static std::string bytes_of_file(const fs::path& path) {
        std::string bytes;
        EXPECT_TRUE(read_pieces(path, [&](std::string_view piece) { bytes += piece; }));
        return bytes;
    }
    /// "seq status code bank-reference", a line each.
    static std::string told_by(const fs::path& path) {
        std::string told;
        const auto sm3 = seal::sm3().stream();
        bankfile::ReturnReader reader{"r", *sm3, [&](const bankfile::ReturnLine& line) {
                                          told += fmt::format("{} {} {} {}\n", line.seq,
                                                              static_cast<char>(line.status), line.code,
                                                              line.bank_reference);
                                      }};
        reader.feed(bytes_of_file(path));
        reader.finish();
        for (const Failure& fault : reader.faults()) told += fault.message() + "\n";
        return told;
    }
    static ReturnPlan plan_of(const BankAnswers& answers, int round = 1) {
        return {.answers = answers,
                .round = round,
                .said = {},
                .value_day = *Day::of(2022, 1, 6),
                .made_at = *Moment::parse("20220106170000")};
    }
    fs::path folder_;
};

TEST_F(ReturnFile, AnswersTheBatchWithTotalsThatItsReaderAccepts) {
    const fs::path batch = a_batch(4), target = folder_ / "r.ret";
    const auto answers = with_habits({.fail_permille = 0},
                                     {{reference(2), {{AnswerKind::failed, Reason::account_closed, {}}}},
                                      {reference(3), {{AnswerKind::silent, Reason::paid, {}}}},
                                      {reference(4), {{AnswerKind::in_progress, Reason::in_progress, {}}}}});
    const ReturnPlan plan = plan_of(answers);
    const auto survey = survey_batch(batch, plan, hashes);
    ASSERT_TRUE(survey);
    EXPECT_EQ(survey->totals.silent, 1);
    ASSERT_TRUE(write_return(batch, *survey, target, plan, hashes));
    EXPECT_EQ(told_by(target), "1 S OK00 BK20220106-3702122022010001-0000001\n2 F AC04 \n4 P PEND \n");
}

TEST_F(ReturnFile, IsSeenAndHashedWhileItIsWritten) {
    const fs::path batch = a_batch(1700), target = folder_ / "r.ret";
    const auto answers = with_habits({.fail_permille = 100});
    const ReturnPlan plan = plan_of(answers);
    const auto survey = survey_batch(batch, plan, hashes);
    ASSERT_TRUE(survey);
    std::string seen;
    const auto digest =
        write_return(batch, *survey, target, plan, hashes, [&](std::string_view bytes) { seen += bytes; });
    ASSERT_TRUE(digest);
    EXPECT_TRUE(seen == bytes_of_file(target));
    EXPECT_EQ(*digest, hashes.sha256.hash(bytes_of(seen)));
}

TEST_F(ReturnFile, NamesEachPaidLineByItsDayItsBatchAndItsNumber) {
    const fs::path batch = a_batch(5), target = folder_ / "r.ret";
    const Day later = *Day::of(2022, 1, 10);
    const auto answers =
        with_habits({.fail_permille = 0}, {{reference(2), {{AnswerKind::paid, Reason::paid, later}}},
                                           {reference(3), {{AnswerKind::paid, Reason::paid, later}}},
                                           {reference(5), {{AnswerKind::failed, Reason::rejected, later}}}});
    const ReturnPlan plan = plan_of(answers);
    const auto survey = survey_batch(batch, plan, hashes);
    ASSERT_TRUE(survey);
    ASSERT_TRUE(write_return(batch, *survey, target, plan, hashes));
    EXPECT_EQ(told_by(target),
              "1 S OK00 BK20220106-3702122022010001-0000001\n2 S OK00 BK20220110-3702122022010001-0000002\n"
              "3 S OK00 BK20220110-3702122022010001-0000003\n4 S OK00 BK20220106-3702122022010001-0000004\n"
              "5 F RJCT \n");
    // The column before: the bank's day of the line, of those that it did not pay too.
    std::string days;
    const auto sm3 = seal::sm3().stream();
    bankfile::ReturnReader reader{
        "r", *sm3, [&](const bankfile::ReturnLine& line) { days += line.bank_day.digits() + " "; }};
    reader.feed(bytes_of_file(target));
    reader.finish();
    EXPECT_EQ(days, "20220106 20220110 20220110 20220106 20220110 ");
}

TEST_F(ReturnFile, HasTheSameBytesWhenMadeAgain) {
    const fs::path batch = a_batch(5000);
    const auto answers = with_habits({.seed = 5, .fail_permille = 200, .in_progress_permille = 50});
    const ReturnPlan plan = plan_of(answers);
    const auto survey = survey_batch(batch, plan, hashes);
    ASSERT_TRUE(survey);
    ASSERT_TRUE(write_return(batch, *survey, folder_ / "one.ret", plan, hashes));
    ASSERT_TRUE(write_return(batch, *survey, folder_ / "two.ret", plan, hashes));
    EXPECT_EQ(bytes_of_file(folder_ / "one.ret"), bytes_of_file(folder_ / "two.ret"));
    EXPECT_FALSE(fs::exists(folder_ / "one.ret.part"));
}

TEST_F(ReturnFile, OfABatchTooLargeForMemoryIsTheSame) {
    const fs::path batch = a_batch(5000);
    const auto answers = with_habits({.seed = 5, .fail_permille = 200, .silent_permille = 50});
    ReturnPlan plan = plan_of(answers);
    const auto kept = survey_batch(batch, plan, hashes);
    plan.lines_kept_max = 4999;
    const auto not_kept = survey_batch(batch, plan, hashes);
    ASSERT_TRUE(kept && not_kept);
    EXPECT_TRUE(kept->kept.are_all());
    EXPECT_FALSE(not_kept->kept.are_all());
    ASSERT_TRUE(write_return(batch, *kept, folder_ / "one.ret", plan, hashes));
    ASSERT_TRUE(write_return(batch, *not_kept, folder_ / "two.ret", plan, hashes));
    EXPECT_EQ(bytes_of_file(folder_ / "one.ret"), bytes_of_file(folder_ / "two.ret"));
}

TEST_F(ReturnFile, OfALaterRoundAnswersOnlyWhatWasLeftOpen) {
    const fs::path batch = a_batch(3);
    const auto first_answers = with_habits(
        {.fail_permille = 0}, {{reference(2), {{AnswerKind::in_progress, Reason::in_progress, {}}}}});
    const ReturnPlan first = plan_of(first_answers);
    const auto survey = survey_batch(batch, first, hashes);
    ASSERT_TRUE(survey);
    ASSERT_TRUE(write_return(batch, *survey, folder_ / "one.ret", first, hashes));

    const auto later_answers = with_habits({.fail_permille = 0});
    ReturnPlan later = plan_of(later_answers, 2);
    ASSERT_TRUE(mark_said(folder_ / "one.ret", 1, later.said, hashes));
    const auto rest = survey_batch(batch, later, hashes);
    ASSERT_TRUE(rest);
    ASSERT_TRUE(write_return(batch, *rest, folder_ / "two.ret", later, hashes));
    EXPECT_EQ(told_by(folder_ / "two.ret"), "2 S OK00 BK20220106-3702122022010001-0000002\n");
}

TEST_F(ReturnFile, IsNotMadeOfABatchThatChangedMeanwhile) {
    const fs::path batch = a_batch(3);
    const auto answers = with_habits({});
    ReturnPlan plan = plan_of(answers);
    plan.lines_kept_max = 0;
    const auto survey = survey_batch(batch, plan, hashes);
    ASSERT_TRUE(survey);
    a_batch(4);
    const auto written = write_return(batch, *survey, folder_ / "r.ret", plan, hashes);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().fault, Fault::mismatch);
    EXPECT_FALSE(fs::exists(folder_ / "r.ret"));
}

TEST_F(ReturnFile, NeedsABatchWithoutFaults) {
    const fs::path batch = a_batch(3);
    std::string bytes = bytes_of_file(batch);
    bytes[bytes.find("6229990000000000019")] = '7';
    std::ofstream{batch, std::ios::binary} << bytes;
    const auto answers = with_habits({});
    const auto survey = survey_batch(batch, plan_of(answers), hashes);
    ASSERT_TRUE(survey);
    ASSERT_EQ(survey->faults.size(), 1U);
    EXPECT_EQ(survey->faults.front().fault, Fault::tampered);
    EXPECT_FALSE(survey_batch(folder_ / "none.txt", plan_of(answers), hashes));
}

}  // namespace
}  // namespace onecard::cli
