#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

namespace onecard::ops {

/// What the service counts about itself, in the text format of Prometheus. Routes are patterns: no label ever holds
/// anything that a caller has sent.
class Metrics {
public:
    void answered(std::string_view method, std::string_view route, int status, std::int64_t microseconds,
                  std::uint64_t bytes_in, std::uint64_t bytes_out);
    /// A connection that TLS refused.
    void turned_away();

    struct Gauges {
        bool is_ready = false;
        std::int64_t computations = 0, units_done = 0, units_all = 0, payments = 0;
        std::int64_t database_restarts = 0;
        std::uint64_t statements = 0;
    };
    std::string text(const Gauges& gauges) const;

private:
    static constexpr std::array<std::int64_t, 12> bounds_us{
        500, 1'000, 2'500, 5'000, 10'000, 20'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 10'000'000};
    mutable std::mutex guard_;
    std::map<std::tuple<std::string, std::string, int>, std::uint64_t> requests_;
    std::array<std::uint64_t, bounds_us.size()> within_{};
    std::uint64_t count_ = 0, microseconds_ = 0, bytes_in_ = 0, bytes_out_ = 0, turned_away_ = 0;
};

}  // namespace onecard::ops
