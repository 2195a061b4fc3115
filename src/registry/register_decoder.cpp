#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "onecard/registry/csv.hpp"
#include "onecard/registry/income_items.hpp"
#include "register_columns.hpp"
#include "row_rules.hpp"

namespace onecard::registry {
namespace {

constexpr std::size_t number_digits_max = 18;
constexpr std::int64_t monthly_income_max_fen = 1'000'000'000;

bool is_digits(std::string_view text) {
    for (const char c : text)
        if (c < '0' || c > '9') return false;
    return !text.empty();
}

}  // namespace

struct RegisterDecoder::Impl {
    Impl(FileKind of_kind, std::string of_file, const DecodeContext& in_context, RegisterFiles& to,
         Faults& all_faults)
        : kind{of_kind},
          file{std::move(of_file)},
          context{in_context},
          out{to},
          faults{all_faults},
          columns{columns_of(of_kind)},
          reader{file, [this](std::int64_t at, std::span<const std::string_view> row) { take(at, row); },
                 all_faults, in_context.faults_max} {
        place_of.fill(nowhere);
    }

    // Of the row at hand.

    void fault(std::size_t column, Fault what, std::string_view why) {
        faulty |= 1U << column;
        const std::string_view value = field(column);
        add_fault(columns[column].name, what,
                  value.empty() ? std::string{why}
                                : fmt::format("{}: \"{}\"", why, shown_value(value, columns[column].shows)));
    }

    std::size_t index_of(std::string_view column) const {
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (columns[i].name == column) return i;
        broken("a rule names a column that its file does not have");
    }

    bool is_faulty(std::size_t column) const { return (faulty >> column & 1U) != 0; }

    void add_fault(std::string_view column, Fault what, std::string text) {
        ++faults_found;
        if (faults.size() < context.faults_max)
            faults.push_back(Failure{what, fmt::format("{}:{}:{}", file, line, column), std::move(text)});
    }

    std::string_view field(std::size_t column) const {
        const std::size_t place = place_of[column];
        return place < fields.size() ? fields[place] : std::string_view{};
    }

    /// The field, or nothing when it is empty; that is a fault where it may not be.
    std::optional<std::string_view> given(std::size_t column) {
        const std::string_view text = field(column);
        if (!text.empty()) return text;
        const Needs needs = columns[column].needs;
        const bool is_needed = needs == Needs::always || (needs == Needs::unless_absent && !row_is_absent);
        // A column that is not there was a fault of the header, once.
        if (is_needed && place_of[column] != nowhere) fault(column, Fault::missing, "may not be empty");
        return std::nullopt;
    }

    template <class Value>
    Value taken(std::size_t column, Result<Value>&& parsed) {
        if (parsed) return std::move(*parsed);
        fault(column, parsed.error().fault, parsed.error().text);
        return Value{};
    }

    template <class Value, std::size_t size>
    Value word(std::size_t column, const std::array<Word<Value>, size>& words, Value when_empty) {
        const auto text = given(column);
        if (!text) return when_empty;
        for (const Word<Value>& row : words)
            if (row.text == *text) return row.value;
        std::string known;
        for (const Word<Value>& row : words) known += (known.empty() ? "" : ", ") + std::string{row.text};
        fault(column, Fault::unknown, "is none of " + known);
        return when_empty;
    }

    bool yes(std::size_t column) { return word(column, yes_or_no, false); }

    std::int64_t number(std::size_t column) {
        const auto text = given(column);
        if (!text) return 0;
        std::int64_t value = 0;
        if (!is_digits(*text) || text->size() > number_digits_max) {
            fault(column, Fault::malformed, "a number is 1 to 18 digits");
            return 0;
        }
        std::from_chars(text->data(), text->data() + text->size(), value);
        if (value == 0 && columns[column].needs != Needs::may_be_empty &&
            columns[column].needs != Needs::optional_column)
            fault(column, Fault::out_of_range, "numbers begin with 1");
        return value;
    }

    std::uint8_t digit(std::size_t column, int highest) {
        const auto text = given(column);
        if (!text) return 0;
        if (text->size() == 1 && text->front() >= '0' && text->front() <= '0' + highest)
            return static_cast<std::uint8_t>(text->front() - '0');
        fault(column, Fault::out_of_range, fmt::format("is empty or 0 to {}", highest));
        return 0;
    }

    /// Of people; what is too many the rules of the row say.
    std::uint8_t count(std::size_t column) {
        return static_cast<std::uint8_t>(
            std::min<std::int64_t>(number(column), std::numeric_limits<std::uint8_t>::max()));
    }

    Day day(std::size_t column) {
        const auto text = given(column);
        if (!text) return Day{};
        const auto parsed = Day::parse(*text);
        if (!parsed) {
            fault(column, parsed.error().fault, parsed.error().text);
            return Day{};
        }
        if (*parsed > context.today) fault(column, Fault::out_of_range, "lies in the future");
        return *parsed;
    }

    std::int64_t twelve_digits(std::size_t column, std::string_view what) {
        const auto text = given(column);
        if (!text) return 0;
        if (text->size() != 12 || !is_digits(*text) || text->front() == '0') {
            fault(column, Fault::malformed, what);
            return 0;
        }
        std::int64_t value = 0;
        std::from_chars(text->data(), text->data() + text->size(), value);
        return value;
    }

    std::string name(std::size_t column) {
        const auto text = given(column);
        if (!text) return {};
        return taken(column, PersonName::parse(*text)).text();
    }

    County in_county() {
        const auto text = given(0);
        if (!text) return {};
        if (*text == last_county_text) return last_county;
        const auto parsed = County::parse(*text);
        if (!parsed) {
            fault(0, parsed.error().fault, parsed.error().text);
            return {};
        }
        last_county = *parsed;
        last_county_text = *text;
        return last_county;
    }

    BankNo bank(std::size_t column) {
        const auto text = given(column);
        if (!text) return {};
        if (text->size() != 12 || !is_digits(*text)) {
            fault(column, Fault::malformed, "the code of a bank is 12 digits");
            return {};
        }
        if (*text != last_bank_text) {
            last_bank = context.bank_of ? context.bank_of(*text) : BankNo{};
            last_bank_text = *text;
        }
        if (!last_bank) fault(column, Fault::unknown, "no bank of this installation has the code");
        return last_bank;
    }

    /// The three last columns of every kind.
    Recorded recorded() {
        const std::size_t from = columns.size() - 3;
        Recorded recorded{.absent = row_is_absent};
        if (const auto first = given(from)) recorded.months.from = taken(from, Month::parse(*first));
        // Files name the last month, records the first one after it.
        if (const auto last = given(from + 1))
            recorded.months.to = taken(from + 1, Month::parse(*last)).next();
        return recorded;
    }

    // Rows.

    void take(std::int64_t at, std::span<const std::string_view> row) {
        line = at;
        fields = row;
        // Without a readable header there is nothing to read the rows by; the fault is listed already.
        if (!has_header && reader.faults_found() > 0) return;
        if (!has_header) return take_header();
        ++rows;
        if (fields.size() != header_fields) {
            const std::string column =
                fields.size() < header_fields ? header[fields.size()] : fmt::format("{}", header_fields + 1);
            add_fault(column, Fault::malformed,
                      fmt::format("the row has {} fields, the header has {}", fields.size(), header_fields));
            return;
        }
        faulty = 0;
        faults_before_row = faults.size();
        row_is_absent = false;
        row_is_absent = yes(columns.size() - 1);
        switch (kind) {
            case FileKind::households: return take_household();
            case FileKind::persons: return take_person();
            case FileKind::incomes: return take_income();
            case FileKind::enrolments: return take_enrolment();
            case FileKind::accounts: return take_account();
            case FileKind::institutions: return take_institution();
        }
    }

    void take_header() {
        has_header = true;
        header_fields = fields.size();
        for (std::size_t place = 0; place < fields.size(); ++place) {
            header.push_back(fmt::format("{}", place + 1));
            const auto column = std::ranges::find(columns, fields[place], &Column::name);
            if (column == columns.end()) {
                // Masked like any value: a file without a header begins with somebody's data.
                add_fault(header.back(), Fault::unknown,
                          fmt::format("{} has no such column: \"{}\"", file_name_of(kind),
                                      shown_value(fields[place], Shows::number)));
                continue;
            }
            header.back() = column->name;
            std::size_t& known_place = place_of[static_cast<std::size_t>(column - columns.begin())];
            if (known_place != nowhere)
                add_fault(column->name, Fault::duplicate, "the column is there twice");
            known_place = place;
        }
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (place_of[i] == nowhere && columns[i].needs != Needs::optional_column)
                add_fault(columns[i].name, Fault::missing, "the column is missing");
        reader.name_columns(header);
    }

    template <class Row>
    bool passes_rules(const Row& row) {
        check_row(row, [this](const RowFault& found) {
            const std::size_t column = index_of(found.column);
            // A rule about a field that could not be read would list one mistake twice.
            if (!is_faulty(column) && (found.other.empty() || !is_faulty(index_of(found.other))))
                fault(column, found.fault, found.text);
        });
        return faulty == 0;
    }

    /// Where listing has stopped, so has this.
    void refuse_row(County where, HouseholdNo household, PersonNo person) {
        if (faults.size() == faults_before_row) return;
        const auto first = faults.begin() + static_cast<std::ptrdiff_t>(faults_before_row);
        out.refused.push_back({kind, where, household, person, Faults{first, faults.end()}});
    }

    void take_household() {
        constexpr const auto& in = household_columns;
        const County where = in_county();
        Household row{
            .no = HouseholdNo{number(index_in(in, "household_no"))},
            .area = word(index_in(in, "area"), areas, Area::rural),
            .village = twelve_digits(index_in(in, "village"), "the code of a village is 12 digits"),
            .representative = PersonNo{number(index_in(in, "representative"))},
        };
        row.recorded = recorded();
        if (!passes_rules(row)) return refuse_row(where, row.no, {});
        out.households.push_back({where, row, line});
    }

    void take_person() {
        constexpr const auto& in = person_columns;
        const County where = in_county();
        Person row{
            .no = PersonNo{number(index_in(in, "person_no"))},
            .household = HouseholdNo{number(index_in(in, "household_no"))},
            .disability_class = digit(index_in(in, "disability_class"), 7),
            .disability_level = digit(index_in(in, "disability_level"), 4),
            .seriously_ill = yes(index_in(in, "seriously_ill")),
            .in_full_time_school = yes(index_in(in, "in_full_time_school")),
        };
        constexpr std::size_t died_on = index_in(in, "died_on");
        row.died = day(died_on);
        // That day stands for "alive" in the records.
        if (!field(died_on).empty() && !is_faulty(died_on) && row.died == Day{})
            fault(died_on, Fault::out_of_range, "1970-01-01 cannot be the day of a death here");
        PersonIdentity identity{.no = row.no, .name = {}, .resident_id = {}};
        constexpr std::size_t name_column = index_in(in, "name");
        if (const auto text = given(name_column))
            identity.name = taken(name_column, PersonName::parse(*text));
        constexpr std::size_t id_column = index_in(in, "resident_id");
        if (const auto text = given(id_column)) {
            identity.resident_id = taken(id_column, ResidentId::parse(*text, context.today));
            if (!identity.resident_id.text().empty()) {
                row.born = identity.resident_id.born();
                row.sex = identity.resident_id.sex();
            }
        }
        row.recorded = recorded();
        if (!passes_rules(row)) return refuse_row(where, row.household, row.no);
        out.persons.push_back({where, row, line});
        out.identities.push_back({where, std::move(identity), line});
    }

    void take_income() {
        constexpr const auto& in = income_columns;
        const County where = in_county();
        IncomeItem row{
            .household = HouseholdNo{number(index_in(in, "household_no"))},
            .person = PersonNo{number(index_in(in, "person_no"))},
        };
        constexpr std::size_t item = index_in(in, "item");
        if (const auto text = given(item)) {
            std::int64_t code = 0;
            if (is_digits(*text) && text->size() == 3)
                std::from_chars(text->data(), text->data() + text->size(), code);
            if (register_item_of(code) == nullptr)
                fault(item, Fault::unknown, "no income item has the code (schemas/register.md lists them)");
            row.item = static_cast<std::int16_t>(code);
        }
        constexpr std::size_t monthly = index_in(in, "monthly");
        if (const auto text = given(monthly)) {
            row.monthly = taken(monthly, Money::parse_yuan(*text));
            if (row.monthly.fen() > monthly_income_max_fen)
                fault(monthly, Fault::out_of_range, "more than 10,000,000 yuan a month");
        }
        row.supporter_members = count(index_in(in, "supporter_members"));
        row.dependants = count(index_in(in, "dependants"));
        row.recorded = recorded();
        if (!passes_rules(row)) return refuse_row(where, row.household, row.person);
        out.incomes.push_back({where, row, line});
    }

    void take_enrolment() {
        constexpr const auto& in = enrolment_columns;
        const County where = in_county();
        Enrolment row{
            .household = HouseholdNo{number(index_in(in, "household_no"))},
            .person = PersonNo{number(index_in(in, "person_no"))},
            .programme = programme(index_in(in, "programme")),
            .applied = day(index_in(in, "applied_on")),
            .confirmed = day(index_in(in, "confirmed_on")),
            .setting = word(index_in(in, "setting"), settings, Setting::dispersed),
            .ability = word(index_in(in, "ability"), abilities, Ability::none_given),
            .payee = PersonNo{number(index_in(in, "payee_no"))},
            .institution = InstitutionNo{number(index_in(in, "institution_no"))},
            .grade = digit(index_in(in, "grade"), 9),
            .grace_reason = word(index_in(in, "grace_reason"), grace_reasons, GraceReason::none_given),
            .end_reason = word(index_in(in, "end_reason"), end_reasons, EndReason::decision),
            .ended = day(index_in(in, "ended_on")),
            .caregiver = PersonNo{number(index_in(in, "caregiver_no"))},
        };
        row.recorded = recorded();
        if (!passes_rules(row)) return refuse_row(where, row.household, row.person);
        out.enrolments.push_back({where, row, line});
    }

    Programme programme(std::size_t column) {
        const auto text = given(column);
        if (!text) return Programme::dibao_rural;
        // What is paid on top of others has no enrolments.
        if (const auto known = programme_of(*text); known && !text_of(*known).is_on_top) return *known;
        std::string codes;
        for (const ProgrammeText& row : programmes) {
            if (row.is_on_top) continue;
            if (row.chinese == *text) return row.programme;
            codes += (codes.empty() ? "" : ", ") + std::string{row.code};
        }
        fault(column, Fault::unknown, "is none of " + codes);
        return Programme::dibao_rural;
    }

    void take_account() {
        constexpr const auto& in = account_columns;
        const County where = in_county();
        Account row{
            .kind = word(index_in(in, "payee_kind"), payee_kinds, PayeeKind::person),
            .payee = number(index_in(in, "payee_no")),
            .bank = bank(index_in(in, "bank_code")),
            .account_kind = word(index_in(in, "account_kind"), account_kinds, AccountKind::card),
        };
        constexpr std::size_t account = index_in(in, "account");
        if (const auto text = given(account)) {
            const auto parsed = AccountNumber::parse(*text, row.account_kind);
            if (parsed)
                row.account = parsed->text();
            else
                fault(account, parsed.error().fault, parsed.error().text);
        }
        row.holder = name(index_in(in, "holder"));
        row.recorded = recorded();
        if (!passes_rules(row))
            return refuse_row(where, {}, PersonNo{row.kind == PayeeKind::person ? row.payee : 0});
        out.accounts.push_back({where, std::move(row), line});
    }

    void take_institution() {
        constexpr const auto& in = institution_columns;
        const County where = in_county();
        Institution row{.no = InstitutionNo{number(index_in(in, "institution_no"))},
                        .recorded = {},
                        .name = name(index_in(in, "name"))};
        row.recorded = recorded();
        if (!passes_rules(row)) return refuse_row(where, {}, {});
        out.institutions.push_back({where, std::move(row), line});
    }

    void finish() {
        reader.finish();
        if (!has_header && reader.faults_found() == 0) {
            line = 1;
            add_fault(columns[0].name, Fault::missing, "the file is empty: its first line names the columns");
        }
        const std::int64_t found = faults_found + reader.faults_found();
        const std::int64_t unlisted = found - static_cast<std::int64_t>(faults.size() - faults_before);
        if (unlisted > 0)
            faults.push_back(
                Failure{Fault::out_of_range, file, fmt::format("{} more faults are not listed", unlisted)});
    }

    static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

    FileKind kind;
    std::string file;
    const DecodeContext& context;
    RegisterFiles& out;
    Faults& faults;
    std::size_t faults_before = faults.size();
    std::int64_t faults_found = 0;
    std::span<const Column> columns;
    std::array<std::size_t, columns_max> place_of{};  ///< of each column, its place in the file's rows
    bool has_header = false;
    std::size_t header_fields = 0;
    std::vector<std::string> header;  ///< the columns by name, or by number where the name is unknown
    std::int64_t rows = 0;

    std::int64_t line = 0;
    std::size_t faults_before_row = 0;
    std::span<const std::string_view> fields;
    std::uint32_t faulty = 0;  ///< the columns in which the row has a fault, a bit each
    bool row_is_absent = false;

    County last_county;
    std::string last_county_text;
    BankNo last_bank;
    std::string last_bank_text;
    CsvReader reader;  // last: its callback uses everything above
};

RegisterDecoder::RegisterDecoder(FileKind kind, std::string file, const DecodeContext& context,
                                 RegisterFiles& out, Faults& faults)
    : impl_{std::make_unique<Impl>(kind, std::move(file), context, out, faults)} {}

RegisterDecoder::~RegisterDecoder() = default;

void RegisterDecoder::feed(std::string_view bytes) { impl_->reader.feed(bytes); }

void RegisterDecoder::finish() { impl_->finish(); }

std::int64_t RegisterDecoder::rows() const { return impl_->rows; }

}  // namespace onecard::registry
