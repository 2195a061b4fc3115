#include "bank_answers.hpp"

#include <fmt/format.h>

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

/// Every byte counts, so that neighbouring serials have nothing in common.
constexpr std::uint64_t hash_of(std::uint64_t seed, std::string_view payment) {
    std::uint64_t hash = mix(seed);
    for (const char c : payment) hash = mix(hash ^ static_cast<unsigned char>(c));
    return hash;
}

Answer failure_by(std::uint64_t hash) {
    std::uint64_t left = hash % 1000;
    for (const Weight& weight : failures) {
        if (left < weight.of_1000) return {AnswerKind::failed, weight.reason, {}};
        left -= weight.of_1000;
    }
    std::unreachable();
}

std::optional<AnswerKind> kind_of(std::string_view text) {
    if (text == "paid") return AnswerKind::paid;
    if (text == "failed") return AnswerKind::failed;
    if (text == "in-progress") return AnswerKind::in_progress;
    if (text == "silent") return AnswerKind::silent;
    return std::nullopt;
}

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

    std::optional<Answer> read() {
        if (fields_.size() < 2 || fields_.size() > columns.size()) {
            wrong(0, Fault::malformed, "a row has payment, outcome, and perhaps reason and day");
            return std::nullopt;
        }
        bool good = true;
        Answer answer;
        if (fields_[0].empty() || fields_[0].size() > payment_reference_length)
            good = wrong(0, Fault::malformed, "is no payment reference");
        if (const auto kind = kind_of(fields_[1]))
            answer.kind = *kind;
        else
            return wrong(1, Fault::malformed, "must be paid, failed, in-progress or silent"), std::nullopt;
        const std::string_view code = fields_.size() > 2 ? fields_[2] : std::string_view{};
        if (answer.kind == AnswerKind::failed) {
            const auto reason = bankfile::reason_of(code);
            if (!reason || !may_be_a_failure(*reason))
                good = wrong(2, Fault::unknown, "a failed line needs a canonical reason (NM01, AC01 …)");
            else
                answer.reason = *reason;
        } else {
            if (!code.empty()) good = wrong(2, Fault::malformed, "only failed lines have a reason");
            if (answer.kind == AnswerKind::in_progress) answer.reason = Reason::in_progress;
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
    registry::CsvReader reader{file,
                               [&](std::int64_t line, std::span<const std::string_view> fields) {
                                   ScriptRow row{file, line, fields, faults};
                                   if (!std::exchange(has_header, true)) {
                                       row.is_header();
                                       return;
                                   }
                                   const auto answer = row.read();
                                   if (answer && !answers.try_emplace(std::string{fields[0]}, *answer).second)
                                       row.wrong(0, Fault::duplicate, "this payment has its answer above");
                               },
                               faults};
    reader.feed(csv);
    reader.finish();
    if (!has_header && faults.empty()) faults.push_back({Fault::missing, file + ":1", "has no header row"});
    return answers;
}

Result<BankAnswers> BankAnswers::create(Habits habits, ScriptedAnswers scripted) {
    if (habits.fail_permille < 0 || habits.in_progress_permille < 0 || habits.fail_permille > permille_max ||
        habits.in_progress_permille > permille_max - habits.fail_permille)
        return refuse(Fault::out_of_range,
                      fmt::format("{} ‰ failed and {} ‰ in progress are no shares of 1000",
                                  habits.fail_permille, habits.in_progress_permille));
    if (habits.contradict_permille < 0 || habits.contradict_permille > permille_max)
        return refuse(Fault::out_of_range,
                      fmt::format("{} ‰ contradicted is no share of 1000", habits.contradict_permille));
    return BankAnswers{habits, std::move(scripted)};
}

Answer BankAnswers::contradiction_of(std::string_view payment) const {
    const auto drawn = mix(hash_of(~habits_.seed, payment)) % static_cast<std::uint64_t>(permille_max);
    if (static_cast<std::int64_t>(drawn) >= habits_.contradict_permille)
        return {AnswerKind::silent, Reason::paid, {}};
    Habits usual = habits_;
    usual.contradict_permille = 0;
    switch (BankAnswers{usual, scripted_}.answer_to(payment).kind) {
        case AnswerKind::paid: return {AnswerKind::failed, Reason::rejected, {}};
        case AnswerKind::failed: return {AnswerKind::paid, Reason::paid, {}};
        case AnswerKind::in_progress:
        case AnswerKind::silent: return {AnswerKind::silent, Reason::paid, {}};
    }
    std::unreachable();
}

Answer BankAnswers::answer_to(std::string_view payment, int round) const {
    if (habits_.contradict_permille > 0 && round > 1) return contradiction_of(payment);
    if (const auto found = scripted_.find(payment); found != scripted_.end()) return found->second;
    const auto reference = PaymentReference::parse(payment);
    if (reference && reference->attempt > 1) return {};
    const std::uint64_t hash = mix(hash_of(habits_.seed, payment) + static_cast<std::uint64_t>(round));
    const auto drawn = static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(permille_max));
    // The reason is drawn anew: the low numbers that fail would all be the first reason.
    if (drawn < habits_.fail_permille)
        return habits_.every_reason ? Answer{AnswerKind::failed, failing[mix(hash) % failing.size()], {}}
                                    : failure_by(mix(hash));
    if (round == 1 && drawn < habits_.fail_permille + habits_.in_progress_permille)
        return {AnswerKind::in_progress, Reason::in_progress, {}};
    return {};
}

}  // namespace onecard::cli
