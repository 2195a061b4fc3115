#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"

namespace onecard::ledger {

/// What money was allotted for; the number is what the database stores. What a purpose is for contains what a narrower
/// one is for: children ⊂ relief ⊂ general, disability ⊂ general.
enum class Purpose : std::int16_t {
    general = 1,     ///< whatever is paid
    relief = 2,      ///< 困难群众救助补助: all but the disability subsidies
    children = 3,    ///< 孤儿、事实无人抚养儿童基本生活保障
    disability = 4,  ///< 困难残疾人生活补贴和重度残疾人护理补贴
};
struct PurposeText {
    Purpose purpose;
    std::string_view code;
    std::string_view chinese;
};
inline constexpr std::array purposes{PurposeText{Purpose::general, "general", "综合"},
                                     PurposeText{Purpose::relief, "relief", "困难群众救助补助"},
                                     PurposeText{Purpose::children, "children", "儿童基本生活保障"},
                                     PurposeText{Purpose::disability, "disability", "残疾人两项补贴"}};
/// Nothing for a code that names no purpose.
std::optional<Purpose> purpose_of(std::string_view code);
const PurposeText& text_of(Purpose purpose);
bool is_for(Purpose purpose, Programme programme);

/// Whose money a posting is about. The mark is made where money is received and survives to the payment and back
/// ("追踪", 财政直达资金): a return goes back to the source, year and purpose that it came from.
struct Fund {
    std::int16_t source = 0;   ///< 0 not known, 1 central, 2 province, 3 prefecture, 4 county
    std::int16_t year = 0;     ///< fiscal year of the document; 0 where the source is not known
    std::int16_t purpose = 0;  ///< the number of a Purpose; 0 where the source is not known
    bool is_known() const { return source != 0; }
    friend auto operator<=>(const Fund&, const Fund&) = default;
};
inline constexpr std::array<std::string_view, 5> source_codes{"none", "central", "province", "prefecture",
                                                              "county"};

/// A part of an amount; parts are kept in the order of their funds, none is nothing or less.
struct FundShare {
    Fund fund;
    Money amount;
    friend bool operator==(const FundShare&, const FundShare&) = default;
};
using FundShares = std::vector<FundShare>;
/// The whole amount, of no known fund.
FundShares of_no_fund(Money amount);
Money total_of(const FundShares& shares);

/// Money of one place, by the funds that it came from.
class FundPot {
public:
    FundPot() = default;
    explicit FundPot(const FundShares& shares) { put(shares); }
    /// More (or, where negative, less) of a fund.
    void put(const Fund& fund, Money amount);
    void put(const FundShares& shares);
    /// Takes an amount (> 0) out in the proportions in which money stands there now, by the largest remainder: each share
    /// floored to the fen, the rest to the largest fractions, ties to the lower source, year and purpose. A share never
    /// exceeds what stands, so that portions of whatever size and order, once they have taken everything, have taken each
    /// fund whole, to the fen. What the pot does not have is of no known fund.
    FundShares take(Money amount);
    /// Of the funds on which more than nothing stands.
    Money total() const;
    FundShares shares() const;
    /// Of the funds on which less than nothing stands: how much less.
    FundShares overdrawn() const;

private:
    std::map<Fund, Money> left_;
};

}  // namespace onecard::ledger
