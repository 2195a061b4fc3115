#include "resident_numbers.hpp"

#include <array>
#include <string_view>

#include "register_files.hpp"

namespace onecard::loadtest {

namespace {

char check_character(std::string_view first_17) {
    constexpr std::array weights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * (first_17[i] - '0');
    return std::string_view{"10X98765432"}[static_cast<std::size_t>(sum % 11)];
}

}  // namespace

// GB/T 2260 gives nobody 99xxxx. Counties 9,801 apart share an area; numbers are unique in a county.
ResidentNumbers::ResidentNumbers(std::int64_t place)
    : area_{990'000 + (1 + place / 99 % 99) * 100 + 1 + place % 99},
      born_on_(2 * static_cast<std::size_t>(days_of_birth_max)) {}

void ResidentNumbers::be_born(Member& member, Day born) {
    const Day first_day = first_day_of(Month{});
    for (int tries = 0;; ++tries) {
        ensure(tries < 10'000, "more people in a county than resident numbers");
        const std::int64_t day = born.epoch_days() - first_day.epoch_days();
        ensure(day >= 0 && day < days_of_birth_max, "somebody is too old or too young");
        std::uint16_t& last = born_on_[static_cast<std::size_t>(2 * day + (member.sex == Sex::male ? 1 : 0))];
        if (last == 499) {
            born = born.plus_days(-1);
            continue;
        }
        ++last;
        member.born = born;
        member.resident_id.clear();
        RegisterFiles::number(member.resident_id, area_);
        member.resident_id += born.digits();
        RegisterFiles::padded(member.resident_id, 2 * last + (member.sex == Sex::male ? 1 : 0), 3);
        member.resident_id += check_character(member.resident_id);
        return;
    }
}

}  // namespace onecard::loadtest
