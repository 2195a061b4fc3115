#include "receipts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "batch_entry.hpp"
#include "door_writer.hpp"
#include "onecard/app/exchange.hpp"
#include "returns.hpp"

/// The banks' signed words that they have files: of one file, with a reason where it is refused, or of many at once.
namespace onecard::app {

namespace {

constexpr std::string_view together_head = "onecard receipts 1\n";
constexpr std::string_view accepted_end = "answer accepted\n";
constexpr std::string_view together_form =
    "receipts for several files read «onecard receipts 1», for each of at most 500 files a line «file ID sha256 HEX», and "
    "«answer accepted»; a refusal is said of its file alone";

/// The bank does not take the file: what it was to pay is owed again. False: the file had its receipt already.
Result<bool> refuse_batch(Tools& tools, const Batch& batch, const ReceiptRecord& receipt) {
    auto work = tools.database.begin();
    work->exchange().lock_batch(batch);
    const std::int16_t round = work->exchange().put_receipts({&receipt, 1}).front();
    if (round == 0) return false;
    if (!work->payments().answered(batch, 1, batch.lines).empty())
        return refuse(Fault::conflict, "payments of this file have outcomes already", batch.file_id);
    const auto entries =
        entries_of_batch(tools.log(), *work, batch, ledger::EntryKind::refused, receipt.at, round);
    if (!entries) return std::unexpected{entries.error()};
    work->ledger().put_entries(*entries, tools.log(), receipt.at);
    const Act act = act_of(receipt);
    work->ledger().put_acts({&act, 1}, tools.log(), receipt.at);
    work->commit();
    return true;
}

/// What a bank brings as its signed word, signed by the very certificate that brings it.
Result<std::string> words_of(SignatureVerifier& verifier, const Identity& bank, std::string_view cms,
                             const std::string& place) {
    auto text = verifier.verify_attached(cms);
    if (!text) return std::unexpected{Failure{text.error().fault, place, text.error().text}};
    if (!is_of(bank, text->signer))
        return refuse(Fault::forbidden, "the receipt is not signed by the certificate that brings it", place);
    // openssl's own text mode ends lines with CRLF; the words are the same.
    std::erase(text->text, '\r');
    return std::move(text->text);
}

std::shared_ptr<const ReceiptNote> note_of(const Tools& tools, const Identity& bank, std::string_view cms) {
    return std::make_shared<const ReceiptNote>(std::string{cms}, digest_of(tools.sha256, cms),
                                               bank.fingerprint);
}

ReceiptRecord record_of(const Batch& batch, std::shared_ptr<const ReceiptNote> note, Moment now) {
    return {.bank = batch.bank,
            .county = batch.county,
            .period = batch.period,
            .batch = batch.no,
            .file_id = batch.file_id,
            .note = std::move(note),
            .at = now};
}

std::unexpected<Failure> answered_otherwise(std::string_view file_id) {
    return refuse(Fault::duplicate, "this file has its receipt already, with the other answer",
                  std::string{file_id});
}

struct Named {
    std::string_view file_id;
    Digest sha256;
};

/// The files that a note for several names, in its order.
Result<std::vector<Named>> files_in(std::string_view text) {
    const auto malformed = [](std::size_t line) {
        return refuse(Fault::malformed, std::string{together_form}, fmt::format("receipts:{}", line));
    };
    if (!text.starts_with(together_head)) return malformed(1);
    text.remove_prefix(together_head.size());
    std::vector<Named> files;
    for (std::size_t line = 2; text != accepted_end; ++line) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos || files.size() == Exchange::receipts_together_max)
            return malformed(line);
        std::string_view said = text.substr(0, end);
        text.remove_prefix(end + 1);
        constexpr std::string_view file = "file ", sha256 = " sha256 ";
        const std::size_t middle = said.find(sha256);
        if (!said.starts_with(file) || middle == std::string_view::npos) return malformed(line);
        const std::string_view hex = said.substr(middle + sha256.size());
        const auto digest = Digest::parse_hex(hex);
        // To the letter, as it will be looked for when the books are verified.
        if (!digest || digest->hex() != hex) return malformed(line);
        files.push_back({said.substr(file.size(), middle - file.size()), *digest});
    }
    if (files.empty()) return malformed(2);
    return files;
}

}  // namespace

bool says_receipt(std::string_view signed_text, std::string_view alone) {
    if (signed_text == alone) return true;
    if (!signed_text.starts_with(together_head) || !signed_text.ends_with(accepted_end) ||
        !alone.ends_with(accepted_end))
        return false;
    // Its second and third line as one.
    const std::size_t second = alone.find('\n');
    const std::size_t third = alone.find('\n', second + 1);
    std::string line{alone.substr(second, alone.size() - accepted_end.size() - second)};
    line[third - second] = ' ';
    return signed_text.find(line) != std::string_view::npos;
}

std::string Exchange::receipt_text(std::string_view file_id, const Digest& digest, bool accepted,
                                   std::string_view why) {
    return fmt::format("onecard receipt 1\nfile {}\nsha256 {}\nanswer {}\n", file_id, digest.hex(),
                       accepted ? std::string{"accepted"} : fmt::format("refused {}", why));
}

std::string Exchange::receipts_text(std::span<const std::pair<std::string, Digest>> files) {
    ensure(!files.empty() && files.size() <= receipts_together_max,
           "receipts for none or for too many files");
    std::string text{together_head};
    for (const auto& [file_id, digest] : files)
        text += fmt::format("file {} sha256 {}\n", file_id, digest.hex());
    return text.append(accepted_end);
}

Result<void> Exchange::take_receipt(const Identity& bank, std::string_view file_id, std::string_view cms,
                                    Moment now) {
    const std::string place{file_id};
    const auto sent = batch_sent_to(bank, file_id);
    if (!sent) return refuse(Fault::unknown, "no such file for this bank", place);
    const Batch& batch = *sent;
    const auto text = words_of(tools_.verifier, bank, cms, place);
    if (!text) return std::unexpected{text.error()};

    ReceiptRecord receipt = record_of(batch, note_of(tools_, bank, cms), now);
    receipt.accepted = *text == receipt_text(file_id, batch.file_digest, true, {});
    if (!receipt.accepted) {
        const std::string refused = receipt_text(file_id, batch.file_digest, false, {});
        const std::string_view start = std::string_view{refused}.substr(0, refused.size() - 1);
        const std::string_view said = *text;
        if (!said.starts_with(start) || !said.ends_with('\n') || said.size() > start.size() + 501)
            return refuse(
                Fault::mismatch,
                fmt::format("a receipt for this file reads «{}» or the same with «refused» and a reason",
                            receipt_text(file_id, batch.file_digest, true, {})),
                place);
        receipt.reason = said.substr(start.size(), said.size() - start.size() - 1);
        if (receipt.reason.empty() || receipt.reason.find('\n') != std::string::npos)
            return refuse(Fault::malformed, "a refusal needs its reason on the same line", place);
    }
    if (receipt.accepted) return write_receipts({std::move(receipt)});
    const Result<bool> is_new = refuse_batch(tools_, batch, receipt);
    if (!is_new) return std::unexpected{is_new.error()};
    if (*is_new) return {};
    const auto file = tools_.database.begin_question()->exchange().file_for(bank.bank, file_id);
    // The same bytes again, perhaps those that answered an earlier round.
    if (file && file->accepted != true) return {};
    return answered_otherwise(file_id);
}

Result<void> Exchange::write_receipts(std::vector<ReceiptRecord> receipts) {
    try {
        writer_->receipts(std::move(receipts));
    } catch (const AnsweredOtherwise& other) {
        return answered_otherwise(other.file_id);
    }
    return {};
}

Result<void> Exchange::take_receipts(const Identity& bank, std::string_view cms, Moment now) {
    if (bank.role != Role::bank)
        return refuse(Fault::forbidden, "only banks say that they have files", "receipts");
    const auto text = words_of(tools_.verifier, bank, cms, "receipts");
    if (!text) return std::unexpected{text.error()};
    const auto named = files_in(*text);
    if (!named) return std::unexpected{named.error()};

    const auto note = note_of(tools_, bank, cms);
    std::vector<ReceiptRecord> receipts;
    for (const Named& one : *named) {
        const std::string place{one.file_id.substr(0, 64)};
        const auto batch = batch_sent_to(bank, one.file_id);
        if (!batch) return refuse(Fault::unknown, "no such file for this bank", place);
        if (batch->file_digest != one.sha256)
            return refuse(Fault::mismatch, "the file has another digest than this receipt names", place);
        receipts.push_back(record_of(*batch, note, now));
    }
    return write_receipts(std::move(receipts));
}

}  // namespace onecard::app
