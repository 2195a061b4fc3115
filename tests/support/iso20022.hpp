#pragma once

#include <fmt/format.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace onecard::tests {

/// A message of ISO 20022 held to the structure of its official schema (tests/golden/iso20022): order and number of the
/// elements, lengths, digits of amounts, closed code sets.
class Iso20022Schema {
public:
    explicit Iso20022Schema(const std::string& message) {
        const std::string xsd = fmt::format("{}/tests/golden/iso20022/{}.xsd", ONECARD_SOURCE_DIR, message);
        parser_.reset(xmlSchemaNewParserCtxt(xsd.c_str()));
        xmlSchemaSetParserStructuredErrors(parser_.get(), hear, &said_);
        schema_.reset(xmlSchemaParse(parser_.get()));
        if (schema_ == nullptr) throw std::runtime_error{xsd + ": " + said_};
        valid_.reset(xmlSchemaNewValidCtxt(schema_.get()));
        xmlSchemaSetValidStructuredErrors(valid_.get(), hear, &said_);
    }

    /// Empty where the document fits.
    std::string faults(const std::string& bytes) {
        said_.clear();
        xmlDoc* const document = xmlReadMemory(bytes.data(), static_cast<int>(bytes.size()), "f", nullptr,
                                               XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        if (document == nullptr) return "is no XML";
        const int code = xmlSchemaValidateDoc(valid_.get(), document);
        xmlFreeDoc(document);
        return code == 0 ? "" : said_.empty() ? "does not fit" : said_;
    }

private:
    static void hear(void* to, xmlErrorPtr error) { *static_cast<std::string*>(to) += error->message; }
    template <auto free>
    struct Free {
        template <class T>
        void operator()(T* it) const {
            free(it);
        }
    };

    std::string said_;
    std::unique_ptr<xmlSchemaParserCtxt, Free<xmlSchemaFreeParserCtxt>> parser_;
    std::unique_ptr<xmlSchema, Free<xmlSchemaFree>> schema_;
    std::unique_ptr<xmlSchemaValidCtxt, Free<xmlSchemaFreeValidCtxt>> valid_;
};

}  // namespace onecard::tests
