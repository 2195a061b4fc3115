#include "bank_fetching.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "onecard/audit/checkpoint.hpp"
#include "onecard/bankfile/tar.hpp"
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
    const auto checked = check_signature(file, cms);
    if (checked) return true;
    // The next call fetches it again: the file of ours may be what is wrong.
    const fs::path signature = BankSide::signature_path(batch);
    fs::remove(signature, error);
    return side_.problem(signature.string(), checked.error().text);
}

Result<void> BankFetching::check_signature(const Listed& file, std::string_view cms) {
    // The file was hashed as it came, and is what the list says; SM2 hashes it in its own way.
    const auto signer = side_.wish.profile.signature == bankfile::SignatureKind::sm2
                            ? side_.verifier->verify_file(side_.batch_path(file), cms)
                            : side_.verifier->verify_digest(file.sha256, cms);
    if (!signer) return std::unexpected{signer.error()};
    if (signer->name == side_.wish.service_name) return {};
    return refuse(Fault::forbidden,
                  fmt::format("is signed by «{}», not by «{}»", signer->name, side_.wish.service_name));
}

/// Of an archive the files that are expected, in their order: each with its signature before it.
class BankFetching::Unpacking final : public bankfile::TarSink {
public:
    Unpacking(BankFetching& fetching, std::span<const Listed> files,
              const std::function<BatchSurveying&(const Listed&)>& on_begin,
              const std::function<void(const Listed&)>& on_held)
        : fetching_{fetching}, left_{files}, on_begin_{on_begin}, on_held_{on_held} {}

    Result<void> begin(std::string_view name, std::uint64_t bytes) override {
        if (left_.empty()) return unexpected(name);
        const Listed& file = left_.front();
        const BankWish& wish = fetching_.side_.wish;
        const std::string expected = wish.profile.name_of_batch(file.file_id, wish.bank_code);
        if (!has_signature_) {
            if (name != expected + ".p7s" || bytes > signature_bytes_max) return unexpected(name);
            cms_.clear();
            return {};
        }
        if (name != expected || bytes != file.bytes) return unexpected(name);
        fetching_.side_.tell("fetch", file.file_id);
        passing_.emplace(fetching_.side_.hashes, &on_begin_(file));
        take_ = &passing_->start();
        part_ = std::make_unique<PartFile>(fetching_.side_.batch_path(file));
        return {};
    }

    void take(std::string_view piece) override {
        if (!part_) {
            cms_ += piece;
            return;
        }
        (*take_)(piece);
        part_->write(piece);
    }

    Result<void> end() override {
        has_signature_ = !part_;
        if (has_signature_) return {};
        const Listed& file = left_.front();
        left_ = left_.subspan(1);
        const auto part = std::exchange(part_, nullptr);
        // What is not the listed file is not kept: fetched by itself it is reported.
        if (passing_->digest() != file.sha256) return {};
        if (auto kept = part->keep(); !kept) return failed(kept.error());
        if (!fetching_.check_signature(file, cms_)) return {};
        if (auto kept = keep(BankSide::signature_path(fetching_.side_.batch_path(file)), cms_); !kept)
            return failed(kept.error());
        on_held_(file);
        return {};
    }

    /// Those that have not come yet.
    std::span<const Listed> left() const { return left_; }
    /// Of the disk: nobody can go on.
    const std::optional<Failure>& failure() const { return failure_; }

private:
    static constexpr std::uint64_t signature_bytes_max = 64 * 1024;
    static std::unexpected<Failure> unexpected(std::string_view name) {
        return refuse(Fault::mismatch, fmt::format("«{}» is not what the list says", name));
    }
    std::unexpected<Failure> failed(Failure failure) {
        failure_ = std::move(failure);
        return std::unexpected{*failure_};
    }

    BankFetching& fetching_;
    std::span<const Listed> left_;
    const std::function<BatchSurveying&(const Listed&)>& on_begin_;
    const std::function<void(const Listed&)>& on_held_;
    bool has_signature_ = false;
    std::string cms_;
    std::optional<Passing> passing_;
    const ByteSink* take_ = nullptr;
    std::unique_ptr<PartFile> part_;
    std::optional<Failure> failure_;
};

Result<void> BankFetching::hold_many(std::span<const Listed> files,
                                     const std::function<BatchSurveying&(const Listed&)>& on_begin,
                                     const std::function<void(const Listed&)>& on_held) {
    // Where a line broke, the next archive begins with what it has left.
    std::span<const Listed> left = files;
    std::optional<Failure> failure;
    bool is_readable = true;
    const auto fetch_left = [&]() -> Result<net::Reply> {
        Unpacking unpacking{*this, left, on_begin, on_held};
        bankfile::TarReading reading{"files.tar", unpacking};
        const std::string path =
            fmt::format("/v1/bank/files.tar?after={}&to={}", left.front().seq - 1, left.back().seq);
        auto reply = side_.client->fetch(
            path, [&](std::string_view bytes) { return is_readable = reading.feed(bytes).has_value(); });
        left = unpacking.left();
        failure = unpacking.failure();
        if (reply && reply->status == 200) is_readable = reading.finish().has_value();
        // Of an archive that says something else more cannot be had.
        if (!is_readable || left.empty()) return net::Reply{.status = 200, .headers = {}, .body = {}};
        return reply;
    };
    const auto reply = side_.patiently(fetch_left);
    if (failure) return std::unexpected{*failure};
    has_archives_ = is_readable && (!reply || reply->status == 200);
    return {};
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
