#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "bank.hpp"
#include "bank_answers.hpp"
#include "bank_returns.hpp"
#include "onecard/app/sealing.hpp"
#include "onecard/net/http.hpp"
#include "onecard/seal/hashes.hpp"
#include "part_file.hpp"

/// What the parts of the bank of our own share: its keys, its folder, its line to the service, and what it has done.
namespace onecard::cli {

/// As many rows has a full page of a list of the service.
constexpr std::size_t list_page = 1000;

/// One row of the service's list of files.
struct Listed {
    std::int64_t seq = 0;
    std::string file_id;
    std::int64_t lines = 0;
    Money total;
    Digest sha256;
    std::uint64_t bytes = 0;
    std::string receipt;
};

/// One object of an answer, by its members.
class Row {
public:
    explicit Row(const std::map<std::string, std::string>& row) : row_{row} {}
    std::string text(const std::string& key) const;
    std::optional<std::int64_t> number(const std::string& key) const;

private:
    const std::map<std::string, std::string>& row_;
};

/// Whether to go on with this file; false when that was a problem, which is then in the report.
using GoOn = Result<bool>;

/// What a refusing answer says, for people.
std::string text_of(const net::Reply& reply);
/// On one line, without control characters, cut at a character's boundary.
std::string as_reason(std::string text);

/// Of which files there is something in the folder of a bank. Errors: missing (it cannot be looked at: what was signed
/// and sent must not be made anew).
Result<std::set<std::string>> look_around(const std::filesystem::path& folder);

class BankSide {
public:
    using Path = std::filesystem::path;

    const BankWish& wish;
    const std::function<void(const BankProgress&)>& on_progress;
    BankAnswers answers;
    std::unique_ptr<net::Client> client;
    std::unique_ptr<app::FileSigner> signer;
    std::unique_ptr<app::FileSigner> national_signer;  ///< null where the profile does not ask for it
    std::unique_ptr<app::SignatureVerifier> verifier;
    std::set<std::string> left_from_before;  ///< of which files an earlier call left something
    FileHashes hashes{seal::sha256(), seal::sm3()};
    BankProgress progress;
    BankReport report;

    // --- where things lie ---
    /// What no earlier call left need not be looked for.
    bool has_left(const std::string& file_id) const { return left_from_before.contains(file_id); }
    Path batch_path(const Listed& file) const { return wish.folder / "files" / (file.file_id + ".txt"); }
    static Path signature_path(const Path& file);
    Path receipt_path(const Listed& file) const;
    Path return_path(const std::string& name) const { return wish.folder / "returns" / name; }
    /// The service's signed receipt for a return file.
    Path service_receipt_path(const std::string& name) const { return return_path(name + ".receipt.p7s"); }
    /// Our note that a return file has its final result, so that it need not be asked for again.
    Path result_path(const std::string& name) const { return return_path(name + ".result"); }

    // --- what the service is asked for: the names that this bank has agreed on ---
    std::string remote_batch(const Listed& file) const;
    std::string remote_return(const std::string& name) const;
    std::string return_name_there(const std::string& name) const;

    // --- talking ---
    void tell(std::string_view step, std::string_view file_id);
    void note(std::string_view place, std::string_view text);
    GoOn problem(std::string_view place, std::string_view text);
    static GoOn counted(std::int64_t& figure) {
        ++figure;
        return true;
    }
    /// Every call of the exchange may be repeated, so a service that is busy or starts anew is asked again.
    template <class Ask>
    Result<net::Reply> patiently(const Ask& ask);
    Result<net::Reply> call(std::string_view method, const std::string& path, std::string_view body = {});

    // --- signing ---
    /// Of return files.
    app::FileSigner& return_signer() { return national_signer != nullptr ? *national_signer : *signer; }

private:
    static constexpr int tries_max = 4;
    static constexpr std::chrono::milliseconds first_pause{200};
};

template <class Ask>
Result<net::Reply> BankSide::patiently(const Ask& ask) {
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

}  // namespace onecard::cli
