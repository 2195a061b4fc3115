#include "installation.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "commands.hpp"
#include "desk.hpp"
#include "loadtest/population/population.hpp"
#include "onecard/net/json.hpp"
#include "onecard/ops/settings.hpp"
#include "onecard/registry/csv.hpp"
#include "onecard/seal/sealing.hpp"
#include "onecard/store/database.hpp"

namespace onecard::loadtest {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const Failure& failure) { throw std::runtime_error{failure.message()}; }

template <class T>
T must(Result<T> result) {
    if (!result) fail(result.error());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Counties of one province, numbered as the real ones are; most of the numbers are not given to anybody.
std::vector<County> make_counties(std::int64_t count) {
    std::vector<County> counties;
    for (int prefecture = 1; prefecture <= 90; ++prefecture)
        for (int county = 1; county <= 80; ++county) {
            if (static_cast<std::int64_t>(counties.size()) == count) return counties;
            counties.push_back(County::of_number(370'000 + prefecture * 100 + county));
        }
    throw std::runtime_error{"more counties than a province has numbers"};
}

std::string bank_code(int bank) { return fmt::format("3139990{:05}", bank); }

void write_configuration(const fs::path& file, const store::Cluster& cluster) {
    std::ofstream out{file};
    out << fmt::format(
        "[service]\nport = 0\nfolder = \"service\"\ncertificates = \"certs\"\npolicy = \"policy\"\n"
        "log_level = \"warn\"\n\n[database]\nurl = \"{}\"\nowner_url = \"{}\"\n\n"
        "[limits]\nworkers = {}\n",
        cluster.service_url(), cluster.owner_url(), std::max(2U, std::thread::hardware_concurrency()));
    for (const char* officer : {"maker", "checker", "releaser", "auditor"})
        out << fmt::format("\n[[officer]]\nname = \"{0}\"\nrole = \"{0}\"\nregion = \"37\"\n", officer);
    for (int bank = 1; bank <= bank_count; ++bank)
        out << fmt::format(
            "\n[[bank]]\nnumber = {0}\ncode = \"{1}\"\nname = \"示例银行{0}\"\ncertificate = \"bank-{0}\"\n",
            bank, bank_code(bank));
}

/// Every county of the province has the published standards of Laoshan.
void write_policy(const fs::path& folder) {
    fs::create_directories(folder);
    std::ifstream in{fs::path{ONECARD_SOURCE_DIR} / "config/policy/370212-laoshan.toml"};
    std::ofstream out{folder / "370000.toml"};
    for (std::string line; std::getline(in, line);)
        out << (line.starts_with("division") ? "division = \"370000\"" : line) << "\n";
}

std::string text_in(const fs::path& file) {
    std::ifstream in{file};
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

/// utime and stime, and those of the children that were waited for when `with_children`.
Processor processor_of(const fs::path& stat_file, bool with_children) {
    const std::string stat = text_in(stat_file);
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream fields{stat.substr(name_end + 2)};
    std::vector<std::string> values;
    for (std::string value; fields >> value;) values.push_back(value);
    if (values.size() < 15) return {};
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    Processor used{std::stod(values[11]) / ticks, std::stod(values[12]) / ticks};
    if (with_children) {
        used.user += std::stod(values[13]) / ticks;
        used.system += std::stod(values[14]) / ticks;
    }
    return used;
}

pid_t parent_of(pid_t process) {
    const std::string stat = text_in(fmt::format("/proc/{}/stat", process));
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return 0;
    std::istringstream fields{stat.substr(name_end + 2)};
    std::string state;
    pid_t parent = 0;
    fields >> state >> parent;
    return parent;
}

}  // namespace

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Processor own_processor() { return processor_of("/proc/self/stat", false); }

pid_t start_self(const std::vector<std::string>& arguments, const fs::path& output) {
    std::vector<std::string> words{fs::read_symlink("/proc/self/exe").string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error{"cannot fork"};
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        ::dup2(file, 1);
        ::dup2(file, 2);
        ::execv(pointers.front(), pointers.data());
        ::_exit(127);
    }
    ::close(file);
    return child;
}

Processor wait_for(pid_t child, const std::string& what) {
    int status = 0;
    rusage used{};
    if (::wait4(child, &status, 0, &used) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error{what + " did not end well"};
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return {seconds(used.ru_utime), seconds(used.ru_stime)};
}

int serve(const std::string& config, const fs::path& counter) {
    const int file = ::open(counter.c_str(), O_RDWR | O_CLOEXEC);
    void* const page = ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (page == MAP_FAILED) throw std::runtime_error{"cannot map the count of statements"};
    cli::Context context;
    context.config = config;
    CLI::App app;
    cli::Body body;
    cli::add_house_commands(app, context, [&](cli::Body wanted) { body = std::move(wanted); });
    app.parse("serve");
    // Before the thread: what `serve` waits for must not reach it.
    sigset_t stopping;
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
    std::jthread counting{[page](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            *static_cast<volatile std::uint64_t*>(page) = store::statements_sent();
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        }
    }};
    return must(body());
}

Installation::Installation(fs::path folder, std::int64_t size)
    : folder_{fs::absolute(std::move(folder))}, size_{size} {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "service");
    counties_ = make_counties(std::max<std::int64_t>(2, (size + lines_per_county / 2) / lines_per_county));
    for (int bank = 1; bank <= bank_count; ++bank) bank_codes_.push_back(bank_code(bank));
    write_policy(folder_ / "policy");
    store::ClusterSettings wanted;
    wanted.folder = folder_ / "postgres";
    cluster_ = must(store::start_cluster(wanted));
    write_configuration(config(), *cluster_);
    must(store::migrate(cluster_->owner_url()));
    std::vector<seal::CertificateWish> wishes{{"service", true}};
    for (const char* officer : {"maker", "checker", "releaser", "auditor"})
        wishes.push_back({officer, false});
    for (int bank = 1; bank <= bank_count; ++bank) wishes.push_back({fmt::format("bank-{}", bank), false});
    must(seal::make_certificates(folder_ / "certs", wishes, cli::now(), 30));

    std::ofstream{folder_ / "statements"} << std::string(sizeof(std::uint64_t), '\0');
    const int file = ::open((folder_ / "statements").c_str(), O_RDONLY | O_CLOEXEC);
    statements_ = static_cast<const volatile std::uint64_t*>(
        ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ, MAP_SHARED, file, 0));
    ::close(file);
}

Installation::~Installation() {
    if (service_ > 0) {
        ::kill(service_, SIGTERM);
        ::waitpid(service_, nullptr, 0);
    }
}

void Installation::start_service() {
    const fs::path url = folder_ / "service" / "url";
    fs::remove(url);
    service_ =
        start_self({"serve", config().string(), (folder_ / "statements").string()}, folder_ / "service.log");
    for (int tries = 0; tries < 3000; ++tries) {
        if (fs::exists(url) && fs::file_size(url) > 0) return;
        if (::waitpid(service_, nullptr, WNOHANG) != 0) break;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    throw std::runtime_error{"the service did not start:\n" + text_in(folder_ / "service.log")};
}

void Installation::stop_service() {
    ::kill(service_, SIGTERM);
    wait_for(std::exchange(service_, 0), "the service");
}

cli::Remote Installation::as(const std::string& who) const {
    auto loaded = ops::load_settings(config());
    if (!loaded.faults.empty()) fail(loaded.faults.front());
    cli::Manner manner;
    manner.as = who;
    return must(cli::Remote::connect(loaded.settings, manner, who));
}

Installation::Imported Installation::import_register(Month first, const std::vector<Month>& changes) {
    Imported imported;
    start_service();
    cli::Remote maker = as("maker");
    const fs::path csv = folder_ / "register";
    PopulationWish wish;
    wish.counties = counties_;
    wish.payment_lines = size_;
    wish.bank_codes = bank_codes_;
    wish.first_month = first;
    wish.months_with_changes = changes;
    double started = seconds_now();
    imported.expected_lines = must(write_population(wish, csv)).payment_lines;
    imported.generating_seconds = seconds_now() - started;

    started = seconds_now();
    using registry::FileKind;
    for (const FileKind kind : {FileKind::households, FileKind::persons, FileKind::incomes,
                                FileKind::enrolments, FileKind::accounts, FileKind::institutions}) {
        const std::string name{file_name_of(kind)};
        must(maker.send_file("/v1/import/" + name, csv / name));
    }
    const std::string answer = must(maker.ask("POST", "/v1/import", "{}"));
    if (answer.find("\"faults\"") != std::string::npos) throw std::runtime_error{answer.substr(0, 2000)};
    imported.importing_seconds = seconds_now() - started;
    auto fields = must(net::parse_flat_json(answer));
    imported.rows = std::atoll(fields["rows"].c_str());
    fs::remove_all(csv);
    imported.peak_memory_bytes = service_peak_memory();
    stop_service();
    return imported;
}

std::int64_t Installation::service_peak_memory() const {
    std::ifstream in{fmt::format("/proc/{}/status", service_)};
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) * 1024;
    throw std::runtime_error{"the service is gone"};
}

Processor Installation::service_processor() const {
    return processor_of(fmt::format("/proc/{}/stat", service_), false);
}

Processor Installation::database_processor() const {
    const std::string pid_text = text_in(folder_ / "postgres" / "data" / "postmaster.pid");
    const pid_t postmaster = std::stoi(pid_text);
    Processor all = processor_of(fmt::format("/proc/{}/stat", postmaster), true);
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (parent_of(std::stoi(name)) != postmaster) continue;
        const Processor used = processor_of(entry.path() / "stat", false);
        all.user += used.user;
        all.system += used.system;
    }
    return all;
}

std::uint64_t Installation::statements() const { return *statements_; }

}  // namespace onecard::loadtest
