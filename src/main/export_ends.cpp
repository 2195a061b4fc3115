#include "export_ends.hpp"

#include <fmt/format.h>

#include <memory>

#include "onecard/seal/hashes.hpp"

namespace onecard::cli {

using net::Request;
using net::Response;

namespace {

/// A header's name has no colon.
const std::string checkpoint_of_export = ":checkpoint";

enum class Kind : std::uint8_t { none, csv, lines };

Kind kind_of(const Response& response) {
    if (response.content_type.starts_with("text/csv")) return Kind::csv;
    if (response.content_type.starts_with("application/x-ndjson")) return Kind::lines;
    return Kind::none;
}

std::string end_of(Kind kind, const Digest& digest, const std::string& checkpoint) {
    const app::ExportProof proof{digest.hex(), checkpoint};
    return kind == Kind::csv ? app::proof_lines(proof, "#") : last_line(proof);
}

}  // namespace

Request with_checkpoint(Desk& desk, const Request& request) {
    Request with = request;
    with.headers[checkpoint_of_export] = app::export_proof(desk.tools(), Digest{}).checkpoint;
    return with;
}

std::string last_line(const app::ExportProof& proof) {
    return fmt::format("{{\"export\":{{\"sha256\":\"{}\",\"checkpoint\":{}}}}}\n", proof.sha256,
                       json_text(proof.checkpoint));
}

void end_export(const Request& request, Response& response) {
    const auto checkpoint = request.headers.find(checkpoint_of_export);
    const Kind kind = kind_of(response);
    if (checkpoint == request.headers.end() || kind == Kind::none || response.status != 200) return;
    const std::string_view begin = kind == Kind::csv ? byte_order_mark : std::string_view{};
    if (!response.stream) {
        response.body.insert(0, begin);
        response.body += end_of(kind, seal::sha256().hash(bytes_of(response.body)), checkpoint->second);
        return;
    }
    struct State {
        std::function<bool(std::string&)> rows;
        std::unique_ptr<StreamHash> hash = seal::sha256().stream();
        bool begun = false;
    };
    response.stream = [kind, begin, note = checkpoint->second,
                       state =
                           std::make_shared<State>(State{std::move(response.stream)})](std::string& piece) {
        const bool more = state->rows(piece);
        if (!state->begun) piece.insert(0, begin);
        state->begun = true;
        state->hash->update(bytes_of(piece));
        if (!more) piece += end_of(kind, state->hash->finish(), note);
        return more;
    };
}

app::Report with_end(app::Report report, const Request& request) {
    const auto checkpoint = request.headers.find(checkpoint_of_export);
    if (checkpoint == request.headers.end() || report.tables.empty()) return report;
    std::string csv{byte_order_mark};
    csv += app::csv_heading(report.tables.front());
    app::append_csv(csv, report.tables.front());
    app::Table table{"export",
                     {"摘要与检查点", "Digest and checkpoint"},
                     {{"name", {"名称", "name"}}, {"value", {"内容", "value"}}},
                     {}};
    table.rows.push_back(
        {app::Words{"CSV 摘要", "sha256 of the rows as CSV"}, seal::sha256().hash(bytes_of(csv)).hex()});
    table.rows.push_back({app::Words{"检查点", "checkpoint"}, checkpoint->second});
    report.tables.push_back(std::move(table));
    return report;
}

}  // namespace onecard::cli
