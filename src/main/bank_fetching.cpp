#include "bank_fetching.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "onecard/audit/checkpoint.hpp"
#include "onecard/net/json.hpp"

namespace onecard::cli {

namespace {

namespace fs = std::filesystem;

/// It becomes a name in our folder.
bool is_file_id(std::string_view text) {
    return text.size() >= 19 && text.size() <= 22 && text.starts_with("YKT") &&
           std::ranges::all_of(text.substr(3), [](char c) { return c >= '0' && c <= '9'; });
}

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

}  // namespace

class BankFetching::Passing {
public:
    Passing(const FileHashes& hashes, BatchSurveying* surveying)
        : sha256_{hashes.sha256.stream()}, surveying_{surveying} {}
    /// Anew from the first byte.
    const ByteSink& start() {
        sha256_->finish();
        if (surveying_ != nullptr) surveying_->restart();
        return take_;
    }
    Digest digest() { return sha256_->finish(); }

private:
    std::unique_ptr<StreamHash> sha256_;
    BatchSurveying* surveying_;
    ByteSink take_ = [this](std::string_view bytes) {
        sha256_->update(bytes_of(bytes));
        if (surveying_ != nullptr) surveying_->feed(bytes);
    };
};

Result<std::vector<Listed>> BankFetching::list() {
    std::vector<Listed> files;
    std::int64_t after = 0;
    while (true) {
        const auto reply = side_.call("GET", fmt::format("/v1/bank/files?after={}", after));
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status != 200)
            return refuse(reply->status == 401 || reply->status == 403 ? Fault::forbidden : Fault::malformed,
                          text_of(*reply), side_.wish.url + "/v1/bank/files");
        const auto rows = net::parse_json_table(reply->body, "files");
        if (!rows) return std::unexpected{rows.error()};
        for (const auto& row : *rows) {
            auto listed = read_listed(row);
            if (!listed) return std::unexpected{listed.error()};
            // What stands behind a gap may depend on what is missing in it.
            if (listed->seq != after + 1) {
                side_.note(
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

/// Brings the batch file here, and its signature where that comes along; else `signature` stays as it is.
GoOn BankFetching::fetch(const Listed& file, Passing& passing, std::string& signature) {
    const fs::path batch = side_.batch_path(file);
    side_.tell("fetch", file.file_id);
    const std::string path = side_.remote_batch(file);
    const auto reply =
        side_.patiently([&] { return side_.client->fetch_file(path, batch, passing.start()); });
    if (!reply) return std::unexpected{reply.error()};
    if (reply->status != 200) return side_.problem(path, text_of(*reply));
    if (const Digest fetched = passing.digest(); fetched != file.sha256) {
        std::error_code error;
        fs::remove(batch, error);
        return side_.problem(
            path, fmt::format("the digest is {}, the list says {}", fetched.hex(), file.sha256.hex()));
    }
    if (const auto sent = reply->headers.find("onecard-signature"); sent != reply->headers.end()) {
        auto cms = audit::parse_base64(sent->second);
        if (!cms) return side_.problem(path, "its Onecard-Signature is not base64");
        if (auto kept = keep(BankSide::signature_path(batch), *cms); !kept)
            return std::unexpected{kept.error()};
        signature = std::move(*cms);
    }
    return true;
}

/// The signature of a batch file that is here, from here or from the service.
GoOn BankFetching::fetch_signature(const Listed& file, std::string& signature) {
    const fs::path here = BankSide::signature_path(side_.batch_path(file));
    std::error_code error;
    if (!side_.has_left(file.file_id) || !fs::exists(here, error)) {
        const std::string path = side_.remote_batch(file) + ".p7s";
        const auto reply = side_.patiently([&] { return side_.client->fetch_file(path, here); });
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status != 200) return side_.problem(path, text_of(*reply));
    }
    auto cms = bytes_in(here);
    if (!cms) return std::unexpected{cms.error()};
    signature = std::move(*cms);
    return true;
}

GoOn BankFetching::hold(const Listed& file, BatchSurveying* surveying) {
    const fs::path batch = side_.batch_path(file);
    Passing passing{side_.hashes, surveying};
    std::error_code error;
    bool is_here = false;
    if (side_.has_left(file.file_id)) {
        is_here = fs::exists(batch, error);
        std::string is_digest = "unknown";
        if (is_here) {
            if (auto read = read_pieces(batch, passing.start()); !read) return std::unexpected{read.error()};
            const Digest here = passing.digest();
            is_here = here == file.sha256;
            is_digest = here.hex();
            // Another installation's file of this name, or altered here: what was made from it must not be sent.
            if (!is_here)
                side_.note(batch.string(),
                           "is not the file that the service lists; it is set aside and fetched anew");
        }
        if (!is_here)
            if (auto moved = set_aside(file, is_digest); !moved) return std::unexpected{moved.error()};
    }
    std::string cms;
    if (!is_here)
        if (auto fetched = fetch(file, passing, cms); !fetched || !*fetched) return fetched;
    if (cms.empty())
        if (auto fetched = fetch_signature(file, cms); !fetched || !*fetched) return fetched;
    // The file was hashed above, and is what the list says; SM2 hashes it in its own way.
    const auto signer = side_.wish.profile.signature == bankfile::SignatureKind::sm2
                            ? side_.verifier->verify_file(batch, cms)
                            : side_.verifier->verify_digest(file.sha256, cms);
    if (signer && signer->name == side_.wish.service_name) return true;
    // The next call fetches it again: the file of ours may be what is wrong.
    const fs::path signature = BankSide::signature_path(batch);
    fs::remove(signature, error);
    return side_.problem(signature.string(), signer ? fmt::format("is signed by «{}», not by «{}»",
                                                                  signer->name, side_.wish.service_name)
                                                    : signer.error().text);
}

/// Moves everything about a file out of the way; nothing that was ever signed or sent is deleted.
Result<void> BankFetching::set_aside(const Listed& file, std::string_view digest) {
    std::vector<fs::path> paths;
    std::error_code error;
    for (const char* folder : {"files", "receipts", "returns"})
        for (const auto& entry : fs::directory_iterator{side_.wish.folder / folder, error})
            if (entry.path().filename().string().starts_with(file.file_id + "."))
                paths.push_back(entry.path());
    if (paths.empty()) return {};
    // Numbered, because the same may have to be set aside more than once.
    fs::path target = side_.wish.folder / "set-aside" / digest.substr(0, 16);
    for (int n = 2; fs::exists(target / paths.front().filename(), error); ++n)
        target = side_.wish.folder / "set-aside" / fmt::format("{}.{}", digest.substr(0, 16), n);
    fs::create_directories(target, error);
    for (const fs::path& path : paths) {
        fs::rename(path, target / path.filename(), error);
        if (error) return refuse(Fault::missing, "cannot be set aside: " + error.message(), path.string());
    }
    return {};
}

}  // namespace onecard::cli
