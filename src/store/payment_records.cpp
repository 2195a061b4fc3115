#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>

#include "array_text.hpp"
#include "binary_copy.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"
#include "statement.hpp"

namespace onecard::store {
namespace {

/// The word that answered_of_… give for an attempt that people decided upon; the others are standings.
constexpr std::int32_t decided_by_people = 5;

payment::Payment payment_in(CopiedRow& row) {
    payment::Payment payment;
    payment.part = row.id<PartNo>();
    payment.county = row.county();
    payment.serial = row.id<Serial>();
    payment.programme = static_cast<Programme>(row.take<std::int16_t>());
    payment.component = static_cast<Component>(row.take<std::int16_t>());
    payment.kind = static_cast<payment::Kind>(row.take<std::int16_t>());
    payment.benefit_month = row.month();
    payment.beneficiary = row.take<std::int64_t>();
    payment.payee_kind = static_cast<registry::PayeeKind>(row.take<std::int16_t>());
    payment.payee = row.take<std::int64_t>();
    payment.amount = row.money();
    return payment;
}

app::Reissue reissue_in(Row& row) {
    app::Reissue reissue;
    reissue.part = row.id<PartNo>();
    reissue.county = row.county();
    reissue.serial = row.id<Serial>();
    reissue.attempt = row.as<std::int16_t>();
    reissue.run = row.id<RunNo>();
    reissue.period = row.month();
    reissue.batch = row.id<BatchNo>();
    reissue.line = row.as<std::int32_t>();
    reissue.amount = row.money();
    return reissue;
}

app::OpenFailure open_failure_in(Row& row) {
    app::OpenFailure failure;
    failure.part = row.id<PartNo>();
    failure.county = row.county();
    failure.serial = row.id<Serial>();
    failure.attempt = row.as<std::int16_t>();
    failure.standing = static_cast<recon::Standing>(row.number());
    failure.reason = static_cast<bankfile::Reason>(row.number());
    failure.amount = row.money();
    failure.bank = row.id<BankNo>();
    failure.programme = static_cast<Programme>(row.number());
    failure.payee_kind = static_cast<registry::PayeeKind>(row.number());
    failure.payee = row.number();
    failure.known_at = row.id<ImportNo>();
    failure.return_no = row.number();
    failure.line = row.as<std::int32_t>();
    failure.value_day = Day::of_epoch_days(row.as<std::int32_t>());
    failure.note = static_cast<app::OpenFailure::Note>(row.number());
    return failure;
}

class Payments final : public app::PaymentRecords {
public:
    explicit Payments(Connection& connection) : connection_{connection} {}

    void put_payments(PartNo part, std::span<const payment::Payment> payments) override {
        if (payments.empty()) return;
        CopyIn copy{connection_, fmt::format("payment_{} (part, county, serial, programme, component, kind, "
                                             "benefit_month, beneficiary, payee_kind, payee, amount)",
                                             part.number())};
        for (const payment::Payment& payment : payments) {
            copy.row(11);
            copy.put(payment.part);
            copy.put(payment.county);
            copy.put(payment.serial);
            copy.put(static_cast<std::int16_t>(payment.programme));
            copy.put(static_cast<std::int16_t>(payment.component));
            copy.put(static_cast<std::int16_t>(payment.kind));
            copy.put(payment.benefit_month);
            copy.put(payment.beneficiary);
            copy.put(static_cast<std::int16_t>(payment.payee_kind));
            copy.put(payment.payee);
            copy.put(payment.amount);
        }
        copy.finish();
    }

    void put_batches(std::span<const app::Batch> batches) override {
        if (batches.empty()) return;
        CopyIn copy{
            connection_,
            "batch (county, period, batch_no, run_no, part, bank, programme, first_serial, lines, total, "
            "file_id, file_digest, file_bytes, signature, lines_root)"};
        for (const app::Batch& batch : batches) {
            copy.row(15);
            copy.put(batch.county);
            copy.put(batch.period);
            copy.put(batch.no);
            copy.put(batch.run);
            copy.put_or_null(batch.part);
            copy.put(batch.bank);
            copy.put(static_cast<std::int16_t>(batch.programme));
            copy.put_or_null(batch.first_serial);
            copy.put(batch.lines);
            copy.put(batch.total);
            copy.put(std::string_view{batch.file_id});
            copy.put(batch.file_digest);
            copy.put(batch.file_bytes);
            copy.put(std::string_view{batch.signature});
            copy.put(batch.lines_root);
        }
        copy.finish();
    }

    void put_reissue_lines(std::span<const app::Reissue> reissues) override {
        if (reissues.empty()) return;
        CopyIn copy{connection_,
                    "reissue_line (run_no, county, period, batch_no, line, part, serial, attempt, amount)"};
        for (const app::Reissue& reissue : reissues) {
            copy.row(9);
            copy.put(reissue.run);
            copy.put(reissue.county);
            copy.put(reissue.period);
            copy.put(reissue.batch);
            copy.put(reissue.line);
            copy.put(reissue.part);
            copy.put(reissue.serial);
            copy.put(reissue.attempt);
            copy.put(reissue.amount);
        }
        copy.finish();
    }

    void release_reissues(RunNo run, County county) override {
        connection_.run(sql::release_reissues, {{"run_no", run}, {"county", county}});
    }

    std::vector<app::Batch> batches(RunNo run, County county) override {
        std::vector<app::Batch> found;
        connection_.each(sql::batches_of_unit, {{"run_no", run}, {"county", county}},
                         [&](Row& row) { found.push_back(batch_in(row)); });
        return found;
    }

    std::optional<app::Batch> batch_of_file(std::string_view file_id) override {
        std::optional<app::Batch> found;
        connection_.each(sql::batch_of_file, {{"file_id", file_id}},
                         [&](Row& row) { found = batch_in(row); });
        return found;
    }

    void each_payment(PartNo part, County county,
                      const std::function<void(const payment::Payment&)>& on_payment) override {
        CopyOut copy{connection_, "part_payments",
                     with_numbers(in_part(sql::part_payments, part.number()),
                                  {{"county", std::to_string(county.number())}})};
        while (auto row = copy.next()) on_payment(payment_in(*row));
    }

    std::vector<app::Reissue> reissue_lines(const app::Batch& batch) override {
        std::vector<app::Reissue> found;
        connection_.each(sql::reissue_lines,
                         {{"county", batch.county}, {"period", batch.period}, {"batch_no", batch.no}},
                         [&](Row& row) { found.push_back(reissue_in(row)); });
        return found;
    }

    std::vector<app::OpenFailure> open_failures_after(const Region& region,
                                                      const std::optional<PaymentReference>& after,
                                                      std::int64_t rows_max) override {
        std::vector<app::OpenFailure> found;
        connection_.each(sql::open_failures_after,
                         {{"low", region.lowest()},
                          {"high", region.highest()},
                          {"after_county", after ? after->county.number() : -1},
                          {"after_period", after ? after->period : -1},
                          {"after_serial", after ? after->serial.number() : -1},
                          {"after_attempt", after ? std::int32_t{after->attempt} : -1},
                          {"most", rows_max}},
                         [&](Row& row) { found.push_back(open_failure_in(row)); });
        return found;
    }

    std::vector<app::OpenFailure> open_failures(const Region& region) override {
        std::vector<app::OpenFailure> found;
        connection_.each(sql::open_failures, {{"low", region.lowest()}, {"high", region.highest()}},
                         [&](Row& row) { found.push_back(open_failure_in(row)); });
        return found;
    }

    std::vector<payment::Payment> find(std::span<const PaymentReference> references) override {
        std::map<std::pair<County, std::int32_t>, std::vector<Serial>> wanted;
        for (const PaymentReference& reference : references)
            wanted[{reference.county, reference.period}].push_back(reference.serial);
        std::vector<payment::Payment> found;
        for (auto& [place, serials] : wanted) find_in(place.first, place.second, serials, found);
        return found;
    }

    std::vector<std::pair<std::int32_t, recon::Known>> answered(const app::Batch& batch, std::int32_t first,
                                                                std::int32_t last) override {
        std::vector<std::pair<std::int32_t, recon::Known>> found;
        const std::string county = std::to_string(batch.county.number());
        std::string query;
        const std::int32_t before = batch.first_serial.number() - 1;
        if (batch.first_serial) {
            query = with_numbers(in_part(sql::answered_of_range, batch.part.number()),
                                 {{"county", county},
                                  {"first", std::to_string(before + first)},
                                  {"last", std::to_string(before + last)}});
        } else {
            query = with_numbers(sql::answered_of_reissues, {{"county", county},
                                                             {"period", batch.period.digits()},
                                                             {"batch_no", std::to_string(batch.no.number())},
                                                             {"first", std::to_string(first)},
                                                             {"last", std::to_string(last)}});
        }
        CopyOut copy{connection_, "answered", query};
        while (auto row = copy.next()) {
            auto& [line, known] = found.emplace_back();
            line = row->take<std::int32_t>() - (batch.first_serial ? before : 0);
            const auto last_word = row->take<std::int32_t>();
            known.by_hand = last_word == decided_by_people;
            known.standing = known.by_hand ? recon::Standing::paid : static_cast<recon::Standing>(last_word);
            known.reason = static_cast<bankfile::Reason>(row->take<std::int16_t>());
            known.return_no = row->take<std::int64_t>();
        }
        return found;
    }

    void put_outcomes(PartNo part, County county, std::span<const app::OutcomesOfReturn> returns) override {
        if (std::ranges::all_of(returns, [](const auto& one) { return one.outcomes.empty(); })) return;
        CopyIn copy{connection_,
                    fmt::format("outcome_{} (part, county, serial, attempt, kind, reason, amount, "
                                "value_day, return_no, line)",
                                part.number())};
        for (const auto& [return_no, outcomes] : returns) {
            ensure(return_no > 0 && return_no <= std::numeric_limits<std::int32_t>::max(),
                   "a return file's number does not fit an outcome");
            for (const recon::Outcome& outcome : outcomes) {
                copy.row(10);
                copy.put(part);
                copy.put(county);
                copy.put(outcome.serial);
                copy.put(outcome.attempt);
                copy.put(static_cast<std::int16_t>(outcome.paid ? 1 : 2));
                copy.put(static_cast<std::int16_t>(outcome.reason));
                copy.put(outcome.amount);
                copy.put(outcome.value_day);
                copy.put(static_cast<std::int32_t>(return_no));
                copy.put(outcome.line);
            }
        }
        copy.finish();
    }

    std::vector<app::UnkeyedOutcomes> parts_without_outcome_key() override {
        std::vector<app::UnkeyedOutcomes> found;
        connection_.each(sql::parts_without_outcome_key, {}, [&](Row& row) {
            const auto part = row.id<PartNo>();
            found.push_back({part, row.flag()});
        });
        return found;
    }

    void key_outcomes(PartNo part, bool waits) override {
        connection_.run(sql::key_outcomes, {{"part", part}, {"waits", waits}});
    }

    void put_reversals(std::span<const app::ReversalRecord> reversals) override {
        if (reversals.empty()) return;
        CopyIn copy{
            connection_,
            "reversal (part, county, serial, attempt, kind, reason, amount, value_day, paid_by, return_no, "
            "line)"};
        for (const app::ReversalRecord& row : reversals) {
            const recon::Outcome& word = row.reversal.word;
            copy.row(11);
            copy.put(row.part);
            copy.put(row.county);
            copy.put(word.serial);
            copy.put(word.attempt);
            copy.put(static_cast<std::int16_t>(row.reversal.to));
            copy.put(static_cast<std::int16_t>(word.reason));
            copy.put(word.amount);
            copy.put(word.value_day);
            copy.put(row.reversal.paid_by);
            copy.put(row.return_no);
            copy.put(word.line);
        }
        copy.finish();
    }

    void put_failures(std::span<const app::OpenFailure> failures) override {
        if (failures.empty()) return;
        ArrayText parts, counties, serials, attempts, kinds, reasons, amounts, banks, programmes, payee_kinds,
            payees, return_nos, lines, value_days;
        for (const app::OpenFailure& failure : failures) {
            parts.add(failure.part.number());
            counties.add(failure.county.number());
            serials.add(failure.serial.number());
            attempts.add(failure.attempt);
            kinds.add(static_cast<std::int16_t>(failure.standing));
            reasons.add(static_cast<std::int16_t>(failure.reason));
            amounts.add(failure.amount.fen());
            banks.add(failure.bank.number());
            programmes.add(static_cast<std::int16_t>(failure.programme));
            payee_kinds.add(static_cast<std::int16_t>(failure.payee_kind));
            payees.add(failure.payee);
            return_nos.add(failure.return_no);
            lines.add(failure.line);
            value_days.add(failure.value_day.epoch_days());
        }
        connection_.run(sql::put_failures, {{"parts", parts.text()},
                                            {"counties", counties.text()},
                                            {"serials", serials.text()},
                                            {"attempts", attempts.text()},
                                            {"kinds", kinds.text()},
                                            {"reasons", reasons.text()},
                                            {"amounts", amounts.text()},
                                            {"banks", banks.text()},
                                            {"programmes", programmes.text()},
                                            {"payee_kinds", payee_kinds.text()},
                                            {"payees", payees.text()},
                                            {"return_nos", return_nos.text()},
                                            {"lines", lines.text()},
                                            {"value_days", value_days.text()}});
    }

private:
    /// Each part that holds some of the serials is asked once.
    void find_in(County county, std::int32_t period, std::vector<Serial>& serials,
                 std::vector<payment::Payment>& found) {
        std::ranges::sort(serials);
        const auto repeated = std::ranges::unique(serials);
        serials.erase(repeated.begin(), repeated.end());
        struct Range {
            std::int32_t part, first, count;
        };
        std::vector<Range> ranges;
        connection_.each(sql::parts_of_period, {{"county", county}, {"period", period}}, [&](Row& row) {
            Range& range = ranges.emplace_back();
            range.part = row.as<std::int32_t>();
            range.first = row.as<std::int32_t>();
            range.count = row.as<std::int32_t>();
        });
        for (const Range& range : ranges) {
            const auto from = std::ranges::lower_bound(serials, Serial{range.first});
            const auto to = std::ranges::lower_bound(serials, Serial{range.first + range.count});
            if (from == to) continue;
            std::string list = "{";
            for (auto serial = from; serial != to; ++serial)
                fmt::format_to(std::back_inserter(list), "{}{}", serial == from ? "" : ",", serial->number());
            list += '}';
            CopyOut copy{connection_, "chosen_payments",
                         with_numbers(in_part(sql::chosen_payments, range.part),
                                      {{"county", std::to_string(county.number())},
                                       {"first", std::to_string(from->number())},
                                       {"last", std::to_string(std::prev(to)->number())},
                                       {"serials", list}})};
            while (auto row = copy.next()) found.push_back(payment_in(*row));
        }
    }

    Connection& connection_;
};

}  // namespace

app::Batch batch_in(Row& row) {
    app::Batch batch;
    batch.county = row.county();
    batch.period = row.month();
    batch.no = row.id<BatchNo>();
    batch.run = row.id<RunNo>();
    batch.part = row.id<PartNo>();
    batch.bank = row.id<BankNo>();
    batch.programme = static_cast<Programme>(row.number());
    batch.first_serial = row.id<Serial>();
    batch.lines = row.as<std::int32_t>();
    batch.total = row.money();
    batch.file_id = row.text();
    batch.file_digest = row.digest();
    batch.file_bytes = row.number();
    batch.signature = row.bytes();
    batch.lines_root = row.digest();
    return batch;
}

std::unique_ptr<app::PaymentRecords> payment_records(Connection& connection) {
    return std::make_unique<Payments>(connection);
}

}  // namespace onecard::store
