#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace onecard {

/// The programmes. The number is what the database stores: never renumber.
enum class Programme : std::int16_t {
#define PROGRAMME(number, name, ...) name = number,
#include "onecard/core/programmes.inc"
#undef PROGRAMME
};

/// A part of a programme that is owed and paid on a line of its own.
enum class Component : std::int16_t {
    basic = 0,
    care = 1,    ///< tekun: care subsidy by ability (照料护理)
    pocket = 2,  ///< tekun in an institution: pocket money (零花钱), paid to the person
};

struct ComponentText {
    Component component;
    std::string_view chinese;
    std::string_view english;
};
inline constexpr std::array components{ComponentText{Component::basic, "基本", "basic"},
                                       ComponentText{Component::care, "照料护理", "care"},
                                       ComponentText{Component::pocket, "零花钱", "pocket money"}};
constexpr const ComponentText& text_of(Component component) {
    return components[static_cast<std::size_t>(component)];
}

/// Who is owed: the household as one unit, or each person.
enum class Subject : std::uint8_t { household, person };

/// Programmes that differ only in area are one kind: the rules between programmes are rules between kinds.
enum class ProgrammeKind : std::uint8_t {
    orphan,
    tekun,
    unattended,
    dibao,
    living,
    nursing,
    on_top,  ///< paid to whoever draws certain other programmes in the month: nobody is enrolled in it
    beside,  ///< together with all of them: low-margin households, whom what is on top may cover
};

/// Urban and rural standards.
enum class ProgrammeArea : std::uint8_t { any, urban, rural };

/// From which month an enrolment is owed.
enum class StartRule : std::uint8_t { month_after_confirmation, month_of_confirmation, month_of_application };

struct ProgrammeText {
    Programme programme;
    std::string_view code;           ///< in files, options and the API: "dibao-rural"
    std::string_view chinese;        ///< "农村低保"
    std::string_view english;        ///< "rural dibao"
    std::string_view summary;        ///< what the payee reads on the bank statement, at most 7 characters
    std::string_view function_code;  ///< budget function, 2081902 (DOMAIN 5.1)
    Subject subject;
    ProgrammeKind kind;
    ProgrammeArea area;
    StartRule start;  ///< unless a division says otherwise
    /// Paid to whoever draws certain other programmes in the month: nobody is enrolled in it.
    bool is_on_top;
    bool is_for_children;
    /// Somebody may live in an institution, which then is paid.
    bool may_be_central;
};

inline constexpr std::array programmes{
#define PROGRAMME(number, name, code, chinese, english, summary, function_code, subject, kind, area, start, \
                  function)                                                                                 \
    ProgrammeText{                                                                                          \
        Programme::name,                                                                                    \
        code,                                                                                               \
        chinese,                                                                                            \
        english,                                                                                            \
        summary,                                                                                            \
        function_code,                                                                                      \
        Subject::subject,                                                                                   \
        ProgrammeKind::kind,                                                                                \
        ProgrammeArea::area,                                                                                \
        StartRule::start,                                                                                   \
        ProgrammeKind::kind == ProgrammeKind::on_top,                                                       \
        ProgrammeKind::kind <= ProgrammeKind::unattended && ProgrammeKind::kind != ProgrammeKind::tekun,    \
        ProgrammeKind::kind <= ProgrammeKind::unattended},
#include "onecard/core/programmes.inc"
#undef PROGRAMME
};
static_assert(std::ranges::all_of(programmes, [](const ProgrammeText& row) {
    return programmes.data() + static_cast<std::size_t>(row.programme) - 1 == &row;
}));

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
