#include "loadtest/population/population.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <span>
#include <system_error>
#include <utility>

#include "names.hpp"
#include "onecard/core/identity.hpp"
#include "onecard/core/programme.hpp"
#include "random.hpp"

namespace onecard::loadtest {
namespace {

using registry::Ability;
using registry::FileKind;
using registry::Setting;

// The two standards that the demo's months lie on (Laoshan, DOMAIN.md 1.7): incomes are laid out around them.
constexpr std::int64_t standard_2021_fen = 90'400;
constexpr std::int64_t standard_2022_fen = 99'500;

constexpr std::size_t kinds = 6;
constexpr std::size_t piece_bytes = 64 * 1024;
constexpr std::size_t nobody = 99;  ///< in the place of a member's index

// Six files, filled side by side.

class Files {
public:
    using Sink = std::function<void(FileKind, std::string_view)>;
    explicit Files(const Sink& sink) : sink_{sink} {
        start(FileKind::households,
              "county,household_no,area,village,representative,valid_from,valid_to,absent");
        start(
            FileKind::persons,
            "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
            "in_full_time_school,died_on,valid_from,valid_to,absent");
        start(FileKind::incomes, "county,household_no,person_no,item,monthly,valid_from,valid_to,absent");
        start(FileKind::enrolments,
              "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,"
              "institution_no,valid_from,valid_to,absent");
        start(FileKind::accounts,
              "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to,absent");
        start(FileKind::institutions, "county,institution_no,name,valid_from,valid_to,absent");
    }

    std::string& of(FileKind kind) { return text_[static_cast<std::size_t>(kind)]; }

    /// Ends a row: its last three columns.
    void end(FileKind kind, Month from, Month to) {
        std::string& text = of(kind);
        month(text, from);
        text += ',';
        if (to != Month::open_end()) month(text, to.previous());
        text += ",\n";
        if (text.size() >= piece_bytes) flush(kind);
    }

    void finish() {
        for (std::size_t kind = 0; kind < kinds; ++kind) flush(static_cast<FileKind>(kind));
    }

    static void number(std::string& text, std::int64_t value) {
        std::array<char, 20> digits;  // NOLINT: only what was written is read
        const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        text.append(digits.data(), written.ptr);
    }
    static void padded(std::string& text, std::int64_t value, std::size_t width) {
        const std::size_t begin = text.size();
        text.append(width, '0');
        for (std::size_t i = begin + width; i > begin; value /= 10)
            text[--i] = static_cast<char>('0' + value % 10);
    }
    static void month(std::string& text, Month value) {
        padded(text, value.year(), 4);
        text += '-';
        padded(text, value.month(), 2);
    }

private:
    void start(FileKind kind, std::string_view header) {
        of(kind).reserve(piece_bytes + 1024);
        of(kind).append(header).push_back('\n');
    }
    void flush(FileKind kind) {
        if (of(kind).empty()) return;
        sink_(kind, of(kind));
        of(kind).clear();
    }

    const Sink& sink_;
    std::array<std::string, kinds> text_;
};

// One household and everything about it, before it is written.

struct Member {
    std::int64_t no = 0;
    std::string name;
    std::string resident_id;
    Sex sex = Sex::female;
    int age = 0;
    Day born;
    Day died;
    Month from;
    int disability_class = 0;
    int disability_level = 0;
    bool seriously_ill = false;
    bool in_school = false;
    bool is_adult() const { return age >= 18; }
    bool is_severely_disabled() const { return disability_level == 1 || disability_level == 2; }
};

struct PlannedIncome {
    std::size_t member;
    int item;
    std::int64_t fen;
    Month from;
    Month to = Month::open_end();
};

struct PlannedEnrolment {
    std::size_t member;  ///< `nobody` for the whole household
    Programme programme;
    Day applied;
    Day confirmed;
    Month from;
    Month to = Month::open_end();
    std::size_t payee = nobody;
    Setting setting = Setting::dispersed;
    Ability ability = Ability::none_given;
    std::int64_t institution = 0;
};

struct PlannedAccount {
    std::size_t member;
    Month from;
    Month to = Month::open_end();
};

struct Case {
    std::int64_t no = 0;
    bool is_urban = false;
    std::int64_t village = 0;
    Month from;
    std::size_t representative = 0;
    std::size_t next_representative = nobody;
    Month next_from;
    std::vector<Member> members;
    std::vector<PlannedIncome> incomes;
    std::vector<PlannedEnrolment> enrolments;
    std::vector<PlannedAccount> accounts;
    int lines = 0;  ///< payment lines in the first month
    void clear() {
        representative = 0;
        next_representative = nobody;
        members.clear();
        incomes.clear();
        enrolments.clear();
        accounts.clear();
        lines = 0;
    }
};

char check_character(std::string_view first_17) {
    constexpr std::array weights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * (first_17[i] - '0');
    return std::string_view{"10X98765432"}[static_cast<std::size_t>(sum % 11)];
}

void append_luhn_digit(std::string& number, std::size_t begin) {
    int sum = 0;
    bool doubled = true;
    for (std::size_t i = number.size(); i > begin; doubled = !doubled) {
        const int digit = (number[--i] - '0') * (doubled ? 2 : 1);
        sum += digit / 10 + digit % 10;
    }
    number += static_cast<char>('0' + (10 - sum % 10) % 10);
}

Day first_day_of(Month month) {
    const auto day = Day::of(month.year(), month.month(), 1);
    ensure(day.has_value(), "a month without a first day");
    return *day;
}

class CountyMaker {
public:
    CountyMaker(const PopulationWish& wish, std::size_t place, Files& files, GeneratedCounts& counts)
        : wish_{wish},
          county_{wish.counties[place]},
          place_{static_cast<std::int64_t>(place)},
          files_{files},
          counts_{counts},
          random_{wish.seed * 1'000'003U + static_cast<std::uint64_t>(county_.number())},
          today_{first_day_of(wish.first_month)},
          born_on_(2 * static_cast<std::size_t>(days_of_birth_max)) {
        county_text_ = county_.text() + ',';
        // GB/T 2260 gives nobody 99xxxx. Counties 9,801 apart share an area; numbers are unique in a county.
        area_ = 990'000 + (1 + place_ / 99 % 99) * 100 + 1 + place_ % 99;
        banks_ = std::min<std::int64_t>(std::max(1, wish.banks_per_county),
                                        static_cast<std::int64_t>(wish.bank_codes.size()));
    }

    void make(std::int64_t lines_wanted) {
        institutions_ = 1 + lines_wanted / 15'000;
        for (std::int64_t no = 1; no <= institutions_; ++no) write_institution(no);
        for (std::int64_t lines = 0; lines < lines_wanted;) {
            plan_case();
            lines += case_.lines;
            counts_.payment_lines += case_.lines;
            write_case();
        }
    }

private:
    // What the household is: weights from the national numbers of persons and households (DOMAIN.md section 2).
    enum class Kind : std::uint8_t { dibao, tekun, nursing, orphan, unattended_child };

    void plan_case() {
        case_.clear();
        is_over_standard_ = false;
        case_.no = ++households_;
        ++counts_.households;
        static constexpr std::array kind_weights{5'908, 1'207, 2'748, 37, 100};
        const auto kind = static_cast<Kind>(random_.weighted(kind_weights));
        case_.is_urban = random_.chance(1'700);
        case_.village = county_.number() * std::int64_t{1'000'000} +
                        (case_.is_urban ? random_.between(1, 6) * 1'000 + random_.between(1, 20)
                                        : random_.between(100, 107) * 1'000 + random_.between(200, 230));

        // At most one change a case, in the first month that draws it.
        change_ = Change::none;
        for (const Month month : wish_.months_with_changes) {
            if (!random_.chance(200)) continue;
            static constexpr std::array change_weights{15, 20, 35, 12, 8, 10};
            change_ = static_cast<Change>(1 + random_.weighted(change_weights));
            change_month_ = month;
            ++counts_.changes;
            break;
        }

        if (change_ == Change::begins) {
            applied_ =
                first_day_of(change_month_.previous()).plus_days(-static_cast<int>(random_.between(1, 25)));
            confirmed_ = applied_.plus_days(27);
        } else {
            apply(static_cast<int>(random_.between(4, 60)));
        }
        switch (kind) {
            case Kind::dibao: plan_dibao(); break;
            case Kind::tekun: plan_tekun(); break;
            case Kind::nursing: plan_nursing(); break;
            case Kind::orphan: plan_child(Programme::orphan); break;
            case Kind::unattended_child: plan_child(Programme::unattended_child); break;
        }
        for (const PlannedEnrolment& enrolment : case_.enrolments)
            if (enrolment.from <= wish_.first_month && (enrolment.member != nobody || !is_over_standard_))
                case_.lines += lines_of(enrolment.programme);
        apply_change(kind);
    }

    void apply(int months_ago) {
        applied_ = first_day_of(wish_.first_month.plus_months(-months_ago))
                       .plus_days(static_cast<int>(random_.below(28)));
        confirmed_ = applied_.plus_days(static_cast<int>(random_.between(12, 30)));
    }

    static int lines_of(Programme programme) {
        // Basic living and care are two lines.
        return programme == Programme::tekun_urban || programme == Programme::tekun_rural ? 2 : 1;
    }

    // People.

    Member& add_member(int age, Sex sex, std::string_view family = {}) {
        Member& member = case_.members.emplace_back();
        member.no = ++persons_;
        ++counts_.persons;
        member.age = age;
        member.sex = sex;
        const auto days_old = age * std::int64_t{1461} / 4 + random_.between(2, 363);
        be_born(member, today_.plus_days(-static_cast<int>(days_old)));
        compose_name(random_, sex, family, member.name);
        member.from = std::max(case_.from, member.born.month());
        member.in_school = (age >= 6 && age <= 18) || (age >= 19 && age <= 22 && random_.chance(3'000));
        return member;
    }

    /// Sets the day of birth and a resident number that is unique in the county.
    void be_born(Member& member, Day born) {
        const Day first_day = first_day_of(Month{});
        for (int tries = 0;; ++tries) {
            ensure(tries < 10'000, "more people in a county than resident numbers");
            const std::int64_t day = born.epoch_days() - first_day.epoch_days();
            ensure(day >= 0 && day < days_of_birth_max, "somebody is too old or too young");
            std::uint16_t& last =
                born_on_[static_cast<std::size_t>(2 * day + (member.sex == Sex::male ? 1 : 0))];
            if (last == 499) {
                born = born.plus_days(-1);
                continue;
            }
            ++last;
            member.born = born;
            member.resident_id.clear();
            Files::number(member.resident_id, area_);
            member.resident_id += born.digits();
            Files::padded(member.resident_id, 2 * last + (member.sex == Sex::male ? 1 : 0), 3);
            member.resident_id += check_character(member.resident_id);
            return;
        }
    }

    Sex any_sex() { return random_.chance(5'000) ? Sex::male : Sex::female; }

    void disable(Member& member) {
        static constexpr std::array class_weights{12, 18, 3, 45, 9, 8, 5};
        static constexpr std::array level_weights{15, 30, 30, 25};
        member.disability_class = 1 + static_cast<int>(random_.weighted(class_weights));
        member.disability_level = 1 + static_cast<int>(random_.weighted(level_weights));
    }

    void need_account(std::size_t member, Month from) {
        for (const PlannedAccount& account : case_.accounts)
            if (account.member == member) return;
        case_.accounts.push_back({.member = member, .from = from});
    }

    /// Who is paid for this member: themself, or the representative for minors and some who cannot act.
    std::size_t payee_of(std::size_t member) {
        const Member& person = case_.members[member];
        const bool cannot_act =
            (person.disability_class == 5 || person.disability_class == 6) && random_.chance(5'000);
        const bool is_cared_for = member != case_.representative && (!person.is_adult() || cannot_act);
        const std::size_t payee = is_cared_for ? case_.representative : member;
        need_account(payee, std::max(case_.from, case_.members[payee].from));
        return is_cared_for ? payee : nobody;
    }

    /// A disability subsidy begins with the month of application.
    void enrol_disabled(std::size_t member, Programme programme) {
        const Member& person = case_.members[member];
        Day applied = applied_;
        if (change_ == Change::begins) {
            applied = first_day_of(change_month_).plus_days(static_cast<int>(random_.below(10)));
        } else {
            // Some time after the household was admitted, and not before the third month before the first.
            const int room = wish_.first_month.months_since(applied_.month()) - 3;
            applied =
                applied_.plus_days(static_cast<int>(28 * random_.between(0, std::max(0, room * 2 / 3))));
        }
        if (applied < person.born.plus_days(365)) return;
        case_.enrolments.push_back({.member = member,
                                    .programme = programme,
                                    .applied = applied,
                                    .confirmed = applied.plus_days(static_cast<int>(random_.between(3, 15))),
                                    .from = applied.month(),
                                    .payee = payee_of(member)});
    }

    // Kinds of households.

    void plan_dibao() {
        case_.from = applied_.month();
        static constexpr std::array urban_sizes{66, 21, 9, 4};      // 1.51 persons on average
        static constexpr std::array rural_sizes{52, 26, 14, 6, 2};  // 1.80
        const bool is_single_person = random_.chance(700);
        std::size_t size =
            1 + (case_.is_urban ? random_.weighted(urban_sizes) : random_.weighted(rural_sizes));
        if (is_single_person) size = static_cast<std::size_t>(random_.between(2, 4));
        plan_family(size);

        const Programme programme = case_.is_urban ? Programme::dibao_urban : Programme::dibao_rural;
        PlannedEnrolment dibao{.member = nobody,
                               .programme = programme,
                               .applied = applied_,
                               .confirmed = confirmed_,
                               .from = confirmed_.month().next()};
        for (Member& member : case_.members) {
            if (random_.chance(3'000)) disable(member);
            member.seriously_ill = random_.chance(1'000);
        }
        if (is_single_person) {
            // 单人保: a severely disabled or seriously ill adult of a household that is not itself admitted.
            std::size_t admitted = 0;
            for (std::size_t i = 0; i < size; ++i)
                if (case_.members[i].is_adult() && random_.chance(5'000)) admitted = i;
            Member& person = case_.members[admitted];
            person.disability_class = 4;
            person.disability_level = static_cast<int>(random_.between(1, 2));
            for (std::size_t i = 0; i < size; ++i)
                if (i != admitted) case_.members[i].disability_class = case_.members[i].disability_level = 0;
            dibao.member = admitted;
            need_account(admitted, case_.from);
            case_.enrolments.push_back(dibao);
            plan_incomes(random_.between(standard_2022_fen + 5'000, standard_2022_fen + 30'000), admitted);
            enrol_disabled(admitted, Programme::disability_living);
            enrol_disabled(admitted, Programme::disability_nursing);
            return;
        }
        need_account(case_.representative, case_.from);
        case_.enrolments.push_back(dibao);
        plan_incomes(income_per_head());
        for (std::size_t i = 0; i < size; ++i) {
            const Member& member = case_.members[i];
            if (member.disability_level == 0 || random_.chance(300)) continue;
            enrol_disabled(i, Programme::disability_living);
            if (member.is_severely_disabled()) enrol_disabled(i, Programme::disability_nursing);
        }
    }

    void plan_family(std::size_t size) {
        static constexpr std::array age_weights{8, 44, 38, 10};
        int age = 0;
        switch (random_.weighted(age_weights)) {
            case 0: age = static_cast<int>(random_.between(22, 35)); break;
            case 1: age = static_cast<int>(random_.between(36, 59)); break;
            case 2: age = static_cast<int>(random_.between(60, 79)); break;
            default: age = static_cast<int>(random_.between(80, 94)); break;
        }
        const Sex sex = random_.chance(6'000) ? Sex::male : Sex::female;
        add_member(age, sex);
        const std::string family{family_of(case_.members.front().name)};
        for (std::size_t i = 1; i < size; ++i) {
            const bool is_spouse = i == 1 && random_.chance(6'000);
            if (is_spouse)
                add_member(std::max(20, age + static_cast<int>(random_.between(-5, 5))),
                           sex == Sex::male ? Sex::female : Sex::male);
            else if (age >= 55 && random_.chance(6'000))
                add_member(static_cast<int>(random_.between(22, std::min(50, age - 22))), any_sex(), family);
            else
                add_member(static_cast<int>(random_.between(0, std::min(24, std::max(1, age - 20)))),
                           any_sex(), family);
        }
    }

    std::int64_t income_per_head() {
        // Two of a hundred wait between the standards: the raise admits them. Three of a thousand earn too much.
        const std::int64_t draw = random_.below(1'000);
        if (draw < 3) {
            is_over_standard_ = true;
            return random_.between(standard_2022_fen, standard_2022_fen + 20'000);
        }
        if (draw < 23) {
            is_over_standard_ = true;
            return random_.between(standard_2021_fen, standard_2022_fen - 1);
        }
        if (draw < 60) return 0;
        return (random_.between(500, 85'000) + random_.between(500, 85'000)) / 2;
    }

    /// `admitted` alone (单人保) earns little; the others, or the household as a whole, earn the rest.
    void plan_incomes(std::int64_t per_head, std::size_t admitted = nobody) {
        static constexpr std::array earned{101, 102, 201, 202, 203, 404};
        static constexpr std::array of_the_old{401, 401, 402, 404, 201, 301};
        std::int64_t left = per_head * static_cast<std::int64_t>(case_.members.size());
        std::size_t last_earner = admitted == nobody ? 0 : nobody;
        for (std::size_t i = 0; i < case_.members.size() && left > 0; ++i) {
            const Member& member = case_.members[i];
            if (!member.is_adult()) continue;
            if (i != admitted) last_earner = i;
            const std::int64_t part =
                i == admitted ? random_.between(0, 60'000) : left * random_.between(20, 80) / 100;
            if (part == 0) continue;
            add_income(i, member.age < 60 ? random_.one_of(earned) : random_.one_of(of_the_old), part);
            left -= part;
        }
        // Together exactly the wanted sum: gifts from outside make up the rest.
        if (left > 0) add_income(last_earner, last_earner == nobody ? 301 : 405, left);
        // What policies do not count.
        for (std::size_t i = 0; i < case_.members.size(); ++i) {
            const Member& member = case_.members[i];
            if (member.disability_level != 0 && random_.chance(1'000)) add_income(i, 901, 26'500);
            if (member.age >= 80 && random_.chance(5'000)) add_income(i, 903, 10'000);
            if (member.age >= 19 && member.in_school && random_.chance(3'000)) add_income(i, 904, 25'000);
        }
    }

    void add_income(std::size_t member, int item, std::int64_t fen) {
        const Month from = member == nobody ? case_.from : std::max(case_.from, case_.members[member].from);
        case_.incomes.push_back({.member = member, .item = item, .fen = fen, .from = from});
    }

    void plan_tekun() {
        case_.from = applied_.month();
        const bool is_disabled = random_.chance(1'000);
        const int age = static_cast<int>(is_disabled ? random_.between(40, 59) : random_.between(62, 92));
        Member& person = add_member(age, random_.chance(8'500) ? Sex::male : Sex::female);
        if (is_disabled) {
            disable(person);
            person.disability_level = static_cast<int>(random_.between(1, 2));
        }
        static constexpr std::array ability_weights{72, 17, 11};
        const auto ability = static_cast<Ability>(1 + random_.weighted(ability_weights));
        const bool is_central = random_.chance(ability == Ability::full ? 4'000 : 1'200);
        case_.enrolments.push_back(
            {.member = 0,
             .programme = case_.is_urban ? Programme::tekun_urban : Programme::tekun_rural,
             .applied = applied_,
             .confirmed = confirmed_,
             .from = confirmed_.month().next(),
             .setting = is_central ? Setting::central : Setting::dispersed,
             .ability = ability,
             .institution = is_central ? random_.between(1, institutions_) : 0});
        if (!is_central) need_account(0, case_.from);
    }

    void plan_nursing() {
        case_.from = applied_.month();
        const int age =
            static_cast<int>(random_.chance(700) ? random_.between(7, 17) : random_.between(18, 90));
        const bool has_guardian = age < 18 || random_.chance(3'500);
        if (has_guardian) add_member(static_cast<int>(random_.between(35, 70)), any_sex());
        const std::string family =
            has_guardian ? std::string{family_of(case_.members.front().name)} : std::string{};
        Member& person = add_member(age, any_sex(), family);
        disable(person);
        person.disability_level = static_cast<int>(random_.between(1, 2));
        enrol_disabled(case_.members.size() - 1, Programme::disability_nursing);
    }

    void plan_child(Programme programme) {
        // A few are of age and still at school.
        const bool is_student = random_.chance(400);
        const int age = static_cast<int>(is_student ? random_.between(18, 20) : random_.between(1, 16));
        // When the household applied the child was born, and not yet of age.
        if (change_ != Change::begins)
            apply(static_cast<int>(is_student ? random_.between(36, 60)
                                              : random_.between(4, std::min(60, 12 * age - 3))));
        case_.from = applied_.month();
        add_member(static_cast<int>(random_.between(40, 68)), any_sex());
        const std::string family{family_of(case_.members.front().name)};
        Member& child = add_member(age, any_sex(), family);
        if (is_student) child.in_school = true;
        need_account(0, case_.from);
        case_.enrolments.push_back({.member = 1,
                                    .programme = programme,
                                    .applied = applied_,
                                    .confirmed = confirmed_,
                                    .from = confirmed_.month().next(),
                                    .payee = 0});
        if (age >= 6 && random_.chance(300)) {
            disable(child);
            child.disability_level = static_cast<int>(random_.between(1, 2));
            enrol_disabled(1, Programme::disability_nursing);
        }
    }

    // Life between two months. Weights stand in plan_case.
    enum class Change : std::uint8_t { none, begins, ends, earns, dies, is_born, is_led_by };

    void apply_change(Kind kind) {
        const bool has_children = kind == Kind::orphan || kind == Kind::unattended_child;
        switch (change_) {
            case Change::none:
            case Change::begins: return;
            case Change::ends: return end_all();
            case Change::earns:
                // Only dibao looks at income.
                return kind == Kind::dibao ? change_incomes() : change_account();
            case Change::dies: return has_children ? end_all() : let_die();
            case Change::is_born:
                return kind == Kind::dibao && case_.members.size() < 6 ? add_baby() : change_account();
            case Change::is_led_by: return change_representative();
        }
    }

    void end_all() {
        for (PlannedEnrolment& enrolment : case_.enrolments) enrolment.to = change_month_;
    }

    void change_incomes() {
        const std::size_t known = case_.incomes.size();
        const std::int64_t percent =
            random_.chance(3'000) ? random_.between(250, 400) : random_.between(50, 150);
        for (std::size_t i = 0; i < known; ++i) {
            PlannedIncome next = case_.incomes[i];
            if (next.item >= 900) continue;
            case_.incomes[i].to = change_month_;
            next.from = change_month_;
            next.fen = next.fen * percent / 100;
            case_.incomes.push_back(next);
        }
        if (known == 0)
            case_.incomes.push_back(
                {.member = case_.representative, .item = 405, .fen = 30'000, .from = change_month_});
    }

    void let_die() {
        std::size_t dead = 0;
        for (std::size_t i = 1; i < case_.members.size(); ++i)
            if (case_.members[i].age > case_.members[dead].age) dead = i;
        const Day day = first_day_of(change_month_.previous()).plus_days(static_cast<int>(random_.below(28)));
        case_.members[dead].died = day;
        for (PlannedIncome& income : case_.incomes)
            if (income.member == dead) income.to = change_month_;
        const bool is_alone = case_.members.size() == 1;
        for (PlannedEnrolment& enrolment : case_.enrolments)
            if (enrolment.member == dead || is_alone) enrolment.to = change_month_;
        if (is_alone || dead != case_.representative) return;
        std::size_t next = dead == 0 ? 1 : 0;
        for (std::size_t i = 0; i < case_.members.size(); ++i)
            if (i != dead && case_.members[i].is_adult()) next = i;
        lead(next);
    }

    void lead(std::size_t next) {
        const std::size_t before = case_.representative;
        case_.next_representative = next;
        case_.next_from = change_month_;
        need_account(next, change_month_.previous());
        // Who was paid for others is so no longer.
        const std::size_t known = case_.enrolments.size();
        for (std::size_t i = 0; i < known; ++i) {
            if (case_.enrolments[i].payee != before || case_.enrolments[i].to != Month::open_end()) continue;
            PlannedEnrolment after = case_.enrolments[i];
            case_.enrolments[i].to = change_month_;
            after.from = change_month_;
            after.payee = next == after.member ? nobody : next;
            case_.enrolments.push_back(after);
        }
    }

    void add_baby() {
        const std::string family{family_of(case_.members.front().name)};
        Member& baby = add_member(1, any_sex(), family);
        be_born(baby, first_day_of(change_month_.previous()).plus_days(static_cast<int>(random_.below(28))));
        baby.age = 0;
        baby.from = baby.born.month();
    }

    void change_representative() {
        for (std::size_t i = 0; i < case_.members.size(); ++i)
            if (i != case_.representative && case_.members[i].is_adult()) return lead(i);
        change_account();
    }

    void change_account() {
        if (case_.accounts.empty()) return;
        PlannedAccount next = case_.accounts.front();
        case_.accounts.front().to = change_month_;
        next.from = change_month_;
        case_.accounts.push_back(next);
    }

    // Rows.

    std::string& begin(FileKind kind) { return files_.of(kind).append(county_text_); }

    static void put(std::string& text, std::int64_t value) {
        Files::number(text, value);
        text += ',';
    }
    static void put(std::string& text, std::string_view value) {
        text += value;
        text += ',';
    }
    static void put_day(std::string& text, Day day) { put(text, day.text()); }

    void write_household(std::size_t representative, Month from, Month to) {
        std::string& text = begin(FileKind::households);
        put(text, case_.no);
        put(text, case_.is_urban ? "urban" : "rural");
        put(text, case_.village);
        put(text, case_.members[representative].no);
        files_.end(FileKind::households, from, to);
    }

    void write_person(const Member& member, bool with_death, Month from, Month to) {
        if (to <= from) return;
        std::string& text = begin(FileKind::persons);
        put(text, member.no);
        put(text, case_.no);
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

    void write_case() {
        if (case_.next_representative == nobody) {
            write_household(case_.representative, case_.from, Month::open_end());
        } else {
            write_household(case_.representative, case_.from, case_.next_from);
            write_household(case_.next_representative, case_.next_from, Month::open_end());
        }
        for (const Member& member : case_.members) {
            if (member.died == Day{}) {
                write_person(member, false, member.from, Month::open_end());
            } else {
                write_person(member, false, member.from, member.died.month());
                write_person(member, true, std::max(member.from, member.died.month()), Month::open_end());
            }
        }
        for (const PlannedIncome& income : case_.incomes) {
            if (income.to <= income.from) continue;
            std::string& text = begin(FileKind::incomes);
            put(text, case_.no);
            put(text, number_of(income.member));
            put(text, income.item);
            Files::number(text, income.fen / 100);
            text += '.';
            Files::padded(text, income.fen % 100, 2);
            text += ',';
            files_.end(FileKind::incomes, income.from, income.to);
        }
        for (const PlannedEnrolment& enrolment : case_.enrolments) write_enrolment(enrolment);
        for (const PlannedAccount& account : case_.accounts) {
            if (account.to <= account.from) continue;
            const Member& member = case_.members[account.member];
            write_account("person", member.no, member.name, random_.chance(1'500), account.from, account.to);
        }
    }

    std::int64_t number_of(std::size_t member) const {
        return member == nobody ? 0 : case_.members[member].no;
    }

    void write_enrolment(const PlannedEnrolment& enrolment) {
        if (enrolment.to <= enrolment.from) return;
        std::string& text = begin(FileKind::enrolments);
        put(text, case_.no);
        put(text, number_of(enrolment.member));
        put(text, text_of(enrolment.programme).code);
        put_day(text, enrolment.applied);
        put_day(text, enrolment.confirmed);
        put(text, enrolment.setting == Setting::central ? "central" : "dispersed");
        static constexpr std::array<std::string_view, 4> abilities{"", "self", "half", "full"};
        put(text, abilities[static_cast<std::size_t>(enrolment.ability)]);
        put(text, number_of(enrolment.payee));
        put(text, enrolment.institution);
        files_.end(FileKind::enrolments, enrolment.from, enrolment.to);
    }

    void write_account(std::string_view kind, std::int64_t payee, std::string_view holder, bool is_passbook,
                       Month from, Month to) {
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
            Files::padded(text, bank % 100, 2);
            Files::padded(text, place_ % 10'000, 4);
            Files::padded(text, serial, 9);
        } else {
            static constexpr std::array<std::string_view, 3> issuers{"622999", "621999", "623999"};
            const std::size_t start = text.size();
            text += issuers[static_cast<std::size_t>(bank % 3)];
            Files::padded(text, place_ % 10'000, 4);
            Files::padded(text, serial, 8);
            append_luhn_digit(text, start);
        }
        text += ',';
        put(text, holder);
        files_.end(FileKind::accounts, from, to);
    }

    void write_institution(std::int64_t no) {
        static constexpr std::array<std::string_view, 8> places{"城关", "东山", "西河", "南坪",
                                                                "北岭", "新安", "龙泉", "青石"};
        std::string name{places[static_cast<std::size_t>(no - 1) % places.size()]};
        if (no > static_cast<std::int64_t>(places.size())) {
            name += "第";
            Files::number(name, no);
        }
        name += "中心敬老院";
        const Month from = wish_.first_month.plus_months(-72);
        std::string& text = begin(FileKind::institutions);
        put(text, no);
        put(text, name);
        files_.end(FileKind::institutions, from, Month::open_end());
        write_account("institution", no, name, true, from, Month::open_end());
    }

    static constexpr std::int64_t days_of_birth_max = 366 * 160;

    const PopulationWish& wish_;
    County county_;
    std::int64_t place_;
    Files& files_;
    GeneratedCounts& counts_;
    Random random_;
    Day today_;
    std::vector<std::uint16_t> born_on_;  ///< how many, by day of birth and sex
    std::string county_text_;
    std::int64_t area_ = 0;
    std::int64_t banks_ = 1;
    std::int64_t institutions_ = 0;
    std::int64_t households_ = 0;
    std::int64_t persons_ = 0;
    std::int64_t accounts_ = 0;

    Case case_;  // of the case at hand, like all below
    Change change_ = Change::none;
    Month change_month_;
    Day applied_;
    Day confirmed_;
    bool is_over_standard_ = false;
};

bool is_complete(const PopulationWish& wish) {
    return !wish.counties.empty() && !wish.bank_codes.empty() && wish.first_month != Month{};
}

}  // namespace

GeneratedCounts generate(
    const PopulationWish& wish,
    const std::function<void(registry::FileKind kind, std::string_view csv_bytes)>& sink) {
    ensure(is_complete(wish), "a population needs counties, bank codes and a first month");
    GeneratedCounts counts;
    Files files{sink};
    const auto counties = static_cast<std::int64_t>(wish.counties.size());
    for (std::int64_t place = 0; place < counties; ++place) {
        // The first ones take what does not divide.
        const std::int64_t lines =
            wish.payment_lines / counties + (place < wish.payment_lines % counties ? 1 : 0);
        CountyMaker{wish, static_cast<std::size_t>(place), files, counts}.make(lines);
    }
    files.finish();
    return counts;
}

Result<GeneratedCounts> write_population(const PopulationWish& wish, const std::filesystem::path& folder) {
    if (!is_complete(wish))
        return refuse(Fault::missing, "a population needs counties, bank codes and a first month");
    std::error_code refused;
    std::filesystem::create_directories(folder, refused);
    if (refused)
        return refuse(Fault::missing, "the folder cannot be made: " + refused.message(), folder.string());
    std::array<std::ofstream, kinds> files;
    const auto path_of = [&](std::size_t kind) {
        return folder / registry::file_name_of(static_cast<registry::FileKind>(kind));
    };
    for (std::size_t kind = 0; kind < kinds; ++kind)
        files[kind].open(path_of(kind), std::ios::binary | std::ios::trunc);
    const GeneratedCounts counts = generate(wish, [&](registry::FileKind kind, std::string_view bytes) {
        files[static_cast<std::size_t>(kind)].write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    });
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        files[kind].close();
        if (!files[kind]) return refuse(Fault::missing, "the file cannot be written", path_of(kind).string());
    }
    return counts;
}

}  // namespace onecard::loadtest
