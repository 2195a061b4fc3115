#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

#include "answer.hpp"
#include "body_parts.hpp"
#include "message.hpp"
#include "tls.hpp"

namespace onecard::net {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr std::uint32_t header_bytes_max = 64 * 1024;
constexpr std::uint64_t body_in_memory_max = 256ULL * 1024 * 1024;
constexpr std::size_t piece_bytes = 64 * 1024;

struct Address {
    std::string host, port;
};

Result<Address> parse_url(const std::string& url) {
    constexpr std::string_view scheme = "https://";
    if (!url.starts_with(scheme))
        return refuse(Fault::malformed, "the URL does not begin with https://", url);
    std::string_view rest = std::string_view{url}.substr(scheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    Address address{.port = "443"};
    if (rest.starts_with('[')) {
        const std::size_t end = rest.find(']');
        if (end == rest.npos) return refuse(Fault::malformed, "no ']' in the URL", url);
        address.host = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
    } else {
        address.host = rest.substr(0, rest.find(':'));
        rest.remove_prefix(address.host.size());
    }
    if (rest.starts_with(':')) {
        rest.remove_prefix(1);
        std::uint16_t port = 0;
        const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
        if (error != std::errc{} || stop != rest.data() + rest.size() || port == 0)
            return refuse(Fault::malformed, "no port number in the URL", url);
        address.port = rest;
        rest = {};
    }
    const bool is_name = std::ranges::none_of(address.host, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '@' || c == '?';
    });
    if (address.host.empty() || !is_name || !rest.empty())
        return refuse(Fault::malformed, "the URL is not https://host:port", url);
    return address;
}

class File {
public:
    explicit File(int number = -1) : number_{number} {}
    ~File() {
        if (number_ >= 0) ::close(number_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int number() const { return number_; }

private:
    int number_;
};

/// What one call sends and where its answer goes.
struct Call {
    std::string head;
    std::string_view body;
    std::span<const BodyPart> parts;  ///< instead of `body`
    bool is_head = false;
    int answer_file = -1;                                              ///< takes the body of a 200
    const std::function<void(std::string_view)>* on_answer = nullptr;  ///< sees what the file takes
    const std::function<bool(std::string_view)>* answer_to = nullptr;  ///< takes the body of a 200
    bool is_long = false;  ///< the deadline is renewed by every piece
};

/// How an attempt failed.
struct Broken {
    Failure failure;
    bool may_repeat = false;  ///< not a byte of an answer had come
};
using Attempt = std::expected<Reply, Broken>;

class TlsClient final : public Client {
public:
    TlsClient(ClientSettings settings, Address address, TlsContext tls)
        : settings_{std::move(settings)}, address_{std::move(address)}, tls_{std::move(tls)} {}
    ~TlsClient() override { disconnect(); }
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    Result<Reply> call(std::string_view method, std::string_view path_and_query, std::string_view body,
                       const std::map<std::string, std::string>& headers) override {
        auto head = head_of(method, path_and_query, body.size(), headers);
        if (!head) return std::unexpected(std::move(head.error()));
        return perform({.head = std::move(*head), .body = body, .is_head = method == "HEAD"});
    }

    Result<Reply> send_file(std::string_view method, std::string_view path, const fs::path& file,
                            const std::map<std::string, std::string>& headers) override {
        std::error_code error;
        const bool is_file = fs::is_regular_file(file, error);
        const std::uint64_t size = is_file ? fs::file_size(file, error) : 0;
        if (!is_file || error || ::access(file.c_str(), R_OK) != 0)
            return refuse(Fault::missing, "the file to send cannot be read", file.string());
        const BodyPart whole{.bytes = {}, .file = file, .file_bytes = size};
        return send_parts(method, path, {&whole, 1}, headers);
    }

    Result<Reply> send_parts(std::string_view method, std::string_view path, std::span<const BodyPart> parts,
                             const std::map<std::string, std::string>& headers) override {
        auto head = head_of(method, path, BodyReading{parts}.left(), headers);
        if (!head) return std::unexpected(std::move(head.error()));
        return perform({.head = std::move(*head), .parts = parts, .is_long = true});
    }

    Result<Reply> fetch(std::string_view path,
                        const std::function<bool(std::string_view)>& on_bytes) override {
        auto head = head_of("GET", path, 0, {});
        if (!head) return std::unexpected(std::move(head.error()));
        return perform({.head = std::move(*head), .answer_to = &on_bytes, .is_long = true});
    }

    Result<Reply> fetch_file(std::string_view path, const fs::path& file,
                             const std::function<void(std::string_view)>& on_bytes) override {
        auto head = head_of("GET", path, 0, {});
        if (!head) return std::unexpected(std::move(head.error()));
        // Under its name there is the whole file or none.
        fs::path part = file;
        part += ".part";
        std::error_code error;
        auto reply = [&]() -> Result<Reply> {
            const File target{::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
            if (target.number() < 0)
                return refuse(Fault::missing, std::string{"cannot write: "} + std::strerror(errno),
                              part.string());
            return perform({.head = std::move(*head),
                            .answer_file = target.number(),
                            .on_answer = on_bytes ? &on_bytes : nullptr,
                            .is_long = true});
        }();
        if (reply && reply->status == 200) {
            fs::rename(part, file, error);
            if (error) return refuse(Fault::missing, "cannot write: " + error.message(), file.string());
        } else {
            fs::remove(part, error);
        }
        return reply;
    }

private:
    Result<std::string> head_of(std::string_view method, std::string_view target, std::uint64_t body_bytes,
                                const std::map<std::string, std::string>& headers) const {
        const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; };
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
        if (method.empty() || std::ranges::any_of(method, is_bad) || !target.starts_with('/') ||
            std::ranges::any_of(target, is_bad))
            return refuse(Fault::malformed, "no method or path of HTTP", settings_.url);
        const bool is_v6 = address_.host.contains(':');
        std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}{}{}:{}\r\n", method, target,
                                       is_v6 ? "[" : "", address_.host, is_v6 ? "]" : "", address_.port);
        if (body_bytes > 0 || (method != "GET" && method != "HEAD" && method != "DELETE"))
            head += fmt::format("Content-Length: {}\r\n", body_bytes);
        for (const auto& [name, value] : headers) {
            if (name.empty() || std::ranges::any_of(name, is_bad) || name.contains(':') ||
                std::ranges::any_of(value, is_control))
                return refuse(Fault::malformed, "no header of HTTP: " + name, settings_.url);
            if (is_same_ignoring_case(name, "content-length") || is_same_ignoring_case(name, "host") ||
                is_same_ignoring_case(name, "transfer-encoding"))
                return refuse(Fault::malformed, "the client itself says " + name, settings_.url);
            head.append(name).append(": ").append(value).append("\r\n");
        }
        head += "\r\n";
        return head;
    }

    Result<Reply> perform(const Call& call) {
        renew_deadline();
        if (channel_ && !is_still_open()) disconnect();
        const bool was_kept = channel_.has_value();
        Attempt attempt = try_once(call);
        if (!attempt && attempt.error().may_repeat && was_kept) {
            disconnect();
            attempt = try_once(call);
        }
        if (attempt) return std::move(*attempt);
        disconnect();
        return std::unexpected(std::move(attempt.error().failure));
    }

    Attempt try_once(const Call& call) {
        if (!channel_) {
            auto connected = connect();
            if (!connected) return std::unexpected(Broken{std::move(connected.error())});
        }
        in_.clear();
        has_early_answer_ = false;
        if (auto broken = send_call(call)) return std::unexpected(std::move(*broken));
        return read_answer(call);
    }

    Failure failure(Fault fault, std::string text) const { return {fault, settings_.url, std::move(text)}; }
    Failure too_late() const {
        return failure(Fault::missing, fmt::format("no answer within {} s", settings_.seconds_max));
    }
    Failure tls_refused() const { return failure(Fault::forbidden, "TLS refused: " + channel_->trouble()); }

    void renew_deadline() { deadline_ = Clock::now() + std::chrono::seconds{settings_.seconds_max}; }

    /// False when the time is over.
    bool wait(short events) const {
        while (true) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
            if (left <= 0) return false;
            pollfd entry{.fd = socket_, .events = events, .revents = 0};
            const int ready = ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
            if (ready > 0) return true;
            if (ready < 0 && errno != EINTR) return false;
        }
    }
    bool wait_for(Step step) const { return wait(step == Step::wants_read ? POLLIN : POLLOUT); }

    void disconnect() {
        if (channel_) channel_->say_goodbye();
        channel_.reset();
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }

    /// Takes in what came between two calls: session tickets, or the server's farewell.
    bool is_still_open() {
        std::array<char, 1024> bytes{};
        std::size_t got = 0;
        return channel_->read(bytes, got) == Step::wants_read;
    }

    Result<void> connect() {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICSERV;
        addrinfo* list = nullptr;
        if (const int error = ::getaddrinfo(address_.host.c_str(), address_.port.c_str(), &hints, &list);
            error != 0)
            return std::unexpected(
                failure(Fault::missing, std::string{"no such host: "} + ::gai_strerror(error)));
        const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{list, ::freeaddrinfo};
        std::string trouble = "no address";
        for (const addrinfo* each = list; each != nullptr && socket_ < 0; each = each->ai_next)
            trouble = connect_to(*each);
        if (socket_ < 0) return std::unexpected(failure(Fault::missing, "nobody answers: " + trouble));

        channel_.emplace(tls_.get(), socket_, address_.host);
        while (true) {
            const Step step = channel_->handshake();
            if (step == Step::done) return {};
            Failure why = too_late();
            if (step == Step::refused) why = tls_refused();
            if (step == Step::ended)
                why = failure(Fault::missing, "the other side closed the connection during the handshake");
            if (step == Step::refused || step == Step::ended || !wait_for(step)) {
                disconnect();
                return std::unexpected(std::move(why));
            }
        }
    }

    /// Sets `socket_`, or says why not.
    std::string connect_to(const addrinfo& address) {
        socket_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (socket_ < 0) return std::strerror(errno);
        const int yes = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        int error = ::connect(socket_, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS) {
            socklen_t size = sizeof error;
            error = ETIMEDOUT;
            if (wait(POLLOUT)) ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
        }
        if (error == 0) return {};
        ::close(socket_);
        socket_ = -1;
        return std::strerror(error);
    }

    /// Takes in what is there. `in_` not empty afterwards: an answer has begun.
    Step read_some() {
        std::size_t got = 0;
        piece_.resize(piece_bytes);
        const Step step = channel_->read(piece_, got);
        if (step == Step::done) in_.append(piece_.data(), got);
        return step;
    }

    /// Nothing when all is sent, or when there is already an answer and the rest is not wanted.
    std::optional<Broken> send_bytes(std::string_view bytes, bool is_long) {
        while (!bytes.empty()) {
            std::size_t sent = 0;
            const Step step = channel_->write(bytes, sent);
            if (step == Step::done) {
                bytes.remove_prefix(sent);
                if (is_long) renew_deadline();
                continue;
            }
            // A server that refuses answers before it has read everything, and then reads no more.
            const Step reading = read_some();
            has_early_answer_ = !in_.empty();
            if (has_early_answer_) return std::nullopt;
            if (step == Step::refused || reading == Step::refused) return Broken{tls_refused()};
            if (step == Step::ended || reading == Step::ended)
                return Broken{
                    failure(Fault::missing, "the other side closed the connection without an answer"), true};
            if (!wait(POLLIN | (step == Step::wants_write ? POLLOUT : 0))) return Broken{too_late()};
        }
        return std::nullopt;
    }

    std::optional<Broken> send_call(const Call& call) {
        if (call.parts.empty()) {
            // One record for what is small.
            if (call.body.size() <= 16 * 1024)
                return send_bytes(call.head + std::string{call.body}, call.is_long);
            auto broken = send_bytes(call.head, call.is_long);
            if (!broken && !has_early_answer_) broken = send_bytes(call.body, call.is_long);
            return broken;
        }
        // The head goes with the first piece: a server that is told of a file has its beginning at once.
        outgoing_ = call.head;
        BodyReading body{call.parts};
        while (true) {
            if (!body.append_to(outgoing_, piece_bytes))
                return Broken{failure(Fault::mismatch, body.trouble())};
            auto broken = send_bytes(outgoing_, call.is_long);
            if (broken || has_early_answer_ || body.left() == 0) return broken;
            outgoing_.clear();
        }
    }

    Attempt read_answer(const Call& call) {
        Reply reply;
        auto reader = reply_reader(header_bytes_max, call.is_head);
        bool has_bytes = !in_.empty();
        while (true) {
            Fed fed = feed(*reader);
            if (fed == Fed::head) {
                const Head& head = reader->head();
                if (head.status / 100 == 1) {
                    reader = reply_reader(header_bytes_max, call.is_head);
                    continue;
                }
                reply.status = head.status;
                reply.headers = head.headers;
                direct_body(*reader, call, reply);
                fed = reader->is_whole() ? Fed::whole : feed(*reader);
            }
            if (fed == Fed::refused) {
                if (reader->status() == 500)
                    return std::unexpected(Broken{failure(Fault::missing, "the answer cannot be written")});
                return std::unexpected(Broken{failure(Fault::malformed, "no HTTP: " + reader->text())});
            }
            if (fed == Fed::whole) break;

            const Step step = read_some();
            if (step == Step::done) {
                has_bytes = true;
                if (call.is_long) renew_deadline();
                continue;
            }
            if (step == Step::refused) return std::unexpected(Broken{tls_refused()});
            if (step == Step::ended) {
                if (reader->head().ends_with_connection && reader->feed_end()) break;
                const std::string text =
                    has_bytes ? "the other side closed the connection in the middle of its answer"
                              : "the other side closed the connection without an answer";
                return std::unexpected(Broken{failure(Fault::missing, text), !has_bytes});
            }
            if (!wait_for(step)) return std::unexpected(Broken{too_late()});
        }
        if (!reader->head().keep_alive || has_early_answer_ || !in_.empty()) disconnect();
        return reply;
    }

    Fed feed(MessageReader& reader) {
        std::size_t used = 0;
        const Fed fed = reader.feed(in_, used);
        in_.erase(0, used);
        return fed;
    }

    static void direct_body(MessageReader& reader, const Call& call, Reply& reply) {
        if (call.answer_to != nullptr && reply.status == 200) {
            reader.body_to(*call.answer_to, UINT64_MAX);
            return;
        }
        if (call.answer_file >= 0 && reply.status == 200) {
            const auto into_file = [file = call.answer_file, seen = call.on_answer](std::string_view bytes) {
                if (seen != nullptr) (*seen)(bytes);
                while (!bytes.empty()) {
                    const ssize_t written = ::write(file, bytes.data(), bytes.size());
                    if (written <= 0 && errno != EINTR) return false;
                    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
                }
                return true;
            };
            reader.body_to(into_file, UINT64_MAX);
            return;
        }
        const auto into_body = [&body = reply.body](std::string_view bytes) {
            body.append(bytes);
            return true;
        };
        reader.body_to(into_body, body_in_memory_max);
    }

    ClientSettings settings_;
    Address address_;
    TlsContext tls_;
    int socket_ = -1;
    std::optional<Channel> channel_;
    Clock::time_point deadline_;
    std::string in_;
    std::vector<char> piece_;
    std::string outgoing_;
    bool has_early_answer_ = false;
};

}  // namespace

Result<std::unique_ptr<Client>> create_client(ClientSettings settings) {
    auto address = parse_url(settings.url);
    if (!address) return std::unexpected(std::move(address.error()));
    auto tls = client_context(settings.certificate, settings.key, settings.authorities);
    if (!tls) return std::unexpected(std::move(tls.error()));
    return std::make_unique<TlsClient>(std::move(settings), std::move(*address), std::move(*tls));
}

}  // namespace onecard::net
