#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "answer.hpp"
#include "message.hpp"
#include "service.hpp"
#include "target.hpp"
#include "upload.hpp"

namespace onecard::net {
namespace {

using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

// 64 KiB stays in the cache between the read of the file and its encryption; larger pieces were slower.
constexpr std::size_t piece_bytes = 64 * 1024;
// A fast connection lets the others of its loop in after this much.
constexpr std::size_t turn_bytes = 256 * 1024;
// A slow one must move this much within `seconds_per_request_max`: a byte a minute is not an upload.
constexpr std::size_t progress_bytes = 16 * 1024;
constexpr std::chrono::seconds last_words_max{2};
constexpr std::chrono::milliseconds quiet_stream_pause{100};

/// A bridge to the workers: the awaiting coroutine goes on on its own loop.
template <class T>
asio::awaitable<T> run_there(std::function<T()> work) {
    co_return work();
}
template <class T>
asio::awaitable<T> on_workers(asio::thread_pool& pool, std::function<T()> work) {
    return asio::co_spawn(pool, run_there<T>(std::move(work)), asio::use_awaitable);
}

class OpenFile {
public:
    explicit OpenFile(const std::filesystem::path& path) : file_{::open(path.c_str(), O_RDONLY | O_CLOEXEC)} {
        struct stat status{};
        if (file_ >= 0 && ::fstat(file_, &status) == 0 && S_ISREG(status.st_mode)) {
            size_ = static_cast<std::uint64_t>(status.st_size);
            is_good_ = true;
        }
    }
    ~OpenFile() {
        if (file_ >= 0) ::close(file_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    bool is_good() const { return is_good_; }
    std::uint64_t size() const { return size_; }
    /// False when the file gives less than it promised.
    bool read(char* into, std::size_t size, std::uint64_t offset) const {
        while (size > 0) {
            const ssize_t got = ::pread(file_, into, size, static_cast<off_t>(offset));
            if (got <= 0) return false;
            into += got;
            size -= static_cast<std::size_t>(got);
            offset += static_cast<std::uint64_t>(got);
        }
        return true;
    }

private:
    int file_ = -1;
    std::uint64_t size_ = 0;
    bool is_good_ = false;
};

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

bool is_request_id(std::string_view text) {
    if (text.empty() || text.size() > 64) return false;
    for (const char c : text)
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'))
            return false;
    return true;
}

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
        if (exchange.upload && response.file.empty() && !response.stream) exchange.upload->remove();
        return response;
    } catch (const std::exception& trouble) {
        return refused_500(trouble.what());
    } catch (...) {
        return refused_500("an exception of an unknown type");
    }
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
