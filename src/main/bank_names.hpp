#pragma once

#include "bank_side.hpp"

namespace onecard::cli {

/// Names before the first payment: answers every question that waits; the script and the seed say of whom the name
/// differs.
Result<void> answer_name_checks(BankSide& side);

}  // namespace onecard::cli
