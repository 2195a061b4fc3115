#include "desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "bank_profiles.hpp"
#include "onecard/app/banks.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/net/http.hpp"
#include "onecard/ops/log.hpp"
#include "onecard/ops/policy_files.hpp"
#include "onecard/ops/priority.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"
#include "onecard/store/database.hpp"

namespace onecard::cli {

Moment now() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return Moment::of_unix_seconds(std::chrono::duration_cast<std::chrono::seconds>(since_1970).count());
}

Places::Places(const ops::Settings& settings)
    : cluster{settings.folder / "postgres"},
      vault{settings.folder / "vault"},
      uploads{settings.folder / "uploads"},
      incoming{settings.folder / "incoming"},
      field_key{settings.folder / "keys" / "fields.key"},
      ledger_key{settings.folder / "keys" / "ledger.pem"},
      ledger_public_key{settings.folder / "ledger.pub"},
      url_file{settings.folder / "url"},
      authorities{settings.certificates / "ca.pem"},
      certificate{settings.certificates / "service.pem"},
      certificate_key{settings.certificates / "service.key"},
      national_authorities{settings.certificates / "ca-sm2.pem"},
      national_certificate{settings.certificates / "service-sm2.pem"},
      national_key{settings.certificates / "service-sm2.key"} {}

Result<std::unique_ptr<app::SignatureVerifier>> create_verifier(
    const std::filesystem::path& authorities, const std::filesystem::path& national_authorities, Moment now) {
    auto cms = seal::create_verifier(authorities, now);
    if (!cms || !std::filesystem::exists(national_authorities)) return cms;
    auto sm2 = seal::create_national_verifier(national_authorities, now);
    if (!sm2) return std::unexpected{sm2.error()};
    return seal::either_verifier(std::move(*cms), std::move(*sm2));
}

Result<std::unique_ptr<app::FileSigner>> create_service_signer(const ops::Settings& settings) {
    const ops::SigningTerms& signing = settings.signing;
    if (!signing.key.empty())
        return seal::create_token_signer(signing.certificate,
                                         {signing.key, signing.module, signing.pin_file});
    const Places places{settings};
    return seal::create_file_signer(places.certificate, places.certificate_key);
}

Result<OpenDatabase> open_database(const ops::Settings& settings) {
    OpenDatabase opened;
    if (settings.database_url.empty()) {
        store::ClusterSettings wanted;
        wanted.folder = Places{settings}.cluster;
        auto cluster = store::start_cluster(wanted);
        if (!cluster) return std::unexpected{cluster.error()};
        opened.cluster = std::move(*cluster);
        opened.service_url = opened.cluster->service_url();
        opened.owner_url = opened.cluster->owner_url();
    } else {
        opened.service_url = settings.database_url;
        opened.owner_url = settings.database_owner_url;
    }
    const auto applied = store::migrate(opened.owner_url);
    if (!applied) return std::unexpected{applied.error()};
    for (const std::string& name : *applied) ops::log(ops::LogLevel::info, "migration applied: " + name);
    return opened;
}

Desk::Desk(ops::Settings s) : settings{std::move(s)}, places{settings} {}

void Desk::use_book(policy::Book book) {
    const std::lock_guard lock{guard_};
    books_read_.push_back(std::move(book));
    runs_of_books_.emplace_back(
        *tools_, books_read_.back(),
        app::RunLimits{static_cast<std::size_t>(settings.lines_per_file), settings.payments_per_part,
                       settings.screening, settings.accounts, settings.outlier_times});
    book_ = &books_read_.back();
    runs.at = &runs_of_books_.back();
}

Result<void> Desk::renew() {
    if (const auto renewed = verifier_->renew(); !renewed) return renewed;
    auto loaded = ops::load_policy_book(settings.policy);
    if (!loaded.faults.empty()) return std::unexpected{loaded.faults.front()};
    if (loaded.book.canonical_text() != book().canonical_text()) use_book(std::move(loaded.book));
    return {};
}

bool Desk::is_ready() {
    if (is_stopping_) return false;
    try {
        static_cast<void>(watched_->begin()->registers().latest_import());
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

void Desk::tend_until_stopped(const std::stop_token& stop) {
    std::mutex alone;
    std::condition_variable_any pause;
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock{alone};
            pause.wait_for(lock, stop, std::chrono::seconds{1}, [] { return false; });
        }
        if (stop.stop_requested() || !opened_.cluster) continue;
        try {
            const auto tended = opened_.cluster->tend();
            if (!tended)
                ops::log(ops::LogLevel::error, "the private database: " + tended.error().message());
            else if (*tended) {
                ++database_restarts_;
                ops::log(ops::LogLevel::error, "the private database had died; it was started again");
            }
        } catch (const std::exception& trouble) {
            ops::log(ops::LogLevel::error, fmt::format("the private database: {}", trouble.what()));
        }
    }
}

app::Runs::Progress Desk::computing_now(std::int64_t& computations) {
    app::Runs::Progress all;
    const std::lock_guard lock{guard_};
    for (const auto& [run, computing] : computing_) {
        if (!computing.running) continue;
        ++computations;
        all.units_done += computing.progress.units_done;
        all.units_all += computing.progress.units_all;
        all.payments += computing.progress.payments;
    }
    return all;
}

Desk::~Desk() {
    // All of them use what is wired above them: they end before anything else goes.
    is_stopping_ = true;
    tender_ = {};
    watcher_ = {};
    settler_ = {};
    slow_settler_ = {};
    for (app::Runs& each : runs_of_books_) each.stop_soon();
    computations_.clear();
}

Result<std::unique_ptr<Desk>> Desk::open(const ops::Settings& settings) {
    auto loaded = ops::load_policy_book(settings.policy);
    if (!loaded.faults.empty()) return std::unexpected{loaded.faults.front()};
    auto profiles = configured_profiles(settings);
    if (!profiles) return std::unexpected{profiles.error()};
    std::unique_ptr<Desk> desk{new Desk{settings}};
    const Places& places = desk->places;
    for (const auto& folder :
         {places.vault, places.uploads, places.incoming, places.field_key.parent_path()}) {
        std::filesystem::create_directories(folder);
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    }

    desk->verifier_ = std::make_unique<RenewedVerifier>(
        [authorities = places.authorities, national_authorities = places.national_authorities] {
            return create_verifier(authorities, national_authorities, now());
        });
    if (const auto made = desk->verifier_->renew(); !made) return std::unexpected{made.error()};
    const auto signer = create_service_signer(settings);
    if (!signer) return std::unexpected{signer.error()};
    const auto cipher = seal::create_field_cipher(places.field_key);
    if (!cipher) return std::unexpected{cipher.error()};
    auto ledger_key = seal::create_note_signer(places.ledger_key, settings.ledger_name);
    if (!ledger_key) return std::unexpected{ledger_key.error()};
    desk->ledger_key_ = std::move(*ledger_key);
    std::ofstream{places.ledger_public_key}
        << audit::verifier_key_text(seal::sha256(), desk->ledger_key_->name(),
                                    desk->ledger_key_->public_key())
        << "\n";

    auto opened = open_database(settings);
    if (!opened) return std::unexpected{opened.error()};
    desk->opened_ = std::move(*opened);
    // Every thread that may work at once has a connection: computing, settling and answering, which holds a second one
    // while it does what is asked under a key.
    desk->database_ =
        store::create_database(desk->opened_.service_url,
                               static_cast<std::size_t>(2 * settings.workers + settings.workers / 2 + 1 +
                                                        2 * settings.request_workers),
                               ops::schedule);
    desk->watched_ = store::create_database(desk->opened_.service_url, 1);
    desk->vault_ = store::create_file_vault(places.vault, seal::sha256());

    Desk* const self = desk.get();
    // The files were read well a moment ago; if they are gone now, stopping is right.
    const auto make_signer = [self] { return std::move(create_service_signer(self->settings)).value(); };
    const auto make_cipher = [self] {
        return std::move(seal::create_field_cipher(self->places.field_key)).value();
    };
    for (const auto& [bank, configured] : *profiles) {
        if (configured.profile.signature != bankfile::SignatureKind::sm2) continue;
        if (!std::filesystem::exists(places.national_authorities))
            return refuse(Fault::missing,
                          fmt::format("bank {} has agreed on SM2: its authority is not there", bank.number()),
                          places.national_authorities.string());
        const auto national = seal::create_national_signer(places.national_certificate, places.national_key);
        if (!national) return std::unexpected{national.error()};
    }
    const auto make_national_signer = [self] {
        return std::move(
                   seal::create_national_signer(self->places.national_certificate, self->places.national_key))
            .value();
    };
    desk->profiles_ = std::make_unique<app::BankProfiles>(std::move(*profiles), kept_profile);
    desk->tools_.reset(new app::Tools{*desk->database_, *desk->vault_, seal::sha256(), seal::sm3(),
                                      *desk->verifier_, make_signer, make_cipher, settings.workers,
                                      desk->profiles_.get(), make_national_signer, settings.refuse_bad_lines,
                                      Money::of_fen(settings.second_person_from_fen), ops::give_way,
                                      settings.ledger_hash == "sm3" ? &seal::sm3() : &seal::sha256()});
    if (const auto same = app::check_log_hash(*desk->tools_); !same) return std::unexpected{same.error()};
    desk->use_book(std::move(loaded.book));
    desk->exchange = std::make_unique<app::Exchange>(*desk->tools_);
    desk->channel = std::make_unique<app::Channel>(*desk->tools_);
    desk->accounts = std::make_unique<app::Accounts>(*desk->tools_, settings.accounts);
    desk->name_checks = std::make_unique<app::NameChecks>(*desk->tools_);
    desk->books = std::make_unique<app::Books>(*desk->tools_);
    desk->funds = std::make_unique<app::Funds>(*desk->tools_);
    desk->decisions = std::make_unique<app::Decisions>(*desk->tools_, settings.deadlines);
    desk->corrections = std::make_unique<app::Corrections>(*desk->tools_, *desk->decisions);
    std::vector<app::SharedAccount> shared;
    for (const auto& [bank, terms] : settings.bank_terms)
        for (const std::vector<County>& counties : terms.shared_accounts) shared.push_back({bank, counties});
    desk->statements = std::make_unique<app::Statements>(*desk->tools_, std::move(shared));
    if (const auto put = app::record_banks(*desk->tools_, settings.banks); !put)
        return std::unexpected{put.error()};
    desk->tender_ = std::jthread{[self](const std::stop_token& stop) { self->tend_until_stopped(stop); }};
    desk->settler_ = std::jthread{
        [self](const std::stop_token& stop) { self->settle_until_stopped(stop, app::Lane::quick); }};
    desk->slow_settler_ = std::jthread{
        [self](const std::stop_token& stop) { self->settle_until_stopped(stop, app::Lane::slow); }};
    desk->watcher_ =
        std::jthread{[self](const std::stop_token& stop) { self->watch_channel_until_stopped(stop); }};
    return desk;
}

Result<app::Identity> Desk::identify(const std::string& name, const Digest& fingerprint) const {
    app::Identity identity;
    identity.name = name;
    identity.fingerprint = fingerprint;
    if (const auto officer = std::ranges::find(settings.officers, name, &ops::Officer::name);
        officer != settings.officers.end()) {
        identity.role = officer->role;
        identity.region = officer->region;
        return identity;
    }
    if (const auto bank = std::ranges::find(settings.banks, name, &app::Bank::identity);
        bank != settings.banks.end()) {
        identity.role = app::Role::bank;
        identity.bank = bank->no;
        return identity;
    }
    return refuse(Fault::forbidden, "this certificate is neither an officer's nor a bank's here", name);
}

Result<void> Desk::start_computing(const app::Identity& by, RunNo run) {
    const std::lock_guard lock{guard_};
    if (const auto found = computing_.find(run); found != computing_.end() && found->second.running)
        return refuse(Fault::conflict, "is being computed already", fmt::format("run {}", run.number()));
    computing_[run] = {};
    // With the book of this moment, whatever is read meanwhile.
    computations_.emplace_back([this, by, run, runs_now = runs.at.load()] {
        std::string problem;
        try {
            const auto done = runs_now->compute(by, run, now(), [&](const app::Runs::Progress& progress) {
                const std::lock_guard inner{guard_};
                computing_[run].progress = progress;
            });
            const std::lock_guard inner{guard_};
            if (done)
                computing_[run].progress = *done;
            else
                problem = done.error().message();
            computing_[run].problem = problem;
            computing_[run].running = false;
        } catch (const std::exception& failure) {
            problem = failure.what();
            const std::lock_guard inner{guard_};
            computing_[run].problem = "the computation broke off; see the service's log";
            computing_[run].running = false;
        }
        if (!problem.empty())
            ops::log(ops::LogLevel::error, fmt::format("computing run {}: {}", run.number(), problem));
    });
    return {};
}

std::optional<Desk::Computing> Desk::computing(RunNo run) {
    const std::lock_guard lock{guard_};
    const auto found = computing_.find(run);
    if (found == computing_.end()) return std::nullopt;
    return found->second;
}

void Desk::returns_have_come() {
    {
        const std::lock_guard lock{guard_};
        returns_wait_ = slow_returns_wait_ = true;
    }
    wake_.notify_all();
}

namespace {

/// Those for batches of one unit are posted together, which costs little more than posting one: while they keep coming,
/// it pays to wait a moment.
constexpr std::chrono::milliseconds no_more_returns_after{20};
constexpr std::chrono::milliseconds returns_wait_at_most{1000};
/// The timer picks up files whose posting failed for a passing reason.
constexpr std::chrono::seconds between_looks{30};
/// When nothing has come for so long, outcomes get their keys, though some batches of their part are not answered yet.
constexpr std::chrono::seconds quiet_after{2};

}  // namespace

void Desk::settle_until_stopped(const std::stop_token& stop, app::Lane lane) {
    bool& they_have_come = lane == app::Lane::slow ? slow_returns_wait_ : returns_wait_;
    const auto log_problem = [](std::string_view problem) { ops::log(ops::LogLevel::error, problem); };
    bool is_keyed = lane == app::Lane::slow;
    while (!stop.stop_requested()) {
        try {
            std::unique_lock lock{guard_};
            const auto they_wait = [&] { return they_have_come; };
            const bool have_come =
                wake_.wait_for(lock, stop, is_keyed ? between_looks : quiet_after, they_wait);
            if (!have_come && !is_keyed && !stop.stop_requested()) {
                lock.unlock();
                is_keyed = true;
                exchange->key_outcomes();
                continue;
            }
            const auto begun = std::chrono::steady_clock::now();
            do they_have_come = false;
            while (std::chrono::steady_clock::now() - begun < returns_wait_at_most &&
                   wake_.wait_for(lock, stop, no_more_returns_after, they_wait));
            lock.unlock();
            if (stop.stop_requested()) return;
            exchange->settle(now(), log_problem, lane);
            is_keyed = lane == app::Lane::slow;
            statements->match(now(), log_problem, lane);
        } catch (const std::exception& outage) {
            log_problem(outage.what());
        }
    }
}

namespace {

constexpr std::chrono::seconds between_watches{5};
constexpr std::int64_t between_timers_seconds = 60;

/// A bank's own HTTPS address, asked as we are asked by it: with our certificate, and only by what ours trusts.
class HttpsAddress final : public app::BankAddress {
public:
    HttpsAddress(std::string url, const Places& places) {
        const std::size_t path = url.find('/', std::string_view{"https://"}.size());
        if (path != std::string::npos) {
            folder_ = url.substr(path);
            url.resize(path);
        }
        while (folder_.ends_with('/')) folder_.pop_back();
        settings_ = {.url = std::move(url),
                     .certificate = places.certificate,
                     .key = places.certificate_key,
                     .authorities = places.authorities};
    }

    app::PushAnswer bring(std::string_view name, std::int32_t seq, const std::filesystem::path& file,
                          std::string_view signature) override {
        auto client = net::create_client(settings_);
        if (!client) return {0, client.error().message()};
        const std::string path = fmt::format("{}/{}", folder_, name);
        const std::map<std::string, std::string> headers{{"onecard-sequence", std::to_string(seq)},
                                                         {"content-type", "application/octet-stream"}};
        // The signature comes first and waits for its file, as it does here.
        auto answer = (*client)->call("PUT", path + ".p7s", signature, headers);
        if (answer && answer->status / 100 == 2) answer = (*client)->send_file("PUT", path, file, headers);
        if (!answer) return {0, answer.error().message()};
        return {answer->status, answer->body};
    }

private:
    net::ClientSettings settings_;
    std::string folder_;
};

}  // namespace

void Desk::watch_channel_until_stopped(const std::stop_token& stop) {
    const auto log_problem = [](std::string_view problem) { ops::log(ops::LogLevel::error, problem); };
    struct Pushed {
        BankNo bank;
        HttpsAddress address;
        app::CircuitBreaker breaker;
    };
    std::vector<Pushed> pushed;
    for (const auto& [bank, terms] : settings.bank_terms)
        if (!terms.push_url.empty()) pushed.push_back({bank, HttpsAddress{terms.push_url, places}, {}});
    std::mutex guard;
    std::condition_variable_any wake;
    Moment timers_at;
    while (!stop.stop_requested()) {
        try {
            if (now().unix_seconds() >= timers_at.unix_seconds() + between_timers_seconds) {
                timers_at = now();
                channel->raise_unheard(timers_at,
                                       [](std::string_view text) { ops::log(ops::LogLevel::warn, text); });
            }
            for (Pushed& one : pushed) channel->push(one.bank, one.address, one.breaker, now());
        } catch (const std::exception& outage) {
            log_problem(outage.what());
        }
        std::unique_lock lock{guard};
        wake.wait_for(lock, stop, between_watches, [] { return false; });
    }
}

}  // namespace onecard::cli
