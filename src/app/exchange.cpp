#include "onecard/app/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "batch_entry.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "onecard/recon/match.hpp"
#include "retry.hpp"

namespace onecard::app {

namespace {

constexpr std::string_view return_ending = ".ret";
constexpr std::size_t file_id_length_max = 32;

/// "YKT3702122022010001.ret" or, for a further one to the same batch, "YKT3702122022010001.2.ret".
std::optional<std::string_view> file_id_of_return(std::string_view name) {
    if (!name.ends_with(return_ending) || !name.starts_with("YKT")) return std::nullopt;
    name.remove_suffix(return_ending.size());
    const std::size_t dot = name.find('.');
    if (dot != std::string_view::npos) {
        const std::string_view number = name.substr(dot + 1);
        if (number.empty() || number.size() > 3 ||
            !std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }))
            return std::nullopt;
        name = name.substr(0, dot);
    }
    if (name.size() < 19 || name.size() > file_id_length_max ||
        !std::ranges::all_of(name.substr(3), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    return name;
}

void read_pieces(const std::filesystem::path& path, const std::function<void(std::string_view)>& sink) {
    std::ifstream in{path, std::ios::binary};
    if (!in) throw std::runtime_error{fmt::format("{} cannot be read", path.filename().string())};
    std::vector<char> piece(1 << 18);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
        sink({piece.data(), static_cast<std::size_t>(in.gcount())});
}

std::filesystem::path path_in(FileVault& vault, const Digest& digest, std::string_view what) {
    auto path = vault.find(digest);
    if (!path) throw std::runtime_error{fmt::format("{} is missing from the vault", what)};
    return *path;
}

/// Reads back what a bank was sent: the file itself is the record of it.
std::vector<recon::SentLine> load_sent(Tools& tools, StreamHash& sm3, const Batch& batch) {
    std::vector<recon::SentLine> sent;
    sent.reserve(static_cast<std::size_t>(batch.lines));
    const auto sha256 = tools.sha256.stream();
    bool well_formed = true;
    bankfile::BatchReader reader{batch.file_id, sm3, [&](const bankfile::BatchLine& line) {
                                     const auto reference = PaymentReference::parse(line.payment);
                                     well_formed = well_formed && reference.has_value();
                                     sent.push_back({reference.value_or(PaymentReference{}), line.amount,
                                                     recon::account_hash(line.account), false});
                                 }};
    read_pieces(path_in(tools.vault, batch.file_digest, batch.file_id), [&](std::string_view bytes) {
        sha256->update(bytes_of(bytes));
        reader.feed(bytes);
    });
    reader.finish();
    ensure(well_formed && reader.faults().empty() && sha256->finish() == batch.file_digest &&
               sent.size() == static_cast<std::size_t>(batch.lines),
           "a batch file in the vault is not what was sent");
    return sent;
}

struct Settling {
    Tools& tools;
    StreamHash& sm3;
    Moment now;
};

ledger::Entry::About about_return(const Batch& batch, const ReturnFile& file, ledger::EntryKind kind,
                                  Moment now) {
    ledger::Entry::About about;
    about.county = batch.county;
    about.kind = kind;
    about.cause = fmt::format("return {}", file.no);
    about.value_day = now.day_in_china();
    about.programme = static_cast<std::int16_t>(batch.programme);
    about.bank = batch.bank;
    about.period = batch.period.number();
    return about;
}

void refuse_return(Settling& settling, Work& work, const ReturnFile& file, std::string reason) {
    ReturnResult result;
    result.no = file.no;
    result.reason = std::move(reason);
    result.at = settling.now;
    work.exchange().put_return_result(result);
    const Act act{"return-refused", County{},
                  fmt::format("return-refused|{}|{}|{}", file.no, file.name, file.digest.hex())};
    work.ledger().put_acts({&act, 1}, settling.tools.sha256, settling.now);
    work.commit();
}

std::string text_of_faults(const Faults& faults) {
    std::string text;
    for (const Failure& fault : faults) text += fault.message() + "\n";
    return text;
}

/// The root over the outcomes of one kind in the order of the file.
void post_outcomes(Settling& settling, const Batch& batch, const ReturnFile& file,
                   const recon::Matched& matched, const std::vector<PartNo>& parts,
                   std::vector<ledger::Entry>& entries) {
    for (const bool paid : {true, false}) {
        audit::MerkleFrontier lines{settling.tools.sha256};
        std::array<std::byte, recon::outcome_leaf_bytes> leaf;
        for (const recon::Outcome& outcome : matched.outcomes) {
            if (outcome.paid != paid) continue;
            recon::write_leaf(parts.empty() ? batch.part : parts[outcome.sent], batch.county, outcome,
                              static_cast<std::int32_t>(file.no), leaf.data());
            lines.add_leaf(leaf);
        }
        if (lines.size() == 0) continue;
        auto about = about_return(batch, file, paid ? ledger::EntryKind::paid : ledger::EntryKind::failed,
                                  settling.now);
        const Money total = paid ? matched.paid_total : matched.failed_total;
        const Digest root = lines.root();
        about.lines = static_cast<std::int32_t>(lines.size());
        about.line_total = total;
        about.lines_root.assign(reinterpret_cast<const char*>(root.bytes.data()), root.bytes.size());
        auto entry = ledger::standard_entry(std::move(about), total);
        ensure(entry.has_value(), "a standard entry that does not balance");
        entries.push_back(std::move(*entry));
    }
}

std::vector<OpenFailure> failures_of(Work& work, const Batch& batch, const ReturnFile& file,
                                     const recon::Matched& matched, const std::vector<PartNo>& parts) {
    std::vector<OpenFailure> failures;
    std::map<std::pair<PartNo, Serial>, std::size_t> wanted;
    for (const recon::Outcome& outcome : matched.outcomes) {
        if (outcome.paid) continue;
        OpenFailure failure;
        failure.part = parts.empty() ? batch.part : parts[outcome.sent];
        failure.county = batch.county;
        failure.serial = outcome.serial;
        failure.attempt = outcome.attempt;
        failure.reason = outcome.reason;
        failure.amount = outcome.amount;
        failure.bank = batch.bank;
        failure.programme = batch.programme;
        failure.return_no = file.no;
        failure.line = outcome.line;
        failure.value_day = outcome.value_day;
        wanted.emplace(std::pair{failure.part, failure.serial}, failures.size());
        failures.push_back(failure);
    }
    std::vector<PaymentReference> references;
    for (const OpenFailure& failure : failures)
        references.push_back({failure.county, failure.period().number(), failure.serial, failure.attempt});
    for (const payment::Payment& owed : work.payments().find(references)) {
        const auto found = wanted.find({owed.part, owed.serial});
        if (found == wanted.end()) continue;
        failures[found->second].payee_kind = owed.payee_kind;
        failures[found->second].payee = owed.payee;
    }
    for (const OpenFailure& failure : failures)
        ensure(failure.payee != 0, "a failure of a payment that is not on record");
    return failures;
}

void settle_one(Settling& settling, const ReturnFile& file) {
    Tools& tools = settling.tools;
    auto work = tools.database.begin();
    if (!work->exchange().claim_return(file.no)) return;
    const auto file_id = file_id_of_return(file.name);
    ensure(file_id.has_value(), "a return file under a name that was never accepted");
    const auto dispatched = work->exchange().file_for(file.bank, *file_id);
    if (!dispatched)
        return refuse_return(settling, *work, file,
                             fmt::format("{}: no file {} was sent to this bank\n", file.name, *file_id));
    const Batch& batch = dispatched->batch;
    if (dispatched->accepted == false)
        return refuse_return(
            settling, *work, file,
            fmt::format("{}: file {} was refused by the bank's own receipt\n", file.name, *file_id));
    work->exchange().lock_batch(batch);

    std::vector<recon::SentLine> sent = load_sent(tools, settling.sm3, batch);
    std::vector<PartNo> parts;
    if (!batch.first_serial) {
        parts.resize(sent.size());
        for (const Reissue& again : work->payments().reissue_lines(batch))
            parts[static_cast<std::size_t>(again.line) - 1] = again.part;
    }
    std::map<std::pair<Serial, std::int16_t>, std::size_t> index;
    const auto answered = work->payments().answered(batch);
    if (!answered.empty() && !batch.first_serial)
        for (std::size_t i = 0; i < sent.size(); ++i)
            index[{sent[i].payment.serial, sent[i].payment.attempt}] = i;
    for (const auto& [serial, attempt] : answered) {
        if (batch.first_serial) {
            sent[static_cast<std::size_t>(serial.number() - batch.first_serial.number())].answered = true;
        } else if (const auto found = index.find({serial, attempt}); found != index.end()) {
            sent[found->second].answered = true;
        }
    }

    recon::Matched matched;
    recon::Matcher matcher{sent, matched};
    bankfile::ReturnReader reader{file.name, settling.sm3,
                                  [&](const bankfile::ReturnLine& line) { matcher.take(line); }};
    read_pieces(path_in(tools.vault, file.digest, file.name),
                [&](std::string_view bytes) { reader.feed(bytes); });
    reader.finish();
    Faults faults = reader.faults();
    if (faults.empty() && reader.header().file_id != *file_id)
        faults.push_back({Fault::mismatch, file.name + ":1:file id",
                          fmt::format("answers {}, but is named for {}", reader.header().file_id, *file_id)});
    const std::vector<Bank> banks = work->registers().banks();
    const auto bank = std::ranges::find(banks, file.bank, &Bank::no);
    ensure(bank != banks.end(), "a return file of a bank that is not on record");
    if (faults.empty() && reader.header().bank_code != bank->code)
        faults.push_back({Fault::mismatch, file.name + ":1:bank", "is not the bank of the batch"});
    if (faults.empty() && reader.header().county != batch.county)
        faults.push_back({Fault::mismatch, file.name + ":1:area", "is not the area of the batch"});
    if (!faults.empty()) return refuse_return(settling, *work, file, text_of_faults(faults));

    std::map<PartNo, std::vector<recon::Outcome>> by_part;
    if (parts.empty()) {
        work->payments().put_outcomes(batch.part, batch.county, file.no, matched.outcomes);
    } else {
        for (const recon::Outcome& outcome : matched.outcomes)
            by_part[parts[outcome.sent]].push_back(outcome);
        for (const auto& [part, outcomes] : by_part)
            work->payments().put_outcomes(part, batch.county, file.no, outcomes);
    }
    work->payments().put_failures(failures_of(*work, batch, file, matched, parts));
    work->exchange().put_breaks(batch.county, file.no, matched.breaks, settling.now);
    std::vector<ledger::Entry> entries;
    post_outcomes(settling, batch, file, matched, parts, entries);
    work->ledger().put_entries(entries, tools.sha256, settling.now);

    ReturnResult result;
    result.no = file.no;
    result.accepted = true;
    result.county = batch.county;
    result.period = batch.period;
    result.batch = batch.no;
    result.paid = matched.paid;
    result.paid_total = matched.paid_total;
    result.failed = matched.failed;
    result.failed_total = matched.failed_total;
    result.in_progress = matched.in_progress;
    result.breaks = static_cast<std::int32_t>(matched.breaks.size());
    result.at = settling.now;
    work->exchange().put_return_result(result);
    const Act act{"return-posted", batch.county,
                  fmt::format("return-posted|{}|{}|{}|{}|{}|{}|{}", file.no, file.name, file.digest.hex(),
                              matched.paid, matched.failed, matched.in_progress, matched.breaks.size())};
    work->ledger().put_acts({&act, 1}, tools.sha256, settling.now);
    work->commit();
}

}  // namespace

Result<Report> Exchange::files(const Identity& bank, std::int32_t after_seq) {
    if (bank.role != Role::bank) return refuse(Fault::forbidden, "only banks fetch files", "files");
    Report report{{"待取文件", "Files for this bank"}, {}, {}};
    Table files{"files",
                {"文件", "Files"},
                {{"seq", {"序号", "seq"}},
                 {"file_id", {"文件名", "file"}},
                 {"lines", {"笔数", "lines"}},
                 {"total", {"金额", "total"}},
                 {"sha256", {"摘要", "sha256"}},
                 {"bytes", {"字节", "bytes"}},
                 {"receipt", {"回执", "receipt"}}},
                {}};
    for (const DispatchedFile& file :
         tools_.database.begin()->exchange().files_for(bank.bank, after_seq, 1000)) {
        Words receipt{"无", "none"};
        if (file.accepted) receipt = *file.accepted ? Words{"已接收", "accepted"} : Words{"拒收", "refused"};
        files.rows.push_back({std::int64_t{file.seq}, file.batch.file_id, std::int64_t{file.batch.lines},
                              file.batch.total, file.batch.file_digest.hex(), file.batch.file_bytes,
                              receipt});
    }
    report.tables.push_back(std::move(files));
    return report;
}

Result<Exchange::Download> Exchange::batch_file(const Identity& bank, std::string_view file_id,
                                                std::string_view address, Moment now) {
    auto work = tools_.database.begin();
    const auto file = bank.role == Role::bank ? work->exchange().file_for(bank.bank, file_id) : std::nullopt;
    if (!file) return refuse(Fault::unknown, "no such file for this bank", std::string{file_id});
    work->exchange().put_download(file->batch, bank.fingerprint, address, now);
    work->commit();
    return Download{path_in(tools_.vault, file->batch.file_digest, file_id), file->batch.file_digest};
}

Result<std::string> Exchange::batch_signature(const Identity& bank, std::string_view file_id) {
    const auto file = bank.role == Role::bank
                          ? tools_.database.begin()->exchange().file_for(bank.bank, file_id)
                          : std::nullopt;
    if (!file) return refuse(Fault::unknown, "no such file for this bank", std::string{file_id});
    return file->batch.signature;
}

std::string Exchange::receipt_text(std::string_view file_id, const Digest& digest, bool accepted,
                                   std::string_view why) {
    return fmt::format("onecard receipt 1\nfile {}\nsha256 {}\nanswer {}\n", file_id, digest.hex(),
                       accepted ? std::string{"accepted"} : fmt::format("refused {}", why));
}

Result<void> Exchange::take_receipt(const Identity& bank, std::string_view file_id, std::string_view cms,
                                    Moment now) {
    const std::string place{file_id};
    auto work = tools_.database.begin();
    const auto file = bank.role == Role::bank ? work->exchange().file_for(bank.bank, file_id) : std::nullopt;
    if (!file) return refuse(Fault::unknown, "no such file for this bank", place);
    const Batch& batch = file->batch;
    auto text = tools_.verifier.verify_attached(cms);
    if (!text) return std::unexpected{Failure{text.error().fault, place, text.error().text}};
    if (text->signer.fingerprint != bank.fingerprint)
        return refuse(Fault::forbidden, "the receipt is not signed by the certificate that brings it", place);
    // openssl's own text mode ends lines with CRLF; the words are the same.
    std::erase(text->text, '\r');

    bool accepted = text->text == receipt_text(file_id, batch.file_digest, true, {});
    std::string why;
    if (!accepted) {
        const std::string refused = receipt_text(file_id, batch.file_digest, false, {});
        const std::string_view start = std::string_view{refused}.substr(0, refused.size() - 1);
        const std::string_view said = text->text;
        if (!said.starts_with(start) || !said.ends_with('\n') || said.size() > start.size() + 501)
            return refuse(
                Fault::mismatch,
                fmt::format("a receipt for this file reads «{}» or the same with «refused» and a reason",
                            receipt_text(file_id, batch.file_digest, true, {})),
                place);
        why = said.substr(start.size(), said.size() - start.size() - 1);
        if (why.empty() || why.find('\n') != std::string::npos)
            return refuse(Fault::malformed, "a refusal needs its reason on the same line", place);
    }
    work->exchange().lock_batch(batch);
    if (!work->exchange().put_receipt(batch, accepted, why, cms, bank.fingerprint, now)) {
        if (file->accepted == accepted) return {};
        return refuse(Fault::duplicate, "this file has its receipt already, with the other answer", place);
    }
    if (!accepted) {
        if (!work->payments().answered(batch).empty())
            return refuse(Fault::conflict, "payments of this file have outcomes already", place);
        auto entry = ledger::standard_entry(about_batch(batch, ledger::EntryKind::refused, now), batch.total);
        if (!entry) return std::unexpected{entry.error()};
        work->ledger().put_entries({&*entry, 1}, tools_.sha256, now);
    }
    const Act act{"receipt", batch.county,
                  fmt::format("receipt|{}|{}|{}|{}", batch.file_id, accepted ? "accepted" : "refused",
                              bank.fingerprint.hex(), digest_of(tools_.sha256, cms).hex())};
    work->ledger().put_acts({&act, 1}, tools_.sha256, now);
    work->commit();
    return {};
}

Result<std::string> Exchange::take_return(const Identity& bank, std::string_view name,
                                          const std::filesystem::path& path, std::string_view cms,
                                          Moment now) {
    const std::string place{name.substr(0, 64)};
    if (bank.role != Role::bank) return refuse(Fault::forbidden, "only banks hand in return files", place);
    const auto file_id = file_id_of_return(name);
    if (!file_id)
        return refuse(
            Fault::malformed,
            "a return file is named after its batch file: YKT….ret, or YKT….2.ret for a further one", place);
    auto signer = tools_.verifier.verify_file(path, cms);
    if (!signer) return std::unexpected{Failure{signer.error().fault, place, signer.error().text}};
    if (signer->fingerprint != bank.fingerprint)
        return refuse(Fault::forbidden, "the return file is not signed by the certificate that brings it",
                      place);
    auto work = tools_.database.begin();
    if (!work->exchange().file_for(bank.bank, *file_id))
        return refuse(Fault::unknown, "no such file was sent to this bank", place);

    const FileVault::Kept kept = tools_.vault.keep_file(path);
    ReturnFile file;
    file.bank = bank.bank;
    file.name = std::string{name};
    file.digest = kept.digest;
    file.bytes = kept.bytes;
    file.signature = std::string{cms};
    file.fingerprint = bank.fingerprint;
    file.at = now;
    std::int64_t number = 0;
    try {
        const auto [no, is_new] = work->exchange().put_return(file);
        number = no;
        // A receipt names the file; these bytes are on record under the name that they came with.
        if (!is_new && !work->exchange().find_return(bank.bank, name))
            return refuse(Fault::duplicate, "the same bytes came before under another name", place);
        if (is_new) {
            const Act act{"return-received", County{},
                          fmt::format("return-received|{}|{}|{}|{}", no, file.name, file.digest.hex(),
                                      bank.fingerprint.hex())};
            work->ledger().put_acts({&act, 1}, tools_.sha256, now);
        }
        work->commit();
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate,
                      "another return file has this name already; a further one is named YKT….2.ret", place);
    }
    return tools_.make_signer()->sign_attached(fmt::format(
        "onecard return receipt 1\nfile {}\nsha256 {}\nnumber {}\n", file.name, file.digest.hex(), number));
}

Result<Report> Exchange::return_report(const Identity& bank, std::string_view name) {
    auto work = tools_.database.begin();
    const auto file = bank.role == Role::bank ? work->exchange().find_return(bank.bank, name) : std::nullopt;
    if (!file)
        return refuse(Fault::unknown, "no such return file from this bank", std::string{name.substr(0, 64)});
    Report report{{"回盘文件", "Return file"}, {}, {}};
    report.fields = {{"name", {"文件名", "file"}, file->name},
                     {"sha256", {"摘要", "sha256"}, file->digest.hex()},
                     {"received_at", {"接收时间", "received"}, file->at.text()}};
    const auto result = work->exchange().return_result(file->no);
    if (!result) {
        report.fields.push_back({"state", {"状态", "state"}, Words{"待处理", "waiting"}});
        return report;
    }
    report.fields.push_back({"state",
                             {"状态", "state"},
                             result->accepted ? Words{"已入账", "posted"} : Words{"拒收", "refused"}});
    if (!result->accepted) report.fields.push_back({"reason", {"原因", "reason"}, result->reason});
    report.fields.push_back({"paid", {"成功笔数", "paid"}, std::int64_t{result->paid}});
    report.fields.push_back({"failed", {"失败笔数", "failed"}, std::int64_t{result->failed}});
    report.fields.push_back(
        {"in_progress", {"处理中笔数", "in progress"}, std::int64_t{result->in_progress}});
    report.fields.push_back({"breaks", {"差异笔数", "breaks"}, std::int64_t{result->breaks}});
    return report;
}

std::int64_t Exchange::settle(Moment now, const std::function<void(std::string_view)>& on_problem) {
    const std::vector<ReturnFile> waiting = tools_.database.begin()->exchange().unprocessed_returns();
    std::atomic<std::size_t> next{0};
    std::atomic<std::int64_t> done{0};
    std::mutex guard;
    std::vector<std::jthread> workers;
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(tools_.workers), waiting.size());
    for (std::size_t w = 0; w < count; ++w)
        workers.emplace_back([&] {
            const auto sm3 = tools_.sm3.stream();
            Settling settling{tools_, *sm3, now};
            for (std::size_t i = next++; i < waiting.size(); i = next++) {
                try {
                    with_retries([&] { settle_one(settling, waiting[i]); });
                    ++done;
                } catch (const std::exception& problem) {
                    sm3->finish();  // a file that stopped half way must not be part of the next one's hash
                    const std::lock_guard lock{guard};
                    on_problem(fmt::format("return file {} ({}): {}", waiting[i].no, waiting[i].name,
                                           problem.what()));
                }
            }
        });
    workers.clear();
    return done;
}

}  // namespace onecard::app
