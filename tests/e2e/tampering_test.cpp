#include "behind_the_back.hpp"
#include "onecard/audit/merkle.hpp"

/// Each alteration has to be found, and what was touched to be named before anything else.
namespace onecard::test {
namespace {

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
        {"a part said to be keyed",
         {"insert into outcome_keyed (part, keyed_at) values (12199999, now())"},
         "its outcomes are said to be keyed, but have no key"},
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
         {"update entry set amount[1] = amount[1] + 1, amount[2] = amount[2] - 1 where kind = 2 and entry_no = (select min(entry_no) from entry where kind = 2)"},
         "entry 370212/"},
        {"an entry's accounts", {"update entry set account[2] = 2111 where kind = 2"}, "entry 370212/"},
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
          "fund_year, purpose, amount, lines, line_total, lines_root, digest) select county, kind, 'document FORGED', value_day, known_at, "
          "programme, bank, period, account, source, fund_year, purpose, amount, lines, line_total, lines_root, digest from entry where "
          "kind = 1 limit 1"},
         "(document FORGED)"},
        {"whose money an entry moves", {"update entry set source[1] = 4 where kind = 5"}, "entry 370212/"},
        {"of which year money is",
         {"update entry set fund_year[1] = 2020, fund_year[2] = 2020 where kind = 3"},
         "entry 370212/"},
        {"what money was for", {"update entry set purpose[1] = 2 where kind = 1"}, "entry 370212/"},
        {"a total that balances are read from",
         {"update entry_total set debit = debit + 1 where ctid = (select min(ctid) from entry_total where debit > 0)"},
         "account "},
        {"a total deleted", {"delete from entry_total where account = 5001"}, "account 5001 of 370212"},
        {"a total of another day",
         {"update entry_total set value_day = value_day + 1 where account = 2102"},
         "account 2102 of 370212"},
        // What people did.
        {"who saw a person's numbers", {"update unmasking set officer = 'somebody'"}, "unmasking 1: no act"},
        {"why", {"update unmasking set reason = reason || '!'"}, "unmasking 1: no act"},
        {"that somebody saw them",
         {"delete from unmasking"},
         "(unmasked): the record that it tells of is gone"},
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
         {"update receipt_note set cms = set_byte(cms, 200, get_byte(cms, 200) # 1) where digest = (select note from receipt where batch_no = 1 and period = 202112)"},
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
