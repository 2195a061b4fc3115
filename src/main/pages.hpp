#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "onecard/app/paging.hpp"
#include "ways.hpp"

namespace onecard::cli {

/// A list, the first table of its report. JSON and text come by the page: ?limit rows at most, from where ?after says,
/// with the cursor of the next page as `next`, empty at the end. NDJSON, CSV and workbooks are whole unless a limit is asked
/// for; long ones are written out in pieces. `keys` name the columns that name a row; pages are in their order.
net::Response answer_list(app::Report report, const net::Request& request,
                          std::initializer_list<std::string_view> keys);

/// A list that is read a page at a time, behind `about`: JSON and text are one page, NDJSON and CSV all of them in pieces.
struct LongList {
    app::Report about;
    std::function<app::Table(std::int64_t rows_max)> next;
    std::function<std::string()> cursor;  ///< of the page after the last one that was read; empty at the end
};
net::Response answer_long_list(LongList list, const net::Request& request);

/// A list that is cut where it is read. `kinds` has a letter a key column: n a number, t a text. JSON and text come by the
/// page, NDJSON and CSV are written out page by page, so that no more of the list than one is ever held.
net::Response answer_sliced_list(const net::Request& request, std::initializer_list<std::string_view> keys,
                                 std::string_view kinds, std::function<app::Report(const app::Slice&)> read);

/// ?limit, 1 … 10,000. Refuses as malformed.
std::int64_t limit_of(const net::Request& request, std::string_view otherwise);

}  // namespace onecard::cli
