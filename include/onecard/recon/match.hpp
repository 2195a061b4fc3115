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

/// Matching what a bank says against what it was sent.
namespace onecard::recon {

/// One line that a bank was sent, as its batch file holds it. Index = seq − 1.
struct SentLine {
    PaymentReference payment;
    Money amount;
    std::uint64_t account_hash = 0;  ///< of the account digits: enough to see that another one came back
    bool answered = false;           ///< by an earlier file or an earlier line
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
    std::uint32_t sent = 0;  ///< index of the sent line
};

/// The canonical bytes of an outcome, the leaf of its entry's Merkle tree: part, county, serial (4 each), attempt,
/// kind (1 paid, 2 failed), reason (2 each), amount in fen (8), value day as days since 1970 (4), return file number,
/// line (4 each), all big-endian: 38 bytes.
inline constexpr std::size_t outcome_leaf_bytes = 38;
void write_leaf(PartNo part, County county, const Outcome& outcome, std::int32_t return_no, std::byte* out);

enum class BreakKind : std::uint8_t {
    unknown_reference,  ///< 长款: a line that was never sent
    repeated,           ///< a second line for the same payment in the same file
    amount_differs,     ///< 差错
    account_differs,    ///< 差错
    contradicts_earlier,  ///< an earlier file had the last word already and said something else, or the same again
    unknown_reason,       ///< a failure with a code that no table knows
};
std::string_view code_of(BreakKind kind);

struct Break {
    BreakKind kind = BreakKind::unknown_reference;
    std::int32_t line = 0;
    std::string evidence;
};

struct Matched {
    std::vector<Outcome> outcomes;
    std::vector<Break> breaks;
    std::int32_t in_progress = 0;
    std::int32_t paid = 0, failed = 0;
    Money paid_total, failed_total;
};

/// Takes the lines of one return file, one by one, against the sent lines of its batch. Each sent line and each bank
/// line is consumed at most once. An in-progress line concludes nothing.
class Matcher {
public:
    Matcher(std::vector<SentLine>& sent, Matched& out) : sent_{sent}, out_{out} {}
    void take(const bankfile::ReturnLine& line);

private:
    void open_break(BreakKind kind, std::string evidence);
    std::vector<SentLine>& sent_;
    Matched& out_;
    std::vector<bool> seen_;
    std::int32_t line_ = 1;
};

}  // namespace onecard::recon
