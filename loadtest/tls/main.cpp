#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "onecard/net/http.hpp"
#include "onecard/seal/sealing.hpp"

/// The service's own server with nothing behind it, to be held against nginx with the same file, key and client:
///   tls_bench serve FOLDER FILE      certificates into FOLDER; GET /file, PUT /file; says its port; ends with its input
///   tls_bench idle PORT FOLDER N     N connections that have asked once and wait; says "ready"; ends with its input
namespace onecard::loadtest {

namespace {

namespace fs = std::filesystem;

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().message()};
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

void wait_for_end_of_input() {
    while (std::getchar() != EOF) {
    }
}

int serve(const fs::path& folder, const fs::path& file) {
    must(seal::make_certificates(folder, {{"service", true}, {"bank-1"}},
                                 Moment::of_unix_seconds(std::time(nullptr)), 2));
    net::ServerSettings wanted;
    wanted.certificate = folder / "service.pem";
    wanted.key = folder / "service.key";
    wanted.authorities = folder / "ca.pem";
    wanted.upload_folder = folder;
    std::vector<net::Route> routes(2);
    routes[0].method = "GET";
    routes[0].pattern = "/file";
    routes[0].handle = [&](const net::Request&) {
        net::Response response;
        response.content_type = "application/octet-stream";
        response.file = file;
        return response;
    };
    routes[1].method = "PUT";
    routes[1].pattern = "/file";
    routes[1].body_bytes_max = std::uint64_t{16} << 30U;
    routes[1].body_to_file = true;
    routes[1].handle = [](const net::Request& request) {
        net::Response response;
        response.body = fmt::format(R"({{"bytes":{}}})", fs::file_size(request.body_file));
        return response;
    };
    const auto refused = [](int status, std::string, const net::Request&) {
        net::Response response;
        response.status = status;
        return response;
    };
    const auto server =
        must(net::create_server(wanted, std::move(routes), refused, [](const net::Access&) {}));
    fmt::print("{}\n", server->port());
    std::fflush(stdout);
    wait_for_end_of_input();
    server->stop(1);
    return 0;
}

int idle(const std::string& port, const fs::path& folder, int count) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    std::vector<std::unique_ptr<net::Client>> clients;
    for (int i = 0; i < count; ++i) {
        clients.push_back(must(net::create_client({.url = "https://127.0.0.1:" + port,
                                                   .certificate = folder / "bank-1.pem",
                                                   .key = folder / "bank-1.key",
                                                   .authorities = folder / "ca.pem"})));
        must(clients.back()->call("GET", "/nothing"));
    }
    fmt::print("ready\n");
    std::fflush(stdout);
    wait_for_end_of_input();
    return 0;
}

}  // namespace

}  // namespace onecard::loadtest

int main(int count, char** words) {
    try {
        const std::vector<std::string> said{words + 1, words + count};
        if (said.size() == 3 && said[0] == "serve") return onecard::loadtest::serve(said[1], said[2]);
        if (said.size() == 4 && said[0] == "idle")
            return onecard::loadtest::idle(said[1], said[2], std::stoi(said[3]));
        fmt::print(stderr, "tls_bench serve FOLDER FILE | idle PORT FOLDER N\n");
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
