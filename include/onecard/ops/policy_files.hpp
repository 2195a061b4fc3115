#pragma once

#include <filesystem>

#include "onecard/core/result.hpp"
#include "onecard/policy/book.hpp"

namespace onecard::ops {

/// A pack, one file a division (config/policy/, by division code):
///
///     division = "370212"
///     name = "青岛市崂山区"
///     [sources]                        # tag = where the notices were read
///     S21 = "cnchangtuo.com/…"
///     [[notice]]                       # one published notice: everything that it set
///     document = "…"                   # number or title
///     source = "S21"
///     from = "2022-01"                 # first benefit month
///     published = "2022-03-15"         # optional: the day of the notice; before it nobody knew
///     until = "2022-12"                # optional: last month, where the next figure is not known
///     note = "…"                       # optional
///     [notice.standards]               # yuan a month, in quotes
///     dibao.urban = "995.00"
///     [notice.rules]                   # keys and national defaults: policy/book.hpp
///     dibao.rounding = { unit = "yuan", mode = "ceiling" }
struct LoadedBook {
    policy::Book book;
    Faults
        faults;  ///< all faults of all files, "file:line:column" and the key; the book must not be used when there is one
};

/// Reads every *.toml below `folder`. Unknown keys, wrong types, floating-point numbers, amounts that are not
/// whole fen, months that are none, values without document and source, the same value of a division twice for one
/// month, and a source that no notice names are faults. A fault of TOML itself ends its file.
LoadedBook load_policy_book(const std::filesystem::path& folder);

}  // namespace onecard::ops
