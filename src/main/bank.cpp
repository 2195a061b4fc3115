#include "bank.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "bank_answering.hpp"
#include "bank_fetching.hpp"
#include "bank_names.hpp"
#include "bank_side.hpp"
#include "bank_statements.hpp"
#include "desk.hpp"
#include "onecard/app/exchange.hpp"
#include "onecard/seal/sealing.hpp"

namespace onecard::cli {

namespace {

namespace fs = std::filesystem;

/// From so many files on, one signed word is for all of them: a few are better understood one by one.
constexpr std::size_t together_from = 8;
/// Of files that are held in memory from their survey to their answer.
constexpr std::int64_t lines_held_max = 50'000;
constexpr std::size_t script_bytes_max = 256UL * 1024 * 1024;

/// The files that the service has for this bank, one after the other: each held, receipted, answered.
class Bank {
public:
    explicit Bank(BankSide& side)
        : side_{side}, fetching_{side}, answering_{side}, stating_{side, answering_} {}

    Result<BankReport> act() {
        const auto listed = fetching_.list();
        if (!listed) return std::unexpected{listed.error()};
        side_.progress.files_total = static_cast<std::int64_t>(listed->size());
        for (std::span<const Listed> left{*listed}; !left.empty(); left = left.subspan(1)) {
            const Listed& file = left.front();
            if (auto fetched = fetch_together(left); !fetched) return std::unexpected{fetched.error()};
            const auto served = serve(file);
            if (!served) return std::unexpected{served.error()};
            if (!held_.empty() && &held_.back().file == &file) {
                if (held_.size() < app::Exchange::receipts_together_max && lines_held_ < lines_held_max)
                    continue;
                if (auto answered = answer_held(); !answered) return std::unexpected{answered.error()};
            } else {
                done(file);
            }
        }
        if (auto answered = answer_held(); !answered) return std::unexpected{answered.error()};
        if (is_stating())
            if (auto handed_in = stating_.hand_in(); !handed_in) return std::unexpected{handed_in.error()};
        if (side_.wish.wait_posted)
            if (auto waited = answering_.wait_until_posted(); !waited) return std::unexpected{waited.error()};
        side_.report.returns_waiting = answering_.waiting();
        return std::move(side_.report);
    }

private:
    struct Held {
        const Listed& file;
        ReturnPlan plan;
        BatchSurvey survey;
        bool was_receipted = false;  ///< by an earlier call
        bool has_receipt = was_receipted;
    };

    bool is_stating() const {
        return side_.wish.does == BankDoes::statements || side_.wish.does == BankDoes::notifications;
    }

    /// What there is to do about a file.
    enum class Part : std::uint8_t { none, done_before, first, further };
    Part part_of(const Listed& file) const {
        const bool has_receipt = file.receipt == "accepted";
        if (file.receipt == "refused") return Part::done_before;
        const bool is_further = side_.wish.does == BankDoes::open_lines || is_stating();
        if (!has_receipt && (is_further || side_.wish.does == BankDoes::returns_only)) return Part::none;
        if (has_receipt && (side_.wish.does == BankDoes::receipts_only || side_.wish.refuse_files))
            return Part::done_before;
        if (is_further) return Part::further;
        return has_receipt && answering_.has_result(file, 1) ? Part::done_before : Part::first;
    }

    GoOn serve(const Listed& file) {
        switch (part_of(file)) {
            case Part::none: return true;
            case Part::done_before: return side_.counted(side_.report.done_before);
            case Part::further: return serve_further(file);
            case Part::first: break;
        }
        auto here = arrived_.extract(file.seq);
        std::unique_ptr<Surveyed> surveyed = here ? std::move(here.mapped()) : survey_of(file);
        if (!here) {
            auto held = fetching_.hold(file, &surveyed->surveying);
            if (!held || !*held) return held;
        }
        ++side_.report.files;
        BatchSurvey survey = surveyed->surveying.finish(file.sha256);
        const bool has_receipt = file.receipt == "accepted";
        if (!has_receipt)
            if (const auto fault = fault_of(file, survey)) return give_receipt(file, fault);
        lines_held_ += file.lines;
        held_.push_back({file, std::move(surveyed->plan), std::move(survey), has_receipt});
        return true;
    }

    GoOn serve_further(const Listed& file) {
        auto held = fetching_.hold(file);
        if (!held || !*held) return held;
        ++side_.report.files;
        if (!is_stating()) return answering_.answer_open_lines(file);
        const auto noted = stating_.note(file);
        return noted ? GoOn{true} : GoOn{std::unexpected{noted.error()}};
    }

    // --- many at once ---

    /// Stays in one place: the survey looks at its plan.
    struct Surveyed {
        Surveyed(ReturnPlan by, std::string file_name, const FileHashes& hashes)
            : plan{std::move(by)}, surveying{std::move(file_name), plan, hashes} {}
        ReturnPlan plan;
        BatchSurveying surveying;
    };
    std::unique_ptr<Surveyed> survey_of(const Listed& file) const {
        return std::make_unique<Surveyed>(answering_.plan_for(1), side_.batch_path(file).filename().string(),
                                          side_.hashes);
    }

    /// Fetches those at the head of the list that are new in one archive, as many as are answered together.
    Result<void> fetch_together(std::span<const Listed> left) {
        if (!fetching_.has_archives() || !arrived_.empty()) return {};
        std::size_t count = 0;
        std::int64_t lines = 0;
        std::uint64_t bytes = 0;
        for (const Listed& file : left) {
            lines += file.lines;
            bytes += file.bytes;
            if (count == app::Exchange::files_together_max || lines > lines_held_max ||
                bytes > static_cast<std::uint64_t>(app::Exchange::bytes_together_max) ||
                side_.has_left(file.file_id) || part_of(file) != Part::first)
                break;
            ++count;
        }
        if (count < together_from) return {};
        // Room for them: those before are answered first.
        if (lines_held_ + lines > lines_held_max)
            if (auto answered = answer_held(); !answered) return answered;
        std::unique_ptr<Surveyed> coming;
        return fetching_.hold_many(
            left.first(count),
            [&](const Listed& file) -> BatchSurveying& {
                coming = survey_of(file);
                return coming->surveying;
            },
            [&](const Listed& file) { arrived_.emplace(file.seq, std::move(coming)); });
    }

    void done(const Listed& file) {
        side_.tell("done", file.file_id);
        ++side_.progress.files_done;
    }

    /// Says of the files held that they are here, and answers them.
    Result<void> answer_held() {
        std::vector<Held> all = std::exchange(held_, {});
        lines_held_ = 0;
        if (auto accepted = give_receipts(all); !accepted) return accepted;
        answering_.begin_many(all.size() >= together_from);
        for (const Held& one : all) {
            if (one.has_receipt && side_.wish.does != BankDoes::receipts_only) {
                const auto answered = answering_.answer(one.file, one.survey, one.plan, one.was_receipted);
                if (!answered) return std::unexpected{answered.error()};
            }
            done(one.file);
        }
        return answering_.end_many();
    }

    // --- receipts ---

    /// One note for those that have no receipt yet, or one for each where they are few.
    Result<void> give_receipts(std::vector<Held>& all) {
        std::vector<std::pair<std::string, Digest>> files;
        for (const Held& one : all)
            if (!one.has_receipt) files.emplace_back(one.file.file_id, one.file.sha256);
        if (files.size() >= together_from) {
            const std::string text = app::Exchange::receipts_text(files), path = "/v1/bank/receipts";
            const std::string cms = side_.signer->sign_attached(text);
            const std::string name = fmt::format("{}-and-{}", files.front().first, files.size() - 1);
            if (auto kept = keep(side_.wish.folder / "receipts" / (name + ".receipts.p7s"), cms); !kept)
                return kept;
            side_.tell("receipt", name);
            const auto reply = side_.call("POST", path, cms);
            if (!reply) return std::unexpected{reply.error()};
            if (reply->status == 204) {
                side_.report.receipts += static_cast<std::int64_t>(files.size());
                for (Held& one : all) one.has_receipt = true;
                return {};
            }
            // Each by itself then, so that the one for which all were refused is named, and keeps no other from its receipt.
        }
        for (Held& one : all) {
            if (one.has_receipt) continue;
            const auto accepted = give_receipt(one.file, std::nullopt);
            if (!accepted) return std::unexpected{accepted.error()};
            one.has_receipt = *accepted;
        }
        return {};
    }

    /// Why the file is refused; nothing when it is good.
    std::optional<std::string> fault_of(const Listed& file, const BatchSurvey& survey) const {
        if (side_.wish.refuse_files) return "RJCT the bank refuses files for now";
        if (!survey.faults.empty()) {
            const std::size_t others = survey.faults.size() - 1;
            return survey.faults.front().message() +
                   (others > 0 ? fmt::format(" (and {} more)", others) : std::string{});
        }
        if (survey.header.file_id != file.file_id)
            return fmt::format("the header names {}", survey.header.file_id);
        if (survey.header.count != file.lines || survey.header.total != file.total)
            return fmt::format("the file has {} lines and {} fen, the list says {} and {}",
                               survey.header.count, survey.header.total.fen(), file.lines, file.total.fen());
        return std::nullopt;
    }

    /// True when the service has our acceptance.
    GoOn give_receipt(const Listed& file, const std::optional<std::string>& fault) {
        side_.tell("receipt", file.file_id);
        const std::string text = app::Exchange::receipt_text(file.file_id, file.sha256, !fault,
                                                             fault ? as_reason(*fault) : std::string{});
        auto cms = kept_receipt(file, text);
        if (!cms) {
            cms = side_.signer->sign_attached(text);
            if (auto kept = keep(side_.receipt_path(file), *cms); !kept) return std::unexpected{kept.error()};
        }
        const std::string path = "/v1/bank/receipts/" + file.file_id;
        const auto reply = side_.call("POST", path, *cms);
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status != 204 && reply->status != 200) return side_.problem(path, text_of(*reply));
        if (!fault) return side_.counted(side_.report.receipts);
        ++side_.report.refusals;
        return side_.wish.refuse_files ? GoOn{false}
                                       : side_.problem(file.file_id, "refused: " + as_reason(*fault));
    }

    /// The receipt signed by an earlier call, when it says the same.
    std::optional<std::string> kept_receipt(const Listed& file, const std::string& text) {
        if (!side_.has_left(file.file_id)) return std::nullopt;
        const auto cms = bytes_in(side_.receipt_path(file));
        if (!cms) return std::nullopt;
        const auto said = side_.verifier->verify_attached(*cms);
        if (!said || said->text != text || said->signer != side_.signer->signer()) return std::nullopt;
        return *cms;
    }

    BankSide& side_;
    BankFetching fetching_;
    BankAnswering answering_;
    BankStating stating_;
    std::map<std::int64_t, std::unique_ptr<Surveyed>> arrived_;  ///< by number: came in an archive
    std::vector<Held> held_;  ///< read and found good, to be receipted and answered together
    std::int64_t lines_held_ = 0;
};

Result<ScriptedAnswers> read_script(const fs::path& file) {
    if (file.empty()) return ScriptedAnswers{};
    std::error_code error;
    if (fs::file_size(file, error) > script_bytes_max || error)
        return refuse(error ? Fault::missing : Fault::out_of_range,
                      "is no script of answers of at most 256 MiB", file.string());
    const auto csv = bytes_in(file);
    if (!csv) return std::unexpected{csv.error()};
    Faults faults;
    ScriptedAnswers answers = read_scripted_answers(*csv, file.filename().string(), faults);
    if (faults.empty()) return answers;
    std::string text = fmt::format("{} faults", faults.size());
    for (const Failure& fault : faults) text += "\n" + fault.message();
    return refuse(Fault::malformed, std::move(text), file.string());
}

}  // namespace

Result<BankReport> act_as_bank(const BankWish& wish,
                               const std::function<void(const BankProgress&)>& on_progress) {
    auto script = read_script(wish.answers);
    if (!script) return std::unexpected{script.error()};
    // Said in a layout that cannot say so, it would contradict what was paid.
    if (wish.profile.answer.form != bankfile::Form::ykt_text)
        for (const auto& [payment, story] : *script)
            if (std::ranges::find(story, true, &Answer::corrects) != story.end())
                return refuse(
                    Fault::mismatch,
                    fmt::format("payment {} is «corrected»: only return files of the canonical layout say "
                                "what they correct",
                                payment),
                    wish.answers.string());
    auto answers = BankAnswers::create({.seed = wish.seed,
                                        .fail_permille = wish.fail_permille,
                                        .in_progress_permille = wish.in_progress_permille,
                                        .silent_permille = wish.silent_permille,
                                        .late_permille = wish.late_permille,
                                        .contradict_permille = wish.contradict_permille,
                                        .unstated_permille = wish.unstated_permille,
                                        .every_reason = wish.every_reason},
                                       std::move(*script));
    if (!answers) return std::unexpected{answers.error()};
    auto signer = seal::create_file_signer(wish.certificate, wish.key);
    if (!signer) return std::unexpected{signer.error()};
    std::unique_ptr<app::FileSigner> national_signer;
    if (wish.profile.signature == bankfile::SignatureKind::sm2) {
        auto made = seal::create_national_signer(wish.national_certificate, wish.national_key);
        if (!made) return std::unexpected{made.error()};
        national_signer = std::move(*made);
    }
    auto verifier = create_verifier(wish.authorities, wish.national_authorities, wish.now);
    if (!verifier) return std::unexpected{verifier.error()};
    auto client = net::create_client(
        {.url = wish.url, .certificate = wish.certificate, .key = wish.key, .authorities = wish.authorities});
    if (!client) return std::unexpected{client.error()};
    for (const char* folder : {"files", "receipts", "returns", "statements"}) {
        std::error_code error;
        fs::create_directories(wish.folder / folder, error);
        if (error)
            return refuse(Fault::missing, "cannot be made: " + error.message(),
                          (wish.folder / folder).string());
    }
    auto left = look_around(wish.folder);
    if (!left) return std::unexpected{left.error()};
    BankSide side{.wish = wish,
                  .on_progress = on_progress,
                  .answers = std::move(*answers),
                  .client = std::move(*client),
                  .signer = std::move(*signer),
                  .national_signer = std::move(national_signer),
                  .verifier = std::move(*verifier),
                  .left_from_before = std::move(*left)};
    if (wish.does == BankDoes::name_checks) {
        if (auto checked = answer_name_checks(side); !checked) return std::unexpected{checked.error()};
        return std::move(side.report);
    }
    return Bank{side}.act();
}

}  // namespace onecard::cli
