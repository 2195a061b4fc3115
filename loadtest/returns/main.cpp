#include <fmt/format.h>
#include <libpq-fe.h>
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "onecard/app/exchange.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "onecard/payment/payment.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"
#include "onecard/store/cluster.hpp"
#include "onecard/store/database.hpp"

/// One return file of any size, verified, parsed, matched and posted by the service's own use case; and, in the same run,
/// what PostgreSQL needs to COPY the very outcome rows that it brought into the very table. loadtest/README.md.
namespace onecard::loadtest {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view bank_code = "102100099996";
/// Of a thousand lines so many failed.
constexpr std::int64_t failed_permille = 20;

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error{result.error().message()};
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

Moment now() {
    return Moment::of_unix_seconds(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
}

class Stopwatch {
public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// A figure of /proc/self/status, in bytes.
std::int64_t status_bytes(std::string_view key) {
    std::ifstream in{"/proc/self/status"};
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(key)) return std::stoll(line.substr(key.size())) * 1024;
    throw std::runtime_error{"the system does not say how much memory is used"};
}
/// Forgets the peak of what was used so far: preparing the month takes more than posting it.
void forget_peak() {
    std::ofstream out{"/proc/self/clear_refs"};
    out << '5';
}

/// A line of the benchmark's own to the database.
class Sql {
public:
    explicit Sql(const std::string& url) : line_{PQconnectdb(url.c_str()), &PQfinish} {
        if (PQstatus(line_.get()) != CONNECTION_OK) throw std::runtime_error{PQerrorMessage(line_.get())};
    }
    std::string operator()(const std::string& text) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(line_.get(), text.c_str()),
                                                                   &PQclear};
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            throw std::runtime_error{text + ": " + PQerrorMessage(line_.get())};
        return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }
    std::string copy_out(const std::string& from) {
        begin_copy(fmt::format("copy {} to stdout binary", from), PGRES_COPY_OUT);
        std::string bytes;
        char* piece = nullptr;
        int size = 0;
        while ((size = PQgetCopyData(line_.get(), &piece, 0)) > 0) {
            bytes.append(piece, static_cast<std::size_t>(size));
            PQfreemem(piece);
        }
        end_copy();
        return bytes;
    }
    void copy_in(const std::string& into, std::string_view bytes) {
        begin_copy(fmt::format("copy {} from stdin binary", into), PGRES_COPY_IN);
        constexpr std::size_t piece = 128 * 1024;
        for (std::size_t at = 0; at < bytes.size(); at += piece)
            if (const auto some = bytes.substr(at, piece);
                PQputCopyData(line_.get(), some.data(), static_cast<int>(some.size())) != 1)
                throw std::runtime_error{PQerrorMessage(line_.get())};
        if (PQputCopyEnd(line_.get(), nullptr) != 1) throw std::runtime_error{PQerrorMessage(line_.get())};
        end_copy();
    }

private:
    void begin_copy(const std::string& text, ExecStatusType expected) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(line_.get(), text.c_str()),
                                                                   &PQclear};
        if (PQresultStatus(result.get()) != expected) throw std::runtime_error{PQerrorMessage(line_.get())};
    }
    void end_copy() {
        while (PGresult* result = PQgetResult(line_.get())) {
            const bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
            PQclear(result);
            if (!good) throw std::runtime_error{PQerrorMessage(line_.get())};
        }
    }
    std::unique_ptr<PGconn, decltype(&PQfinish)> line_;
};

std::string account_of(std::int32_t serial) { return fmt::format("62288800{:011}", serial); }
Money amount_of(std::int32_t serial) { return Money::of_fen(10'000 + serial % 900 * 10); }
bool is_failed(std::int32_t serial) { return serial % 1000 < failed_permille; }

/// A county's month with one batch over all of it, sent to its bank.
struct Sent {
    app::Batch batch;
    fs::path answer;  ///< the bank's return file
};

class Bench {
public:
    Bench(const fs::path& folder, std::int32_t lines) : folder_{folder}, lines_{lines} {
        must(seal::make_certificates(folder / "certs", {{"service", true}, {"bank-1"}}, now(), 30));
        verifier_ = must(seal::create_verifier(folder / "certs/ca.pem", now()));
        cluster_ =
            must(store::start_cluster({.folder = folder / "postgres", .run_as = "postgres", .programs = {}}));
        must(store::migrate(cluster_->owner_url()));
        database_ = store::create_database(cluster_->service_url(), 4);
        vault_ = store::create_file_vault(folder / "vault", seal::sha256());
    }

    void run() {
        const Sent sent = send();
        app::Tools tools{*database_,
                         *vault_,
                         seal::sha256(),
                         seal::sm3(),
                         *verifier_,
                         [&] { return must(signer("service")); },
                         std::function<std::unique_ptr<app::FieldCipher>()>{},
                         2};
        app::Exchange exchange{tools};
        const app::Identity bank = identity();
        const std::string name = sent.batch.file_id + ".ret";
        const std::string signature = sign(sent.answer);
        const auto bytes = static_cast<std::int64_t>(fs::file_size(sent.answer));
        Sql owner{cluster_->owner_url()};
        owner("checkpoint");
        ::malloc_trim(0);
        forget_peak();
        const std::int64_t before = status_bytes("VmRSS:");

        const Stopwatch posting;
        must(exchange.hold_signature(bank, name, signature));
        must(exchange.take_return(bank, name, sent.answer, now()));
        const double taken = posting.seconds();
        exchange.settle(now(),
                        [](std::string_view problem) { throw std::runtime_error{std::string{problem}}; });
        const double posted = posting.seconds();

        const std::int64_t memory = status_bytes("VmHWM:") - before;
        const std::string table = fmt::format("outcome_{}", sent.batch.part.number());
        const std::string rows = owner("select count(*) from " + table);
        if (rows != std::to_string(lines_)) throw std::runtime_error{rows + " outcomes were posted"};
        const std::string balance = owner(
            "select coalesce(sum(p.amount), 0) from entry e cross join lateral unnest(e.account, e.amount) as p "
            "(account, amount)");
        if (balance != "0") throw std::runtime_error{"the books do not balance"};

        // The same rows into the same table, empty again and with all that stands on it; their key comes behind them there too.
        const std::string copied = owner.copy_out(table);
        owner("set session_replication_role = replica");
        owner("delete from failure");
        owner("delete from " + table);
        owner("set session_replication_role = origin");
        owner("drop index " + table + "_key");
        owner("vacuum " + table);
        owner("checkpoint");
        const Stopwatch copying;
        owner.copy_in(table, copied);
        owner("create unique index on " + table + " (county, serial, attempt)");
        const double floor = copying.seconds();
        fmt::print(
            "return file of {} lines, {:.1f} MiB, {} per mille failed\n"
            "  verified and kept   {:7.2f} s\n  posted, in all      {:7.2f} s   {:.0f} lines a second\n"
            "  COPY of its rows    {:7.2f} s\n  posted / COPY       {:7.2f}\n  memory above before {:7.1f} MiB\n",
            lines_, static_cast<double>(bytes) / 1048576, failed_permille, taken, posted, lines_ / posted,
            floor, posted / floor, static_cast<double>(memory) / 1048576);
    }

private:
    Result<std::unique_ptr<app::FileSigner>> signer(const std::string& who) const {
        return seal::create_file_signer(folder_ / "certs" / (who + ".pem"),
                                        folder_ / "certs" / (who + ".key"));
    }
    app::Identity identity() const {
        app::Identity bank;
        bank.name = "bank-1";
        bank.role = app::Role::bank;
        bank.bank = BankNo{1};
        bank.fingerprint = must(seal::read_certificate(folder_ / "certs/bank-1.pem")).fingerprint;
        return bank;
    }
    std::string sign(const fs::path& file) const {
        const auto signer = must(this->signer("bank-1"));
        const auto signing = signer->begin();
        std::ifstream in{file, std::ios::binary};
        std::vector<char> piece(1 << 18);
        while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
            signing->update(bytes_of(std::string_view{piece.data(), static_cast<std::size_t>(in.gcount())}));
        return signing->finish();
    }

    template <class Deed>
    auto work(Deed deed) {
        auto work = database_->begin();
        auto result = deed(*work);
        work->commit();
        return result;
    }

    Sent send() {
        const Month period = must(Month::parse("2022-01"));
        const County county = must(County::parse("370212"));
        const Digest policy = seal::sha256().hash(bytes_of(std::string_view{"policy"}));
        app::Unit unit;
        work([&](app::Work& w) {
            const std::vector<app::Bank> banks{{BankNo{1}, std::string{bank_code}, "工商银行", "bank-1"}};
            must(w.registers().put_banks(banks));
            app::ImportRecord import;
            import.no = w.registers().begin_import();
            import.made_by = "maker";
            import.made_at = now();
            w.registers().put_import(import, {});
            w.runs().put_policy(policy, "policy");
            app::Run run;
            run.period = period;
            run.region = must(Region::parse("3702"));
            run.known_at = import.no;
            run.policy = policy;
            run.made_by = "maker";
            run.made_at = now();
            unit.run = w.runs().put_run(run);
            unit.county = county;
            unit.period = period;
            unit.part = w.runs().make_part(unit.run);
            unit.estimate = lines_;
            w.runs().put_units(std::span{&unit, 1});
            return 0;
        });
        app::Batch batch;
        work([&](app::Work& w) {
            std::vector<payment::Payment> payments;
            Money total;
            for (std::int32_t serial = 1; serial <= lines_; ++serial) {
                payment::Payment owed;
                owed.part = unit.part;
                owed.county = county;
                owed.serial = Serial{serial};
                owed.programme = Programme::dibao_rural;
                owed.benefit_month = period;
                owed.beneficiary = owed.payee = serial;
                owed.amount = amount_of(serial);
                total += owed.amount;
                payments.push_back(owed);
            }
            w.payments().put_payments(unit.part, payments);
            app::UnitResult result;
            result.run = unit.run;
            result.county = county;
            result.first_serial = Serial{1};
            result.payments = lines_;
            result.total = total;
            result.digest = policy;
            result.computed_at = now();
            w.runs().put_result(result);
            batch.county = county;
            batch.period = period;
            batch.no = BatchNo{1};
            batch.run = unit.run;
            batch.part = unit.part;
            batch.bank = BankNo{1};
            batch.programme = Programme::dibao_rural;
            batch.first_serial = Serial{1};
            batch.lines = lines_;
            batch.total = total;
            batch.file_id = payment::file_id_of(county, period, batch.no);
            write_batch(batch);
            batch.signature = "of the service";
            batch.lines_root = policy;
            w.payments().put_batches(std::span{&batch, 1});
            return 0;
        });
        work([&](app::Work& w) {
            w.runs().key_part(unit.part);
            w.exchange().put_dispatches(std::span{&batch, 1}, now());
            return 0;
        });
        return {batch, write_answer(batch)};
    }

    static std::string reference_of(const app::Batch& batch, std::int32_t serial) {
        return PaymentReference{batch.county, batch.period.number(), Serial{serial}, 1}.text();
    }

    void write_batch(app::Batch& batch) const {
        bankfile::BatchHeader header;
        header.file_id = batch.file_id;
        header.county = batch.county;
        header.bank_code = bank_code;
        header.period = batch.period;
        header.function_code = "2081902";
        header.count = batch.lines;
        header.total = batch.total;
        header.made_at = now();
        const auto sm3 = seal::sm3().stream();
        bankfile::BatchWriter writer{header, *sm3};
        const auto bundle = vault_->begin();
        const auto file = bundle->begin();
        for (std::int32_t serial = 1; serial <= lines_; ++serial) {
            const std::string reference = reference_of(batch, serial);
            const std::string account = account_of(serial);
            bankfile::BatchLine line;
            line.seq = serial;
            line.payment = reference;
            line.name = "王小明";
            line.account = account;
            line.bank_code = bank_code;
            line.amount = amount_of(serial);
            line.summary = "农村低保";
            must(writer.add(line));
            if (serial % 1024 == 0) file->append(writer.take());
        }
        must(writer.finish());
        file->append(writer.take());
        const auto kept = file->keep();
        bundle->sync();
        batch.file_digest = kept.digest;
        batch.file_bytes = kept.bytes;
    }

    fs::path write_answer(const app::Batch& batch) const {
        const fs::path path = folder_ / "answer.ret";
        bankfile::ReturnHeader header;
        header.file_id = batch.file_id;
        header.county = batch.county;
        header.bank_code = bank_code;
        header.value_day = must(Day::of(2022, 1, 6));
        header.count = batch.lines;
        header.total = batch.total;
        for (std::int32_t serial = 1; serial <= lines_; ++serial) {
            (is_failed(serial) ? header.failed_count : header.paid_count) += 1;
            (is_failed(serial) ? header.failed_total : header.paid_total) += amount_of(serial);
        }
        header.made_at = now();
        const auto sm3 = seal::sm3().stream();
        bankfile::ReturnWriter writer{header, *sm3};
        std::ofstream out{path, std::ios::binary};
        for (std::int32_t serial = 1; serial <= lines_; ++serial) {
            const std::string reference = reference_of(batch, serial);
            const std::string account = account_of(serial);
            const std::string bank_reference = fmt::format("20220106{:08}", serial);
            bankfile::ReturnLine line;
            line.seq = serial;
            line.payment = reference;
            line.account = account;
            line.amount = amount_of(serial);
            line.status = is_failed(serial) ? bankfile::ReturnStatus::failed : bankfile::ReturnStatus::paid;
            line.code = is_failed(serial) ? "AC04" : "OK00";
            line.text = is_failed(serial) ? "已销户" : "成功";
            line.bank_day = header.value_day;
            line.bank_reference = bank_reference;
            must(writer.add(line));
            if (serial % 1024 == 0) out << writer.take();
        }
        must(writer.finish());
        out << writer.take();
        out.close();
        if (!out) throw std::runtime_error{"the return file could not be written"};
        return path;
    }

    fs::path folder_;
    std::int32_t lines_;
    std::unique_ptr<app::SignatureVerifier> verifier_;
    std::unique_ptr<store::Cluster> cluster_;
    std::unique_ptr<app::Database> database_;
    std::unique_ptr<app::FileVault> vault_;
};

}  // namespace

}  // namespace onecard::loadtest

int main(int argc, char** argv) {
    try {
        if (argc != 3) throw std::runtime_error{"usage: returns_bench FOLDER LINES"};
        const std::filesystem::path folder = std::filesystem::absolute(argv[1]);
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        onecard::loadtest::Bench{folder, std::stoi(argv[2])}.run();
        std::filesystem::remove_all(folder);
        return 0;
    } catch (const std::exception& problem) {
        fmt::print(stderr, "returns_bench: {}\n", problem.what());
        return 1;
    }
}
