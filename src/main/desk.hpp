#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "onecard/app/accounts.hpp"
#include "onecard/app/bank_profiles.hpp"
#include "onecard/app/books.hpp"
#include "onecard/app/channel.hpp"
#include "onecard/app/corrections.hpp"
#include "onecard/app/decisions.hpp"
#include "onecard/app/exchange.hpp"
#include "onecard/app/funds.hpp"
#include "onecard/app/identity.hpp"
#include "onecard/app/name_checks.hpp"
#include "onecard/app/runs.hpp"
#include "onecard/app/statements.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/ops/settings.hpp"
#include "onecard/policy/book.hpp"
#include "onecard/store/cluster.hpp"
#include "renewed_verifier.hpp"

namespace onecard::cli {

Moment now();

/// Where the pieces of an installation lie.
struct Places {
    explicit Places(const ops::Settings& settings);
    std::filesystem::path cluster, vault, uploads, incoming, field_key, ledger_key, ledger_public_key,
        url_file;
    std::filesystem::path authorities, certificate, certificate_key;
    /// SM2; they need not be there where no bank has agreed on it.
    std::filesystem::path national_authorities, national_certificate, national_key;
};

/// Trusts the authorities of the installation: the one of CMS, and that of SM2 where there is one.
Result<std::unique_ptr<app::SignatureVerifier>> create_verifier(
    const std::filesystem::path& authorities, const std::filesystem::path& national_authorities, Moment now);

/// The database with its records migrated: private cluster or configured URL.
struct OpenDatabase {
    std::unique_ptr<store::Cluster> cluster;  ///< null when a URL is configured
    std::string service_url, owner_url;
};
/// Signs files and receipts: with the key among the certificates, or with one in a token.
Result<std::unique_ptr<app::FileSigner>> create_service_signer(const ops::Settings& settings);

Result<OpenDatabase> open_database(const ops::Settings& settings);

/// Everything of a running service, wired by hand, top to bottom.
class Desk {
public:
    static Result<std::unique_ptr<Desk>> open(const ops::Settings& settings);
    ~Desk();

    /// Who a certificate is, by configuration. Errors: forbidden.
    Result<app::Identity> identify(const std::string& name, const Digest& fingerprint) const;

    /// Computes in the background; one computation a run at a time.
    Result<void> start_computing(const app::Identity& by, RunNo run);
    struct Computing {
        app::Runs::Progress progress;
        bool running = true;
        std::string problem;
    };
    std::optional<Computing> computing(RunNo run);

    /// All that are being computed, added up.
    app::Runs::Progress computing_now(std::int64_t& computations);

    /// Reads the policy book and the authorities anew; runs that are planned from now on use that book, those that are
    /// there keep their own. Errors: the first fault of the policy files; what was in use stays.
    Result<void> renew();
    /// Whether the records can be reached, and the work goes on. For one thread at a time.
    bool is_ready();
    std::int64_t database_restarts() const { return database_restarts_; }

    /// Wakes the worker that matches and posts return files.
    void returns_have_come();

    const ops::Settings settings;
    const Places places;

private:
    explicit Desk(ops::Settings s);
    void use_book(policy::Book book);
    void settle_until_stopped(const std::stop_token& stop, app::Lane lane);
    void watch_channel_until_stopped(const std::stop_token& stop);

    void tend_until_stopped(const std::stop_token& stop);

    std::deque<policy::Book> books_read_;  ///< newest last; none goes while the service runs
    std::deque<app::Runs> runs_of_books_;
    std::atomic<const policy::Book*> book_{nullptr};
    std::atomic<std::int64_t> database_restarts_ = 0;
    std::atomic<bool> is_stopping_ = false;
    OpenDatabase opened_;
    std::unique_ptr<app::Database> database_;
    std::unique_ptr<app::FileVault> vault_;
    std::unique_ptr<RenewedVerifier> verifier_;
    std::unique_ptr<app::Database> watched_;  ///< a line of its own to ask whether the database is there
    std::unique_ptr<app::NoteSigner> ledger_key_;
    std::unique_ptr<app::BankProfiles> profiles_;
    std::unique_ptr<app::Tools> tools_;
    std::mutex guard_;
    std::condition_variable_any wake_;
    bool returns_wait_ = true, slow_returns_wait_ = true;  // Something may be left from before a crash.
    std::map<RunNo, Computing> computing_;
    std::vector<std::jthread> computations_;

public:
    const policy::Book& book() const { return *book_; }
    app::Tools& tools() { return *tools_; }
    const app::BankProfiles& profiles() const { return *profiles_; }
    app::NoteSigner& ledger_key() { return *ledger_key_; }
    /// Those of the newest book.
    struct Newest {
        std::atomic<app::Runs*> at{nullptr};
        app::Runs* operator->() const { return at; }
    } runs;
    std::unique_ptr<app::Exchange> exchange;
    std::unique_ptr<app::Channel> channel;
    std::unique_ptr<app::Accounts> accounts;
    std::unique_ptr<app::NameChecks> name_checks;
    std::unique_ptr<app::Books> books;
    std::unique_ptr<app::Funds> funds;
    std::unique_ptr<app::Decisions> decisions;
    std::unique_ptr<app::Corrections> corrections;
    std::unique_ptr<app::Statements> statements;

private:
    std::jthread settler_, slow_settler_, tender_, watcher_;
};

}  // namespace onecard::cli
