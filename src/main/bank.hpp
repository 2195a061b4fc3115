#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/bankfile/profile.hpp"
#include "onecard/core/calendar.hpp"
#include "onecard/core/result.hpp"

/// A bank's side of the exchange, as a client over mutual TLS: for demos, tests and load. It does nothing that a real
/// bank could not do with curl and openssl alone (schemas/bank/connect.md).
namespace onecard::cli {

enum class BankDoes : std::uint8_t {
    everything,     ///< fetch, verify, receipt, and the first return file of each batch
    receipts_only,  ///< fetch, verify, receipt: the payments stay in transit
    returns_only,   ///< the first return file of each batch that has its receipt already
    name_checks,    ///< nothing but the answers to what it is asked about names and accounts
    /// A further return file: for the lines that posted ones left in progress or did not mention, for what comes back
    /// late, is contradicted or corrected.
    open_lines,
    statements,     ///< an end-of-day statement of each transit account: what moved since the last
    notifications,  ///< what came back, as it happens (camt.054)
};

struct BankWish {
    std::string url;  ///< "https://127.0.0.1:8443"
    std::filesystem::path certificate, key, authorities;
    /// SM2, for banks whose profile says so; receipts are signed with the other key all the same.
    std::filesystem::path national_certificate, national_key, national_authorities;
    /// The bank's archive and its memory of what it has done: files/ and returns/ with each file beside its .p7s,
    /// receipts/, and set-aside/ for what belonged to another file of the same name. One bank, one folder.
    std::filesystem::path folder;
    BankDoes does = BankDoes::everything;
    std::int64_t fail_permille = 20;
    std::int64_t in_progress_permille = 0;
    std::int64_t silent_permille = 0;
    std::int64_t late_permille = 0;        ///< of what was paid; needs `open_lines`
    std::int64_t contradict_permille = 0;  ///< of what was said; needs `open_lines`
    std::int64_t unstated_permille = 0;    ///< of what was paid: left out of statements
    bool states_sums = false;          ///< statements have one debit a return file, instead of one a payment
    std::int64_t interest_fen = 0;     ///< on each statement
    std::int64_t strange_credits = 0;  ///< on each statement: money of which nobody knows whose it is
    bool every_reason = false;         ///< failures of each reason alike
    std::uint64_t seed = 0;
    std::filesystem::path answers;  ///< script (bank_answers.hpp); empty: the seed alone decides
    Day value_day;
    bankfile::Profile profile = bankfile::canonical_profile();  ///< how its files look and are called
    std::string bank_code;                                      ///< 12 digits, for names that hold it
    /// The clock: certificates must be valid then, and return files say that they were made then.
    Moment now;
    bool refuse_files = false;  ///< signed refusals instead of receipts
    bool wait_posted =
        false;  ///< until the service has posted or refused each return file, or the time is over
    std::int64_t wait_seconds_max = 120;   ///< without any return file becoming posted or refused
    std::string service_name = "service";  ///< common name in the certificate that signs files and receipts
};

/// What this call did; what earlier calls did is in `done_before` only.
struct BankReport {
    std::int64_t files = 0;        ///< taken up in this call
    std::int64_t done_before = 0;  ///< with a final result since an earlier call, or refused by us
    std::int64_t receipts = 0;     ///< signed and taken by the service: acceptances
    std::int64_t refusals = 0;     ///< the same: refusals
    std::int64_t lines = 0;        ///< in the return files delivered
    std::int64_t paid = 0, failed = 0, in_progress = 0;
    std::int64_t names = 0;    ///< about which it said something
    std::int64_t silent = 0;   ///< lines of batches answered that their return file does not mention
    std::int64_t returns = 0;  ///< return files delivered, each with the service's verified receipt
    std::int64_t returns_posted = 0, returns_refused = 0, returns_waiting = 0;
    std::int64_t statements = 0;       ///< delivered; notifications too
    std::int64_t statement_lines = 0;  ///< of those that the service has matched
    std::int64_t statement_fits = 0, statement_breaks = 0;
    /// One line each, with the place. A file with a problem is left as it is, and the others are done.
    std::vector<std::string> problems;
};

struct BankProgress {
    std::int64_t files_done = 0;
    std::int64_t files_total = 0;
    std::string_view file_id;  ///< lives during the call only
    std::string_view step;     ///< "fetch", "receipt", "return", "wait", "done"
};

/// Does the bank's part for every file that is listed for this certificate, oldest first. It may be killed at any point
/// and started again: what was signed is kept in the folder and sent again as the same bytes. A gap in the sequence
/// numbers of the list is a problem; nothing behind it is touched. Neither is a file whose digest or signature is
/// wrong: no receipt goes out for it, because a refusal is final and the cause may be on our side.
/// Errors, after which a new call goes on: missing (nobody answers, a file of ours cannot be read or written),
/// forbidden (TLS or the service refuses this certificate), malformed (the wish, the script, an answer that is none).
Result<BankReport> act_as_bank(const BankWish& wish,
                               const std::function<void(const BankProgress&)>& on_progress = {});

}  // namespace onecard::cli
