#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "batch_entry.hpp"
#include "onecard/app/exchange.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/bankfile/formats.hpp"
#include "onecard/recon/match.hpp"
#include "retry.hpp"
#include "returns.hpp"

/// Matching and posting what banks answer. Return files that wait for batches of the same unit are posted together, in
/// one transaction: a busy day costs no more statements a file than it must, and a quiet one no waiting.
namespace onecard::app {

namespace {

constexpr std::string_view return_ending = ".ret";
constexpr std::size_t file_id_length_max = 32;
/// "YKT", county, period: what the batches of one unit have in common, and one lock with it.
constexpr std::size_t unit_name_length = 15;

/// What one transaction takes; a single file may be larger.
constexpr std::size_t files_together_max = 64;
constexpr std::int64_t bytes_together_max = std::int64_t{16} * 1024 * 1024;

void read_pieces(const std::filesystem::path& path, const std::function<void(std::string_view)>& sink) {
    std::ifstream in{path, std::ios::binary};
    if (!in) throw std::runtime_error{fmt::format("{} cannot be read", path.filename().string())};
    std::vector<char> piece(1 << 18);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
        sink({piece.data(), static_cast<std::size_t>(in.gcount())});
}

/// Reads back what a bank was sent: the file itself is the record of it, and its digest is on record too.
std::vector<recon::SentLine> load_sent(Tools& tools, const Batch& batch, const bankfile::Profile& profile) {
    std::vector<recon::SentLine> sent;
    sent.reserve(static_cast<std::size_t>(batch.lines));
    const auto sha256 = tools.sha256.stream();
    bool well_formed = true;
    const auto reader =
        bankfile::read_batch(profile, batch.file_id, nullptr, [&](const bankfile::BatchLine& line) {
            const auto reference = PaymentReference::parse(line.payment);
            well_formed = well_formed && reference.has_value();
            sent.push_back({reference.value_or(PaymentReference{}), line.amount,
                            recon::account_hash(line.account), false});
        });
    read_pieces(path_in(tools.vault, batch.file_digest, batch.file_id), [&](std::string_view bytes) {
        sha256->update(bytes_of(bytes));
        reader->feed(bytes);
    });
    reader->finish();
    ensure(well_formed && reader->faults().empty() && sha256->finish() == batch.file_digest &&
               sent.size() == static_cast<std::size_t>(batch.lines),
           "a batch file in the vault is not what was sent");
    return sent;
}

struct Settling {
    Tools& tools;
    StreamHash& sm3;
    Moment now;
};

/// One return file that was matched.
struct Answered {
    const ReturnFile* file = nullptr;
    Batch batch;
    recon::Matched matched;
    std::vector<PartNo> parts;  ///< by sent line; empty where all of them lie in the batch's own part
    PartNo part_of(const recon::Outcome& outcome) const {
        return parts.empty() ? batch.part : parts[outcome.sent];
    }
};

/// What the transaction of some return files writes in the end.
struct Posting {
    std::vector<Answered> answered;
    std::vector<ReturnResult> results;
    std::vector<Act> acts;
};

ledger::Entry::About about_return(const Batch& batch, const ReturnFile& file, ledger::EntryKind kind,
                                  Moment now) {
    ledger::Entry::About about;
    about.county = batch.county;
    about.kind = kind;
    about.cause = fmt::format("return {}", file.no);
    about.value_day = now.day_in_china();
    about.programme = static_cast<std::int16_t>(batch.programme);
    about.bank = batch.bank;
    about.period = batch.period.number();
    return about;
}

void refuse_return(const HashFunction& sha256, Posting& posting, const ReturnFile& file, std::string reason,
                   Moment now) {
    posting.acts.push_back({"return-refused", County{},
                            fmt::format("return-refused|{}|{}|{}|{}", file.no, file.name, file.digest.hex(),
                                        digest_of(sha256, reason).hex())});
    ReturnResult result;
    result.no = file.no;
    result.reason = std::move(reason);
    result.at = now;
    posting.results.push_back(std::move(result));
}

/// What a break says, for the digest by which its file's act commits to it.
std::string text_of_breaks(const std::vector<recon::Break>& breaks) {
    std::string text;
    for (const recon::Break& one : breaks)
        text += fmt::format("{}|{}|{}\n", code_of(one.kind), one.line, one.evidence);
    return text;
}

void accept_return(const HashFunction& sha256, Posting& posting, Answered answered, Moment now) {
    const ReturnFile& file = *answered.file;
    const recon::Matched& matched = answered.matched;
    ReturnResult result;
    result.no = file.no;
    result.accepted = true;
    result.county = answered.batch.county;
    result.period = answered.batch.period;
    result.batch = answered.batch.no;
    result.paid = matched.paid;
    result.paid_total = matched.paid_total;
    result.failed = matched.failed;
    result.failed_total = matched.failed_total;
    result.in_progress = matched.in_progress;
    result.breaks = static_cast<std::int32_t>(matched.breaks.size());
    result.at = now;
    posting.results.push_back(std::move(result));
    posting.acts.push_back(
        {"return-posted", answered.batch.county,
         fmt::format("return-posted|{}|{}|{}|{}|{}|{}|{}|{}", file.no, file.name, file.digest.hex(),
                     matched.paid, matched.failed, matched.in_progress, matched.breaks.size(),
                     digest_of(sha256, text_of_breaks(matched.breaks)).hex())});
    posting.answered.push_back(std::move(answered));
}

std::string text_of_faults(const Faults& faults) {
    std::string text;
    for (const Failure& fault : faults) text += fault.message() + "\n";
    return text;
}

/// The root over the outcomes of one kind in the order of the file.
void add_entries(Settling& settling, const Answered& answered, std::vector<ledger::Entry>& entries) {
    const recon::Matched& matched = answered.matched;
    for (const bool paid : {true, false}) {
        audit::MerkleFrontier lines{settling.tools.sha256};
        std::array<std::byte, recon::outcome_leaf_bytes> leaf;
        for (const recon::Outcome& outcome : matched.outcomes) {
            if (outcome.paid != paid) continue;
            recon::write_leaf(answered.part_of(outcome), answered.batch.county, outcome,
                              static_cast<std::int32_t>(answered.file->no), leaf.data());
            lines.add_leaf(leaf);
        }
        if (lines.size() == 0) continue;
        auto about = about_return(answered.batch, *answered.file,
                                  paid ? ledger::EntryKind::paid : ledger::EntryKind::failed, settling.now);
        const Money total = paid ? matched.paid_total : matched.failed_total;
        const Digest root = lines.root();
        about.lines = static_cast<std::int32_t>(lines.size());
        about.line_total = total;
        about.lines_root.assign(reinterpret_cast<const char*>(root.bytes.data()), root.bytes.size());
        auto entry = ledger::standard_entry(std::move(about), total);
        ensure(entry.has_value(), "a standard entry that does not balance");
        entries.push_back(std::move(*entry));
    }
}

std::vector<OpenFailure> failures_of(Work& work, const std::vector<Answered>& all) {
    std::vector<OpenFailure> failures;
    std::map<std::pair<PartNo, Serial>, std::size_t> wanted;
    std::vector<PaymentReference> references;
    for (const Answered& answered : all)
        for (const recon::Outcome& outcome : answered.matched.outcomes) {
            if (outcome.paid) continue;
            OpenFailure failure;
            failure.part = answered.part_of(outcome);
            failure.county = answered.batch.county;
            failure.serial = outcome.serial;
            failure.attempt = outcome.attempt;
            failure.reason = outcome.reason;
            failure.amount = outcome.amount;
            failure.bank = answered.batch.bank;
            failure.programme = answered.batch.programme;
            failure.return_no = answered.file->no;
            failure.line = outcome.line;
            failure.value_day = outcome.value_day;
            wanted.emplace(std::pair{failure.part, failure.serial}, failures.size());
            references.push_back(
                {failure.county, failure.period().number(), failure.serial, failure.attempt});
            failures.push_back(failure);
        }
    if (failures.empty()) return failures;
    for (const payment::Payment& owed : work.payments().find(references)) {
        const auto found = wanted.find({owed.part, owed.serial});
        if (found == wanted.end()) continue;
        failures[found->second].payee_kind = owed.payee_kind;
        failures[found->second].payee = owed.payee;
    }
    for (const OpenFailure& failure : failures)
        ensure(failure.payee != 0, "a failure of a payment that is not on record");
    return failures;
}

void put_outcomes(Work& work, const std::vector<Answered>& all) {
    // Only re-issues are scattered over parts; what they need lives here until it is written.
    std::map<PartNo, std::vector<OutcomesOfReturn>> by_part;
    std::vector<std::map<PartNo, std::vector<recon::Outcome>>> scattered(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Answered& answered = all[i];
        if (answered.parts.empty()) {
            by_part[answered.batch.part].push_back({answered.file->no, answered.matched.outcomes});
            continue;
        }
        for (const recon::Outcome& outcome : answered.matched.outcomes)
            scattered[i][answered.part_of(outcome)].push_back(outcome);
        for (const auto& [part, outcomes] : scattered[i])
            by_part[part].push_back({answered.file->no, outcomes});
    }
    for (const auto& [part, returns] : by_part)
        work.payments().put_outcomes(part, all.front().batch.county, returns);
}

/// Marks the lines that an earlier file had the final word on.
void mark_answered(Work& work, const Batch& batch, std::vector<recon::SentLine>& sent) {
    const auto answered = work.payments().answered(batch);
    std::map<std::pair<Serial, std::int16_t>, std::size_t> index;
    if (!answered.empty() && !batch.first_serial)
        for (std::size_t i = 0; i < sent.size(); ++i)
            index[{sent[i].payment.serial, sent[i].payment.attempt}] = i;
    for (const auto& [serial, attempt] : answered) {
        if (batch.first_serial) {
            sent[static_cast<std::size_t>(serial.number() - batch.first_serial.number())].answered = true;
        } else if (const auto found = index.find({serial, attempt}); found != index.end()) {
            sent[found->second].answered = true;
        }
    }
}

/// Reads one return file against its batch. `bank_code`: of the bank that brought it.
void match(Settling& settling, Work& work, const ReturnFile& file, const Batch& batch,
           const std::string& bank_code, bool was_answered_before, Posting& posting) {
    Tools& tools = settling.tools;
    const auto profiles = profiles_of_run(tools, work, batch.run);
    const bankfile::Profile& profile = profile_in(*profiles, batch.bank);
    std::vector<recon::SentLine> sent = load_sent(tools, batch, profile);
    Answered answered{.file = &file, .batch = batch, .matched = {}, .parts = {}};
    if (!batch.first_serial) {
        answered.parts.resize(sent.size());
        for (const Reissue& again : work.payments().reissue_lines(batch))
            answered.parts[static_cast<std::size_t>(again.line) - 1] = again.part;
    }
    if (was_answered_before) mark_answered(work, batch, sent);

    answered.matched.outcomes.reserve(sent.size());
    recon::Matcher matcher{sent, answered.matched};
    const auto reader = bankfile::read_return(profile, file.name, settling.sm3,
                                              [&](const bankfile::ReturnLine& line) { matcher.take(line); });
    read_pieces(path_in(tools.vault, file.digest, file.name),
                [&](std::string_view bytes) { reader->feed(bytes); });
    reader->finish();
    Faults faults = reader->faults();
    if (faults.empty() && reader->header().file_id != batch.file_id)
        faults.push_back(
            {Fault::mismatch, file.name + ":1:file id",
             fmt::format("answers {}, but is named for {}", reader->header().file_id, batch.file_id)});
    if (faults.empty() && !reader->header().bank_code.empty() && reader->header().bank_code != bank_code)
        faults.push_back({Fault::mismatch, file.name + ":1:bank", "is not the bank of the batch"});
    if (faults.empty() && reader->header().county != batch.county)
        faults.push_back({Fault::mismatch, file.name + ":1:area", "is not the area of the batch"});
    if (!faults.empty())
        return refuse_return(tools.sha256, posting, file, text_of_faults(faults), settling.now);
    accept_return(tools.sha256, posting, std::move(answered), settling.now);
}

/// Matches and posts some return files for batches of one unit, at most one a batch, in one transaction.
void settle_together(Settling& settling, std::span<const ReturnFile> files) {
    settling.sm3.finish();  // A file that stopped half way must not be part of the next one's hash.
    auto work = settling.tools.database.begin();
    std::vector<std::int64_t> numbers;
    for (const ReturnFile& file : files) numbers.push_back(file.no);
    const std::vector<std::int64_t> claimed = work->exchange().claim_returns(numbers);
    if (claimed.empty()) return;
    const std::vector<Bank> banks = work->registers().banks();

    std::vector<std::pair<BankNo, std::string_view>> names;
    for (const ReturnFile& file : files) {
        const auto file_id = file_id_of_return(file.name);
        ensure(file_id.has_value(), "a return file under a name that was never accepted");
        names.emplace_back(file.bank, *file_id);
    }
    const std::vector<DispatchedFile> dispatched = work->exchange().files_named(names);
    std::vector<BatchNo> asked;
    for (const DispatchedFile& file : dispatched) asked.push_back(file.batch.no);
    std::set<BatchNo> answered_before;
    if (!dispatched.empty()) {
        const Batch& any = dispatched.front().batch;
        work->exchange().lock_batch(any);
        // Under the lock: only an accepted return file brings outcomes, so that a batch without one has none.
        for (const BatchNo no : work->exchange().answered_batches(any.county, any.period, asked))
            answered_before.insert(no);
    }

    Posting posting;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const ReturnFile& file = files[i];
        if (!std::ranges::binary_search(claimed, file.no)) continue;
        const auto found = std::ranges::find_if(dispatched, [&](const DispatchedFile& sent) {
            return sent.batch.file_id == names[i].second && sent.batch.bank == file.bank;
        });
        const auto bank = std::ranges::find(banks, file.bank, &Bank::no);
        ensure(bank != banks.end(), "a return file of a bank that is not on record");
        if (found == dispatched.end())
            refuse_return(settling.tools.sha256, posting, file,
                          fmt::format("{}: no file {} was sent to this bank\n", file.name, names[i].second),
                          settling.now);
        else if (found->accepted == false)
            refuse_return(settling.tools.sha256, posting, file,
                          fmt::format("{}: file {} was refused by the bank's own receipt\n", file.name,
                                      names[i].second),
                          settling.now);
        else
            match(settling, *work, file, found->batch, bank->code, answered_before.contains(found->batch.no),
                  posting);
    }

    const HashFunction& sha256 = settling.tools.sha256;
    put_outcomes(*work, posting.answered);
    work->payments().put_failures(failures_of(*work, posting.answered));
    std::vector<ledger::Entry> entries;
    for (const Answered& answered : posting.answered) {
        work->exchange().put_breaks(answered.batch.county, answered.file->no, answered.matched.breaks,
                                    settling.now);
        add_entries(settling, answered, entries);
    }
    work->ledger().put_entries(entries, sha256, settling.now);
    work->exchange().put_return_results(posting.results);
    work->ledger().put_acts(posting.acts, sha256, settling.now);
    work->commit();
}

/// The return files of each unit, in the order in which they came.
std::vector<std::vector<ReturnFile>> by_unit(std::vector<ReturnFile> waiting) {
    std::map<std::string, std::vector<ReturnFile>> units;
    for (ReturnFile& file : waiting) units[file.name.substr(0, unit_name_length)].push_back(std::move(file));
    std::vector<std::vector<ReturnFile>> all;
    for (auto& [unit, files] : units) all.push_back(std::move(files));
    // Whoever waits longest comes first.
    std::ranges::sort(all, {}, [](const std::vector<ReturnFile>& files) { return files.front().no; });
    return all;
}

/// How many of the first files can be posted together: a second answer to one batch must see the first one's outcomes.
std::size_t together(std::span<const ReturnFile> files) {
    std::set<std::string_view> batches;
    std::int64_t bytes = 0;
    std::size_t count = 0;
    while (count < files.size() && count < files_together_max) {
        const auto file_id = file_id_of_return(files[count].name);
        bytes += files[count].bytes;
        if (count > 0 && bytes > bytes_together_max) break;
        if (!batches.insert(file_id.value_or(files[count].name)).second) break;
        ++count;
    }
    return count;
}

}  // namespace

std::optional<std::string_view> file_id_of_return(std::string_view name) {
    if (!name.ends_with(return_ending) || !name.starts_with("YKT")) return std::nullopt;
    name.remove_suffix(return_ending.size());
    const std::size_t dot = name.find('.');
    if (dot != std::string_view::npos) {
        const std::string_view number = name.substr(dot + 1);
        if (number.empty() || number.size() > 3 ||
            !std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }))
            return std::nullopt;
        name = name.substr(0, dot);
    }
    if (name.size() < 19 || name.size() > file_id_length_max ||
        !std::ranges::all_of(name.substr(3), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    return name;
}

std::filesystem::path path_in(FileVault& vault, const Digest& digest, std::string_view what) {
    auto path = vault.find(digest);
    if (!path) throw std::runtime_error{fmt::format("{} is missing from the vault", what)};
    return *path;
}

std::int64_t Exchange::settle(Moment now, const std::function<void(std::string_view)>& on_problem) {
    const std::vector<std::vector<ReturnFile>> units =
        by_unit(tools_.database.begin()->exchange().unprocessed_returns());
    std::atomic<std::size_t> next{0};
    std::atomic<std::int64_t> done{0};
    std::mutex guard;
    std::vector<std::jthread> workers;
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(tools_.workers), units.size());
    for (std::size_t w = 0; w < count; ++w)
        workers.emplace_back([&] {
            const auto sm3 = tools_.sm3.stream();
            Settling settling{tools_, *sm3, now};
            const auto settle_some = [&](std::span<const ReturnFile> files) {
                with_retries([&] { settle_together(settling, files); });
                done += static_cast<std::int64_t>(files.size());
            };
            for (std::size_t i = next++; i < units.size(); i = next++) {
                for (std::span<const ReturnFile> files{units[i]}; !files.empty();) {
                    const auto some = files.first(together(files));
                    files = files.subspan(some.size());
                    if (some.size() > 1) {
                        try {
                            settle_some(some);
                            continue;
                        } catch (const std::exception&) {
                            // One of them broke the others' work off: each goes alone, and the one is named.
                        }
                    }
                    for (const ReturnFile& file : some) {
                        try {
                            settle_some({&file, 1});
                        } catch (const std::exception& problem) {
                            const std::lock_guard lock{guard};
                            on_problem(
                                fmt::format("return file {} ({}): {}", file.no, file.name, problem.what()));
                        }
                    }
                }
            }
        });
    workers.clear();
    return done;
}

}  // namespace onecard::app
