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

BankFetching::BankFetching(BankSide& side) : side_{side} { look_around(); }

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

/// Has the batch file and its signature here, as listed and rightly signed by the service.
GoOn BankFetching::hold(const Listed& file) {
    const fs::path batch = side_.batch_path(file);
    const fs::path signature = BankSide::signature_path(batch);
    std::error_code error;
    if (fs::exists(batch, error)) {
        const auto here = side_.digest_of(batch);
        if (!here) return std::unexpected{here.error()};
        if (*here != file.sha256) {
            // Another installation's file of this name, or altered here: what was made from it must not be sent.
            side_.note(batch.string(),
                       "is not the file that the service lists; it is set aside and fetched anew");
            if (auto moved = set_aside(file, here->hex()); !moved) return std::unexpected{moved.error()};
        }
    } else if (left_from_before_.contains(file.file_id)) {
        if (auto moved = set_aside(file, "unknown"); !moved) return std::unexpected{moved.error()};
    }
    if (!fs::exists(batch, error)) {
        side_.tell("fetch", file.file_id);
        const std::string path = side_.remote_batch(file);
        const auto reply = side_.patiently([&] { return side_.client->fetch_file(path, batch); });
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status != 200) return side_.problem(path, text_of(*reply));
        const auto fetched = side_.digest_of(batch);
        if (!fetched) return std::unexpected{fetched.error()};
        if (*fetched != file.sha256) {
            fs::remove(batch, error);
            return side_.problem(
                path, fmt::format("the digest is {}, the list says {}", fetched->hex(), file.sha256.hex()));
        }
        if (const auto sent = reply->headers.find("onecard-signature"); sent != reply->headers.end()) {
            const auto cms = audit::parse_base64(sent->second);
            if (!cms) return side_.problem(path, "its Onecard-Signature is not base64");
            if (auto kept = keep(signature, *cms); !kept) return std::unexpected{kept.error()};
        }
    }
    if (!fs::exists(signature, error)) {
        const std::string path = side_.remote_batch(file) + ".p7s";
        const auto reply = side_.patiently([&] { return side_.client->fetch_file(path, signature); });
        if (!reply) return std::unexpected{reply.error()};
        if (reply->status != 200) return side_.problem(path, text_of(*reply));
    }
    const auto cms = bytes_in(signature);
    if (!cms) return std::unexpected{cms.error()};
    // The file was hashed above, and is what the list says; SM2 hashes it in its own way.
    const auto signer = side_.wish.profile.signature == bankfile::SignatureKind::sm2
                            ? side_.verifier->verify_file(batch, *cms)
                            : side_.verifier->verify_digest(file.sha256, *cms);
    if (signer && signer->name == side_.wish.service_name) return true;
    // The next call fetches it again: the file of ours may be what is wrong.
    fs::remove(signature, error);
    return side_.problem(signature.string(), signer ? fmt::format("is signed by «{}», not by «{}»",
                                                                  signer->name, side_.wish.service_name)
                                                    : signer.error().text);
}

/// Which files an earlier call left something of.
void BankFetching::look_around() {
    std::error_code error;
    for (const char* folder : {"files", "receipts", "returns"})
        for (const auto& entry : fs::directory_iterator{side_.wish.folder / folder, error}) {
            const std::string name = entry.path().filename().string();
            left_from_before_.insert(name.substr(0, name.find('.')));
        }
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
