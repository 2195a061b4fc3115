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
Response return_signature(Desk& desk, const app::Identity& by, const Request& request) {
    must(desk.exchange->hold_signature(by, request.parameters.at("name"), request.body));
    return json("{}", 201);
}

Response return_file(Desk& desk, const app::Identity& by, const Request& request) {
    Response response;
    response.status = 201;
    response.content_type = "application/pkcs7-mime";
    response.body =
        must(desk.exchange->take_return(by, request.parameters.at("name"), request.body_file, now()));
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
    Way{For::banks, "PUT", "/v1/bank/returns/{name}.p7s", return_signature},
    // The vault syncs it.
    Way{For::banks, "PUT", "/v1/bank/returns/{name}", return_file, 16 * gib, true, false},
    Way{For::banks, "GET", "/v1/bank/returns", returns},
    Way{For::banks, "GET", "/v1/bank/returns/{name}", return_report},
};

}  // namespace

std::span<const Way> bank_ways() { return ways; }

}  // namespace onecard::cli
