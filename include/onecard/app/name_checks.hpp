#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// The round before the first payment: banks are asked whether names and accounts belong together, and what they deny
/// is not paid to (schemas/bank/name-check.md).
class NameChecks {
public:
    explicit NameChecks(Tools& tools) : tools_{tools} {}

    /// Asks the banks of a county about every account of the newest register, as it is valid in `month`, about which
    /// they were not asked yet or do not know yet. One file a bank, or several. Errors: forbidden, missing (nothing to
    /// ask).
    Result<Report> ask(const Identity& by, County county, Month month, Moment now);
    Result<Report> rounds(const Identity& by, const Region& region, const Slice& slice = {});

    /// For a bank: every file, oldest first.
    Result<Report> files(const Identity& bank);
    struct Download {
        std::filesystem::path file;
        Digest digest;
    };
    Result<Download> file(const Identity& bank, std::string_view file_id);
    /// Detached, of the kind that the bank's profile says.
    Result<std::string> signature(const Identity& bank, std::string_view file_id);
    /// `cms` carries the answer. The same again is no harm. Errors: unknown, malformed, forbidden, mismatch (other
    /// lines than were asked about), duplicate (answered before, otherwise).
    Result<Report> take_answer(const Identity& bank, std::string_view file_id, std::string_view cms,
                               Moment now);

private:
    Tools& tools_;
};

}  // namespace onecard::app
