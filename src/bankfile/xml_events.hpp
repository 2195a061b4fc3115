#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fault_list.hpp"
#include "onecard/bankfile/encoding.hpp"

namespace onecard::bankfile::syntax {

/// XML as a stream of events, in constant memory, with libxml2 (Veillard) underneath and nothing of it but its parser: no
/// network, no file, no document type, no entities but the five of XML, at most 24 elements deep. The bytes are decoded
/// with the frozen table of the house before libxml2 sees them.
class XmlEvents {
public:
    static constexpr std::size_t depth_max = 24;
    static constexpr std::size_t text_bytes_max = 4096;

    XmlEvents(Encoding encoding, FaultList& faults);
    virtual ~XmlEvents();
    XmlEvents(const XmlEvents&) = delete;
    XmlEvents& operator=(const XmlEvents&) = delete;

    void feed(std::string_view bytes);
    void finish();
    /// Of the event at hand.
    std::int64_t line() const;
    /// Where the tag of the event at hand begins and ends: bytes of the text in UTF-8 behind the XML declaration.
    std::int64_t tag_begin() const;
    std::int64_t tag_end() const;

protected:
    virtual void on_start(std::string_view name, std::string_view name_space) = 0;
    virtual void on_attribute(std::string_view name, std::string_view value) = 0;
    /// The whole text of the element that ends, where it has no elements inside.
    virtual void on_end(std::string_view text) = 0;
    FaultList& faults() { return faults_; }

private:
    class Parser;
    Encoding encoding_;
    FaultList& faults_;
    std::unique_ptr<Parser> parser_;
};

}  // namespace onecard::bankfile::syntax
