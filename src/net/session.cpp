#include "session.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace onecard::net {

asio::awaitable<void> Session::wait(tcp::socket::wait_type what) {
    // The error says only "cancelled" or shows in the next read or write; flags say why.
    co_await socket_.async_wait(what, asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Session::take_turns() {
    if (turn_ < turn_bytes) co_return;
    turn_ = 0;
    co_await asio::post(asio::use_awaitable);
}

asio::awaitable<bool> Session::shake_hands() {
    due_in_request_time();
    while (!expired_) {
        const Step step = channel_.handshake();
        if (step == Step::done) co_return true;
        if (step == Step::refused) {
            Access access{.address = address_};
            access.trouble = "TLS: " + channel_.trouble();
            service_.on_access(access);
            // What the client has already sent would make close() reset the line before our alert is read.
            has_unread_ = true;
            co_return false;
        }
        if (step == Step::ended) co_return false;
        co_await wait(step == Step::wants_read ? tcp::socket::wait_read : tcp::socket::wait_write);
    }
    co_return false;
}

/// On a worker.
Response Session::perform(Exchange& exchange) {
    const auto refused_500 = [&](const char* trouble) {
        exchange.access.trouble = trouble;
        return refusal(500, "something went wrong on our side", exchange.request);
    };
    try {
        if (exchange.upload) exchange.upload->finish(exchange.match.route->body_synced);
        Response response = exchange.match.route->handle(exchange.request);
        // An answer that may still be read from the upload keeps it until it is sent.
        if (exchange.upload && response.file.empty() && !response.stream && response.parts.empty())
            exchange.upload->remove();
        return response;
    } catch (const std::exception& trouble) {
        return refused_500(trouble.what());
    } catch (...) {
        return refused_500("an exception of an unknown type");
    }
}

void Session::tell(Exchange& exchange) {
    Access& access = exchange.access;
    access.peer = peer_.name;
    access.address = address_;
    access.id = exchange.request.id;
    access.bytes_in = bytes_in_;
    access.bytes_out = bytes_out_;
    access.microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - exchange.began).count();
    if (exchange.is_lost && access.trouble.empty()) access.trouble = "the client was gone before the end";
    service_.on_access(access);
}

/// False when the connection must end after it.
asio::awaitable<bool> Session::serve_one() {
    Exchange exchange;
    exchange.reader = request_reader(service_.settings.header_bytes_max);
    exchange.request.peer = peer_;
    exchange.request.id = fmt::format("{}-{:08x}", service_.id_prefix,
                                      service_.requests.fetch_add(1, std::memory_order_relaxed));
    exchange.response.status = 0;
    co_await read_request(exchange);
    if (!exchange.is_lost && exchange.response.status == 0) {
        not_due();
        std::function<Response()> work = [this, &exchange] { return perform(exchange); };
        exchange.response = co_await on_workers(service_.pool, std::move(work));
    }
    if (!exchange.is_lost) {
        bool is_forged = false;
        try {
            co_await answer(exchange);
        } catch (const BrokenInvariant& trouble) {
            exchange.access.trouble = trouble.what();
            is_forged = true;
        }
        if (is_forged) {
            exchange.response = Response{.status = 500, .content_type = "text/plain", .body = "500\n"};
            co_await answer(exchange);
        }
    }
    tell(exchange);
    has_unread_ = exchange.leaves_unread;
    ++served_;
    bytes_in_ = bytes_out_ = 0;
    co_return !exchange.is_lost && !exchange.closes;
}

/// An answer that the client has not yet read would be lost if the socket were closed with unread bytes in it: the
/// kernel resets such connections. So the rest is read and thrown away for a moment.
asio::awaitable<void> Session::last_words() {
    channel_.say_goodbye();
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    if (!has_unread_) co_return;
    due_in(last_words_max);
    while (!expired_) {
        const ssize_t got = ::recv(socket_.native_handle(), loop_.scratch.data(), loop_.scratch.size(), 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) co_return;
        if (got > 0) {
            turn_ += static_cast<std::size_t>(got);
            co_await take_turns();
        } else {
            co_await wait(tcp::socket::wait_read);
        }
    }
}

asio::awaitable<void> Session::run() {
    bool goes_on = co_await shake_hands();
    if (goes_on) {
        auto peer = channel_.peer();
        if (peer) {
            peer_ = std::move(*peer);
            peer_.address = address_;
        } else {
            Access access{.address = address_};
            access.trouble = "TLS: " + peer.error().text;
            service_.on_access(access);
            has_unread_ = true;
            goes_on = false;
        }
    }
    while (goes_on) {
        goes_on = co_await request_began();
        if (goes_on) goes_on = co_await serve_one();
    }
    if (!cut_) co_await last_words();
}

asio::awaitable<void> serve(Service& service, Loop& loop, tcp::socket socket, std::string address) {
    try {
        Session session{service, loop, std::move(socket), std::move(address)};
        co_await session.run();
    } catch (const std::exception& trouble) {
        // Out of memory or of descriptors: this connection is lost, the others are not.
        Access access;
        access.trouble = trouble.what();
        service.on_access(access);
    } catch (...) {
        Access access;
        access.trouble = "an exception of an unknown type";
        service.on_access(access);
    }
    const std::scoped_lock lock{service.mutex};
    if (--service.connections == 0) service.all_gone.notify_all();
}

void look_at_clock(Loop& loop) {
    const auto now = Clock::now();
    for (Session* session : loop.sessions) session->look_at_clock(now);
}
void stop_soon(Loop& loop) {
    for (Session* session : loop.sessions) session->stop_soon();
}
void cut_all(Loop& loop) {
    for (Session* session : loop.sessions) session->cut();
}

}  // namespace onecard::net
