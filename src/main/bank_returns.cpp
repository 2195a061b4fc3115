#include "bank_returns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

namespace onecard::cli {

namespace {

namespace fs = std::filesystem;
using bankfile::BatchLine;

/// So often the writer's bytes go to the disk.
constexpr std::int32_t lines_between_writes = 2000;

Answer answer_to(const BatchLine& line, const ReturnPlan& plan) {
    return plan.answers.answer_to(line.payment, plan.round, said_of(plan.said, line.seq));
}

bankfile::ReturnHeader header_for(const BatchSurvey& survey, const ReturnPlan& plan) {
    const ReturnTotals& totals = survey.totals;
    bankfile::ReturnHeader header;
    header.file_id = survey.header.file_id;
    header.county = survey.header.county;
    header.bank_code = survey.header.bank_code;
    header.value_day = plan.value_day;
    header.count = totals.lines();
    header.total = totals.paid_total + totals.failed_total + totals.in_progress_total;
    header.paid_count = totals.paid;
    header.paid_total = totals.paid_total;
    header.failed_count = totals.failed;
    header.failed_total = totals.failed_total;
    header.made_at = plan.made_at;
    header.corrects = plan.corrects;
    return header;
}

bankfile::ReturnStatus status_of(AnswerKind kind) {
    switch (kind) {
        case AnswerKind::paid: return bankfile::ReturnStatus::paid;
        case AnswerKind::failed: return bankfile::ReturnStatus::failed;
        case AnswerKind::in_progress: return bankfile::ReturnStatus::in_progress;
        case AnswerKind::silent: break;
    }
    broken("a silent line has no status");
}

/// Writes answers line by line, and holds the first failure.
class Answering {
public:
    Answering(const BatchSurvey& survey, const ReturnPlan& plan, StreamHash& sm3, std::ofstream& out)
        : plan_{plan},
          // What follows "YKT" names the batch, so that a bank reference is unique over all files of a day.
          batch_digits_{survey.header.file_id.substr(3)},
          writer_{bankfile::write_return(*plan.profile, header_for(survey, plan), sm3)},
          out_{out} {}

    void take(const BatchLine& line, const Answer& answer) {
        if (failure_) return;
        if (answer.kind == AnswerKind::silent) return;
        const Day day = answer.day.value_or(plan_.value_day);
        const bankfile::ReasonText& reason = bankfile::text_of(answer.reason);
        std::string bank_reference;
        if (answer.kind == AnswerKind::paid)
            // ISO 20022 has place for 35 characters.
            bank_reference = plan_.profile->is_canonical()
                                 ? fmt::format("BK{}-{}-{:07}", day.digits(), batch_digits_, line.seq)
                                 : fmt::format("BK{}{:07}", batch_digits_, line.seq);
        const auto added = writer_->add({.seq = line.seq,
                                         .payment = line.payment,
                                         .account = line.account,
                                         .amount = line.amount,
                                         .status = status_of(answer.kind),
                                         .code = reason.code,
                                         .text = reason.chinese,
                                         .bank_day = day,
                                         .bank_reference = bank_reference});
        if (!added) failure_ = added.error();
        if (++lines_ % lines_between_writes == 0) out_ << writer_->take();
    }

    Result<void> finish() {
        if (failure_) return std::unexpected{*failure_};
        if (auto finished = writer_->finish(); !finished) return finished;
        out_ << writer_->take();
        return {};
    }

private:
    const ReturnPlan& plan_;
    std::string batch_digits_;
    std::unique_ptr<bankfile::ReturnWriting> writer_;
    std::ofstream& out_;
    std::int32_t lines_ = 0;
    std::optional<Failure> failure_;
};

}  // namespace

void KeptLines::add(const BatchLine& line, const Answer& answer) {
    if (lines_.size() == most_) {
        are_all_ = false;
        lines_ = {};
        text_ = {};
    }
    if (!are_all_) return;
    text_.append(line.payment).append(line.account);
    lines_.push_back({static_cast<std::uint32_t>(text_.size()), line.seq,
                      static_cast<std::uint8_t>(line.payment.size()), line.amount, answer});
}

void KeptLines::each(const std::function<void(const BatchLine&, const Answer&)>& sink) const {
    ensure(are_all_, "not all lines were kept");
    std::size_t start = 0;
    for (const Line& kept : lines_) {
        const std::string_view text = std::string_view{text_}.substr(start, kept.end - start);
        BatchLine line;
        line.seq = kept.seq;
        line.payment = text.substr(0, kept.payment_bytes);
        line.account = text.substr(kept.payment_bytes);
        line.amount = kept.amount;
        sink(line, kept.answer);
        start = kept.end;
    }
}

void ReturnTotals::add(AnswerKind kind, Money amount) {
    switch (kind) {
        case AnswerKind::paid:
            ++paid;
            paid_total += amount;
            break;
        case AnswerKind::failed:
            ++failed;
            failed_total += amount;
            break;
        case AnswerKind::in_progress:
            ++in_progress;
            in_progress_total += amount;
            break;
        case AnswerKind::silent: ++silent; break;
    }
}

BatchSurveying::BatchSurveying(std::string file_name, const ReturnPlan& plan, const FileHashes& hashes)
    : file_name_{std::move(file_name)}, plan_{plan}, hashes_{hashes} {
    restart();
}

void BatchSurveying::restart() {
    survey_ = {};
    survey_.kept = KeptLines{plan_.lines_kept_max};
    // In this order: the reader that goes has the hash that goes.
    reader_.reset();
    sm3_ = hashes_.sm3.stream();
    reader_ = bankfile::read_batch(*plan_.profile, file_name_, sm3_.get(),
                                   [this](const BatchLine& line) { take(line); });
}

/// A total over amounts may overflow in a file made to do so: only what the reader has accepted is summed up, and it
/// refuses a line with which the total of its file would not fit.
void BatchSurveying::take(const BatchLine& line) {
    const Answer answer = answer_to(line, plan_);
    survey_.totals.add(answer.kind, line.amount);
    survey_.kept.add(line, answer);
    if (answer.corrects)
        survey_.corrects_round = std::max<int>(survey_.corrects_round, said_of(plan_.said, line.seq).round);
}

void BatchSurveying::feed(std::string_view bytes) { reader_->feed(bytes); }

BatchSurvey BatchSurveying::finish(const Digest& sha256) {
    reader_->finish();
    survey_.sha256 = sha256;
    survey_.header = reader_->header();
    survey_.faults = reader_->faults();
    return std::move(survey_);
}

Result<BatchSurvey> survey_batch(const fs::path& batch, const ReturnPlan& plan, const FileHashes& hashes) {
    BatchSurveying surveying{batch.filename().string(), plan, hashes};
    const auto sha256 = hashes.sha256.stream();
    auto read = read_pieces(batch, [&](std::string_view bytes) {
        sha256->update(bytes_of(bytes));
        surveying.feed(bytes);
    });
    if (!read) return std::unexpected{read.error()};
    return surveying.finish(sha256->finish());
}

Result<void> write_return(const fs::path& batch, const BatchSurvey& survey, const fs::path& target,
                          const ReturnPlan& plan, const FileHashes& hashes) {
    ensure(survey.faults.empty(), "a batch file with faults is answered");
    if (survey.totals.lines() == 0)
        return refuse(Fault::mismatch, "there is no line to answer", target.filename().string());
    fs::path part = target;
    part += ".part";
    std::ofstream out{part, std::ios::binary | std::ios::trunc};
    const auto return_sm3 = hashes.sm3.stream();
    Answering answering{survey, plan, *return_sm3, out};
    if (survey.kept.are_all()) {
        survey.kept.each([&](const BatchLine& line, const Answer& answer) { answering.take(line, answer); });
    } else {
        const auto sha256 = hashes.sha256.stream();
        const auto reader =
            bankfile::read_batch(*plan.profile, batch.filename().string(), nullptr,
                                 [&](const BatchLine& line) { answering.take(line, answer_to(line, plan)); });
        auto read = read_pieces(batch, [&](std::string_view bytes) {
            sha256->update(bytes_of(bytes));
            reader->feed(bytes);
        });
        if (!read) return read;
        reader->finish();
        if (!reader->faults().empty() || sha256->finish() != survey.sha256)
            return refuse(Fault::mismatch, "changed while it was answered", batch.string());
    }
    if (auto finished = answering.finish(); !finished) return finished;
    out.close();
    std::error_code error;
    if (out) fs::rename(part, target, error);
    if (!out || error) return refuse(Fault::missing, "cannot be written", target.string());
    return {};
}

Said said_of(const std::vector<Said>& said, std::int32_t seq) {
    const auto index = static_cast<std::size_t>(seq);
    return index < said.size() ? said[index] : Said{};
}

Result<void> mark_said(
    const fs::path& return_file, int round, std::vector<Said>& said, const FileHashes& hashes,
    const bankfile::Profile& profile,
    const std::function<void(const bankfile::ReturnHeader&, const bankfile::ReturnLine&)>& on_line) {
    const auto sm3 = hashes.sm3.stream();
    bankfile::ReturnReading* reading = nullptr;
    const auto reader = bankfile::read_return(
        profile, return_file.filename().string(), *sm3, [&](const bankfile::ReturnLine& line) {
            const bool is_final = line.status != bankfile::ReturnStatus::in_progress;
            if (on_line && is_final) on_line(reading->header(), line);
            const auto seq = static_cast<std::size_t>(line.seq);
            if (said.size() <= seq) said.resize(seq + 1);
            ++said[seq].times;
            if (!is_final) return;
            said[seq].what =
                line.status == bankfile::ReturnStatus::paid ? Said::What::paid : Said::What::failed;
            said[seq].round = static_cast<std::int16_t>(round);
        });
    reading = reader.get();
    if (auto read = read_pieces(return_file, [&](std::string_view bytes) { reader->feed(bytes); }); !read)
        return read;
    reader->finish();
    if (!reader->faults().empty()) return std::unexpected{reader->faults().front()};
    return {};
}

}  // namespace onecard::cli
