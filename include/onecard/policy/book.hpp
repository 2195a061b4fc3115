#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/core/rational.hpp"
#include "onecard/core/result.hpp"
#include "onecard/policy/overlap.hpp"

/// The policy book: published standards and rules of divisions, dated, each with its document.
namespace onecard::policy {

/// Where a value was published.
struct Source {
    std::string document;  ///< document number or name of the notice, "青民字〔2022〕…"
    std::string note;      ///< where it was read, for instance DOMAIN S21
    std::string place;     ///< file:line of the pack
};

/// The published amounts (fen a month).
enum class Standard : std::uint8_t {
#define STANDARD(name, key) name,
#include "onecard/policy/standards.inc"
#undef STANDARD
    count,
};
std::string_view key_of(Standard standard);  ///< the TOML key, "dibao.urban"

using onecard::StartRule;
enum class DibaoPayee : std::uint8_t { representative, each_person };
/// How dibao is paid: the difference to the standard (补差), or an amount by tier (分档). Where the book knows only that
/// it is by tier and not how much, dibao is refused loudly instead of being paid as a difference.
enum class DibaoMode : std::uint8_t { difference, tiers };
enum class RoundingStage : std::uint8_t { household, person };
/// Amounts per head by tier, the hardest first, and the per-head incomes that bound them from above: the last tier goes
/// up to the standard, so there is one bound less than amounts.
struct DibaoTiers {
    std::vector<Money> amounts;
    std::vector<Money> income_below;  ///< ascending
    friend bool operator==(const DibaoTiers&, const DibaoTiers&) = default;
};
/// Whose persons are paid on top of what they draw.
struct Covers {
    bool dibao = true;
    bool tekun = true;
    bool orphan = true;
    bool unattended_child = true;
    bool low_margin =
        false;            ///< 低保边缘家庭: September 2022 to March 2023 everywhere (S45), in places for good
    bool living = false;  ///< who draws a disability subsidy: one-off campaigns only
    bool nursing = false;
    friend bool operator==(const Covers&, const Covers&) = default;
};
/// What a one-off campaign pays to who draws a programme, where it is not the same for all (DOMAIN 1.6): a programme with
/// an amount of its own is covered by it.
struct OneOffAmounts {
    std::optional<Money> dibao;
    std::optional<Money> tekun;
    std::optional<Money> orphan;
    std::optional<Money> unattended_child;
    std::optional<Money> low_margin;
    std::optional<Money> living;
    std::optional<Money> nursing;
    friend bool operator==(const OneOffAmounts&, const OneOffAmounts&) = default;
};
/// The price-linked subsidy as published (DOMAIN 1.5): the dibao standard times the rise of consumer prices, times
/// that of the cost of living of low incomes (SCPI: Guilin, S48), times the index that triggered it, the higher of
/// several (Wuhan), or 1/12 of the standard and from a rise of 5 % on 1/8 (Jiangsu).
enum class PriceFormula : std::uint8_t { cpi, triggering_index, fraction, scpi };
/// Rates on the year in hundredths of a percent. The national triggers: 发改价格〔2021〕1553号 (S47).
struct PriceLink {
    std::optional<std::int64_t> cpi;  ///< of the month; none: not published, or it does not rise
    std::optional<std::int64_t> food;
    std::optional<std::int64_t> scpi;  ///< 城镇低收入居民基本生活费用价格指数
    std::int64_t cpi_trigger = 350;
    std::int64_t food_trigger = 600;
    std::optional<std::int64_t> scpi_trigger;  ///< none: this index triggers nothing
    PriceFormula formula = PriceFormula::cpi;
    std::int64_t steep_from = 500;  ///< of the fractions: the CPI from which the second one holds
    std::array<std::int32_t, 2> fractions{12, 8};  ///< one part in so many of the standard
    Rounding rounding{RoundingUnit::yuan, RoundingMode::half_up};
    Money floor;
    Covers covers;
    bool separately =
        false;  ///< by runs of its own (price-linked): the month's regular run leaves it to them
    friend bool operator==(const PriceLink&, const PriceLink&) = default;
};
/// Death ends an award after the month in which it happened, or with the month before it.
enum class StopRule : std::uint8_t { month_after_event, month_of_event };
/// What a de-facto-unattended child gets who lives on dibao (DOMAIN 1.3): all of it; the standard less the dibao
/// standard (Yiwu, S29); the standard less the share of dibao and the living subsidy really drawn (Minhou, S31).
enum class UnattendedOnDibao : std::uint8_t { full_amount, less_dibao_standard, less_received };

/// Members whose dibao is raised (分类施保), in the order of the tables.
enum class UpliftClass : std::uint8_t {
    elderly,
    minor,              ///< under 18
    severely_disabled,  ///< levels 1 and 2
    seriously_ill,
    aged,  ///< elderly of a second, higher age (Zhenjiang: 70, S11)
    living_alone,
    disabled,  ///< of any level
    count,
};
/// What a class of members gets: % of the standard, and an amount by the area of the standard (Zhongshan, Chongqing;
/// S8 S10).
struct Uplift {
    std::int32_t percent = 0;
    Money urban;
    Money rural;
    friend bool operator==(const Uplift&, const Uplift&) = default;
};
/// What single-person dibao (单人保) comes to: its % of the standard less the person's own income, or all of it (S11).
enum class SingleAmount : std::uint8_t { difference, flat };
/// Classes of children who are not fully unattended and get a part (DOMAIN 1.3, S29): a % of the child standard, or
/// of what it has over the dibao standard; or a published amount.
struct ChildClass {
    enum class Base : std::uint8_t { standard, gap };
    std::int32_t percent = 0;  ///< 0: there is no such class
    Base base = Base::standard;
    std::optional<Money> amount;
    friend bool operator==(const ChildClass&, const ChildClass&) = default;
};
inline constexpr std::size_t child_classes = 4;
/// Why an enrolment ended, which decides about its last month: the order is that of registry::EndReason.
inline constexpr std::array<std::string_view, 7> end_events{
    "decision", "parent_found", "moved_away", "missing", "custody", "own_request", "fraud"};
/// Why income rose, which decides about the months of grace: the order is that of registry::GraceReason.
inline constexpr std::array<std::string_view, 6> grace_reasons{"none",     "pension", "employed",
                                                               "graduate", "placed",  "disabled_placed"};

/// What the book says for one county and one month, flat, so that assessing a county does no look-up by text.
struct CountyPolicy {
    County county;
    Month month;
    struct Value {
        Money amount;
        const Source* source = nullptr;  ///< lives as long as the Book
        friend bool operator==(const Value&, const Value&) = default;
    };
    std::array<std::optional<Value>, static_cast<std::size_t>(Standard::count)> standards;
    const std::optional<Value>& standard(Standard which) const {
        return standards[static_cast<std::size_t>(which)];
    }

    // Rules; each default is the national rule, the pack may set another one, dated. A new rule is a field here and a
    // line in keys.cpp. Ages count from the month after the birthday.
    DibaoMode dibao_urban_mode = DibaoMode::difference;
    DibaoMode dibao_rural_mode = DibaoMode::difference;
    Rounding dibao_rounding{RoundingUnit::fen, RoundingMode::half_up};
    RoundingStage dibao_rounding_stage = RoundingStage::household;
    DibaoPayee dibao_payee = DibaoPayee::representative;
    DibaoTiers dibao_urban_tiers;
    DibaoTiers dibao_rural_tiers;
    Money dibao_minimum_per_head;            ///< paid per head when the gap is positive but smaller
    std::int32_t dibao_minimum_percent = 0;  ///< likewise, % of the standard (S12); the higher of both
    std::array<Uplift, static_cast<std::size_t>(UpliftClass::count)> uplifts{};  ///< per member
    Uplift& uplift(UpliftClass which) { return uplifts[static_cast<std::size_t>(which)]; }
    const Uplift& uplift(UpliftClass which) const { return uplifts[static_cast<std::size_t>(which)]; }
    std::int32_t uplift_age_elderly = 60;  ///< completed years from which a member is elderly
    std::int32_t uplift_age_aged = 70;
    bool uplift_sums = false;           ///< all that apply instead of the highest one
    bool uplift_disabled_adds = false;  ///< that of the disabled stands beside the highest of the others (S8)
    std::int32_t single_person_percent = 100;  ///< single-person dibao (单人保), % of the standard
    /// By class of the person, the highest that applies instead of single_person_percent; 0: not set (S11).
    std::int32_t single_percent_severely_disabled = 0;
    std::int32_t single_percent_seriously_ill = 0;
    std::int32_t single_percent_elderly = 0;
    /// Single-person dibao and the living subsidy together come to at least this % of the standard (S11); 0: no floor.
    std::int32_t single_floor_percent_with_living = 0;
    SingleAmount single_amount = SingleAmount::difference;
    /// Only in a household whose income a head lies below this % of the standard (低保边缘: 150, 200; S11 S24); 0: its
    /// income is not looked at.
    std::int32_t single_household_below_percent = 0;
    bool single_only_classes = false;  ///< only the severely disabled, the seriously ill and the elderly
    /// Grace (渐退期): months for which a household whose income rose above the standard goes on to be paid; 0: none.
    std::int32_t grace_months = 0;
    /// By reason of the rise, by position in grace_reasons; none: grace_months (S25).
    std::array<std::optional<std::int32_t>, grace_reasons.size()> grace_months_by_reason{};
    std::int32_t longest_grace() const;
    std::int32_t grace_below_percent =
        200;  ///< while S < income a head < this % of S, both strictly (003 E8)
    /// % of the last amount before, by month of grace; the last one holds on. Empty: 100.
    std::vector<std::int32_t> grace_schedule;
    std::int32_t work_cost_percent = 0;  ///< off each member's wages: % of the standard, at most the wages
    /// Expenses that are taken off income, sorted codes of items 601 … (Hengyang, S24).
    std::vector<std::int16_t> deducted_items;
    /// All of them together at most this % of the standard a head; 0: as much as there is.
    std::int32_t deduction_cap_percent = 0;
    bool deduct_disability_subsidies = false;  ///< both subsidies of each severely disabled member (S24)
    /// What legal supporters outside (赡养、抚养、扶养义务人, items 701 …) are taken to give, without agreement or
    /// judgment: (their household's income − the standard × its members) × this % / their dependants, if positive
    /// (50 %, S33); 0: such items are not reckoned.
    std::int32_t maintenance_percent = 0;
    std::int32_t maintenance_line_percent = 100;  ///< % of the standard that their own members keep
    /// Codes that are not income, sorted. The default: the two subsidies (国发〔2015〕52号, S27), 优抚, age allowance,
    /// scholarships, relief and whatever else schemas/register.md marks as usually excluded.
    std::vector<std::int16_t> excluded_income_items{901, 902, 903, 904, 905, 906, 907, 908, 909, 910};
    UnattendedOnDibao unattended_on_dibao = UnattendedOnDibao::less_dibao_standard;
    bool unattended_gap_allows_living =
        false;  ///< the living subsidy beside a gap amount (never beside a full one)
    /// Where a division publishes no standard for unattended children, that of orphans outside institutions holds
    /// (DOMAIN 1.3, S4; E17).
    bool unattended_follows_orphan = true;
    bool children_stay_while_in_school = true;      ///< orphans and unattended children past 18 (S30, S38)
    std::int32_t children_in_school_until_age = 0;  ///< completed years; 0: as long as they are in school
    std::array<ChildClass, child_classes> child_class{};
    Rounding child_class_rounding{RoundingUnit::yuan, RoundingMode::ceiling};  ///< 468.40 is published as 469
    /// Classes of disability (5 intellect, 6 mental) that draw the nursing subsidy at levels 3 and 4 too.
    std::vector<std::int16_t> nursing_classes;
    PriceLink price;
    std::optional<Money> one_off;  ///< a person, once: only in the first month of the value
    Covers one_off_covers;
    OneOffAmounts one_off_amounts;
    /// Whether the month has a campaign.
    bool has_one_off() const { return one_off || one_off_amounts != OneOffAmounts{}; }
    bool one_off_separately = false;  ///< by runs of its own (one-off), as above
    /// Pocket money of who lives in an institution is part of the basic amount, which the institution then gets less
    /// of (else it stands beside it).
    bool pocket_money_within_basic = false;
    StopRule stop_on_death = StopRule::month_after_event;
    /// % of a year's relief money that may buy services and is no benefit (M7: 不超过2%).
    std::int32_t services_percent = 2;
    std::optional<Money> poverty_line;                        ///< a month; only for the warning of 003 E3
    StopRule stop_on_grown_up = StopRule::month_after_event;  ///< the 18th birthday (S30)
    /// By position in end_events: from the month after (S42), but from the month itself where a parent is found
    /// (S30).
    std::array<StopRule, end_events.size()> stop_on_end{StopRule::month_after_event,
                                                        StopRule::month_of_event};
    /// By position in the tables of overlap.hpp.
    std::array<Overlap, overlaps.size()> overlap = [] {
        std::array<Overlap, overlaps.size()> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = overlaps[i].overlap;
        return all;
    }();
    std::array<Overlap, elsewhere_overlaps.size()> elsewhere = [] {
        std::array<Overlap, elsewhere_overlaps.size()> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = elsewhere_overlaps[i].overlap;
        return all;
    }();
    /// Of two that exclude each other the one that stands first here is kept.
    std::array<ProgrammeKind, overlap_kinds> precedence{ProgrammeKind::orphan,     ProgrammeKind::tekun,
                                                        ProgrammeKind::unattended, ProgrammeKind::dibao,
                                                        ProgrammeKind::living,     ProgrammeKind::nursing};
    Overlap overlap_of(ProgrammeKind one, ProgrammeKind other) const {
        const OverlapRow* row = overlap_row(one, other);
        return row ? overlap[static_cast<std::size_t>(row - overlaps.data())] : Overlap::together;
    }
    /// By programme: dibao, tekun and children from the month after confirmation (S15, S30), the disability subsidies
    /// from the month of application (S26).
    std::array<StartRule, programmes.size()> start = [] {
        std::array<StartRule, programmes.size()> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = programmes[i].start;
        return all;
    }();
    const StartRule& start_of(Programme programme) const {
        return start[static_cast<std::size_t>(programme) - 1];
    }

    /// Where a rule comes from, by its TOML key; null while the national default holds.
    const Source* source_of_rule(std::string_view key) const;
    std::vector<const Source*> rule_sources;  ///< by position in the table of rules

    /// The same values and rules, from the same places of one book.
    friend bool operator==(const CountyPolicy&, const CountyPolicy&) = default;
};

/// The day of publication of a notice that names none: it was always known.
inline constexpr Day always_known = Day::of_epoch_days(std::numeric_limits<std::int32_t>::min());

class Book {
public:
    struct Entry;  ///< one dated value of one division
    Book();
    ~Book();
    Book(Book&&) noexcept;
    Book& operator=(Book&&) noexcept;

    /// The policy of a county in a month, inherited county ← prefecture ← province ← the country (division 100000). A
    /// value that a division ended (`until`) leaves a gap there: it had one of its own, so the province's is not what it
    /// pays.
    /// With `known_on`: as far as it was published by that day; a notice without a day of publication always was.
    /// Of two values from the same month the one published last holds.
    /// Errors: missing, naming division and month, when no pack has any standard for the county in that month.
    Result<CountyPolicy> at(County county, Month month, std::optional<Day> known_on = std::nullopt) const;

    /// Relations that published standards should keep (warnings): tekun, also rural, >= 1.3 × urban dibao with one
    /// yuan of tolerance (003 E1), rural dibao > poverty line (003 E3), uplift >= 10 % (000 E4). Each names division,
    /// month, both numbers and the clause. A published figure is paid all the same.
    std::vector<std::string> warnings() const;

    /// The whole book as text in one order that does not depend on files, so that its digest names the version
    /// that a run used.
    const std::string& canonical_text() const;

    class Builder;

private:
    friend class Builder;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The book whose `canonical_text` this is: how a run's policies come back from the records. Places are not in it.
/// Errors: malformed, unknown, out_of_range, naming the line.
Result<Book> parse_book(std::string_view canonical_text);

}  // namespace onecard::policy
