#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "answer.hpp"
#include "message.hpp"
#include "service.hpp"
#include "upload.hpp"

/// One connection from its handshake to its end: session.cpp; its requests: session_request.cpp; their answers:
/// session_answer.cpp.
namespace onecard::net {

using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

// 64 KiB stays in the cache between the read of the file and its encryption; larger pieces were slower.
inline constexpr std::size_t piece_bytes = 64 * 1024;
// A fast connection lets the others of its loop in after this much.
inline constexpr std::size_t turn_bytes = 256 * 1024;
// A slow one must move this much within `seconds_per_request_max`: a byte a minute is not an upload.
inline constexpr std::size_t progress_bytes = 16 * 1024;
inline constexpr std::chrono::seconds last_words_max{2};
inline constexpr std::chrono::milliseconds quiet_stream_pause{100};

/// A bridge to the workers: the awaiting coroutine goes on on its own loop.
template <class T>
asio::awaitable<T> run_there(std::function<T()> work) {
    co_return work();
}
template <class T>
asio::awaitable<T> on_workers(asio::thread_pool& pool, std::function<T()> work) {
    return asio::co_spawn(pool, run_there<T>(std::move(work)), asio::use_awaitable);
}

/// One request and what has become of it.
struct Exchange {
    std::unique_ptr<MessageReader> reader;
    Request request;
    RouteTable::Match match;
    Response response;
    std::unique_ptr<Upload> upload;
    Access access;
    Clock::time_point began = Clock::now();
    bool is_head = false;  ///< the method, not the part of a message
    bool closes = false;
    bool leaves_unread = false;
    bool is_lost = false;
};

struct Piece {
    std::string bytes;
    bool has_more = false;
    std::string trouble;
};

class Session {
public:
    Session(Service& service, Loop& loop, tcp::socket socket, std::string address)
        : service_{service},
          loop_{loop},
          socket_{std::move(socket)},
          address_{std::move(address)},
          channel_{service.current_tls().get(), socket_.native_handle()} {
        loop_.sessions.insert(this);
    }
    ~Session() { loop_.sessions.erase(this); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    asio::awaitable<void> run();

    void look_at_clock(Clock::time_point now) {
        if (now < due_) return;
        expired_ = true;
        wake();
    }
    void stop_soon() {
        if (is_idle_) wake();
    }
    void cut() {
        cut_ = expired_ = true;
        wake();
    }

private:
    enum class Came { bytes, ended, late };

    void wake() {
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
    void due_in(std::chrono::milliseconds time) {
        due_ = Clock::now() + time;
        expired_ = cut_;
    }
    void due_in_request_time() { due_in(std::chrono::seconds{service_.settings.seconds_per_request_max}); }
    /// While we ourselves are at work, no clock runs against the other side.
    void not_due() {
        due_ = Clock::time_point::max();
        expired_ = cut_;
    }
    void made_progress(std::size_t bytes) {
        progress_ += bytes;
        turn_ += bytes;
        if (progress_ < progress_bytes) return;
        progress_ = 0;
        due_in_request_time();
    }

    asio::awaitable<void> wait(tcp::socket::wait_type what);
    asio::awaitable<void> take_turns();
    asio::awaitable<bool> shake_hands();
    asio::awaitable<bool> request_began();
    asio::awaitable<Came> receive();
    asio::awaitable<bool> send(std::string_view bytes);
    asio::awaitable<bool> serve_one();
    asio::awaitable<void> read_request(Exchange& exchange);
    asio::awaitable<void> answer(Exchange& exchange);
    asio::awaitable<void> answer_with_file(Exchange& exchange, AnswerHead& head);
    asio::awaitable<void> answer_with_stream(Exchange& exchange, AnswerHead& head);
    asio::awaitable<void> answer_with_parts(Exchange& exchange, AnswerHead& head);
    asio::awaitable<void> last_words();

    Fed feed(Exchange& exchange);
    void understand(Exchange& exchange);
    void refuse_request(Exchange& exchange, int status, std::string text);
    Response refusal(int status, std::string text, const Request& request);
    Response perform(Exchange& exchange);
    Piece next_piece(Exchange& exchange);
    void tell(Exchange& exchange);

    Service& service_;
    Loop& loop_;
    tcp::socket socket_;
    std::string address_;
    Channel channel_;
    Peer peer_;
    std::string in_;          ///< read and not yet understood; without memory of its own while idle
    std::string_view fresh_;  ///< just read, in the loop's scratch: gone after the next suspension
    Clock::time_point due_ = Clock::time_point::max();
    std::size_t progress_ = 0;
    std::size_t turn_ = 0;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t bytes_out_ = 0;
    std::uint64_t served_ = 0;
    bool expired_ = false;
    bool cut_ = false;
    bool is_idle_ = false;
    bool has_unread_ = false;
};

}  // namespace onecard::net
