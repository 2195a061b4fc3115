#include "onecard/core/result.hpp"

namespace onecard {

std::string_view name_of(Fault fault) {
    switch (fault) {
        case Fault::malformed: return "malformed";
        case Fault::out_of_range: return "out_of_range";
        case Fault::missing: return "missing";
        case Fault::unknown: return "unknown";
        case Fault::duplicate: return "duplicate";
        case Fault::conflict: return "conflict";
        case Fault::forbidden: return "forbidden";
        case Fault::stale: return "stale";
        case Fault::mismatch: return "mismatch";
        case Fault::tampered: return "tampered";
    }
    broken("a fault without a name");
}

std::string Failure::message() const {
    if (place.empty()) return text;
    return place + ": " + text;
}

void broken(const char* text) { throw BrokenInvariant{text}; }

}  // namespace onecard
