#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/bankfile/reason.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "onecard/core/calendar.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/result.hpp"
#include "onecard/recon/attempt.hpp"
#include "onecard/recon/breaks.hpp"

/// Matching what a bank says against what it was sent.
namespace onecard::recon {

/// One line that a bank was sent, as its batch file holds it, and what is known of it.
struct SentLine {
    PaymentReference payment;
    Money amount;
    std::uint64_t account_hash = 0;  ///< of the account digits: enough to see that another one came back
    Known known;
    bool seen = false;  ///< by a line of the file that is being read
};

std::uint64_t account_hash(std::string_view digits);

/// The bank's final word on one attempt, ready to be recorded.
struct Outcome {
    Serial serial;
    std::int16_t attempt = 1;
    bool paid = false;
    bankfile::Reason reason = bankfile::Reason::paid;
    Money amount;
    Day value_day;
    std::int32_t line = 0;   ///< in the return file: the header is line 1
    std::uint32_t sent = 0;  ///< index of the sent line, seq − 1
};

/// A later word that takes an outcome back: paid, and then returned or corrected.
struct Reversal {
    Standing to = Standing::returned;
    std::int64_t paid_by = 0;  ///< the return file that had said paid
    Outcome word;              ///< `paid` is false
};

/// The canonical bytes of an outcome, the leaf of its entry's Merkle tree: part, county, serial (4 each), attempt,
/// kind (1 paid, 2 failed, 3 returned, 4 corrected), reason (2 each), amount in fen (8), value day as days since 1970
/// (4), return file number, line (4 each), all big-endian: 38 bytes.
inline constexpr std::size_t outcome_leaf_bytes = 38;
void write_leaf(PartNo part, County county, Standing to, const Outcome& word, std::int32_t return_no,
                std::byte* out);
inline void write_leaf(PartNo part, County county, const Outcome& outcome, std::int32_t return_no,
                       std::byte* out) {
    write_leaf(part, county, outcome.paid ? Standing::paid : Standing::failed, outcome, return_no, out);
}

/// How many payments, and how much.
struct Tally {
    std::int32_t count = 0;
    Money total;
    void add(Money amount) {
        ++count;
        total += amount;
    }
    friend bool operator==(const Tally&, const Tally&) = default;
};

struct Matched {
    std::vector<Outcome> outcomes;
    std::vector<Reversal> reversals;
    std::vector<Break> breaks;
    std::int32_t in_progress = 0;
    std::int32_t repeated = 0;  ///< lines that said again what was known
    std::int32_t broken = 0;    ///< lines that do not fit; a late return fits, and is a break besides
    Tally paid, failed, returned, corrected;
};

/// Takes the lines of one return file, one by one. Each sent line and each bank line is consumed at most once. An
/// in-progress line concludes nothing; what was said before is never overwritten.
class Matcher {
public:
    /// `corrects`: the number of the earlier return file that this one corrects, 0 for none.
    explicit Matcher(Matched& out, std::int64_t corrects = 0) : out_{out}, corrects_{corrects} {}
    /// `sent`: what went out under the line's sequence number, null for nothing. `line_no`: the header is line 1.
    void take(const bankfile::ReturnLine& line, SentLine* sent, std::int32_t line_no);
    /// A line whose number does not ascend: said before, or in no order.
    void take_out_of_order(const bankfile::ReturnLine& line, std::int32_t line_no);
    /// A line that is bad in itself, quarantined.
    void take_malformed(std::string evidence, std::int32_t line_no);

private:
    void judge(const bankfile::ReturnLine& line, SentLine& sent, std::int32_t line_no);
    void open_break(BreakKind kind, std::int32_t line_no, const bankfile::ReturnLine& line,
                    const SentLine* sent, std::string evidence);
    void open_late_return(const bankfile::ReturnLine& line, const SentLine& sent, std::int32_t line_no,
                          std::int64_t paid_by, bankfile::Reason reason);
    Matched& out_;
    std::int64_t corrects_;
};

}  // namespace onecard::recon
