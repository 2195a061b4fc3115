#include "behind_the_back.hpp"
#include "onecard/app/packet.hpp"
#include "onecard/audit/merkle.hpp"

/// What auditors take away, read by programs that are not ours.
namespace onecard::test {
namespace {

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
    EXPECT_EQ(central, -2'000'000);
}

TEST_F(BehindTheBack, EveryThingThatAnAuditorAskedIsOnRecord) {
    std::set<std::string> asked;
    for (const auto& row : asked_) asked.insert(word(row.as_object(), "asked"));
    EXPECT_TRUE(asked.contains("/v1/ledger/journal?form=csv"));
    EXPECT_TRUE(asked.contains("/v1/ledger/questions/money_held?days=0"));
    EXPECT_TRUE(std::ranges::any_of(
        asked, [](const std::string& what) { return what.ends_with("/packet?files=true"); }));
}

TEST_F(BehindTheBack, BeancountReadsTheJournalAndFindsOurBalances) {
    const std::string journal = (here().folder() / "journal.beancount").string();
    const Ran checked = here().run({"bean-check", journal});
    EXPECT_EQ(checked.code, 0) << checked.all();
    const Ran balances =
        here().run({"bean-query", "-f", "csv", journal,
                    "select account, number(only('CNY', sum(position))) as net group by account"});
    ASSERT_EQ(balances.code, 0) << balances.all();
    std::map<std::string, Money> theirs;
    for (const std::string& line : lines_of(balances.out)) {
        const auto fields = fields_of(line, ',');
        const std::size_t at = fields.at(0).find(":A");
        if (at == std::string::npos) continue;
        std::string net = fields.at(1);
        std::erase_if(net, [](char c) { return c == ' ' || c == '\r'; });
        theirs[fields.at(0).substr(at + 2, 4)] += net.empty() ? Money{} : Money::parse_yuan(net).value();
    }
    ASSERT_EQ(theirs.size(), balance_.size()) << balances.out;
    for (const auto& each : balance_) {
        const json::object& row = each.as_object();
        EXPECT_EQ(theirs[std::to_string(number(row, "account"))].fen(),
                  number(row, "debit_fen") - number(row, "credit_fen"));
    }
}

TEST_F(BehindTheBack, EachFundBalancesByItselfFromItsReceiptToThePaymentAndBack) {
    std::map<std::string, std::int64_t> funds;
    std::int64_t all = 0;
    for (const auto& each : by_fund_) {
        const json::object& row = each.as_object();
        const std::string fund = word(row, "source") + fmt::format(" {}", number(row, "year"));
        funds[fund] += number(row, "debit_fen") - number(row, "credit_fen");
        all += number(row, "debit_fen");
    }
    std::set<std::string> names;
    for (const auto& [fund, balance] : funds) {
        names.insert(fund);
        EXPECT_EQ(balance, 0) << fund;
    }
    // QMZ-2 came without a recorded document: it is of the year of its arrival.
    EXPECT_THAT(names,
                ::testing::IsSupersetOf({"central 2021", "county 2021", "prefecture 2021", "province 2021"}));
    EXPECT_EQ(names.size(), 5U);
    EXPECT_FALSE(names.contains("none 2021"));
    std::int64_t whole = 0;
    for (const auto& each : balance_) whole += number(each.as_object(), "debit_fen");
    EXPECT_EQ(all, whole);
}

/// As schemas/exports.md says it, with another program's hash.
TEST_F(BehindTheBack, EachExportCarriesItsDigestAndTheCheckpoint) {
    const auto sha256_of = [&](const std::string& bytes) {
        const fs::path file = here().folder() / "hashed";
        write_text(file, bytes);
        return here().run({"sha256sum", file.string()}).out.substr(0, 64);
    };
    for (const auto& [name, answer] : answers_) {
        SCOPED_TRACE(name);
        const std::string csv = text_in(here().folder() / (name + ".csv"));
        const std::string mark = "# sha256 of every byte before this line: ";
        const std::size_t at = csv.find(mark);
        ASSERT_NE(at, csv.npos);
        EXPECT_TRUE(csv.starts_with("\xef\xbb\xbf"));
        EXPECT_EQ(csv.substr(at + mark.size(), 64), sha256_of(csv.substr(0, at)));
        EXPECT_THAT(csv.substr(at), HasSubstr("\n# onecard.example/ledger\n# "));
        if (name != "asked") {
            EXPECT_EQ(std::ranges::count(csv.substr(0, at), '\n'),
                      static_cast<std::ptrdiff_t>(rows(answer, "rows").size()) + 1);
        }

        const std::string lines = text_in(here().folder() / (name + ".ndjson"));
        const std::size_t last = lines.rfind("{\"export\":");
        ASSERT_NE(last, lines.npos);
        const json::object proof = object_of(lines.substr(last)).at("export").as_object();
        EXPECT_EQ(word(proof, "sha256"), sha256_of(lines.substr(0, last)));
        EXPECT_TRUE(word(proof, "checkpoint").starts_with("onecard.example/ledger\n"));

        const fs::path book = here().folder() / (name + ".xlsx");
        const Ran strings =
            here().run({"sh", "-c",
                        "unzip -p \"$1\" 'xl/worksheets/sheet*.xml' 'xl/sharedStrings.xml' || "
                        "unzip -p \"$1\" 'xl/worksheets/sheet*.xml'",
                        "-", book.string()});
        if (name != "asked") {
            EXPECT_THAT(strings.out, HasSubstr(csv.substr(at + mark.size(), 64)));
        }
        EXPECT_THAT(strings.out, HasSubstr("onecard.example/ledger"));
    }
}

TEST_F(BehindTheBack, APersonIsUnmaskedUnderTheSamePseudonymAndOnRecord) {
    const auto ids = column_of(here().register_folder() / "persons.csv", "resident_id");
    EXPECT_TRUE(ids.contains(word(unmasked_, "resident_id")));
    ASSERT_FALSE(rows(unmasked_, "accounts").empty());
    const std::string roster = text_in(here().folder() / "roster.csv");
    EXPECT_THAT(roster, HasSubstr(word(unmasked_, "person_pseudonym")));
    EXPECT_EQ(roster.find(word(unmasked_, "resident_id")), roster.npos);
    const std::string shared = text_in(here().folder() / "one_account_many.csv");
    EXPECT_THAT(shared, HasSubstr(word(rows(unmasked_, "accounts").at(0).as_object(), "account_pseudonym")));
    // Neither numbers nor names stand anywhere in what is exported without a reason.
    for (const auto& [name, answer] : answers_) {
        const std::string csv = text_in(here().folder() / (name + ".csv"));
        for (const auto& id : ids) ASSERT_EQ(csv.find(id), csv.npos) << name;
        for (const auto& row : rows(unmasked_, "accounts"))
            EXPECT_EQ(csv.find(word(row.as_object(), "account")), csv.npos) << name;
    }
    Sql owner{url("onecard_owner", "onecard")};
    EXPECT_EQ(owner.cell("select officer || ' ' || reason from unmasking"), "auditor 核对 账户");
}

/// The list for the village board has no numbers, no disability and nobody under age.
TEST_F(BehindTheBack, ThePublicNoticeNamesWhoIsOfAgeAndNothingMore) {
    std::map<std::string, int> born;  // of a person, yyyymmdd
    for (const std::string& line : lines_of(text_in(here().register_folder() / "persons.csv")))
        if (const auto fields = fields_of(line, ','); fields.size() > 4 && fields[4].size() == 18)
            born[fields[1]] = std::stoi(fields[4].substr(6, 8));
    // Whom the roster owes something by the person, counted apart from the notice's own query.
    std::map<std::int64_t, std::set<std::string>> adults, minors;
    for (const auto& row : rows(answers_.at("roster"), "rows")) {
        const json::object& owed = row.as_object();
        const std::string person = std::to_string(number(owed, "beneficiary"));
        if (number(owed, "period") != 202112 || !born.contains(person)) continue;
        const std::string programme = word(owed, "programme");
        if (programme.contains("dibao")) continue;
        (born[person] <= 20'031'231 ? adults : minors)[0].insert(programme + person);
    }
    ASSERT_GT(adults[0].size(), 10U);
    ASSERT_GT(minors[0].size(), 2U);
    std::size_t named = 0;
    std::int64_t households = 0;
    for (const auto& row : rows(answers_.at("public_notice"), "rows")) {
        const json::object& one = row.as_object();
        for (const auto& [key, value] : one)
            EXPECT_THAT((std::vector<std::string>{"county", "period", "village", "programme", "name",
                                                  "members", "payments", "total_fen"}),
                        ::testing::Contains(std::string{key}));
        if (number(one, "period") != 202112) continue;
        EXPECT_FALSE(word(one, "name").empty());
        EXPECT_GT(number(one, "village"), 0);
        if (word(one, "programme").contains("dibao"))
            ++households;
        else
            ++named;
    }
    EXPECT_EQ(named, adults[0].size());
    EXPECT_GT(households, 10);
}

TEST_F(BehindTheBack, MonthsComputedAgainGiveWhatWasPaid) {
    EXPECT_EQ(rows(answers_.at("wrong_tier"), "rows").size(), 0U);
    // No statement was brought: there is nothing to reconcile with, and nothing was screened or recovered.
    EXPECT_EQ(rows(answers_.at("bank_reconciliation"), "rows").size(), 0U);
    EXPECT_EQ(rows(answers_.at("recoveries"), "rows").size(), 0U);
}

}  // namespace
}  // namespace onecard::test
