#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include "ways.hpp"

namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

Response bank_files(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t after = number_of(query(request, "after", "0"), "after");
    if (after < 0 || after > 0x7fffffff)
        throw Refused{{Fault::out_of_range, "after", "must be the number of a file"}};
    return answer(must(desk.exchange->files(by, static_cast<std::int32_t>(after))), request);
}

Response bank_file(Desk& desk, const app::Identity& by, const Request& request) {
    std::string_view name = request.parameters.at("name");
    Response response;
    if (name.ends_with(".txt.p7s")) {
        name.remove_suffix(8);
        response.content_type = "application/pkcs7-signature";
        response.body = must(desk.exchange->batch_signature(by, name));
        return response;
    }
    if (!name.ends_with(".txt"))
        throw Refused{{Fault::unknown, std::string{name}, "files end in .txt, their signatures in .txt.p7s"}};
    name.remove_suffix(4);
    const auto file = must(desk.exchange->batch_file(by, name, request.peer.address, now()));
    response.content_type = "application/octet-stream";
    response.headers["ETag"] = fmt::format("\"{}\"", file.digest.hex());
    response.file = file.file;
    return response;
}

Response receipt(Desk& desk, const app::Identity& by, const Request& request) {
    must(desk.exchange->take_receipt(by, request.parameters.at("file_id"), request.body, now()));
    return json({}, 204);
}

/// The signature comes first and waits for its file.
Response return_file(Desk& desk, const app::Identity& by, const Request& request) {
    const std::string& name = request.parameters.at("name");
    if (by.role != Role::bank) throw Refused{{Fault::forbidden, name, "only banks hand in return files"}};
    const std::string_view bare =
        name.ends_with(".p7s") ? std::string_view{name}.substr(0, name.size() - 4) : std::string_view{name};
    if (!bare.starts_with("YKT") || !bare.ends_with(".ret") || bare.size() > 64 ||
        !std::ranges::all_of(bare, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.';
        }))
        throw Refused{{Fault::malformed, name.substr(0, 64),
                       "a return file is named YKT….ret and its signature YKT….ret.p7s"}};
    const auto folder = desk.places.incoming / fmt::format("bank-{}", by.bank.number());
    const auto waiting = folder / fmt::format("{}.p7s", bare);
    if (name.ends_with(".p7s")) {
        if (std::filesystem::file_size(request.body_file) > 64 * 1024)
            throw Refused{{Fault::malformed, name, "is too large for a signature"}};
        std::filesystem::create_directories(folder);
        std::filesystem::rename(request.body_file, waiting);
        return json("{}", 201);
    }
    if (!std::filesystem::exists(waiting))
        throw Refused{{Fault::missing, name, fmt::format("put its signature first, as {}.p7s", bare)}};
    Response response;
    response.status = 201;
    response.content_type = "application/pkcs7-mime";
    response.body = must(desk.exchange->take_return(by, name, request.body_file, file_text(waiting), now()));
    std::filesystem::remove(waiting);
    desk.returns_have_come();
    return response;
}

Response returns(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t after = number_of(query(request, "after", "0"), "after");
    if (after < 0) throw Refused{{Fault::out_of_range, "after", "must be the number of a return file"}};
    return answer(must(desk.exchange->returns(by, after)), request);
}

Response return_report(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(must(desk.exchange->return_report(by, request.parameters.at("name"))), request);
}

constexpr std::array ways{
    Way{For::banks, "GET", "/v1/bank/files", bank_files},
    Way{For::banks, "GET", "/v1/bank/files/{name}", bank_file},
    Way{For::banks, "POST", "/v1/bank/receipts/{file_id}", receipt},
    // The vault syncs a return file; a signature that is lost with the power is asked for again.
    Way{For::banks, "PUT", "/v1/bank/returns/{name}", return_file, 16 * gib, true, false},
    Way{For::banks, "GET", "/v1/bank/returns", returns},
    Way{For::banks, "GET", "/v1/bank/returns/{name}", return_report},
};

}  // namespace

std::span<const Way> bank_ways() { return ways; }

}  // namespace onecard::cli
