#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "line.hpp"
#include "month.hpp"

/// The benchmark of the house: how to run and how to read it stands in loadtest/README.md.
namespace onecard::loadtest {

namespace {

constexpr int auditors_in_second_month = 4;
constexpr double peer_seconds = 3;

struct Wish {
    std::vector<std::int64_t> sizes;
    std::string folder;
    std::string micro;    ///< what micro_bench wrote, to be put into the JSON
    std::string profile;  ///< where linux-perf puts its samples of the month
    bool json = false, second_month = false, reads = false, no_peers = false, keep = false;
};

struct Figures {
    std::int64_t size = 0;
    Installation::Imported imported;
    MonthFigures month, second;
    ChangesFigures changes;
    FloorFigures floor;
    PeerFigures peers;
    ReadFigures reads;
    double per_second() const { return static_cast<double>(month.payments) / month.seconds; }
    double ratio() const { return month.seconds / floor.seconds; }
    template <class Number>
    double per_payment(Number number) const {
        return static_cast<double>(number) / static_cast<double>(month.payments);
    }
};

void say(const std::string& text) {
    fmt::print(stderr, "bench: {}\n", text);
    std::fflush(stderr);
}

/// Samples the whole machine while it lives: service, database and banks are processes of their own.
class Profile {
public:
    explicit Profile(const std::string& file) {
        if (file.empty()) return;
        perf_ = ::fork();
        if (perf_ != 0) return;
        ::execlp("perf", "perf", "record", "-q", "-a", "-F", "199", "--call-graph", "dwarf,8192", "-o",
                 file.c_str(), nullptr);
        ::_exit(127);
    }
    ~Profile() {
        if (perf_ <= 0) return;
        ::kill(perf_, SIGINT);
        ::waitpid(perf_, nullptr, 0);
    }
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;

private:
    pid_t perf_ = 0;
};

/// Of this run alone: a file system looks long for a place where files were deleted a moment ago, so that nothing is
/// removed before everything is measured.
std::filesystem::path folder_of(const Wish& wish, std::int64_t size) {
    return std::filesystem::path{wish.folder} / fmt::format("{}-{}", size, ::getpid());
}

Figures measure(const Wish& wish, std::int64_t size) {
    Figures figures;
    figures.size = size;
    const auto first = Month::of(2021, 12).value();
    const auto second = Month::of(2022, 1).value();
    say(fmt::format("{} payments: database, certificates, configuration", size));
    Installation office{folder_of(wish, size), size};
    say(fmt::format("generating and importing the register of {} counties (not part of the month)",
                    office.counties().size()));
    figures.imported = office.import_register(first, {second});
    {
        Line line{office.owner_url()};
        // What autovacuum would do within minutes; in the middle of a measurement it would be noise.
        line.ask("vacuum analyze");
    }
    say("the month");
    {
        const Profile profile{wish.profile};
        figures.month = run_month(office, first, 0, 0);
    }
    say("the floor");
    figures.floor = measure_floor(office, figures.month.run, first, size > 2'000'000 ? 1 : 3);
    if (!wish.no_peers) {
        say("the peers' way");
        figures.peers = measure_peers(office, peer_seconds);
    }
    if (wish.second_month) {
        say(fmt::format("a second month, while {} auditors ask", auditors_in_second_month));
        figures.second = run_month(office, second, auditors_in_second_month, figures.month.run);
        say("what changed since the first");
        figures.changes = measure_changes(office, figures.second.run);
    }
    if (wish.reads) {
        say("reads of the ledger, while months are computed");
        figures.reads = measure_reads(office, figures.month.run, wish.second_month ? second.next() : second);
    }
    return figures;
}

std::string json_of(const Figures& f, const Wish& wish) {
    std::string text = fmt::format(
        R"({{"size":{},"payments":{},"batches":{},"counties":{},"cores":{},"seconds":{:.3f},"payees_per_second":{:.0f},)",
        f.size, f.month.payments, f.month.batches,
        std::max<std::int64_t>(2, (f.size + lines_per_county / 2) / lines_per_county),
        std::thread::hardware_concurrency(), f.month.seconds, f.per_second());
    text += fmt::format(R"("floor_seconds":{:.3f},"ratio_to_floor":{:.2f},"stages":{{)", f.floor.seconds,
                        f.ratio());
    for (std::size_t i = 0; i < f.month.stages.size(); ++i)
        text += fmt::format(R"({}"{}":{:.3f})", i > 0 ? "," : "", f.month.stages[i].name,
                            f.month.stages[i].seconds);
    text +=
        fmt::format(R"(}},"peak_memory_bytes":{},"rows_per_payment":{:.3f},"wal_bytes_per_payment":{:.1f},)"
                    R"("statements":{},"statements_per_payment":{:.5f},)",
                    f.month.peak_memory_bytes, f.per_payment(f.month.rows), f.per_payment(f.month.wal_bytes),
                    f.month.statements, f.per_payment(f.month.statements));
    text += fmt::format(
        R"("processor_seconds":{{"service":{:.2f},"database":{:.2f},"banks":{:.2f}}},)"
        R"("floor":{{"seconds":{:.3f},"processor_seconds":{:.2f},"reading":{:.3f},"payments":{:.3f},"outcomes":{:.3f},"wal_bytes_per_payment":{:.1f}}},)",
        f.month.service.all(), f.month.database.all(), f.month.banks.all(), f.floor.seconds,
        f.floor.processor, f.floor.reading, f.floor.payments, f.floor.outcomes,
        f.per_payment(f.floor.wal_bytes));
    text += fmt::format(
        R"("import":{{"rows":{},"seconds":{:.3f},"rows_per_second":{:.0f},"peak_memory_bytes":{},"generating_seconds":{:.3f}}})",
        f.imported.rows, f.imported.importing_seconds,
        static_cast<double>(f.imported.rows) / f.imported.importing_seconds, f.imported.peak_memory_bytes,
        f.imported.generating_seconds);
    if (!wish.no_peers)
        text += fmt::format(
            R"(,"peers":{{"one_connection_per_second":{:.0f},"eight_connections_per_second":{:.0f}}})",
            f.peers.one_connection, f.peers.eight_connections);
    if (wish.second_month)
        text += fmt::format(
            R"(,"second_month":{{"seconds":{:.3f},"ratio_to_first":{:.2f},"questions":{},"slowest_question_seconds":{:.3f}}})",
            f.second.seconds, f.second.seconds / f.month.seconds, f.second.questions,
            f.second.slowest_question);
    if (wish.second_month)
        text += fmt::format(
            R"(,"changes":{{"payees":{},"same":{},"seconds":{:.3f},"slowest_seconds":{:.3f},"processor_seconds":{{"service":{:.2f},"database":{:.2f}}},"peak_memory_bytes":{}}})",
            f.changes.payees, f.changes.same, f.changes.seconds, f.changes.slowest, f.changes.service,
            f.changes.database, f.changes.peak_memory_bytes);
    if (wish.reads) {
        text += fmt::format(
            R"(,"reads":{{"payments":{},"outcomes":{},"entries":{},"stories_per_second":{:.0f},"small_reads_per_second":{:.0f},"kinds":[)",
            f.reads.payments, f.reads.outcomes, f.reads.entries, f.reads.stories_per_second,
            f.reads.small_reads_per_second);
        for (std::size_t i = 0; i < f.reads.kinds.size(); ++i) {
            const ReadFigures::Kind& kind = f.reads.kinds[i];
            text += fmt::format(
                R"({}{{"name":"{}","count":{},"median_seconds":{:.4f},"p99_seconds":{:.4f},"slowest_seconds":{:.4f}}})",
                i > 0 ? "," : "", kind.name, kind.count, kind.median, kind.percentile_99, kind.slowest);
        }
        text += "]}";
    }
    if (!wish.micro.empty()) {
        std::ifstream in{wish.micro};
        std::ostringstream micro;
        micro << in.rdbuf();
        text += ",\"micro\":" + micro.str();
    }
    return text + "}";
}

void print_table(const std::vector<Figures>& all) {
    const auto line = [&](const char* name, const auto& cell) {
        fmt::print("{:<38}", name);
        for (const Figures& f : all) fmt::print("{:>20}", cell(f));
        fmt::print("\n");
    };
    const auto fixed = [](double number, int digits) { return fmt::format("{:.{}f}", number, digits); };
    line("payments", [](const Figures& f) { return fmt::format("{}", f.month.payments); });
    line("files", [](const Figures& f) { return fmt::format("{}", f.month.batches); });
    for (std::size_t i = 0; i < all.front().month.stages.size(); ++i)
        line(fmt::format("  {}, s (service + database)", all.front().month.stages[i].name).c_str(),
             [&](const Figures& f) {
                 const Stage& stage = f.month.stages[i];
                 return fmt::format("{:.2f} ({:.1f}+{:.1f})", stage.seconds, stage.service, stage.database);
             });
    line("month, s", [&](const Figures& f) { return fixed(f.month.seconds, 2); });
    line("floor, s", [&](const Figures& f) { return fixed(f.floor.seconds, 2); });
    line("month / floor", [&](const Figures& f) { return fixed(f.ratio(), 2); });
    line("payees a second", [&](const Figures& f) { return fixed(f.per_second(), 0); });
    line("microseconds a payee", [&](const Figures& f) { return fixed(1e6 / f.per_second(), 2); });
    line("processor: service, s", [&](const Figures& f) { return fixed(f.month.service.all(), 2); });
    line("processor: database, s", [&](const Figures& f) { return fixed(f.month.database.all(), 2); });
    line("processor: banks, s", [&](const Figures& f) { return fixed(f.month.banks.all(), 2); });
    line("peak memory of the service, MiB", [&](const Figures& f) {
        return fixed(static_cast<double>(f.month.peak_memory_bytes) / 1048576, 0);
    });
    line("processor: all / floor's", [&](const Figures& f) {
        return fixed(
            (f.month.service.all() + f.month.database.all() + f.month.banks.all()) / f.floor.processor, 2);
    });
    line("rows a payment", [&](const Figures& f) { return fixed(f.per_payment(f.month.rows), 3); });
    line("WAL bytes a payment", [&](const Figures& f) { return fixed(f.per_payment(f.month.wal_bytes), 0); });
    line("WAL bytes a payment, floor",
         [&](const Figures& f) { return fixed(f.per_payment(f.floor.wal_bytes), 0); });
    line("statements a payment",
         [&](const Figures& f) { return fixed(f.per_payment(f.month.statements), 5); });
    line("floor: reading, s of 1 connection", [&](const Figures& f) { return fixed(f.floor.reading, 2); });
    line("floor: payments", [&](const Figures& f) { return fixed(f.floor.payments, 2); });
    line("floor: outcomes", [&](const Figures& f) { return fixed(f.floor.outcomes, 2); });
    if (all.front().peers.one_connection > 0) {
        line("peers' way, 1 connection, /s",
             [&](const Figures& f) { return fixed(f.peers.one_connection, 0); });
        line("peers' way, 8 connections, /s",
             [&](const Figures& f) { return fixed(f.peers.eight_connections, 0); });
    }
    line("import, s", [&](const Figures& f) { return fixed(f.imported.importing_seconds, 2); });
    line("import, rows a second", [&](const Figures& f) {
        return fixed(static_cast<double>(f.imported.rows) / f.imported.importing_seconds, 0);
    });
    line("import: peak memory, MiB", [&](const Figures& f) {
        return fixed(static_cast<double>(f.imported.peak_memory_bytes) / 1048576, 0);
    });
    for (std::size_t i = 0; i < all.front().reads.kinds.size(); ++i)
        line(fmt::format("{}: n, p50, p99 ms", all.front().reads.kinds[i].name).c_str(),
             [&](const Figures& f) {
                 const ReadFigures::Kind& kind = f.reads.kinds[i];
                 return fmt::format("{} {:.1f} {:.1f}", kind.count, 1000 * kind.median,
                                    1000 * kind.percentile_99);
             });
    if (!all.front().reads.kinds.empty()) {
        line("stories a second, nothing computed",
             [&](const Figures& f) { return fixed(f.reads.stories_per_second, 0); });
        line("small reads a second, nothing computed",
             [&](const Figures& f) { return fixed(f.reads.small_reads_per_second, 0); });
        line("ledger that was read: payments",
             [&](const Figures& f) { return fmt::format("{}", f.reads.payments); });
        line("… entries", [&](const Figures& f) { return fmt::format("{}", f.reads.entries); });
    }
    if (all.front().second.seconds > 0) {
        line("second month, auditors asking, s",
             [&](const Figures& f) { return fixed(f.second.seconds, 2); });
        line("second / first month",
             [&](const Figures& f) { return fixed(f.second.seconds / f.month.seconds, 2); });
        line("questions answered meanwhile",
             [](const Figures& f) { return fmt::format("{}", f.second.questions); });
        line("slowest answer, ms",
             [&](const Figures& f) { return fixed(1000 * f.second.slowest_question, 1); });
        line("changes: payees, of these the same",
             [&](const Figures& f) { return fmt::format("{} {}", f.changes.payees, f.changes.same); });
        line("changes, s (service + database)", [&](const Figures& f) {
            return fmt::format("{:.2f} ({:.1f}+{:.1f})", f.changes.seconds, f.changes.service,
                               f.changes.database);
        });
    }
}

int run(int argc, char** argv) {
    // The service and the banks of a measurement are this program too.
    // Their names tell them apart in a profile.
    if (argc == 4 && std::string_view{argv[1]} == "serve") {
        ::prctl(PR_SET_NAME, "service");
        return serve(argv[2], argv[3]);
    }
    if (argc == 4 && std::string_view{argv[1]} == "banks") {
        ::prctl(PR_SET_NAME, "banks");
        return act_as_all_banks(argv[2], argv[3]);
    }
    CLI::App app{"One month of onecard, measured"};
    Wish wish;
    app.add_option("--folder", wish.folder, "for the temporary installations")->required();
    app.add_option("--size", wish.sizes, "payment lines, several possible")->required();
    app.add_option("--micro", wish.micro, "JSON of micro_bench, to be included");
    app.add_option("--profile", wish.profile, "file for the samples of linux-perf during the month");
    app.add_flag("--json", wish.json, "one JSON object a size");
    app.add_flag("--second-month", wish.second_month,
                 "a second month while auditors query, and the report of what changed");
    app.add_flag("--reads", wish.reads, "how fast the ledger answers while months are computed");
    app.add_flag("--no-peers", wish.no_peers, "without the peers' way");
    app.add_flag("--keep", wish.keep, "leave the installations behind");
    CLI11_PARSE(app, argc, argv);
    std::vector<Figures> all;
    for (const std::int64_t size : wish.sizes) {
        all.push_back(measure(wish, size));
        if (wish.json) fmt::print("{}\n", json_of(all.back(), wish));
        std::fflush(stdout);
    }
    if (!wish.json) print_table(all);
    if (!wish.keep)
        for (const std::int64_t size : wish.sizes) std::filesystem::remove_all(folder_of(wish, size));
    return 0;
}

}  // namespace

}  // namespace onecard::loadtest

int main(int argc, char** argv) {
    try {
        return onecard::loadtest::run(argc, argv);
    } catch (const std::exception& broken) {
        fmt::print(stderr, "bench: {}\n", broken.what());
        return 1;
    }
}
