#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "loadtest/population/population.hpp"
#include "onecard/registry/csv.hpp"
#include "onecard/registry/facts.hpp"

namespace onecard::registry {
namespace {

// CSV.

std::string quoted(const std::string& field) {
    std::string text = "\"";
    for (const char c : field) {
        if (c == '"') text += '"';
        text += c;
    }
    return text + '"';
}

RC_GTEST_PROP(RegisterCsv, ReadsBackAnyTableWhateverThePieces, ()) {
    static const std::vector<std::string> bits{"a",    "7", ",",  "\"", "\r", "\n",
                                               "\r\n", " ", "王", "·",  "𬱖", ""};
    const auto field = rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(bits)),
                                    [](const auto& parts) {
                                        std::string text;
                                        for (const std::string& part : parts) text += part;
                                        return text;
                                    });
    const auto row = rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(field));
    const auto table = *rc::gen::container<std::vector<std::vector<std::string>>>(row);
    const std::string line_break = *rc::gen::element<std::string>("\n", "\r\n");
    const bool quotes_everything = *rc::gen::arbitrary<bool>();
    const auto piece = static_cast<std::size_t>(*rc::gen::inRange(1, 40));

    std::string text = *rc::gen::element<std::string>("", "\xEF\xBB\xBF");
    for (const auto& fields : table) {
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const bool needs = fields[i].find_first_of(",\"\r\n") != std::string::npos ||
                               (fields[i].empty() && fields.size() == 1);
            if (i > 0) text += ',';
            text += needs || quotes_everything ? quoted(fields[i]) : fields[i];
        }
        text += line_break;
    }
    std::vector<std::vector<std::string>> back;
    Faults faults;
    CsvReader reader{"t.csv",
                     [&](std::int64_t, std::span<const std::string_view> fields) {
                         back.emplace_back(fields.begin(), fields.end());
                     },
                     faults};
    for (std::size_t i = 0; i < text.size(); i += piece) reader.feed(std::string_view{text}.substr(i, piece));
    reader.finish();
    RC_ASSERT(faults.empty());
    RC_ASSERT(back == table);
}

RC_GTEST_PROP(RegisterCsv, SaysTheSameOfBrokenTextWhateverThePieces, ()) {
    static const std::vector<std::string> bits{"a", ",", "\"", "\"", "\r", "\n", "\n", "\xCD", "王"};
    std::string text;
    for (const std::string& bit : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(bits)))
        text += bit;
    const auto read = [&](std::size_t piece) {
        std::vector<std::string> said;
        Faults faults;
        CsvReader reader{"t.csv",
                         [&](std::int64_t line, std::span<const std::string_view> fields) {
                             std::string row = std::to_string(line);
                             for (const std::string_view field : fields) row.append("|").append(field);
                             said.push_back(row);
                         },
                         faults};
        for (std::size_t i = 0; i < text.size(); i += piece)
            reader.feed(std::string_view{text}.substr(i, piece));
        reader.finish();
        for (const Failure& fault : faults) said.push_back(fault.message());
        return said;
    };
    RC_ASSERT(read(1) == read(text.size() + 1));
    RC_ASSERT(read(3) == read(text.size() + 1));
}

// Painting, against a model that replays the imports month by month.

constexpr int months_in_play = 6;
Month month_at(int index) { return Month::of(2021, 1)->plus_months(index); }

Recorded any_recorded() {
    const int from = *rc::gen::inRange(0, months_in_play);
    const int to = *rc::gen::inRange(from + 1, months_in_play + 2);
    return {.months = {month_at(from), to > months_in_play ? Month::open_end() : month_at(to)},
            .import = ImportNo{*rc::gen::inRange(1, 6)},
            .absent = *rc::gen::inRange(0, 4) == 0};
}

/// At most one row a key and import, as `check_together` makes sure of (it would also allow rows one after another).
template <class Row, class Key>
std::vector<Row> any_rows(const Key& key, const std::function<Row()>& any_row) {
    std::vector<Row> rows;
    std::set<std::pair<decltype(key(std::declval<Row>())), std::int32_t>> seen;
    const int wanted = *rc::gen::inRange(0, 40);
    for (int i = 0; i < wanted; ++i) {
        const Row row = any_row();
        if (seen.emplace(key(row), row.recorded.import.number()).second) rows.push_back(row);
    }
    return rows;
}

template <class Row, class Key>
std::vector<Row> replayed(const std::vector<Row>& rows, const Key& key, Month month, ImportNo known_at) {
    std::map<decltype(key(std::declval<Row>())), Row> known;
    for (int import = 1; import <= known_at.number(); ++import)
        for (const Row& row : rows)
            if (row.recorded.import.number() == import && row.recorded.months.from <= month &&
                month < row.recorded.months.to)
                known.insert_or_assign(key(row), row);
    std::vector<Row> present;
    for (const auto& [_, row] : known)
        if (!row.recorded.absent) present.push_back(row);
    return present;
}

RC_GTEST_PROP(RegisterPainting, AgreesWithReplayingTheImports, ()) {
    const auto household_key = [](const Household& row) { return row.no; };
    const auto person_key = [](const Person& row) { return row.no; };
    const auto income_key = [](const IncomeItem& row) {
        return std::tuple{row.household, row.person, row.item};
    };
    const auto enrolment_key = [](const Enrolment& row) {
        return std::tuple{row.household, row.person, row.programme};
    };
    const auto small = [](int limit) { return *rc::gen::inRange(1, limit); };

    Register all;
    all.households = any_rows<Household>(household_key, [&] {
        return Household{.no = HouseholdNo{small(5)}, .recorded = any_recorded(), .village = small(1'000)};
    });
    // Few persons in a few households: most move, some forth and back.
    all.persons = any_rows<Person>(person_key, [&] {
        return Person{.no = PersonNo{small(6) * (small(3) == 1 ? 1 : 5'000)},
                      .household = HouseholdNo{small(4)},
                      .recorded = any_recorded()};
    });
    all.incomes = any_rows<IncomeItem>(income_key, [&] {
        return IncomeItem{.household = HouseholdNo{small(3)},
                          .person = PersonNo{small(3)},
                          .item = static_cast<std::int16_t>(small(3)),
                          .recorded = any_recorded(),
                          .monthly = Money::of_fen(small(1'000))};
    });
    all.enrolments = any_rows<Enrolment>(enrolment_key, [&] {
        return Enrolment{.household = HouseholdNo{small(3)},
                         .person = PersonNo{small(3)},
                         .programme = static_cast<Programme>(small(4)),
                         .recorded = any_recorded(),
                         .payee = PersonNo{small(1'000)}};
    });
    all.put_in_order();
    const Month month = month_at(*rc::gen::inRange(0, months_in_play));
    const ImportNo known_at{*rc::gen::inRange(1, 6)};
    Snapshot snapshot;
    take_snapshot(all, month, known_at, snapshot);

    RC_ASSERT(snapshot.households == replayed(all.households, household_key, month, known_at));
    RC_ASSERT(snapshot.incomes == replayed(all.incomes, income_key, month, known_at));
    RC_ASSERT(snapshot.enrolments == replayed(all.enrolments, enrolment_key, month, known_at));
    auto persons = replayed(all.persons, person_key, month, known_at);
    std::ranges::sort(persons, {}, [](const Person& row) { return std::pair{row.household, row.no}; });
    RC_ASSERT(snapshot.persons == persons);
}

// The synthetic register.

loadtest::PopulationWish a_wish(std::uint64_t seed, int lines) {
    return {.counties = {County::of_number(370212), County::of_number(370214)},
            .payment_lines = lines,
            .seed = seed,
            .banks_per_county = 3,
            .bank_codes = {"102452000011", "103452000022", "105452000033", "403452000044"},
            .first_month = *Month::of(2021, 12),
            .months_with_changes = {*Month::of(2022, 1), *Month::of(2022, 2)}};
}

using SixTexts = std::array<std::string, 6>;

SixTexts texts_of(const loadtest::PopulationWish& wish) {
    SixTexts texts;
    loadtest::generate(
        wish, [&](FileKind kind, std::string_view bytes) { texts[static_cast<std::size_t>(kind)] += bytes; });
    return texts;
}

RegisterFiles decoded(const SixTexts& texts, Faults& faults) {
    RegisterFiles files;
    const DecodeContext context{.today = *Day::of(2022, 3, 1),
                                .bank_of = [](std::string_view) { return BankNo{1}; }};
    for (std::size_t kind = 0; kind < texts.size(); ++kind) {
        RegisterDecoder decoder{static_cast<FileKind>(kind),
                                std::string{file_name_of(static_cast<FileKind>(kind))}, context, files,
                                faults};
        decoder.feed(texts[kind]);
        decoder.finish();
    }
    check_together(files, faults);
    return files;
}

RC_GTEST_PROP(SyntheticRegister, IsDecodedWithoutAFaultAndTheSameSeedGivesTheSameBytes, ()) {
    const auto wish = a_wish(*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::inRange(1, 300));
    const SixTexts texts = texts_of(wish);
    Faults faults;
    decoded(texts, faults);
    for (const Failure& fault : faults) RC_LOG() << fault.message() << '\n';
    RC_ASSERT(faults.empty());
    RC_ASSERT(texts == texts_of(wish));
}

TEST(SyntheticRegister, NeverGivesOnePersonTwoExclusiveProgrammes) {
    Faults faults;
    const RegisterFiles files = decoded(texts_of(a_wish(5, 60'000)), faults);
    ASSERT_TRUE(faults.empty()) << faults.front().message();
    std::map<std::tuple<County, HouseholdNo>, std::set<PersonNo>> members;
    std::map<std::tuple<County, PersonNo>, std::set<Programme>> programmes_of;
    for (const auto& in : files.persons) members[{in.county, in.row.household}].insert(in.row.no);
    std::set<std::tuple<County, PayeeKind, std::int64_t>> accounts;
    for (const auto& in : files.accounts) accounts.insert({in.county, in.row.kind, in.row.payee});
    for (const auto& in : files.enrolments) {
        const auto& household = members[{in.county, in.row.household}];
        ASSERT_FALSE(household.empty());
        if (in.row.person) {
            ASSERT_TRUE(household.contains(in.row.person));
            programmes_of[{in.county, in.row.person}].insert(in.row.programme);
        } else {
            for (const PersonNo person : household)
                programmes_of[{in.county, person}].insert(in.row.programme);
        }
        if (in.row.setting == Setting::central) {
            EXPECT_TRUE(accounts.contains({in.county, PayeeKind::institution, in.row.institution.number()}));
        } else if (in.row.person) {
            const PersonNo payee = in.row.payee ? in.row.payee : in.row.person;
            EXPECT_TRUE(accounts.contains({in.county, PayeeKind::person, payee.number()}));
        }
    }
    const auto group_of = [](Programme programme) {
        switch (programme) {
            case Programme::dibao_urban:
            case Programme::dibao_rural: return 1;
            case Programme::tekun_urban:
            case Programme::tekun_rural: return 2;
            case Programme::orphan: return 3;
            case Programme::unattended_child: return 4;
            case Programme::disability_living: return 5;
            case Programme::disability_nursing: return 6;
            case Programme::price_subsidy:
            case Programme::one_off: return 7;
            case Programme::low_margin: return 8;
        }
        return 0;
    };
    // DOMAIN.md 1.8: what may stand beside what, without the regional exceptions.
    const std::set<std::pair<int, int>> together{{1, 5}, {1, 6}, {3, 6}, {4, 6}, {5, 6}};
    for (const auto& [_, programmes] : programmes_of)
        for (const Programme a : programmes)
            for (const Programme b : programmes)
                if (a < b)
                    EXPECT_TRUE(together.contains({group_of(a), group_of(b)}))
                        << text_of(a).code << " and " << text_of(b).code;
    for (const auto& in : files.households)
        if (in.row.representative)
            EXPECT_TRUE((members[{in.county, in.row.no}].contains(in.row.representative)));
}

TEST(SyntheticRegister, HasTheWantedSizeAndUniqueIdentitiesAndAccounts) {
    const auto wish = a_wish(9, 60'000);
    std::int64_t lines = 0;
    SixTexts texts;
    lines = loadtest::generate(wish, [&](FileKind kind, std::string_view bytes) {
                texts[static_cast<std::size_t>(kind)] += bytes;
            }).payment_lines;
    EXPECT_NEAR(static_cast<double>(lines), 60'000.0, 60.0);
    Faults faults;
    const RegisterFiles files = decoded(texts, faults);
    std::map<std::string, std::tuple<County, PersonNo>> owner;
    int unusual = 0;
    for (const auto& in : files.identities) {
        const auto [known, is_new] =
            owner.emplace(in.row.resident_id.text(), std::tuple{in.county, in.row.no});
        EXPECT_TRUE(is_new || known->second == std::tuple(in.county, in.row.no));
        EXPECT_TRUE(in.row.resident_id.text().starts_with("99"));
        unusual += in.row.name.text().find("·") != std::string::npos ? 1 : 0;
    }
    EXPECT_GT(unusual, 100);
    std::set<std::string> numbers;
    for (const auto& in : files.accounts) EXPECT_TRUE(numbers.insert(in.row.account).second);
}

}  // namespace
}  // namespace onecard::registry
