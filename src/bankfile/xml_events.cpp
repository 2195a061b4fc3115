#include "xml_events.hpp"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace onecard::bankfile::syntax {

namespace {

constexpr std::size_t declaration_bytes_max = 200;
/// Without any of the bytes by which pieces can be cut.
constexpr std::size_t carried_bytes_max = std::size_t{1} << 20U;

std::string_view text_of(const xmlChar* text) {
    return text == nullptr ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(text)};
}

std::string_view name_of(Encoding encoding) {
    switch (encoding) {
        case Encoding::utf8: return "UTF-8";
        case Encoding::gbk: return "GBK";
        case Encoding::gb18030: return "GB18030";
    }
    broken("an encoding that does not exist");
}

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
        const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
        return upper(x) == upper(y);
    });
}

}  // namespace

class XmlEvents::Parser {
public:
    explicit Parser(XmlEvents& events) : events_{events} {
        // Once, and thread-safe: the parser's own state is made here.
        [[maybe_unused]] static const bool is_ready = (xmlInitParser(), true);
        xmlSAXHandler sax;
        std::memset(&sax, 0, sizeof sax);
        sax.initialized = XML_SAX2_MAGIC;
        sax.startElementNs = [](void* self, const xmlChar* name, const xmlChar*, const xmlChar* space, int,
                                const xmlChar**, int count, int, const xmlChar** attributes) {
            static_cast<Parser*>(self)->guarded(
                [&](Parser& parser) { parser.start(text_of(name), text_of(space), attributes, count); });
        };
        sax.endElementNs = [](void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
            static_cast<Parser*>(self)->guarded([](Parser& parser) { parser.end(); });
        };
        sax.characters = sax.cdataBlock = [](void* self, const xmlChar* text, int length) {
            static_cast<Parser*>(self)->guarded([&](Parser& parser) {
                parser.characters({reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
            });
        };
        sax.internalSubset = [](void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
            static_cast<Parser*>(self)->guarded(
                [](Parser& parser) { parser.stop("a document type (DOCTYPE) is not accepted"); });
        };
        sax.serror = [](void* self, xmlErrorPtr error) {
            static_cast<Parser*>(self)->guarded([&](Parser& parser) { parser.wrong(*error); });
        };
        context_ = xmlCreatePushParserCtxt(&sax, this, nullptr, 0, nullptr);
        if (context_ == nullptr) throw std::bad_alloc{};
        xmlCtxtUseOptions(context_, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    }
    ~Parser() { xmlFreeParserCtxt(context_); }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    void feed(std::string_view bytes) {
        if (stopped_ || bytes.empty()) return;
        carried_ += bytes;
        if (!declared_ && !take_declaration()) return;
        // No byte below 0x30 is a later part of a character in UTF-8, GBK or GB18030.
        std::size_t end = carried_.size();
        while (end > 0 && static_cast<unsigned char>(carried_[end - 1]) >= 0x30) --end;
        if (end == 0 && carried_.size() > carried_bytes_max) return stop("a name or a text without an end");
        pass_on(std::string_view{carried_}.substr(0, end), false);
        carried_.erase(0, end);
    }

    void finish() {
        if (!stopped_ && !declared_) stop("expected XML, found something else or nothing");
        if (stopped_) return;
        pass_on(carried_, true);
        carried_.clear();
    }

    std::int64_t line() const { return std::max(xmlSAX2GetLineNumber(context_), 1); }

    std::int64_t tag_end() const { return xmlByteConsumed(context_); }
    std::int64_t tag_begin() const {
        const xmlParserInput& in = *context_->input;
        const xmlChar* at = in.cur;
        // No '<' stands in a tag but the one that opens it, and libxml2 forgets nothing of a tag that it is in.
        while (at > in.base && (at == in.cur || *at != '<')) --at;
        return xmlByteConsumed(context_) - (in.cur - at);
    }

private:
    template <class Act>
    void guarded(Act act) {
        if (stopped_) return;
        // No exception may pass through C.
        try {
            act(*this);
        } catch (...) {
            thrown_ = std::current_exception();
            stopped_ = true;
            xmlStopParser(context_);
        }
    }

    void stop(std::string text) {
        if (std::exchange(stopped_, true)) return;
        events_.faults_.add(Fault::malformed, context_ == nullptr ? 1 : line(), "xml", std::move(text));
        xmlStopParser(context_);
    }

    void wrong(const xmlError& error) {
        if (error.level == XML_ERR_WARNING) return;
        // libxml2's sentence may quote the file; what is shown must not hold a name or an account number.
        std::string text = error.code == XML_ERR_DOCUMENT_END || error.code == XML_ERR_TAG_NOT_FINISHED
                               ? "the file ends before its XML does"
                               : fmt::format("not well-formed XML (libxml2 error {})", error.code);
        stop(std::move(text));
    }

    /// True once the XML declaration is there, checked and taken off.
    bool take_declaration() {
        const std::string_view wanted = name_of(events_.encoding_);
        if (carried_.starts_with("\xEF\xBB\xBF")) {
            stop("begins with a byte order mark; expected the XML declaration");
            return false;
        }
        constexpr std::string_view opening = "<?xml ";
        if (!carried_.starts_with(opening.substr(0, std::min(carried_.size(), opening.size())))) {
            stop(fmt::format("expected an XML declaration with encoding=\"{}\" at the very beginning",
                             wanted));
            return false;
        }
        const std::size_t end = carried_.find("?>");
        if (end == std::string::npos) {
            if (carried_.size() > declaration_bytes_max) stop("an XML declaration without an end");
            return false;
        }
        const std::string_view declaration = std::string_view{carried_}.substr(0, end);
        const std::size_t at = declaration.find("encoding=");
        std::string_view encoding;
        if (at != std::string_view::npos && at + 10 < declaration.size()) {
            const char quote = declaration[at + 9];
            encoding = declaration.substr(at + 10);
            encoding = encoding.substr(0, encoding.find(quote));
        }
        if (!same_word(encoding, wanted)) {
            stop(
                fmt::format("the XML declaration must say encoding=\"{}\", as agreed for this bank", wanted));
            return false;
        }
        carried_.erase(0, end + 2);
        declared_ = true;
        return true;
    }

    void pass_on(std::string_view bytes, bool last) {
        decoded_.clear();
        if (const auto decoded = decode(bytes, events_.encoding_, decoded_); !decoded)
            return stop(decoded.error().text);
        // Piece by piece: libxml2 takes an int.
        std::string_view rest = decoded_;
        while (!stopped_ && !rest.empty()) {
            const std::string_view piece = rest.substr(0, 1U << 16U);
            rest.remove_prefix(piece.size());
            xmlParseChunk(context_, piece.data(), static_cast<int>(piece.size()), 0);
        }
        if (last && !stopped_) xmlParseChunk(context_, nullptr, 0, 1);
        if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    }

    void start(std::string_view name, std::string_view space, const xmlChar** attributes, int count) {
        if (++depth_ > depth_max) return stop(fmt::format("more than {} elements deep", depth_max));
        has_text_ = true;
        text_.clear();
        events_.on_start(name, space);
        for (int i = 0; i < count && !stopped_; ++i) {
            const xmlChar** const one = attributes + static_cast<std::ptrdiff_t>(i) * 5;
            const auto* const from = reinterpret_cast<const char*>(one[3]);
            const auto* const to = reinterpret_cast<const char*>(one[4]);
            const std::string_view value{from, static_cast<std::size_t>(to - from)};
            if (value.size() > text_bytes_max) return stop("an attribute of more than 4096 bytes");
            events_.on_attribute(text_of(one[0]), value);
        }
    }

    void characters(std::string_view text) {
        if (text_.size() + text.size() > text_bytes_max) return stop("a text of more than 4096 bytes");
        text_ += text;
    }

    void end() {
        --depth_;
        const bool is_leaf = std::exchange(has_text_, false);
        if (!is_leaf && text_.find_first_not_of(" \t\r\n") != std::string::npos)
            return stop("text between elements");
        events_.on_end(is_leaf ? std::string_view{text_} : std::string_view{});
        text_.clear();
    }

    XmlEvents& events_;
    xmlParserCtxtPtr context_ = nullptr;
    std::string carried_, decoded_, text_;
    std::exception_ptr thrown_;
    std::size_t depth_ = 0;
    bool declared_ = false, stopped_ = false, has_text_ = false;
};

XmlEvents::XmlEvents(Encoding encoding, FaultList& faults)
    : encoding_{encoding}, faults_{faults}, parser_{std::make_unique<Parser>(*this)} {}
XmlEvents::~XmlEvents() = default;
void XmlEvents::feed(std::string_view bytes) { parser_->feed(bytes); }
void XmlEvents::finish() { parser_->finish(); }
std::int64_t XmlEvents::line() const { return parser_->line(); }
std::int64_t XmlEvents::tag_begin() const { return parser_->tag_begin(); }
std::int64_t XmlEvents::tag_end() const { return parser_->tag_end(); }

}  // namespace onecard::bankfile::syntax
