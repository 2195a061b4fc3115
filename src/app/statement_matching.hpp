#pragma once

#include <span>

#include "onecard/app/statements.hpp"

/// The lines of a statement held against what was sent and what return files said.
namespace onecard::app {

/// Judges every line that waits, county by county in the books of each: puts on record what fits and what breaks, with the
/// entries of credits that name nothing of ours.
Statements::Counts judge_all(Tools& tools, Work& work, const StatementFile& file, Moment now);

/// What was said to be paid the day before the statement ends, or earlier, and is not on it: a day's debits may be booked on
/// the next. It is looked at when every line has found what it fits.
void look_for_omissions(Tools& tools, Work& work, const StatementFile& file, std::span<const County> served,
                        Day last_day, Moment now);

}  // namespace onecard::app
