#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"
#include "onecard/net/http.hpp"

/// TLS over a non-blocking socket that somebody else waits for. Not asio::ssl::stream: that one keeps two buffers of
/// 17 KiB and a BIO pair of twice 17 KiB for every connection, more than the 64 KiB an idle one may cost, and
/// copies every byte once more than OpenSSL itself does.
namespace onecard::net {

struct FreeSsl {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeSsl>;

/// PEM files: own chain, own key, and who may sign the other side. TLS 1.2 floor; the other side must show a
/// certificate. Errors: missing (a file), malformed (not PEM), mismatch (key and certificate are not a pair).
Result<TlsContext> server_context(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                  const std::filesystem::path& authorities);
Result<TlsContext> client_context(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                  const std::filesystem::path& authorities);

/// What one attempt came to.
enum class Step {
    done,         ///< some bytes went through
    wants_read,   ///< try again when the socket is readable
    wants_write,  ///< try again when the socket is writable
    ended,        ///< the other side is gone, politely or not
    refused,      ///< TLS itself failed, on either side: see `trouble`
};

/// One TLS connection. Never blocks, never throws, does not own the socket.
class Channel {
public:
    /// Of a server.
    Channel(SSL_CTX* context, int socket);
    /// Of a client, which insists that the certificate of the other side names `host` (a name or an IP address).
    Channel(SSL_CTX* context, int socket, const std::string& host);

    Step handshake();
    /// `bytes_got` > 0 when done.
    Step read(std::span<char> into, std::size_t& bytes_got);
    /// `bytes_sent` > 0 when done; at most one TLS record of 16 KiB at a time. After wants_…, the same bytes
    /// must be offered again.
    Step write(std::string_view bytes, std::size_t& bytes_sent);
    /// Says that nothing more will be sent; best effort.
    void say_goodbye();

    /// Why it was refused, in OpenSSL's words.
    const std::string& trouble() const { return trouble_; }
    /// The other side's certificate as verified, also on a resumed session. Errors: missing (none was shown),
    /// forbidden (it has expired since the session was first made, or has no usable name).
    Result<Peer> peer() const;

private:
    Step step_of(int result);
    std::unique_ptr<SSL, FreeSsl> ssl_;
    std::string trouble_;
    bool is_deaf_ = false;  ///< nothing more can be read …
    bool is_mute_ = false;  ///< … or written; a farewell may still be readable when nothing can be written
};

}  // namespace onecard::net
