#pragma once

#include <cstdint>
#include <string_view>

#include "onecard/bankfile/reason.hpp"
#include "onecard/bankfile/ykt_text.hpp"

/// The life of one attempt to pay, and what a bank's word does to it (DOMAIN 3.2).
namespace onecard::recon {

/// What is known of an attempt. In transit is also what nobody has spoken of, or only said "in progress": unknown is
/// not failed. The number is part of the leaf of a word (1 to 4): never renumber.
enum class Standing : std::uint8_t {
    in_transit = 0,
    paid = 1,
    failed = 2,
    returned = 3,   ///< paid, and taken back by a late return (退汇)
    corrected = 4,  ///< paid, as a bank said by mistake: its signed correction says failed
};
std::string_view code_of(Standing standing);
/// Whether the money is on the books as to be paid again (2111).
constexpr bool is_open(Standing standing) {
    return standing == Standing::failed || standing == Standing::returned || standing == Standing::corrected;
}

struct Known {
    Standing standing = Standing::in_transit;
    bankfile::Reason reason = bankfile::Reason::paid;  ///< of an attempt that is not paid
    std::int64_t return_no = 0;  ///< the return file with the last word; 0 when there was none
    /// People have decided that a failed attempt was paid: nothing that a bank says later moves it any more.
    bool by_hand = false;
    friend bool operator==(const Known&, const Known&) = default;
};

/// A line of a return file, as far as it says what happened.
struct Word {
    bankfile::ReturnStatus status = bankfile::ReturnStatus::in_progress;
    bankfile::Reason reason = bankfile::Reason::paid;  ///< why, for `failed`
    std::int64_t corrects = 0;                         ///< the return file that this one corrects, 0 for none
};

enum class Consequence : std::uint8_t {
    nothing,             ///< in progress: nothing is concluded
    pays,                ///< in transit → paid
    fails,               ///< in transit → failed
    takes_back,          ///< paid → returned
    corrects,            ///< paid → corrected
    repeats,             ///< says again what is known already
    contradicts,         ///< says otherwise than the file before: overwrites nothing
    paid_though_failed,  ///< money may be gone for what is to be paid again: overwrites nothing
};

/// What a word does to what is known. Total: every word has one consequence in every standing.
Consequence consequence_of(const Known& known, const Word& word);

/// Where a consequence leads; the standing itself for those that change nothing. A move that the table of DOMAIN 3.2
/// does not have is our own mistake (BrokenInvariant).
Standing after(Standing standing, Consequence consequence);

}  // namespace onecard::recon
