#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "onecard/app/tools.hpp"

/// How a statement's name says in which layout it is.
namespace onecard::app {

/// Of its code, in the names of statements and of batch files.
inline constexpr std::size_t county_digits = 6;

enum class StatementLayout : std::uint8_t { canonical, camt, of_the_bank };

struct StatementName {
    County county;
    StatementLayout layout = StatementLayout::canonical;
};

/// "ST", county, up to twenty digits, .txt, .xml or .stm. Errors: malformed.
Result<StatementName> parse_statement_name(std::string_view name);

/// The bank's own, where its statements look so anyway: its code table then tells why money came back.
const bankfile::Profile& profile_of_statement(const Tools& tools, const StatementName& name, BankNo bank);

}  // namespace onecard::app
