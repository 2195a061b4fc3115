#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/bankfile/reason.hpp"
#include "onecard/core/calendar.hpp"
#include "onecard/core/result.hpp"

/// What the bank of our own says to each payment: pure, so that the same seed tells the same story everywhere.
namespace onecard::cli {

/// `silent`: the return file does not mention the line.
enum class AnswerKind : std::uint8_t { paid, failed, in_progress, silent };

struct Answer {
    AnswerKind kind = AnswerKind::paid;
    bankfile::Reason reason = bankfile::Reason::paid;
    std::optional<Day> day;  ///< the bank's day; the value day of the file when there is none
    /// It was paid by mistake: the return file that says so is a signed correction of the one that said paid.
    bool corrects = false;
    bool unstated = false;  ///< paid, and on no statement (漏单)
    friend bool operator==(const Answer&, const Answer&) = default;
};

/// What a return file of ours has said of a line for good.
struct Said {
    enum class What : std::uint8_t { nothing, paid, failed } what = What::nothing;
    std::int16_t round = 0;  ///< in which
    std::int16_t times = 0;  ///< so many return files spoke of it, those that said "in progress" too
    friend bool operator==(const Said&, const Said&) = default;
};

/// By payment reference: what is said of it first, what next, and so on.
using ScriptedAnswers = std::map<std::string, std::vector<Answer>, std::less<>>;

/// Reads a script of answers: CSV (RFC 4180) with the header row `payment,outcome,reason,day`. The rows of one payment
/// are its story: the first is for the first return file, and each further return file of its batch says the next. Outcome: paid, failed, in-progress or
/// silent (first of all: the first return file does not mention it); unstated (paid, and no statement has it); returned (after it was paid: a late return) and corrected (after it
/// was paid: a signed correction). Reason: a canonical code, for failed and corrected lines; for returned ones RETD,
/// which need not be written, or REVS. Day: empty for the value day of the file. The last fields may be left out.
/// All faults are listed, "file:line:column"; a script with a fault must not be used.
ScriptedAnswers read_scripted_answers(std::string_view csv, std::string file, Faults& faults);

/// How often this bank fails, and the number that decides which payments it hits.
struct Habits {
    std::uint64_t seed = 0;
    std::int64_t fail_permille = 20;
    std::int64_t in_progress_permille = 0;
    std::int64_t silent_permille = 0;      ///< the first return file does not mention them
    std::int64_t late_permille = 0;        ///< of what was paid: taken back in a later round
    std::int64_t contradict_permille = 0;  ///< of what was said: the other word in a later round
    std::int64_t unstated_permille = 0;    ///< of what was paid: on no statement
    /// Failures have each reason that a payment can fail for, as often as any other; else as real banks have them.
    bool every_reason = false;
};

/// Chooses the answer to each payment: what the script says, else what the hash of seed and payment reference gives,
/// whatever the order of the lines. A payment issued again is paid: its account was corrected.
class BankAnswers {
public:
    /// Errors: out_of_range unless the shares are >= 0, those of the first return file together and the others each at
    /// most 1000.
    static Result<BankAnswers> create(Habits habits, ScriptedAnswers scripted);

    /// `round` 1 is the first return file of a batch; in a later one nothing is in progress any more, unless the script
    /// says so. `said`: by the return files before.
    Answer answer_to(std::string_view payment, int round = 1, Said said = {}) const;
    /// Whether a statement leaves the payment out.
    bool is_unstated(std::string_view payment) const;

private:
    BankAnswers(Habits habits, ScriptedAnswers scripted) : habits_{habits}, scripted_{std::move(scripted)} {}
    Answer later_word(std::string_view payment, int round, Said said) const;
    Habits habits_;
    ScriptedAnswers scripted_;
};

}  // namespace onecard::cli
