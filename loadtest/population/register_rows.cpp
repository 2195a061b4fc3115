#include "register_rows.hpp"

#include <algorithm>
#include <array>

namespace onecard::loadtest {

namespace {

using registry::FileKind;
using registry::Setting;

void append_luhn_digit(std::string& number, std::size_t begin) {
    int sum = 0;
    bool doubled = true;
    for (std::size_t i = number.size(); i > begin; doubled = !doubled) {
        const int digit = (number[--i] - '0') * (doubled ? 2 : 1);
        sum += digit / 10 + digit % 10;
    }
    number += static_cast<char>('0' + (10 - sum % 10) % 10);
}

void put(std::string& text, std::int64_t value) {
    RegisterFiles::number(text, value);
    text += ',';
}
void put(std::string& text, std::string_view value) {
    text += value;
    text += ',';
}
void put_day(std::string& text, Day day) { put(text, day.text()); }

std::int64_t number_of(const Case& of, std::size_t member) {
    return member == nobody ? 0 : of.members[member].no;
}

}  // namespace

RegisterRows::RegisterRows(const PopulationWish& wish, std::size_t place, RegisterFiles& files,
                           Random& random)
    : wish_{wish},
      place_{static_cast<std::int64_t>(place)},
      files_{files},
      random_{random},
      county_text_{wish.counties[place].text() + ','},
      banks_{std::min<std::int64_t>(std::max(1, wish.banks_per_county),
                                    static_cast<std::int64_t>(wish.bank_codes.size()))} {}

void RegisterRows::write(const Case& of) {
    if (of.next_representative == nobody) {
        write_household(of, of.representative, of.from, Month::open_end());
    } else {
        write_household(of, of.representative, of.from, of.next_from);
        write_household(of, of.next_representative, of.next_from, Month::open_end());
    }
    for (const Member& member : of.members) {
        if (member.died == Day{}) {
            write_person(of, member, false, member.from, Month::open_end());
        } else {
            write_person(of, member, false, member.from, member.died.month());
            write_person(of, member, true, std::max(member.from, member.died.month()), Month::open_end());
        }
    }
    for (const PlannedIncome& income : of.incomes) write_income(of, income);
    for (const PlannedEnrolment& enrolment : of.enrolments) write_enrolment(of, enrolment);
    for (const PlannedAccount& account : of.accounts) {
        if (account.to <= account.from) continue;
        const Member& member = of.members[account.member];
        write_account("person", member.no, member.name, random_.chance(1'500), account.from, account.to);
    }
}

void RegisterRows::write_household(const Case& of, std::size_t representative, Month from, Month to) {
    std::string& text = begin(FileKind::households);
    put(text, of.no);
    put(text, of.is_urban ? "urban" : "rural");
    put(text, of.village);
    put(text, of.members[representative].no);
    files_.end(FileKind::households, from, to);
}

void RegisterRows::write_person(const Case& of, const Member& member, bool with_death, Month from, Month to) {
    if (to <= from) return;
    std::string& text = begin(FileKind::persons);
    put(text, member.no);
    put(text, of.no);
    put(text, member.name);
    put(text, member.resident_id);
    put(text, member.disability_class);
    put(text, member.disability_level);
    put(text, std::int64_t{member.seriously_ill});
    put(text, std::int64_t{member.in_school});
    if (with_death)
        put_day(text, member.died);
    else
        text += ',';
    files_.end(FileKind::persons, from, to);
}

void RegisterRows::write_income(const Case& of, const PlannedIncome& income) {
    if (income.to <= income.from) return;
    std::string& text = begin(FileKind::incomes);
    put(text, of.no);
    put(text, number_of(of, income.member));
    put(text, income.item);
    RegisterFiles::number(text, income.fen / 100);
    text += '.';
    RegisterFiles::padded(text, income.fen % 100, 2);
    text += ',';
    files_.end(FileKind::incomes, income.from, income.to);
}

void RegisterRows::write_enrolment(const Case& of, const PlannedEnrolment& enrolment) {
    if (enrolment.to <= enrolment.from) return;
    std::string& text = begin(FileKind::enrolments);
    put(text, of.no);
    put(text, number_of(of, enrolment.member));
    put(text, text_of(enrolment.programme).code);
    put_day(text, enrolment.applied);
    put_day(text, enrolment.confirmed);
    put(text, enrolment.setting == Setting::central ? "central" : "dispersed");
    static constexpr std::array<std::string_view, 4> abilities{"", "self", "half", "full"};
    put(text, abilities[static_cast<std::size_t>(enrolment.ability)]);
    put(text, number_of(of, enrolment.payee));
    put(text, enrolment.institution);
    files_.end(FileKind::enrolments, enrolment.from, enrolment.to);
}

void RegisterRows::write_account(std::string_view kind, std::int64_t payee, std::string_view holder,
                                 bool is_passbook, Month from, Month to) {
    // One bank has most of a county, another a quarter.
    const std::int64_t draw = random_.below(100);
    std::int64_t bank = draw < 60   ? 0
                        : draw < 85 ? 1
                                    : 2 + random_.below(std::max<std::int64_t>(1, banks_ - 2));
    bank = (place_ + std::min(bank, banks_ - 1)) % static_cast<std::int64_t>(wish_.bank_codes.size());

    std::string& text = begin(FileKind::accounts);
    put(text, kind);
    put(text, payee);
    put(text, wish_.bank_codes[static_cast<std::size_t>(bank)]);
    put(text, is_passbook ? "passbook" : "card");
    // Multiplying by a number without a factor of ten's scatters the serials and keeps them different.
    const std::int64_t serial = ++accounts_ * 61'283'907 % 100'000'000;
    if (is_passbook) {
        text += "60";
        RegisterFiles::padded(text, bank % 100, 2);
        RegisterFiles::padded(text, place_ % 10'000, 4);
        RegisterFiles::padded(text, serial, 9);
    } else {
        static constexpr std::array<std::string_view, 3> issuers{"622999", "621999", "623999"};
        const std::size_t start = text.size();
        text += issuers[static_cast<std::size_t>(bank % 3)];
        RegisterFiles::padded(text, place_ % 10'000, 4);
        RegisterFiles::padded(text, serial, 8);
        append_luhn_digit(text, start);
    }
    text += ',';
    put(text, holder);
    files_.end(FileKind::accounts, from, to);
}

void RegisterRows::write_institution(std::int64_t no) {
    static constexpr std::array<std::string_view, 8> places{"城关", "东山", "西河", "南坪",
                                                            "北岭", "新安", "龙泉", "青石"};
    std::string name{places[static_cast<std::size_t>(no - 1) % places.size()]};
    if (no > static_cast<std::int64_t>(places.size())) {
        name += "第";
        RegisterFiles::number(name, no);
    }
    name += "中心敬老院";
    const Month from = wish_.first_month.plus_months(-72);
    std::string& text = begin(FileKind::institutions);
    put(text, no);
    put(text, name);
    files_.end(FileKind::institutions, from, Month::open_end());
    write_account("institution", no, name, true, from, Month::open_end());
}

}  // namespace onecard::loadtest
