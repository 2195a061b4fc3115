#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "line.hpp"
#include "month.hpp"
#include "onecard/net/json.hpp"
#include "onecard/ops/priority.hpp"

namespace onecard::loadtest {

namespace {

constexpr int auditors = 4;
constexpr double seconds_between_questions = 0.05;  ///< of an auditor: a program that asks, not a person
constexpr int clients = 200;
constexpr double seconds_between_reads = 0.5;  ///< of a client: somebody who clicks
constexpr int busy_clients = 32;
constexpr double busy_seconds = 5;
constexpr double computing_seconds_min =
    20;                              ///< less gives too few questions for a hundredth of them to mean much
constexpr int first_questions = 12;  ///< of each asker, not counted: the service was not started a moment ago

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().message()};
    return std::move(*result);
}

/// Seconds of answers, from many threads.
class Seconds {
public:
    void add(double seconds) {
        const std::lock_guard lock{guard_};
        all_.push_back(seconds);
    }
    ReadFigures::Kind figures(std::string name) {
        const std::lock_guard lock{guard_};
        std::ranges::sort(all_);
        const auto at = [&](double part) {
            return all_.empty() ? 0
                                : all_[static_cast<std::size_t>(part * static_cast<double>(all_.size() - 1))];
        };
        return {std::move(name), static_cast<std::int64_t>(all_.size()), at(0.5), at(0.99), at(1)};
    }

private:
    std::mutex guard_;
    std::vector<double> all_;
};

struct Question {
    Seconds* seconds = nullptr;
    std::string path;
};

/// Threads that ask, each over a connection of its own, until the object goes.
class Asking {
public:
    /// `pace`: seconds from one question to the next; 0: as fast as answers come.
    Asking(const Installation& office, const std::string& who, int count, double pace,
           const std::vector<Question>& questions)
        : all_there_{count} {
        for (int i = 0; i < count; ++i)
            threads_.emplace_back(
                [this, &office, &questions, who, pace, i, count](const std::stop_token& stop) {
                    // Who asks has a machine of his own, and would not wait for a core of this one.
                    ops::answer_soon();
                    bool is_there = false;
                    try {
                        cli::Remote remote = office.as(who);
                        // What is measured are reads of those who are there: coming in (TLS, both certificates) is
                        // another matter, and takes both cores while all of them do.
                        for (int n = 0; n < first_questions; ++n)
                            must(remote.ask(
                                "GET", questions[static_cast<std::size_t>(i + n) % questions.size()].path));
                        is_there = true;
                        all_there_.arrive_and_wait();
                        ask(std::move(remote), pace, questions, static_cast<std::size_t>(i),
                            static_cast<std::size_t>(count), stop);
                    } catch (const std::exception& problem) {
                        if (!is_there) all_there_.count_down();
                        const std::lock_guard lock{guard_};
                        problem_ = problem.what();
                    }
                });
        all_there_.wait();
    }
    void stop() {
        threads_.clear();
        if (!problem_.empty()) throw std::runtime_error{"who asks: " + problem_};
    }

private:
    static void ask(cli::Remote remote, double pace, const std::vector<Question>& questions,
                    std::size_t first, std::size_t count, const std::stop_token& stop) {
        // Not all at once.
        std::this_thread::sleep_for(
            std::chrono::duration<double>{pace * static_cast<double>(first) / static_cast<double>(count)});
        double next = seconds_now();
        for (std::size_t n = first * 17; !stop.stop_requested(); ++n) {
            const Question& question = questions[n % questions.size()];
            const double started = seconds_now();
            must(remote.ask("GET", question.path));
            question.seconds->add(seconds_now() - started);
            next = std::max(next + pace, seconds_now());
            std::this_thread::sleep_for(std::chrono::duration<double>{next - seconds_now()});
        }
    }

    std::latch all_there_;
    std::mutex guard_;
    std::string problem_;
    std::vector<std::jthread> threads_;
};

/// Creates a run and computes it to its end. Returns its seconds.
double compute_one_run(Installation& office, Month period) {
    cli::Remote maker = office.as("maker");
    const std::string made =
        must(maker.ask("POST", "/v1/runs",
                       fmt::format(R"({{"kind":"regular","period":"{}","region":"37"}})", period.text())));
    const std::size_t at = made.find("\"run\":");
    if (at == std::string::npos) throw std::runtime_error{"no run in " + made};
    const std::string path = fmt::format("/v1/runs/{}", std::stoi(made.substr(at + 6)));
    const double started = seconds_now();
    must(maker.ask("POST", path + "/compute", "{}"));
    for (;;) {
        auto progress = must(net::parse_flat_json(must(maker.ask("GET", path + "/progress"))));
        if (progress["state"] == "failed") throw std::runtime_error{progress["problem"]};
        if (progress["state"] == "done") return seconds_now() - started;
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

/// One run after the other, a month each. Returns the seconds of them all.
double compute_runs(Installation& office, Month& next) {
    double seconds = 0;
    for (; seconds < computing_seconds_min; next = next.next()) seconds += compute_one_run(office, next);
    return seconds;
}

}  // namespace

ReadFigures measure_reads(Installation& office, std::int32_t run, Month next) {
    ReadFigures figures;
    Line line{office.owner_url()};
    const auto rows = line.ask(statement("row_counts")).at(0);
    figures.payments = std::stoll(rows[0]);
    figures.outcomes = std::stoll(rows[1]);
    figures.entries = std::stoll(rows[2]);

    Seconds stories, persons, balances, clients_stories, busy_stories, small_reads;
    std::vector<Question> by_auditors, by_clients, by_busy;
    const std::vector<Question> small{{&small_reads, fmt::format("/v1/runs/{}/progress", run)}};
    for (const auto& row : line.ask(statement("some_payments", {{"run", std::to_string(run)}}))) {
        const County county = County::of_number(std::stoi(row[0]));
        const std::string story =
            "/v1/ledger/payments/" +
            PaymentReference{county, std::stoi(row[1]), Serial{std::stoi(row[2])}, 1}.text();
        by_auditors.push_back({&stories, story});
        by_auditors.push_back({&persons, fmt::format("/v1/ledger/persons/{}/{}", county.text(), row[3])});
        by_auditors.push_back({&balances, "/v1/ledger/trial-balance"});
        by_clients.push_back({&clients_stories, story});
        by_busy.push_back({&busy_stories, story});
    }
    office.start_service();
    {
        Asking asking{office, "auditor", auditors, seconds_between_questions, by_auditors};
        figures.computing_seconds = compute_runs(office, next);
        asking.stop();
    }
    {
        Asking asking{office, "checker", clients, seconds_between_reads, by_clients};
        compute_runs(office, next);
        asking.stop();
    }
    for (const std::vector<Question>* questions : {&std::as_const(by_busy), &small}) {
        Asking asking{office, "checker", busy_clients, 0, *questions};
        std::this_thread::sleep_for(std::chrono::duration<double>{busy_seconds});
        asking.stop();
    }
    office.stop_service();
    figures.kinds = {stories.figures("story of a payment"),
                     persons.figures("history of a person"),
                     balances.figures("trial balance"),
                     clients_stories.figures("story, 200 clients"),
                     busy_stories.figures("story, 32 clients as fast as they can, nothing computed"),
                     small_reads.figures("progress of a run, the same 32 clients")};
    const auto a_second = [&](std::size_t kind) {
        return static_cast<double>(figures.kinds[kind].count) / busy_seconds;
    };
    figures.stories_per_second = a_second(4);
    figures.small_reads_per_second = a_second(5);
    return figures;
}

}  // namespace onecard::loadtest
