#include <fmt/format.h>

#include <array>

#include "chinese.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/bankfile/tar.hpp"
#include "routes.hpp"
#include "ways.hpp"

namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

/// With all its other headers an answer stays below what every client takes (8 KiB).
constexpr std::size_t signature_in_header_max = 5000;

/// A number of the list of files.
std::int32_t seq_in(const Request& request, const std::string& key, std::string otherwise) {
    const std::int64_t seq = number_of(query(request, key, std::move(otherwise)), key);
    if (seq < 0 || seq > 0x7fffffff)
        throw Refused{{Fault::out_of_range, key, "must be the number of a file"}};
    return static_cast<std::int32_t>(seq);
}

Response bank_files(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(must(desk.exchange->files(by, seq_in(request, "after", "0"))), request);
}

/// Of each file its signature and then itself. What stands between the files is made here, the files are read as they
/// are sent.
Response bank_files_archive(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int32_t after = seq_in(request, "after", "0"), to = seq_in(request, "to", "2147483647");
    Response response;
    response.held = desk.exchange->begin_archive(by);
    if (response.held == nullptr)
        return refused_by_server(429, "this bank fetches four archives already; the same again later",
                                 request);
    const auto files = must(
        desk.exchange->batch_files(by, after, to, request.method != "HEAD", request.peer.address, now()));
    std::string between, contents;
    for (const auto& file : files) {
        const std::string signature_name = file.name + ".p7s";
        if (!bankfile::is_tar_name(signature_name) || file.bytes > bankfile::tar_file_bytes_max)
            throw Refused{{Fault::conflict, file.name,
                           "its name or its size is more than an archive can hold: fetch it by itself"}};
        between.append(bankfile::tar_header(signature_name, file.signature.size(), file.released))
            .append(file.signature)
            .append(bankfile::tar_padding(file.signature.size()), '\0')
            .append(bankfile::tar_header(file.name, file.bytes, file.released));
        response.parts.push_back({std::move(between), file.file, file.bytes});
        between.assign(bankfile::tar_padding(file.bytes), '\0');
        contents += fmt::format("{} {}\n", file.seq, file.digest.hex());
    }
    between.append(bankfile::tar_end_bytes, '\0');
    response.parts.push_back({std::move(between), {}, 0});
    response.content_type = "application/x-tar";
    response.headers["ETag"] = etag_of(contents);
    response.headers["Onecard-Sequence"] = std::to_string(files.empty() ? after : files.back().seq);
    return response;
}

/// The file that a bank means: by our own name, or by the one that its profile gives it.
std::string file_id_of(Desk& desk, const app::Identity& by, std::string_view name) {
    if (const auto ours =
            desk.profiles().of_bank(by.bank).file_id_in(name, desk.profiles().code_of_bank(by.bank)))
        return *ours;
    if (!name.ends_with(".txt"))
        throw Refused{
            {Fault::unknown, std::string{name.substr(0, 64)},
             "files end in .txt, their signatures in .txt.p7s, unless your profile names them otherwise"}};
    name.remove_suffix(4);
    return std::string{name};
}

Response bank_file(Desk& desk, const app::Identity& by, const Request& request) {
    std::string_view name = request.parameters.at("name");
    Response response;
    if (name.ends_with(".p7s")) {
        name.remove_suffix(4);
        response.content_type = "application/pkcs7-signature";
        response.body = must(desk.exchange->batch_signature(by, file_id_of(desk, by, name)));
        return response;
    }
    const std::string file_id = file_id_of(desk, by, name);
    const auto file = must(desk.exchange->batch_file(by, file_id, request.peer.address, now()));
    response.content_type = "application/octet-stream";
    response.headers["ETag"] = fmt::format("\"{}\"", file.digest.hex());
    if (file.signature.size() <= signature_in_header_max)
        response.headers["Onecard-Signature"] = audit::base64(file.signature);
    response.file = file.file;
    return response;
}

Response receipt(Desk& desk, const app::Identity& by, const Request& request) {
    must(desk.exchange->take_receipt(by, request.parameters.at("file_id"), request.body, now()));
    return json({}, 204);
}

Response receipts(Desk& desk, const app::Identity& by, const Request& request) {
    must(desk.exchange->take_receipts(by, request.body, now()));
    return json({}, 204);
}

std::optional<std::int32_t> sequence_in(const Request& request) {
    const auto found = request.headers.find("onecard-sequence");
    if (found == request.headers.end()) return std::nullopt;
    const std::int64_t number = number_of(found->second, "Onecard-Sequence");
    if (number < 1 || number > 0x7fffffff)
        throw Refused{{Fault::out_of_range, "Onecard-Sequence", "must be 1 or more"}};
    return static_cast<std::int32_t>(number);
}

/// A signature that comes along with its file, which saves a bank with many files a request for each.
std::optional<std::string> signature_in(const Request& request) {
    const auto found = request.headers.find("onecard-signature");
    if (found == request.headers.end()) return std::nullopt;
    auto cms = audit::parse_base64(found->second);
    if (!cms)
        throw Refused{{Fault::malformed, "Onecard-Signature", "is not the base64 of a signature (DER)"}};
    return std::move(*cms);
}

/// A bank with many return files may ask for one signed receipt for all of them in the end.
bool wants_receipt_later(const Request& request) {
    const auto found = request.headers.find("onecard-receipt");
    if (found == request.headers.end()) return false;
    if (found->second != "later")
        throw Refused{{Fault::malformed, "Onecard-Receipt", "is «later», or not there"}};
    return true;
}

Response signed_words(std::string cms, int status) {
    Response response;
    response.status = status;
    response.content_type = "application/pkcs7-mime";
    response.body = std::move(cms);
    return response;
}

/// The signature comes first and waits for its file.
Response return_signature(Desk& desk, const app::Identity& by, const Request& request) {
    const std::string name = desk.exchange->return_name(by, request.parameters.at("name"));
    must(desk.exchange->hold_signature(by, name, request.body));
    return json("{}", 201);
}

Response return_file(Desk& desk, const app::Identity& by, const Request& request) {
    const std::string name = desk.exchange->return_name(by, request.parameters.at("name"));
    if (auto cms = signature_in(request)) must(desk.exchange->hold_signature(by, name, std::move(*cms)));
    must(desk.channel->take_sequence(by, name, sequence_in(request), now()));
    const bool is_receipted_later = wants_receipt_later(request);
    const auto taken = must(desk.exchange->take_return(by, name, request.body_file, now()));
    desk.returns_have_come();
    if (is_receipted_later) return json(fmt::format(R"({{"number":{}}})", taken.number), 201);
    return signed_words(desk.exchange->return_receipt(taken), 201);
}

/// Many return files in one archive. What became of each is a row of the answer.
Response returns_archive(Desk& desk, const app::Identity& by, const Request& request) {
    if (request.headers.contains("onecard-sequence"))
        throw Refused{
            {Fault::malformed, "Onecard-Sequence", "a number is of one return file, which comes by itself"}};
    app::Exchange::TakenReturns taken;
    try {
        taken = must(desk.exchange->take_returns(by, request.body_file, now()));
    } catch (const std::exception&) {
        // Some of them may be kept.
        desk.returns_have_come();
        throw;
    }
    desk.returns_have_come();
    const auto text_of = [&](const Failure& failure) {
        return language_of(request) == app::Language::chinese ? in_chinese(failure.text) : failure.text;
    };
    app::Table table{"returns",
                     {"回盘文件", "Return files"},
                     {{"name", {"文件名", "file"}},
                      {"number", {"编号", "number"}},
                      {"code", {"类型", "code"}},
                      {"detail", {"说明", "detail"}},
                      {"place", {"位置", "place"}}},
                     {}};
    std::int64_t refused = 0;
    for (const auto& one : taken.files) {
        if (one.refusal) ++refused;
        table.rows.push_back({one.name, one.number,
                              one.refusal ? std::string{name_of(one.refusal->fault)} : std::string{},
                              one.refusal ? text_of(*one.refusal) : std::string{},
                              one.refusal ? one.refusal->place : std::string{}});
    }
    app::Report report{{"回盘文件", "Return files"}, {}, {}};
    report.fields = {{"taken", {"已接收", "taken"}, static_cast<std::int64_t>(taken.files.size()) - refused},
                     {"refused", {"拒收", "refused"}, refused}};
    if (taken.broken) {
        report.fields.push_back({"broken", {"归档中断", "the archive breaks off"}, text_of(*taken.broken)});
        report.fields.push_back({"broken_at", {"中断位置", "at"}, taken.broken->place});
    }
    report.tables.push_back(std::move(table));
    Response response = answer(report, request);
    response.status = refused == 0 && !taken.broken ? 201 : 200;
    return response;
}

Response return_receipts(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t after = number_of(query(request, "after", "0"), "after");
    if (after < 0) throw Refused{{Fault::out_of_range, "after", "must be the number of a return file"}};
    return signed_words(must(desk.exchange->return_receipts(by, after)), 200);
}

Response returns(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t after = number_of(query(request, "after", "0"), "after");
    if (after < 0) throw Refused{{Fault::out_of_range, "after", "must be the number of a return file"}};
    return answer(in_language_of(request, must(desk.exchange->returns(by, after))), request);
}

Response return_report(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(
        in_language_of(request, must(desk.exchange->return_report(
                                    by, desk.exchange->return_name(by, request.parameters.at("name"))))),
        request);
}

constexpr std::array ways{
    Way{For::banks, "GET", "/v1/bank/files", bank_files},
    Way{For::banks, "GET", "/v1/bank/files.tar", bank_files_archive},
    Way{For::banks, "GET", "/v1/bank/files/{name}", bank_file},
    Way{For::banks, "POST", "/v1/bank/receipts", receipts},
    Way{For::banks, "POST", "/v1/bank/receipts/{file_id}", receipt},
    Way{For::banks, "PUT", "/v1/bank/returns/{name}.p7s", return_signature},
    // The vault syncs it.
    Way{For::banks, "PUT", "/v1/bank/returns/{name}", return_file, 16 * gib, true, false},
    Way{For::banks, "POST", "/v1/bank/returns", returns_archive, 16 * gib, true, false},
    Way{For::banks, "GET", "/v1/bank/return-receipts", return_receipts},
    Way{For::banks, "GET", "/v1/bank/returns", returns},
    Way{For::banks, "GET", "/v1/bank/returns/{name}", return_report},
};

}  // namespace

std::span<const Way> bank_ways() { return ways; }

}  // namespace onecard::cli
