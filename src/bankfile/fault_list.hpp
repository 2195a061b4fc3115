#pragma once

#include <fmt/format.h>
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "onecard/core/result.hpp"

namespace onecard::bankfile::syntax {

/// The faults of one file while it is read, each with its place.
class FaultList {
public:
    FaultList(std::string file_name, std::size_t faults_max)
        : file_name_{std::move(file_name)},
          // A limit of none would make every file look good.
          faults_max_{std::max<std::size_t>(faults_max, 1)} {}

    void add(Fault fault, std::int64_t line, std::string_view field, std::string text) {
        if (faults_.size() < faults_max_) faults_.push_back(made(fault, line, field, std::move(text)));
    }
    void add(Failure failure) {
        if (faults_.size() < faults_max_) faults_.push_back(std::move(failure));
    }
    /// A fault of this file that is not in the list.
    Failure made(Fault fault, std::int64_t line, std::string_view field, std::string text) const {
        return {fault, fmt::format("{}:{}:{}", file_name_, line, field), std::move(text)};
    }
    const Faults& all() const { return faults_; }
    bool empty() const { return faults_.empty(); }

private:
    std::string file_name_;
    std::size_t faults_max_;
    Faults faults_;
};

}  // namespace onecard::bankfile::syntax
