#include <gmock/gmock.h>

#include <algorithm>
#include <array>

#include "onecard/app/books.hpp"
#include "onecard/app/packet.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"
#include "support/installation.hpp"

/// The owner of the database, who may do anything, alters it behind everybody's back. Each time in a copy of its own,
/// and each time the check has to name what was touched before anything else.
namespace onecard::test {
namespace {

using ::testing::HasSubstr;
using namespace std::string_view_literals;

Moment now() {
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
                   "--central", "900000"});
        here.done({"funds", "receive", "--county", "370212", "--document", "QMZ-1", "--central", "900000"});
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
        balance_ = here.trial_balance();
        for (const auto& question : rows(here.ask({"audit", "ask"}), "questions")) {
            const std::string name = word(question.as_object(), "name");
            Words words{"audit", "ask", name};
            if (name == "person_year")
                words.insert(words.end(), {"year=" + word(failure, "value_day").substr(0, 4),
                                           "person=" + std::to_string(number(failure, "payee"))});
            if (name == "money_held") words.emplace_back("days=0");
            answers_[name] = here.ask(words);
        }
        inclusion_ = object_of(here.done({"audit", "inclusion", "3"}));
        Sql owner{here.owner_url()};
        const std::string first = owner.cell("select min(size) from checkpoint");
        consistency_ = object_of(here.done({"audit", "consistency", first}));
        period_ = here.ask({"period", "2021-12"});
        asked_ = rows(here.ask({"audit", "ask", "asked"}), "rows");
    }
    static inline json::array balance_, asked_;
    static inline json::object inclusion_, consistency_, period_;
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
        return app::verify_ledger(*opened, *vault, **verifier, seal::sha256(), seal::verify_ed25519,
                                  key.value().public_key, key.value().name, [](std::string_view) {});
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

TEST_F(BehindTheBack, NothingIsFoundWhereNothingWasDone) {
    const app::Verdict verdict = check("onecard");
    EXPECT_TRUE(verdict.fits()) << verdict.findings.front();
    EXPECT_GT(verdict.payments, 500);
    EXPECT_GT(verdict.outcomes, 200);
    EXPECT_EQ(verdict.not_yet_logged, 0);
}

struct Deed {
    const char* what;
    std::vector<std::string> statements;
    const char* named;  ///< what the first finding must say
};

TEST_F(BehindTheBack, EveryAlterationOfARowIsFoundAndNamedFirst) {
    const std::vector<Deed> deeds{
        // The money.
        {"a payment's amount",
         {"update payment set amount = amount + 1 where serial = 7 and benefit_month = 202112"},
         "batch 370212/202112/"},
        {"a payment's payee",
         {"update payment set payee = payee + 1 where serial = 7 and benefit_month = 202112"},
         "batch 370212/202112/"},
        {"a payment deleted",
         {"delete from payment where serial = 9 and benefit_month = 202112"},
         "batch 370212/202112/"},
        {"two payments swapped",
         {"update payment set amount = case serial when 7 then (select amount from payment where serial = 8 and "
          "benefit_month = 202112) else (select amount from payment where serial = 7 and benefit_month = 202112) end, "
          "payee = case serial when 7 then (select payee from payment where serial = 8 and benefit_month = 202112) "
          "else (select payee from payment where serial = 7 and benefit_month = 202112) end "
          "where serial in (7, 8) and benefit_month = 202112"},
         "batch 370212/202112/"},
        {"a payment added for a county of no batch",
         {"insert into payment select part, 370213, serial, programme, component, kind, benefit_month, beneficiary, "
          "payee_kind, payee, amount from payment where serial = 1 and benefit_month = 202112"},
         "payment 370213/1"},
        {"an outcome turned",
         {"update outcome set kind = 1, reason = 0 where kind = 2 and attempt = 1 and serial = (select min(serial) "
          "from outcome where kind = 2 and attempt = 1)"},
         "outcomes of"},
        {"an outcome deleted", {"delete from outcome where serial = 11 and attempt = 1"}, "outcomes of"},
        {"two lines of a return swapped",
         {"update outcome o set line = s.line from outcome s where o.return_no = s.return_no and o.kind = 1 and "
          "s.kind = 1 and (o.line, s.line) in ((2, 3), (3, 2)) and o.return_no = (select min(return_no) from outcome)"},
         "outcomes of paid return"},
        {"another value day",
         {"update outcome set value_day = value_day + 1 where serial = 12 and attempt = 1"},
         "outcomes of"},
        {"a failure hidden",
         {"delete from failure where serial = (select min(serial) from failure)"},
         "is not among the failures"},
        {"a failure with another payee",
         {"update failure set payee = payee + 1 where serial = (select min(serial) from failure)"},
         "its failure names another payee"},
        {"a re-issued line over more",
         {"update reissue_line set amount = amount + 1 where line = 1"},
         "its re-issued lines were altered"},
        {"a re-issue without a plan",
         {"update reissue set line = line + 1000"},
         "its unit was released, but the attempt is not on record"},
        // The books.
        {"an entry's amounts",
         {"update entry set amount = array[amount[1] + 1, amount[2] - 1] where kind = 2 and entry_no = (select min(entry_no) from entry where kind = 2)"},
         "entry 370212/"},
        {"an entry's accounts",
         {"update entry set account = array[5001, 2111] where kind = 2"},
         "entry 370212/"},
        {"when an entry became known",
         {"update entry set known_at = known_at - interval '1 day' where kind = 1"},
         "entry 370212/"},
        {"an entry's day", {"update entry set value_day = value_day - 1 where kind = 5"}, "entry 370212/"},
        {"an entry deleted",
         {"delete from entry where kind = 3 and entry_no = (select min(entry_no) from entry where kind = 3)"},
         "names a record that is gone"},
        {"an entry deleted with its place in the log",
         {"with gone as (delete from entry where kind = 3 and entry_no = (select min(entry_no) from entry where kind = 3) "
          "returning county, entry_no) delete from log_leaf l using gone g where l.county = g.county and l.entry_no = g.entry_no"},
         "is missing"},
        {"an entry added and logged at the end",
         {"insert into entry (county, kind, cause, value_day, known_at, programme, bank, period, account, source, "
          "amount, lines, line_total, lines_root, digest) select county, kind, 'document FORGED', value_day, known_at, "
          "programme, bank, period, account, source, amount, lines, line_total, lines_root, digest from entry where "
          "kind = 1 limit 1"},
         "(document FORGED)"},
        // What people did.
        {"an act's words",
         {"update act set text = replace(text, 'accepted', 'refused') where kind = 'receipt'"},
         "(receipt): its digest"},
        {"an act's moment",
         {"update act set at = at + interval '1 hour' where kind = 'approval'"},
         "(approval): its digest"},
        {"an act deleted with its place",
         {"delete from log_leaf where act_no = 3", "delete from act where act_no = 3"},
         "is missing"},
        {"who approved",
         {"update unit_step set officer = 'somebody' where step = 2"},
         "step 2: no act in the log"},
        {"an approval's signature",
         {"update unit_step set signature = set_byte(signature, 200, get_byte(signature, 200) # 1) where step = 1"},
         "step 1: no act in the log"},
        {"an approval taken from another step, the log of it with it",
         {"update unit_step s set signature = o.signature from unit_step o where o.run_no = s.run_no and o.county = "
          "s.county and s.step = 1 and o.step = 2"},
         "step 1: no act in the log"},
        {"when a unit was released",
         {"update unit_fate set at = at + interval '1 day' where fate = 'released'"},
         "it counts as released at another moment"},
        {"a cancelled unit made live",
         {"delete from unit_fate where fate = 'cancelled'"},
         "(cancelled): the record that it tells of is gone"},
        {"a unit's total",
         {"update unit_result set total = total + 1 where run_no = 1"},
         "run 1/370212: its numbers and batches"},
        {"why somebody got nothing",
         {"update refusal set reason = 'no' where refusal_no = 1 and run_no = 1"},
         "run 1/370212: no act in the log"},
        {"the facts a run used",
         {"update run set import_no = 2 where run_no = 1"},
         "run 1: no act in the log"},
        {"the law", {"update policy_text set text = text || ' '"}, "policy "},
        // The register.
        {"an income",
         {"update income set monthly = 0 where import_no = 1 and monthly > 0"},
         "import 1: its rows of table income"},
        {"an account",
         {"update account set account = set_byte(account, 17, get_byte(account, 17) # 1) where import_no = 2"},
         "import 2: its rows of table account"},
        {"a person struck out",
         {"delete from person where person_no = (select min(person_no) from person)"},
         "import 1: its rows of table person"},
        {"who imported",
         {"update import set made_by = 'somebody' where import_no = 1"},
         "import 1: no act in the log"},
        // The banks.
        {"what a checker looked at",
         {"update outlier set payments = payments + 1 where outlier_no = 2"},
         "digest"},
        {"that nobody looked", {"delete from outlier_acceptance where outlier_no = 2"}, "outlier"},
        {"what a document allots", {"update allotment set central = central + 1"}, "allotment 370212 QMZ-1"},
        {"what money is for", {"update allotment set purpose = 4"}, "allotment 370212 QMZ-1"},
        {"a document gone", {"delete from allotment"}, "act "},
        {"whose certificate a bank has",
         {"update bank set identity = 'bank-x' where bank = 1"},
         "bank 1: no act in the log"},
        {"a batch's total",
         {"update batch set total = total + 1 where batch_no = 1 and period = 202112"},
         "batch 370212/202112/1"},
        {"a batch's file",
         {"update batch set file_digest = sha256('x') where batch_no = 1 and period = 202112"},
         "run 1/370212: its numbers"},
        {"a batch's signature",
         {"update batch set signature = set_byte(signature, 200, get_byte(signature, 200) # 1) where batch_no = 1 and period = 202112"},
         "file YKT3702122021120001"},
        {"a batch with another bank",
         {"update dispatch set seq = seq + 1 where bank = 1 and seq = (select max(seq) from dispatch where bank = 1)"},
         "dispatch 1/"},
        {"when a bank fetched its file",
         {"update download set at = at - interval '1 day' where fetch_no = 1"},
         "download of YKT"},
        {"a receipt turned",
         {"update receipt set accepted = false, reason = 'no' where batch_no = 1 and period = 202112"},
         "receipt of YKT3702122021120001"},
        {"a receipt's signature",
         {"update receipt set cms = set_byte(cms, 200, get_byte(cms, 200) # 1) where batch_no = 1 and period = 202112"},
         "receipt of YKT3702122021120001"},
        {"a return file's name",
         {"update return_file set name = 'YKT3702122021120009.ret' where return_no = 1"},
         "return file YKT3702122021120009.ret"},
        {"how many a return paid",
         {"update return_result set paid = paid + 1 where return_no = 1"},
         "return result of YKT"},
        {"what a return paid",
         {"update return_result set paid_total = paid_total + 1 where return_no = 1"},
         "return result of YKT"},
        // The log and its checkpoints.
        {"two places of the log swapped",
         {"create temporary table kept as table log_leaf", "delete from log_leaf",
          "insert into log_leaf select case position when 1 then 2 when 2 then 1 else position end, county, entry_no, act_no, digest from kept"},
         "its root is not that of the log"},
        {"a digest in the log",
         {"update log_leaf set digest = sha256('x') where position = 4"},
         "position 4 does not hold the digest"},
        {"the end of the log cut off",
         {"delete from log_leaf where position >= (select max(size) from checkpoint) - 1"},
         "the log is shorter"},
        {"the newest checkpoint removed",
         {"delete from checkpoint where size = (select max(size) from checkpoint)"},
         "it holds more than the newest checkpoint"},
        {"a checkpoint's root",
         {"update checkpoint set root = sha256('x') where size = (select min(size) from checkpoint)"},
         "the signed note says something else"},
        {"a checkpoint's signature",
         {"update checkpoint set note = overlay(note placing 'AAAAAAAA' from length(note) - 20 for 8)"},
         "it is not signed by the ledger's key"},
    };
    ASSERT_GE(deeds.size(), 20U);
    Copy copy;
    for (const Deed& deed : deeds) {
        SCOPED_TRACE(deed.what);
        try {
            EXPECT_THAT(copy.first_finding(deed.statements), HasSubstr(deed.named));
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
    }
    EXPECT_EQ(copy.first_finding({}), "(nothing)");
}

TEST_F(BehindTheBack, EveryBitOfAFileCounts) {
    const fs::path batch =
        kept("select encode(file_digest, 'hex') from batch where batch_no = 1 and period = 202112");
    std::string bytes = text_in(batch);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    EXPECT_THAT(first_finding_with(batch, bytes),
                HasSubstr("file YKT3702122021120001: its bytes were altered"));

    const fs::path answer = kept("select encode(digest, 'hex') from return_file where return_no = 1");
    EXPECT_THAT(first_finding_with(answer, text_in(answer) + " "), HasSubstr("return file YKT"));
}

/// The strongest hand: it alters an entry, makes its digest and its place in the log anew and signs a checkpoint of its
/// own over it. The one thing it lacks is the ledger's key.
TEST_F(BehindTheBack, AForgedCheckpointIsKnownByItsKey) {
    const fs::path other_key = here().folder() / "other.pem";
    auto forger = seal::create_note_signer(other_key, "onecard.example/ledger");
    ASSERT_TRUE(forger);
    Sql owner{url("onecard_owner", "onecard")};
    std::vector<Digest> digests;
    for (const auto& row : owner("select encode(digest, 'hex') from log_leaf order by position"))
        digests.push_back(Digest::parse_hex(row[0]).value());
    owner = Sql{url("onecard_owner", "postgres")};
    audit::Checkpoint forged{"onecard.example/ledger", digests.size(),
                             audit::root_of(seal::sha256(), digests)};
    audit::SignedNote note{forged.text(), {}};
    note.signatures.push_back(
        {"onecard.example/ledger",
         audit::ed25519_key_id(seal::sha256(), "onecard.example/ledger", (*forger)->public_key()),
         (*forger)->sign(note.text)});
    Copy copy;
    EXPECT_THAT(copy.first_finding({fmt::format(
                    "update checkpoint set note = '{}' where size = (select max(size) from checkpoint)",
                    note.to_string())}),
                HasSubstr("it is not signed by the ledger's key"));
}

app::PacketVerdict check_packet(const Installation& here, const std::string& bytes) {
    const auto names = app::names_in_packet(bytes);
    if (!names) return {{names.error().message()}, {}, {}};
    const auto verifier = seal::create_verifier(here.certs() / "ca.pem", names->made_at);
    return app::verify_packet(bytes, seal::sha256(), seal::sm3(), **verifier, seal::verify_ed25519,
                              {lines_of(text_in(here.service_folder() / "ledger.pub")).at(0)});
}

/// The service, its database and its vault are not asked.
TEST_F(BehindTheBack, APacketProvesAPaymentFromItsFirstAttemptToItsLast) {
    const auto verdict =
        object_of(here().done({"--json", "audit", "verify", (here().folder() / "packet").string(), "--key",
                               (here().service_folder() / "ledger.pub").string(), "--authorities",
                               (here().certs() / "ca.pem").string()}));
    EXPECT_TRUE(verdict.at("fits").as_bool()) << json::serialize(verdict);
    const std::string shown = json::serialize(verdict.at("shown"));
    for (const char* proved :
         {"attempt 1: proposed by maker", "attempt 1: checked by checker", "attempt 2: released by releaser",
          "attempt 1: YKT3702122021120", "says failed", "says paid", "signed by bank-"})
        EXPECT_THAT(shown, HasSubstr(proved));
    const auto whole = check_packet(here(), text_in(here().folder() / "whole"));
    EXPECT_TRUE(whole.fits()) << whole.findings.front();
    EXPECT_TRUE(whole.notes.empty()) << whole.notes.front();
}

TEST_F(BehindTheBack, OneFlippedBitAnywhereInAPacketIsFound) {
    const std::string packet = text_in(here().folder() / "packet");
    ASSERT_TRUE(check_packet(here(), packet).fits());
    const std::size_t step = std::max<std::size_t>(1, packet.size() / 300);
    for (std::size_t at = 0; at < packet.size(); at += step) {
        std::string altered = packet;
        altered[at] = static_cast<char>(altered[at] ^ 1);
        EXPECT_FALSE(check_packet(here(), altered).fits()) << "byte " << at;
    }
    EXPECT_FALSE(check_packet(here(), packet.substr(0, packet.size() - 1)).fits());
}

/// RFC 6962 once more, from its own words: section 2.1 (MTH), 2.1.1 (PATH), 2.1.2 (PROOF).
namespace rfc6962 {

using Hash = std::string;
Hash sha256(const std::string& bytes) {
    const Digest digest = seal::sha256().hash(bytes_of(bytes));
    return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}
Hash from_hex(std::string_view hex) {
    Hash bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
    return bytes;
}
Hash leaf(const std::string& bytes) { return sha256(std::string(1, '\0') + bytes); }
Hash node(const Hash& left, const Hash& right) { return sha256("\x01" + left + right); }
/// The largest power of two smaller than n.
std::size_t k_of(std::size_t n) {
    std::size_t k = 1;
    while (2 * k < n) k *= 2;
    return k;
}
Hash root_by_path(const Hash& d, std::size_t m, std::size_t n, std::span<const Hash> path) {
    if (n == 1) return path.empty() ? d : "too long";
    if (path.empty()) return "too short";
    const std::size_t k = k_of(n);
    const auto rest = path.first(path.size() - 1);
    return m < k ? node(root_by_path(d, m, k, rest), path.back())
                 : node(path.back(), root_by_path(d, m - k, n - k, rest));
}
/// Old and new root of the subtree that SUBPROOF(m, D[n], b) is about.
std::pair<Hash, Hash> roots_by_subproof(std::size_t m, std::size_t n, bool b, const Hash& old,
                                        std::span<const Hash> proof) {
    if (m == n) return b ? std::pair{old, old} : std::pair{proof.back(), proof.back()};
    const std::size_t k = k_of(n);
    const Hash other = proof.back();
    const auto rest = proof.first(proof.size() - 1);
    if (m <= k) {
        const auto [left_old, left_new] = roots_by_subproof(m, k, b, old, rest);
        return {left_old, node(left_new, other)};
    }
    const auto [right_old, right_new] = roots_by_subproof(m - k, n - k, false, old, rest);
    return {node(other, right_old), node(other, right_new)};
}

}  // namespace rfc6962

std::vector<rfc6962::Hash> nodes_of(const json::object& answer) {
    std::vector<rfc6962::Hash> nodes;
    for (const auto& row : rows(answer, "proof"))
        nodes.push_back(rfc6962::from_hex(word(row.as_object(), "node")));
    return nodes;
}

TEST_F(BehindTheBack, ProofsVerifyInAnotherProgram) {
    using namespace rfc6962;
    const auto path = nodes_of(inclusion_);
    EXPECT_EQ(root_by_path(from_hex(word(inclusion_, "leaf")), 3,
                           static_cast<std::size_t>(number(inclusion_, "size")), path),
              from_hex(word(inclusion_, "root")));
    const auto proof = nodes_of(consistency_);
    const auto from = static_cast<std::size_t>(number(consistency_, "from"));
    const auto to = static_cast<std::size_t>(number(consistency_, "to"));
    ASSERT_LT(from, to);
    const Hash old_root = from_hex(word(consistency_, "from_root"));
    const auto [older, newer] = roots_by_subproof(from, to, true, old_root, proof);
    EXPECT_EQ(older, old_root);
    EXPECT_EQ(newer, from_hex(word(consistency_, "to_root")));

    // Every record of the packet, read as schemas/packet.md says.
    const std::string packet = text_in(here().folder() / "packet");
    std::size_t size = 0, proved = 0;
    Hash root;
    const std::size_t note = packet.find("== checkpoint ");
    const auto lines = lines_of(packet.substr(packet.find('\n', note) + 1, 500));
    size = std::stoull(lines.at(1));
    root = audit::parse_base64(lines.at(2)).value();
    for (std::size_t at = 0;
         (at = std::min(packet.find("\n== entry ", at), packet.find("\n== act ", at))) != packet.npos; ++at) {
        const auto record = lines_of(packet.substr(packet.find('\n', at + 1) + 1, 8000));
        const auto value = [&](std::size_t line, std::string_view key) {
            EXPECT_TRUE(record.at(line).starts_with(key)) << record.at(line);
            return record.at(line).substr(key.size());
        };
        std::vector<Hash> nodes;
        for (const std::string& hex : fields_of(value(3, "proof "), ' ')) nodes.push_back(from_hex(hex));
        EXPECT_EQ(std::stoull(value(2, "size ")), size);
        EXPECT_EQ(root_by_path(leaf(value(0, "text ")), std::stoull(value(1, "index ")), size, nodes), root);
        ++proved;
    }
    EXPECT_GT(proved, 12U);
}

TEST_F(BehindTheBack, HledgerReadsTheJournalAndFindsOurBalances) {
    const std::string journal = (here().folder() / "journal").string();
    const Ran checked = here().run({"hledger", "-f", journal, "check", "--strict", "ordereddates"});
    EXPECT_EQ(checked.code, 0) << checked.all();
    const Ran balances = here().run(
        {"hledger", "-f", journal, "balance", "--depth", "1", "--no-total", "--empty", "-O", "csv"});
    ASSERT_EQ(balances.code, 0) << balances.all();
    std::map<std::string, std::string> theirs;
    for (const std::string& line : lines_of(balances.out))
        if (const auto fields = fields_of(replaced(line, "\"", ""), ','); fields.at(0) != "account")
            theirs[fields.at(0).substr(0, 4)] = fields.back();
    ASSERT_EQ(theirs.size(), balance_.size()) << balances.out;
    for (const auto& each : balance_) {
        const json::object& row = each.as_object();
        const Money net = Money::of_fen(number(row, "debit_fen") - number(row, "credit_fen"));
        EXPECT_EQ(theirs[std::to_string(number(row, "account"))], net.is_zero() ? "0" : "CNY " + net.yuan());
    }
    EXPECT_THAT(text_in(journal), HasSubstr("\n; onecard.example/ledger\n"));
    const std::string csv = text_in(here().folder() / "journal.csv");
    EXPECT_TRUE(
        csv.starts_with("\xef\xbb\xbf"
                        "county,entry,"));
    EXPECT_THAT(csv, HasSubstr("# sha256 of every byte before this line: "));
}

TEST_F(BehindTheBack, EveryQuestionIsAnsweredAndAgreesWithTheBooks) {
    const auto sum = [&](const std::string& question, std::string_view column) {
        std::int64_t total = 0;
        for (const auto& row : rows(answers_.at(question), "rows")) total += number(row.as_object(), column);
        return total;
    };
    EXPECT_EQ(sum("monthly_summary", "total_fen"), number(period_, "owed_fen"));
    EXPECT_EQ(sum("roster", "amount_fen"), number(period_, "owed_fen"));
    EXPECT_EQ(sum("balances", "balance_total_fen"), 0);
    EXPECT_EQ(rows(answers_.at("paid_after_death"), "rows").size(), 0U);
    EXPECT_EQ(rows(answers_.at("exclusive_programmes"), "rows").size(), 0U);
    // All corrected accounts are the same one: many persons, one card.
    EXPECT_GT(rows(answers_.at("one_account_many"), "rows").size(), 2U);
    EXPECT_GT(rows(answers_.at("reissue_chains"), "rows").size(), 2U);
    EXPECT_GT(rows(answers_.at("by_village_and_approver"), "rows").size(), 2U);
    EXPECT_GT(rows(answers_.at("person_year"), "rows").size(), 0U);
    std::int64_t central = 0;
    for (const auto& each : rows(answers_.at("sources_and_uses"), "rows"))
        if (const json::object& row = each.as_object(); number(row, "account") == 4001)
            central += number(row, "amount_fen");
    EXPECT_EQ(central, -90'000'000);
}

TEST_F(BehindTheBack, EveryThingThatAnAuditorAskedIsOnRecord) {
    std::set<std::string> asked;
    for (const auto& row : asked_) asked.insert(word(row.as_object(), "asked"));
    EXPECT_TRUE(asked.contains("/v1/ledger/journal?form=csv"));
    EXPECT_TRUE(asked.contains("/v1/ledger/questions/money_held?days=0"));
    EXPECT_TRUE(std::ranges::any_of(
        asked, [](const std::string& what) { return what.ends_with("/packet?files=true"); }));
}

}  // namespace
}  // namespace onecard::test
