#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "onecard/app/tools.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/ledger/entry.hpp"
#include "onecard/recon/match.hpp"
#include "onecard/recon/posting.hpp"
#include "sent_lines.hpp"

/// What is written of return files once they are matched: outcomes, failures, breaks, entries, results, acts.
namespace onecard::app {

struct Settling {
    Tools& tools;
    StreamHash& sm3;
    Moment now;
};

/// What one return file says of the payments of one month: counts, and the Merkle trees over the words by where they lead.
struct WordsOfMonth {
    WordsOfMonth(const HashFunction& hash, Month month)
        : period{month}, trees(4, audit::MerkleFrontier{hash}) {}
    audit::MerkleFrontier& of(recon::Standing to) { return trees[static_cast<std::size_t>(to) - 1]; }
    recon::Tally& tally(recon::Standing to) {
        switch (to) {
            case recon::Standing::paid: return sums.paid;
            case recon::Standing::failed: return sums.failed;
            case recon::Standing::returned: return sums.returned;
            case recon::Standing::corrected: return sums.corrected;
            case recon::Standing::in_transit: break;
        }
        broken("a final word that is none");
    }
    Month period;
    recon::Matched sums;                       ///< the tallies alone
    std::vector<audit::MerkleFrontier> trees;  ///< paid, failed, returned, corrected
};

/// One return file that was matched, or the beginning of one.
struct Answered {
    const ReturnFile* file = nullptr;
    Batch batch;
    recon::Matched matched;
    std::int64_t corrects = 0;
    std::unique_ptr<SentLines> sent;
    std::vector<WordsOfMonth> months;
    std::unique_ptr<StreamHash> told;  ///< over its breaks
    WordsOfMonth& month(const HashFunction& hash, Month period) {
        for (WordsOfMonth& one : months)
            if (one.period == period) return one;
        return months.emplace_back(hash, period);
    }
    PartNo part_of(const recon::Outcome& outcome) const { return sent->part_of(outcome.sent); }
};

/// What the transaction of some return files writes in the end.
struct Posting {
    std::vector<Answered> answered;
    std::vector<ReturnResult> results;
    std::vector<Act> acts;
};

/// Notes that the file is refused whole, and why: every fault, a line each.
void refuse_return(const HashFunction& sha256, Posting& posting, const ReturnFile& file, std::string reason,
                   Moment now);
/// What the breaks so far say, into the digest by which their file's act commits to them.
void tell_breaks(Answered& answered);
/// Notes what the file said; its words are written by `write_out`. `is_first`: no other was accepted for its batch before.
void accept_return(Posting& posting, Answered answered, bool is_first, Moment now);
/// Writes what was matched so far, and forgets it; the counts stay.
void write_out(const HashFunction& sha256, Work& work, std::vector<Answered>& all, Moment now);
/// The entries of all files: from the funds that stand in transit, or arrived, where their words say.
std::vector<ledger::Entry> entries_of(Settling& settling, Work& work, std::vector<Answered>& all);

}  // namespace onecard::app
