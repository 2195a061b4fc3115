#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "onecard/core/result.hpp"

namespace onecard {

/// A number that names something; ids of different things do not mix.
template <class Tag, class Number = std::int64_t>
class Id {
public:
    constexpr Id() = default;
    constexpr explicit Id(Number number) : number_{number} {}
    constexpr Number number() const { return number_; }
    constexpr explicit operator bool() const { return number_ != 0; }
    friend constexpr auto operator<=>(Id, Id) = default;

private:
    Number number_ = 0;
};

using HouseholdNo = Id<struct HouseholdTag>;  ///< the office's number of a household, unique in its county
using PersonNo = Id<struct PersonTag>;        ///< the office's number of a person, unique in its county
using InstitutionNo =
    Id<struct InstitutionTag>;  ///< the office's number of an institution, unique in its county
using ImportNo = Id<struct ImportTag, std::int32_t>;  ///< register imports, ascending
using RunNo = Id<struct RunTag, std::int32_t>;        ///< runs, ascending
using PartNo = Id<struct PartTag, std::int32_t>;      ///< (period - 190000) × 1000 + n, see schemas/db
using Serial = Id<struct SerialTag, std::int32_t>;    ///< a payment's number in its county and period, from 1
using BatchNo = Id<struct BatchTag, std::int32_t>;    ///< a batch's number in its county and period, from 1
using BankNo = Id<struct BankTag, std::int16_t>;      ///< an agency bank of this installation, from 1

/// A division code of GB/T 2260: 6 digits (province 2, prefecture 2, county 2).
class County {
public:
    constexpr County() = default;
    /// Six digits whose last two are not "00". Errors: malformed.
    static Result<County> parse(std::string_view text);
    static constexpr County of_number(std::int32_t code) { return County{code}; }
    constexpr std::int32_t number() const { return code_; }
    std::string text() const;
    friend constexpr auto operator<=>(County, County) = default;

private:
    constexpr explicit County(std::int32_t code) : code_{code} {}
    std::int32_t code_ = 0;
};

/// A prefix of division codes: "" (everywhere), "37" (province), "3702" (prefecture) or "370212" (county).
class Region {
public:
    Region() = default;
    /// Errors: malformed unless 0, 2, 4 or 6 digits; six that end in "00" too, which would silently cover nobody.
    static Result<Region> parse(std::string_view prefix);
    static Region of(County county) { return Region{county.text()}; }
    bool covers(County county) const;
    bool covers(const Region& other) const { return other.prefix_.starts_with(prefix_); }
    /// The first and last county code covered (370200, 370299 for "3702").
    std::int32_t lowest() const;
    std::int32_t highest() const;
    const std::string& text() const { return prefix_; }
    friend auto operator<=>(const Region&, const Region&) = default;

private:
    explicit Region(std::string prefix) : prefix_{std::move(prefix)} {}
    std::string prefix_;
};

/// The printable name of one attempt to pay, exactly 26 characters: "YK", county (6), period yyyymm (6),
/// serial (8), attempt (2), two check digits (ISO 7064 MOD 97-10 over the 22 digits before).
/// It goes to the bank and comes back in the return file.
struct PaymentReference {
    County county;
    std::int32_t period = 0;   ///< yyyymm of the run that owed the payment
    Serial serial;             ///< 1 … 99,999,999
    std::int16_t attempt = 1;  ///< 1 … 99

    /// Errors: malformed (form, county, check digits), out_of_range (a period that is no month, serial or attempt 0).
    static Result<PaymentReference> parse(std::string_view text);
    std::string text() const;
    /// Writes the 26 characters to `out` without allocating. BrokenInvariant for numbers that do not fit their places.
    void write(char* out) const;
    friend auto operator<=>(const PaymentReference&, const PaymentReference&) = default;
};
inline constexpr std::size_t payment_reference_length = 26;

}  // namespace onecard
