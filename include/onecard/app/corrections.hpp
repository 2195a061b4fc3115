#pragma once

#include <filesystem>
#include <string>

#include "onecard/app/decisions.hpp"
#include "onecard/app/identity.hpp"
#include "onecard/app/importing.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// The queue of failed payments as a sheet that people fill in: what has to be done by reason, and empty columns for what
/// was decided, the corrected account and the evidence. It goes out as xlsx or CSV and comes back as either, all of it or
/// nothing; columns are known by their keys and by their Chinese and English titles.
class Corrections {
public:
    Corrections(Tools& tools, Decisions& decisions) : tools_{tools}, decisions_{decisions} {}

    /// Errors: forbidden.
    Result<Report> queue(const Identity& by, const Region& region, Moment now, const Slice& slice = {});

    struct Outcome {
        Faults faults;    ///< all of them, "file:line:column"; with one nothing was done
        ImportNo import;  ///< of the corrected accounts; 0 where there were none
        std::int64_t corrected = 0, held = 0, freed = 0, cancelled = 0, left = 0;
    };
    /// A sheet as CSV (UTF-8, with or without a byte-order mark), what it is called in faults, and the faults that were
    /// found in it before it was CSV.
    struct Brought {
        std::filesystem::path csv;
        std::string name = "corrections.csv";
        Faults faults = {};
    };
    /// Decisions of a row: `correct` (a new account: bank_code, account_kind, account, holder), `hold`, `retry`, `cancel`
    /// (a proposal that a checker answers), or 更正, 暂缓, 重发, 取消; nothing (left as it is). All but the last need evidence. What is corrected is
    /// tried again by the next re-issue run, which other persons check and release. Errors: forbidden.
    Result<Outcome> take(const Identity& by, const Brought& brought, Moment now, const ImportRoom& room);

private:
    Tools& tools_;
    Decisions& decisions_;
};

}  // namespace onecard::app
