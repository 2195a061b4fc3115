#pragma once

#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include "onecard/app/tools.hpp"
#include "onecard/bankfile/formats.hpp"
#include "onecard/recon/match.hpp"

namespace onecard::app {

/// What a bank was sent, read back from the batch file as return lines ask for it: both ascend by sequence number, so
/// that a window over the file is enough, however large it is. The file is the record of what was sent, and its digest
/// is on record too.
class SentLines {
public:
    /// `was_answered`: an accepted return file has spoken of this batch before.
    SentLines(Tools& tools, Work& work, const Batch& batch, const bankfile::Profile& profile,
              bool was_answered);
    /// The line with this sequence number, null when none was sent or when it lies before the window. Lives until a
    /// later number is asked for.
    recon::SentLine* at(std::int32_t seq);
    /// Reads the rest. BrokenInvariant when the file is not what was sent.
    void finish();
    /// The part that holds the payment of a line.
    PartNo part_of(std::uint32_t index) const { return parts_.empty() ? batch_.part : parts_[index]; }

private:
    bool read_piece();
    void learn_what_is_known();

    Work& work_;
    Batch batch_;
    bool was_answered_;
    std::ifstream in_;
    std::vector<char> piece_;
    std::unique_ptr<StreamHash> sha256_;
    std::unique_ptr<bankfile::BatchReading> reader_;
    std::vector<recon::SentLine> window_;
    std::vector<std::pair<std::uint32_t, recon::Known>> known_;  ///< of the window, by index in the batch
    std::int32_t first_ = 1;  ///< sequence number of the window's first line
    bool well_formed_ = true;
    bool ended_ = false;
    std::vector<PartNo> parts_;  ///< by sent line; empty where all of them lie in the batch's own part
};

}  // namespace onecard::app
