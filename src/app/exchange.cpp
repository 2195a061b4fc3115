#include "onecard/app/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "archive_places.hpp"
#include "door_writer.hpp"
#include "returns.hpp"
#include "sent_batches.hpp"
#include "waiting_signatures.hpp"

namespace onecard::app {

namespace {

/// Rows of one answer.
constexpr int page_max = 1000;

}  // namespace

Result<std::string_view> check_return(const Identity& bank, std::string_view name) {
    const std::string place{name.substr(0, 64)};
    if (bank.role != Role::bank) return refuse(Fault::forbidden, "only banks hand in return files", place);
    const auto file_id = file_id_of_return(name);
    if (!file_id)
        return refuse(Fault::malformed,
                      "a return file is named after its batch file: YKT….ret, or YKT….2.ret for a further "
                      "one, and its signature YKT….ret.p7s",
                      place);
    return *file_id;
}

Result<Signer> signer_of_return(const Tools& tools, const Identity& bank, const Digest& digest,
                                const std::filesystem::path& path, std::string_view cms,
                                const std::string& place) {
    const bool wants_national = profile_of_bank(tools, bank.bank).signature == bankfile::SignatureKind::sm2;
    auto signer = tools.verifier.verify_digest(digest, cms);
    // Only what is signed over another hash needs the bytes themselves once more.
    if (!signer && signer.error().fault != Fault::tampered) signer = tools.verifier.verify_file(path, cms);
    if (!signer) return std::unexpected{Failure{signer.error().fault, place, signer.error().text}};
    if (!is_of(bank, *signer))
        return refuse(Fault::forbidden, "the return file is not signed by the certificate that brings it",
                      place);
    if (signer->is_national != wants_national)
        return refuse(Fault::forbidden,
                      wants_national ? "this bank has agreed on SM2 signatures (GB/T 35275)"
                                     : "this bank has agreed on CMS signatures (ECDSA or RSA)",
                      place);
    return signer;
}

Exchange::Exchange(Tools& tools)
    : tools_{tools},
      writer_{std::make_unique<DoorWriter>(tools)},
      sent_{std::make_unique<SentBatches>()},
      signatures_{std::make_unique<WaitingSignatures>()},
      places_{std::make_shared<ArchivePlaces>()} {}
Exchange::~Exchange() = default;

/// What was sent never changes, so that the records are asked once for the many requests about one file.
std::optional<Batch> Exchange::batch_sent_to(const Identity& bank, std::string_view file_id) {
    if (bank.role != Role::bank) return std::nullopt;
    if (auto known = sent_->find(bank.bank, file_id)) return known;
    const auto file = tools_.database.begin_question()->exchange().file_for(bank.bank, file_id);
    if (!file) return std::nullopt;
    sent_->keep(bank.bank, file->batch);
    return file->batch;
}

Result<Report> Exchange::files(const Identity& bank, std::int32_t after_seq) {
    if (bank.role != Role::bank) return refuse(Fault::forbidden, "only banks fetch files", "files");
    Report report{{"待取文件", "Files for this bank"}, {}, {}};
    const std::string code =
        tools_.profiles == nullptr ? std::string{} : tools_.profiles->code_of_bank(bank.bank);
    Table files{"files",
                {"文件", "Files"},
                {{"seq", {"序号", "seq"}},
                 {"file_id", {"文件名", "file"}},
                 {"name", {"贵行文件名", "your name for it"}},
                 {"lines", {"笔数", "lines"}},
                 {"total", {"金额", "total"}},
                 {"sha256", {"摘要", "sha256"}},
                 {"bytes", {"字节", "bytes"}},
                 {"receipt", {"回执", "receipt"}}},
                {}};
    for (const DispatchedFile& file :
         tools_.database.begin_question()->exchange().files_for(bank.bank, after_seq, page_max)) {
        // The bank will come for it soon.
        sent_->keep(bank.bank, file.batch);
        Words receipt{"无", "none"};
        if (file.accepted) receipt = *file.accepted ? Words{"已接收", "accepted"} : Words{"拒收", "refused"};
        files.rows.push_back({std::int64_t{file.seq}, file.batch.file_id,
                              profile_of_bank(tools_, bank.bank).name_of_batch(file.batch.file_id, code),
                              std::int64_t{file.batch.lines}, file.batch.total, file.batch.file_digest.hex(),
                              file.batch.file_bytes, receipt});
    }
    report.tables.push_back(std::move(files));
    return report;
}

Result<Exchange::Download> Exchange::batch_file(const Identity& bank, std::string_view file_id,
                                                std::string_view address, Moment now) {
    const auto batch = batch_sent_to(bank, file_id);
    if (!batch) return refuse(Fault::unknown, "no such file for this bank", std::string{file_id});
    writer_->downloads({{batch->county, batch->period, batch->no, batch->file_id, bank.fingerprint,
                         std::string{address}, now}});
    return Download{path_in(tools_.vault, batch->file_digest, file_id), batch->file_digest, batch->signature};
}

Result<std::string> Exchange::batch_signature(const Identity& bank, std::string_view file_id) {
    const auto batch = batch_sent_to(bank, file_id);
    if (!batch) return refuse(Fault::unknown, "no such file for this bank", std::string{file_id});
    return batch->signature;
}

Result<void> Exchange::hold_signature(const Identity& bank, std::string_view name, std::string cms) {
    if (bank.role != Role::bank)
        return refuse(Fault::forbidden, "only banks hand in return files", std::string{name.substr(0, 64)});
    // Whether there can be such a file is said when it comes.
    if (name.size() > 64 || cms.size() > signature_bytes_max)
        return refuse(Fault::malformed, "is too large for a signature or its name",
                      std::string{name.substr(0, 64)});
    signatures_->hold(bank.bank, name, std::move(cms));
    return {};
}

Result<Exchange::TakenReturn> Exchange::take_return(const Identity& bank, std::string_view name,
                                                    const std::filesystem::path& path, Moment now) {
    const std::string place{name.substr(0, 64)};
    const auto file_id = check_return(bank, name);
    if (!file_id) return std::unexpected{file_id.error()};
    const auto waiting = signatures_->take(bank.bank, name);
    if (!waiting)
        return refuse(Fault::missing, fmt::format("put its signature first, as {}.p7s", name), place);
    const std::string& cms = *waiting;
    const FileVault::Kept brought = tools_.vault.look_at(path);
    const auto signer = signer_of_return(tools_, bank, brought.digest, path, cms, place);
    if (!signer) return std::unexpected{signer.error()};
    if (!batch_sent_to(bank, *file_id)) return refuse(Fault::unknown, std::string{not_sent}, place);
    tools_.vault.keep_file(path, brought);
    ReturnFile file;
    file.bank = bank.bank;
    file.name = std::string{name};
    file.digest = brought.digest;
    file.bytes = brought.bytes;
    file.signature = cms;
    file.fingerprint = signer->fingerprint;
    file.at = now;
    std::optional<std::int64_t> number;
    try {
        number = writer_->return_file(file);
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate, std::string{name_is_taken}, place);
    }
    if (!number) {
        // A receipt names the file; these bytes are on record under the name that they came with.
        const auto earlier =
            tools_.database.begin_question()->exchange().return_of_digest(bank.bank, file.digest);
        if (!earlier || earlier->name != name)
            return refuse(Fault::duplicate, std::string{bytes_came_before}, place);
        number = earlier->no;
    }
    return TakenReturn{file.name, file.digest, *number};
}

std::string Exchange::return_receipt(const TakenReturn& taken) {
    return sign(fmt::format("onecard return receipt 1\nfile {}\nsha256 {}\nnumber {}\n", taken.name,
                            taken.digest.hex(), taken.number));
}

Result<std::string> Exchange::return_receipts(const Identity& bank, std::int64_t after_no) {
    if (bank.role != Role::bank)
        return refuse(Fault::forbidden, "only banks hand in return files", "return-receipts");
    std::string text = "onecard return receipts 1\n";
    for (const ReturnState& state :
         tools_.database.begin_question()->exchange().returns_of(bank.bank, after_no, page_max))
        text += fmt::format("file {} sha256 {} number {}\n", state.name, state.digest.hex(), state.no);
    return sign(text);
}

std::string Exchange::sign(std::string_view text) {
    std::unique_ptr<FileSigner> signer;
    {
        const std::lock_guard lock{guard_};
        if (!free_signers_.empty()) {
            signer = std::move(free_signers_.back());
            free_signers_.pop_back();
        }
    }
    // Reading a key from its file costs ten times as much as signing with it.
    if (signer == nullptr) signer = tools_.make_signer();
    std::string cms = signer->sign_attached(text);
    const std::lock_guard lock{guard_};
    free_signers_.push_back(std::move(signer));
    return cms;
}

namespace {

Words words_of(std::optional<bool> accepted) {
    if (!accepted) return {"待处理", "waiting"};
    return *accepted ? Words{"已入账", "posted"} : Words{"拒收", "refused"};
}

}  // namespace

Result<Report> Exchange::returns(const Identity& bank, std::int64_t after_no) {
    if (bank.role != Role::bank)
        return refuse(Fault::forbidden, "only banks hand in return files", "returns");
    Report report{{"回盘文件", "Return files of this bank"}, {}, {}};
    Table returns{"returns",
                  {"回盘文件", "Return files"},
                  {{"number", {"编号", "number"}},
                   {"name", {"文件名", "file"}},
                   {"sha256", {"摘要", "sha256"}},
                   {"received_at", {"接收时间", "received"}},
                   {"state", {"状态", "state"}},
                   {"reason", {"原因", "reason"}},
                   {"paid", {"成功笔数", "paid"}},
                   {"failed", {"失败笔数", "failed"}},
                   {"in_progress", {"处理中笔数", "in progress"}},
                   {"breaks", {"差异笔数", "breaks"}}},
                  {}};
    for (const ReturnState& state :
         tools_.database.begin_question()->exchange().returns_of(bank.bank, after_no, page_max))
        returns.rows.push_back({state.no, state.name, state.digest.hex(), state.at.text(),
                                words_of(state.accepted), state.reason, std::int64_t{state.paid},
                                std::int64_t{state.failed}, std::int64_t{state.in_progress},
                                std::int64_t{state.breaks}});
    report.tables.push_back(std::move(returns));
    return report;
}

Result<Report> Exchange::return_report(const Identity& bank, std::string_view name) {
    auto work = tools_.database.begin();
    const auto file = bank.role == Role::bank ? work->exchange().find_return(bank.bank, name) : std::nullopt;
    if (!file)
        return refuse(Fault::unknown, "no such return file from this bank", std::string{name.substr(0, 64)});
    Report report{{"回盘文件", "Return file"}, {}, {}};
    report.fields = {{"number", {"编号", "number"}, file->no},
                     {"name", {"文件名", "file"}, file->name},
                     {"sha256", {"摘要", "sha256"}, file->digest.hex()},
                     {"received_at", {"接收时间", "received"}, file->at.text()}};
    const auto result = work->exchange().return_result(file->no);
    if (!result) {
        report.fields.push_back({"state", {"状态", "state"}, words_of(std::nullopt)});
        return report;
    }
    report.fields.push_back({"state", {"状态", "state"}, words_of(result->accepted)});
    if (!result->accepted) report.fields.push_back({"reason", {"原因", "reason"}, result->reason});
    report.fields.push_back({"paid", {"成功笔数", "paid"}, std::int64_t{result->paid}});
    report.fields.push_back({"failed", {"失败笔数", "failed"}, std::int64_t{result->failed}});
    report.fields.push_back(
        {"in_progress", {"处理中笔数", "in progress"}, std::int64_t{result->in_progress}});
    report.fields.push_back({"repeated", {"重复答复笔数", "said before"}, std::int64_t{result->repeated}});
    report.fields.push_back({"returned", {"退汇笔数", "taken back"}, std::int64_t{result->returned}});
    report.fields.push_back({"returned_total", {"退汇金额", "taken back, sum"}, result->returned_total});
    report.fields.push_back({"corrected", {"更正笔数", "corrected"}, std::int64_t{result->corrected}});
    report.fields.push_back({"corrected_total", {"更正金额", "corrected, sum"}, result->corrected_total});
    if (result->corrects != 0)
        report.fields.push_back({"corrects", {"更正的回盘号", "corrects return file"}, result->corrects});
    report.fields.push_back({"breaks", {"差异笔数", "breaks"}, std::int64_t{result->breaks}});
    return report;
}

}  // namespace onecard::app
