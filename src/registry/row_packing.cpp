#include "onecard/registry/row_packing.hpp"

#include <cstring>
#include <type_traits>
#include <utility>

namespace onecard::registry {
namespace {

template <class Value>
void put(std::string& out, const Value& value) {
    static_assert(std::is_trivially_copyable_v<Value>);
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& out, const std::string& text) {
    put(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
}

std::string_view take_bytes(std::string_view& bytes, std::size_t count) {
    ensure(count <= bytes.size(), "a packed row breaks off");
    const std::string_view taken = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return taken;
}

template <class Value>
void take(std::string_view& bytes, Value& value) {
    static_assert(std::is_trivially_copyable_v<Value>);
    std::memcpy(static_cast<void*>(&value), take_bytes(bytes, sizeof value).data(), sizeof value);
}

std::string_view take_text(std::string_view& bytes) {
    std::uint32_t size = 0;
    take(bytes, size);
    return take_bytes(bytes, size);
}

// Rows that hold texts go field by field.

void put_row(std::string& out, const RegisterFiles::In<Account>& in) {
    put(out, in.county);
    put(out, in.line);
    put(out, in.row.kind);
    put(out, in.row.payee);
    put(out, in.row.recorded);
    put(out, in.row.bank);
    put(out, in.row.account_kind);
    put_text(out, in.row.account);
    put_text(out, in.row.holder);
}

void put_row(std::string& out, const RegisterFiles::In<Institution>& in) {
    put(out, in.county);
    put(out, in.line);
    put(out, in.row.no);
    put(out, in.row.recorded);
    put_text(out, in.row.name);
}

void take_row(std::string_view& bytes, RegisterFiles::In<Account>& in) {
    take(bytes, in.county);
    take(bytes, in.line);
    take(bytes, in.row.kind);
    take(bytes, in.row.payee);
    take(bytes, in.row.recorded);
    take(bytes, in.row.bank);
    take(bytes, in.row.account_kind);
    in.row.account = take_text(bytes);
    in.row.holder = take_text(bytes);
}

void take_row(std::string_view& bytes, RegisterFiles::In<Institution>& in) {
    take(bytes, in.county);
    take(bytes, in.line);
    take(bytes, in.row.no);
    take(bytes, in.row.recorded);
    in.row.name = take_text(bytes);
}

/// A row that is moved in one piece.
template <class Row>
void take_row(std::string_view& bytes, RegisterFiles::In<Row>& in) {
    take(bytes, in);
}

/// The texts of an identity behind its person.
void take_identity(std::string_view& bytes, RegisterFiles::In<PersonIdentity>& in,
                   const RegisterFiles::In<Person>& person) {
    in.county = person.county;
    in.line = person.line;
    in.row.no = person.row.no;
    // Both were parsed at the door, when "today" was not before any birth.
    static const Day any_day = Day::of(9998, 12, 31).value();
    if (const std::string_view text = take_text(bytes); !text.empty())
        in.row.name = PersonName::parse(text).value();
    if (const std::string_view text = take_text(bytes); !text.empty())
        in.row.resident_id = ResidentId::parse(text, any_day).value();
}

std::int64_t lead_of(const Household& row) { return row.no.number(); }
std::int64_t lead_of(const Person& row) { return row.no.number(); }
std::int64_t lead_of(const IncomeItem& row) { return row.household.number(); }
std::int64_t lead_of(const Enrolment& row) { return row.household.number(); }
std::int64_t lead_of(const Account& row) { return row.payee; }
std::int64_t lead_of(const Institution& row) { return row.no.number(); }

template <class Row>
RowPlace place_in(const RegisterFiles::In<Row>& in) {
    return {in.county, lead_of(in.row)};
}

template <class Row>
void take_into(std::string_view& bytes, std::vector<RegisterFiles::In<Row>>& rows,
               const std::function<bool(std::int64_t)>& wants) {
    take_row(bytes, rows.emplace_back());
    if (wants && !wants(lead_of(rows.back().row))) rows.pop_back();
}

}  // namespace

std::size_t rows_of(const RegisterFiles& files, FileKind kind) {
    switch (kind) {
        case FileKind::households: return files.households.size();
        case FileKind::persons: return files.persons.size();
        case FileKind::incomes: return files.incomes.size();
        case FileKind::enrolments: return files.enrolments.size();
        case FileKind::accounts: return files.accounts.size();
        case FileKind::institutions: return files.institutions.size();
    }
    broken("a register file of no kind");
}

std::size_t bytes_per_row(FileKind kind) {
    // Texts up to 15 bytes lie in the row: longer ones are numbers of residents and cards, and names of institutions.
    constexpr std::size_t text = 32;
    switch (kind) {
        case FileKind::households: return sizeof(RegisterFiles::In<Household>);
        case FileKind::persons:
            return sizeof(RegisterFiles::In<Person>) + sizeof(RegisterFiles::In<PersonIdentity>) + text;
        case FileKind::incomes: return sizeof(RegisterFiles::In<IncomeItem>);
        case FileKind::enrolments: return sizeof(RegisterFiles::In<Enrolment>);
        case FileKind::accounts: return sizeof(RegisterFiles::In<Account>) + text;
        case FileKind::institutions: return sizeof(RegisterFiles::In<Institution>) + 2 * text;
    }
    broken("a register file of no kind");
}

RowPlace place_of(const RegisterFiles& files, FileKind kind, std::size_t index) {
    switch (kind) {
        case FileKind::households: return place_in(files.households[index]);
        case FileKind::persons: return place_in(files.persons[index]);
        case FileKind::incomes: return place_in(files.incomes[index]);
        case FileKind::enrolments: return place_in(files.enrolments[index]);
        case FileKind::accounts: return place_in(files.accounts[index]);
        case FileKind::institutions: return place_in(files.institutions[index]);
    }
    broken("a register file of no kind");
}

void pack_row(const RegisterFiles& files, FileKind kind, std::size_t index, std::string& out) {
    out.push_back(static_cast<char>(kind));
    switch (kind) {
        case FileKind::households: return put(out, files.households[index]);
        case FileKind::persons:
            put(out, files.persons[index]);
            put_text(out, files.identities[index].row.name.text());
            return put_text(out, files.identities[index].row.resident_id.text());
        case FileKind::incomes: return put(out, files.incomes[index]);
        case FileKind::enrolments: return put(out, files.enrolments[index]);
        case FileKind::accounts: return put_row(out, files.accounts[index]);
        case FileKind::institutions: return put_row(out, files.institutions[index]);
    }
    broken("a register file of no kind");
}

void unpack_rows(std::string_view bytes, RegisterFiles& to, const std::function<bool(std::int64_t)>& wants) {
    while (!bytes.empty()) {
        const auto kind = static_cast<FileKind>(take_bytes(bytes, 1).front());
        switch (kind) {
            case FileKind::households: take_into(bytes, to.households, wants); continue;
            case FileKind::persons: {
                RegisterFiles::In<Person> person;
                take_row(bytes, person);
                if (wants && !wants(lead_of(person.row))) {
                    take_text(bytes);
                    take_text(bytes);
                    continue;
                }
                to.persons.push_back(person);
                take_identity(bytes, to.identities.emplace_back(), person);
                continue;
            }
            case FileKind::incomes: take_into(bytes, to.incomes, wants); continue;
            case FileKind::enrolments: take_into(bytes, to.enrolments, wants); continue;
            case FileKind::accounts: take_into(bytes, to.accounts, wants); continue;
            case FileKind::institutions: take_into(bytes, to.institutions, wants); continue;
        }
        broken("a packed row of no kind");
    }
}

}  // namespace onecard::registry
