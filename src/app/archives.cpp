#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "archive_places.hpp"
#include "door_writer.hpp"
#include "onecard/app/exchange.hpp"
#include "onecard/bankfile/tar.hpp"
#include "returns.hpp"
#include "sent_batches.hpp"

/// Many files of a bank in one: those that it fetches, and the return files that it brings.
namespace onecard::app {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} * 1024;
/// So many return files go to the disk beside each other, and to the records in one transaction. Until then each holds
/// an open file and its signature.
constexpr std::size_t group_max = 64;

using TakenReturns = Exchange::TakenReturns;

/// The return files of an archive on their way into the vault and the records.
class Taking final : public bankfile::TarSink {
public:
    /// All are kept.
    Taking(Tools& tools, DoorWriter& writer, SentBatches& sent, const Exchange& exchange,
           const Identity& bank, Moment now)
        : tools_{tools},
          writer_{writer},
          sent_{sent},
          exchange_{exchange},
          bank_{bank},
          now_{now},
          bundle_{tools.vault.begin()} {}

    Result<void> begin(std::string_view name, std::uint64_t bytes) override {
        constexpr std::string_view ending = ".p7s";
        is_signature_ = name.ends_with(ending);
        name_ = name.substr(0, name.size() - (is_signature_ ? ending.size() : 0));
        if (signature_ && (is_signature_ || signature_->of != name_))
            if (auto said = refuse_lonely_signature(); !said) return said;
        if (taken_.files.size() == Exchange::files_together_max) return too_many();
        if (is_signature_) {
            signature_ = Signature{.of = name_, .cms = {}, .fits = bytes <= signature_bytes_max};
            return {};
        }
        const std::string ours = exchange_.return_name(bank_, name_);
        refusal_.reset();
        if (const auto file_id = check_return(bank_, ours); !file_id)
            refusal_ = file_id.error();
        else if (!signature_)
            refusal_ = Failure{Fault::missing, name_,
                               "its signature has to stand right before it in the archive, as NAME.p7s"};
        else if (!signature_->fits)
            refusal_ = Failure{Fault::malformed, name_, "is too large for a signature or its name"};
        else
            writing_ = bundle_->begin();
        return {};
    }

    void take(std::string_view piece) override {
        if (is_signature_ && signature_->fits) signature_->cms += piece;
        if (writing_) writing_->append(piece);
    }

    Result<void> end() override {
        if (is_signature_) return {};
        taken_.files.push_back({name_, 0, std::move(refusal_)});
        if (writing_) look_at_file();
        signature_.reset();
        return {};
    }

    /// What was read whole is taken, whatever came behind it.
    TakenReturns finish(std::optional<Failure> broken) {
        taken_.broken = std::move(broken);
        writing_.reset();
        if (!taken_.broken && signature_)
            if (auto said = refuse_lonely_signature(); !said) taken_.broken = said.error();
        settle_group();
        return std::move(taken_);
    }

private:
    struct Signature {
        std::string of, cms;
        bool fits = true;
    };
    /// Rightly signed, and not kept yet.
    struct Waiting {
        std::size_t row = 0;
        std::string file_id;
        ReturnFile file;
        std::unique_ptr<FileVault::Writing> bytes;
    };

    static std::unexpected<Failure> too_many() {
        return refuse(Fault::out_of_range,
                      "an archive has at most 500 return files: the others go into another one");
    }
    Result<void> refuse_lonely_signature() {
        if (taken_.files.size() == Exchange::files_together_max) return too_many();
        const std::string of = std::exchange(signature_, std::nullopt)->of;
        Failure failure{Fault::missing, of, "its file does not stand behind its signature in the archive"};
        taken_.files.push_back({of, 0, std::move(failure)});
        return {};
    }
    void refuse_row(std::size_t row, Fault fault, std::string_view text) {
        auto& one = taken_.files[row];
        one.refusal = Failure{fault, one.name, std::string{text}};
    }

    void look_at_file() {
        auto writing = std::exchange(writing_, nullptr);
        const FileVault::Kept brought = writing->written();
        const auto signer =
            signer_of_return(tools_, bank_, brought.digest, writing->path(), signature_->cms, name_);
        if (!signer) {
            taken_.files.back().refusal = signer.error();
            return;
        }
        Waiting& waiting = waiting_.emplace_back();
        waiting.row = taken_.files.size() - 1;
        waiting.file.bank = bank_.bank;
        waiting.file.name = exchange_.return_name(bank_, name_);
        waiting.file_id = file_id_of_return(waiting.file.name).value();
        waiting.file.digest = brought.digest;
        waiting.file.bytes = brought.bytes;
        waiting.file.signature = std::move(signature_->cms);
        waiting.file.fingerprint = signer->fingerprint;
        waiting.file.at = now_;
        waiting.bytes = std::move(writing);
        if (waiting_.size() == group_max) settle_group();
    }

    /// The group into the vault, synced, and then into the records.
    void settle_group() {
        std::vector<Waiting> group = std::exchange(waiting_, {});
        const std::set<std::string> sent = sent_among(group);
        std::vector<ReturnFile> files;
        std::vector<std::size_t> rows;
        for (Waiting& one : group) {
            if (!sent.contains(one.file_id)) {
                refuse_row(one.row, Fault::unknown, not_sent);
                continue;
            }
            one.bytes->keep();
            files.push_back(std::move(one.file));
            rows.push_back(one.row);
        }
        if (files.empty()) return;
        bundle_->sync();
        write(files, rows);
    }

    /// Whose batch files were sent to this bank: asked of the records once for all that are not known.
    std::set<std::string> sent_among(std::span<const Waiting> group) {
        std::set<std::string> sent;
        std::vector<std::pair<BankNo, std::string_view>> unknown;
        for (const Waiting& one : group) {
            if (sent_.find(bank_.bank, one.file_id))
                sent.insert(one.file_id);
            else
                unknown.emplace_back(bank_.bank, one.file_id);
        }
        if (unknown.empty()) return sent;
        for (const DispatchedFile& file : tools_.database.begin_question()->exchange().files_named(unknown)) {
            sent_.keep(bank_.bank, file.batch);
            sent.insert(file.batch.file_id);
        }
        return sent;
    }

    /// All at once; where the records refuse one of them, it is looked for by halves.
    void write(std::span<const ReturnFile> files, std::span<const std::size_t> rows) {
        std::vector<std::optional<std::int64_t>> numbers;
        try {
            numbers = writer_.return_files({files.begin(), files.end()});
        } catch (const RefusedByDatabase&) {
            if (files.size() == 1) return refuse_row(rows.front(), Fault::duplicate, name_is_taken);
            const std::size_t half = files.size() / 2;
            write(files.first(half), rows.first(half));
            write(files.subspan(half), rows.subspan(half));
            return;
        }
        std::vector<Digest> came_before;
        for (std::size_t i = 0; i < files.size(); ++i)
            if (!numbers[i]) came_before.push_back(files[i].digest);
        std::map<Digest, ReturnFile> earlier;
        if (!came_before.empty())
            for (ReturnFile& file :
                 tools_.database.begin_question()->exchange().returns_of_digests(bank_.bank, came_before))
                earlier.emplace(file.digest, std::move(file));
        for (std::size_t i = 0; i < files.size(); ++i) {
            const auto known = numbers[i] ? earlier.end() : earlier.find(files[i].digest);
            if (numbers[i])
                taken_.files[rows[i]].number = *numbers[i];
            else if (known != earlier.end() && known->second.name == files[i].name)
                taken_.files[rows[i]].number = known->second.no;
            else
                refuse_row(rows[i], Fault::duplicate, bytes_came_before);
        }
    }

    Tools& tools_;
    DoorWriter& writer_;
    SentBatches& sent_;
    const Exchange& exchange_;
    const Identity& bank_;
    Moment now_;
    std::unique_ptr<FileVault::Bundle> bundle_;
    TakenReturns taken_;
    std::string name_;  ///< of the file that is being read, without .p7s
    bool is_signature_ = false;
    std::optional<Signature> signature_;  ///< the last one, until its file has come
    std::optional<Failure> refusal_;      ///< of the file that is being read
    std::unique_ptr<FileVault::Writing> writing_;
    std::vector<Waiting> waiting_;
};

}  // namespace

std::shared_ptr<const void> Exchange::begin_archive(const Identity& bank) {
    return ArchivePlaces::take(places_, bank.bank, archives_at_once_max);
}

Result<std::vector<Exchange::ArchivedFile>> Exchange::batch_files(const Identity& bank,
                                                                  std::int32_t after_seq, std::int32_t to_seq,
                                                                  bool is_fetched, std::string_view address,
                                                                  Moment now) {
    if (bank.role != Role::bank) return refuse(Fault::forbidden, "only banks fetch files", "files");
    const auto at_most = std::min(std::int64_t{files_together_max}, std::int64_t{to_seq} - after_seq);
    if (at_most < 1)
        return refuse(Fault::out_of_range, "must be the number of a file behind the one after which", "to");
    const std::string code =
        tools_.profiles == nullptr ? std::string{} : tools_.profiles->code_of_bank(bank.bank);
    const bankfile::Profile& profile = profile_of_bank(tools_, bank.bank);
    std::vector<ArchivedFile> files;
    std::vector<DownloadRecord> downloads;
    std::int64_t bytes = 0;
    for (const DispatchedFile& file : tools_.database.begin_question()->exchange().files_for(
             bank.bank, after_seq, static_cast<int>(at_most))) {
        const Batch& batch = file.batch;
        bytes += batch.file_bytes;
        if (file.seq > to_seq || (!files.empty() && bytes > bytes_together_max)) break;
        // The bank will answer it soon.
        sent_->keep(bank.bank, batch);
        downloads.push_back({batch.county, batch.period, batch.no, batch.file_id, bank.fingerprint,
                             std::string{address}, now});
        files.push_back({file.seq, profile.name_of_batch(batch.file_id, code),
                         path_in(tools_.vault, batch.file_digest, batch.file_id),
                         static_cast<std::uint64_t>(batch.file_bytes), batch.file_digest, batch.signature,
                         file.at});
    }
    if (is_fetched && !downloads.empty()) writer_->downloads(std::move(downloads));
    return files;
}

std::string Exchange::return_name(const Identity& bank, std::string_view name) const {
    const std::string code =
        tools_.profiles == nullptr ? std::string{} : tools_.profiles->code_of_bank(bank.bank);
    const auto found = profile_of_bank(tools_, bank.bank).return_in(name, code);
    if (!found) return std::string{name};
    std::string ours = found->file_id;
    if (found->round != 1) ours.append(".").append(std::to_string(found->round));
    return ours + ".ret";
}

Result<TakenReturns> Exchange::take_returns(const Identity& bank, const std::filesystem::path& archive,
                                            Moment now) {
    constexpr std::string_view place = "returns";
    if (bank.role != Role::bank)
        return refuse(Fault::forbidden, "only banks hand in return files", std::string{place});
    if (profile_of_bank(tools_, bank.bank).numbers_returns)
        return refuse(
            Fault::missing,
            "this bank has agreed to number its return files: each comes by itself, with its number",
            std::string{place});
    Taking taking{tools_, *writer_, *sent_, *this, bank, now};
    bankfile::TarReading reading{std::string{place}, taking};
    std::ifstream in{archive, std::ios::binary};
    std::array<char, piece_bytes> piece;
    Result<void> going;
    while (going && in) {
        in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        going = reading.feed({piece.data(), static_cast<std::size_t>(in.gcount())});
    }
    ensure(!going || in.eof(), "an upload that cannot be read");
    if (going) going = reading.finish();
    TakenReturns taken = taking.finish(going ? std::nullopt : std::optional{going.error()});
    if (taken.files.empty() && taken.broken) return std::unexpected{*taken.broken};
    return taken;
}

}  // namespace onecard::app
