#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

namespace onecard::store {

/// PostgreSQL's text of a one-dimensional array.
class ArrayText {
public:
    void add(std::int64_t number) { fmt::format_to(next(), "{}", number); }
    /// Letters and digits only.
    void add_word(std::string_view word) {
        ensure(std::ranges::all_of(word,
                                   [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }),
               "a word of an array that is none");
        fmt::format_to(next(), "{}", word.empty() ? "\"\"" : word);  // a bare nothing would be no element
    }
    void add_text(std::string_view text) {
        auto out = next();
        *out++ = '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') *out++ = '\\';
            *out++ = c;
        }
        *out++ = '"';
    }
    std::string text() const { return text_ + "}"; }

private:
    std::back_insert_iterator<std::string> next() {
        if (text_.size() > 1) text_ += ',';
        return std::back_inserter(text_);
    }
    std::string text_ = "{";
};

template <class Number>
std::string list_of(std::span<const Number> numbers) {
    ArrayText list;
    for (const Number number : numbers) list.add(number);
    return list.text();
}

}  // namespace onecard::store
