#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "line.hpp"
#include "month.hpp"

namespace onecard::loadtest {

namespace {

constexpr std::size_t connections = 2;

struct PartRows {
    std::int32_t part = 0;
    std::vector<std::string> counties;
    std::string payments, outcomes;  ///< as binary COPY sends them
};

std::vector<PartRows> load_parts(Line& line, std::int32_t run) {
    std::vector<PartRows> parts;
    for (const auto& row : line.ask(statement("parts_of_run", {{"run", std::to_string(run)}}))) {
        if (parts.empty() || parts.back().part != std::stoi(row[0]))
            parts.push_back({std::stoi(row[0]), {}, {}, {}});
        parts.back().counties.push_back(row[1]);
    }
    for (PartRows& part : parts) {
        const Replacements values{{"part", std::to_string(part.part)}};
        line.copy_out(statement("copy_payments", values),
                      [&](std::string_view row) { part.payments += row; });
        line.copy_out(statement("copy_outcomes", values),
                      [&](std::string_view row) { part.outcomes += row; });
    }
    return parts;
}

void read_register(Line& line, const std::string& county, Month period) {
    for (const char* table : {"register_households", "register_persons", "register_incomes",
                              "register_enrolments", "register_accounts"})
        line.copy_out(statement(
            table,
            {{"county", county}, {"known_at", "2147483647"}, {"month", std::to_string(period.number())}}));
}

void load(Line& line, const PartRows& part, const std::string& table, const std::string& bytes) {
    const Replacements values{{"part", std::to_string(part.part)}, {"next", std::to_string(part.part + 1)}};
    line.ask(statement(table + "_before", values));
    line.copy_in(fmt::format("{}_{}", table, part.part), bytes);
    line.ask(statement(table + "_after", values));
}

FloorFigures measure_once(const Installation& office, Line& line, const std::vector<PartRows>& parts,
                          Month period) {
    line.ask(statement("floor_begin"));
    line.ask("checkpoint");
    std::vector<std::unique_ptr<Line>> lines;
    for (std::size_t i = 0; i < connections; ++i) lines.push_back(std::make_unique<Line>(office.owner_url()));
    FloorFigures figures;
    std::mutex guard;
    std::exception_ptr broken;
    std::atomic<std::size_t> next{0};
    const std::int64_t wal_before = line.number(statement("wal_position"));
    const Processor database_before = office.database_processor();
    const Processor self_before = own_processor();
    const double started = seconds_now();
    {
        std::vector<std::jthread> workers;
        for (const auto& own : lines)
            workers.emplace_back([&, own = own.get()] {
                try {
                    for (std::size_t i = next++; i < parts.size(); i = next++) {
                        const double begun = seconds_now();
                        for (const std::string& county : parts[i].counties)
                            read_register(*own, county, period);
                        const double read = seconds_now();
                        load(*own, parts[i], "floor_payment", parts[i].payments);
                        const double paid = seconds_now();
                        load(*own, parts[i], "floor_outcome", parts[i].outcomes);
                        const std::lock_guard lock{guard};
                        figures.reading += read - begun;
                        figures.payments += paid - read;
                        figures.outcomes += seconds_now() - paid;
                    }
                } catch (...) {
                    const std::lock_guard lock{guard};
                    broken = std::current_exception();
                }
            });
    }
    if (broken) std::rethrow_exception(broken);
    figures.seconds = seconds_now() - started;
    figures.processor =
        (office.database_processor() - database_before).all() + (own_processor() - self_before).all();
    figures.wal_bytes = line.number(statement("wal_position")) - wal_before;
    line.ask(statement("floor_end"));
    return figures;
}

}  // namespace

FloorFigures measure_floor(const Installation& office, std::int32_t run, Month period, int repeats) {
    Line line{office.owner_url()};
    const std::vector<PartRows> parts = load_parts(line, run);
    std::vector<FloorFigures> all;
    for (int i = 0; i < repeats; ++i) all.push_back(measure_once(office, line, parts, period));
    std::ranges::sort(all, {}, &FloorFigures::seconds);
    return all[all.size() / 2];
}

}  // namespace onecard::loadtest
