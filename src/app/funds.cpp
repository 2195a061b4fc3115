#include "onecard/app/funds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "asked.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t document_bytes_max = 100;
constexpr std::string_view receipt_mark = " receipt ";
constexpr std::array source_names{"central", "province", "prefecture", "own"};

Result<void> may_write(const Identity& by, County county, const std::string& place) {
    if (by.role != Role::maker) return refuse(Fault::forbidden, "only a maker records funds", place);
    if (!by.region.covers(county)) return refuse(Fault::forbidden, "outside this maker's region", place);
    return {};
}

Result<void> check_document(std::string_view document, const std::string& place) {
    if (document.empty() || document.size() > document_bytes_max ||
        document.find('|') != std::string_view::npos || document.find(receipt_mark) != std::string_view::npos)
        return refuse(Fault::malformed,
                      "a document has a number of at most 100 bytes, without '|' and without « receipt »",
                      place);
    return {};
}

/// Positive in all, nothing negative.
Result<Money> sum_of(const ledger::BySource& by_source, const std::string& place) {
    Money sum;
    for (const Money share : by_source) {
        if (share.is_negative()) return refuse(Fault::out_of_range, "an amount is negative", place);
        const auto next = sum.plus(share);
        if (!next) return refuse(Fault::out_of_range, next.error().text, place);
        sum = *next;
    }
    if (sum.is_zero()) return refuse(Fault::out_of_range, "all amounts are nothing", place);
    return sum;
}

/// The rows of a named query, by the names of its columns.
class Asked {
public:
    Asked(LedgerRecords& records, std::string_view query,
          const std::vector<std::pair<std::string, std::string>>& parameters)
        : rows_{records.ask(query, parameters)} {}
    std::size_t size() const { return rows_.size() - 1; }
    const std::string& text(std::size_t row, std::string_view column) const {
        const auto found = std::ranges::find(rows_.front(), column);
        ensure(found != rows_.front().end(), "a column that the query does not have");
        return rows_[row + 1][static_cast<std::size_t>(found - rows_.front().begin())];
    }
    std::int64_t number(std::size_t row, std::string_view column) const {
        const std::string& digits = text(row, column);
        std::int64_t number = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        ensure(read.ec == std::errc{} && read.ptr == digits.data() + digits.size(), "a column of numbers");
        return number;
    }
    Money fen(std::size_t row, std::string_view column) const { return Money::of_fen(number(row, column)); }
    ledger::BySource by_source(std::size_t row, std::string_view kind) const {
        ledger::BySource sums;
        for (std::size_t i = 0; i < sums.size(); ++i)
            sums[i] = fen(row, fmt::format("{}{}", source_names[i], kind));
        return sums;
    }

private:
    std::vector<TextRow> rows_;
};

std::vector<std::pair<std::string, std::string>> of_region(const Region& region) {
    return {{"region_low", std::to_string(region.lowest())},
            {"region_high", std::to_string(region.highest())}};
}

struct UnderDocument {
    bool is_allotted = false;
    ledger::Purpose purpose = ledger::Purpose::general;
    std::int16_t year = 0;
    ledger::BySource allotted{};
    ledger::BySource received{};
};
UnderDocument under_document(LedgerRecords& records, County county, std::string_view document) {
    const Asked rows{records, "report_allotments", of_region(Region::of(county))};
    UnderDocument under;
    for (std::size_t row = 0; row < rows.size(); ++row)
        if (rows.text(row, "document") == document) {
            under.is_allotted = rows.number(row, "purpose") != 0;
            if (under.is_allotted) {
                under.purpose = static_cast<ledger::Purpose>(rows.number(row, "purpose"));
                under.year = static_cast<std::int16_t>(rows.number(row, "year"));
            }
            under.allotted = rows.by_source(row, "_allotted_total");
            under.received = rows.by_source(row, "_total");
        }
    return under;
}

/// Whether what was received stays within what a document allots, source by source.
Result<void> fits(const ledger::BySource& allotted, const ledger::BySource& received,
                  const std::string& place) {
    for (std::size_t i = 0; i < allotted.size(); ++i)
        if (allotted[i] < received[i])
            return refuse(Fault::out_of_range,
                          fmt::format("{}: {} yuan would be received, the document allots {}",
                                      source_names[i], received[i].yuan(), allotted[i].yuan()),
                          place);
    return {};
}

std::vector<ledger::Need> needs_in(const Asked& rows, Money* of_none) {
    std::vector<ledger::Need> needs;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::int64_t number = rows.number(row, "programme");
        if (number == 0 && of_none != nullptr) {
            *of_none = rows.fen(row, "total");
            continue;
        }
        const auto programme = programme_of_number(number);
        ensure(programme.has_value(), "money of no programme");
        needs.push_back({*programme, rows.fen(row, "total")});
    }
    return needs;
}

std::vector<ledger::Pot> pots_of(LedgerRecords& records, County county) {
    const Asked rows{records, "report_pots", {{"county", std::to_string(county.number())}}};
    std::vector<ledger::Pot> pots;
    for (std::size_t row = 0; row < rows.size(); ++row)
        pots.push_back({static_cast<ledger::Purpose>(rows.number(row, "purpose")),
                        static_cast<std::int16_t>(rows.number(row, "year")), rows.by_source(row, "_total")});
    return pots;
}

std::int32_t services_percent(const policy::Book& book, County county, std::int16_t year) {
    const auto month = Month::of(year, 12);
    ensure(month.has_value(), "a year without December");
    const auto policy = book.at(county, *month);
    return policy ? policy->services_percent : policy::CountyPolicy{}.services_percent;
}

/// At most so much of a year's relief money, floored to the fen.
Money services_ceiling(Money relief, std::int32_t percent) {
    return Money::of_fen(relief.fen() / 100 * percent + relief.fen() % 100 * percent / 100);
}

}  // namespace

Result<void> Funds::allot(const Identity& by, Allotment allotment, Moment now) {
    const std::string place = fmt::format("allotment {} of {}", allotment.document, allotment.county.text());
    if (auto allowed = may_write(by, allotment.county, place); !allowed) return allowed;
    if (auto named = check_document(allotment.document, place); !named) return named;
    if (allotment.year < 2000 || allotment.year > 2999)
        return refuse(Fault::out_of_range, "a fiscal year lies in 2000 … 2999", place);
    if (auto sum = sum_of(allotment.by_source, place); !sum) return std::unexpected{sum.error()};
    allotment.officer = by.name;
    allotment.fingerprint = by.fingerprint;
    auto work = tools_.database.begin();
    work->office().hold_funds(allotment.county);
    const UnderDocument under = under_document(work->ledger(), allotment.county, allotment.document);
    if (auto fitting = fits(allotment.by_source, under.received, place); !fitting) return fitting;
    const Asked marked{
        work->ledger(),
        "report_received_funds",
        {{"county", std::to_string(allotment.county.number())}, {"document", allotment.document}}};
    for (std::size_t row = 0; row < marked.size(); ++row)
        if (marked.number(row, "year") != allotment.year ||
            marked.number(row, "purpose") != static_cast<std::int64_t>(allotment.purpose))
            return refuse(
                Fault::conflict,
                fmt::format("money of this document was received as general money of {}: a document is "
                            "recorded before its money",
                            marked.number(row, "year")),
                place);
    try {
        work->office().put_allotment(allotment, now);
        const ledger::BySource& ceiling = allotment.by_source;
        const Act act{
            "allotment", allotment.county,
            fmt::format("allotment|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", allotment.county.text(),
                        allotment.document, text_of(allotment.purpose).code, allotment.year, ceiling[0].fen(),
                        ceiling[1].fen(), ceiling[2].fen(), ceiling[3].fen(), by.name, by.fingerprint.hex())};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate, "this document is on record already", place);
    }
    return {};
}

Result<void> Funds::receive(const Identity& by, County county, std::string_view document,
                            std::string_view receipt, const ledger::BySource& by_source, Moment now) {
    const std::string place = fmt::format("funds {} of {}", document, county.text());
    if (auto allowed = may_write(by, county, place); !allowed) return allowed;
    if (auto named = check_document(document, place); !named) return named;
    if (!receipt.empty())
        if (auto named = check_document(receipt, place + " receipt"); !named) return named;
    if (auto sum = sum_of(by_source, place); !sum) return std::unexpected{sum.error()};
    const std::string named =
        receipt.empty() ? std::string{document} : fmt::format("{}{}{}", document, receipt_mark, receipt);
    ledger::Entry::About about;
    about.county = county;
    about.cause = "document " + named;
    about.value_day = now.day_in_china();
    auto work = tools_.database.begin();
    work->office().hold_funds(county);
    UnderDocument under = under_document(work->ledger(), county, document);
    // Money that came without a recorded document is the year's of its arrival, and for whatever is paid.
    if (!under.is_allotted) under.year = static_cast<std::int16_t>(about.value_day.month().year());
    auto entry = ledger::funds_received(std::move(about), by_source, under.year, under.purpose);
    if (!entry) return std::unexpected{entry.error()};
    if (under.is_allotted) {
        for (std::size_t i = 0; i < by_source.size(); ++i) under.received[i] += by_source[i];
        if (auto fitting = fits(under.allotted, under.received, place); !fitting) return fitting;
    }
    try {
        work->ledger().put_entries({&*entry, 1}, tools_.log(), now);
        const Act act{"funds", county,
                      fmt::format("funds|{}|{}|{}|{}", county.text(), named, by.name, by.fingerprint.hex())};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase&) {
        return refuse(
            Fault::duplicate,
            "this was received already: several receipts under one document have names of their own", place);
    }
    return {};
}

Result<void> Funds::spend_on_services(const Identity& by, County county, std::string_view document,
                                      std::int16_t year, const ledger::BySource& by_source,
                                      const policy::Book& book, Moment now) {
    const std::string place = fmt::format("services {} {} of {}", year, document, county.text());
    if (auto allowed = may_write(by, county, place); !allowed) return allowed;
    if (auto named = check_document(document, place); !named) return named;
    if (year < 2000 || year > 2999)
        return refuse(Fault::out_of_range, "a fiscal year lies in 2000 … 2999", place);
    const auto sum = sum_of(by_source, place);
    if (!sum) return std::unexpected{sum.error()};
    auto work = tools_.database.begin();
    work->office().hold_funds(county);

    Money relief, used;
    const Asked services{work->ledger(), "report_services", of_region(Region::of(county))};
    for (std::size_t row = 0; row < services.size(); ++row)
        if (services.number(row, "year") == year) {
            relief = services.fen(row, "relief_total");
            used = services.fen(row, "services_total");
        }
    if (relief.is_zero())
        return refuse(Fault::missing, "no relief money of this year was received under a recorded allotment",
                      place);
    const std::int32_t percent = services_percent(book, county, year);
    const Money ceiling = services_ceiling(relief, percent);
    if (ceiling < used + *sum)
        return refuse(
            Fault::out_of_range,
            fmt::format("{} yuan were used and {} would be; {} % of {} yuan of relief money of {} are {}",
                        used.yuan(), (used + *sum).yuan(), percent, relief.yuan(), year, ceiling.yuan()),
            place);
    const Asked funds{work->ledger(), "report_funds", of_region(Region::of(county))};
    ensure(funds.size() == 1, "relief money without funds");
    if (funds.fen(0, "available_total") < *sum)
        return refuse(Fault::missing,
                      fmt::format("{} yuan are left that are not promised", funds.text(0, "available_total")),
                      place);
    ledger::Entry::About about;
    about.county = county;
    about.kind = ledger::EntryKind::services;
    about.cause = fmt::format("services {} {}", year, document);
    about.value_day = now.day_in_china();
    const auto shares = ledger::relief_for_services(pots_of(work->ledger(), county), year, by_source);
    if (!shares) return refuse(shares.error().fault, shares.error().text, place);
    const auto entry = ledger::standard_entry(std::move(about), *shares);
    if (!entry) return std::unexpected{entry.error()};
    try {
        work->ledger().put_entries({&*entry, 1}, tools_.log(), now);
        const Act act{"services", county,
                      fmt::format("services|{}|{} {}|{}|{}", county.text(), year, document, by.name,
                                  by.fingerprint.hex())};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate, "this document is on the books already", place);
    }
    return {};
}

Result<Report> Funds::show(const Identity& by, const Region& region, const policy::Book& book) {
    if (by.role == Role::bank)
        return refuse(Fault::forbidden, "banks see their files, not the ledger", "funds");
    if (!by.region.covers(region))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)), "funds");
    auto work = tools_.database.begin();
    const auto parameters = of_region(region);
    Report report{{"资金台账", "Funds"}, {}, {}};
    report.tables.push_back(
        table_of(work->ledger(), "counties", {"按区划", "By county"}, "report_funds", parameters));

    Table documents{"documents",
                    {"指标文件", "Documents"},
                    {{"county", {"区划", "county"}},
                     {"document", {"文号", "document"}},
                     {"purpose", {"用途", "purpose"}},
                     {"year", {"年度", "year"}},
                     {"source", {"来源", "source"}},
                     {"allotted", {"下达", "allotted"}},
                     {"received", {"到账", "received"}}},
                    {}};
    constexpr std::array<std::string_view, 4> chinese{"中央", "省", "市", "本级"};
    const Asked rows{work->ledger(), "report_allotments", parameters};
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::int64_t number = rows.number(row, "purpose");
        Words purpose{"未登记", "not recorded"};
        if (number != 0) {
            const auto& text = ledger::text_of(static_cast<ledger::Purpose>(number));
            purpose = {std::string{text.chinese}, std::string{text.code}};
        }
        const ledger::BySource allotted = rows.by_source(row, "_allotted_total"),
                               received = rows.by_source(row, "_total");
        for (std::size_t i = 0; i < source_names.size(); ++i) {
            if (allotted[i].is_zero() && received[i].is_zero()) continue;
            documents.rows.push_back(
                {rows.text(row, "county"), rows.text(row, "document"), purpose, rows.number(row, "year"),
                 Words{std::string{chinese[i]}, source_names[i]}, allotted[i], received[i]});
        }
    }
    report.tables.push_back(std::move(documents));

    Table services{"services",
                   {"购买服务", "Services"},
                   {{"county", {"区划", "county"}},
                    {"year", {"年度", "year"}},
                    {"relief", {"救助资金到账", "relief money"}},
                    {"percent", {"上限百分比", "percent"}},
                    {"ceiling", {"上限", "ceiling"}},
                    {"used", {"已用", "used"}}},
                   {}};
    const Asked used{work->ledger(), "report_services", parameters};
    for (std::size_t row = 0; row < used.size(); ++row) {
        const County county = County::of_number(static_cast<std::int32_t>(used.number(row, "county")));
        const std::int32_t percent =
            services_percent(book, county, static_cast<std::int16_t>(used.number(row, "year")));
        const Money relief = used.fen(row, "relief_total");
        services.rows.push_back({county.text(), used.number(row, "year"), relief, std::int64_t{percent},
                                 services_ceiling(relief, percent), used.fen(row, "services_total")});
    }
    report.tables.push_back(std::move(services));
    return report;
}

std::optional<ledger::Funding> funding_of(LedgerRecords& records, RunNo run, County county) {
    const std::vector<ledger::Pot> pots = pots_of(records, county);
    if (pots.empty()) return std::nullopt;
    const std::string county_text = std::to_string(county.number()), run_text = std::to_string(run.number());
    const std::vector<ledger::Need> needs =
        needs_in(Asked{records, "report_needs", {{"run", run_text}, {"county", county_text}}}, nullptr);
    if (needs.empty()) return std::nullopt;
    Money spent_on_none;
    const std::vector<ledger::Need> spent = needs_in(
        Asked{records, "report_spent", {{"run", run_text}, {"county", county_text}}}, &spent_on_none);
    return ledger::fund(pots, spent, spent_on_none, needs);
}

std::string shortfall_text(const ledger::Funding& funding) {
    std::string text = fmt::format("the county's funds are short by {} yuan:", funding.missing().yuan());
    for (const ledger::Need& need : funding.shortfall)
        text += fmt::format(" {} {}", text_of(need.programme).english, need.amount.yuan());
    return text;
}

std::string funds_text(const std::optional<ledger::Funding>& funding) {
    if (!funding) return {};
    const ledger::BySource& sources = funding->by_source;
    return fmt::format("funds-fen central {} province {} prefecture {} own {}\n", sources[0].fen(),
                       sources[1].fen(), sources[2].fen(), sources[3].fen());
}

}  // namespace onecard::app
