#include "onecard/app/evidence.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "onecard/audit/checkpoint.hpp"
#include "onecard/bankfile/evidence.hpp"
#include "returns.hpp"
#include "statement_names.hpp"
#include "written.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t reason_bytes_max = 200;

/// One row of the query, by column.
using Row = std::map<std::string, std::string, std::less<>>;

std::optional<Row> only_row(std::vector<TextRow> answer) {
    if (answer.size() < 2) return std::nullopt;
    Row row;
    for (std::size_t i = 0; i < answer[0].size(); ++i) row[answer[0][i]] = std::move(answer[1][i]);
    return row;
}

void each_piece(const std::filesystem::path& path, const std::function<void(std::string_view)>& sink) {
    std::ifstream in{path, std::ios::binary};
    if (!in) throw std::runtime_error{fmt::format("{} cannot be read", path.filename().string())};
    std::vector<char> piece(1 << 18);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
        sink({piece.data(), static_cast<std::size_t>(in.gcount())});
}

/// The kept file, whole and unaltered.
Result<std::filesystem::path> kept_file(Tools& tools, const Digest& digest, const std::string& name) {
    const auto path = tools.vault.find(digest);
    if (!path) return refuse(Fault::tampered, "the file is gone from the vault", name);
    const auto hash = tools.sha256.stream();
    each_piece(*path, [&](std::string_view bytes) { hash->update(bytes_of(bytes)); });
    const Digest now = hash->finish();
    if (now == digest) return *path;
    return refuse(Fault::tampered,
                  fmt::format("the file in the vault was altered: it came with SHA-256 {}, and has {}",
                              digest.hex(), now.hex()),
                  name);
}

}  // namespace

Result<Report> break_evidence(Tools& tools, const Identity& by, County county, std::int64_t break_no,
                              const Unmasked* unmasked, Moment now) {
    const std::string place = fmt::format("break {}/{}", county.text(), break_no);
    if (by.role == Role::bank || !by.region.covers(county))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)), place);
    if (unmasked != nullptr) {
        if (by.role != Role::auditor && by.role != Role::checker)
            return refuse(Fault::forbidden, "only auditors and checkers see it unmasked", place);
        if (auto good = check_written(unmasked->reason, reason_bytes_max, "a reason", place); !good)
            return std::unexpected{good.error()};
    }
    auto work = tools.database.begin();
    const auto row =
        only_row(work->ledger().ask("report_break_evidence", {{"county", std::to_string(county.number())},
                                                              {"break", std::to_string(break_no)}}));
    if (!row) return refuse(Fault::unknown, "there is no such break", place);
    const auto number = [&](std::string_view column) { return std::stoll(row->find(column)->second); };
    const auto text = [&](std::string_view column) -> const std::string& {
        return row->find(column)->second;
    };

    const auto digest = Digest::parse_hex(text("sha256"));
    ensure(digest.has_value(), "a file without a digest");
    const auto path = kept_file(tools, *digest, text("file"));
    if (!path) return std::unexpected{path.error()};
    const bool is_return = number("is_return") != 0;
    const BankNo bank{static_cast<std::int16_t>(number("bank"))};
    // As it was read: a return file by its run's profile, a statement by its name.
    std::shared_ptr<const BankProfiles::OfRun> of_run;
    const bankfile::Profile* profile = nullptr;
    if (is_return) {
        of_run = profiles_of_run(tools, *work, RunNo{static_cast<std::int32_t>(number("run"))});
        profile = &profile_in(*of_run, bank);
    } else {
        const auto name = parse_statement_name(text("file"));
        ensure(name.has_value(), "a statement under a name that was never accepted");
        profile = &profile_of_statement(tools, *name, bank);
    }

    const auto where = is_return ? bankfile::Found::in_return : bankfile::Found::in_statement;
    const auto line = static_cast<std::int32_t>(number("line"));
    std::optional<bankfile::RecordPlace> found;
    if (line > 0) {
        const auto sm3 = tools.sm3.stream();
        const auto finder = bankfile::find_record(*profile, where, line, *sm3);
        do each_piece(*path, [&](std::string_view bytes) { finder->feed(bytes); });
        while (finder->finish());
        found = finder->found();
        if (!found)
            return refuse(Fault::tampered, fmt::format("the file has no line {}", line), text("file"));
    }
    Report report{{"差异证据", "Evidence of a break"}, {}, {}};
    report.fields = {{"county", {"区划", "county"}, county.text()},
                     {"break", {"差异", "break"}, break_no},
                     {"kind", {"类型", "kind"}, text("kind")},
                     {"payment", {"支付", "payment"}, text("payment")},
                     {"evidence", {"说明", "what is wrong"}, text("evidence")},
                     {"file", {"文件", "file"}, text("file")},
                     {"sha256", {"文件摘要", "sha256 of the file"}, text("sha256")},
                     {"about_file", {"所涉文件", "file that it is about"}, text("about_file")},
                     {"about_sha256", {"所涉文件摘要", "its sha256"}, text("about_sha256")},
                     {"layout", {"版式", "layout"}, profile->name},
                     {"masked", {"已脱敏", "masked"}, unmasked == nullptr}};
    Table records{"records",
                  {"记录", "Record"},
                  {{"line", {"行", "line"}},
                   {"file_line", {"文件行", "line in an editor"}},
                   {"byte_offset", {"字节偏移", "byte offset"}},
                   {"byte_length", {"字节数", "byte length"}},
                   {"bytes", {"字节 (base64)", "bytes (base64)"}},
                   {"text", {"文本", "text"}}},
                  {}};
    if (found) {
        std::string bytes = found->bytes;
        if (unmasked == nullptr) bytes = bankfile::masked(*profile, where, bytes);
        records.rows.push_back({std::int64_t{line}, found->file_line, found->offset, found->length,
                                audit::base64(bytes), bankfile::readable(*profile, bytes)});
    }
    report.tables.push_back(std::move(records));

    EvidenceReading reading;
    reading.county = county;
    reading.break_no = break_no;
    if (unmasked != nullptr) reading.reason = unmasked->reason;
    reading.is_masked = unmasked == nullptr;
    reading.officer = by.name;
    reading.fingerprint = by.fingerprint;
    reading.at = now;
    const std::int64_t no = work->office().put_evidence_reading(reading);
    const Act act{"evidence-read", county,
                  fmt::format("evidence-read|{}|{}|{}|{}|{}|{}|{}", no, county.text(), break_no,
                              reading.is_masked ? "masked" : "unmasked", by.name, by.fingerprint.hex(),
                              reading.reason)};
    work->ledger().put_acts({&act, 1}, tools.log(), now);
    work->commit();
    return report;
}

}  // namespace onecard::app
