#include "bank.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "bank_answers.hpp"
#include "bank_returns.hpp"
#include "desk.hpp"
#include "onecard/app/exchange.hpp"
#include "onecard/app/sealing.hpp"
#include "onecard/bankfile/name_check.hpp"
#include "onecard/net/http.hpp"
#include "onecard/net/json.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"

namespace onecard::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t list_page = 1000;
constexpr int tries_max = 4;
constexpr std::chrono::milliseconds first_pause{200};
constexpr int round_max = 999;
/// Of the reason in a refusal; the service takes no more.
constexpr std::size_t why_bytes_max = 500;
constexpr std::size_t script_bytes_max = 256UL * 1024 * 1024;
constexpr std::string_view cms_type = "application/cms";

/// One row of the service's list.
struct Listed {
    std::int64_t seq = 0;
    std::string file_id;
    std::int64_t lines = 0;
    Money total;
    Digest sha256;
    std::uint64_t bytes = 0;
    std::string receipt;
};

/// It becomes a name in our folder.
bool is_file_id(std::string_view text) {
    return text.size() >= 19 && text.size() <= 22 && text.starts_with("YKT") &&
           std::ranges::all_of(text.substr(3), [](char c) { return c >= '0' && c <= '9'; });
}

class Row {
public:
    explicit Row(const std::map<std::string, std::string>& row) : row_{row} {}
    std::string text(const std::string& key) const {
        const auto found = row_.find(key);
        return found == row_.end() ? std::string{} : found->second;
    }
    std::optional<std::int64_t> number(const std::string& key) const {
        const std::string digits = text(key);
        std::int64_t number = 0;
        const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (error != std::errc{} || stop != digits.data() + digits.size() || digits.empty())
            return std::nullopt;
        return number;
    }

private:
    const std::map<std::string, std::string>& row_;
};

Result<Listed> read_listed(const std::map<std::string, std::string>& json) {
    const Row row{json};
    const auto seq = row.number("seq"), lines = row.number("lines"), total = row.number("total_fen"),
               bytes = row.number("bytes");
    const auto sha256 = Digest::parse_hex(row.text("sha256"));
    Listed listed{.file_id = row.text("file_id"), .receipt = row.text("receipt")};
    const bool is_known =
        listed.receipt == "none" || listed.receipt == "accepted" || listed.receipt == "refused";
    if (!seq || !lines || !total || !bytes || *bytes < 0 || !sha256 || !is_known ||
        !is_file_id(listed.file_id))
        return refuse(Fault::malformed,
                      fmt::format("a row that this bank does not understand: seq «{}», file «{}»",
                                  row.text("seq"), listed.file_id),
                      "/v1/bank/files");
    listed.seq = *seq;
    listed.lines = *lines;
    listed.total = Money::of_fen(*total);
    listed.sha256 = *sha256;
    listed.bytes = static_cast<std::uint64_t>(*bytes);
    return listed;
}

/// What a refusing answer says, for people.
std::string text_of(const net::Reply& reply) {
    const auto problem = net::parse_flat_json(reply.body);
    if (!problem) return fmt::format("the service answers {}", reply.status);
    const Row row{*problem};
    std::string text = fmt::format("the service answers {}", reply.status);
    for (const char* key : {"code", "place", "detail"})
        if (const std::string part = row.text(key); !part.empty()) text += fmt::format(": {}", part);
    return text;
}

/// On one line, without control characters, cut at a character's boundary.
std::string as_reason(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    if (text.size() > why_bytes_max) {
        std::size_t end = why_bytes_max;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        text.resize(end);
    }
    return text;
}

Result<std::string> bytes_in(const fs::path& file) {
    std::string bytes;
    auto read = read_pieces(file, [&](std::string_view piece) { bytes += piece; });
    if (!read) return std::unexpected{read.error()};
    return bytes;
}

/// Under its name there is the whole file or none.
Result<void> keep(const fs::path& file, std::string_view bytes) {
    fs::path part = file;
    part += ".part";
    std::error_code error;
    {
        std::ofstream out{part, std::ios::binary | std::ios::trunc};
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        out.close();
        if (out) fs::rename(part, file, error);
        if (out && !error) return {};
    }
    return refuse(Fault::missing, "cannot be written", file.string());
}

class Bank {
public:
    Bank(const BankWish& wish, const std::function<void(const BankProgress&)>& on_progress,
         BankAnswers answers, std::unique_ptr<net::Client> client, std::unique_ptr<app::FileSigner> signer,
         std::unique_ptr<app::FileSigner> national_signer, std::unique_ptr<app::SignatureVerifier> verifier)
        : wish_{wish},
          on_progress_{on_progress},
          answers_{std::move(answers)},
          client_{std::move(client)},
          signer_{std::move(signer)},
          national_signer_{std::move(national_signer)},
          verifier_{std::move(verifier)} {}

    Result<BankReport> act() {
        if (wish_.does == BankDoes::name_checks) {
            if (auto checked = check_names(); !checked) return std::unexpected{checked.error()};
            return std::move(report_);
        }
        const auto listed = list();
        if (!listed) return std::unexpected{listed.error()};
        progress_.files_total = static_cast<std::int64_t>(listed->size());
        look_around();
        for (const Listed& file : *listed) {
            const auto served = serve(file);
            if (!served) return std::unexpected{served.error()};
            tell("done", file.file_id);
            ++progress_.files_done;
        }
        if (wish_.wait_posted)
            if (auto waited = wait_until_posted(); !waited) return std::unexpected{waited.error()};
        report_.returns_waiting = static_cast<std::int64_t>(waiting_.size());
        return std::move(report_);
    }

private:
    /// Whether to go on with this file; false when that was a problem, which is then in the report.
    using GoOn = Result<bool>;

    /// A return file that was delivered, until the service says what became of it.
    struct Waiting {
        std::string name;
        Digest batch;
        std::int64_t number = 0;  ///< the service's
    };
    /// What the service says of a return file; `known` is false when it never had it.
    struct ReturnState {
        bool known = false;
        std::int64_t number = 0;
        std::string state, reason;
    };

    // --- where things lie ---------------------------------------------------------------------------------------

    fs::path batch_path(const Listed& file) const { return wish_.folder / "files" / (file.file_id + ".txt"); }
    static fs::path signature_path(const fs::path& file) {
        fs::path signature = file;
        return signature += ".p7s";
    }
    fs::path receipt_path(const Listed& file) const {
        return wish_.folder / "receipts" / (file.file_id + ".receipt.p7s");
    }
    fs::path return_path(const std::string& name) const { return wish_.folder / "returns" / name; }
    /// The service's signed receipt for a return file.
    fs::path service_receipt_path(const std::string& name) const {
        return wish_.folder / "returns" / (name + ".receipt.p7s");
    }
    /// Our note that a return file has its final result, so that it need not be asked for again.
    fs::path result_path(const std::string& name) const {
        return wish_.folder / "returns" / (name + ".result");
    }
    static std::string return_name(const Listed& file, int round) {
        return round == 1 ? file.file_id + ".ret" : fmt::format("{}.{}.ret", file.file_id, round);
    }

    /// What the service is asked for: the names that this bank has agreed on.
    std::string remote_batch(const Listed& file) const {
        return "/v1/bank/files/" + wish_.profile.name_of_batch(file.file_id, wish_.bank_code);
    }
    std::string remote_return(const std::string& name) const {
        const auto ours = bankfile::canonical_profile().return_in(name, {});
        ensure(ours.has_value(), "a return file of ours with a name that is none");
        return "/v1/bank/returns/" +
               wish_.profile.name_of_return(ours->file_id, wish_.bank_code, ours->round);
    }
    /// The number of a return file, for banks that have agreed to number theirs. Once given it stays.
    Result<std::string> number_of(const std::string& name) {
        const fs::path path = wish_.folder / "returns" / (name + ".seq");
        std::error_code error;
        if (fs::exists(path, error)) return bytes_in(path);
        const auto reply = call("GET", "/v1/bank/sequence");
        if (!reply) return std::unexpected{reply.error()};
        const auto next = net::parse_flat_json(reply->body);
        if (!next || !next->contains("next"))
            return refuse(Fault::malformed, text_of(*reply), "/v1/bank/sequence");
        if (auto kept = keep(path, next->at("next")); !kept) return std::unexpected{kept.error()};
        return next->at("next");
    }

    // --- talking ------------------------------------------------------------------------------------------------

    void tell(std::string_view step, std::string_view file_id) {
        progress_.step = step;
        progress_.file_id = file_id;
        if (on_progress_) on_progress_(progress_);
    }

    void note(std::string_view place, std::string_view text) {
        report_.problems.push_back(fmt::format("{}: {}", place, text));
    }
    GoOn problem(std::string_view place, std::string_view text) {
        note(place, text);
        return false;
    }
    static GoOn counted(std::int64_t& figure) {
        ++figure;
        return true;
    }

    /// Every call of the exchange may be repeated, so a service that is busy or starts anew is asked again.
    template <class Ask>
    Result<net::Reply> patiently(const Ask& ask) {
        auto pause = first_pause;
        for (int tries = 1;; ++tries) {
            Result<net::Reply> reply = ask();
            const bool is_unwell =
                reply ? reply->status == 429 || reply->status == 503 : reply.error().fault == Fault::missing;
            if (!is_unwell || tries == tries_max) return reply;
            std::this_thread::sleep_for(pause);
            pause *= 3;
        }
    }
    Result<net::Reply> call(std::string_view method, const std::string& path, std::string_view body = {}) {
        std::map<std::string, std::string> headers{{"accept", "application/json"}};
        if (!body.empty()) headers["content-type"] = cms_type;
        return patiently([&] { return client_->call(method, path, body, headers); });
    }

    // --- the list -----------------------------------------------------------------------------------------------

    Result<std::vector<Listed>> list() {
        std::vector<Listed> files;
        std::int64_t after = 0;
        while (true) {
            const auto reply = call("GET", fmt::format("/v1/bank/files?after={}", after));
            if (!reply) return std::unexpected{reply.error()};
            if (reply->status != 200)
                return refuse(
                    reply->status == 401 || reply->status == 403 ? Fault::forbidden : Fault::malformed,
                    text_of(*reply), wish_.url + "/v1/bank/files");
            const auto rows = net::parse_json_table(reply->body, "files");
            if (!rows) return std::unexpected{rows.error()};
            for (const auto& row : *rows) {
                auto listed = read_listed(row);
                if (!listed) return std::unexpected{listed.error()};
                // What stands behind a gap may depend on what is missing in it.
                if (listed->seq != after + 1) {
                    note(
                        "/v1/bank/files",
                        fmt::format("after file number {} comes {}: a gap; {} and what follows is left alone",
                                    after, listed->seq, listed->file_id));
                    return files;
                }
                after = listed->seq;
                files.push_back(std::move(*listed));
            }
            if (rows->size() < list_page) return files;
        }
    }

    // --- one file -----------------------------------------------------------------------------------------------

    GoOn serve(const Listed& file) {
        const bool has_receipt = file.receipt == "accepted";
        if (file.receipt == "refused") return counted(report_.done_before);
        const bool answers_only = wish_.does == BankDoes::returns_only || wish_.does == BankDoes::open_lines;
        if (!has_receipt && answers_only) return true;
        if (has_receipt && (wish_.does == BankDoes::receipts_only || wish_.refuse_files))
            return counted(report_.done_before);
        if (has_receipt && wish_.does != BankDoes::open_lines && has_result(file, 1))
            return counted(report_.done_before);

        auto held = hold(file);
        if (!held || !*held) return held;
        ++report_.files;
        if (wish_.does == BankDoes::open_lines) return answer_open_lines(file);

        const ReturnPlan plan = plan_for(1);
        const auto survey = survey_batch(batch_path(file), plan, hashes_);
        if (!survey) return std::unexpected{survey.error()};
        if (!has_receipt) {
            auto accepted = give_receipt(file, fault_of(file, *survey));
            if (!accepted || !*accepted) return accepted;
        }
        if (wish_.does == BankDoes::receipts_only) return true;
        return answer(file, *survey, plan, has_receipt);
    }

    ReturnPlan plan_for(int round) const {
        return {.answers = answers_,
                .round = round,
                .answered = {},
                .value_day = wish_.value_day,
                .made_at = wish_.now,
                .profile = &wish_.profile};
    }

    /// Has the batch file and its signature here, as listed and rightly signed by the service.
    GoOn hold(const Listed& file) {
        const fs::path batch = batch_path(file);
        const fs::path signature = signature_path(batch);
        std::error_code error;
        if (fs::exists(batch, error)) {
            const auto here = digest_of(batch);
            if (!here) return std::unexpected{here.error()};
            if (*here != file.sha256) {
                // Another installation's file of this name, or altered here: what was made from it must not be sent.
                note(batch.string(),
                     "is not the file that the service lists; it is set aside and fetched anew");
                if (auto moved = set_aside(file, here->hex()); !moved) return std::unexpected{moved.error()};
            }
        } else if (left_from_before_.contains(file.file_id)) {
            if (auto moved = set_aside(file, "unknown"); !moved) return std::unexpected{moved.error()};
        }
        if (!fs::exists(batch, error)) {
            tell("fetch", file.file_id);
            const std::string path = remote_batch(file);
            const auto reply = patiently([&] { return client_->fetch_file(path, batch); });
            if (!reply) return std::unexpected{reply.error()};
            if (reply->status != 200) return problem(path, text_of(*reply));
            const auto fetched = digest_of(batch);
            if (!fetched) return std::unexpected{fetched.error()};
            if (*fetched != file.sha256) {
                fs::remove(batch, error);
                return problem(path, fmt::format("the digest is {}, the list says {}", fetched->hex(),
                                                 file.sha256.hex()));
            }
        }
        if (!fs::exists(signature, error)) {
            const std::string path = remote_batch(file) + ".p7s";
            const auto reply = patiently([&] { return client_->fetch_file(path, signature); });
            if (!reply) return std::unexpected{reply.error()};
            if (reply->status != 200) return problem(path, text_of(*reply));
        }
        const auto cms = bytes_in(signature);
        if (!cms) return std::unexpected{cms.error()};
        const auto signer = verifier_->verify_file(batch, *cms);
        if (signer && signer->name == wish_.service_name) return true;
        // The next call fetches it again: the file of ours may be what is wrong.
        fs::remove(signature, error);
        return problem(signature.string(), signer ? fmt::format("is signed by «{}», not by «{}»",
                                                                signer->name, wish_.service_name)
                                                  : signer.error().text);
    }

    app::FileSigner& return_signer() { return national_signer_ != nullptr ? *national_signer_ : *signer_; }

    Result<Digest> digest_of(const fs::path& file) const {
        const auto sha256 = hashes_.sha256.stream();
        auto read = read_pieces(file, [&](std::string_view bytes) { sha256->update(bytes_of(bytes)); });
        if (!read) return std::unexpected{read.error()};
        return sha256->finish();
    }

    /// Which files an earlier call left something of.
    void look_around() {
        std::error_code error;
        for (const char* folder : {"files", "receipts", "returns"})
            for (const auto& entry : fs::directory_iterator{wish_.folder / folder, error}) {
                const std::string name = entry.path().filename().string();
                left_from_before_.insert(name.substr(0, name.find('.')));
            }
    }

    /// Moves everything about a file out of the way; nothing that was ever signed or sent is deleted.
    Result<void> set_aside(const Listed& file, std::string_view digest) {
        std::vector<fs::path> paths;
        std::error_code error;
        for (const char* folder : {"files", "receipts", "returns"})
            for (const auto& entry : fs::directory_iterator{wish_.folder / folder, error})
                if (entry.path().filename().string().starts_with(file.file_id + "."))
                    paths.push_back(entry.path());
        if (paths.empty()) return {};
        // Numbered, because the same may have to be set aside more than once.
        fs::path target = wish_.folder / "set-aside" / digest.substr(0, 16);
        for (int n = 2; fs::exists(target / paths.front().filename(), error); ++n)
            target = wish_.folder / "set-aside" / fmt::format("{}.{}", digest.substr(0, 16), n);
        fs::create_directories(target, error);
        for (const fs::path& path : paths) {
            fs::rename(path, target / path.filename(), error);
            if (error)
                return refuse(Fault::missing, "cannot be set aside: " + error.message(), path.string());
        }
        return {};
    }

    // --- names before the first payment -----------------------------------------------------------------------------

    /// Answers every question that waits: the seed says of whom the name differs.
    Result<void> check_names() {
        const auto reply = call("GET", "/v1/bank/name-checks");
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status != 200) return refuse(Fault::malformed, text_of(*reply), "/v1/bank/name-checks");
        const auto rows = net::parse_json_table(reply->body, "checks");
        if (!rows) return std::unexpected{rows.error()};
        for (const auto& cells : *rows) {
            const Row row{cells};
            if (row.text("state") != "waiting") continue;
            if (auto answered = check_names_of(row.text("file_id"), row.text("sha256")); !answered)
                return std::unexpected{answered.error()};
        }
        return {};
    }

    Result<void> check_names_of(const std::string& file_id, const std::string& sha256) {
        const std::string path = "/v1/bank/name-checks/" + file_id;
        const auto file = call("GET", path + ".txt");
        if (!file) return std::unexpected{file.error()};
        const auto signature = call("GET", path + ".txt.p7s");
        if (!signature) return std::unexpected{signature.error()};
        if (file->status != 200 || signature->status != 200)
            return refuse(Fault::malformed, text_of(file->status != 200 ? *file : *signature), path);
        const auto signer = verifier_->verify(file->body, signature->body);
        if (!signer || signer->name != wish_.service_name ||
            hashes_.sha256.hash(bytes_of(file->body)).hex() != sha256) {
            note(file_id, "is not signed by the service, or is not what it listed");
            return {};
        }
        const auto check = bankfile::read_name_check(file->body, file_id, hashes_.sm3);
        if (!check) {
            note(file_id, check.error().message());
            return {};
        }
        bankfile::NameAnswers answers{check->file_id, check->bank_code, wish_.now, {}};
        for (const bankfile::NameQuestion& question : check->lines) {
            const Answer answer = answers_.answer_to(question.payee);
            answers.lines.push_back(
                {question.payee, question.account,
                 answer.kind == AnswerKind::silent ? bankfile::Reason::in_progress : answer.reason});
        }
        const auto text = bankfile::write_name_answers(answers, hashes_.sm3);
        if (!text) return std::unexpected{text.error()};
        const auto taken = call("POST", "/v1/bank/name-answers/" + file_id, signer_->sign_attached(*text));
        if (!taken) return std::unexpected{taken.error()};
        if (taken->status != 200)
            note(file_id, text_of(*taken));
        else
            report_.names += static_cast<std::int64_t>(check->lines.size());
        return {};
    }

    // --- receipts -----------------------------------------------------------------------------------------------

    /// Why the file is refused; nothing when it is good.
    std::optional<std::string> fault_of(const Listed& file, const BatchSurvey& survey) const {
        if (wish_.refuse_files) return "RJCT the bank refuses files for now";
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
        tell("receipt", file.file_id);
        const std::string text = app::Exchange::receipt_text(file.file_id, file.sha256, !fault,
                                                             fault ? as_reason(*fault) : std::string{});
        auto cms = kept_receipt(file, text);
        if (!cms) {
            cms = signer_->sign_attached(text);
            if (auto kept = keep(receipt_path(file), *cms); !kept) return std::unexpected{kept.error()};
        }
        const std::string path = "/v1/bank/receipts/" + file.file_id;
        const auto reply = call("POST", path, *cms);
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status != 204 && reply->status != 200) return problem(path, text_of(*reply));
        if (!fault) return counted(report_.receipts);
        ++report_.refusals;
        return wish_.refuse_files ? GoOn{false} : problem(file.file_id, "refused: " + as_reason(*fault));
    }

    /// The receipt signed by an earlier call, when it says the same.
    std::optional<std::string> kept_receipt(const Listed& file, const std::string& text) {
        std::error_code error;
        if (!fs::exists(receipt_path(file), error)) return std::nullopt;
        const auto cms = bytes_in(receipt_path(file));
        if (!cms) return std::nullopt;
        const auto said = verifier_->verify_attached(*cms);
        if (!said || said->text != text || said->signer != signer_->signer()) return std::nullopt;
        return *cms;
    }

    // --- return files -------------------------------------------------------------------------------------------

    /// Brings the return file of one round to the service, made anew or as an earlier call left it.
    GoOn answer(const Listed& file, const BatchSurvey& survey, const ReturnPlan& plan, bool may_be_known) {
        const std::string name = return_name(file, plan.round);
        // The service's word comes first: our folder may have been lost since. Before its receipt no batch is answered.
        if (may_be_known) {
            const auto state = state_of(name);
            if (!state) return std::unexpected{state.error()};
            if (state->known) return take_state({name, file.sha256, state->number}, *state);
        }
        tell("return", file.file_id);
        if (!survey.faults.empty())
            return problem(file.file_id, "has faults, though it was accepted: no return file is made");

        const fs::path path = return_path(name);
        std::error_code error;
        const bool is_new = !fs::exists(path, error);
        if (is_new) {
            if (survey.totals.lines() == 0) {
                report_.silent += survey.totals.silent;
                return true;
            }
            // A signature whose file is gone would be over other bytes.
            fs::remove(signature_path(path), error);
            if (auto written = write_return(batch_path(file), survey, path, plan, hashes_); !written)
                return std::unexpected{written.error()};
        }
        const auto signature = is_new ? sign_new_return(path, survey.totals) : sign_return(path);
        if (!signature) return std::unexpected{signature.error()};
        return deliver(file, name, *signature);
    }

    struct SignedReturn {
        Digest sha256;
        std::string cms;
        ReturnTotals totals;
    };

    /// Of a return file that was written a moment ago.
    Result<SignedReturn> sign_new_return(const fs::path& path, const ReturnTotals& totals) {
        SignedReturn made{.sha256 = {}, .cms = {}, .totals = totals};
        const auto sha256 = hashes_.sha256.stream();
        const auto signing = return_signer().begin();
        auto read = read_pieces(path, [&](std::string_view bytes) {
            sha256->update(bytes_of(bytes));
            signing->update(bytes_of(bytes));
        });
        if (!read) return std::unexpected{read.error()};
        made.sha256 = sha256->finish();
        made.cms = signing->finish();
        if (auto kept = keep(signature_path(path), made.cms); !kept) return std::unexpected{kept.error()};
        return made;
    }

    /// Digest, signature and figures of a return file that is here; an earlier signature is kept.
    Result<SignedReturn> sign_return(const fs::path& path) {
        SignedReturn signed_return;
        std::error_code error;
        bool has_signature = fs::exists(signature_path(path), error);
        if (has_signature) {
            auto cms = bytes_in(signature_path(path));
            if (!cms) return std::unexpected{cms.error()};
            // By a certificate that was since replaced, or over other bytes, it would be refused for ever.
            const auto signer = verifier_->verify_file(path, *cms);
            has_signature = signer && *signer == return_signer().signer();
            signed_return.cms = std::move(*cms);
        }
        const auto sha256 = hashes_.sha256.stream();
        const auto sm3 = hashes_.sm3.stream();
        const auto signing = return_signer().begin();
        const auto reader = bankfile::read_return(wish_.profile, path.filename().string(), *sm3, {});
        auto read = read_pieces(path, [&](std::string_view bytes) {
            sha256->update(bytes_of(bytes));
            if (!has_signature) signing->update(bytes_of(bytes));
            reader->feed(bytes);
        });
        if (!read) return std::unexpected{read.error()};
        reader->finish();
        if (!reader->faults().empty()) {
            const Failure& fault = reader->faults().front();
            return refuse(
                fault.fault,
                "this return file is damaged, remove it with its .p7s to make it anew: " + fault.message(),
                path.string());
        }
        signed_return.sha256 = sha256->finish();
        const bankfile::ReturnHeader& header = reader->header();
        signed_return.totals.paid = header.paid_count;
        signed_return.totals.failed = header.failed_count;
        signed_return.totals.in_progress = header.count - header.paid_count - header.failed_count;
        if (!has_signature) {
            signed_return.cms = signing->finish();
            if (auto kept = keep(signature_path(path), signed_return.cms); !kept)
                return std::unexpected{kept.error()};
        }
        return signed_return;
    }

    /// The signature goes first, so that the service never holds a return file that it cannot verify.
    Result<net::Reply> put_both(const std::string& name, const std::string& cms) {
        const std::string path = remote_return(name);
        auto signature = call("PUT", path + ".p7s", cms);
        if (!signature || signature->status / 100 != 2) return signature;
        std::map<std::string, std::string> headers{{"accept", std::string{cms_type}},
                                                   {"content-type", "application/octet-stream"}};
        if (wish_.profile.numbers_returns) {
            const auto number = number_of(name);
            if (!number) return std::unexpected{number.error()};
            headers["onecard-sequence"] = *number;
        }
        return patiently([&] { return client_->send_file("PUT", path, return_path(name), headers); });
    }

    GoOn deliver(const Listed& file, const std::string& name, const SignedReturn& answer) {
        const std::string place = "/v1/bank/returns/" + name;
        auto reply = put_both(name, answer.cms);
        // When an answer was lost on the way, the service has used up the signature and asks for it again.
        if (reply && reply->status == 409) reply = put_both(name, answer.cms);
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status / 100 != 2) return problem(place, text_of(*reply));

        const auto receipt = verifier_->verify_attached(reply->body);
        if (!receipt) return problem(place, "the service's receipt does not verify: " + receipt.error().text);
        const std::string expected =
            fmt::format("onecard return receipt 1\nfile {}\nsha256 {}\nnumber ", name, answer.sha256.hex());
        if (receipt->signer.name != wish_.service_name || !receipt->text.starts_with(expected))
            return problem(place, fmt::format("the receipt is signed by «{}» and does not say what was sent",
                                              receipt->signer.name));
        if (auto kept = keep(service_receipt_path(name), reply->body); !kept)
            return std::unexpected{kept.error()};

        ++report_.returns;
        report_.lines += answer.totals.lines();
        report_.paid += answer.totals.paid;
        report_.failed += answer.totals.failed;
        report_.in_progress += answer.totals.in_progress;
        report_.silent += std::max<std::int64_t>(0, file.lines - answer.totals.lines());
        // The service posts it later, on its own; nobody is asked about it before there is a need to know.
        waiting_.push_back({name, file.sha256, number_in(receipt->text.substr(expected.size()))});
        return true;
    }

    static Result<ReturnState> read_state(const Row& row, const std::string& place) {
        ReturnState state{true, row.number("number").value_or(0), row.text("state"), row.text("reason")};
        if (state.state != "waiting" && state.state != "posted" && state.state != "refused")
            return refuse(Fault::malformed, fmt::format("«{}» is no state of a return file", state.state),
                          place);
        return state;
    }

    /// Of a receipt's last line; 0 when it is none.
    static std::int64_t number_in(std::string_view digits) {
        std::int64_t number = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
        return number;
    }

    Result<ReturnState> state_of(const std::string& name) {
        const std::string path = remote_return(name);
        const auto reply = call("GET", path);
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status == 404) return ReturnState{};
        if (reply->status != 200) return refuse(Fault::malformed, text_of(*reply), path);
        const auto answer = net::parse_flat_json(reply->body);
        if (!answer) return std::unexpected{answer.error()};
        return read_state(Row{*answer}, path);
    }

    /// Of every return file that waits, asked page by page from the first of them.
    Result<std::map<std::string, ReturnState>> states_of_all() {
        std::map<std::string, ReturnState> states;
        std::int64_t after = std::ranges::min(waiting_, {}, &Waiting::number).number - 1;
        while (true) {
            const std::string path =
                fmt::format("/v1/bank/returns?after={}", std::max<std::int64_t>(0, after));
            const auto reply = call("GET", path);
            if (!reply) return std::unexpected{reply.error()};
            if (reply->status != 200) return refuse(Fault::malformed, text_of(*reply), path);
            const auto rows = net::parse_json_table(reply->body, "returns");
            if (!rows) return std::unexpected{rows.error()};
            for (const auto& cells : *rows) {
                const Row row{cells};
                const auto state = read_state(row, path);
                if (!state) return std::unexpected{state.error()};
                states.insert_or_assign(row.text("name"), *state);
                after = state->number;
            }
            if (rows->size() < list_page) return states;
        }
    }

    /// True when it is posted or waits.
    GoOn take_state(const Waiting& file, const ReturnState& state) {
        if (state.state == "waiting") {
            waiting_.push_back(file);
            return true;
        }
        if (auto kept = keep(result_path(file.name),
                             fmt::format("onecard return result 1\nbatch sha256 {}\nstate {}\n",
                                         file.batch.hex(), state.state));
            !kept)
            return std::unexpected{kept.error()};
        if (state.state == "posted") return counted(report_.returns_posted);
        ++report_.returns_refused;
        return problem(file.name, "refused by the service: " + as_reason(state.reason));
    }

    /// From our own note, for this very batch file.
    bool has_result(const Listed& file, int round) const {
        const fs::path path = result_path(return_name(file, round));
        std::error_code error;
        if (!fs::exists(path, error)) return false;
        const auto note = bytes_in(path);
        return note && note->contains(fmt::format("\nbatch sha256 {}\n", file.sha256.hex()));
    }

    /// A further return file for the lines without a final word, when there is one for any of them now.
    GoOn answer_open_lines(const Listed& file) {
        ReturnPlan plan = plan_for(1);
        std::error_code error;
        for (; plan.round <= round_max; ++plan.round) {
            const std::string name = return_name(file, plan.round);
            const auto state = state_of(name);
            if (!state) return std::unexpected{state.error()};
            if (!state->known) break;
            if (state->state == "waiting") {
                waiting_.push_back({name, file.sha256, state->number});
                return problem(name, "waits to be posted: what it leaves open is not known yet");
            }
            if (state->state == "refused") continue;
            if (!fs::exists(return_path(name), error))
                return problem(name,
                               "was posted, but is no longer in this folder: its open lines are not known");
            // Who contradicts says of answered lines what was not said before.
            if (wish_.contradict_permille > 0) continue;
            if (auto marked = mark_answered(return_path(name), plan.answered, hashes_, wish_.profile);
                !marked)
                return problem(name, marked.error().message());
        }
        // The first return file is the business of the other ways to call.
        if (plan.round == 1 || plan.round > round_max) return true;
        const auto survey = survey_batch(batch_path(file), plan, hashes_);
        if (!survey) return std::unexpected{survey.error()};
        if (!fs::exists(return_path(return_name(file, plan.round)), error) &&
            survey->totals.paid + survey->totals.failed == 0)
            return true;
        return answer(file, *survey, plan, true);
    }

    Result<void> wait_until_posted() {
        using Clock = std::chrono::steady_clock;
        const std::chrono::seconds patience{wish_.wait_seconds_max};
        auto until = Clock::now() + patience;
        std::chrono::milliseconds pause{50};
        while (!waiting_.empty()) {
            tell("wait", waiting_.front().name);
            const auto states = states_of_all();
            if (!states) return std::unexpected{states.error()};
            std::vector<Waiting> still;
            for (Waiting& file : std::exchange(waiting_, {})) {
                const auto state = states->find(file.name);
                if (state == states->end()) {
                    note(file.name, "the service no longer knows it");
                    continue;
                }
                if (state->second.state == "waiting") {
                    still.push_back(std::move(file));
                    continue;
                }
                if (const auto taken = take_state(file, state->second); !taken)
                    return std::unexpected{taken.error()};
                until = Clock::now() + patience;
            }
            waiting_ = std::move(still);
            if (waiting_.empty()) break;
            if (Clock::now() > until) {
                note(waiting_.front().name,
                     fmt::format("{} return files still wait after {} s", waiting_.size(), patience.count()));
                break;
            }
            std::this_thread::sleep_for(pause);
            pause = std::min(pause * 2, std::chrono::milliseconds{1000});
        }
        return {};
    }

    const BankWish& wish_;
    const std::function<void(const BankProgress&)>& on_progress_;
    BankAnswers answers_;
    std::unique_ptr<net::Client> client_;
    std::unique_ptr<app::FileSigner> signer_;
    std::unique_ptr<app::FileSigner> national_signer_;  ///< null where the profile does not ask for it
    std::unique_ptr<app::SignatureVerifier> verifier_;
    FileHashes hashes_{seal::sha256(), seal::sm3()};
    BankProgress progress_;
    BankReport report_;
    std::vector<Waiting> waiting_;
    std::set<std::string> left_from_before_;
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
    auto answers = BankAnswers::create({wish.seed, wish.fail_permille, wish.in_progress_permille,
                                        wish.contradict_permille, wish.every_reason},
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
    for (const char* folder : {"files", "receipts", "returns"}) {
        std::error_code error;
        fs::create_directories(wish.folder / folder, error);
        if (error)
            return refuse(Fault::missing, "cannot be made: " + error.message(),
                          (wish.folder / folder).string());
    }
    return Bank{wish,
                on_progress,
                std::move(*answers),
                std::move(*client),
                std::move(*signer),
                std::move(national_signer),
                std::move(*verifier)}
        .act();
}

}  // namespace onecard::cli
