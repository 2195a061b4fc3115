#include "month.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bank.hpp"
#include "desk.hpp"
#include "line.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/net/json.hpp"
#include "onecard/ops/settings.hpp"
#include "onecard/seal/sealing.hpp"

namespace onecard::loadtest {

namespace {

constexpr std::chrono::milliseconds glance{20};
/// Of each auditor.
constexpr double seconds_between_questions = 0.1;

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().message()};
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// The first number behind "key": of an answer that also holds tables.
std::int64_t number_in(const std::string& json, const std::string& key) {
    const std::string wanted = "\"" + key + "\":";
    const std::size_t at = json.find(wanted);
    if (at == std::string::npos) throw std::runtime_error{"no " + key + " in " + json.substr(0, 500)};
    return std::stoll(json.substr(at + wanted.size()));
}

void compute(Installation& office, std::int32_t run) {
    cli::Remote maker = office.as("maker");
    const std::string path = fmt::format("/v1/runs/{}", run);
    must(maker.ask("POST", path + "/compute", "{}"));
    for (;;) {
        auto progress = must(net::parse_flat_json(must(maker.ask("GET", path + "/progress"))));
        if (progress["state"] == "failed") throw std::runtime_error{progress["problem"]};
        if (progress["state"] == "done") return;
        std::this_thread::sleep_for(glance);
    }
}

/// Fetches the texts that wait for an officer, signs each with the officer's own key, hands them in.
void approve(Installation& office, std::int32_t run, const std::string& officer) {
    cli::Remote remote = office.as(officer);
    const std::string path = fmt::format("/v1/runs/{}/approvals", run);
    auto texts = must(net::parse_json_table(must(remote.ask("GET", path)), "approvals"));
    const auto signer = must(seal::create_file_signer(remote.certificate(), remote.key()));
    std::string body = "{";
    for (auto& row : texts)
        body += fmt::format("{}\"{}\":\"{}\"", body.size() > 1 ? "," : "", row["county"],
                            audit::base64(signer->sign_attached(row["text"])));
    must(remote.ask("POST", path, body + "}"));
}

/// Asks and asks until it is told to stop.
class Auditors {
public:
    Auditors(const Installation& office, int count, const std::vector<std::string>& questions) {
        for (int i = 0; i < count; ++i)
            threads_.emplace_back([this, &office, questions, i](const std::stop_token& stop) {
                try {
                    cli::Remote auditor = office.as("auditor");
                    for (std::size_t n = static_cast<std::size_t>(i); !stop.stop_requested(); ++n) {
                        const double started = seconds_now();
                        must(auditor.ask("GET", questions[n % questions.size()]));
                        const double took = seconds_now() - started;
                        {
                            const std::lock_guard lock{guard_};
                            ++asked_;
                            slowest_ = std::max(slowest_, took);
                        }
                        // Somebody reads the answer: without a pace this would measure how many can be asked.
                        if (took < seconds_between_questions)
                            std::this_thread::sleep_for(
                                std::chrono::duration<double>{seconds_between_questions - took});
                    }
                } catch (const std::exception& problem) {
                    const std::lock_guard lock{guard_};
                    problem_ = problem.what();
                }
            });
    }
    void stop(MonthFigures& figures) {
        threads_.clear();
        if (!problem_.empty()) throw std::runtime_error{"an auditor: " + problem_};
        figures.questions = asked_;
        figures.slowest_question = slowest_;
    }

private:
    std::mutex guard_;
    std::int64_t asked_ = 0;
    double slowest_ = 0;
    std::string problem_;
    std::vector<std::jthread> threads_;
};

std::vector<std::string> questions_about(Line& line, std::int32_t run) {
    std::vector<std::string> questions;
    for (const auto& row : line.ask(statement("references", {{"run", std::to_string(run)}}))) {
        const PaymentReference reference{County::of_number(std::stoi(row[0])), std::stoi(row[1]),
                                         Serial{std::stoi(row[2])}, 1};
        questions.push_back("/v1/ledger/payments/" + reference.text());
        if (questions.size() % 5 == 0) questions.emplace_back("/v1/ledger/trial-balance");
    }
    return questions;
}

}  // namespace

MonthFigures run_month(Installation& office, Month period, int auditors, std::int32_t earlier_run) {
    MonthFigures figures;
    Line line{office.owner_url()};
    const std::int64_t rows_before = line.number(statement("rows_written"));
    const std::vector<std::string> questions =
        auditors > 0 ? questions_about(line, earlier_run) : std::vector<std::string>{};
    // As a month begins on a machine that has had a quiet night.
    line.ask("checkpoint");
    office.start_service();
    std::this_thread::sleep_for(2 * glance);
    const std::uint64_t statements_before = office.statements();
    const std::int64_t wal_before = line.number(statement("wal_position"));
    const Processor service_before = office.service_processor();
    const Processor database_before = office.database_processor();
    Auditors asking{office, auditors, questions};

    const double started = seconds_now();
    double stage_started = started;
    Processor service_by_then = service_before;
    Processor database_by_then = database_before;
    const auto stage_ends = [&](const char* name) {
        const double now = seconds_now();
        const Processor service = office.service_processor();
        const Processor database = office.database_processor();
        figures.stages.push_back({name, now - stage_started, (service - service_by_then).all(),
                                  (database - database_by_then).all()});
        stage_started = now;
        service_by_then = service;
        database_by_then = database;
    };
    figures.run = static_cast<std::int32_t>(
        number_in(must(office.as("maker").ask(
                      "POST", "/v1/runs",
                      fmt::format(R"({{"kind":"regular","period":"{}","region":"37"}})", period.text()))),
                  "run"));
    stage_ends("create");
    compute(office, figures.run);
    stage_ends("compute");
    for (const char* officer : {"maker", "checker", "releaser"}) approve(office, figures.run, officer);
    stage_ends("approve");
    const pid_t banks = start_self({"banks", office.config().string(), (office.folder() / "banks").string()},
                                   office.folder() / "banks.log");
    figures.banks = wait_for(banks, "the banks' process (see banks.log)");
    stage_ends("exchange");
    while (line.number(statement("waiting_returns")) > 0) std::this_thread::sleep_for(glance);
    stage_ends("settle");
    must(office.as("auditor").ask("POST", "/v1/ledger/checkpoint", "{}"));
    stage_ends("checkpoint");
    figures.seconds = seconds_now() - started;

    asking.stop(figures);
    figures.peak_memory_bytes = office.service_peak_memory();
    figures.service = office.service_processor() - service_before;
    figures.database = office.database_processor() - database_before;
    figures.wal_bytes = line.number(statement("wal_position")) - wal_before;
    std::this_thread::sleep_for(2 * glance);
    figures.statements = office.statements() - statements_before;
    office.stop_service();
    figures.rows = line.number(statement("rows_written")) - rows_before;

    const auto settled = line.ask(statement("settled", {{"run", std::to_string(figures.run)}})).at(0);
    figures.payments = std::stoll(settled[0]);
    figures.batches = std::stoll(settled[1]);
    figures.paid = std::stoll(settled[3]);
    figures.failed = std::stoll(settled[4]);
    if (std::stoll(settled[2]) != figures.batches || figures.paid + figures.failed != figures.payments ||
        settled[5] != "0")
        throw std::runtime_error{
            fmt::format("not every payment found its outcome: {} payments, {} batches, {} posted, {} "
                        "paid, {} failed, {} breaks",
                        settled[0], settled[1], settled[2], settled[3], settled[4], settled[5])};
    return figures;
}

int act_as_all_banks(const std::string& config, const std::string& folder) {
    auto loaded = ops::load_settings(config);
    if (!loaded.faults.empty()) throw std::runtime_error{loaded.faults.front().message()};
    const ops::Settings& settings = loaded.settings;
    const std::string url = must(cli::url_of(settings, {}));
    std::atomic<int> failed{0};
    std::vector<std::jthread> threads;
    for (const app::Bank& bank : settings.banks)
        threads.emplace_back([&settings, &bank, &failed, url, folder] {
            cli::BankWish wish;
            wish.url = url;
            wish.certificate = settings.certificates / (bank.identity + ".pem");
            wish.key = settings.certificates / (bank.identity + ".key");
            wish.authorities = settings.certificates / "ca.pem";
            wish.folder = std::filesystem::path{folder} / bank.identity;
            wish.fail_permille = 20;
            wish.seed = 7;
            wish.now = cli::now();
            wish.value_day = wish.now.day_in_china();
            const auto done = cli::act_as_bank(wish);
            if (done && done->problems.empty()) return;
            ++failed;
            fmt::print(stderr, "{}: {}\n", bank.identity,
                       done ? done->problems.front() : done.error().message());
        });
    threads.clear();
    return failed == 0 ? 0 : 1;
}

}  // namespace onecard::loadtest
