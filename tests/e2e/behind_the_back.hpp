#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

#include "onecard/app/books.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"
#include "support/installation.hpp"

/// A month with a re-issue, and what an auditor took away of it; then the service rests, and the owner of the database, who
/// may do anything, alters it behind everybody's back: each time in a copy of its own.
namespace onecard::test {

using ::testing::HasSubstr;
using namespace std::string_view_literals;

inline Moment now() {
    return Moment::of_unix_seconds(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
}

class BehindTheBack : public WithInstallation<BehindTheBack> {
public:
    static void prepare(Installation& here) {
        here.start();
        here.done({"import", here.register_folder().string()});
        here.done({"funds", "allot", "--county", "370212", "--document", "QMZ-1", "--year", "2021",
                   "--central", "20000", "--province", "30000", "--prefecture", "10000", "--own", "840000"});
        here.done({"funds", "receive", "--county", "370212", "--document", "QMZ-1", "--central", "20000",
                   "--province", "30000", "--prefecture", "10000", "--own", "840000"});
        pay(here, "regular", "2021-12");
        const json::array failures = rows(here.ask({"failures"}), "failures");
        std::string corrections =
            "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n";
        std::set<std::int64_t> corrected;
        for (const auto& row : failures)
            if (const json::object& failure = row.as_object();
                number(failure, "payee_kind") == 1 && corrected.insert(number(failure, "payee")).second)
                corrections +=
                    fmt::format("370212,person,{},313999000002,card,6229990000000000027,王小明,2021-12,\n",
                                number(failure, "payee"));
        write_text(here.folder() / "correction/accounts.csv", corrections);
        here.done({"import", (here.folder() / "correction").string()});
        pay(here, "re-issue", "2022-01");
        // One that comes to nothing, and one that is owed and not sent.
        const std::string dropped = here.create_run("regular", "2022-01");
        here.done({"run", "compute", dropped});
        here.done({"run", "cancel", dropped});
        const std::string owed = here.create_run("regular", "2022-01");
        here.done({"run", "compute", owed});
        here.done({"run", "approve", owed, "--as", "maker"});
        here.accept_outliers(owed);
        here.done({"run", "approve", owed, "--as", "checker"});
        here.done({"ledger", "checkpoint"});
        here.done({"funds", "receive", "--county", "370212", "--document", "QMZ-2", "--own", "100000"});
        here.done({"ledger", "checkpoint"});
        take_away(here, failures.at(0).as_object());
        here.done({"ledger", "checkpoint"});
        here.stop();
        auto cluster = store::start_cluster(
            {.folder = here.service_folder() / "postgres", .run_as = "postgres", .programs = {}});
        if (!cluster) throw std::runtime_error{cluster.error().message()};
        cluster_ = *std::move(cluster);
    }
    static void TearDownTestSuite() {
        cluster_.reset();
        WithInstallation::TearDownTestSuite();
    }
    // The service rests: copies of its database can only be made while nobody is connected to it.
    void SetUp() override { ASSERT_TRUE(cluster_) << "there is no database to alter"; }

protected:
    /// What an auditor carries off while the service runs.
    static void take_away(Installation& here, const json::object& failure) {
        const std::string reference = word(failure, "reference");
        here.done({"audit", "packet", reference, "--out", (here.folder() / "packet").string()});
        here.done({"audit", "packet", reference, "--files", "--out", (here.folder() / "whole").string()});
        here.done({"audit", "journal", "--out", (here.folder() / "journal").string()});
        here.done({"audit", "journal", "--form", "csv", "--out", (here.folder() / "journal.csv").string()});
        here.done({"audit", "journal", "--form", "beancount", "--out",
                   (here.folder() / "journal.beancount").string()});
        balance_ = here.trial_balance();
        by_fund_ = rows(here.ask({"ledger", "trial-balance", "--by", "source,year"}), "accounts");
        unmasked_ = here.ask(
            {"audit", "unmask", "370212", std::to_string(number(failure, "payee")), "--reason", "核对 账户"});
        for (const auto& question : rows(here.ask({"audit", "ask"}), "questions")) {
            const std::string name = word(question.as_object(), "name");
            Words words{"audit", "ask", name};
            if (name == "person_year")
                words.insert(words.end(), {"year=" + word(failure, "value_day").substr(0, 4),
                                           "person=" + std::to_string(number(failure, "payee"))});
            if (name == "money_held") words.emplace_back("days=0");
            answers_[name] = here.ask(words);
            for (const char* form : {"csv", "ndjson", "xlsx"}) {
                Words whole = words;
                whole.insert(whole.end(),
                             {"--form", form, "--out", (here.folder() / (name + "." + form)).string()});
                here.done(whole);
            }
        }
        inclusion_ = object_of(here.done({"audit", "inclusion", "3"}));
        Sql owner{here.owner_url()};
        const std::string first = owner.cell("select min(size) from checkpoint");
        consistency_ = object_of(here.done({"audit", "consistency", first}));
        period_ = here.ask({"period", "2021-12"});
        asked_ = rows(here.ask({"audit", "ask", "asked"}), "rows");
    }
    static inline json::array balance_, asked_, by_fund_;
    static inline json::object inclusion_, consistency_, period_, unmasked_;
    static inline std::map<std::string, json::object> answers_;

    static void pay(Installation& here, const std::string& kind, const std::string& period) {
        const std::string run = here.create_run(kind, period);
        here.done({"run", "compute", run});
        here.sign_and_release(run);
        for (int bank = 1; bank <= 3; ++bank)
            here.done(here.bank_words(bank, {"--fail-permille", "60", "--wait-posted"}));
    }

    static std::string url(const std::string& role, const std::string& database) {
        return cluster_->url(role, database);
    }

    /// A copy of the database that the owner may alter, and where it can be taken back: every table is kept beside itself.
    class Copy {
    public:
        Copy() : name_{fmt::format("copy_{}", ++made_)} {
            Sql{url("onecard_owner", "postgres")}(fmt::format("create database {} template onecard", name_));
            owner_ = std::make_unique<Sql>(url("onecard_owner", name_));
            // The owner's hand is heavy: no foreign key and no trigger stops it.
            (*owner_)("set session_replication_role = replica");
            (*owner_)("create schema kept");
            for (const auto& row :
                 (*owner_)("select relname from pg_class where relnamespace = 'public'::regnamespace "
                           "and relkind in ('r', 'p') and not relispartition"))
                (*owner_)(fmt::format("create table kept.{0} as table public.{0}", row[0]));
        }
        ~Copy() {
            owner_.reset();
            Sql{url("onecard_owner", "postgres")}(fmt::format("drop database {} with (force)", name_));
        }
        Copy(const Copy&) = delete;
        Copy& operator=(const Copy&) = delete;

        std::string first_finding(const std::vector<std::string>& deed) {
            for (const std::string& statement : deed) (*owner_)(statement);
            const app::Verdict verdict = check(name_);
            for (const std::string& statement : deed) take_back(statement);
            return verdict.fits() ? "(nothing)" : verdict.findings.front();
        }

    private:
        void take_back(const std::string& statement) {
            for (const auto& row :
                 (*owner_)("select relname from pg_class where relnamespace = 'kept'::regnamespace")) {
                const bool is_touched = std::ranges::any_of(
                    std::array{"update ", "delete from ", "insert into "}, [&](const std::string& verb) {
                        const std::size_t at = statement.find(verb + row[0]);
                        return at != statement.npos &&
                               " \n"sv.contains((statement + " ")[at + verb.size() + row[0].size()]);
                    });
                if (!is_touched) continue;
                const std::string columns = owner_->cell(fmt::format(
                    "select string_agg(attname, ', ' order by attnum) from pg_attribute where attrelid = 'public.{}'::regclass "
                    "and attnum > 0 and attgenerated = ''",
                    row[0]));
                (*owner_)("delete from public." + row[0]);
                (*owner_)(fmt::format(
                    "insert into public.{0} ({1}) overriding system value select {1} from kept.{0}", row[0],
                    columns));
            }
        }
        std::string name_;
        std::unique_ptr<Sql> owner_;
        static inline int made_ = 0;
    };

    static app::Verdict check(const std::string& database) {
        const auto verifier = seal::create_verifier(here().certs() / "ca.pem", now());
        const auto vault = store::create_file_vault(here().service_folder() / "vault", seal::sha256());
        const auto key = audit::parse_verifier_key(
            seal::sha256(), lines_of(text_in(here().service_folder() / "ledger.pub")).at(0));
        const auto opened = store::create_database(url("onecard_auditor", database), 1);
        return app::verify_ledger(*opened, *vault, **verifier, seal::sha256(), seal::sha256(),
                                  seal::verify_ed25519, key.value().public_key, key.value().name,
                                  [](std::string_view) {});
    }
    /// With the bytes of a file in the vault exchanged meanwhile.
    static std::string first_finding_with(const fs::path& file, const std::string& bytes) {
        const std::string before = text_in(file);
        fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
        write_text(file, bytes);
        const app::Verdict verdict = check("onecard");
        write_text(file, before);
        return verdict.fits() ? "(nothing)" : verdict.findings.front();
    }
    static fs::path kept(const std::string& query) {
        Sql owner{url("onecard_owner", "onecard")};
        const auto vault = store::create_file_vault(here().service_folder() / "vault", seal::sha256());
        return vault->find(Digest::parse_hex(owner.cell(query)).value()).value();
    }

    static inline std::unique_ptr<store::Cluster> cluster_;
};

}  // namespace onecard::test
