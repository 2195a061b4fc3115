#include "door_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "retry.hpp"

namespace onecard::app {

namespace {

/// More would make the first of them wait for the last.
constexpr std::size_t together_max = 256;

}  // namespace

void DoorWriter::download(DownloadRecord record) {
    Visit visit{.record = std::move(record), .number = {}, .problem = {}};
    write(visit);
}

bool DoorWriter::receipt(ReceiptRecord record) {
    ensure(record.accepted, "a refusal is written together with what follows from it");
    Visit visit{.record = std::move(record), .number = {}, .problem = {}};
    write(visit);
    return visit.number.has_value();
}

std::optional<std::int64_t> DoorWriter::return_file(ReturnFile file) {
    Visit visit{.record = std::move(file), .number = {}, .problem = {}};
    write(visit);
    return visit.number;
}

/// Whoever finds nobody writing writes for all that wait, once; then it is another's turn.
void DoorWriter::write(Visit& own) {
    std::unique_lock lock{guard_};
    waiting_.push_back(&own);
    while (!own.done) {
        if (writing_) {
            written_.wait(lock);
            continue;
        }
        writing_ = true;
        std::vector<Visit*> group;
        const auto end =
            waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), together_max));
        group.assign(waiting_.begin(), end);
        waiting_.erase(waiting_.begin(), end);
        lock.unlock();
        write_group(group);
        lock.lock();
        for (Visit* visit : group) visit->done = true;
        writing_ = false;
        written_.notify_all();
    }
    if (own.problem) std::rethrow_exception(own.problem);
}

void DoorWriter::write_group(std::vector<Visit*>& group) {
    const auto fail = [](std::vector<Visit*>& all) {
        for (Visit* visit : all) visit->problem = std::current_exception();
    };
    try {
        return with_retries([&] { write_together(group); });
    } catch (const DatabaseAway&) {
        return fail(group);
    } catch (...) {
        if (group.size() == 1) return fail(group);
    }
    // One of them broke the others' work off: each goes alone, and the one is told.
    for (Visit* visit : group) {
        std::vector<Visit*> alone{visit};
        write_group(alone);
    }
}

void DoorWriter::write_together(std::vector<Visit*>& group) {
    std::vector<DownloadRecord> downloads;
    std::vector<ReceiptRecord> receipts;
    std::vector<ReturnFile> returns;
    std::vector<Visit*> receipt_visits;
    std::vector<Visit*> return_visits;
    for (Visit* visit : group) {
        visit->number.reset();
        if (const auto* download = std::get_if<DownloadRecord>(&visit->record)) {
            downloads.push_back(*download);
        } else if (const auto* receipt = std::get_if<ReceiptRecord>(&visit->record)) {
            receipts.push_back(*receipt);
            receipt_visits.push_back(visit);
        } else {
            returns.push_back(std::get<ReturnFile>(visit->record));
            return_visits.push_back(visit);
        }
    }
    auto work = tools_.database.begin();
    std::vector<Act> acts;
    Moment at;
    work->exchange().put_downloads(downloads);
    const std::vector<bool> new_receipts = work->exchange().put_receipts(receipts);
    for (std::size_t i = 0; i < receipts.size(); ++i) {
        if (!new_receipts[i]) continue;
        const ReceiptRecord& receipt = receipts[i];
        receipt_visits[i]->number = 1;
        at = std::max(at, receipt.at);
        acts.push_back(act_of(receipt, tools_.sha256));
    }
    const auto numbers = work->exchange().put_returns(returns);
    for (std::size_t i = 0; i < returns.size(); ++i) {
        if (!numbers[i]) continue;
        const ReturnFile& file = returns[i];
        return_visits[i]->number = numbers[i];
        at = std::max(at, file.at);
        acts.push_back({"return-received", County{},
                        fmt::format("return-received|{}|{}|{}|{}", *numbers[i], file.name, file.digest.hex(),
                                    file.fingerprint.hex())});
    }
    work->ledger().put_acts(acts, tools_.sha256, at);
    work->commit();
}

Act act_of(const ReceiptRecord& receipt, const HashFunction& sha256) {
    return {"receipt", receipt.county,
            fmt::format("receipt|{}|{}|{}|{}", receipt.file_id, receipt.accepted ? "accepted" : "refused",
                        receipt.fingerprint.hex(), digest_of(sha256, receipt.cms).hex())};
}

}  // namespace onecard::app
