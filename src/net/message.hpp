#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// HTTP/1.1 messages as they arrive. Protocol objects: bytes go in, they never touch a socket.
namespace onecard::net {

struct Head {
    std::string method, target;  ///< of a request
    int status = 0;              ///< of a reply
    int version = 11;            ///< 10 or 11
    std::map<std::string, std::string>
        headers;  ///< names in lower case; several of one name are joined by ", "
    bool keep_alive = false;
    bool has_body = false;
    bool ends_with_connection = false;  ///< a reply without a length
    std::optional<std::uint64_t> length;
};

enum class Fed {
    wants_more,  ///< feed again, with what was not used and more behind it
    head,        ///< the head is complete; say where the body goes, then feed on
    whole,       ///< the message is complete
    refused,     ///< see `status` and `text`
};

class MessageReader {
public:
    /// Returns false when it cannot take the bytes.
    using Sink = std::function<bool(std::string_view)>;

    virtual ~MessageReader() = default;
    /// `bytes_used` of `bytes` have been understood.
    virtual Fed feed(std::string_view bytes, std::size_t& bytes_used) = 0;
    /// For a reply without a length: the connection has ended. False when that cuts the message.
    virtual bool feed_end() = 0;
    virtual bool is_whole() const = 0;

    const Head& head() const { return head_; }
    void body_to(Sink sink, std::uint64_t bytes_max) {
        sink_ = std::move(sink);
        body_bytes_max_ = bytes_max;
    }
    std::uint64_t body_bytes() const { return body_bytes_; }
    /// Why it was refused: 400, 413, 431 or 500 (the sink failed), and a text for people.
    int status() const { return status_; }
    const std::string& text() const { return text_; }

protected:
    Head head_;
    Sink sink_;
    std::uint64_t body_bytes_max_ = 0;
    std::uint64_t body_bytes_ = 0;
    int status_ = 0;
    std::string text_;
};

std::unique_ptr<MessageReader> request_reader(std::uint32_t header_bytes_max);
std::unique_ptr<MessageReader> reply_reader(std::uint32_t header_bytes_max, bool to_head_request);

}  // namespace onecard::net
