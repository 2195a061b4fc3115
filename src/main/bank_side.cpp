#include "bank_side.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "onecard/net/json.hpp"

namespace onecard::cli {

namespace {

namespace fs = std::filesystem;

/// Of the reason in a refusal; the service takes no more.
constexpr std::size_t why_bytes_max = 500;
constexpr std::string_view cms_type = "application/cms";

}  // namespace

std::string Row::text(const std::string& key) const {
    const auto found = row_.find(key);
    return found == row_.end() ? std::string{} : found->second;
}
std::optional<std::int64_t> Row::number(const std::string& key) const {
    const std::string digits = text(key);
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || stop != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    return number;
}

std::string text_of(const net::Reply& reply) {
    const auto problem = net::parse_flat_json(reply.body);
    if (!problem) return fmt::format("the service answers {}", reply.status);
    const Row row{*problem};
    std::string text = fmt::format("the service answers {}", reply.status);
    for (const char* key : {"code", "place", "detail"})
        if (const std::string part = row.text(key); !part.empty()) text += fmt::format(": {}", part);
    return text;
}

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

Result<std::set<std::string>> look_around(const fs::path& folder) {
    std::set<std::string> file_ids;
    for (const char* part : {"files", "receipts", "returns"}) {
        std::error_code error;
        for (fs::directory_iterator at{folder / part, error}, end; !error && at != end; at.increment(error)) {
            const std::string name = at->path().filename().string();
            file_ids.insert(name.substr(0, name.find('.')));
        }
        if (error)
            return refuse(Fault::missing, "cannot be read: " + error.message(), (folder / part).string());
    }
    return file_ids;
}

fs::path BankSide::signature_path(const fs::path& file) {
    fs::path signature = file;
    return signature += ".p7s";
}
fs::path BankSide::receipt_path(const Listed& file) const {
    return wish.folder / "receipts" / (file.file_id + ".receipt.p7s");
}

std::string BankSide::remote_batch(const Listed& file) const {
    return "/v1/bank/files/" + wish.profile.name_of_batch(file.file_id, wish.bank_code);
}
std::string BankSide::return_name_there(const std::string& name) const {
    const auto ours = bankfile::canonical_profile().return_in(name, {});
    ensure(ours.has_value(), "a return file of ours with a name that is none");
    return wish.profile.name_of_return(ours->file_id, wish.bank_code, ours->round);
}
std::string BankSide::remote_return(const std::string& name) const {
    return "/v1/bank/returns/" + return_name_there(name);
}

void BankSide::tell(std::string_view step, std::string_view file_id) {
    progress.step = step;
    progress.file_id = file_id;
    if (on_progress) on_progress(progress);
}

void BankSide::note(std::string_view place, std::string_view text) {
    report.problems.push_back(fmt::format("{}: {}", place, text));
}
GoOn BankSide::problem(std::string_view place, std::string_view text) {
    note(place, text);
    return false;
}

Result<net::Reply> BankSide::call(std::string_view method, const std::string& path, std::string_view body) {
    std::map<std::string, std::string> headers{{"accept", "application/json"}};
    if (!body.empty()) headers["content-type"] = cms_type;
    return patiently([&] { return client->call(method, path, body, headers); });
}

}  // namespace onecard::cli
