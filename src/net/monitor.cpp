#include "onecard/net/monitor.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "answer.hpp"

namespace onecard::net {
namespace {

constexpr std::size_t head_bytes_max = 4096;

class LoopbackMonitor final : public Monitor {
public:
    LoopbackMonitor(int listening, std::uint16_t port,
                    std::function<MonitorAnswer(std::string_view path)> answer)
        : listening_{listening}, stop_{::eventfd(0, EFD_CLOEXEC)}, port_{port}, answer_{std::move(answer)} {
        ensure(stop_ >= 0, "no descriptor is left");
        thread_ = std::thread{[this] { serve(); }};
    }
    ~LoopbackMonitor() override {
        ::eventfd_write(stop_, 1);
        thread_.join();
        ::close(stop_);
        ::close(listening_);
    }
    LoopbackMonitor(const LoopbackMonitor&) = delete;
    LoopbackMonitor& operator=(const LoopbackMonitor&) = delete;
    std::uint16_t port() const override { return port_; }

private:
    void serve() {
        for (;;) {
            std::array<::pollfd, 2> both{::pollfd{listening_, POLLIN, 0}, ::pollfd{stop_, POLLIN, 0}};
            if (::poll(both.data(), both.size(), -1) < 0) {
                if (errno == EINTR) continue;
                return;
            }
            if (both[1].revents != 0) return;
            const int line = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
            if (line < 0) continue;
            const ::timeval limit{2, 0};
            ::setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
            ::setsockopt(line, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
            converse(line);
            ::shutdown(line, SHUT_RDWR);
            ::close(line);
        }
    }

    void converse(int line) const {
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            std::array<char, 1024> piece{};
            const ::ssize_t got = ::recv(line, piece.data(), piece.size(), 0);
            if (got <= 0 || head.size() + static_cast<std::size_t>(got) > head_bytes_max) return;
            head.append(piece.data(), static_cast<std::size_t>(got));
        }
        MonitorAnswer answer{.status = 405, .body = "GET only\n"};
        const bool is_head = head.starts_with("HEAD ");
        if (head.starts_with("GET ") || is_head) {
            const std::size_t from = head.find(' ') + 1;
            const std::string_view target = std::string_view{head}.substr(from, head.find(' ', from) - from);
            try {
                answer = answer_(target.substr(0, target.find('?')));
            } catch (const std::exception&) {
                answer = {.status = 500, .body = "something is wrong here; the log has the details\n"};
            }
        }
        std::string text = fmt::format(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            answer.status, reason_phrase(answer.status), answer.content_type, answer.body.size());
        if (!is_head) text += answer.body;
        for (std::string_view rest = text; !rest.empty();) {
            const ::ssize_t sent = ::send(line, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    int listening_, stop_;
    std::uint16_t port_;
    std::function<MonitorAnswer(std::string_view path)> answer_;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Monitor>> create_monitor(std::uint16_t port,
                                                std::function<MonitorAnswer(std::string_view path)> answer) {
    const std::string place = fmt::format("127.0.0.1:{}", port);
    const int line = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ensure(line >= 0, "no socket is left");
    const int yes = 1;
    ::setsockopt(line, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::socklen_t size = sizeof address;
    if (::bind(line, reinterpret_cast<const ::sockaddr*>(&address), size) != 0 || ::listen(line, 16) != 0 ||
        ::getsockname(line, reinterpret_cast<::sockaddr*>(&address), &size) != 0) {
        const int error = errno;
        ::close(line);
        return refuse(Fault::conflict, fmt::format("cannot listen there: {}", std::strerror(error)), place);
    }
    return std::make_unique<LoopbackMonitor>(line, ntohs(address.sin_port), std::move(answer));
}

}  // namespace onecard::net
