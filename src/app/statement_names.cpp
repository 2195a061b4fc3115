#include "statement_names.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "onecard/bankfile/formats.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t digits_after_county_max = 20;

}  // namespace

Result<StatementName> parse_statement_name(std::string_view name) {
    const auto malformed = [&] {
        return refuse(Fault::malformed,
                      "a statement is named ST, six digits of the county, up to twenty digits, and .txt "
                      "(canonical), .xml (camt) or .stm (as the bank's profile says)",
                      std::string{name.substr(0, 64)});
    };
    StatementName parsed;
    if (name.ends_with(".xml"))
        parsed.layout = StatementLayout::camt;
    else if (name.ends_with(".stm"))
        parsed.layout = StatementLayout::of_the_bank;
    else if (!name.ends_with(".txt"))
        return malformed();
    if (!name.starts_with("ST")) return malformed();
    const std::string_view digits = name.substr(2, name.size() - 6);
    if (digits.size() <= county_digits || digits.size() > county_digits + digits_after_county_max ||
        !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
        return malformed();
    const auto county = County::parse(digits.substr(0, county_digits));
    if (!county) return malformed();
    parsed.county = *county;
    return parsed;
}

const bankfile::Profile& profile_of_statement(const Tools& tools, const StatementName& name, BankNo bank) {
    static const bankfile::Profile camt = [] {
        bankfile::Profile profile = bankfile::canonical_profile();
        profile.encoding = bankfile::Encoding::utf8;
        profile.statement.form = bankfile::Form::camt;
        return profile;
    }();
    const bankfile::Profile& own = profile_of_bank(tools, bank);
    switch (name.layout) {
        case StatementLayout::of_the_bank: return own;
        case StatementLayout::camt: return own.statement.form == bankfile::Form::camt ? own : camt;
        case StatementLayout::canonical:
            return bankfile::states_canonically(own) ? own : bankfile::canonical_profile();
    }
    std::unreachable();
}

}  // namespace onecard::app
