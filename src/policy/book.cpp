#include "onecard/policy/book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "keys.hpp"

namespace onecard::policy {

struct Book::Entry {
    Months months;
    Checked value;
    Source source;
};

struct Book::Impl {
    /// By division, key, first month.
    using Values = std::map<Month, Entry>;
    std::map<std::int32_t, std::vector<Values>> divisions;
    std::string canonical;

    /// The values that hold, with the division that set them.
    struct Holding {
        const Entry* entry = nullptr;
        std::int32_t division = 0;
    };

    /// `division` is a county, a prefecture (…00) or a province (…0000).
    std::vector<Holding> holding(std::int32_t division, Month month) const {
        std::vector<Holding> found(keys_count());
        std::vector<bool> settled(keys_count(), false);
        for (const std::int32_t place : chain(division)) {
            const auto pack = divisions.find(place);
            if (pack == divisions.end()) continue;
            for (KeyNo key = 0; key < found.size(); ++key) {
                if (settled[key]) continue;
                const Values& values = pack->second[key];
                const auto after = values.upper_bound(month);
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
        for (const std::int32_t wider : {division / 100 * 100, division / 10'000 * 10'000})
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

Result<CountyPolicy> Book::at(County county, Month month) const {
    const auto holding = impl_->holding(county.number(), month);
    CountyPolicy policy;
    policy.county = county;
    policy.month = month;
    bool has_standard = false;
    for (KeyNo key = 0; key < standards_count; ++key) {
        const Entry* entry = holding[key].entry;
        if (!entry) continue;
        policy.standards[key] =
            CountyPolicy::Value{.amount = Money::of_fen(entry->value.number), .source = &entry->source};
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
    const auto rule = [](const std::vector<Impl::Holding>& holding, std::string_view key) {
        return holding[*key_no(key)];
    };
    for (const auto& [division, pack] : impl_->divisions) {
        std::set<Month> changes;
        for (const std::int32_t place : Impl::chain(division))
            if (const auto wider = impl_->divisions.find(place); wider != impl_->divisions.end())
                for (const Impl::Values& values : wider->second)
                    for (const auto& [from, entry] : values) changes.insert(from);
        for (const Month month : changes) {
            const auto holding = impl_->holding(division, month);
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
                const std::int64_t least = 13 * dibao.entry->value.number;  // tenths of fen
                constexpr std::int64_t tolerance = 100;
                if (10 * (tekun.entry->value.number + tolerance) < least)
                    found.push_back(fmt::format("{}/{}: {} {} is less than 1.3 × dibao.urban {} (003 E1)",
                                                division, month.text(), key_of(which),
                                                Money::of_fen(tekun.entry->value.number).yuan(),
                                                Money::of_fen(dibao.entry->value.number).yuan()));
            }
            const auto rural = standard(holding, Standard::dibao_rural);
            const auto line = rule(holding, "poverty_line");
            if (is_news(rural, line) && rural.entry->value.number <= line.entry->value.number)
                found.push_back(fmt::format("{}/{}: dibao.rural {} is not above poverty_line {} (003 E3)",
                                            division, month.text(),
                                            Money::of_fen(rural.entry->value.number).yuan(),
                                            Money::of_fen(line.entry->value.number).yuan()));
            for (const std::string_view key :
                 {"dibao.uplift.elderly", "dibao.uplift.minor", "dibao.uplift.severely_disabled",
                  "dibao.uplift.seriously_ill"}) {
                const auto uplift = rule(holding, key);
                if (is_news(uplift, uplift) && 0 < uplift.entry->value.number &&
                    uplift.entry->value.number < 10)
                    found.push_back(fmt::format("{}/{}: {} {} % is less than 10 % of the standard (000 E4)",
                                                division, month.text(), key, uplift.entry->value.number));
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
        setting.months.from,
        Entry{.months = setting.months, .value = std::move(*value), .source = std::move(setting.source)});
    if (!added)
        return refuse(Fault::duplicate, fmt::format("{} has a value from {} already: {}", *division,
                                                    setting.months.from.text(), there->second.source.place));
    return {};
}

Book Book::Builder::build() {
    std::string& text = impl_->canonical;
    text = "onecard policy book 1\n";
    for (const auto& [division, pack] : impl_->divisions)
        for (KeyNo key = 0; key < pack.size(); ++key)
            for (const auto& [from, entry] : pack[key])
                fmt::format_to(std::back_inserter(text), "{}\t{}\t{}\t{}\t{}\t{}\n", division, name_of(key),
                               text_of(entry.months), text_of(key, entry.value),
                               one_line(entry.source.document), one_line(entry.source.note));
    Book book;
    book.impl_ = std::exchange(impl_, std::make_unique<Impl>());
    return book;
}

}  // namespace onecard::policy
