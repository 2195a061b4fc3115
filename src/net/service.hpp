#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "onecard/net/http.hpp"
#include "routing.hpp"
#include "tls.hpp"

namespace onecard::net {

namespace asio = boost::asio;

class Session;

/// One io thread and what belongs to it alone: no locks, no strands. A connection stays with its loop for life.
struct Loop {
    static constexpr std::size_t scratch_bytes = 64 * 1024;

    std::vector<char> scratch =
        std::vector<char>(scratch_bytes);  ///< what was just read, until the next suspension
    std::unordered_set<Session*> sessions;
    std::time_t date_second = 0;
    std::string date;
    asio::io_context context{1};
    asio::steady_timer clock{context};
};

/// What all connections share.
struct Service {
    ServerSettings settings;
    RouteTable routes;
    std::function<Response(int, std::string, const Request&)> refused;
    std::function<void(const Access&)> on_access;
    /// What new connections use; a connection keeps its own for life.
    std::shared_ptr<SSL_CTX> current_tls() {
        const std::scoped_lock lock{tls_mutex};
        return tls;
    }
    void use_tls(TlsContext fresh) {
        std::shared_ptr<SSL_CTX> shared{std::move(fresh)};
        const std::scoped_lock lock{tls_mutex};
        tls.swap(shared);
    }
    std::mutex tls_mutex;
    std::shared_ptr<SSL_CTX> tls;
    std::string id_prefix;  ///< random: request ids of two starts of the service do not meet
    std::atomic<std::uint64_t> requests = 0;
    std::atomic<bool> is_stopping = false;

    std::mutex mutex;
    std::condition_variable all_gone;
    std::size_t connections = 0;  ///< under the mutex
    asio::thread_pool pool;

    explicit Service(std::size_t workers) : pool{workers} {}
};

/// Serves one connection until it ends. Runs on `loop` only, where `loop` and `service` outlive it; counts itself out
/// of `Service::connections` at the end.
asio::awaitable<void> serve(Service& service, Loop& loop, asio::ip::tcp::socket socket, std::string address);

/// For a loop's clock and for the end, on the loop's thread: see Session.
void look_at_clock(Loop& loop);
void stop_soon(Loop& loop);
void cut_all(Loop& loop);

}  // namespace onecard::net
