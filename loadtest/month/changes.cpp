#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "month.hpp"

namespace onecard::loadtest {

namespace {

constexpr int reports = 3;

std::string told(const std::string& json, const std::string& key) {
    const std::string wanted = "\"" + key + "\":";
    const std::size_t at = json.rfind(wanted);
    if (at == std::string::npos) throw std::runtime_error{"no " + key + " in a report of changes"};
    const std::size_t from = at + wanted.size();
    return json.substr(from, json.find_first_of(",}", from) - from);
}

}  // namespace

ChangesFigures measure_changes(Installation& office, std::int32_t run) {
    ChangesFigures figures;
    office.start_service();
    cli::Remote checker = office.as("checker");
    for (int i = 0; i < reports; ++i) {
        const Processor service = office.service_processor();
        const Processor database = office.database_processor();
        const double started = seconds_now();
        const auto report = checker.ask("GET", fmt::format("/v1/runs/{}/changes", run));
        const double took = seconds_now() - started;
        if (!report) throw std::runtime_error{report.error().message()};
        const std::size_t programmes = report->find("\"by_programme\"");
        if (programmes == std::string::npos || report->find("\"explained\":true") > programmes)
            throw std::runtime_error{"a report of changes that does not explain every fen"};
        if (i == 0 || took < figures.seconds) {
            figures.seconds = took;
            figures.service = (office.service_processor() - service).all();
            figures.database = (office.database_processor() - database).all();
        }
        figures.slowest = std::max(figures.slowest, took);
        // The row of all programmes is the last one of its table.
        const std::string all = report->substr(0, report->find("\"by_township\""));
        figures.payees = std::stoll(told(all, "payees_after"));
        figures.same = std::stoll(told(all, "same_n"));
    }
    figures.peak_memory_bytes = office.service_peak_memory();
    office.stop_service();
    return figures;
}

}  // namespace onecard::loadtest
