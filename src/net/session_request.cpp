#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "session.hpp"
#include "target.hpp"

namespace onecard::net {
namespace {

bool is_request_id(std::string_view text) {
    if (text.empty() || text.size() > 64) return false;
    for (const char c : text)
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'))
            return false;
    return true;
}

}  // namespace

/// Waits, with next to no memory, for the first bytes of a request.
asio::awaitable<bool> Session::request_began() {
    in_.shrink_to_fit();
    if (!in_.empty()) co_return true;
    const auto& settings = service_.settings;
    due_in(std::chrono::seconds{served_ == 0 ? settings.seconds_per_request_max : settings.idle_seconds_max});
    bool has_grace = false;
    while (!expired_) {
        std::size_t got = 0;
        const Step step = channel_.read(loop_.scratch, got);
        if (step == Step::done) {
            fresh_ = std::string_view{loop_.scratch.data(), got};
            bytes_in_ += got;
            co_return true;
        }
        if (step == Step::refused) {
            // TLS 1.3 tells a client that its certificate will not do only after the handshake, and here we hear
            // the same of ours.
            Access access{.peer = peer_.name, .address = address_};
            access.trouble = "TLS: " + channel_.trouble();
            service_.on_access(access);
            co_return false;
        }
        if (step == Step::ended) co_return false;
        if (service_.is_stopping) {
            if (served_ > 0) co_return false;
            // Somebody who has just connected is about to ask.
            if (!has_grace) due_in(std::chrono::seconds{1});
            has_grace = true;
        }
        is_idle_ = true;
        co_await wait(step == Step::wants_read ? tcp::socket::wait_read : tcp::socket::wait_write);
        is_idle_ = false;
    }
    co_return false;
}

/// More bytes, in `fresh_`.
asio::awaitable<Session::Came> Session::receive() {
    co_await take_turns();
    while (!expired_) {
        std::size_t got = 0;
        const Step step = channel_.read(loop_.scratch, got);
        if (step == Step::done) {
            fresh_ = std::string_view{loop_.scratch.data(), got};
            bytes_in_ += got;
            co_return Came::bytes;
        }
        if (step == Step::ended || step == Step::refused) co_return Came::ended;
        co_await wait(step == Step::wants_read ? tcp::socket::wait_read : tcp::socket::wait_write);
    }
    co_return Came::late;
}

/// Gives the reader what there is, without waiting.
Fed Session::feed(Exchange& exchange) {
    std::size_t used = 0;
    const std::string_view fresh = std::exchange(fresh_, std::string_view{});
    if (in_.empty()) {
        const Fed fed = exchange.reader->feed(fresh, used);
        in_.assign(fresh.substr(used));
        return fed;
    }
    in_.append(fresh);
    const Fed fed = exchange.reader->feed(in_, used);
    in_.erase(0, used);
    return fed;
}

Response Session::refusal(int status, std::string text, const Request& request) {
    try {
        return service_.refused(status, text, request);
    } catch (...) {
        // The maker of refusals refuses: plain words must do.
        return Response{.status = status, .content_type = "text/plain; charset=utf-8", .body = text + "\n"};
    }
}

void Session::refuse_request(Exchange& exchange, int status, std::string text) {
    exchange.response = refusal(status, std::move(text), exchange.request);
    if (!exchange.reader->is_whole()) exchange.closes = exchange.leaves_unread = true;
}

/// From a complete head to a route, or to a refusal in `exchange.response` (whose status is then not 0).
void Session::understand(Exchange& exchange) {
    const Head& head = exchange.reader->head();
    Request& request = exchange.request;
    request.method = head.method;
    request.headers = head.headers;
    exchange.is_head = head.method == "HEAD";
    exchange.closes = !head.keep_alive || head.version == 10;
    exchange.access.method = head.method.substr(0, 32);
    exchange.access.path = head.target.substr(0, std::min<std::size_t>(head.target.find('?'), 256));
    const auto asked_id = head.headers.find("x-request-id");
    if (asked_id != head.headers.end() && is_request_id(asked_id->second)) request.id = asked_id->second;

    auto target = parse_target(head.target);
    if (!target) return refuse_request(exchange, 400, target.error().text);
    request.path = exchange.access.path = std::move(target->path);
    request.query = std::move(target->query);
    if (head.version == 11 && !head.headers.contains("host"))
        return refuse_request(exchange, 400, "a request of HTTP/1.1 names its host");

    exchange.match = service_.routes.find(head.method, target->segments);
    const Route* route = exchange.match.route;
    if (route == nullptr && exchange.match.allow.empty())
        return refuse_request(exchange, 404, "there is nothing at " + request.path);
    if (route == nullptr) {
        refuse_request(exchange, 405, request.path + " takes " + exchange.match.allow);
        exchange.response.headers["Allow"] = exchange.match.allow;
        return;
    }
    exchange.access.route = route->pattern;
    request.parameters = std::move(exchange.match.parameters);
    if (head.length && *head.length > route->body_bytes_max)
        return refuse_request(exchange, 413,
                              fmt::format("the body is longer than {} bytes", route->body_bytes_max));
    const auto expect = head.headers.find("expect");
    if (expect != head.headers.end() && !is_same_ignoring_case(expect->second, "100-continue"))
        return refuse_request(exchange, 417, "only 100-continue can be expected");

    if (route->body_to_file) {
        try {
            const auto number = service_.requests.fetch_add(1, std::memory_order_relaxed);
            exchange.upload = std::make_unique<Upload>(service_.settings.upload_folder,
                                                       fmt::format("{}-{:08x}", service_.id_prefix, number));
        } catch (const std::exception& trouble) {
            exchange.access.trouble = trouble.what();
            return refuse_request(exchange, 500, "the body cannot be stored");
        }
        Upload* upload = exchange.upload.get();
        request.body_file = upload->path();
        const auto into_file = [upload](std::string_view bytes) { return upload->write(bytes); };
        exchange.reader->body_to(into_file, route->body_bytes_max);
        return;
    }
    if (head.length) request.body.reserve(*head.length);
    std::string* body = &request.body;
    const auto into_body = [body](std::string_view bytes) {
        body->append(bytes);
        return true;
    };
    exchange.reader->body_to(into_body, route->body_bytes_max);
}

/// Until the request is whole, or `exchange.response` holds a refusal, or the connection is lost.
asio::awaitable<void> Session::read_request(Exchange& exchange) {
    due_in_request_time();
    MessageReader& reader = *exchange.reader;
    bool has_head = false;
    while (true) {
        const std::size_t before = reader.body_bytes();
        Fed fed = feed(exchange);
        if (fed == Fed::head) {
            has_head = true;
            understand(exchange);
            if (exchange.response.status != 0) {
                // A small body that came along need not cost the connection.
                const auto away = [](std::string_view) { return true; };
                reader.body_to(away, progress_bytes);
                if (!reader.is_whole()) fed = feed(exchange);
                if (fed != Fed::refused && reader.is_whole()) {
                    exchange.leaves_unread = false;
                    exchange.closes = !reader.head().keep_alive || reader.head().version == 10;
                }
                co_return;
            }
            if (reader.is_whole()) co_return;
            if (in_.empty() && reader.head().headers.contains("expect")) {
                const bool sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
                exchange.is_lost = !sent;
                if (!sent) co_return;
            }
            due_in_request_time();
            fed = feed(exchange);
        }
        made_progress(reader.body_bytes() - before);
        if (fed == Fed::whole) co_return;
        if (fed == Fed::refused) {
            if (reader.status() == 500) exchange.access.trouble = "the disk did not take an upload";
            refuse_request(exchange, reader.status(), reader.text());
            exchange.closes = exchange.leaves_unread = true;
            co_return;
        }
        const Came came = co_await receive();
        if (came == Came::bytes) continue;
        if (cut_) {
            exchange.is_lost = true;
        } else if (came == Came::late) {
            refuse_request(exchange, 408,
                           has_head ? "the body comes too slowly" : "the headers come too slowly");
        } else {
            refuse_request(exchange, 400, "the connection ended before the request was complete");
        }
        co_return;
    }
}

}  // namespace onecard::net
