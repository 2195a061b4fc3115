#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bank_side.hpp"

namespace onecard::cli {

/// The files that the service has for this bank: listed, fetched, verified.
class BankFetching {
public:
    explicit BankFetching(BankSide& side) : side_{side} {}
    /// In the order of their numbers, up to the first gap.
    Result<std::vector<Listed>> list();
    /// Has the batch file and its signature here, as listed and rightly signed by the service. `surveying` is fed the
    /// file as it comes in, or as it lies here; when true is returned, every byte of the file that the list names.
    GoOn hold(const Listed& file, BatchSurveying* surveying = nullptr);

private:
    /// Feeds what is handed over from the first byte of the file, with its digest in the end.
    class Passing;
    GoOn fetch(const Listed& file, Passing& passing, std::string& signature);
    GoOn fetch_signature(const Listed& file, std::string& signature);
    Result<void> set_aside(const Listed& file, std::string_view digest);
    BankSide& side_;
};

}  // namespace onecard::cli
