#include "message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace onecard::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// Beast's parser feeds a body without copying it only to who derives from it.
template <bool is_request>
class Reader final : public MessageReader, private http::basic_parser<is_request> {
    using Parser = http::basic_parser<is_request>;

public:
    Reader(std::uint32_t header_bytes_max, bool without_body) : header_bytes_max_{header_bytes_max} {
        this->header_limit(header_bytes_max);
        this->body_limit(boost::none);
        if constexpr (!is_request) this->skip(without_body);
    }

    Fed feed(std::string_view bytes, std::size_t& bytes_used) override {
        bytes_used = 0;
        while (!Parser::is_done()) {
            const bool had_head = has_head_;
            error_code error;
            const std::string_view rest = bytes.substr(bytes_used);
            const std::size_t used = this->put(boost::asio::const_buffer{rest.data(), rest.size()}, error);
            bytes_used += used;
            if (!had_head) header_bytes_ += used;
            if (error == http::error::need_more) {
                const std::size_t waiting = bytes.size() - bytes_used;
                if (!had_head && header_bytes_ + waiting > header_bytes_max_) return too_long();
                // A chunk's head or trailer that never ends.
                if (had_head && waiting > header_bytes_max_)
                    return refuse_with(400, "a chunk's head is too long");
                return Fed::wants_more;
            }
            if (error) return refusal(error);
            if (!had_head && has_head_) {
                if (header_bytes_ > header_bytes_max_) return too_long();
                return Fed::head;
            }
            if (used == 0 && bytes_used == bytes.size() && !Parser::is_done()) return Fed::wants_more;
        }
        return Fed::whole;
    }

    bool feed_end() override {
        if (!this->need_eof()) return false;
        error_code error;
        this->put_eof(error);
        return !error;
    }

    bool is_whole() const override { return status_ == 0 && Parser::is_done(); }

private:
    void on_request_impl(http::verb, string_view method, string_view target, int version,
                         error_code& error) override {
        if (version != 11 && version != 10) error = http::error::bad_version;
        head_.method = std::string{method};
        head_.target = std::string{target};
        head_.version = version;
    }
    void on_response_impl(int status, string_view, int version, error_code&) override {
        head_.status = status;
        head_.version = version;
    }
    void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
        if (has_head_) return;  // A trailer comes after the decisions that headers are for.
        const auto [at, is_new] =
            head_.headers.try_emplace(lower(std::string_view{name.data(), name.size()}), value);
        if (!is_new) at->second.append(", ").append(value.data(), value.size());
        if (!is_new && at->first == "host") is_ambiguous_ = true;
    }
    void on_header_impl(error_code& error) override {
        has_head_ = true;
        head_.keep_alive = this->keep_alive();
        head_.has_body = !Parser::is_done();
        head_.ends_with_connection = this->need_eof();
        if (const auto length = this->content_length()) head_.length = *length;
        // Any other coding would leave two readers in doubt about where the body ends.
        if (const auto coding = head_.headers.find("transfer-encoding"); coding != head_.headers.end())
            if (lower(coding->second) != "chunked" || head_.version != 11)
                error = http::error::bad_transfer_encoding;
        if (is_ambiguous_) error = http::error::bad_field;
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view body, error_code& error) override { return take(body, error); }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& error) override {
        return take(body, error);
    }
    void on_finish_impl(error_code&) override {}

    std::size_t take(string_view body, error_code& error) {
        body_bytes_ += body.size();
        if (body_bytes_ > body_bytes_max_)
            error = http::error::body_limit;
        else if (sink_ && !sink_(std::string_view{body.data(), body.size()}))
            error =
                http::error::end_of_stream;  // Stands for "the sink failed"; put() never returns it itself.
        return body.size();
    }

    Fed refuse_with(int status, std::string text) {
        status_ = status;
        text_ = std::move(text);
        return Fed::refused;
    }
    Fed too_long() {
        return refuse_with(431, fmt::format("the headers are longer than {} bytes", header_bytes_max_));
    }
    Fed refusal(error_code error) {
        if (error == http::error::header_limit) return too_long();
        if (error == http::error::body_limit)
            return refuse_with(413, fmt::format("the body is longer than {} bytes", body_bytes_max_));
        if (error == http::error::end_of_stream) return refuse_with(500, "the body cannot be stored");
        return refuse_with(400, fmt::format("no HTTP: {}", error.message()));
    }

    std::uint32_t header_bytes_max_;
    std::size_t header_bytes_ = 0;
    bool has_head_ = false;
    bool is_ambiguous_ = false;
};

}  // namespace

std::unique_ptr<MessageReader> request_reader(std::uint32_t header_bytes_max) {
    return std::make_unique<Reader<true>>(header_bytes_max, false);
}

std::unique_ptr<MessageReader> reply_reader(std::uint32_t header_bytes_max, bool to_head_request) {
    return std::make_unique<Reader<false>>(header_bytes_max, to_head_request);
}

}  // namespace onecard::net
