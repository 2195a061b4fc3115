#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/digest.hpp"
#include "onecard/core/result.hpp"

/// HTTPS with mutual TLS in the house's own words: nothing of Beast or OpenSSL is visible here.
namespace onecard::net {

/// Who is at the other end: the client certificate's common name and fingerprint (SHA-256 of its DER).
struct Peer {
    std::string name;
    Digest fingerprint;
    std::string certificate_pem;
    std::string address;  ///< for the log
};

struct Request {
    std::string method;                             ///< "GET"
    std::string path;                               ///< decoded, without the query
    std::map<std::string, std::string> parameters;  ///< from the route's {name} segments
    std::map<std::string, std::string> query;       ///< decoded
    std::map<std::string, std::string> headers;     ///< names in lower case
    std::string body;                               ///< when it fits `Route::body_bytes_max`
    std::filesystem::path body_file;                ///< for routes that take files: the complete upload
    std::string id;                                 ///< request id, for the log and the answer
    Peer peer;
};

/// A piece of a body: `bytes`, and behind them the whole of a file, where one is named.
struct BodyPart {
    std::string bytes;
    std::filesystem::path file;
    std::uint64_t file_bytes = 0;  ///< which it must have
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::map<std::string, std::string> headers;
    std::string body;
    std::filesystem::path file;  ///< sent instead of `body` when not empty (Range honoured)
    /// Sent instead of `body` when set: called on a worker until it returns false; each piece is one chunk. An empty
    /// piece with true means "nothing yet": it is asked again after 100 ms, or ended when the server stops.
    std::function<bool(std::string& piece)> stream;
    /// Sent instead of `body` when not empty: one after the other as one body of known length, in constant memory. A
    /// Range is answered with the whole.
    std::vector<BodyPart> parts;
    /// Lives until the answer was sent or broke off.
    std::shared_ptr<const void> held;
};

using Handle = std::function<Response(const Request&)>;

/// One way in. The table of all of them is written by hand in main.
struct Route {
    std::string method;
    std::string pattern;  ///< "/v1/runs/{run}/approve"; a segment {name} matches one segment, {name}.p7s
                          ///< one that ends so
    std::uint64_t body_bytes_max = 64 * 1024;
    bool body_to_file = false;  ///< stream the body into a file of `ServerSettings::upload_folder`
    Handle handle;              ///< runs on the worker pool; may block
    bool body_synced = true;  ///< the body's file is on the disk; false where the handler syncs what it keeps
};

struct ServerSettings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;             ///< 0: any free port
    std::filesystem::path certificate;  ///< PEM
    std::filesystem::path key;          ///< PEM
    std::filesystem::path authorities;  ///< PEM, who may sign client certificates
    std::filesystem::path upload_folder;
    int io_threads = 1;
    int workers = 4;
    std::size_t connections_max = 4096;
    std::uint32_t header_bytes_max = 16 * 1024;
    std::uint32_t seconds_per_request_max = 60;  ///< to send headers, and between two pieces of a body
    std::uint32_t idle_seconds_max = 300;
};

/// What the server tells about each answered request; `ops` logs it.
struct Access {
    std::string peer, method, path, id, address;
    std::string route;  ///< the pattern that took it; empty when none did
    int status = 0;
    std::uint64_t bytes_in = 0, bytes_out = 0;
    std::int64_t microseconds = 0;
    /// For the log only, never sent: what a handler threw, why TLS refused (then `status` is 0 and there is no
    /// method), or that the client was gone before the end.
    std::string trouble;
};

class Server {
public:
    virtual ~Server() = default;
    /// The port that it listens on.
    virtual std::uint16_t port() const = 0;
    /// Stops listening, lets running requests end (at most `seconds`), then returns.
    virtual void stop(std::uint32_t seconds) = 0;
    /// Reads certificate, key and authorities anew; connections made from now on use them. Errors: as of
    /// create_server; what was in use stays.
    virtual Result<void> renew_certificates() = 0;
};

/// Starts to serve at once. A request without a valid client certificate does not get past the handshake.
/// `refused` makes the answer for what no handler gives (400, 404, 405, 408, 413, 416, 417, 431, 500): status and a
/// text for people. It and `on_access` are called from several threads at once.
/// Errors: missing or malformed certificate files, mismatch of key and certificate; malformed address or pattern,
/// duplicate routes; conflict when the address is taken, forbidden when it cannot be listened on.
Result<std::unique_ptr<Server>> create_server(
    ServerSettings settings, std::vector<Route> routes,
    std::function<Response(int status, std::string text, const Request&)> refused,
    std::function<void(const Access&)> on_access);

/// A client of such a server; keeps its connection open between calls; not thread-safe.
struct ClientSettings {
    std::string url;  ///< "https://127.0.0.1:8443"
    std::filesystem::path certificate;
    std::filesystem::path key;
    std::filesystem::path authorities;
    std::uint32_t seconds_max = 120;
};
struct Reply {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
};
class Client {
public:
    virtual ~Client() = default;
    /// Errors: missing (nobody answers), forbidden (TLS refused by either side), malformed (no HTTP): place is the URL.
    virtual Result<Reply> call(std::string_view method, std::string_view path_and_query,
                               std::string_view body = {},
                               const std::map<std::string, std::string>& headers = {}) = 0;
    /// Sends a file as the body without holding it in memory.
    virtual Result<Reply> send_file(std::string_view method, std::string_view path,
                                    const std::filesystem::path& file,
                                    const std::map<std::string, std::string>& headers = {}) = 0;
    /// Writes the answer's body to `file` (status 200 only; else it is in Reply::body). `on_bytes` sees the same bytes
    /// as they come; when the call fails or the disk refuses them it may have seen the beginning.
    virtual Result<Reply> fetch_file(std::string_view path, const std::filesystem::path& file,
                                     const std::function<void(std::string_view)>& on_bytes = {}) = 0;
    /// Sends the parts as one body without holding their files in memory.
    virtual Result<Reply> send_parts(std::string_view method, std::string_view path,
                                     std::span<const BodyPart> parts,
                                     const std::map<std::string, std::string>& headers = {}) = 0;
    /// Hands the answer's body over as it comes (status 200 only; else it is in Reply::body). Where `on_bytes` returns
    /// false, the connection is ended and the call fails as missing.
    virtual Result<Reply> fetch(std::string_view path,
                                const std::function<bool(std::string_view)>& on_bytes) = 0;
};
Result<std::unique_ptr<Client>> create_client(ClientSettings settings);

}  // namespace onecard::net
