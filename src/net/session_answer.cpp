#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <optional>
#include <utility>

#include "body_parts.hpp"
#include "session.hpp"

namespace onecard::net {
namespace {

std::string_view date_of(Loop& loop) {
    const std::time_t now = std::time(nullptr);
    if (now != loop.date_second) {
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        loop.date = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                                days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                                parts.tm_hour, parts.tm_min, parts.tm_sec);
        loop.date_second = now;
    }
    return loop.date;
}

}  // namespace

asio::awaitable<bool> Session::send(std::string_view bytes) {
    while (!bytes.empty()) {
        std::size_t sent = 0;
        const Step step = channel_.write(bytes, sent);
        if (step == Step::done) {
            bytes.remove_prefix(sent);
            bytes_out_ += sent;
            made_progress(sent);
            continue;
        }
        if (step == Step::ended || step == Step::refused || expired_) co_return false;
        co_await wait(step == Step::wants_read ? tcp::socket::wait_read : tcp::socket::wait_write);
    }
    co_await take_turns();
    co_return !cut_;
}

/// On a worker.
Piece Session::next_piece(Exchange& exchange) {
    Piece piece;
    try {
        piece.has_more = exchange.response.stream(piece.bytes);
    } catch (const std::exception& trouble) {
        piece.trouble = trouble.what();
    } catch (...) {
        piece.trouble = "an exception of an unknown type";
    }
    return piece;
}

asio::awaitable<void> Session::answer_with_file(Exchange& exchange, AnswerHead& head) {
    const OpenFile file{exchange.response.file};
    const auto& headers = exchange.request.headers;
    Part part{.first = 0, .length = file.size()};
    std::string content_range;
    head.takes_ranges = true;
    const auto range = headers.find("range");
    const auto if_range = headers.find("if-range");
    const std::string* etag = header_of(exchange.response.headers, "etag");
    const bool may_part =
        head.status == 200 && !exchange.is_head && range != headers.end() &&
        (if_range == headers.end() || (etag != nullptr && is_same_strong(if_range->second, *etag)));
    if (!file.is_good()) {
        exchange.access.trouble = "no readable file: " + exchange.response.file.string();
        exchange.response = refusal(500, "something went wrong on our side", exchange.request);
        exchange.response.file.clear();
    } else if (may_part) {
        switch (select_part(range->second, file.size(), part)) {
            case Selection::whole: break;
            case Selection::part:
                head.status = 206;
                content_range =
                    fmt::format("bytes {}-{}/{}", part.first, part.first + part.length - 1, file.size());
                break;
            case Selection::unsatisfiable:
                exchange.response =
                    refusal(416, fmt::format("the file has {} bytes", file.size()), exchange.request);
                exchange.response.file.clear();
                exchange.response.headers["Content-Range"] = fmt::format("bytes */{}", file.size());
                break;
        }
    }
    if (exchange.response.file.empty()) {
        exchange.response.stream = nullptr;
        co_await answer(exchange);
        co_return;
    }
    head.content_range = content_range;
    head.length = part.length;
    std::string buffer = render(head);
    exchange.access.status = head.status;
    if (exchange.is_head) part.length = 0;
    std::size_t kept = buffer.size();
    do {
        const std::size_t size = std::min<std::uint64_t>(part.length, piece_bytes);
        buffer.resize(kept + size);
        if (!file.read(buffer.data() + kept, size, part.first)) {
            exchange.access.trouble = "the file became shorter: " + exchange.response.file.string();
            exchange.is_lost = true;
            co_return;
        }
        part.first += size;
        part.length -= size;
        kept = 0;
        const bool sent = co_await send(buffer);
        exchange.is_lost = !sent;
    } while (part.length > 0 && !exchange.is_lost);
}

asio::awaitable<void> Session::answer_with_parts(Exchange& exchange, AnswerHead& head) {
    BodyReading body{exchange.response.parts};
    head.length = body.left();
    std::string buffer = render(head);
    bool goes_on = true;
    while (goes_on) {
        if (!exchange.is_head && !body.append_to(buffer, piece_bytes)) {
            // Shorter than was said: the client knows that this is not all.
            exchange.access.trouble = body.trouble();
            exchange.is_lost = true;
            co_return;
        }
        const bool sent = co_await send(buffer);
        exchange.is_lost = !sent;
        buffer.clear();
        goes_on = sent && !exchange.is_head && body.left() > 0;
    }
}

asio::awaitable<void> Session::answer_with_stream(Exchange& exchange, AnswerHead& head) {
    const bool is_chunked = exchange.reader->head().version == 11;
    head.is_chunked = is_chunked;
    std::string buffer = render(head);
    bool has_more = !exchange.is_head;
    bool sent = co_await send(buffer);
    while (sent && has_more) {
        std::function<Piece()> work = [this, &exchange] { return next_piece(exchange); };
        not_due();
        Piece piece = co_await on_workers(service_.pool, std::move(work));
        due_in_request_time();
        if (!piece.trouble.empty()) {
            // Without the last chunk the client knows that this is not all.
            exchange.access.trouble = piece.trouble;
            exchange.is_lost = true;
            co_return;
        }
        has_more = piece.has_more;
        if (piece.bytes.empty()) {
            if (!has_more) break;
            if (service_.is_stopping) break;
            asio::steady_timer pause{loop_.context, quiet_stream_pause};
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
            sent = !cut_;
            continue;
        }
        if (is_chunked) {
            buffer = fmt::format("{:x}\r\n", piece.bytes.size());
            buffer.append(piece.bytes).append("\r\n");
            sent = co_await send(buffer);
        } else {
            sent = co_await send(piece.bytes);
        }
    }
    if (sent && is_chunked && !exchange.is_head) sent = co_await send("0\r\n\r\n");
    exchange.is_lost = !sent;
}

asio::awaitable<void> Session::answer(Exchange& exchange) {
    due_in_request_time();
    Response& response = exchange.response;
    const auto& headers = exchange.request.headers;
    const std::string& method = exchange.request.method;
    const std::string* etag = header_of(response.headers, "etag");
    const auto if_none_match = headers.find("if-none-match");
    if (response.status == 200 && (method == "GET" || method == "HEAD") && etag != nullptr &&
        if_none_match != headers.end() && is_listed(if_none_match->second, *etag)) {
        response.status = 304;
        response.body.clear();
        response.file.clear();
        response.stream = nullptr;
        response.parts.clear();
    }
    if (service_.is_stopping) exchange.closes = true;
    AnswerHead head{.status = response.status,
                    .content_type = response.content_type,
                    .headers = &response.headers,
                    .closes = exchange.closes,
                    .request_id = exchange.request.id,
                    .date = date_of(loop_)};
    exchange.access.status = response.status;
    if (!response.file.empty()) {
        co_await answer_with_file(exchange, head);
        co_return;
    }
    if (response.stream) {
        co_await answer_with_stream(exchange, head);
        co_return;
    }
    if (!response.parts.empty()) {
        co_await answer_with_parts(exchange, head);
        co_return;
    }
    const bool has_no_body = response.status == 204 || response.status == 304;
    if (has_no_body)
        head.content_type = {};
    else
        head.length = response.body.size();
    std::string out = render(head);
    const bool sends_body = !exchange.is_head && !has_no_body;
    // One record and one packet for what is small; no copy of what is not.
    const bool fits = response.body.size() <= progress_bytes;
    if (sends_body && fits) out += response.body;
    bool sent = co_await send(out);
    if (sent && sends_body && !fits) sent = co_await send(response.body);
    exchange.is_lost = !sent;
}

}  // namespace onecard::net
