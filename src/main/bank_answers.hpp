#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

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
    friend bool operator==(const Answer&, const Answer&) = default;
};

/// By payment reference.
using ScriptedAnswers = std::map<std::string, Answer, std::less<>>;

/// Reads a script of answers: CSV (RFC 4180) with the header row `payment,outcome,reason,day`. Outcome: paid, failed,
/// in-progress or silent. Reason: a canonical code, for failed lines and for no others. Day: empty for the value day
/// of the file. The last fields may be left out. All faults are listed, "file:line:column"; a script with a fault must
/// not be used.
ScriptedAnswers read_scripted_answers(std::string_view csv, std::string file, Faults& faults);

/// How often this bank fails, and the number that decides which payments it hits.
struct Habits {
    std::uint64_t seed = 0;
    std::int64_t fail_permille = 20;
    std::int64_t in_progress_permille = 0;
    /// Above 0: such a share of the lines gets the other answer than in the first round, and the rest none.
    std::int64_t contradict_permille = 0;
    /// Failures have each reason that a payment can fail for, as often as any other; else as real banks have them.
    bool every_reason = false;
};

/// Chooses the answer to each payment: what the script says, else what the hash of seed and payment reference gives,
/// whatever the order of the lines. A payment issued again is paid: its account was corrected.
class BankAnswers {
public:
    /// Errors: out_of_range unless the shares are >= 0, the first two together and the third at most 1000.
    static Result<BankAnswers> create(Habits habits, ScriptedAnswers scripted);

    /// `round` 1 is the first return file of a batch; in a later one nothing is in progress any more, unless the script
    /// says so.
    Answer answer_to(std::string_view payment, int round = 1) const;

private:
    BankAnswers(Habits habits, ScriptedAnswers scripted) : habits_{habits}, scripted_{std::move(scripted)} {}
    Answer contradiction_of(std::string_view payment) const;
    Habits habits_;
    ScriptedAnswers scripted_;
};

}  // namespace onecard::cli
