#include <gmock/gmock.h>

#include <algorithm>
#include <array>

#include "onecard/app/books.hpp"
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
        here.done({"run", "approve", owed, "--as", "checker"});
        here.done({"ledger", "checkpoint"});
        here.done({"funds", "receive", "--county", "370212", "--document", "QMZ-2", "--own", "100000"});
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

}  // namespace
}  // namespace onecard::test
