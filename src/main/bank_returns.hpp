#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bank_answers.hpp"
#include "onecard/bankfile/formats.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/result.hpp"
#include "part_file.hpp"

/// From a batch file on disk to its return file on disk, in constant memory.
namespace onecard::cli {

/// The cryptography, lent: `sha256` for the digests that receipts name, `sm3` for the trailers of the files.
struct FileHashes {
    const HashFunction& sha256;
    const HashFunction& sm3;
};

struct ReturnTotals {
    std::int32_t paid = 0, failed = 0, in_progress = 0, silent = 0;
    Money paid_total, failed_total, in_progress_total;
    std::int32_t lines() const { return paid + failed + in_progress; }
    void add(AnswerKind kind, Money amount);
};

/// What has to be known to answer a batch.
struct ReturnPlan {
    const BankAnswers& answers;
    int round = 1;           ///< of this return file for its batch
    std::vector<Said> said;  ///< by sequence number from 1: what earlier rounds said for good
    /// The service's number of the return file that this one corrects, 0 for none.
    std::int64_t corrects = 0;
    Day value_day;
    Moment made_at;
    const bankfile::Profile* profile = &bankfile::canonical_profile();  ///< of the batch and of its answer
    std::size_t lines_kept_max = 50'000;  ///< of a batch, in memory from its survey to its answer
};

/// What an answer needs of the lines of a batch, in the order of the file: up to a number of them, so that a batch of
/// usual size is read once and a giant one in constant memory, twice.
class KeptLines {
public:
    explicit KeptLines(std::size_t most) : most_{most} {}
    void add(const bankfile::BatchLine& line, const Answer& answer);
    bool are_all() const { return are_all_; }
    void each(const std::function<void(const bankfile::BatchLine&, const Answer&)>& sink) const;

private:
    struct Line {
        std::uint32_t end;  ///< of its account in the text
        std::int32_t seq;
        std::uint8_t payment_bytes;
        Money amount;
        Answer answer;
    };
    std::size_t most_;
    std::vector<Line> lines_;
    std::string text_;  ///< payment reference and account of each line
    bool are_all_ = true;
};

/// A batch file read strictly from its first byte to its last.
struct BatchSurvey {
    bankfile::BatchHeader header;  ///< complete only when there are no faults
    Digest sha256;
    Faults faults;
    ReturnTotals totals;     ///< of the return file that the plan makes of it
    int corrects_round = 0;  ///< in which was said what the plan corrects, 0 when it corrects nothing
    KeptLines kept{0};
};

/// A survey in the making, of bytes from wherever they come: of a file that is being fetched it is ready with the last
/// of them.
class BatchSurveying {
public:
    /// All but the name are kept.
    BatchSurveying(std::string file_name, const ReturnPlan& plan, const FileHashes& hashes);
    BatchSurveying(const BatchSurveying&) = delete;
    BatchSurveying& operator=(const BatchSurveying&) = delete;

    void feed(std::string_view bytes);
    /// Forgets what was fed: the file comes again from its first byte.
    void restart();
    /// `sha256`: of the bytes that were fed. Once.
    BatchSurvey finish(const Digest& sha256);

private:
    void take(const bankfile::BatchLine& line);
    std::string file_name_;
    const ReturnPlan& plan_;
    const FileHashes& hashes_;
    std::unique_ptr<StreamHash> sm3_;
    std::unique_ptr<bankfile::BatchReading> reader_;
    BatchSurvey survey_;
};

/// Of a file that is here. Faults of the file are in the survey. Errors: missing (cannot be read).
Result<BatchSurvey> survey_batch(const std::filesystem::path& batch, const ReturnPlan& plan,
                                 const FileHashes& hashes);

/// Writes the return file that answers a batch surveyed with the same plan; under its name there is the whole file or
/// none. The same plan gives the same bytes. Errors: missing (cannot read or write), mismatch (the batch file is
/// no longer what was surveyed, or the plan answers no line of it).
Result<void> write_return(const std::filesystem::path& batch, const BatchSurvey& survey,
                          const std::filesystem::path& target, const ReturnPlan& plan,
                          const FileHashes& hashes);

/// What was said of a line before.
Said said_of(const std::vector<Said>& said, std::int32_t seq);
/// Marks in `said` the lines that the return file of one round says paid or failed; `on_line` sees each of them before.
/// Errors: missing, malformed.
Result<void> mark_said(
    const std::filesystem::path& return_file, int round, std::vector<Said>& said, const FileHashes& hashes,
    const bankfile::Profile& profile = bankfile::canonical_profile(),
    const std::function<void(const bankfile::ReturnHeader&, const bankfile::ReturnLine&)>& on_line = {});

}  // namespace onecard::cli
