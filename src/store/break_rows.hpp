#pragma once

#include <cstdint>
#include <span>

#include "connection.hpp"
#include "onecard/recon/match.hpp"

namespace onecard::store {

/// What a break was found in.
enum class FoundIn : std::uint8_t { return_file, statement };

/// Breaks of one file (bulk); `number` is the file's.
void put_break_rows(Connection& connection, FoundIn found_in, std::int64_t number, County county, BankNo bank,
                    std::span<const recon::Break> breaks, Moment at);

}  // namespace onecard::store
