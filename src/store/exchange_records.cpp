#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

#include "binary_copy.hpp"
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

template <class Number>
std::string list_of(std::span<const Number> numbers) {
    return fmt::format("{{{}}}", fmt::join(numbers, ","));
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
        std::string banks = "{";
        std::string names = "{";
        for (const auto& [bank, name] : wanted) {
            ensure(std::ranges::all_of(
                       name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }),
                   "a file id that is none");
            const char* const comma = banks.size() > 1 ? "," : "";
            fmt::format_to(std::back_inserter(banks), "{}{}", comma, bank.number());
            fmt::format_to(std::back_inserter(names), "{}{}", comma, name);
        }
        std::vector<app::DispatchedFile> files;
        connection_.each(sql::dispatched_by_name, {{"banks", banks + "}"}, {"file_ids", names + "}"}},
                         [&](Row& row) { files.push_back(dispatched_in(row)); });
        return files;
    }

    void put_download(const app::Batch& batch, const Digest& fingerprint, std::string_view address,
                      Moment at) override {
        connection_.run(sql::put_download, {{"county", batch.county},
                                            {"period", batch.period},
                                            {"batch_no", batch.no},
                                            {"at", at},
                                            {"fingerprint", fingerprint},
                                            {"address", address}});
    }

    bool put_receipt(const app::Batch& batch, bool accepted, std::string_view reason, std::string_view cms,
                     const Digest& fingerprint, Moment at) override {
        return connection_.run(sql::put_receipt, {{"county", batch.county},
                                                  {"period", batch.period},
                                                  {"batch_no", batch.no},
                                                  {"accepted", accepted},
                                                  {"reason", reason},
                                                  {"cms", hex_of(cms)},
                                                  {"fingerprint", fingerprint},
                                                  {"at", at}}) > 0;
    }

    std::pair<std::int64_t, bool> put_return(const app::ReturnFile& file) override {
        const auto no = connection_.maybe_number(sql::put_return, {{"bank", file.bank},
                                                                   {"name", file.name},
                                                                   {"digest", file.digest},
                                                                   {"bytes", file.bytes},
                                                                   {"signature", hex_of(file.signature)},
                                                                   {"fingerprint", file.fingerprint},
                                                                   {"at", file.at}});
        if (no) return {*no, true};
        return {connection_.number(sql::return_of_digest, {{"bank", file.bank}, {"digest", file.digest}}),
                false};
    }

    std::vector<app::ReturnFile> unprocessed_returns() override {
        std::vector<app::ReturnFile> files;
        connection_.each(sql::unprocessed_returns, {}, [&](Row& row) { files.push_back(return_in(row)); });
        return files;
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
        connection_.lock(LockClass::batch, batch.period.number(), batch.county.number());
    }

    void put_return_results(std::span<const app::ReturnResult> results) override {
        if (results.empty()) return;
        CopyIn copy{
            connection_,
            "return_result (return_no, accepted, reason, county, period, batch_no, paid, paid_total, failed, "
            "failed_total, in_progress, breaks, at)"};
        for (const app::ReturnResult& result : results) {
            copy.row(13);
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
            copy.put(result.at);
        }
        copy.finish();
    }

    void put_breaks(County county, std::int64_t return_no, std::span<const recon::Break> breaks,
                    Moment at) override {
        if (breaks.empty()) return;
        CopyIn copy{connection_, "break (county, kind, return_no, line, evidence, at)"};
        for (const recon::Break& item : breaks) {
            copy.row(6);
            copy.put(county);
            copy.put(recon::code_of(item.kind));
            copy.put(return_no);
            copy.put(item.line);
            copy.put(std::string_view{item.evidence});
            copy.put(at);
        }
        copy.finish();
    }

private:
    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::ExchangeRecords> exchange_records(Connection& connection) {
    return std::make_unique<Exchange>(connection);
}

}  // namespace onecard::store
