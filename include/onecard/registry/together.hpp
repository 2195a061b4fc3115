#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <tuple>

#include "onecard/registry/csv.hpp"

namespace onecard::registry {

/// A fault of `check_together`, and where it stands among the others: for an import whose rows are checked in groups. Where no
/// key is in two groups, the faults of all groups, sorted, are those of all rows at once.
struct TogetherFault {
    FileKind kind = FileKind::households;
    County county;
    std::array<std::int64_t, 3> key{};
    Month from;
    std::int64_t line = 0;
    Failure failure;
    friend bool operator<(const TogetherFault& a, const TogetherFault& b) {
        return std::tie(a.kind, a.county, a.key, a.from, a.line, a.failure.place, a.failure.text) <
               std::tie(b.kind, b.county, b.key, b.from, b.line, b.failure.place, b.failure.text);
    }
};
void check_together(const RegisterFiles& files, const std::function<void(TogetherFault)>& on_fault);

}  // namespace onecard::registry
