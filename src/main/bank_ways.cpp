#include <fmt/format.h>

#include <array>

#include "onecard/audit/checkpoint.hpp"
#include "ways.hpp"

namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

/// With all its other headers an answer stays below what every client takes (8 KiB).
constexpr std::size_t signature_in_header_max = 5000;

Response bank_files(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t after = number_of(query(request, "after", "0"), "after");
    if (after < 0 || after > 0x7fffffff)
        throw Refused{{Fault::out_of_range, "after", "must be the number of a file"}};
    return answer(must(desk.exchange->files(by, static_cast<std::int32_t>(after))), request);
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

/// Our name for a return file that may come by the bank's own.
std::string return_name_of(Desk& desk, const app::Identity& by, const std::string& name) {
    const auto found =
        desk.profiles().of_bank(by.bank).return_in(name, desk.profiles().code_of_bank(by.bank));
    if (!found) return name;
    return found->round == 1 ? found->file_id + ".ret"
                             : fmt::format("{}.{}.ret", found->file_id, found->round);
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
    const std::string name = return_name_of(desk, by, request.parameters.at("name"));
    must(desk.exchange->hold_signature(by, name, request.body));
    return json("{}", 201);
}

Response return_file(Desk& desk, const app::Identity& by, const Request& request) {
    const std::string name = return_name_of(desk, by, request.parameters.at("name"));
    if (auto cms = signature_in(request)) must(desk.exchange->hold_signature(by, name, std::move(*cms)));
    must(desk.channel->take_sequence(by, name, sequence_in(request), now()));
    const bool is_receipted_later = wants_receipt_later(request);
    const auto taken = must(desk.exchange->take_return(by, name, request.body_file, now()));
    desk.returns_have_come();
    if (is_receipted_later) return json(fmt::format(R"({{"number":{}}})", taken.number), 201);
    return signed_words(desk.exchange->return_receipt(taken), 201);
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
    return answer(in_language_of(request, must(desk.exchange->return_report(
                                              by, return_name_of(desk, by, request.parameters.at("name"))))),
                  request);
}

constexpr std::array ways{
    Way{For::banks, "GET", "/v1/bank/files", bank_files},
    Way{For::banks, "GET", "/v1/bank/files/{name}", bank_file},
    Way{For::banks, "POST", "/v1/bank/receipts", receipts},
    Way{For::banks, "POST", "/v1/bank/receipts/{file_id}", receipt},
    Way{For::banks, "PUT", "/v1/bank/returns/{name}.p7s", return_signature},
    // The vault syncs it.
    Way{For::banks, "PUT", "/v1/bank/returns/{name}", return_file, 16 * gib, true, false},
    Way{For::banks, "GET", "/v1/bank/return-receipts", return_receipts},
    Way{For::banks, "GET", "/v1/bank/returns", returns},
    Way{For::banks, "GET", "/v1/bank/returns/{name}", return_report},
};

}  // namespace

std::span<const Way> bank_ways() { return ways; }

}  // namespace onecard::cli
