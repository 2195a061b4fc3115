#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "batch_entry.hpp"
#include "onecard/app/books.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/recon/posting.hpp"
#include "verify_records.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t findings_max = 100;

Digest root_of_entry(const ledger::Entry& entry) {
    Digest root;
    if (entry.about().lines_root.size() == root.bytes.size())
        std::ranges::copy(entry.about().lines_root, reinterpret_cast<char*>(root.bytes.data()));
    return root;
}

/// One pass over the records, gathering what does not fit. Each method is one promise.
class Check {
public:
    Check(Work& work, const HashFunction& sha256, const HashFunction& hash, Verdict& verdict)
        : work_{work}, sha256_{sha256}, hash_{hash}, verdict_{verdict} {}

    void entries() {
        work_.ledger().each_entry([&](const LoggedEntry& row) {
            ++verdict_.entries;
            const Digest digest = audit::leaf_hash(hash_, bytes_of(row.entry.canonical(row.known_at)));
            const auto& about = row.entry.about();
            if (digest != row.digest)
                finds(fmt::format("entry {}/{} ({}): its digest is not that of its content",
                                  about.county.text(), row.no, about.cause));
            if (!ledger::is_standard(row.entry))
                finds(fmt::format("entry {}/{} ({}): its postings are not those of its kind",
                                  about.county.text(), row.no, about.cause));
            funds(row);
            entry_digests_[{about.county, row.no}] = row.digest;
            by_cause_.insert_or_assign(std::tuple{about.county, about.kind, about.cause}, row.entry);
            for (const ledger::Posting& posting : row.entry.postings())
                balances_[posting.account] += posting.amount;
        });
        work_.ledger().each_act([&](const LoggedAct& logged) {
            ++verdict_.acts;
            if (audit::leaf_hash(hash_, bytes_of(logged.act.canonical(logged.at))) != logged.digest)
                finds(fmt::format("act {} ({}): its digest is not that of its content", logged.no,
                                  logged.act.kind));
            act_digests_[logged.no] = logged.digest;
            acts_.push_back(logged);
        });
    }

    /// Payments give their batches' roots, counts and sums; entries over batches agree with the batches.
    void payments() {
        batches_ = work_.ledger().all_batches();
        std::map<std::pair<PartNo, County>, std::vector<const Batch*>> regular;
        for (const Batch& batch : batches_) {
            if (!batch.first_serial) {
                reissue_batch(batch);
                continue;
            }
            regular[{batch.part, batch.county}].push_back(&batch);
            const MonthOfBatch whole{batch.period, batch.lines, batch.total, batch.lines_root};
            check_entry(batch, whole, ledger::EntryKind::accrual);
            check_entry(batch, whole, ledger::EntryKind::dispatch);
            check_entry(batch, whole, ledger::EntryKind::refused);
        }
        for (auto& [key, batches] : regular)
            std::ranges::sort(batches, {}, [](const Batch* batch) { return batch->first_serial; });
        // By part, whole: a payment of a county that has no batch there is seen, too.
        for (const PartNo part : work_.ledger().parts()) {
            std::optional<PaymentsOfCounty> open;
            work_.audit().each_payment_of(part, [&](const payment::Payment& owed) {
                ++verdict_.payments;
                if (owed.kind == payment::Kind::arrears) arrears_.push_back(owed);
                if (!open || open->county != owed.county) {
                    if (open) open->close_all(*this);
                    open.emplace(PaymentsOfCounty{part,
                                                  owed.county,
                                                  regular[{part, owed.county}],
                                                  audit::MerkleFrontier{hash_},
                                                  0,
                                                  {},
                                                  false});
                    regular.erase({part, owed.county});
                }
                open->take(*this, owed);
            });
            if (open) open->close_all(*this);
        }
        for (auto& [key, batches] : regular)
            PaymentsOfCounty{key.first, key.second, batches, audit::MerkleFrontier{hash_}, 0, {}, false}
                .close_all(*this);
    }

    /// What banks said of attempts, and what people decided, gives the entries' roots, counts and sums.
    void outcomes() {
        using recon::Standing;
        std::map<std::tuple<County, std::int32_t, Standing, Month>, Words> words;
        std::array<std::byte, recon::outcome_leaf_bytes> leaf;
        // Words of one file come together: what the last one was added to is at hand.
        Words* last = nullptr;
        std::tuple<County, std::int32_t, Standing, Month> last_key;
        const auto add = [&](PartNo part, County county, std::int32_t return_no, Standing to,
                             const recon::Outcome& word) {
            recon::write_leaf(part, county, to, word, return_no, leaf.data());
            const std::tuple key{county, return_no, to, period_of(part)};
            if (last == nullptr || key != last_key) {
                last = &words.try_emplace(key, Words{audit::MerkleFrontier{hash_}, {}}).first->second;
                last_key = key;
            }
            last->add(leaf, word.amount);
        };
        for (const PartNo part : work_.ledger().parts())
            work_.ledger().each_outcome(
                part, [&](County county, std::int32_t return_no, const recon::Outcome& outcome) {
                    ++verdict_.outcomes;
                    add(part, county, return_no, outcome.paid ? Standing::paid : Standing::failed, outcome);
                });
        work_.ledger().each_reversal([&](const ReversalRecord& row) {
            ++verdict_.outcomes;
            add(row.part, row.county, static_cast<std::int32_t>(row.return_no), row.reversal.to,
                row.reversal.word);
        });
        for (const auto& [key, said] : words) {
            const auto& [county, return_no, to, period] = key;
            const auto hold = [&](ledger::EntryKind kind, std::string_view ending) {
                // Words about a re-issue are booked a month each.
                const std::string cause = fmt::format("return {}{}", return_no, ending);
                const std::string of_month = cause + month_ending(period);
                compare(county, kind, by_cause_.contains({county, kind, of_month}) ? of_month : cause, said,
                        period);
            };
            switch (to) {
                case Standing::in_transit: break;
                case Standing::paid: hold(ledger::EntryKind::paid, {}); break;
                case Standing::failed: hold(ledger::EntryKind::failed, {}); break;
                case Standing::returned: hold(ledger::EntryKind::late_return, {}); break;
                case Standing::corrected:
                    hold(ledger::EntryKind::success_corrected, {});
                    hold(ledger::EntryKind::failed, recon::correction_cause);
                    break;
            }
        }
        work_.ledger().each_decided_failure([&](const DecidedFailure& decided) {
            Words one{audit::MerkleFrontier{hash_}, {}};
            std::array<std::byte, decided_leaf_bytes> bytes;
            write_leaf(decided, bytes.data());
            one.add(bytes, decided.amount);
            for (const ledger::EntryKind kind : entries_of(decided))
                compare(decided.county, kind, cause_of(decided), one, period_of(decided.part));
        });
        for (const auto& [key, entry] : by_cause_) {
            const auto kind = std::get<1>(key);
            const bool is_of_words =
                kind == ledger::EntryKind::paid || kind == ledger::EntryKind::failed ||
                kind == ledger::EntryKind::late_return || kind == ledger::EntryKind::success_corrected ||
                kind == ledger::EntryKind::failure_corrected || kind == ledger::EntryKind::return_cancelled ||
                kind == ledger::EntryKind::return_cancelled_prior_year ||
                kind == ledger::EntryKind::unidentified_is_return;
            if (is_of_words && !checked_.contains(key))
                finds(fmt::format("entry {} {} in {}: its outcomes are gone", code_of(kind), std::get<2>(key),
                                  std::get<0>(key).text()));
        }
    }

    /// 2101, 2102 and 2111 are what is still open, counted from the payments' own records.
    void control_accounts() {
        Money open_failures;
        const auto everywhere = Region::parse("");
        for (const OpenFailure& failure : work_.payments().open_failures(*everywhere))
            open_failures += failure.amount;
        if (balances_[ledger::Account::returned] != -open_failures)
            finds(fmt::format("account 2111: the balance is {} yuan, the open failures are {}",
                              (-balances_[ledger::Account::returned]).yuan(), open_failures.yuan()));
        for (const auto& [county, pot] : special_)
            for (const ledger::FundShare& share : pot.overdrawn())
                finds(fmt::format("account 1002 of {}: {} yuan more of {} {} were used than received",
                                  county.text(), share.amount.yuan(), share.fund.year,
                                  ledger::source_codes[static_cast<std::size_t>(share.fund.source)]));
        Money sum;
        for (const auto& [account, balance] : balances_) sum += balance;
        if (!sum.is_zero()) finds(fmt::format("debits and credits differ by {} yuan", sum.yuan()));
    }

    void log_and_checkpoints(Ed25519Verify verify_note, std::string_view public_key,
                             const std::string& note_name) {
        const std::vector<LogLeaf> log = work_.ledger().log();
        verdict_.log_size = static_cast<std::int64_t>(log.size());
        std::vector<Digest> digests;
        for (const LogLeaf& leaf : log) {
            if (leaf.position != static_cast<std::int64_t>(digests.size())) {
                finds(fmt::format("log: position {} is missing", digests.size()));
                return;
            }
            const bool is_entry = leaf.entry_no != 0;
            const auto entry = entry_digests_.find({leaf.county, leaf.entry_no});
            const auto act = act_digests_.find(leaf.act_no);
            if (is_entry ? entry == entry_digests_.end() : act == act_digests_.end())
                finds(fmt::format("log: position {} names a record that is gone", leaf.position));
            else if ((is_entry ? entry->second : act->second) != leaf.digest)
                finds(fmt::format("log: position {} does not hold the digest of its record", leaf.position));
            digests.push_back(leaf.digest);
        }
        const std::string key_id = audit::ed25519_key_id(sha256_, note_name, public_key);
        std::int64_t before = 0;
        audit::MerkleFrontier frontier{hash_};
        for (const CheckpointRecord& record : work_.ledger().checkpoints()) {
            const std::string place = fmt::format("checkpoint of size {}", record.size);
            if (record.size < before || record.size > verdict_.log_size) {
                finds(place + ": the log is shorter than what was committed to");
                break;
            }
            for (; before < record.size; ++before) frontier.add(digests[static_cast<std::size_t>(before)]);
            const auto note = audit::SignedNote::parse(record.note);
            const auto text = note ? audit::Checkpoint::parse(note->text)
                                   : Result<audit::Checkpoint>{std::unexpected{note.error()}};
            if (!text) {
                finds(fmt::format("{}: {}", place, text.error().text));
                continue;
            }
            if (static_cast<std::int64_t>(text->size) != record.size || text->root != record.root ||
                text->origin != note_name)
                finds(place + ": the signed note says something else than the record");
            if (text->hash != hash_.name)
                finds(fmt::format("{}: its log is hashed with {}, this one with {}", place, text->hash,
                                  hash_.name));
            else if (text->root != frontier.root())
                finds(place + ": its root is not that of the log");
            const bool is_signed =
                std::ranges::any_of(note->signatures, [&](const audit::NoteSignature& signature) {
                    return signature.name == note_name && signature.key_id == key_id &&
                           verify_note(public_key, note->text, signature.signature);
                });
            if (!is_signed) finds(place + ": it is not signed by the ledger's key");
            verdict_.newest_checkpoint = record.note;
        }
        if (before < verdict_.log_size) finds("log: it holds more than the newest checkpoint commits to");
        verdict_.not_yet_logged = verdict_.entries + verdict_.acts - verdict_.log_size;
    }

    void files(FileVault& vault, SignatureVerifier& verifier) {
        for (const Batch& batch : batches_) {
            ++verdict_.files;
            const auto path = vault.find(batch.file_digest);
            if (!path) {
                finds(fmt::format("file {}: it is gone", batch.file_id));
                continue;
            }
            const auto hash = sha256_.stream();
            std::ifstream in{*path, std::ios::binary};
            std::array<char, 1 << 16> piece;
            while (in.read(piece.data(), piece.size()) || in.gcount() > 0)
                hash->update(bytes_of(std::string_view{piece.data(), static_cast<std::size_t>(in.gcount())}));
            if (hash->finish() != batch.file_digest) {
                finds(fmt::format("file {}: its bytes were altered", batch.file_id));
                continue;
            }
            const auto is_signed = verifier.verify_file(*path, batch.signature);
            if (!is_signed) finds(fmt::format("file {}: {}", batch.file_id, is_signed.error().text));
            if (std::error_code error;
                static_cast<std::int64_t>(std::filesystem::file_size(*path, error)) != batch.file_bytes)
                finds(fmt::format("file {}: it is not as long as the batch says", batch.file_id));
        }
    }

    RecordCheck records(FileVault& vault, SignatureVerifier& verifier) {
        return {work_,   vault,    verifier,
                sha256_, hash_,    batches_,
                acts_,   arrears_, [this](std::string what) { finds(std::move(what)); }};
    }

private:
    struct Words {
        audit::MerkleFrontier lines;
        Money total;
        void add(std::span<const std::byte> leaf, Money amount) {
            lines.add_leaf(leaf);
            total += amount;
        }
    };

    void compare(County county, ledger::EntryKind kind, const std::string& cause, const Words& words,
                 Month period) {
        const std::string place = fmt::format("outcomes of {} {} in {}", code_of(kind), cause, county.text());
        const auto entry = by_cause_.find({county, kind, cause});
        if (entry == by_cause_.end()) return finds(place + ": no entry records them");
        const auto& about = entry->second.about();
        checked_.insert({county, kind, cause});
        if (about.period != period.number())
            finds(fmt::format("{}: they are of {}, the entry says {}", place, period.text(), about.period));
        if (about.lines != static_cast<std::int32_t>(words.lines.size()) || about.line_total != words.total)
            finds(fmt::format("{}: {} lines over {} yuan, the entry says {} over {}", place,
                              words.lines.size(), words.total.yuan(), about.lines, about.line_total.yuan()));
        else if (audit::MerkleFrontier lines = words.lines; root_of_entry(entry->second) != lines.root())
            finds(place + ": they were altered or moved");
    }

    /// The funds of each entry are those from which its kind takes, derived anew from the entries before it.
    void funds(const LoggedEntry& row) {
        const ledger::Entry::About& about = row.entry.about();
        ledger::FundBooks& books = funds_[about.county];
        const ledger::FundShares shares = shares_of(row.entry);
        if (books.takes(about.kind) && books.would_take(about, ledger::total_of(shares)) != shares)
            finds(fmt::format("entry {}/{} ({}): its money is not that of the funds on which it stood",
                              about.county.text(), row.no, about.cause));
        books.replay(row.entry);
        for (const ledger::Posting& posting : row.entry.postings())
            if (posting.account == ledger::Account::special_account && posting.fund.is_known())
                special_[about.county].put(posting.fund, posting.amount);
    }

    void finds(std::string what) {
        if (verdict_.findings.size() < findings_max) verdict_.findings.push_back(std::move(what));
    }

    void check_entry(const Batch& batch, const MonthOfBatch& month, ledger::EntryKind kind) {
        const auto wanted = about_batch(batch, month, kind, Moment{});
        const auto entry = by_cause_.find({batch.county, kind, wanted.cause});
        if (entry == by_cause_.end()) return;
        const auto& about = entry->second.about();
        if (about.lines != wanted.lines || about.line_total != wanted.line_total ||
            about.lines_root != wanted.lines_root || about.period != wanted.period)
            finds(
                fmt::format("batch {}: the {} entry was made for other lines", batch.name(), code_of(kind)));
    }

    /// The payments of one county in one part, in the order of their serials, against the batches that they fill.
    struct PaymentsOfCounty {
        PartNo part;
        County county;
        std::vector<const Batch*> batches;
        audit::MerkleFrontier lines;
        std::size_t at = 0;
        Money total;
        bool strayed = false;

        void take(Check& check, const payment::Payment& owed) {
            while (at < batches.size() &&
                   owed.serial.number() >= batches[at]->first_serial.number() + batches[at]->lines)
                close(check);
            if (at == batches.size() || owed.serial < batches[at]->first_serial || owed.part != part) {
                if (!strayed)
                    check.finds(fmt::format("payment {}/{} in part {}: it belongs to no batch", county.text(),
                                            owed.serial.number(), part.number()));
                strayed = true;
                return;
            }
            if (owed.programme != batches[at]->programme && !strayed) {
                check.finds(
                    fmt::format("batch {}: its programme is not that of its payments", batches[at]->name()));
                strayed = true;
            }
            std::array<std::byte, payment::leaf_bytes> leaf;
            payment::write_leaf(owed, leaf.data());
            lines.add_leaf(leaf);
            total += owed.amount;
        }
        void close_all(Check& check) {
            while (at < batches.size()) close(check);
        }

    private:
        void close(Check& check) {
            const Batch& batch = *batches[at++];
            if (static_cast<std::int32_t>(lines.size()) != batch.lines || total != batch.total)
                check.finds(fmt::format("batch {}: {} payments over {} yuan, the batch says {} over {}",
                                        batch.name(), lines.size(), total.yuan(), batch.lines,
                                        batch.total.yuan()));
            else if (lines.root() != batch.lines_root)
                check.finds(fmt::format("batch {}: its payments were altered", batch.name()));
            lines = audit::MerkleFrontier{check.hash_};
            total = Money{};
        }
    };

    void reissue_batch(const Batch& batch) {
        audit::MerkleFrontier lines{hash_};
        Money total;
        std::array<std::byte, reissue_leaf_bytes> leaf;
        for (const Reissue& again : work_.payments().reissue_lines(batch)) {
            write_leaf(again, leaf.data());
            lines.add_leaf(leaf);
            total += again.amount;
        }
        if (lines.size() != static_cast<std::uint64_t>(batch.lines) || total != batch.total ||
            lines.root() != batch.lines_root)
            finds(fmt::format("batch {}: its re-issued lines were altered", batch.name()));
        for (const MonthOfBatch& month : months_of(hash_, work_, batch))
            for (const ledger::EntryKind kind : {ledger::EntryKind::reissue, ledger::EntryKind::refused})
                check_entry(batch, month, kind);
    }

    Work& work_;
    const HashFunction& sha256_;  // of files, units and keys
    const HashFunction& hash_;    // of the log and the lines of its entries
    Verdict& verdict_;
    using CauseKey = std::tuple<County, ledger::EntryKind, std::string>;
    std::map<CauseKey, ledger::Entry> by_cause_;
    std::set<CauseKey> checked_;
    std::map<std::pair<County, std::int64_t>, Digest> entry_digests_;
    std::map<std::int64_t, Digest> act_digests_;
    std::map<ledger::Account, Money> balances_;
    std::map<County, ledger::FundBooks> funds_;
    std::map<County, ledger::FundPot> special_;  ///< 1002, by fund
    std::vector<Batch> batches_;
    std::vector<LoggedAct> acts_;
    std::vector<payment::Payment> arrears_;
};

}  // namespace

Verdict verify_ledger(Database& database, FileVault& vault, SignatureVerifier& verifier,
                      const HashFunction& sha256, const HashFunction& log_hash, Ed25519Verify verify_note,
                      std::string_view public_key, const std::string& note_name,
                      const std::function<void(std::string_view stage)>& on_stage) {
    Verdict verdict;
    // One snapshot: while the books are checked the service goes on.
    const auto work = database.begin_snapshot();
    Check check{*work, sha256, log_hash, verdict};
    try {
        on_stage("entries");
        check.entries();
        on_stage("log");
        check.log_and_checkpoints(verify_note, public_key, note_name);
        on_stage("payments");
        check.payments();
        on_stage("outcomes");
        check.outcomes();
        const RecordCheck records = check.records(vault, verifier);
        on_stage("acts");
        records.acts_and_rows();
        on_stage("registers");
        records.registers();
        on_stage("units");
        records.units();
        on_stage("recoveries");
        records.recoveries();
        on_stage("records");
        records.misfits();
        on_stage("signatures");
        records.signatures();
        on_stage("files");
        check.files(vault, verifier);
        on_stage("control accounts");
        check.control_accounts();
    } catch (const BrokenInvariant& broken) {
        verdict.findings.emplace_back(broken.what());
    }
    return verdict;
}

}  // namespace onecard::app
