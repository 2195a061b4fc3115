#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <initializer_list>
#include <memory>

#include "bank_profiles.hpp"
#include "commands.hpp"
#include "desk.hpp"
#include "loadtest/population/population.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/net/monitor.hpp"
#include "onecard/ops/log.hpp"
#include "onecard/ops/metrics.hpp"
#include "onecard/ops/policy_files.hpp"
#include "onecard/ops/priority.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"
#include "onecard/store/database.hpp"
#include "routes.hpp"

namespace onecard::cli {

namespace {

constexpr int certificate_days = 365;

ops::LogLevel level_of(const std::string& name) {
    if (name == "debug") return ops::LogLevel::debug;
    if (name == "warn") return ops::LogLevel::warn;
    if (name == "error") return ops::LogLevel::error;
    return ops::LogLevel::info;
}

/// One service a folder: a second one would take over the first one's address, uploads and database. Held until this
/// process ends, however it ends.
Result<void> take_folder(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    const std::filesystem::path lock = folder / "serving";
    const int line = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (line < 0) return refuse(Fault::missing, "cannot be written", lock.string());
    if (::flock(line, LOCK_EX | LOCK_NB) != 0)
        return refuse(Fault::conflict, "a service of this configuration runs already", folder.string());
    return {};
}

/// A request as the log tells it: by the pattern of its route, since a path may name a person.
void log_access(const net::Access& access) {
    std::vector<std::pair<std::string_view, std::string>> fields;
    const auto put = [&](std::string_view name, std::string value) {
        if (!value.empty()) fields.emplace_back(name, std::move(value));
    };
    put("request", access.id);
    put("peer", access.peer);
    put("route", access.route);
    put("status", std::to_string(access.status));
    put("in", std::to_string(access.bytes_in));
    put("out", std::to_string(access.bytes_out));
    put("us", std::to_string(access.microseconds));
    put("address", access.address);
    put("trouble", access.trouble);
    ops::log(access.trouble.empty() ? ops::LogLevel::info : ops::LogLevel::warn,
             access.method.empty() ? "connection" : access.method, fields);
}

net::MonitorAnswer watch(Desk& desk, const ops::Metrics& metrics, std::string_view path) {
    if (path == "/healthz") return {.status = 200, .body = "alive\n"};
    if (path == "/readyz") {
        const bool is_ready = desk.is_ready();
        return {.status = is_ready ? 200 : 503,
                .body = is_ready ? "ready\n" : "the records cannot be reached\n"};
    }
    if (path != "/metrics") return {.status = 404, .body = "/healthz, /readyz, /metrics\n"};
    ops::Metrics::Gauges gauges;
    gauges.is_ready = desk.is_ready();
    gauges.statements = store::statements_sent();
    const auto progress = desk.computing_now(gauges.computations);
    gauges.units_done = progress.units_done;
    gauges.units_all = progress.units_all;
    gauges.payments = progress.payments;
    gauges.database_restarts = desk.database_restarts();
    return {.status = 200,
            .content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = metrics.text(gauges)};
}

/// SIGHUP: certificates, authorities and policies as the files have them now. What is faulty is told and not taken.
void renew(Desk& desk, net::Server& server) {
    const auto tell = [](const char* what, const Result<void>& done) {
        ops::log(done ? ops::LogLevel::info : ops::LogLevel::error,
                 fmt::format("{} {}", what, done ? "read anew" : "not taken: " + done.error().message()));
    };
    tell("certificates", server.renew_certificates());
    tell("policies and authorities", desk.renew());
}

Result<int> serve(const Context& context) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    const auto taken = take_folder(settings->folder);
    if (!taken) return std::unexpected{taken.error()};
    ops::start_log(level_of(settings->log_level),
                   settings->log_format == "json" ? ops::LogForm::json : ops::LogForm::text);
    // Threads inherit this: the signals reach nobody but the sigwait below.
    sigset_t awaited;
    sigemptyset(&awaited);
    for (const int each : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&awaited, each);
    pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
    signal(SIGPIPE, SIG_IGN);

    auto desk = Desk::open(*settings);
    if (!desk) return std::unexpected{desk.error()};
    // Inherited by the threads that take requests.
    ops::answer_soon();
    net::ServerSettings wanted;
    wanted.address = settings->address;
    wanted.port = settings->port;
    wanted.certificate = (*desk)->places.certificate;
    wanted.key = (*desk)->places.certificate_key;
    wanted.authorities = (*desk)->places.authorities;
    wanted.upload_folder = (*desk)->places.uploads;
    wanted.workers = settings->request_workers;
    wanted.seconds_per_request_max = settings->request_seconds;
    ops::Metrics metrics;
    const auto server = net::create_server(
        wanted, make_routes(**desk), refused_by_server, [&metrics](const net::Access& access) {
            if (access.method.empty())
                metrics.turned_away();
            else
                metrics.answered(access.method, access.route, access.status, access.microseconds,
                                 access.bytes_in, access.bytes_out);
            log_access(access);
        });
    if (!server) return std::unexpected{server.error()};
    const std::string url = fmt::format("https://{}:{}", settings->address, (*server)->port());
    std::ofstream{(*desk)->places.url_file} << url << "\n";
    ops::log(ops::LogLevel::info, "serving " + url);
    fmt::print("{} {}\n", context.in("服务地址", "serving"), url);
    std::fflush(stdout);

    std::unique_ptr<net::Monitor> monitor;
    const std::filesystem::path monitor_file = settings->folder / "monitor";
    if (settings->monitor_port) {
        auto made = net::create_monitor(
            *settings->monitor_port,
            [&desk = **desk, &metrics](std::string_view path) { return watch(desk, metrics, path); });
        if (!made) return std::unexpected{made.error()};
        monitor = std::move(*made);
        std::ofstream{monitor_file} << "http://127.0.0.1:" << monitor->port() << "\n";
        ops::log(ops::LogLevel::info, "watched", {{"port", std::to_string(monitor->port())}});
    }

    for (int signal_number = 0; sigwait(&awaited, &signal_number) == 0 && signal_number == SIGHUP;)
        renew(**desk, **server);
    ops::log(ops::LogLevel::info, "stopping");
    (*server)->stop(30);
    std::filesystem::remove((*desk)->places.url_file);
    std::filesystem::remove(monitor_file);
    return 0;
}

Result<int> migrate(const Context& context) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    const auto opened = open_database(*settings);
    if (!opened) return std::unexpected{opened.error()};
    fmt::print("{}\n", context.in("数据库结构已是最新", "the records are up to date"));
    return 0;
}

Result<int> make_certificates(const Context& context, const std::string& folder,
                              const std::vector<std::string>& names) {
    std::vector<seal::CertificateWish> wishes{{"service", true, false}};
    for (const std::string& name : names) wishes.push_back({name, false, false});
    if (names.empty()) {
        const auto settings = context.settings();
        if (!settings) return std::unexpected{settings.error()};
        for (const ops::Officer& officer : settings->officers) wishes.push_back({officer.name, false, false});
        for (const app::Bank& bank : settings->banks) wishes.push_back({bank.identity, false, false});
        const auto profiles = configured_profiles(*settings);
        if (!profiles) return std::unexpected{profiles.error()};
        for (const app::Bank& bank : settings->banks)
            if (profiles->at(bank.no).profile.signature == bankfile::SignatureKind::sm2)
                for (const std::string& name : {std::string{"service"}, bank.identity})
                    wishes.push_back({name, false, true});
    }
    const auto made = seal::make_certificates(folder, wishes, now(), certificate_days);
    if (!made) return std::unexpected{made.error()};
    fmt::print("{} {}\n", context.in("证书目录", "certificates in"), folder);
    return 0;
}

Result<int> check_policy(const Context& context, std::string folder) {
    if (folder.empty()) {
        const auto settings = context.settings();
        if (!settings) return std::unexpected{settings.error()};
        folder = settings->policy.string();
    }
    const auto loaded = ops::load_policy_book(folder);
    for (const Failure& fault : loaded.faults) fmt::print("{}\n", fault.message());
    if (!loaded.faults.empty()) return 1;
    for (const std::string& warning : loaded.book.warnings())
        fmt::print("{} {}\n", context.in("提示", "warning:"), warning);
    fmt::print("{} {}\n", context.in("政策库无误，版本", "the policy book is sound, version"),
               app::digest_of(seal::sha256(), loaded.book.canonical_text()).hex());
    return 0;
}

struct PopulationOptions {
    std::string folder;
    std::vector<std::string> counties{"370212"};
    std::int64_t lines = 30'000;
    std::uint64_t seed = 1;
    int banks_per_county = 3;
    std::string month = "2021-12";
    std::vector<std::string> changes;
};

Result<int> generate(const Context& context, const PopulationOptions& options) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    loadtest::PopulationWish wish;
    for (const std::string& county : options.counties) {
        const auto parsed = County::parse(county);
        if (!parsed) return std::unexpected{parsed.error()};
        wish.counties.push_back(*parsed);
    }
    wish.payment_lines = options.lines;
    wish.seed = options.seed;
    wish.banks_per_county = options.banks_per_county;
    for (const app::Bank& bank : settings->banks) wish.bank_codes.push_back(bank.code);
    const auto first = Month::parse(options.month);
    if (!first) return std::unexpected{first.error()};
    wish.first_month = *first;
    for (const std::string& text : options.changes) {
        const auto month = Month::parse(text);
        if (!month) return std::unexpected{month.error()};
        wish.months_with_changes.push_back(*month);
    }
    const auto counts = loadtest::write_population(wish, options.folder);
    if (!counts) return std::unexpected{counts.error()};
    fmt::print("{}: {} {}, {} {}, {} {}\n", options.folder, counts->households,
               context.in("户", "households"), counts->persons, context.in("人", "persons"),
               counts->payment_lines,
               context.in("笔(首月预计)", "payment lines expected in the first month"));
    return 0;
}

/// What each stage of a check took: by the clock, and of this process's processor, which is one thread.
class StageClock {
public:
    /// Ends the stage before; an empty name begins none.
    void begin(std::string_view name) {
        const double clock = seconds_of(CLOCK_MONOTONIC), processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        if (!stages_.empty() && !ended_) {
            stages_.back().seconds = clock - clock_;
            stages_.back().processor = processor - processor_;
        }
        ended_ = name.empty();
        if (!ended_) stages_.push_back({std::string{name}, 0, 0});
        clock_ = clock;
        processor_ = processor;
    }
    /// Rows a second of some stages together: by the clock, or of the processor that they used here.
    std::int64_t rate(std::initializer_list<std::string_view> names, std::int64_t rows,
                      bool of_processor) const {
        double seconds = 0;
        for (const Stage& stage : stages_)
            if (std::ranges::find(names, stage.name) != names.end())
                seconds += of_processor ? stage.processor : stage.seconds;
        return seconds > 0 ? static_cast<std::int64_t>(static_cast<double>(rows) / seconds) : 0;
    }
    app::Table table() const {
        app::Table all{"stages",
                       {"各环节用时", "What each stage took"},
                       {{"stage", {"环节", "stage"}},
                        {"milliseconds", {"毫秒", "ms"}},
                        {"processor_milliseconds", {"处理器毫秒", "ms of the processor"}}},
                       {}};
        for (const Stage& stage : stages_)
            all.rows.push_back({stage.name, static_cast<std::int64_t>(stage.seconds * 1000),
                                static_cast<std::int64_t>(stage.processor * 1000)});
        return all;
    }

private:
    struct Stage {
        std::string name;
        double seconds, processor;
    };
    static double seconds_of(clockid_t which) {
        timespec now{};
        ::clock_gettime(which, &now);
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    }
    std::vector<Stage> stages_;
    bool ended_ = false;
    double clock_ = 0, processor_ = 0;
};

}  // namespace

/// With read rights only, in a process of its own.
Result<int> verify_books(const Context& context, std::string key_file, bool timed) {
    const auto settings = context.settings();
    if (!settings) return std::unexpected{settings.error()};
    const Places places{*settings};
    if (key_file.empty()) key_file = places.ledger_public_key.string();
    std::string key_text;
    if (std::ifstream in{key_file}; !in || !std::getline(in, key_text))
        return refuse(Fault::missing, "cannot be read: the ledger's public key", key_file);
    const auto key = audit::parse_verifier_key(seal::sha256(), key_text);
    if (!key) return std::unexpected{key.error()};
    const auto verifier = create_verifier(places.authorities, places.national_authorities, now());
    if (!verifier) return std::unexpected{verifier.error()};

    std::unique_ptr<store::Cluster> cluster;
    std::string url = settings->database_url;
    if (url.empty()) {
        store::ClusterSettings wanted;
        wanted.folder = places.cluster;
        auto started = store::start_cluster(wanted);
        if (!started) return std::unexpected{started.error()};
        cluster = std::move(*started);
        url = cluster->auditor_url();
    }
    const auto database = store::create_database(url, 1);
    const auto vault = store::create_file_vault(places.vault, seal::sha256());
    StageClock stages;
    const app::Verdict verdict =
        app::verify_ledger(*database, *vault, **verifier, seal::sha256(),
                           settings->ledger_hash == "sm3" ? seal::sm3() : seal::sha256(),
                           seal::verify_ed25519, key->public_key, key->name, [&](std::string_view stage) {
                               stages.begin(stage);
                               if (isatty(STDERR_FILENO)) fmt::print(stderr, "\r{:<20}", stage);
                           });
    stages.begin({});
    if (isatty(STDERR_FILENO)) fmt::print(stderr, "\r{:<20}\r", "");

    app::Report report{{"账簿核验", "The books, recomputed"}, {}, {}};
    report.fields = {
        {"fits", {"全部相符", "everything fits"}, verdict.fits()},
        {"payments", {"支付", "payments"}, verdict.payments},
        {"outcomes", {"结果", "outcomes"}, verdict.outcomes},
        {"entries", {"分录", "entries"}, verdict.entries},
        {"acts", {"行为记录", "acts"}, verdict.acts},
        {"files", {"文件", "files"}, verdict.files},
        {"log_size", {"日志条数", "log size"}, verdict.log_size},
        {"not_yet_logged", {"尚未进入检查点", "not yet in a checkpoint"}, verdict.not_yet_logged},
        {"checkpoint",
         {"最新检查点已验证", "newest checkpoint verified"},
         verdict.fits() && !verdict.newest_checkpoint.empty()}};
    if (timed) {
        const std::int64_t lines = verdict.payments + verdict.outcomes;
        report.fields.push_back({"lines_per_second",
                                 {"每秒核验行数", "payments and outcomes a second"},
                                 stages.rate({"payments", "outcomes"}, lines, false)});
        report.fields.push_back({"lines_per_core_second",
                                 {"每核每秒核验行数", "… of this process's core"},
                                 stages.rate({"payments", "outcomes"}, lines, true)});
        report.tables.push_back(stages.table());
    }
    if (!verdict.fits()) {
        app::Table findings{
            "findings", {"不符之处", "What does not fit"}, {{"finding", {"说明", "finding"}}}, {}};
        for (const std::string& finding : verdict.findings) findings.rows.push_back({finding});
        report.tables.push_back(std::move(findings));
    }
    const std::string text =
        context.manner.json
            ? app::to_json(report) + "\n"
            : app::to_text(report, context.manner.chinese ? app::Language::chinese : app::Language::english);
    std::fputs(text.c_str(), stdout);
    return verdict.fits() ? 0 : 1;
}

void add_house_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen) {
    app.add_subcommand("serve", "Run the service")->callback([=, &context] {
        chosen([&context] { return serve(context); });
    });
    app.add_subcommand("migrate", "Bring the records up to date")->callback([=, &context] {
        chosen([&context] { return migrate(context); });
    });

    const auto folder = std::make_shared<std::string>();
    const auto names = std::make_shared<std::vector<std::string>>();
    auto* certs =
        app.add_subcommand("certs", "Make throw-away certificates: authority, service, officers, banks");
    certs->add_option("folder", *folder)->required();
    certs->add_option("names", *names, "instead of the configured officers and banks");
    certs->callback(
        [=, &context] { chosen([=, &context] { return make_certificates(context, *folder, *names); }); });

    auto* policy = app.add_subcommand("policy", "The policy book")->require_subcommand(1);
    auto* check = policy->add_subcommand(
        "check", "Report every fault with file and line, and relations that are missed");
    check->add_option("folder", *folder);
    check->callback([=, &context] { chosen([=, &context] { return check_policy(context, *folder); }); });

    auto* config = app.add_subcommand("config", "The configuration")->require_subcommand(1);
    config->add_subcommand("check", "Report every fault of the configuration")->callback([=, &context] {
        chosen([&context]() -> Result<int> {
            const auto settings = context.settings();
            if (!settings) return std::unexpected{settings.error()};
            const auto profiles = configured_profiles(*settings);
            if (!profiles) return std::unexpected{profiles.error()};
            fmt::print("{}\n", context.in("配置无误", "the configuration is sound"));
            return 0;
        });
    });

    const auto wish = std::make_shared<PopulationOptions>();
    auto* gen = app.add_subcommand("gen", "Write a synthetic register");
    gen->add_option("folder", wish->folder)->required();
    gen->add_option("--county", wish->counties, "division codes");
    gen->add_option("--lines", wish->lines, "payment lines in the first month, about");
    gen->add_option("--seed", wish->seed);
    gen->add_option("--banks-per-county", wish->banks_per_county);
    gen->add_option("--month", wish->month, "first month");
    gen->add_option("--changes", wish->changes, "months in which life goes on");
    gen->callback([=, &context] { chosen([=, &context] { return generate(context, *wish); }); });

    const auto key = std::make_shared<std::string>();
    auto* audit = app.add_subcommand("audit", "Checks that trust nobody")->require_subcommand(1);
    auto* verify_all = audit->add_subcommand(
        "verify", "Recompute the whole ledger from its rows and compare; or check one packet");
    struct PacketOptions {
        std::string file, authorities;
        bool timed = false;
    };
    const auto packet = std::make_shared<PacketOptions>();
    verify_all->add_option("packet", packet->file,
                           "a file of onecard audit packet: needs no database, no network");
    verify_all->add_option("--authorities", packet->authorities,
                           "PEM of those who certify; the packet's own otherwise");
    verify_all->add_flag("--timed", packet->timed, "of the whole ledger: what each stage took");
    verify_all->add_option("--key", *key, "file with the ledger's public key");
    verify_all->callback([=, &context] {
        chosen([=, &context] {
            return packet->file.empty()
                       ? verify_books(context, *key, packet->timed)
                       : verify_packet_file(context, packet->file, *key, packet->authorities);
        });
    });
}

}  // namespace onecard::cli
