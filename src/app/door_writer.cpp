#include "door_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>

#include "retry.hpp"

namespace onecard::app {

namespace {

/// More would make the first of them wait for the last.
constexpr std::size_t together_max = 256;
/// More than this is not left for later.
constexpr std::size_t downloads_max = 4096;
constexpr std::chrono::milliseconds a_moment{200};
/// How long a busy group waits for more: a transaction costs about as much for twelve records as for three. Banks come one
/// file after the other, so that a longer wait makes small months slower and large ones no faster.
constexpr std::chrono::milliseconds busy_wait{3};
/// So many at once are a busy day. Whoever comes alone, or with one other, waits for nobody.
constexpr std::size_t busy_from = 3;
/// So many wait for no more.
constexpr std::size_t enough = 12;

}  // namespace

DoorWriter::DoorWriter(Tools& tools)
    : tools_{tools},
      downloads_writer_{[this](const std::stop_token& stop) { write_downloads_until_stopped(stop); }} {}

DoorWriter::~DoorWriter() {
    downloads_writer_.request_stop();
    fetched_.notify_all();
    downloads_writer_.join();
}

void DoorWriter::downloads(std::vector<DownloadRecord> records) {
    std::unique_lock lock{guard_};
    const bool were_none = downloads_.empty();
    std::ranges::move(records, std::back_inserter(downloads_));
    if (were_none) fetched_.notify_one();
    while (downloads_.size() > downloads_max) {
        const std::size_t before = downloads_.size();
        if (writing_)
            written_.wait(lock);
        else
            write_next(lock);
        if (downloads_.size() >= before) throw DatabaseAway{"what banks fetched cannot be written down"};
    }
}

void DoorWriter::receipts(std::vector<ReceiptRecord> records) {
    ensure(std::ranges::all_of(records, &ReceiptRecord::accepted),
           "a refusal is written together with what follows from it");
    Visit visit{.record = std::move(records), .numbers = {}, .problem = {}};
    write(visit);
}

std::optional<std::int64_t> DoorWriter::return_file(ReturnFile file) {
    std::vector<ReturnFile> alone;
    alone.push_back(std::move(file));
    return return_files(std::move(alone)).front();
}

std::vector<std::optional<std::int64_t>> DoorWriter::return_files(std::vector<ReturnFile> files) {
    if (files.empty()) return {};
    Visit visit{.record = std::move(files), .numbers = {}, .problem = {}};
    write(visit);
    return std::move(visit.numbers);
}

/// Whoever finds nobody writing writes for all that wait, once; then it is another's turn.
void DoorWriter::write(Visit& own) {
    std::unique_lock lock{guard_};
    waiting_.push_back(&own);
    if (waiting_.size() >= enough) gathered_.notify_one();
    while (!own.done) {
        if (writing_) {
            written_.wait(lock);
            continue;
        }
        if (last_group_ >= busy_from) {
            writing_ = true;  // The others wait for what this one writes.
            gathered_.wait_for(lock, busy_wait, [this] { return waiting_.size() >= enough; });
        }
        write_next(lock);
    }
    if (own.problem) std::rethrow_exception(own.problem);
}

DoorWriter::Group DoorWriter::next_group() {
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), together_max));
    Group group{.visits = {waiting_.begin(), end}, .downloads = std::exchange(downloads_, {})};
    waiting_.erase(waiting_.begin(), end);
    return group;
}

void DoorWriter::write_next(std::unique_lock<std::mutex>& lock) {
    writing_ = true;
    Group group = next_group();
    last_group_ = group.visits.size();
    lock.unlock();
    write_group(group);
    lock.lock();
    // Those that could not be written wait for the next group.
    downloads_.insert(downloads_.begin(), group.downloads.begin(), group.downloads.end());
    for (Visit* visit : group.visits) visit->done = true;
    writing_ = false;
    written_.notify_all();
}

void DoorWriter::write_group(Group& group) {
    try {
        with_retries([&] { write_together(group); });
        group.downloads.clear();
        return;
    } catch (const DatabaseAway&) {
        for (Visit* visit : group.visits) visit->problem = std::current_exception();
        return;
    } catch (...) {
        if (group.visits.size() == 1 && group.downloads.empty())
            group.visits.front()->problem = std::current_exception();
        if (group.visits.size() + group.downloads.size() <= 1) return;
    }
    // One of them broke the others' work off: each goes alone, and the one is told.
    for (Visit* visit : group.visits) {
        Group alone{.visits = {visit}, .downloads = {}};
        write_group(alone);
    }
    std::vector<DownloadRecord> left;
    for (DownloadRecord& download : group.downloads) {
        Group alone{.visits = {}, .downloads = {std::move(download)}};
        write_group(alone);
        std::ranges::move(alone.downloads, std::back_inserter(left));
    }
    group.downloads = std::move(left);
}

void DoorWriter::write_downloads_until_stopped(const std::stop_token& stop) {
    std::unique_lock lock{guard_};
    while (!stop.stop_requested()) {
        fetched_.wait(lock, stop, [&] { return !downloads_.empty(); });
        // Most often a receipt follows, and takes them along.
        fetched_.wait_for(lock, stop, a_moment, [] { return false; });
        if (!writing_ && !downloads_.empty()) write_next(lock);
    }
}

void DoorWriter::write_together(const Group& group) {
    std::vector<ReceiptRecord> receipts;
    std::vector<ReturnFile> returns;
    std::vector<Visit*> return_visits;
    for (Visit* visit : group.visits) {
        visit->numbers.clear();
        if (const auto* said = std::get_if<std::vector<ReceiptRecord>>(&visit->record)) {
            receipts.insert(receipts.end(), said->begin(), said->end());
        } else {
            const auto& brought = std::get<std::vector<ReturnFile>>(visit->record);
            returns.insert(returns.end(), brought.begin(), brought.end());
            return_visits.insert(return_visits.end(), brought.size(), visit);
        }
    }
    auto work = tools_.database.begin();
    // An act tells of its record as of the same moment.
    std::map<Moment, std::vector<Act>> acts;
    work->exchange().put_downloads(group.downloads);
    for (const DownloadRecord& download : group.downloads)
        acts[download.at].push_back({"download", download.county,
                                     fmt::format("download|{}|{}|{}", download.file_id,
                                                 download.fingerprint.hex(), download.address)});
    const std::vector<std::int16_t> rounds = work->exchange().put_receipts(receipts);
    std::vector<std::pair<BankNo, std::string_view>> answered_before;
    for (std::size_t i = 0; i < receipts.size(); ++i) {
        if (rounds[i] != 0)
            acts[receipts[i].at].push_back(act_of(receipts[i]));
        else
            answered_before.emplace_back(receipts[i].bank, receipts[i].file_id);
    }
    if (!answered_before.empty())
        for (const DispatchedFile& file : work->exchange().files_named(answered_before))
            if (file.accepted == false) throw AnsweredOtherwise{file.batch.file_id};
    const auto numbers = work->exchange().put_returns(returns);
    for (std::size_t i = 0; i < returns.size(); ++i) {
        return_visits[i]->numbers.push_back(numbers[i]);
        if (!numbers[i]) continue;
        const ReturnFile& file = returns[i];
        acts[file.at].push_back({"return-received", County{},
                                 fmt::format("return-received|{}|{}|{}|{}", *numbers[i], file.name,
                                             file.digest.hex(), file.fingerprint.hex())});
    }
    for (const auto& [at, of_then] : acts) work->ledger().put_acts(of_then, tools_.log(), at);
    work->commit();
}

Act act_of(const ReceiptRecord& receipt) {
    return {"receipt", receipt.county,
            fmt::format("receipt|{}|{}|{}|{}", receipt.file_id, receipt.accepted ? "accepted" : "refused",
                        receipt.note->fingerprint.hex(), receipt.note->digest.hex())};
}

}  // namespace onecard::app
