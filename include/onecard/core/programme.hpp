#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace onecard {

/// The programmes. The number is what the database stores: never renumber.
enum class Programme : std::int16_t {
    dibao_urban = 1,
    dibao_rural = 2,
    tekun_urban = 3,
    tekun_rural = 4,
    orphan = 5,
    unattended_child = 6,
    disability_living = 7,
    disability_nursing = 8,
    price_subsidy = 9,
    one_off = 10,
};

/// A part of a programme that is owed and paid on a line of its own.
enum class Component : std::int16_t {
    basic = 0,
    care = 1,  ///< tekun: care subsidy by ability (照料护理)
};

/// Who is owed: the household as one unit, or each person.
enum class Subject : std::uint8_t { household, person };

struct ProgrammeText {
    Programme programme;
    std::string_view code;           ///< in files, options and the API: "dibao-rural"
    std::string_view chinese;        ///< "农村低保"
    std::string_view english;        ///< "rural dibao"
    std::string_view summary;        ///< what the payee reads on the bank statement, at most 7 characters
    std::string_view function_code;  ///< budget function, 2081902 (DOMAIN 5.1)
    Subject subject;
    /// Paid to whoever draws certain other programmes in the month: nobody is enrolled in it.
    bool is_on_top = false;
};

inline constexpr std::array programmes{
    ProgrammeText{Programme::dibao_urban, "dibao-urban", "城市低保", "urban dibao", "城市低保", "2081901",
                  Subject::household},
    ProgrammeText{Programme::dibao_rural, "dibao-rural", "农村低保", "rural dibao", "农村低保", "2081902",
                  Subject::household},
    ProgrammeText{Programme::tekun_urban, "tekun-urban", "城市特困", "urban tekun", "城市特困", "2082101",
                  Subject::person},
    ProgrammeText{Programme::tekun_rural, "tekun-rural", "农村特困", "rural tekun", "农村特困", "2082102",
                  Subject::person},
    ProgrammeText{Programme::orphan, "orphan", "孤儿基本生活", "orphans", "孤儿生活费", "2081001",
                  Subject::person},
    ProgrammeText{Programme::unattended_child, "unattended-child", "事实无人抚养儿童", "unattended children",
                  "事实孤儿", "2081001", Subject::person},
    ProgrammeText{Programme::disability_living, "disability-living", "困难残疾人生活补贴",
                  "disability living", "残疾生活", "2081107", Subject::person},
    ProgrammeText{Programme::disability_nursing, "disability-nursing", "重度残疾人护理补贴",
                  "disability nursing", "残疾护理", "2081107", Subject::person},
    ProgrammeText{Programme::price_subsidy, "price-subsidy", "价格临时补贴", "price-linked subsidy",
                  "价格补贴", "2082001", Subject::person, true},
    ProgrammeText{Programme::one_off, "one-off", "一次性生活补贴", "one-off payment", "一次性补贴", "2082001",
                  Subject::person, true},
};

constexpr const ProgrammeText& text_of(Programme programme) {
    return programmes[static_cast<std::size_t>(programme) - 1];
}

constexpr std::optional<Programme> programme_of(std::string_view code) {
    for (const ProgrammeText& row : programmes)
        if (row.code == code) return row.programme;
    return std::nullopt;
}

constexpr std::optional<Programme> programme_of_number(std::int64_t number) {
    if (number < 1 || number > static_cast<std::int64_t>(programmes.size())) return std::nullopt;
    return static_cast<Programme>(number);
}

}  // namespace onecard
