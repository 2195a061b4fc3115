#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "line.hpp"
#include "month.hpp"

namespace onecard::loadtest {

namespace {

double payments_per_second(const Installation& office, int connections, std::int32_t county, double seconds) {
    std::atomic<std::int64_t> written{0};
    std::mutex guard;
    std::exception_ptr broken;
    const double started = seconds_now();
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < connections; ++i)
            threads.emplace_back([&, own = std::to_string(county + i)] {
                try {
                    Line line{office.owner_url()};
                    line.prepare("payment", statement("peer_payment"));
                    line.prepare("outcome", statement("peer_outcome"));
                    for (std::int32_t serial = 1; seconds_now() - started < seconds; ++serial) {
                        const std::vector<std::string> values{own, std::to_string(serial)};
                        line.ask("begin");
                        line.run_prepared("payment", values);
                        line.run_prepared("outcome", values);
                        line.ask("commit");
                        ++written;
                    }
                } catch (...) {
                    const std::lock_guard lock{guard};
                    broken = std::current_exception();
                }
            });
    }
    if (broken) std::rethrow_exception(broken);
    return static_cast<double>(written) / (seconds_now() - started);
}

}  // namespace

PeerFigures measure_peers(const Installation& office, double seconds) {
    Line line{office.owner_url()};
    line.ask(statement("peer_begin"));
    PeerFigures figures;
    figures.one_connection = payments_per_second(office, 1, 1, seconds);
    figures.eight_connections = payments_per_second(office, 8, 101, seconds);
    line.ask(statement("peer_end"));
    return figures;
}

}  // namespace onecard::loadtest
