#include "onecard/ops/metrics.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace onecard::ops {

void Metrics::answered(std::string_view method, std::string_view route, int status, std::int64_t microseconds,
                       std::uint64_t bytes_in, std::uint64_t bytes_out) {
    const std::lock_guard lock{guard_};
    // A method that no route has is whatever the caller wrote.
    const bool is_known = !route.empty();
    ++requests_[{std::string{is_known ? method : "other"}, std::string{is_known ? route : "none"}, status}];
    for (std::size_t i = 0; i < bounds_us.size(); ++i)
        if (microseconds <= bounds_us[i]) ++within_[i];
    ++count_;
    microseconds_ += static_cast<std::uint64_t>(microseconds);
    bytes_in_ += bytes_in;
    bytes_out_ += bytes_out;
}

void Metrics::turned_away() {
    const std::lock_guard lock{guard_};
    ++turned_away_;
}

std::string Metrics::text(const Gauges& gauges) const {
    std::string out;
    const auto line = [&](fmt::string_view format, const auto&... values) {
        fmt::format_to(std::back_inserter(out), fmt::runtime(format), values...);
        out += '\n';
    };
    const auto head = [&](const char* name, const char* type, const char* help) {
        line("# HELP {} {}\n# TYPE {} {}", name, help, name, type);
    };
    // Seconds with six decimals, without floating point on the way.
    const auto seconds = [](std::uint64_t us) {
        return fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000);
    };
    const std::lock_guard lock{guard_};
    head("onecard_requests_total", "counter", "Answered requests by route and status.");
    for (const auto& [key, count] : requests_)
        line("onecard_requests_total{{method=\"{}\",route=\"{}\",status=\"{}\"}} {}", std::get<0>(key),
             std::get<1>(key), std::get<2>(key), count);
    head("onecard_request_seconds", "histogram",
         "Time from the first byte of a request to the last of its answer.");
    for (std::size_t i = 0; i < bounds_us.size(); ++i)
        line("onecard_request_seconds_bucket{{le=\"{}\"}} {}",
             seconds(static_cast<std::uint64_t>(bounds_us[i])), within_[i]);
    line("onecard_request_seconds_bucket{{le=\"+Inf\"}} {}", count_);
    line("onecard_request_seconds_sum {}", seconds(microseconds_));
    line("onecard_request_seconds_count {}", count_);
    head("onecard_received_bytes_total", "counter", "Bytes of requests.");
    line("onecard_received_bytes_total {}", bytes_in_);
    head("onecard_sent_bytes_total", "counter", "Bytes of answers.");
    line("onecard_sent_bytes_total {}", bytes_out_);
    head("onecard_turned_away_total", "counter",
         "Connections that TLS refused or that broke before a request.");
    line("onecard_turned_away_total {}", turned_away_);
    head("onecard_ready", "gauge", "1 while the records can be reached.");
    line("onecard_ready {}", gauges.is_ready ? 1 : 0);
    head("onecard_statements_total", "counter", "Statements sent to the database.");
    line("onecard_statements_total {}", gauges.statements);
    head("onecard_computations", "gauge", "Runs that are being computed.");
    line("onecard_computations {}", gauges.computations);
    head("onecard_computing_units", "gauge", "Units of those runs.");
    line("onecard_computing_units{{state=\"done\"}} {}", gauges.units_done);
    line("onecard_computing_units{{state=\"all\"}} {}", gauges.units_all);
    head("onecard_computed_payments", "gauge", "Payments of the units done of those runs.");
    line("onecard_computed_payments {}", gauges.payments);
    head("onecard_database_restarts_total", "counter",
         "Times that the private database died and was started again.");
    line("onecard_database_restarts_total {}", gauges.database_restarts);
    std::uint64_t pages_all = 0, pages_resident = 0;
    if (std::ifstream in{"/proc/self/statm"}; in >> pages_all >> pages_resident) {
        head("process_resident_memory_bytes", "gauge", "Resident memory of the service itself.");
        line("process_resident_memory_bytes {}",
             pages_resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    }
    return out;
}

}  // namespace onecard::ops
