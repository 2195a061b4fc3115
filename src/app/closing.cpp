#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "onecard/app/closing_records.hpp"
#include "onecard/app/decisions.hpp"

/// Months and fiscal years that are closed: nothing that is open goes over unseen.
namespace onecard::app {

namespace {

constexpr std::size_t evidence_bytes_max = 1000;
constexpr std::size_t items_told_max = 100;

/// A month, or the fiscal year that ends with it.
struct Period {
    Month last;
    bool is_year = false;
    std::int32_t number() const { return is_year ? last.number() / 100 : last.number(); }
    std::string text() const { return is_year ? last.text().substr(0, 4) : last.text(); }
    /// Its last day.
    Day end() const {
        const Month after = last.next();
        return Day::of(after.year(), after.month(), 1).value().plus_days(-1);
    }
};

Result<Period> parse_period(std::string_view text) {
    const bool is_year = text.size() == 4;
    auto month = Month::parse(is_year ? std::string{text} + "-12" : std::string{text});
    if (!month)
        return refuse(Fault::malformed, "a period is a month (2022-01) or a fiscal year (2022)",
                      std::string{text.substr(0, 16)});
    return Period{*month, is_year};
}

Digest digest_of_items(const HashFunction& sha256, std::span<const OpenItem> items) {
    std::vector<OpenItem> sorted{items.begin(), items.end()};
    std::ranges::sort(sorted, {}, &OpenItem::item);
    std::string text;
    for (const OpenItem& item : sorted) text += fmt::format("{}|{}\n", item.item, item.amount.fen());
    return digest_of(sha256, text);
}

/// Those of `items` that `listed` does not have, named.
std::string unlisted(std::span<const OpenItem> items, const auto& is_listed) {
    std::string text;
    std::size_t count = 0;
    for (const OpenItem& item : items) {
        if (is_listed(item)) continue;
        if (++count <= items_told_max)
            text += fmt::format("{}{} ({} yuan)", text.empty() ? "" : "; ", item.item, item.amount.yuan());
    }
    if (count > items_told_max) text += fmt::format("; and {} more", count - items_told_max);
    return text;
}

}  // namespace

Result<Decisions::Proposed> Decisions::close(const Identity& by, County county, std::string_view period,
                                             std::span<const std::string> carried, std::string_view evidence,
                                             Moment now) {
    const auto what = parse_period(period);
    if (!what) return std::unexpected{what.error()};
    const std::string place = fmt::format("{}/{}", county.text(), what->text());
    if (by.role != Role::maker || !by.region.covers(county))
        return refuse(Fault::forbidden, "this is for a maker of the county", place);
    if (evidence.empty() || evidence.size() > evidence_bytes_max ||
        evidence.find_first_of("|\n\r") != std::string_view::npos)
        return refuse(Fault::malformed, "needs 1 to 1000 bytes on one line, without '|'",
                      place + ": evidence");
    if (now.day_in_china() <= what->end())
        return refuse(Fault::conflict, fmt::format("{} is not over", what->text()), place);
    auto work = tools_.database.begin();
    work->closing().lock(county);
    if (work->closing().is_closed(county, what->number()))
        return refuse(Fault::duplicate, fmt::format("{} is closed", what->text()), place);
    if (what->is_year && !work->closing().is_closed(county, what->last.number()))
        return refuse(Fault::conflict, fmt::format("{} is not closed", what->last.text()), place);
    std::vector<OpenItem> open = work->closing().open_items(county, what->last);
    const auto is_carried = [&](const OpenItem& item) {
        return std::ranges::find(carried, item.item) != carried.end();
    };
    if (const std::string left = unlisted(open, is_carried); !left.empty())
        return refuse(Fault::conflict, fmt::format("open and not listed as going over: {}", left), place);
    for (const std::string& item : carried)
        if (std::ranges::find(open, item, &OpenItem::item) == open.end())
            return refuse(Fault::malformed, fmt::format("«{}» is not open", item.substr(0, 64)), place);
    Motion proposal;
    proposal.county = county;
    proposal.kind = what->is_year ? Motion::Kind::close_year : Motion::Kind::close_month;
    proposal.subject = what->text();
    proposal.detail = digest_of_items(tools_.sha256, open).hex();
    proposal.evidence = evidence;
    for (const OpenItem& item : open) proposal.amount += item.amount;
    return propose(*work, std::move(proposal), by, now, open);
}

Result<void> Decisions::close_now(Work& work, const Motion& proposal, Moment now) {
    const auto what = parse_period(proposal.subject);
    ensure(what.has_value(), "a proposal to close what is no period");
    const std::string place = fmt::format("{}/{}", proposal.county.text(), what->text());
    work.closing().lock(proposal.county);
    if (work.closing().is_closed(proposal.county, what->number()))
        return refuse(Fault::duplicate, fmt::format("{} is closed", what->text()), place);
    const std::vector<OpenItem> listed = work.closing().carried(proposal.no);
    const Digest carried = digest_of_items(tools_.sha256, listed);
    ensure(carried.hex() == proposal.detail, "what goes over is not what was proposed");
    const auto is_listed = [&](const OpenItem& item) {
        return std::ranges::find(listed, item.item, &OpenItem::item) != listed.end();
    };
    const auto open = work.closing().open_items(proposal.county, what->last);
    if (const std::string left = unlisted(open, is_listed); !left.empty())
        return refuse(Fault::conflict, fmt::format("open since it was proposed: {}", left), place);
    work.closing().put_close(proposal.county, what->number(), proposal.no, carried, now);
    const Act act{"closed", proposal.county,
                  fmt::format("closed|{}|{}|{}|{}", proposal.county.text(), what->number(), proposal.no,
                              carried.hex())};
    work.ledger().put_acts({&act, 1}, tools_.log(), now);
    if (!what->is_year) return {};
    const auto balances = work.closing().yearly_balances(proposal.county, what->number());
    if (balances.empty()) return {};
    ledger::Entry::About about;
    about.county = proposal.county;
    about.kind = ledger::EntryKind::year_closed;
    about.cause = fmt::format("year {}", what->number());
    about.value_day = what->end();
    auto entry = ledger::year_closed(std::move(about), balances);
    if (!entry) return std::unexpected{entry.error()};
    work.ledger().put_entries({&*entry, 1}, tools_.log(), now);
    return {};
}

Result<Report> Decisions::open_items(const Identity& by, County county, std::string_view period) {
    const auto what = parse_period(period);
    if (!what) return std::unexpected{what.error()};
    if (by.role == Role::bank || !by.region.covers(county))
        return refuse(Fault::forbidden, "outside this officer's region", county.text());
    auto work = tools_.database.begin();
    Report report{{"未结事项", "What is open"}, {}, {}};
    report.fields = {
        {"county", {"区划", "county"}, county.text()},
        {"period", {"期间", "period"}, what->text()},
        {"closed",
         {"已结账", "closed"},
         work->closing().is_closed(county, what->number()) ? Words{"是", "yes"} : Words{"否", "no"}}};
    Table items{
        "items", {"未结事项", "Open"}, {{"item", {"事项", "item"}}, {"amount", {"金额", "amount"}}}, {}};
    for (const OpenItem& item : work->closing().open_items(county, what->last))
        items.rows.push_back({item.item, item.amount});
    report.tables.push_back(std::move(items));
    return report;
}

}  // namespace onecard::app
