#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "certificates.hpp"
#include "onecard/net/http.hpp"
#include "tls.hpp"

namespace onecard::net {

/// A server with a route of each kind, and what it has told of its requests.
class Running {
public:
    explicit Running(ServerSettings settings = {}, std::vector<Route> more = {}) {
        const Certificates& certificates = Certificates::of_this_process();
        static std::atomic<int> number = 0;
        folder = certificates.folder / ("server-" + std::to_string(++number));
        std::filesystem::create_directories(folder);
        if (settings.certificate.empty()) settings.certificate = certificates.pem("server");
        if (settings.key.empty()) settings.key = certificates.key("server");
        settings.authorities = certificates.pem("ca");
        settings.upload_folder = folder / "uploads";
        std::vector<Route> routes = usual_routes();
        for (Route& route : more) routes.push_back(std::move(route));
        auto made = create_server(
            settings, std::move(routes),
            [](int status, const std::string& text, const Request& request) {
                return Response{.status = status,
                                .content_type = "application/problem+json",
                                .body = fmt::format(R"({{"status":{},"detail":"{}","id":"{}"}})", status,
                                                    text, request.id)};
            },
            [this](const Access& access) {
                const std::scoped_lock lock{mutex_};
                told_.push_back(access);
            });
        if (!made) throw std::runtime_error(made.error().message());
        server = std::move(*made);
    }

    std::string url(const std::string& host = "127.0.0.1") const {
        return fmt::format("https://{}:{}", host, server->port());
    }
    ClientSettings client_settings(const std::string& who = "bank") const {
        const Certificates& certificates = Certificates::of_this_process();
        return {.url = url(),
                .certificate = certificates.pem(who),
                .key = certificates.key(who),
                .authorities = certificates.pem("ca"),
                .seconds_max = 20};
    }
    std::unique_ptr<Client> client(const std::string& who = "bank") const {
        auto made = create_client(client_settings(who));
        if (!made) throw std::runtime_error(made.error().message());
        return std::move(*made);
    }
    /// Waits a little: a request is told after it is answered.
    std::vector<Access> told(std::size_t at_least) const {
        for (int i = 0; i < 500; ++i) {
            {
                const std::scoped_lock lock{mutex_};
                if (told_.size() >= at_least) return told_;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
        const std::scoped_lock lock{mutex_};
        return told_;
    }
    std::size_t files_in_uploads() const {
        std::error_code error;
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator{folder / "uploads", error})
            count += entry.is_regular_file() ? 1 : 0;
        return count;
    }

    std::filesystem::path folder;
    std::atomic<int> slow_requests = 0;

private:
    std::vector<Route> usual_routes() {
        const auto hello = [](const Request& request) {
            return Response{.body = fmt::format("{} {}", request.peer.name, request.peer.fingerprint.hex())};
        };
        const auto latest = [](const Request&) { return Response{.body = "latest"}; };
        const auto unit = [](const Request& request) {
            const auto asked = request.query.find("q");
            return Response{.body = fmt::format("{}|{}|{}", request.parameters.at("run"),
                                                request.parameters.at("county"),
                                                asked == request.query.end() ? "" : asked->second)};
        };
        const auto echo = [](const Request& request) {
            return Response{.status = 201, .content_type = "application/octet-stream", .body = request.body};
        };
        const auto store = [this](const Request& request) {
            const auto size = std::filesystem::file_size(request.body_file);
            if (request.headers.contains("x-keep"))
                std::filesystem::rename(request.body_file, folder / request.parameters.at("name"));
            return Response{.status = 201, .body = std::to_string(size)};
        };
        const auto file = [this](const Request& request) {
            return Response{.content_type = "application/octet-stream",
                            .headers = {{"ETag", "\"v1\""}},
                            .file = folder / request.parameters.at("name")};
        };
        const auto throws = [](const Request&) -> Response {
            throw std::runtime_error("the secret of row 7");
        };
        const auto forged = [](const Request&) {
            return Response{.headers = {{"X-Name", "a\r\nSet-Cookie: b"}}, .body = "x"};
        };
        const auto slow = [this](const Request& request) {
            ++slow_requests;
            std::this_thread::sleep_for(std::chrono::milliseconds{std::stoi(request.query.at("ms"))});
            return Response{.body = "slow"};
        };
        const auto stream = [](const Request& request) {
            const int pieces = std::stoi(request.query.at("n"));
            const bool breaks = request.query.contains("breaks");
            return Response{.content_type = "text/csv",
                            .stream = [pieces, breaks, at = 0](std::string& piece) mutable {
                                if (breaks && at == pieces - 1) throw std::runtime_error("the cursor broke");
                                // Every third time there is nothing yet.
                                if (at % 3 != 2) piece = fmt::format("line {}\n", at);
                                return ++at < pieces;
                            }};
        };
        constexpr std::uint64_t gigabyte = 1ULL << 30;
        return {
            {.method = "GET", .pattern = "/v1/hello", .handle = hello},
            {.method = "GET", .pattern = "/v1/runs/{run}/units/{county}", .handle = unit},
            {.method = "GET", .pattern = "/v1/runs/{run}", .handle = hello},
            {.method = "GET", .pattern = "/v1/runs/latest", .handle = latest},
            {.method = "POST", .pattern = "/v1/echo", .body_bytes_max = 100'000, .handle = echo},
            {.method = "PUT",
             .pattern = "/v1/files/{name}",
             .body_bytes_max = gigabyte,
             .body_to_file = true,
             .handle = store},
            {.method = "PUT",
             .pattern = "/v1/small/{name}",
             .body_bytes_max = 1'000'000,
             .body_to_file = true,
             .handle = store},
            {.method = "GET", .pattern = "/v1/files/{name}", .handle = file},
            {.method = "GET", .pattern = "/v1/throws", .handle = throws},
            {.method = "GET", .pattern = "/v1/forged", .handle = forged},
            {.method = "GET", .pattern = "/v1/slow", .handle = slow},
            {.method = "GET", .pattern = "/v1/stream", .handle = stream},
        };
    }

    mutable std::mutex mutex_;
    std::vector<Access> told_;

public:
    std::unique_ptr<Server> server;  ///< last: it ends before what its handlers use
};

/// A TLS connection that sends what no decent client would.
class RawLine {
public:
    explicit RawLine(std::uint16_t port, const std::string& who = "bank") {
        const Certificates& certificates = Certificates::of_this_process();
        auto made = client_context(certificates.pem(who), certificates.key(who), certificates.pem("ca"));
        if (!made) throw std::runtime_error(made.error().message());
        context_ = std::move(*made);
        socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("connect");
        timeval limit{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        const int yes = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        channel_.emplace(context_.get(), socket_, "127.0.0.1");
        if (channel_->handshake() != Step::done)
            throw std::runtime_error("handshake: " + channel_->trouble());
    }
    ~RawLine() { close(); }
    RawLine(const RawLine&) = delete;
    RawLine& operator=(const RawLine&) = delete;

    /// How many bytes the other side took.
    std::size_t send(std::string_view bytes) {
        std::size_t total = 0;
        while (total < bytes.size()) {
            std::size_t sent = 0;
            if (channel_->write(bytes.substr(total), sent) != Step::done) break;
            total += sent;
        }
        return total;
    }
    /// Everything until the other side ends or ten seconds are over.
    std::string receive_all() {
        while (receive()) {
        }
        return in;
    }
    /// Until `text` has come.
    bool receive_until(std::string_view text) {
        while (!in.contains(text))
            if (!receive()) return false;
        return true;
    }
    bool receive() {
        std::array<char, 65536> buffer{};
        std::size_t got = 0;
        if (channel_->read(buffer, got) != Step::done) return false;
        in.append(buffer.data(), got);
        return true;
    }
    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }
    std::string in;

private:
    TlsContext context_;
    std::optional<Channel> channel_;
    int socket_ = -1;
};

inline std::size_t resident_kilobytes() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
    return 0;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ONECARD_SANITIZED 1
#endif
#endif
#ifdef ONECARD_SANITIZED
inline constexpr bool memory_can_be_measured = false;  ///< a sanitizer keeps what is freed
#else
inline constexpr bool memory_can_be_measured = true;
#endif

}  // namespace onecard::net
