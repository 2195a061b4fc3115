#include "onecard/app/packet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "onecard/app/books.hpp"
#include "onecard/app/explanation.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/audit/packet.hpp"
#include "onecard/bankfile/encoding.hpp"
#include "onecard/bankfile/formats.hpp"
#include "returns.hpp"
#include "settle_past.hpp"
#include "words.hpp"

namespace onecard::app {

namespace {

using audit::Block;
using audit::Fields;
using recon::Standing;

/// Thrown inside this file only: making a packet is one long sentence.
struct NoPacket {
    Failure failure;
};
template <class T>
T must(Result<T> result) {
    if (!result) throw NoPacket{result.error()};
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::string bytes_in(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return std::move(out).str();
}

/// Line `number` (from 1) with its line end.
std::string line_in(const std::string& bytes, std::int32_t number, std::string_view file) {
    std::size_t from = 0;
    for (std::int32_t line = 1; line < number && from != std::string::npos; ++line) {
        from = bytes.find('\n', from);
        if (from != std::string::npos) ++from;
    }
    if (from == std::string::npos || from >= bytes.size())
        throw NoPacket{{Fault::tampered, std::string{file}, fmt::format("the file has no line {}", number)}};
    return bytes.substr(from, bytes.find('\n', from) - from + 1);
}

std::string in_gb18030(std::string_view text) {
    std::string bytes;
    must(bankfile::encode(text, bankfile::Encoding::gb18030, bytes));
    return bytes;
}

/// Where the bank's files are of another layout, its line as the canonical text profile would have it
/// (schemas/bank/ykt-txt.md): what the profile of the run reads out of the file's bytes.
std::string canonical_line_in(const std::string& bytes, const bankfile::Profile& profile, std::int32_t seq,
                              std::string_view file) {
    std::string found;
    const auto reader =
        bankfile::read_batch(profile, std::string{file}, nullptr, [&](const bankfile::BatchLine& line) {
            if (line.seq == seq)
                found = fmt::format("D|{:07}|{}|{}|{}|{}|{}|{}|{}|{}\r\n", line.seq, line.payment, line.name,
                                    static_cast<int>(line.account_kind), line.account, line.bank_code,
                                    line.amount.fen(), line.summary, line.remark);
        });
    reader->feed(bytes);
    reader->finish();
    if (found.empty())
        throw NoPacket{{Fault::tampered, std::string{file}, fmt::format("the file has no payment {}", seq)}};
    return in_gb18030(found);
}

std::string canonical_answer_in(const std::string& bytes, const bankfile::Profile& profile,
                                const HashFunction& sm3, std::string_view payment, std::string_view file) {
    std::string found;
    const auto hash = sm3.stream();
    const auto reader =
        bankfile::read_return(profile, std::string{file}, *hash, [&](const bankfile::ReturnLine& line) {
            if (line.payment != payment || !found.empty()) return;
            const char status = line.status == bankfile::ReturnStatus::paid     ? 'S'
                                : line.status == bankfile::ReturnStatus::failed ? 'F'
                                                                                : 'P';
            found = fmt::format("D|{:07}|{}|{}|{}|{}|{}|{}|{}|{}\r\n", line.seq, line.payment, line.account,
                                line.amount.fen(), status, line.code, line.text, line.bank_day.digits(),
                                line.bank_reference);
        });
    reader->feed(bytes);
    reader->finish();
    if (found.empty())
        throw NoPacket{
            {Fault::tampered, std::string{file}, fmt::format("the file does not answer {}", payment)}};
    return in_gb18030(found);
}

std::string base64_block(std::string_view bytes) { return audit::base64(bytes) + "\n"; }

class Making {
public:
    Making(Tools& tools, Work& work, const PacketWish& wish) : tools_{tools}, work_{work}, wish_{wish} {
        for (const LogLeaf& leaf : work_.ledger().log()) {
            if (leaf.act_no != 0)
                acts_at_.emplace(leaf.act_no, digests_.size());
            else
                entries_at_.emplace(std::pair{leaf.county, leaf.entry_no}, digests_.size());
            digests_.push_back(leaf.digest);
        }
    }

    void payment(const payment::Payment& owed, const Report& explained, Moment now) {
        Fields fields;
        fields.add("reference", wish_.payment.text());
        fields.add("made", now.text());
        fields.add("hash", tools_.log().name);
        fields.add("part", owed.part.number());
        fields.add("county", owed.county.text());
        fields.add("serial", owed.serial.number());
        fields.add("programme", static_cast<std::int16_t>(owed.programme));
        fields.add("component", static_cast<std::int16_t>(owed.component));
        fields.add("kind", static_cast<std::int16_t>(owed.kind));
        fields.add("benefit-month", owed.benefit_month.number());
        fields.add("beneficiary", owed.beneficiary);
        fields.add("payee-kind", static_cast<std::int16_t>(owed.payee_kind));
        fields.add("payee", owed.payee);
        fields.add("amount-fen", owed.amount.fen());
        put("payment", fields.text());
        put("explanation", to_text(explained, Language::english));
    }

    void attempt(const payment::Payment& owed, const TextRow& row, const std::vector<std::string>& names) {
        const auto cell = [&](std::string_view name) -> const std::string& {
            return row[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
        };
        const auto number = [&](std::string_view name) { return std::stoll("0" + cell(name)); };
        const auto attempt_no = static_cast<std::int16_t>(number("attempt"));
        const RunNo run_no{static_cast<std::int32_t>(number("run"))};
        const std::vector<Batch> batches = work_.payments().batches(run_no, owed.county);
        const auto batch = std::ranges::find(batches, cell("file_id"), &Batch::file_id);
        ensure(batch != batches.end(), "an attempt whose batch is not of its unit");
        const std::string n = std::to_string(attempt_no);

        unit(run_no, owed, batches, n);

        const std::string file = bytes_in(path_in(tools_.vault, batch->file_digest, batch->file_id));
        const auto line_no = static_cast<std::int32_t>(number("line"));
        Fields fields;
        fields.add("run", run_no.number());
        fields.add("file", batch->file_id);
        fields.add("sha256", batch->file_digest.hex());
        fields.add("bytes", batch->file_bytes);
        fields.add("line", line_no);
        const auto profiles = profiles_of_run(tools_, work_, run_no);
        const bankfile::Profile& profile = profile_in(*profiles, batch->bank);
        if (!profile.is_canonical()) fields.add("layout", profile.name);
        fields.add("line-bytes",
                   audit::base64(profile.is_canonical()
                                     ? line_in(file, line_no + 1, batch->file_id)
                                     : canonical_line_in(file, profile, line_no, batch->file_id)));
        add_proof(fields, leaves_of(*batch), static_cast<std::uint64_t>(line_no) - 1);
        put("attempt." + n, fields.text());
        put("file-signature." + n, base64_block(batch->signature));
        if (wish_.whole_files) put("file." + n, file);

        std::vector<std::int64_t> returns;
        if (const std::int64_t return_no = number("return_no"); return_no != 0) {
            returns.push_back(return_no);
            word(*batch, return_no, cell("outcome") == "paid" ? Standing::paid : Standing::failed,
                 "return." + n, n, profile);
        }
        if (const std::int64_t return_no = number("reversed_by"); return_no != 0) {
            returns.push_back(return_no);
            word(*batch, return_no, cell("reversed") == "returned" ? Standing::returned : Standing::corrected,
                 "later." + n, n, profile);
        }
        PaymentReference attempted = wish_.payment;
        attempted.attempt = attempt_no;
        end(attempted, n);
        for (const LoggedEntry& logged : work_.ledger().entries_of(*batch, returns, attempted)) entry(logged);
        if (returns.empty()) returns.push_back(0);
        for (const std::int64_t return_no : returns)
            for (const std::int64_t act :
                 work_.audit().acts_about(run_no, owed.county, batch->file_id, return_no))
                wanted_acts_.insert(act);
    }

    /// What was gathered about acts, the law and the log itself.
    void finish(RunNo run_no, const std::string& note, const std::string& key) {
        for (const std::int64_t proposal : proposals_)
            for (const std::int64_t act : work_.audit().acts_about_proposal(proposal))
                wanted_acts_.insert(act);
        work_.ledger().each_act([&](const LoggedAct& logged) {
            if (wanted_acts_.contains(logged.no))
                logged_line("act", logged.act.canonical(logged.at), acts_at_.at(logged.no));
        });
        const auto run = work_.runs().run(run_no);
        const auto law = work_.runs().policy_text(run->policy);
        ensure(law.has_value(), "a run without its policy");
        put("policy", *law);
        put("checkpoint", note);
        put("key", key + "\n");
        put("authorities", wish_.authorities);
    }

    std::string sealed(NoteSigner& signer) {
        audit::SignedNote note;
        note.text = audit::seal_text(digest_of(tools_.sha256, audit::packet_text(blocks_)));
        note.signatures.push_back({signer.name(),
                                   audit::ed25519_key_id(tools_.sha256, signer.name(), signer.public_key()),
                                   signer.sign(note.text)});
        put("seal", note.to_string());
        return audit::packet_text(blocks_);
    }

private:
    void put(std::string name, std::string bytes) { blocks_.push_back({std::move(name), std::move(bytes)}); }

    void add_proof(Fields& fields, std::span<const Digest> leaves, std::uint64_t index) const {
        const auto proof = must(audit::inclusion_proof(tools_.log(), leaves, index));
        fields.add("index", static_cast<std::int64_t>(index));
        fields.add("size", static_cast<std::int64_t>(leaves.size()));
        fields.add("proof", std::span<const Digest>{proof});
    }

    void logged_line(const std::string& what, const std::string& canonical, std::size_t position) {
        Fields fields;
        fields.add("text", canonical);
        add_proof(fields, digests_, position);
        put(what, fields.text());
    }

    void entry(const LoggedEntry& logged) {
        const County county = logged.entry.about().county;
        if (!told_entries_.insert({county, logged.no}).second) return;
        logged_line("entry", logged.entry.canonical(logged.known_at), entries_at_.at({county, logged.no}));
    }

    void unit(RunNo run_no, const payment::Payment& owed, const std::vector<Batch>& batches,
              const std::string& n) {
        const County county = owed.county;
        const auto run = work_.runs().run(run_no);
        ensure(run.has_value(), "a batch without its run");
        for (const UnitState& state : work_.runs().units(run_no)) {
            if (state.unit.county != county) continue;
            ensure(state.result.has_value(), "a batch of a unit without result");
            const Beside beside = beside_of(work_, run_no, county);
            put("unit." + n, unit_text(*run, state.unit, *state.result, batches, beside, tools_.log()));
            if (n == "1") past(run_no, owed, beside);
        }
        for (const auto& [step, cms] : work_.audit().approvals_of(run_no, county))
            put(fmt::format("approval.{}.{}", n, step), base64_block(cms));
    }

    /// What the unit did about past months that concerns the payment: the correction that arrears are paid by, and what
    /// was kept of it for receivables, with the entries over that.
    void past(RunNo run_no, const payment::Payment& owed, const Beside& beside) {
        const auto concerns = [&](const auto& row) { return row.serial == owed.serial; };
        std::set<std::string> wanted;
        for (const Correction& one : beside.corrections)
            if (concerns(one)) wanted.insert(one.canonical());
        std::set<std::int64_t> receivables;
        for (const Offset& kept : beside.offsets)
            if (concerns(kept)) {
                wanted.insert(kept.canonical());
                receivables.insert(kept.receivable);
            }
        if (wanted.empty()) return;
        const std::vector<std::string> lines = beside.lines();
        std::vector<Digest> leaves;
        for (const std::string& line : lines)
            leaves.push_back(audit::leaf_hash(tools_.log(), bytes_of(line)));
        for (std::size_t i = 0; i < lines.size(); ++i)
            if (wanted.contains(lines[i])) proven_line("beside", lines[i], leaves, i);
        if (receivables.empty()) return;

        std::map<std::int64_t, Receivable> known;
        work_.recovery().each_receivable([&](const Receivable& one) {
            if (one.county == owed.county) known.emplace(one.no, one);
        });
        std::set<std::string> causes{
            fmt::format("run {}/{}", run_no.number(), text_of(owed.programme).code)};  // of what is withheld
        std::map<std::string, std::vector<Recovery>> told;  // by entry, as settle_past() tells them
        work_.recovery().each_recovery([&](const Recovery& one) {
            if (one.county != owed.county || one.kind != RecoveryKind::offset || one.run != run_no) return;
            const Receivable& of = known.at(one.receivable);
            const std::string cause = cause_of_recovery(one, of);
            told[cause].push_back(one);
            if (!receivables.contains(one.receivable)) return;
            causes.insert(cause);
            causes.insert(fmt::format("run {}/{}", run_no.number(), text_of(of.programme).code));
        });
        for (const std::string& cause : causes) {
            std::vector<Digest> recoveries;
            for (const Recovery& one : told[cause])
                recoveries.push_back(audit::leaf_hash(tools_.log(), bytes_of(one.canonical())));
            for (std::size_t i = 0; i < recoveries.size(); ++i)
                if (told[cause][i].serial == owed.serial)
                    proven_line("recovery", told[cause][i].canonical(), recoveries, i, cause);
        }
        work_.ledger().each_entry([&](const LoggedEntry& logged) {
            const ledger::Entry::About& about = logged.entry.about();
            if (about.county == owed.county && causes.contains(about.cause) &&
                (about.kind == ledger::EntryKind::withheld ||
                 about.kind == ledger::EntryKind::recovered_by_offset))
                entry(logged);
        });
    }

    void proven_line(const std::string& name, const std::string& text, std::span<const Digest> leaves,
                     std::size_t index, const std::string& cause = {}) {
        Fields fields;
        fields.add("text", text);
        if (!cause.empty()) fields.add("cause", cause);
        add_proof(fields, leaves, index);
        put(name, fields.text());
    }

    std::vector<Digest> leaves_of(const Batch& batch) {
        std::vector<Digest> leaves;
        if (!batch.first_serial) {
            std::array<std::byte, reissue_leaf_bytes> leaf;
            for (const Reissue& again : work_.payments().reissue_lines(batch)) {
                write_leaf(again, leaf.data());
                leaves.push_back(audit::leaf_hash(tools_.log(), leaf));
            }
            return leaves;
        }
        std::array<std::byte, payment::leaf_bytes> leaf;
        const std::int32_t first = batch.first_serial.number();
        work_.payments().each_payment(batch.part, batch.county, [&](const payment::Payment& owed) {
            if (owed.serial.number() < first || owed.serial.number() >= first + batch.lines) return;
            payment::write_leaf(owed, leaf.data());
            leaves.push_back(audit::leaf_hash(tools_.log(), leaf));
        });
        return leaves;
    }

    /// What people decided about an attempt: that its money came back, that its failure was paid after all or is no longer
    /// owed.
    void end(const PaymentReference& attempted, const std::string& n) {
        work_.ledger().each_decided_failure([&](const DecidedFailure& decided) {
            if (decided.reference() != attempted) return;
            Fields fields;
            if (!decided.returned) fields.add("fate", decided.paid ? "paid" : "cancelled");
            fields.add("proposal", decided.proposal_no);
            fields.add("amount-fen", decided.amount.fen());
            put((decided.returned ? "returned." : "end.") + n, fields.text());
            proposals_.push_back(decided.proposal_no);
        });
    }

    /// One word of the bank about attempt `n`: where its return file says it, and its proof among the words of that month
    /// which lead to the same end.
    void word(const Batch& batch, std::int64_t return_no, Standing to, const std::string& name,
              const std::string& n, const bankfile::Profile& profile) {
        const auto file = work_.exchange().return_of_number(return_no);
        ensure(file.has_value(), "a word of a return file that is not on record");
        std::vector<Digest> leaves;
        std::optional<std::size_t> index;
        recon::Outcome outcome;
        std::array<std::byte, recon::outcome_leaf_bytes> leaf;
        for (const auto& [part, one] : work_.audit().words_of(batch.county, return_no, to)) {
            if (period_of(part).number() != wish_.payment.period) continue;
            if (one.serial == wish_.payment.serial && std::to_string(one.attempt) == n) {
                index = leaves.size();
                outcome = one;
            }
            recon::write_leaf(part, batch.county, to, one, static_cast<std::int32_t>(return_no), leaf.data());
            leaves.push_back(audit::leaf_hash(tools_.log(), leaf));
        }
        ensure(index.has_value(), "a word that its return file does not have");
        const std::string bytes = bytes_in(path_in(tools_.vault, file->digest, file->name));
        Fields fields;
        fields.add("name", file->name);
        fields.add("number", file->no);
        fields.add("sha256", file->digest.hex());
        fields.add("bytes", file->bytes);
        fields.add("line", outcome.line);
        if (!profile.is_canonical()) fields.add("layout", profile.name);
        PaymentReference attempted = wish_.payment;
        attempted.attempt = outcome.attempt;
        fields.add("line-bytes",
                   audit::base64(profile.is_canonical() ? line_in(bytes, outcome.line, file->name)
                                                        : canonical_answer_in(bytes, profile, tools_.sm3,
                                                                              attempted.text(), file->name)));
        fields.add("outcome", code_of(to));
        fields.add("reason", static_cast<std::int16_t>(outcome.reason));
        fields.add("amount-fen", outcome.amount.fen());
        fields.add("value-day", outcome.value_day.epoch_days());
        add_proof(fields, leaves, *index);
        put(name, fields.text());
        const std::size_t dot = name.find('.');
        const std::string kind = name.substr(0, dot), ending = name.substr(dot);
        put(kind + "-signature" + ending, base64_block(file->signature));
        if (wish_.whole_files) put(kind + "-file" + ending, bytes);
    }

    Tools& tools_;
    Work& work_;
    const PacketWish& wish_;
    std::vector<Block> blocks_;
    std::vector<Digest> digests_;
    std::map<std::int64_t, std::size_t> acts_at_;
    std::map<std::pair<County, std::int64_t>, std::size_t> entries_at_;
    std::set<std::pair<County, std::int64_t>> told_entries_;
    std::set<std::int64_t> wanted_acts_;
    std::vector<std::int64_t> proposals_;
};

}  // namespace

Result<std::string> make_packet(Tools& tools, NoteSigner& signer, const Identity& by, const PacketWish& wish,
                                Moment now) {
    const auto explained = explain_payment(tools, by, wish.payment, Language::english);
    if (!explained) return std::unexpected{explained.error()};
    const auto note = Books{tools}.checkpoint(signer, now);
    if (!note) return std::unexpected{note.error()};
    auto work = tools.database.begin();
    const auto owed = work->payments().find({&wish.payment, 1});
    ensure(!owed.empty(), "a payment that was explained and is not there");
    const auto attempts = work->ledger().ask("report_payment_attempts",
                                             {{"county", std::to_string(wish.payment.county.number())},
                                              {"period", std::to_string(wish.payment.period)},
                                              {"serial", std::to_string(wish.payment.serial.number())}});
    if (attempts.size() < 2)
        return refuse(Fault::missing, "the payment is in no file yet", wish.payment.text());
    const auto run_column = std::ranges::find(attempts.front(), "run") - attempts.front().begin();
    const RunNo first_run{std::stoi(attempts[1][static_cast<std::size_t>(run_column)])};
    try {
        Making making{tools, *work, wish};
        making.payment(owed.front(), *explained, now);
        for (std::size_t i = 1; i < attempts.size(); ++i)
            making.attempt(owed.front(), attempts[i], attempts.front());
        making.finish(first_run, *note,
                      audit::verifier_key_text(tools.sha256, signer.name(), signer.public_key()));
        return making.sealed(signer);
    } catch (const NoPacket& refused) {
        return std::unexpected{refused.failure};
    }
}

}  // namespace onecard::app
