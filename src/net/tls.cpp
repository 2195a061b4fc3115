#include "tls.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>

namespace onecard::net {
namespace {

// OpenSSL's socket BIO writes with write(2), which kills the process by SIGPIPE when the other side is gone. This one
// sends with MSG_NOSIGNAL, so that the house need not change how its process treats signals.
int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* sent) {
    BIO_clear_retry_flags(bio);
    const ssize_t result = ::send(socket_of(bio), bytes, size, MSG_NOSIGNAL);
    if (result > 0) {
        *sent = static_cast<std::size_t>(result);
        return 1;
    }
    if (errno == EAGAIN || errno == EINTR) BIO_set_retry_write(bio);
    return 0;
}

int bio_read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
    BIO_clear_retry_flags(bio);
    const ssize_t result = ::recv(socket_of(bio), into, size, 0);
    if (result > 0) {
        *got = static_cast<std::size_t>(result);
        return 1;
    }
    if (result == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    else if (errno == EAGAIN || errno == EINTR)
        BIO_set_retry_read(bio);
    return 0;
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* socket_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "onecard socket");
        ensure(made != nullptr, "OpenSSL has no memory for a BIO method");
        BIO_meth_set_write_ex(made, bio_write);
        BIO_meth_set_read_ex(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    return method;
}

/// The newest reason in OpenSSL's queue, which is emptied.
std::string openssl_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    std::string text = reason != nullptr ? reason : "TLS failed";
    ERR_clear_error();
    return text;
}

Result<TlsContext> context_for(const SSL_METHOD* method, const std::filesystem::path& certificate,
                               const std::filesystem::path& key, const std::filesystem::path& authorities) {
    for (const auto& file : {certificate, key, authorities}) {
        std::error_code error;
        if (!std::filesystem::is_regular_file(file, error))
            return refuse(Fault::missing, "the PEM file is not there", file.string());
    }
    ERR_clear_error();
    TlsContext context{SSL_CTX_new(method)};
    ensure(context != nullptr, "OpenSSL cannot make a context");
    SSL_CTX* raw = context.get();
    SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    SSL_CTX_set_options(raw,
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(raw, 1);
    // A key with a passphrase is refused; the default would ask for it on the terminal of a daemon.
    SSL_CTX_set_default_passwd_cb(raw, [](char*, int, int, void*) { return 0; });

    if (SSL_CTX_use_certificate_chain_file(raw, certificate.c_str()) != 1)
        return refuse(Fault::malformed, "no PEM certificate: " + openssl_reason(), certificate.string());
    if (SSL_CTX_use_PrivateKey_file(raw, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        const unsigned long code = ERR_peek_last_error();
        const bool other_key = ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH ||
                               ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH;
        return refuse(
            other_key ? Fault::mismatch : Fault::malformed,
            (other_key ? "the key does not belong to the certificate: " : "no PEM key: ") + openssl_reason(),
            key.string());
    }
    if (SSL_CTX_check_private_key(raw) != 1)
        return refuse(Fault::mismatch, "the key does not belong to the certificate: " + openssl_reason(),
                      key.string());
    if (SSL_CTX_load_verify_file(raw, authorities.c_str()) != 1)
        return refuse(Fault::malformed, "no PEM certificates: " + openssl_reason(), authorities.string());
    return context;
}

std::string text_of(const ASN1_TIME* time) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), BIO_free};
    ASN1_TIME_print(memory.get(), time);
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

/// The subject's common name in UTF-8, or nothing when there is none or it hides a NUL.
std::string common_name(X509* certificate) {
    X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return {};
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) return {};
    std::string name{reinterpret_cast<char*>(text), static_cast<std::size_t>(size)};
    OPENSSL_free(text);
    return name.contains('\0') ? std::string{} : name;
}

}  // namespace

Result<TlsContext> server_context(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                  const std::filesystem::path& authorities) {
    auto context = context_for(TLS_server_method(), certificate, key, authorities);
    if (!context) return context;
    SSL_CTX* raw = context->get();
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(authorities.c_str()));
    // Sessions live in tickets on the client's side; the ticket carries the client's certificate. Ten minutes, so
    // that a certificate taken back by a new authorities file is not remembered for long.
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(raw, 600);
    SSL_CTX_set_num_tickets(raw, 1);
    constexpr std::array<unsigned char, 7> session_name{'o', 'n', 'e', 'c', 'a', 'r', 'd'};
    SSL_CTX_set_session_id_context(raw, session_name.data(), session_name.size());
    SSL_CTX_set_alpn_select_cb(
        raw,
        [](SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
           unsigned int offered_size, void*) {
            static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
            unsigned char* match = nullptr;
            if (SSL_select_next_proto(&match, chosen_size, ours.data(), ours.size(), offered, offered_size) !=
                OPENSSL_NPN_NEGOTIATED)
                return SSL_TLSEXT_ERR_NOACK;
            *chosen = match;
            return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
    return context;
}

Result<TlsContext> client_context(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                  const std::filesystem::path& authorities) {
    auto context = context_for(TLS_client_method(), certificate, key, authorities);
    if (!context) return context;
    SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, nullptr);
    return context;
}

Channel::Channel(SSL_CTX* context, int socket) : ssl_{SSL_new(context)} {
    ensure(ssl_ != nullptr, "OpenSSL cannot make a connection");
    BIO* bio = BIO_new(socket_method());
    ensure(bio != nullptr, "OpenSSL cannot make a BIO");
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
}

Channel::Channel(SSL_CTX* context, int socket, const std::string& host) : Channel(context, socket) {
    SSL_set_connect_state(ssl_.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) == 1) return;
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl_.get(), host.c_str());
    SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
}

Step Channel::step_of(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: return Step::wants_read;
        case SSL_ERROR_WANT_WRITE: return Step::wants_write;
        case SSL_ERROR_ZERO_RETURN: return Step::ended;
        case SSL_ERROR_SSL: break;
        default: return Step::ended;
    }
    is_deaf_ = is_mute_ = true;
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return Step::ended;
    }
    trouble_ = openssl_reason();
    const long verdict = SSL_get_verify_result(ssl_.get());
    if (verdict != X509_V_OK) trouble_ += fmt::format(" ({})", X509_verify_cert_error_string(verdict));
    return Step::refused;
}

Step Channel::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    return result == 1 ? Step::done : step_of(result);
}

Step Channel::read(std::span<char> into, std::size_t& bytes_got) {
    if (is_deaf_) return Step::ended;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes_got);
    const Step step = result == 1 ? Step::done : step_of(result);
    is_deaf_ = is_deaf_ || step == Step::ended;
    return step;
}

Step Channel::write(std::string_view bytes, std::size_t& bytes_sent) {
    if (is_mute_) return Step::ended;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &bytes_sent);
    const Step step = result == 1 ? Step::done : step_of(result);
    is_mute_ = is_mute_ || step == Step::ended;
    return step;
}

void Channel::say_goodbye() {
    if (is_mute_ || SSL_is_init_finished(ssl_.get()) == 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

Result<Peer> Channel::peer() const {
    X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK)
        return refuse(Fault::missing, "no verified certificate");
    // A full handshake has looked at the dates; a resumed one has not.
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
        return refuse(Fault::forbidden,
                      "certificate has expired " + text_of(X509_get0_notAfter(certificate)));

    Peer peer{.name = common_name(certificate)};
    if (peer.name.empty()) return refuse(Fault::forbidden, "the certificate has no common name");
    unsigned int size = 0;
    ensure(X509_digest(certificate, EVP_sha256(), peer.fingerprint.bytes.data(), &size) == 1 && size == 32,
           "OpenSSL cannot hash a certificate");
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), BIO_free};
    PEM_write_bio_X509(memory.get(), certificate);
    char* text = nullptr;
    const long length = BIO_get_mem_data(memory.get(), &text);
    peer.certificate_pem.assign(text, static_cast<std::size_t>(length));
    return peer;
}

}  // namespace onecard::net
