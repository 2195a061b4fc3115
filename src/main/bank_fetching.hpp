#pragma once

#include <functional>
#include <span>
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
    /// Whether the service hands out archives of many files.
    bool has_archives() const { return has_archives_; }
    /// Brings files that follow each other in the list, none of which is here, in one archive. `on_begin` gives what one is
    /// surveyed by, `on_held` is told of each that is here as if `hold` had returned true. Of the others nothing is said:
    /// fetched by themselves they show what is wrong. Errors: missing (one cannot be written).
    Result<void> hold_many(std::span<const Listed> files,
                           const std::function<BatchSurveying&(const Listed&)>& on_begin,
                           const std::function<void(const Listed&)>& on_held);

private:
    /// Feeds what is handed over from the first byte of the file, with its digest in the end.
    class Passing;
    class Unpacking;
    /// Whether the service has signed it, and else what is wrong with its signature.
    Result<void> check_signature(const Listed& file, std::string_view cms);
    GoOn fetch(const Listed& file, Passing& passing, std::string& signature);
    GoOn fetch_signature(const Listed& file, std::string& signature);
    Result<void> set_aside(const Listed& file, std::string_view digest);
    BankSide& side_;
    bool has_archives_ = true;
};

}  // namespace onecard::cli
