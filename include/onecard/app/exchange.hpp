#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/records.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

class ArchivePlaces;
class DoorWriter;
class SentBatches;
class WaitingSignatures;

/// What banks do at the door, and the posting of what they answer.
/// Which of the files that wait. A bank with a file of more than 16 MiB for some county and month has all its files for
/// them in the slow lane, so that they keep their order.
enum class Lane : std::uint8_t { both, quick, slow };
inline constexpr std::int64_t slow_file_bytes = std::int64_t{16} * 1024 * 1024;

class Exchange {
public:
    explicit Exchange(Tools& tools);
    ~Exchange();

    /// Files released to this bank with a number above `after_seq`, oldest first, at most 1000.
    Result<Report> files(const Identity& bank, std::int32_t after_seq);

    struct Download {
        std::filesystem::path file;
        Digest digest;
        std::string signature;  ///< the detached CMS over it
    };
    Result<Download> batch_file(const Identity& bank, std::string_view file_id, std::string_view address,
                                Moment now);
    /// The detached CMS over the batch file.
    Result<std::string> batch_signature(const Identity& bank, std::string_view file_id);

    /// Of the archives that a bank fetches or brings: so many files, and what is fetched is of about so many bytes.
    static constexpr std::size_t files_together_max = 500;
    static constexpr std::int64_t bytes_together_max = std::int64_t{256} * 1024 * 1024;
    struct ArchivedFile {
        std::int32_t seq = 0;
        std::string name;  ///< the bank's
        std::filesystem::path file;
        std::uint64_t bytes = 0;
        Digest digest;
        std::string signature;  ///< the detached CMS over it
        Moment released;
    };
    /// This bank's files numbered above `after_seq` and up to `to_seq`, as its list has them, the first of them even when
    /// it is larger than an archive is to be. Each is recorded as fetched, where it is.
    Result<std::vector<ArchivedFile>> batch_files(const Identity& bank, std::int32_t after_seq,
                                                  std::int32_t to_seq, bool is_fetched,
                                                  std::string_view address, Moment now);
    /// A place among those who fetch archives, until it is let go: what stands between the files is in memory until all is
    /// sent. Null where this bank has all its places.
    static constexpr int archives_at_once_max = 4;
    std::shared_ptr<const void> begin_archive(const Identity& bank);

    /// The text that a bank signs (CMS, attached) to say that it has a file or refuses it:
    /// "onecard receipt 1\nfile ID\nsha256 HEX\nanswer accepted\n", or "answer refused WHY\n".
    static std::string receipt_text(std::string_view file_id, const Digest& digest, bool accepted,
                                    std::string_view why);
    /// Errors: unknown (no such file for this bank), forbidden (another's signature), mismatch (another digest),
    /// malformed, duplicate (answered before, otherwise).
    Result<void> take_receipt(const Identity& bank, std::string_view file_id, std::string_view cms,
                              Moment now);
    /// The same for 1 to 500 files that are all accepted, as id and SHA-256: "onecard receipts 1\n", for each
    /// "file ID sha256 HEX\n", "answer accepted\n".
    static constexpr std::size_t receipts_together_max = 500;
    static std::string receipts_text(std::span<const std::pair<std::string, Digest>> files);
    /// Of every file that the note names, or of none. Errors: as for one.
    Result<void> take_receipts(const Identity& bank, std::string_view cms, Moment now);

    /// Holds the detached CMS over a return file that is to come. Until then it is in memory only: one that is lost is
    /// asked for again. Errors: forbidden, malformed (name, or longer than 64 KiB).
    Result<void> hold_signature(const Identity& bank, std::string_view name, std::string cms);

    struct TakenReturn {
        std::string name;
        Digest digest;
        std::int64_t number = 0;
    };
    /// Keeps a return file and the signature that waits for it. The same bytes again get the same answer and change
    /// nothing. Errors: malformed name, missing (no signature waits), tampered, forbidden, duplicate (the name was used for
    /// other bytes).
    Result<TakenReturn> take_return(const Identity& bank, std::string_view name,
                                    const std::filesystem::path& file, Moment now);
    /// What became of each return file of an archive, in its order.
    struct TakenReturns {
        struct One {
            std::string name;         ///< as the archive has it
            std::int64_t number = 0;  ///< 0: refused
            std::optional<Failure> refusal;
        };
        std::vector<One> files;
        std::optional<Failure> broken;  ///< why the archive could not be read to its end
    };
    /// Takes every return file of a tar archive (onecard/bankfile/tar.hpp) as if each came by itself, at most
    /// `files_together_max`: pairs of the signature (NAME.p7s) and NAME right behind it, under our names or the bank's own.
    /// One that is refused keeps no other from being taken. Errors: forbidden, missing (the bank numbers its return files,
    /// which an archive cannot), and what is wrong with an archive in which nothing can be read.
    Result<TakenReturns> take_returns(const Identity& bank, const std::filesystem::path& archive, Moment now);
    /// Our name for a return file that may come by the bank's own.
    std::string return_name(const Identity& bank, std::string_view name) const;

    /// Our own signed word that it is kept (CMS, attached): "onecard return receipt 1\nfile NAME\nsha256 HEX\nnumber N\n".
    std::string return_receipt(const TakenReturn& taken);
    /// The same in one for the files of this bank with a number above `after_no`, ascending, at most 1000:
    /// "onecard return receipts 1\n" and for each "file NAME sha256 HEX number N\n".
    Result<std::string> return_receipts(const Identity& bank, std::int64_t after_no);

    /// What became of this bank's return files with a number above `after_no`, in the order in which they came, at most
    /// 1000.
    Result<Report> returns(const Identity& bank, std::int64_t after_no);
    /// What became of a return file: every fault, a line each.
    Result<Report> return_report(const Identity& bank, std::string_view name);

    /// Matches and posts every return file of the lane that waits, on all workers; returns how many. Those for the batches
    /// of one unit go together, in one transaction, in the order in which they came; where that fails, each goes alone.
    /// Whoever settles both lanes beside each other lets no bank wait for another's giant file.
    std::int64_t settle(Moment now, const std::function<void(std::string_view)>& on_problem,
                        Lane lane = Lane::both);
    /// Keys the outcomes of parts that wait for some of their batches still, once nothing has come for a moment: until then
    /// they are read without their key. Leaves out parts that somebody adds to at this moment.
    void key_outcomes();

private:
    std::string sign(std::string_view text);
    std::optional<Batch> batch_sent_to(const Identity& bank, std::string_view file_id);
    Result<void> write_receipts(std::vector<ReceiptRecord> receipts);
    std::vector<ReturnFile> waiting_returns();

    Tools& tools_;
    std::unique_ptr<DoorWriter> writer_;
    std::unique_ptr<SentBatches> sent_;
    std::unique_ptr<WaitingSignatures> signatures_;
    std::shared_ptr<ArchivePlaces> places_;  ///< an answer that is being sent may outlive the rest
    /// Every return file up to this number was settled when somebody last looked. Looking through all that ever came
    /// would take the longer the more months there were.
    std::atomic<std::int64_t> settled_to_{0};
    std::mutex guard_;
    std::vector<std::unique_ptr<FileSigner>> free_signers_;  ///< one is never used by two threads at once
};

}  // namespace onecard::app
