#pragma once

#include "onecard/app/questions.hpp"
#include "ways.hpp"

/// What every export ends with (schemas/exports.md): the digest of its own bytes and the newest checkpoint of the ledger.
namespace onecard::cli {

inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// A request for an export carries the checkpoint that its answer will end with, under a name that no header can have.
net::Request with_checkpoint(Desk& desk, const net::Request& request);
/// Ends a list in CSV or NDJSON, whole or in pieces; other answers stay as they are.
void end_export(const net::Request& request, net::Response& response);
/// The report with a last table for the same: for a workbook. Unchanged where the request carries no checkpoint.
app::Report with_end(app::Report report, const net::Request& request);
/// The last line of NDJSON.
std::string last_line(const app::ExportProof& proof);

}  // namespace onecard::cli
