#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "onecard/registry/csv.hpp"

/// Decoded rows as bytes and back, for imports that are larger than the memory. This is no format: the bytes hold the
/// rows as this very program lays them out, and mean nothing to another process.
namespace onecard::registry {

inline constexpr std::array file_kinds{FileKind::households, FileKind::persons,  FileKind::incomes,
                                       FileKind::enrolments, FileKind::accounts, FileKind::institutions};

std::size_t rows_of(const RegisterFiles& files, FileKind kind);
/// What one decoded row takes in memory, about: with the texts that usually hang on it.
std::size_t bytes_per_row(FileKind kind);

/// What decides where a row goes: rows with the same key have the same county and the same lead.
struct RowPlace {
    County county;
    std::int64_t lead = 0;  ///< the first number of the row's key
};
RowPlace place_of(const RegisterFiles& files, FileKind kind, std::size_t index);

/// Appends row `index` of the kind, its line and, for a person, the identity beside it.
void pack_row(const RegisterFiles& files, FileKind kind, std::size_t index, std::string& out);
/// Appends every packed row whose lead is wanted to `to`, in order; all of them without `wants`. BrokenInvariant for
/// bytes that `pack_row` did not make.
void unpack_rows(std::string_view bytes, RegisterFiles& to,
                 const std::function<bool(std::int64_t lead)>& wants = {});

}  // namespace onecard::registry
