#include "onecard/store/database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "connection.hpp"
#include "onecard/app/closing_records.hpp"
#include "onecard/app/statement_records.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

enum class Use { prompt, bulk };
/// What a work's statements see: each what is committed when it begins, with a transaction around them or (question)
/// without one, or all of them what was committed when the first began.
enum class Sight { question, each, snapshot };

/// Lines that are free, up to a fixed number; made when they are wanted first. A broken one is replaced when it is
/// wanted next.
class Pool {
public:
    Pool(std::string url, std::size_t connections, Use use, Schedule schedule)
        : url_{std::move(url)}, use_{use}, schedule_{std::move(schedule)} {
        ensure(connections > 0, "a pool without connections");
        free_.resize(connections);
    }
    /// All at once, so that a database that is away shows now.
    void connect() {
        for (auto& line : free_) line = make_line();
    }

    /// With a transaction begun on it. Waits for a free one. Throws when the database stays away.
    std::unique_ptr<Connection> take(Sight sight) {
        std::unique_ptr<Connection> line = wait_for_one();
        try {
            patiently(line, [&](Connection& idle) {
                if (sight == Sight::question) return idle.check();
                if (sight == Sight::snapshot) idle.run(sql::next_isolation, {{"level", "repeatable read"}});
                idle.begin();
            });
        } catch (...) {
            give_back(std::move(line));
            throw;
        }
        return line;
    }

    /// Does on a free line what changes nothing, again on a fresh one where a line turns out to have died.
    template <class Reading>
    void with_one(const Reading& reading) {
        std::unique_ptr<Connection> line = wait_for_one();
        try {
            patiently(line, reading);
        } catch (...) {
            give_back(std::move(line));
            throw;
        }
        give_back(std::move(line));
    }

    void give_back(std::unique_ptr<Connection> line) {
        if (line != nullptr && !line->is_idle()) line.reset();
        {
            const std::scoped_lock lock{mutex_};
            free_.push_back(std::move(line));
        }
        freed_.notify_one();
    }

private:
    std::unique_ptr<Connection> make_line() const {
        auto line = std::make_unique<Connection>(url_);
        if (const auto process = line->process_here(); process && schedule_)
            schedule_(*process, use_ == Use::bulk);
        if (use_ == Use::bulk) line->run(sql::bulk_session);
        return line;
    }
    std::unique_ptr<Connection> wait_for_one() {
        std::unique_lock lock{mutex_};
        freed_.wait(lock, [&] { return !free_.empty(); });
        std::unique_ptr<Connection> line = std::move(free_.back());
        free_.pop_back();
        return line;
    }

    /// A line may have died while nobody used it: that shows at the first thing done, where nothing is lost by trying again.
    template <class First>
    void patiently(std::unique_ptr<Connection>& line, const First& first) {
        for (int attempt = 0;; ++attempt) {
            try {
                if (line == nullptr) line = make_line();
                first(*line);
                return;
            } catch (const BrokenInvariant&) {
                throw;
            } catch (const std::exception&) {
                line.reset();
                if (attempt == attempts_max) throw;
                std::this_thread::sleep_for(first_pause * (1 << attempt));
            }
        }
    }

    static constexpr int attempts_max = 6;
    static constexpr std::chrono::milliseconds first_pause{50};  // doubled each time: 3 s in all

    std::string url_;
    Use use_;
    Schedule schedule_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Connection>> free_;
};

class WorkOnConnection final : public app::Work {
public:
    WorkOnConnection(std::shared_ptr<Pool> pool, Sight sight)
        : pool_{std::move(pool)}, line_{pool_->take(sight)}, sight_{sight} {
        registers_ = register_records(*line_);
        runs_ = run_records(*line_);
        payments_ = payment_records(*line_);
        exchange_ = exchange_records(*line_);
        ledger_ = ledger_records(*line_);
        screening_ = screening_records(*line_);
        recovery_ = recovery_records(*line_);
        decisions_ = decision_records(*line_);
        statements_ = statement_records(*line_);
        closing_ = closing_records(*line_);
        office_ = office_records(*line_);
        audit_ = audit_records(*line_);
        channel_ = channel_records(*line_);
        accounts_ = account_records(*line_);
    }
    ~WorkOnConnection() override {
        line_->roll_back();
        try {
            if (sight_ == Sight::snapshot) line_->run(sql::next_isolation, {{"level", "read committed"}});
            pool_->give_back(std::move(line_));
        } catch (const std::exception&) {
            pool_->give_back(nullptr);  // A new line is made when one is wanted.
        }
    }
    WorkOnConnection(const WorkOnConnection&) = delete;
    WorkOnConnection& operator=(const WorkOnConnection&) = delete;

    app::RegisterRecords& registers() override { return open(*registers_); }
    app::RunRecords& runs() override { return open(*runs_); }
    app::PaymentRecords& payments() override { return open(*payments_); }
    app::ExchangeRecords& exchange() override { return open(*exchange_); }
    app::LedgerRecords& ledger() override { return open(*ledger_); }
    app::ScreeningRecords& screening() override { return open(*screening_); }
    app::RecoveryRecords& recovery() override { return open(*recovery_); }
    app::DecisionRecords& decisions() override { return open(*decisions_); }
    app::StatementRecords& statements() override { return open(*statements_); }
    app::ClosingRecords& closing() override { return open(*closing_); }
    app::OfficeRecords& office() override { return open(*office_); }
    app::AuditRecords& audit() override { return open(*audit_); }
    app::ChannelRecords& channel() override { return open(*channel_); }
    app::AccountRecords& accounts() override { return open(*accounts_); }

    void commit() override {
        ensure(!committed_ && sight_ != Sight::question, "a work that was committed before, or a question");
        line_->commit();
        committed_ = true;
    }

private:
    /// After the commit every statement would be a transaction of its own.
    template <class Records>
    Records& open(Records& records) {
        ensure(!committed_, "a work that is over");
        return records;
    }

    std::shared_ptr<Pool> pool_;
    std::unique_ptr<Connection> line_;
    Sight sight_;
    bool committed_ = false;
    std::unique_ptr<app::RegisterRecords> registers_;
    std::unique_ptr<app::RunRecords> runs_;
    std::unique_ptr<app::PaymentRecords> payments_;
    std::unique_ptr<app::ExchangeRecords> exchange_;
    std::unique_ptr<app::LedgerRecords> ledger_;
    std::unique_ptr<app::ScreeningRecords> screening_;
    std::unique_ptr<app::RecoveryRecords> recovery_;
    std::unique_ptr<app::DecisionRecords> decisions_;
    std::unique_ptr<app::StatementRecords> statements_;
    std::unique_ptr<app::ClosingRecords> closing_;
    std::unique_ptr<app::OfficeRecords> office_;
    std::unique_ptr<app::AuditRecords> audit_;
    std::unique_ptr<app::ChannelRecords> channel_;
    std::unique_ptr<app::AccountRecords> accounts_;
};

class PooledDatabase final : public app::Database {
public:
    PooledDatabase(const std::string& url, std::size_t connections, const Schedule& schedule)
        : prompt_{std::make_shared<Pool>(url, connections, Use::prompt, schedule)},
          bulk_{std::make_shared<Pool>(url, connections, Use::bulk, schedule)},
          reading_{std::make_shared<Pool>(url, std::min(connections, reads_at_once), Use::prompt, schedule)} {
        prompt_->connect();
    }
    std::unique_ptr<app::Work> begin() override {
        return std::make_unique<WorkOnConnection>(prompt_, Sight::each);
    }
    std::unique_ptr<app::Work> begin_question() override {
        return std::make_unique<WorkOnConnection>(prompt_, Sight::question);
    }
    std::unique_ptr<app::Work> begin_bulk() override {
        return std::make_unique<WorkOnConnection>(bulk_, Sight::each);
    }
    std::unique_ptr<app::Work> begin_snapshot() override {
        return std::make_unique<WorkOnConnection>(prompt_, Sight::snapshot);
    }
    std::vector<std::vector<app::TextRow>> read(std::span<const app::AskedReport> asked) override {
        std::vector<std::pair<std::string_view, std::vector<std::pair<std::string, std::string>>>> queries;
        for (const app::AskedReport& one : asked)
            queries.emplace_back(report_named(one.report), one.parameters);
        std::vector<std::vector<app::TextRow>> answers;
        reading_->with_one([&](Connection& line) { answers = line.ask_together(queries); });
        return answers;
    }

private:
    /// Small reads take turns on few lines: more of them would not be answered sooner by the cores of one machine, and
    /// each line plans its statements anew whenever a part is attached.
    static constexpr std::size_t reads_at_once = 4;
    std::shared_ptr<Pool> prompt_, bulk_, reading_;
};

}  // namespace

std::unique_ptr<app::Database> create_database(const std::string& url, std::size_t connections,
                                               const Schedule& schedule) {
    return std::make_unique<PooledDatabase>(url, connections, schedule);
}

}  // namespace onecard::store
