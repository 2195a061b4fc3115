#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "beside.hpp"
#include "onecard/app/records.hpp"
#include "onecard/core/digest.hpp"

/// The words that digests and signatures are over, for those who make them and those who check them.
namespace onecard::app {

/// What a unit comes to: the text of its digest, one line, without a newline at its end.
std::string unit_text(const Run& run, const Unit& unit, const UnitResult& result,
                      const std::vector<Batch>& batches, const Beside& beside, const HashFunction& hash);

/// What an officer signs for one step of a unit that has its result. `funds` is empty or the line that says how the unit
/// is paid for ("funds-fen central … province … prefecture … own …", with its newline).
std::string approval_text(const Run& run, const UnitState& state, Step step, std::string_view funds = {});
/// A signed text without that line, if the parts of the line give the text's total; else as it is.
std::string without_funds(const std::string& signed_text);

/// A line for each: programme|household|person|is_error|place|reason.
std::string text_of_refusals(const std::vector<RefusalRecord>& refusals);

}  // namespace onecard::app
