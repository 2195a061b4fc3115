#pragma once

#include <set>
#include <string>
#include <vector>

#include "bank_side.hpp"

namespace onecard::cli {

/// The files that the service has for this bank: listed, fetched, verified.
class BankFetching {
public:
    explicit BankFetching(BankSide& side);
    /// In the order of their numbers, up to the first gap.
    Result<std::vector<Listed>> list();
    /// Has the batch file and its signature here, as listed and rightly signed by the service.
    GoOn hold(const Listed& file);

private:
    void look_around();
    Result<void> set_aside(const Listed& file, std::string_view digest);
    BankSide& side_;
    std::set<std::string> left_from_before_;  ///< of which files an earlier call left something
};

}  // namespace onecard::cli
