#include "loadtest/population/population.hpp"

#include <array>
#include <fstream>
#include <system_error>

#include "household_plan.hpp"
#include "random.hpp"
#include "register_files.hpp"
#include "register_rows.hpp"

namespace onecard::loadtest {
namespace {

void make_county(const PopulationWish& wish, std::size_t place, std::int64_t lines_wanted,
                 RegisterFiles& files, GeneratedCounts& counts) {
    Random random{wish.seed * 1'000'003U + static_cast<std::uint64_t>(wish.counties[place].number())};
    const std::int64_t institutions = 1 + lines_wanted / 15'000;
    HouseholdPlan plan{wish, place, institutions, random, counts};
    RegisterRows rows{wish, place, files, random};
    for (std::int64_t no = 1; no <= institutions; ++no) rows.write_institution(no);
    for (std::int64_t lines = 0; lines < lines_wanted;) {
        const Case& household = plan.next();
        lines += household.lines;
        counts.payment_lines += household.lines;
        rows.write(household);
    }
}

bool is_complete(const PopulationWish& wish) {
    return !wish.counties.empty() && !wish.bank_codes.empty() && wish.first_month != Month{};
}

}  // namespace

GeneratedCounts generate(
    const PopulationWish& wish,
    const std::function<void(registry::FileKind kind, std::string_view csv_bytes)>& sink) {
    ensure(is_complete(wish), "a population needs counties, bank codes and a first month");
    GeneratedCounts counts;
    RegisterFiles files{sink};
    const auto counties = static_cast<std::int64_t>(wish.counties.size());
    for (std::int64_t place = 0; place < counties; ++place) {
        // The first ones take what does not divide.
        const std::int64_t lines =
            wish.payment_lines / counties + (place < wish.payment_lines % counties ? 1 : 0);
        make_county(wish, static_cast<std::size_t>(place), lines, files, counts);
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
    std::array<std::ofstream, kinds_of_files> files;
    const auto path_of = [&](std::size_t kind) {
        return folder / registry::file_name_of(static_cast<registry::FileKind>(kind));
    };
    for (std::size_t kind = 0; kind < kinds_of_files; ++kind)
        files[kind].open(path_of(kind), std::ios::binary | std::ios::trunc);
    const GeneratedCounts counts = generate(wish, [&](registry::FileKind kind, std::string_view bytes) {
        files[static_cast<std::size_t>(kind)].write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    });
    for (std::size_t kind = 0; kind < kinds_of_files; ++kind) {
        files[kind].close();
        if (!files[kind]) return refuse(Fault::missing, "the file cannot be written", path_of(kind).string());
    }
    return counts;
}

}  // namespace onecard::loadtest
