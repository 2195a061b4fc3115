#pragma once

#include <cstdint>
#include <exception>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onecard {

/// Why something was refused. The caller decides by this; `Failure::text` is for people.
enum class Fault : std::uint8_t {
    malformed,     ///< text or bytes that do not have the form they must have
    out_of_range,  ///< a number, month or sum outside what its type or rule allows
    missing,       ///< something that must be there is not
    unknown,       ///< a reference to something that does not exist
    duplicate,     ///< said or done before; doing it again would be doing it twice
    conflict,      ///< contradicts what is already on record
    forbidden,     ///< this identity may not do this
    stale,         ///< what was decided upon has changed since
    mismatch,      ///< two figures or digests that must agree do not
    tampered,      ///< a signature or digest proves that bytes were altered
};

std::string_view name_of(Fault fault);

/// A refusal: what kind, where (file:line:column, division/month/household …) and what to tell a person.
struct Failure {
    Fault fault;
    std::string place;
    std::string text;

    /// "place: text", or only the text where no place is known.
    std::string message() const;
};

/// Either a value or a refusal. Nobody can forget to look: the type is [[nodiscard]].
template <class T>
struct [[nodiscard]] Result : std::expected<T, Failure> {
    using std::expected<T, Failure>::expected;
};

inline std::unexpected<Failure> refuse(Fault fault, std::string text, std::string place = {}) {
    return std::unexpected{Failure{fault, std::move(place), std::move(text)}};
}

/// All the faults of one input, in the order in which they stand there. Empty means that there is none.
using Faults = std::vector<Failure>;

/// Thrown by `ensure`: the program itself is wrong. Never retried; the run rolls back and says so.
class BrokenInvariant : public std::exception {
public:
    explicit BrokenInvariant(std::string text) : text_{std::move(text)} {}
    const char* what() const noexcept override { return text_.c_str(); }

private:
    std::string text_;
};

[[noreturn]] void broken(const char* text);

/// Holds in release builds too.
constexpr void ensure(bool holds, const char* text) {
    if (!holds) [[unlikely]]
        broken(text);
}

}  // namespace onecard
