#include "bank_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "onecard/core/ids.hpp"
#include "onecard/registry/csv.hpp"

namespace onecard::cli {

namespace {

using bankfile::Reason;

constexpr std::int64_t permille_max = 1000;

/// What goes wrong with real batches, out of 1000 failures: mostly names and accounts; a death is rare.
struct Weight {
    Reason reason;
    std::uint64_t of_1000;
};
constexpr std::array failures{
    Weight{Reason::name_mismatch, 320},     Weight{Reason::account_unknown, 180},
    Weight{Reason::account_closed, 170},    Weight{Reason::account_blocked, 120},
    Weight{Reason::account_dormant, 80},    Weight{Reason::over_limit, 50},
    Weight{Reason::wrong_account_type, 40}, Weight{Reason::wrong_routing, 30},
    Weight{Reason::deceased, 10},
};
/// Whatever one payment can fail for; the other canonical reasons are of whole files or of other outcomes.
constexpr std::array failing{
    Reason::name_mismatch,   Reason::account_unknown, Reason::account_closed,     Reason::account_blocked,
    Reason::account_dormant, Reason::over_limit,      Reason::wrong_account_type, Reason::identity_mismatch,
    Reason::deceased,        Reason::wrong_routing,   Reason::duplicate,          Reason::amount_error,
    Reason::no_funds,        Reason::after_cut_off,   Reason::reversed,           Reason::rejected};
consteval std::uint64_t sum_of_weights() {
    std::uint64_t sum = 0;
    for (const Weight& weight : failures) sum += weight.of_1000;
    return sum;
}
static_assert(sum_of_weights() == 1000);

/// The finalizer of splitmix64 (Vigna, public domain).
constexpr std::uint64_t mix(std::uint64_t word) {
    word += 0x9E3779B97F4A7C15U;
    word = (word ^ (word >> 30U)) * 0xBF58476D1CE4E5B9U;
    word = (word ^ (word >> 27U)) * 0x94D049BB133111EBU;
    return word ^ (word >> 31U);
}

/// Every byte counts, so that neighbouring serials have nothing in common. References of one file begin alike: what one
/// has in common with the one before it is not hashed again.
class ReferenceHash {
public:
    std::uint64_t of(std::uint64_t seed, std::string_view payment) {
        const std::size_t held = std::min(payment.size(), last_.size());
        std::size_t at = 0;
        if (seed == seed_)
            while (at < std::min(held, length_) && payment[at] == last_[at]) ++at;
        seed_ = seed;
        length_ = held;
        after_[0] = mix(seed);
        for (; at < held; ++at) {
            last_[at] = payment[at];
            after_[at + 1] = mix(after_[at] ^ static_cast<unsigned char>(payment[at]));
        }
        std::uint64_t hash = after_[held];
        for (; at < payment.size(); ++at) hash = mix(hash ^ static_cast<unsigned char>(payment[at]));
        return hash;
    }

private:
    std::uint64_t seed_ = 0;
    std::size_t length_ = 0;                                           ///< of what is held of the last one
    std::array<char, payment_reference_length> last_{};                ///< its beginning
    std::array<std::uint64_t, payment_reference_length + 1> after_{};  ///< so many bytes of it
};

std::uint64_t hash_of(std::uint64_t seed, std::string_view payment) {
    thread_local ReferenceHash hash;
    return hash.of(seed, payment);
}

Answer failure_by(std::uint64_t hash) {
    std::uint64_t left = hash % 1000;
    for (const Weight& weight : failures) {
        if (left < weight.of_1000) return {AnswerKind::failed, weight.reason, {}};
        left -= weight.of_1000;
    }
    std::unreachable();
}

/// The outcome of a row of a script, without its reason.
struct Outcome {
    std::string_view word;
    Answer answer;
    bool after_paid = false;  ///< takes back what an earlier row says was paid
};
constexpr std::array outcomes{
    Outcome{"paid", {AnswerKind::paid, Reason::paid, {}, false, false}},
    Outcome{"failed", {AnswerKind::failed, Reason::rejected, {}, false, false}},
    Outcome{"in-progress", {AnswerKind::in_progress, Reason::in_progress, {}, false, false}},
    Outcome{"silent", {AnswerKind::silent, Reason::paid, {}, false, false}},
    Outcome{"unstated", {AnswerKind::paid, Reason::paid, {}, false, true}},
    Outcome{"returned", {AnswerKind::failed, Reason::returned_later, {}, false, false}, true},
    Outcome{"corrected", {AnswerKind::failed, Reason::rejected, {}, true, false}, true},
};

bool may_be_a_failure(Reason reason) { return reason != Reason::paid && reason != Reason::in_progress; }

constexpr std::array<std::string_view, 4> columns{"payment", "outcome", "reason", "day"};

/// One row, as faults or as an answer.
class ScriptRow {
public:
    ScriptRow(const std::string& file, std::int64_t line, std::span<const std::string_view> fields,
              Faults& faults)
        : file_{file}, line_{line}, fields_{fields}, faults_{faults} {}

    bool is_header() {
        if (fields_.size() != columns.size())
            return wrong(0, Fault::malformed, "the header row is «payment,outcome,reason,day»");
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (fields_[i] != columns[i])
                return wrong(i, Fault::malformed, fmt::format("this column is «{}»", columns[i]));
        return true;
    }

    /// `takes_back`: whether something must have been paid before.
    std::optional<Answer> read(bool& takes_back) {
        if (fields_.size() < 2 || fields_.size() > columns.size()) {
            wrong(0, Fault::malformed, "a row has payment, outcome, and perhaps reason and day");
            return std::nullopt;
        }
        bool good = true;
        if (fields_[0].empty() || fields_[0].size() > payment_reference_length)
            good = wrong(0, Fault::malformed, "is no payment reference");
        const auto outcome = std::ranges::find(outcomes, fields_[1], &Outcome::word);
        if (outcome == outcomes.end())
            return wrong(1, Fault::malformed,
                         "must be paid, failed, in-progress, silent, unstated, returned or corrected"),
                   std::nullopt;
        Answer answer = outcome->answer;
        takes_back = outcome->after_paid;
        const std::string_view code = fields_.size() > 2 ? fields_[2] : std::string_view{};
        const bool is_late = takes_back && !answer.corrects;
        if (answer.kind == AnswerKind::failed && !(is_late && code.empty())) {
            const auto reason = bankfile::reason_of(code);
            if (!reason || !may_be_a_failure(*reason))
                good = wrong(2, Fault::unknown, "a failed line needs a canonical reason (NM01, AC01 …)");
            else if (is_late && *reason != Reason::returned_later && *reason != Reason::reversed)
                good = wrong(2, Fault::unknown, "a late return is RETD or REVS");
            else
                answer.reason = *reason;
        } else if (!code.empty()) {
            good = wrong(2, Fault::malformed, "only failed lines have a reason");
        }
        if (fields_.size() > 3 && !fields_[3].empty()) {
            const auto day = Day::parse(fields_[3]);
            if (!day)
                good = wrong(3, day.error().fault, day.error().text);
            else
                answer.day = *day;
        }
        if (!good) return std::nullopt;
        return answer;
    }

    /// Always false.
    bool wrong(std::size_t column, Fault fault, std::string text) {
        faults_.push_back({fault, fmt::format("{}:{}:{}", file_, line_, columns[column]), std::move(text)});
        return false;
    }

private:
    const std::string& file_;
    std::int64_t line_;
    std::span<const std::string_view> fields_;
    Faults& faults_;
};

}  // namespace

ScriptedAnswers read_scripted_answers(std::string_view csv, std::string file, Faults& faults) {
    ScriptedAnswers answers;
    bool has_header = false;
    registry::CsvReader reader{
        file,
        [&](std::int64_t line, std::span<const std::string_view> fields) {
            ScriptRow row{file, line, fields, faults};
            if (!std::exchange(has_header, true)) {
                row.is_header();
                return;
            }
            bool takes_back = false;
            const auto answer = row.read(takes_back);
            if (!answer) return;
            std::vector<Answer>& story = answers[std::string{fields[0]}];
            if (takes_back && std::ranges::find(story, AnswerKind::paid, &Answer::kind) == story.end())
                row.wrong(1, Fault::mismatch, "no row above says that it was paid");
            story.push_back(*answer);
        },
        faults};
    reader.feed(csv);
    reader.finish();
    if (!has_header && faults.empty()) faults.push_back({Fault::missing, file + ":1", "has no header row"});
    return answers;
}

Result<BankAnswers> BankAnswers::create(Habits habits, ScriptedAnswers scripted) {
    const auto is_share = [](std::int64_t permille) { return permille >= 0 && permille <= permille_max; };
    if (!is_share(habits.fail_permille) || !is_share(habits.in_progress_permille) ||
        !is_share(habits.silent_permille) ||
        !is_share(habits.fail_permille + habits.in_progress_permille + habits.silent_permille))
        return refuse(Fault::out_of_range,
                      fmt::format("{} ‰ failed, {} ‰ in progress and {} ‰ left out are no shares of 1000",
                                  habits.fail_permille, habits.in_progress_permille, habits.silent_permille));
    if (!is_share(habits.contradict_permille) || !is_share(habits.late_permille) ||
        !is_share(habits.contradict_permille + habits.late_permille))
        return refuse(Fault::out_of_range,
                      fmt::format("{} ‰ contradicted and {} ‰ returned late are no shares of 1000",
                                  habits.contradict_permille, habits.late_permille));
    if (!is_share(habits.unstated_permille))
        return refuse(Fault::out_of_range,
                      fmt::format("{} ‰ on no statement is no share of 1000", habits.unstated_permille));
    return BankAnswers{habits, std::move(scripted)};
}

Answer BankAnswers::later_word(std::string_view payment, int round, Said said) const {
    const auto drawn =
        static_cast<std::int64_t>(mix(hash_of(~habits_.seed, payment) + static_cast<std::uint64_t>(round)) %
                                  static_cast<std::uint64_t>(permille_max));
    const bool was_paid = said.what == Said::What::paid;
    if (drawn < habits_.contradict_permille) {
        if (was_paid) return {AnswerKind::failed, Reason::rejected, {}};
        return {AnswerKind::paid, Reason::paid, {}};
    }
    if (was_paid && drawn < habits_.contradict_permille + habits_.late_permille)
        return {AnswerKind::failed, Reason::returned_later, {}};
    return {AnswerKind::silent, Reason::paid, {}};
}

Answer BankAnswers::answer_to(std::string_view payment, int round, Said said) const {
    if (const auto found = scripted_.find(payment); found != scripted_.end()) {
        const std::vector<Answer>& story = found->second;
        if (round == 1) return story.front();
        auto left = said.times;
        for (const Answer& answer : story)
            if (answer.kind != AnswerKind::silent && left-- == 0) return answer;
        return said.what == Said::What::nothing ? story.back() : Answer{AnswerKind::silent, Reason::paid, {}};
    }
    if (said.what != Said::What::nothing) return later_word(payment, round, said);
    const std::uint64_t hash = mix(hash_of(habits_.seed, payment) + static_cast<std::uint64_t>(round));
    const auto drawn = static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(permille_max));
    const std::int64_t unpaid_permille =
        habits_.fail_permille + (round > 1 ? 0 : habits_.in_progress_permille + habits_.silent_permille);
    if (drawn >= unpaid_permille) return {};
    const auto reference = PaymentReference::parse(payment);
    if (reference && reference->attempt > 1) return {};
    // The reason is drawn anew: the low numbers that fail would all be the first reason.
    if (drawn < habits_.fail_permille)
        return habits_.every_reason ? Answer{AnswerKind::failed, failing[mix(hash) % failing.size()], {}}
                                    : failure_by(mix(hash));
    if (drawn < habits_.fail_permille + habits_.in_progress_permille)
        return {AnswerKind::in_progress, Reason::in_progress, {}};
    return {AnswerKind::silent, Reason::paid, {}};
}

bool BankAnswers::is_unstated(std::string_view payment) const {
    if (const auto found = scripted_.find(payment); found != scripted_.end())
        return std::ranges::find(found->second, true, &Answer::unstated) != found->second.end();
    const auto drawn = mix(hash_of(mix(habits_.seed), payment)) % static_cast<std::uint64_t>(permille_max);
    return static_cast<std::int64_t>(drawn) < habits_.unstated_permille;
}

}  // namespace onecard::cli
