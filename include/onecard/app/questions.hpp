#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// One parameter of a question; without a value of its own it takes the one here.
struct QuestionParameter {
    std::string_view name;
    std::string_view
        otherwise;  ///< empty: it must be given. "today", "now" and "this-month" are the moment of asking.
    enum class Form : std::uint8_t { number, month, day, moment } form = Form::number;
};

/// What auditors ask (DOMAIN 5.4): a query report_ask_…, over a region.
struct Question {
    std::string_view name;
    std::string_view chinese, english;
    std::vector<QuestionParameter> parameters;
};
std::span<const Question> questions();

/// Answers one. Errors: forbidden (banks, outside the region), unknown (the question, a parameter), missing, malformed.
Result<Report> ask_question(Tools& tools, const Identity& by, const Region& region, std::string_view name,
                            const std::map<std::string, std::string>& given, Moment now);
/// The same as it comes from the database, however long: `on_head` once, with fields and one table of columns without rows,
/// then `on_rows`, a piece at a time. Everything is of one snapshot. Errors: as of ask_question(), before anything is
/// handed out; wrong_tier also refuses in the middle (missing: a month without its policy).
Result<void> stream_question(Tools& tools, const Identity& by, const Region& region, std::string_view name,
                             const std::map<std::string, std::string>& given, Moment now,
                             const std::function<void(Report head)>& on_head,
                             const std::function<void(Table piece)>& on_rows);
/// What every export carries: the digest of its bytes, and the newest checkpoint (a signed note; "no checkpoint yet").
struct ExportProof {
    std::string sha256;
    std::string checkpoint;
};
ExportProof export_proof(Tools& tools, const Digest& digest);
/// As comment lines behind a text: "# sha256 of every byte before this line: …", then the checkpoint, a line each.
std::string proof_lines(const ExportProof& proof, std::string_view comment);

/// What can be asked, with the parameters of each.
Report list_questions();

/// Puts on record that an auditor asked something, before it is answered: nothing is shown that was not recorded.
void record_asking(Tools& tools, const Identity& by, std::string_view what, Moment now);

/// How a journal is written: as hledger reads it (sources and counties as parts of an account's name), as beancount does, or
/// a line a posting as CSV with a UTF-8 byte order mark for spreadsheets. Amounts in yuan.
enum class JournalForm : std::uint8_t { hledger, beancount, csv };
std::optional<JournalForm> journal_form_of(std::string_view code);
/// The journal of a region, oldest entry first, in pieces of some hundred kilobytes: its length does not matter to memory.
/// Errors: forbidden, before anything is handed out.
Result<void> export_journal(Tools& tools, const Identity& by, const Region& region, JournalForm form,
                            const std::function<void(std::string_view)>& on_piece);

}  // namespace onecard::app
