#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "onecard/app/exchange.hpp"
#include "onecard/bankfile/formats.hpp"
#include "onecard/recon/match.hpp"
#include "outcome_keys.hpp"
#include "retry.hpp"
#include "returns.hpp"
#include "sent_lines.hpp"
#include "settle_posting.hpp"

/// Matching and posting what banks answer. Return files that wait for batches of the same unit are posted together, in
/// one transaction: a busy day costs no more statements a file than it must, and a quiet one no waiting.
namespace onecard::app {

namespace {

constexpr std::string_view return_ending = ".ret";
constexpr std::size_t file_id_length_max = 32;
/// "YKT", county, period: what the batches of one unit have in common.
constexpr std::size_t unit_name_length = 15;

/// What one transaction takes; a single file may be larger.
constexpr std::size_t files_together_max = 64;
constexpr std::int64_t bytes_together_max = slow_file_bytes;
/// What is held of a large file before it is written out: its size does not matter to memory.
constexpr std::size_t outcomes_held_max = 1 << 16;
constexpr std::size_t faults_told_max = 1000;
/// Far more return files than are ever being written down at once.
constexpr std::int64_t numbers_under_way_max = 100'000;

void read_pieces(const std::filesystem::path& path, const std::function<void(std::string_view)>& sink) {
    std::ifstream in{path, std::ios::binary};
    if (!in) throw std::runtime_error{fmt::format("{} cannot be read", path.filename().string())};
    std::vector<char> piece(1 << 16);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
        sink({piece.data(), static_cast<std::size_t>(in.gcount())});
}

/// A file turned out to be no good after some of its outcomes were written: all of that is undone, then it is refused.
struct RefusedLate {
    std::string reason;
};

std::string text_of_faults(const Faults& faults) {
    std::string text;
    for (const Failure& fault : faults) text += fault.message() + "\n";
    return text;
}

/// Whether the file says of which earlier one it is the new version, and may.
std::optional<Failure> fault_of_version(const ReturnFile& file, const bankfile::ReturnHeader& header,
                                        const std::vector<std::int64_t>& versions) {
    if (header.corrects == 0 || !versions.empty()) return std::nullopt;
    return Failure{Fault::unknown, file.name + ":1:corrects",
                   fmt::format("return file {} is none that answered this batch", header.corrects)};
}

/// Reads one return file against its batch. `bank_code`: of the bank that brought it. `alone`: nothing else is in this
/// transaction, so that a large file can be written out while it is read.
void match(Settling& settling, Work& work, const ReturnFile& file, const Batch& batch,
           const std::string& bank_code, bool was_answered_before, bool alone, Posting& posting) {
    Tools& tools = settling.tools;
    const auto profiles = profiles_of_run(tools, work, batch.run);
    const bankfile::Profile& profile = profile_in(*profiles, batch.bank);
    std::vector<Answered> one;
    one.push_back({&file,
                   batch,
                   {},
                   0,
                   std::make_unique<SentLines>(tools, work, batch, profile, was_answered_before),
                   {},
                   tools.sha256.stream()});
    Answered& answered = one.front();
    recon::Matched& matched = answered.matched;
    matched.outcomes.reserve(std::min<std::size_t>(static_cast<std::size_t>(batch.lines), outcomes_held_max));
    const bool refuses_bad_lines =
        std::ranges::find(tools.refuse_bad_lines, file.bank) != tools.refuse_bad_lines.end();

    std::vector<std::int64_t> versions;
    std::optional<recon::Matcher> matcher;
    std::int32_t last_seq = 0;
    bool written = false;
    bankfile::ReturnReading* reading = nullptr;
    const auto begin_matching = [&] {
        if (matcher) return;
        answered.corrects = reading->header().corrects;
        if (answered.corrects != 0) versions = work.exchange().versions_of(batch, answered.corrects);
        matcher.emplace(matched, answered.corrects);
    };
    const auto on_line = [&](const bankfile::ReturnLine& line) {
        begin_matching();
        const std::int32_t line_no = reading->line_no();
        if (line.seq <= last_seq) return matcher->take_out_of_order(line, line_no);
        last_seq = line.seq;
        recon::SentLine* const sent = answered.sent->at(line.seq);
        // A corrected version speaks for all the versions before it.
        if (sent != nullptr && std::ranges::find(versions, sent->known.return_no) != versions.end())
            sent->known.return_no = answered.corrects;
        matcher->take(line, sent, line_no);
        if (!alone ||
            matched.outcomes.size() + matched.reversals.size() + matched.breaks.size() < outcomes_held_max)
            return;
        tell_breaks(answered);
        write_out(tools.log(), work, one, settling.now);
        written = true;
    };
    Faults bad_lines;  // Told when the file is refused for something else.
    const auto on_bad_line = [&](const Failure& fault) {
        if (bad_lines.size() < faults_told_max) bad_lines.push_back(fault);
        begin_matching();
        matcher->take_malformed(fault.message(), reading->line_no());
    };
    const auto reader =
        bankfile::read_return(profile, file.name, settling.sm3, on_line,
                              refuses_bad_lines ? bankfile::ReturnReader::OnBadLine{}
                                                : bankfile::ReturnReader::OnBadLine{on_bad_line});
    reading = reader.get();
    read_pieces(path_in(tools.vault, file.digest, file.name),
                [&](std::string_view bytes) { reader->feed(bytes); });
    reader->finish();
    answered.sent->finish();
    Faults faults = reader->faults();
    if (faults.empty()) begin_matching();
    const auto must_be = [&](bool holds, std::string_view field, std::string text) {
        if (faults.empty() && !holds)
            faults.push_back({Fault::mismatch, fmt::format("{}:1:{}", file.name, field), std::move(text)});
    };
    must_be(reader->header().file_id == batch.file_id, "file id",
            fmt::format("answers {}, but is named for {}", reader->header().file_id, batch.file_id));
    must_be(reader->header().bank_code.empty() || reader->header().bank_code == bank_code, "bank",
            "is not the bank of the batch");
    must_be(reader->header().county == batch.county, "area", "is not the area of the batch");
    if (faults.empty())
        if (auto fault = fault_of_version(file, reader->header(), versions))
            faults.push_back(std::move(*fault));
    if (faults.empty() && refuses_bad_lines && matched.broken > 0) {
        faults.push_back({Fault::mismatch, file.name,
                          fmt::format("{} lines do not fit; files of this bank are taken whole or not at all",
                                      matched.broken)});
        for (const recon::Break& bad : matched.breaks) {
            if (faults.size() > faults_told_max) break;
            if (bad.kind == recon::BreakKind::late_return) continue;
            faults.push_back({Fault::mismatch,
                              fmt::format("{}:{}:{}", file.name, bad.line, code_of(bad.kind)), bad.evidence});
        }
    }
    if (!faults.empty()) {
        faults.insert(faults.end(), bad_lines.begin(), bad_lines.end());
        if (written) throw RefusedLate{text_of_faults(faults)};
        return refuse_return(tools.sha256, posting, file, text_of_faults(faults), settling.now);
    }
    tell_breaks(answered);
    accept_return(posting, std::move(answered), !was_answered_before, settling.now);
}

/// Matches and posts some return files for batches of one unit, at most one a batch, in one transaction.
void settle_together(Settling& settling, std::span<const ReturnFile> files) {
    settling.sm3.finish();  // A file that stopped half way must not be part of the next one's hash.
    auto work = settling.tools.database.begin_bulk();
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
        // One lock a bank, ascending, so that two transactions cannot wait for each other.
        std::map<BankNo, const Batch*> of_bank;
        for (const DispatchedFile& file : dispatched) of_bank.emplace(file.batch.bank, &file.batch);
        for (const auto& [bank, batch] : of_bank) work->exchange().lock_batch(*batch);
        // Under the lock: only an accepted return file brings outcomes, so that a batch without one has none.
        for (const BatchNo no : work->exchange().answered_batches(any.county, any.period, asked))
            answered_before.insert(no);
    }

    // What another file says of a batch is held against the words that are there, and each of them can stand there once.
    for (const DispatchedFile& file : dispatched)
        if (file.batch.first_serial && answered_before.contains(file.batch.no))
            work->payments().key_outcomes(file.batch.part, true);

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
                  files.size() == 1, posting);
    }

    const HashFunction& log = settling.tools.log();
    write_out(log, *work, posting.answered, settling.now);
    const std::vector<ledger::Entry> entries = entries_of(settling, *work, posting.answered);
    work->ledger().put_entries(entries, log, settling.now);
    work->exchange().put_return_results(posting.results);
    work->ledger().put_acts(posting.acts, log, settling.now);
    work->commit();
}

/// Says of one file alone why it is refused.
void refuse_alone(Settling& settling, const ReturnFile& file, const std::string& reason) {
    auto work = settling.tools.database.begin_bulk();
    if (!work->exchange().claim_return(file.no)) return;
    Posting posting;
    refuse_return(settling.tools.sha256, posting, file, reason, settling.now);
    work->exchange().put_return_results(posting.results);
    work->ledger().put_acts(posting.acts, settling.tools.log(), settling.now);
    work->commit();
}

/// The return files of each unit, in the order in which they came; those of a bank with a giant one there by themselves.
std::vector<std::vector<ReturnFile>> groups_of(std::vector<ReturnFile> waiting, Lane lane) {
    using Key = std::pair<std::string, BankNo>;
    const auto unit_of = [](const ReturnFile& file) { return file.name.substr(0, unit_name_length); };
    std::set<Key> slow;
    for (const ReturnFile& file : waiting)
        if (file.bytes > slow_file_bytes) slow.emplace(unit_of(file), file.bank);
    std::map<Key, std::vector<ReturnFile>> groups;
    for (ReturnFile& file : waiting) {
        const bool is_slow = slow.contains({unit_of(file), file.bank});
        if (lane != Lane::both && is_slow != (lane == Lane::slow)) continue;
        groups[{unit_of(file), is_slow ? file.bank : BankNo{}}].push_back(std::move(file));
    }
    std::vector<std::vector<ReturnFile>> all;
    for (auto& [key, files] : groups) all.push_back(std::move(files));
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

std::vector<ReturnFile> Exchange::waiting_returns() {
    auto waiting = tools_.database.begin_question()->exchange().unprocessed_returns(settled_to_);
    // What is written down at this moment may have a lower number than what is there already.
    if (!waiting.empty())
        settled_to_ = std::max<std::int64_t>(0, waiting.front().no - 1 - numbers_under_way_max);
    return waiting;
}

std::int64_t Exchange::settle(Moment now, const std::function<void(std::string_view)>& on_problem,
                              Lane lane) {
    const std::vector<std::vector<ReturnFile>> units = groups_of(waiting_returns(), lane);
    std::atomic<std::size_t> next{0};
    std::atomic<std::int64_t> done{0};
    std::mutex guard;
    std::vector<std::jthread> workers;
    // Giant files leave the others half of the machine.
    const int most = lane == Lane::slow ? std::max(1, tools_.workers / 2) : tools_.workers;
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(most), units.size());
    for (std::size_t w = 0; w < count; ++w)
        workers.emplace_back([&] {
            tools_.give_way();
            const auto sm3 = tools_.sm3.stream();
            Settling settling{tools_, *sm3, now};
            const auto settle_some = [&](std::span<const ReturnFile> files) {
                with_retries([&] {
                    try {
                        settle_together(settling, files);
                    } catch (const RefusedLate& late) {
                        refuse_alone(settling, files.front(), late.reason);
                    }
                });
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
            // Whoever comes last finds every part that is whole by now.
            try {
                app::key_outcomes(tools_, KeyOutcomes::of_answered_parts);
            } catch (const std::exception& problem) {
                const std::lock_guard lock{guard};
                on_problem(fmt::format("outcomes have no key yet: {}", problem.what()));
            }
        });
    workers.clear();
    return done;
}

void Exchange::key_outcomes() { app::key_outcomes(tools_, KeyOutcomes::when_quiet); }

}  // namespace onecard::app
