#include "onecard/policy/book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include "keys.hpp"

namespace onecard::policy {

namespace {
constexpr Day latest_day = Day::of_epoch_days(std::numeric_limits<std::int32_t>::max());
constexpr std::int32_t nation = 100'000;
}  // namespace

struct Book::Entry {
    Months months;
    Checked value;
    Source source;
};

struct Book::Impl {
    /// By division, key, first month and day of publication.
    using Values = std::map<std::pair<Month, Day>, Entry>;
    std::map<std::int32_t, std::vector<Values>> divisions;
    std::string canonical;

    /// The values that hold, with the division that set them.
    struct Holding {
        const Entry* entry = nullptr;
        std::int32_t division = 0;
    };

    /// `division` is a county, a prefecture (…00), a province (…0000) or the country.
    /// Values published after `known_on` are not known.
    std::vector<Holding> holding(std::int32_t division, Month month, Day known_on) const {
        std::vector<Holding> found(keys_count());
        std::vector<bool> settled(keys_count(), false);
        for (const std::int32_t place : chain(division)) {
            const auto pack = divisions.find(place);
            if (pack == divisions.end()) continue;
            for (KeyNo key = 0; key < found.size(); ++key) {
                if (settled[key]) continue;
                const Values& values = pack->second[key];
                auto after = values.upper_bound({month, latest_day});
                while (after != values.begin() && std::prev(after)->first.second > known_on) --after;
                if (after == values.begin()) continue;  // It had none yet: the wider division's holds.
                const Entry& last = std::prev(after)->second;
                settled[key] = true;
                if (last.months.contains(month)) found[key] = {&last, place};
            }
        }
        return found;
    }

    static std::vector<std::int32_t> chain(std::int32_t division) {
        std::vector<std::int32_t> places{division};
        for (const std::int32_t wider : {division / 100 * 100, division / 10'000 * 10'000, nation})
            if (wider != places.back()) places.push_back(wider);
        return places;
    }
};

namespace {

/// Six digits, the first two of which name a province; those for a part of a division that is left out are 00.
Result<std::int32_t> parse_division(std::string_view text) {
    const bool is_digits = std::ranges::all_of(text, [](char c) { return '0' <= c && c <= '9'; });
    if (text.size() != 6 || !is_digits || text.starts_with('0') ||
        (text.substr(2, 2) == "00" && !text.ends_with("00")))
        return refuse(Fault::malformed,
                      fmt::format("\"{}\" is not a division code like 370212, 370200 or 370000", text));
    std::int32_t code = 0;
    for (const char digit : text) code = code * 10 + (digit - '0');
    return code;
}

std::string text_of(const Months& months) {
    return months.to == Month::open_end() ? months.from.text() + ".."
                                          : months.from.text() + ".." + months.to.previous().text();
}

constexpr std::string_view first_line = "onecard policy book 1\n";

/// One line per value; line breaks within texts would let one value pass for two.
std::string one_line(std::string_view text) {
    std::string line{text};
    std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return line;
}

}  // namespace

Book::Book() : impl_{std::make_unique<Impl>()} {}
Book::~Book() = default;
Book::Book(Book&&) noexcept = default;
Book& Book::operator=(Book&&) noexcept = default;

Result<CountyPolicy> Book::at(County county, Month month, std::optional<Day> known_on) const {
    const auto holding = impl_->holding(county.number(), month, known_on.value_or(latest_day));
    CountyPolicy policy;
    policy.county = county;
    policy.month = month;
    bool has_standard = false;
    for (KeyNo key = 0; key < standards_count; ++key) {
        const Entry* entry = holding[key].entry;
        if (!entry) continue;
        policy.standards[key] =
            CountyPolicy::Value{.amount = monthly(entry->value, month), .source = &entry->source};
        has_standard = true;
    }
    if (!has_standard)
        return refuse(Fault::missing,
                      fmt::format("no policy pack has a standard for {} in {}", county.text(), month.text()),
                      fmt::format("{}/{}", county.text(), month.text()));
    policy.rule_sources.resize(rules().size());
    for (std::size_t position = 0; position < rules().size(); ++position) {
        const Entry* entry = holding[standards_count + position].entry;
        if (!entry) continue;
        if (rules()[position].kind == KeyKind::once && entry->months.from != month) continue;
        rules()[position].set(policy, entry->value);
        policy.rule_sources[position] = &entry->source;
    }
    auto& unattended = policy.standards[static_cast<std::size_t>(Standard::unattended_child)];
    if (!unattended && policy.unattended_follows_orphan)
        unattended = policy.standard(Standard::orphan_dispersed);
    return policy;
}

const std::string& Book::canonical_text() const { return impl_->canonical; }

std::vector<std::string> Book::warnings() const {
    std::vector<std::string> found;
    const auto standard = [](const std::vector<Impl::Holding>& holding, Standard which) {
        return holding[static_cast<std::size_t>(which)];
    };
    const auto monthly = [](const Impl::Holding& holding) {
        const Checked& value = holding.entry->value;
        return value.numbers.empty() ? value.number : value.number / value.numbers.front();
    };
    const auto rule = [](const std::vector<Impl::Holding>& holding, std::string_view key) {
        return holding[*key_no(key)];
    };
    for (const auto& [division, pack] : impl_->divisions) {
        std::set<Month> changes;
        for (const std::int32_t place : Impl::chain(division))
            if (const auto wider = impl_->divisions.find(place); wider != impl_->divisions.end())
                for (const Impl::Values& values : wider->second)
                    for (const auto& [since, entry] : values) changes.insert(since.first);
        for (const Month month : changes) {
            const auto holding = impl_->holding(division, month, latest_day);
            // Said once: by the division that set one of the two, in the month from which both hold.
            const auto is_news = [&](const Impl::Holding& a, const Impl::Holding& b) {
                return a.entry && b.entry && (a.division == division || b.division == division) &&
                       std::max(a.entry->months.from, b.entry->months.from) == month;
            };
            const auto dibao = standard(holding, Standard::dibao_urban);
            for (const Standard which : {Standard::tekun_basic_urban, Standard::tekun_basic_rural,
                                         Standard::tekun_basic_rural_central}) {
                const auto tekun = standard(holding, which);
                if (!is_news(tekun, dibao)) continue;
                const std::int64_t least = 13 * monthly(dibao);  // tenths of fen
                constexpr std::int64_t tolerance = 100;
                if (10 * (monthly(tekun) + tolerance) < least)
                    found.push_back(fmt::format("{}/{}: {} {} is less than 1.3 × dibao.urban {} (003 E1)",
                                                division, month.text(), key_of(which),
                                                Money::of_fen(monthly(tekun)).yuan(),
                                                Money::of_fen(monthly(dibao)).yuan()));
            }
            const auto rural = standard(holding, Standard::dibao_rural);
            const auto line = rule(holding, "poverty_line");
            if (is_news(rural, line) && monthly(rural) <= line.entry->value.number)
                found.push_back(fmt::format("{}/{}: dibao.rural {} is not above poverty_line {} (003 E3)",
                                            division, month.text(), Money::of_fen(monthly(rural)).yuan(),
                                            Money::of_fen(line.entry->value.number).yuan()));
            for (KeyNo key = standards_count; key < holding.size(); ++key) {
                const std::string_view name = name_of(key);
                const bool is_amount = name.starts_with("dibao.uplift_amount.");
                const bool is_share = name.starts_with("dibao.uplift.") && kind_of(key) == KeyKind::percent;
                const auto uplift = holding[key];
                if ((!is_amount && !is_share) || !is_news(uplift, uplift) || uplift.entry->value.number == 0)
                    continue;
                const std::int64_t value = uplift.entry->value.number;
                if (is_share && value < 10)
                    found.push_back(fmt::format("{}/{}: {} {} % is less than 10 % of the standard (000 E4)",
                                                division, month.text(), name, value));
                const auto of = standard(
                    holding, name.ends_with(".urban") ? Standard::dibao_urban : Standard::dibao_rural);
                if (is_amount && of.entry && 10 * value < monthly(of))
                    found.push_back(fmt::format("{}/{}: {} {} is less than 10 % of the standard {} (000 E4)",
                                                division, month.text(), name, Money::of_fen(value).yuan(),
                                                Money::of_fen(monthly(of)).yuan()));
            }
        }
    }
    return found;
}

Book::Builder::Builder() : impl_{std::make_unique<Impl>()} {}
Book::Builder::~Builder() = default;

Result<void> Book::Builder::add(Setting setting) {
    const auto key = key_no(setting.key);
    if (!key) return refuse(Fault::unknown, fmt::format("there is no key \"{}\"", setting.key));
    const auto division = parse_division(setting.division);
    if (!division) return std::unexpected{division.error()};
    if (setting.months.to <= setting.months.from)
        return refuse(Fault::out_of_range, "the value would end before it begins");
    if (setting.source.document.empty()) return refuse(Fault::missing, "a value without its document");
    auto value = check(*key, setting.input);
    if (!value) return std::unexpected{value.error()};
    auto& pack = impl_->divisions[*division];
    if (pack.empty()) pack.resize(keys_count());
    const auto [there, added] = pack[*key].try_emplace(
        std::pair{setting.months.from, setting.published},
        Entry{.months = setting.months, .value = std::move(*value), .source = std::move(setting.source)});
    if (!added)
        return refuse(Fault::duplicate, fmt::format("{} has a value from {} already: {}", *division,
                                                    setting.months.from.text(), there->second.source.place));
    return {};
}

Book Book::Builder::build() {
    std::string& text = impl_->canonical;
    text = first_line;
    for (const auto& [division, pack] : impl_->divisions)
        for (KeyNo key = 0; key < pack.size(); ++key)
            for (const auto& [since, entry] : pack[key])
                fmt::format_to(std::back_inserter(text), "{}\t{}\t{}\t{}\t{}\t{}{}\n", division, name_of(key),
                               text_of(entry.months), text_of(key, entry.value),
                               one_line(entry.source.document), one_line(entry.source.note),
                               since.second == always_known ? "" : "\t" + since.second.text());
    Book book;
    book.impl_ = std::exchange(impl_, std::make_unique<Impl>());
    return book;
}

Result<void> check_division(std::string_view division) {
    const auto parsed = parse_division(division);
    if (!parsed) return std::unexpected{parsed.error()};
    return {};
}

namespace {

/// "2021-07..2021-12" or "2021-07..".
Result<Months> parse_months(std::string_view text) {
    const std::size_t dots = text.find("..");
    if (dots == std::string_view::npos) return refuse(Fault::malformed, "months without an end");
    const auto from = Month::parse(text.substr(0, dots));
    if (!from) return std::unexpected{from.error()};
    Months months{.from = *from};
    if (dots + 2 == text.size()) return months;
    const auto last = Month::parse(text.substr(dots + 2));
    if (!last) return std::unexpected{last.error()};
    months.to = last->next();
    return months;
}

Result<void> add_line(Book::Builder& builder, std::string_view line) {
    constexpr std::size_t columns_min = 6, columns_max = 7;
    std::vector<std::string_view> columns;
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = std::min(line.find('\t', begin), line.size());
        columns.push_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    if (columns.size() < columns_min || columns.size() > columns_max)
        return refuse(Fault::malformed, "a line has six or seven columns");
    const auto key = key_no(columns[1]);
    if (!key) return refuse(Fault::unknown, fmt::format("there is no key \"{}\"", columns[1]));
    const auto months = parse_months(columns[2]);
    if (!months) return std::unexpected{months.error()};
    auto input = input_of_text(*key, columns[3]);
    if (!input) return std::unexpected{input.error()};
    Book::Builder::Setting setting{
        .division = columns[0],
        .key = columns[1],
        .months = *months,
        .input = std::move(*input),
        .source = {.document = std::string{columns[4]}, .note = std::string{columns[5]}, .place = {}}};
    if (columns.size() == columns_max) {
        const auto published = Day::parse(columns[6]);
        if (!published) return std::unexpected{published.error()};
        setting.published = *published;
    }
    return builder.add(std::move(setting));
}

}  // namespace

Result<Book> parse_book(std::string_view canonical_text) {
    if (!canonical_text.starts_with(first_line))
        return refuse(Fault::malformed, "is not the canonical text of a policy book", "line 1");
    Book::Builder builder;
    std::size_t number = 1;
    for (std::size_t begin = first_line.size(); begin < canonical_text.size();) {
        const std::size_t end = std::min(canonical_text.find('\n', begin), canonical_text.size());
        ++number;
        if (auto added = add_line(builder, canonical_text.substr(begin, end - begin)); !added)
            return refuse(added.error().fault, added.error().text, fmt::format("line {}", number));
        begin = end + 1;
    }
    return builder.build();
}

}  // namespace onecard::policy
