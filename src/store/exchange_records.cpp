#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "array_text.hpp"
#include "binary_copy.hpp"
#include "break_rows.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

app::DispatchedFile dispatched_in(Row& row) {
    app::DispatchedFile file;
    file.seq = row.as<std::int32_t>();
    file.at = row.moment();
    if (row.is_null())
        row.skip();
    else
        file.accepted = row.flag();
    file.round = row.as<std::int16_t>();
    file.batch = batch_in(row);
    return file;
}

app::ReturnFile return_in(Row& row) {
    app::ReturnFile file;
    file.no = row.number();
    file.bank = row.id<BankNo>();
    file.name = row.text();
    file.digest = row.digest();
    file.bytes = row.number();
    file.signature = row.bytes();
    file.fingerprint = row.digest();
    file.at = row.moment();
    return file;
}

class Exchange final : public app::ExchangeRecords {
public:
    explicit Exchange(Connection& connection) : connection_{connection} {}

    void put_dispatches(std::span<const app::Batch> batches, Moment at) override {
        if (batches.empty()) return;
        // Banks in ascending order, so that two releases cannot wait for each other.
        std::map<BankNo, std::int32_t> next;
        for (const app::Batch& batch : batches) next.emplace(batch.bank, 0);
        for (auto& [bank, seq] : next) {
            connection_.lock(LockClass::dispatch, bank.number());
            seq = static_cast<std::int32_t>(connection_.number(sql::last_dispatch, {{"bank", bank}}));
        }
        CopyIn copy{connection_, "dispatch (bank, seq, county, period, batch_no, at)"};
        for (const app::Batch& batch : batches) {
            copy.row(6);
            copy.put(batch.bank);
            copy.put(++next.at(batch.bank));
            copy.put(batch.county);
            copy.put(batch.period);
            copy.put(batch.no);
            copy.put(at);
        }
        copy.finish();
    }

    std::int16_t dispatch_again(const app::Batch& batch, Moment at) override {
        connection_.lock(LockClass::dispatch, batch.bank.number());
        return static_cast<std::int16_t>(connection_.number(sql::dispatch_again, {{"bank", batch.bank},
                                                                                  {"county", batch.county},
                                                                                  {"period", batch.period},
                                                                                  {"batch_no", batch.no},
                                                                                  {"at", at}}));
    }

    std::vector<app::DispatchedFile> files_for(BankNo bank, std::int32_t after_seq, int at_most) override {
        std::vector<app::DispatchedFile> files;
        connection_.each(sql::dispatched_files,
                         {{"bank", bank}, {"after_seq", after_seq}, {"at_most", at_most}},
                         [&](Row& row) { files.push_back(dispatched_in(row)); });
        return files;
    }

    std::optional<app::DispatchedFile> file_for(BankNo bank, std::string_view file_id) override {
        std::optional<app::DispatchedFile> found;
        connection_.each(sql::dispatched_file, {{"bank", bank}, {"file_id", file_id}},
                         [&](Row& row) { found = dispatched_in(row); });
        return found;
    }

    std::vector<app::DispatchedFile> files_named(
        std::span<const std::pair<BankNo, std::string_view>> wanted) override {
        ArrayText banks, names;
        for (const auto& [bank, name] : wanted) {
            banks.add(bank.number());
            names.add_word(name);
        }
        std::vector<app::DispatchedFile> files;
        connection_.each(sql::dispatched_by_name, {{"banks", banks.text()}, {"file_ids", names.text()}},
                         [&](Row& row) { files.push_back(dispatched_in(row)); });
        return files;
    }

    void put_downloads(std::span<const app::DownloadRecord> downloads) override {
        if (downloads.empty()) return;
        CopyIn copy{connection_, "download (county, period, batch_no, at, fingerprint, address)"};
        for (const app::DownloadRecord& download : downloads) {
            copy.row(6);
            copy.put(download.county);
            copy.put(download.period);
            copy.put(download.batch);
            copy.put(download.at);
            copy.put(download.fingerprint);
            copy.put(std::string_view{download.address});
        }
        copy.finish();
    }

    std::vector<std::int16_t> put_receipts(std::span<const app::ReceiptRecord> receipts) override {
        std::vector<std::int16_t> rounds(receipts.size());
        if (receipts.empty()) return rounds;
        ArrayText counties, periods, batches, accepted, reasons, notes, times, digests, cms, fingerprints;
        std::set<Digest> named;
        std::map<std::tuple<County, Month, BatchNo>, std::size_t> first;
        for (std::size_t i = 0; i < receipts.size(); ++i) {
            const app::ReceiptRecord& receipt = receipts[i];
            first.try_emplace({receipt.county, receipt.period, receipt.batch}, i);
            counties.add(receipt.county.number());
            periods.add(receipt.period.number());
            batches.add(receipt.batch.number());
            accepted.add_word(receipt.accepted ? "t" : "f");
            reasons.add_text(receipt.reason);
            notes.add_word(receipt.note->digest.hex());
            times.add(receipt.at.unix_seconds());
            if (!named.insert(receipt.note->digest).second) continue;
            digests.add_word(receipt.note->digest.hex());
            cms.add_word(hex_of(receipt.note->cms));
            fingerprints.add_word(receipt.note->fingerprint.hex());
        }
        connection_.each(sql::put_receipts,
                         {{"counties", counties.text()},
                          {"periods", periods.text()},
                          {"batches", batches.text()},
                          {"accepted", accepted.text()},
                          {"reasons", reasons.text()},
                          {"notes", notes.text()},
                          {"times", times.text()},
                          {"digests", digests.text()},
                          {"cms", cms.text()},
                          {"fingerprints", fingerprints.text()}},
                         [&](Row& row) {
                             const County county = row.county();
                             const Month period = row.month();
                             const std::size_t which = first.at({county, period, row.id<BatchNo>()});
                             rounds[which] = row.as<std::int16_t>();
                         });
        return rounds;
    }

    std::vector<std::optional<std::int64_t>> put_returns(std::span<const app::ReturnFile> files) override {
        std::vector<std::optional<std::int64_t>> numbers(files.size());
        if (files.empty()) return numbers;
        ArrayText banks, names, digests, bytes, signatures, fingerprints, times;
        std::map<std::pair<BankNo, Digest>, std::size_t> first;
        for (std::size_t i = 0; i < files.size(); ++i) {
            const app::ReturnFile& file = files[i];
            first.try_emplace({file.bank, file.digest}, i);
            banks.add(file.bank.number());
            names.add_text(file.name);
            digests.add_word(file.digest.hex());
            bytes.add(file.bytes);
            signatures.add_word(hex_of(file.signature));
            fingerprints.add_word(file.fingerprint.hex());
            times.add(file.at.unix_seconds());
        }
        connection_.each(sql::put_returns,
                         {{"banks", banks.text()},
                          {"names", names.text()},
                          {"digests", digests.text()},
                          {"bytes", bytes.text()},
                          {"signatures", signatures.text()},
                          {"fingerprints", fingerprints.text()},
                          {"times", times.text()}},
                         [&](Row& row) {
                             const std::int64_t number = row.number();
                             const auto bank = row.id<BankNo>();
                             numbers[first.at({bank, row.digest()})] = number;
                         });
        return numbers;
    }

    std::vector<app::ReturnFile> returns_of_digests(BankNo bank, std::span<const Digest> digests) override {
        ArrayText wanted;
        for (const Digest& digest : digests) wanted.add_word(digest.hex());
        std::vector<app::ReturnFile> files;
        connection_.each(sql::returns_of_digests, {{"bank", bank}, {"digests", wanted.text()}},
                         [&](Row& row) { files.push_back(return_in(row)); });
        return files;
    }

    std::optional<app::ReturnFile> return_of_digest(BankNo bank, const Digest& digest) override {
        std::optional<app::ReturnFile> found;
        connection_.each(sql::return_of_digest, {{"bank", bank}, {"digest", digest}},
                         [&](Row& row) { found = return_in(row); });
        return found;
    }

    std::vector<app::ReturnFile> unprocessed_returns(std::int64_t after_no) override {
        std::vector<app::ReturnFile> files;
        connection_.each(sql::unprocessed_returns, {{"after", after_no}},
                         [&](Row& row) { files.push_back(return_in(row)); });
        return files;
    }

    std::vector<app::ReturnState> returns_of(BankNo bank, std::int64_t after_no, int at_most) override {
        std::vector<app::ReturnState> states;
        connection_.each(sql::returns_of_bank, {{"bank", bank}, {"after_no", after_no}, {"at_most", at_most}},
                         [&](Row& row) {
                             app::ReturnState& state = states.emplace_back();
                             state.no = row.number();
                             state.name = row.text();
                             state.digest = row.digest();
                             state.at = row.moment();
                             if (row.is_null())
                                 row.skip();
                             else
                                 state.accepted = row.flag();
                             state.reason = row.text();
                             state.paid = row.as<std::int32_t>();
                             state.failed = row.as<std::int32_t>();
                             state.in_progress = row.as<std::int32_t>();
                             state.breaks = row.as<std::int32_t>();
                         });
        return states;
    }

    std::optional<app::ReturnFile> return_of_number(std::int64_t return_no) override {
        std::optional<app::ReturnFile> found;
        connection_.each(sql::return_of_number, {{"return_no", return_no}},
                         [&](Row& row) { found = return_in(row); });
        return found;
    }

    std::optional<app::ReturnFile> find_return(BankNo bank, std::string_view name) override {
        std::optional<app::ReturnFile> found;
        connection_.each(sql::find_return, {{"bank", bank}, {"name", name}},
                         [&](Row& row) { found = return_in(row); });
        return found;
    }

    std::optional<app::ReturnResult> return_result(std::int64_t return_no) override {
        std::optional<app::ReturnResult> found;
        connection_.each(sql::return_result, {{"return_no", return_no}}, [&](Row& row) {
            app::ReturnResult& result = found.emplace();
            result.no = row.number();
            result.accepted = row.flag();
            result.reason = row.text();
            result.county = row.county();
            if (row.is_null())
                row.skip();
            else
                result.period = row.month();
            result.batch = row.id<BatchNo>();
            result.paid = row.as<std::int32_t>();
            result.paid_total = row.money();
            result.failed = row.as<std::int32_t>();
            result.failed_total = row.money();
            result.in_progress = row.as<std::int32_t>();
            result.breaks = row.as<std::int32_t>();
            result.corrects = row.number();
            result.repeated = row.as<std::int32_t>();
            result.returned = row.as<std::int32_t>();
            result.returned_total = row.money();
            result.corrected = row.as<std::int32_t>();
            result.corrected_total = row.money();
            result.at = row.moment();
        });
        return found;
    }

    std::vector<std::int64_t> claim_returns(std::span<const std::int64_t> numbers) override {
        std::vector<std::int32_t> small;
        for (const std::int64_t number : numbers) {
            ensure(number > 0 && number <= std::numeric_limits<std::int32_t>::max(),
                   "a return file's number does not fit its lock");
            small.push_back(static_cast<std::int32_t>(number));
        }
        connection_.lock_all(LockClass::returns, small);
        std::vector<std::int64_t> open{numbers.begin(), numbers.end()};
        connection_.each(sql::has_return_results, {{"numbers", list_of(numbers)}}, [&](Row& row) {
            const std::int64_t done = row.number();
            std::erase(open, done);
        });
        return open;
    }

    std::vector<BatchNo> answered_batches(County county, Month period,
                                          std::span<const BatchNo> batches) override {
        std::vector<std::int32_t> numbers;
        for (const BatchNo batch : batches) numbers.push_back(batch.number());
        std::vector<BatchNo> answered;
        connection_.each(
            sql::answered_batches,
            {{"county", county}, {"period", period}, {"batches", list_of(std::span{std::as_const(numbers)})}},
            [&](Row& row) { answered.push_back(row.id<BatchNo>()); });
        return answered;
    }

    void lock_batch(const app::Batch& batch) override {
        connection_.lock(
            LockClass::batch,
            number_of_batch(batch.period.year() * 12 + batch.period.month(), batch.bank.number()),
            batch.county.number());
    }

    void put_return_results(std::span<const app::ReturnResult> results) override {
        if (results.empty()) return;
        CopyIn copy{
            connection_,
            "return_result (return_no, accepted, reason, county, period, batch_no, paid, paid_total, failed, "
            "failed_total, in_progress, breaks, corrects, repeated, returned, returned_total, corrected, "
            "corrected_total, is_first, at)"};
        for (const app::ReturnResult& result : results) {
            copy.row(20);
            copy.put(result.no);
            copy.put(result.accepted);
            copy.put(std::string_view{result.reason});
            // A refused file may not even say which batch it answers.
            if (result.batch) {
                copy.put(result.county);
                copy.put(result.period);
                copy.put(result.batch);
            } else {
                for (int i = 0; i < 3; ++i) copy.put_null();
            }
            copy.put(result.paid);
            copy.put(result.paid_total);
            copy.put(result.failed);
            copy.put(result.failed_total);
            copy.put(result.in_progress);
            copy.put(result.breaks);
            if (result.corrects != 0)
                copy.put(result.corrects);
            else
                copy.put_null();
            copy.put(result.repeated);
            copy.put(result.returned);
            copy.put(result.returned_total);
            copy.put(result.corrected);
            copy.put(result.corrected_total);
            copy.put(result.is_first);
            copy.put(result.at);
        }
        copy.finish();
    }

    std::vector<std::int64_t> versions_of(const app::Batch& batch, std::int64_t return_no) override {
        std::vector<std::int64_t> versions;
        connection_.each(sql::versions_of,
                         {{"return_no", return_no},
                          {"county", batch.county},
                          {"period", batch.period},
                          {"batch_no", batch.no}},
                         [&](Row& row) { versions.push_back(row.number()); });
        return versions;
    }

    void put_breaks(County county, BankNo bank, std::int64_t return_no, std::span<const recon::Break> breaks,
                    Moment at) override {
        put_break_rows(connection_, FoundIn::return_file, return_no, county, bank, breaks, at);
    }

private:
    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::ExchangeRecords> exchange_records(Connection& connection) {
    return std::make_unique<Exchange>(connection);
}

}  // namespace onecard::store
