#include <fmt/format.h>

#include <algorithm>

#include "array_text.hpp"
#include "binary_copy.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"
#include "statement.hpp"

namespace onecard::store {
namespace {

ledger::EntryKind kind_in(std::int16_t number, County county, std::int64_t entry_no) {
    // The canonical text needs a kind that exists: code_of an unknown one would read past its table.
    const auto kind = ledger::entry_kind_of(number);
    if (!kind)
        throw BrokenInvariant{fmt::format("entry {}/{}: no such kind: {}", county.text(), entry_no, number)};
    return *kind;
}

ledger::Fund fund_in(Row& row) {
    ledger::Fund fund;
    fund.source = row.as<std::int16_t>();
    fund.year = row.as<std::int16_t>();
    fund.purpose = row.as<std::int16_t>();
    return fund;
}

app::LoggedEntry entry_in(CopiedRow& row) {
    ledger::Entry::About about;
    about.county = row.county();
    const auto entry_no = row.take<std::int64_t>();
    about.kind = kind_in(row.take<std::int16_t>(), about.county, entry_no);
    about.cause = row.bytes();
    about.value_day = row.day();
    const Moment known_at = Moment::of_unix_seconds(row.take<std::int64_t>());
    about.programme = row.take<std::int16_t>();
    about.bank = row.id<BankNo>();
    about.period = row.take<std::int32_t>();
    about.lines = row.take<std::int32_t>();
    about.line_total = row.money();
    about.lines_root = row.bytes();
    const Digest digest = row.digest();
    const auto accounts = row.array<std::int32_t>();
    const auto sources = row.array<std::int16_t>();
    const auto years = row.array<std::int16_t>();
    const auto purposes = row.array<std::int16_t>();
    const auto amounts = row.array<std::int64_t>();

    const std::string place = fmt::format("entry {}/{}", about.county.text(), entry_no);
    if (accounts.size() != amounts.size() || sources.size() != amounts.size() ||
        years.size() != amounts.size() || purposes.size() != amounts.size())
        throw BrokenInvariant{place + ": accounts, funds and amounts are not parallel"};
    std::vector<ledger::Posting> postings;
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        const auto account = ledger::account_of(accounts[i]);
        if (!account) throw BrokenInvariant{fmt::format("{}: no such account: {}", place, accounts[i])};
        postings.push_back({*account, {sources[i], years[i], purposes[i]}, Money::of_fen(amounts[i])});
    }
    auto entry = ledger::Entry::make(std::move(about), std::move(postings));
    if (!entry) throw BrokenInvariant{fmt::format("{}: {}", place, entry.error().message())};
    return {entry_no, *std::move(entry), digest, known_at};
}

class Ledger final : public app::LedgerRecords {
public:
    explicit Ledger(Connection& connection) : connection_{connection} {}

    void put_entries(std::span<const ledger::Entry> entries, const HashFunction& hash,
                     Moment known_at) override {
        if (entries.empty()) return;
        CopyIn copy{
            connection_,
            "entry (county, kind, cause, value_day, known_at, programme, bank, period, account, source, fund_year, "
            "purpose, amount, lines, line_total, lines_root, digest)"};
        std::vector<std::int32_t> accounts;
        std::vector<std::int16_t> sources, years, purposes;
        std::vector<std::int64_t> amounts;
        for (const ledger::Entry& entry : entries) {
            const ledger::Entry::About& about = entry.about();
            accounts.clear();
            sources.clear();
            years.clear();
            purposes.clear();
            amounts.clear();
            for (const ledger::Posting& posting : entry.postings()) {
                accounts.push_back(static_cast<std::int32_t>(posting.account));
                sources.push_back(posting.fund.source);
                years.push_back(posting.fund.year);
                purposes.push_back(posting.fund.purpose);
                amounts.push_back(posting.amount.fen());
            }
            copy.row(17);
            copy.put(about.county);
            copy.put(static_cast<std::int16_t>(about.kind));
            copy.put(std::string_view{about.cause});
            copy.put(about.value_day);
            copy.put(known_at);
            copy.put(about.programme);
            copy.put(about.bank);
            copy.put(about.period);
            copy.put_array(std::span<const std::int32_t>{accounts});
            copy.put_array(std::span<const std::int16_t>{sources});
            copy.put_array(std::span<const std::int16_t>{years});
            copy.put_array(std::span<const std::int16_t>{purposes});
            copy.put_array(std::span<const std::int64_t>{amounts});
            copy.put(about.lines);
            copy.put(about.line_total);
            copy.put(std::string_view{about.lines_root});
            copy.put(audit::leaf_hash(hash, bytes_of(entry.canonical(known_at))));
        }
        copy.finish();
    }

    ledger::FundBooks fund_books(County county, std::span<const Month> periods) override {
        connection_.lock(LockClass::money, 0, county.number());
        ArrayText months;
        for (const Month period : periods) months.add(period.number());
        ledger::FundBooks books;
        connection_.each(sql::fund_pots, {{"county", county}, {"periods", months.text()}}, [&](Row& row) {
            ledger::FundBooks::Key key;
            key.place = static_cast<ledger::FundPlace>(row.number());
            key.programme = row.as<std::int16_t>();
            key.period = row.as<std::int32_t>();
            key.bank = row.id<BankNo>();
            const ledger::Fund fund = fund_in(row);
            books.put(key, fund, row.money());
        });
        return books;
    }

    ledger::FundBooks funds_to_remit(County county) override {
        connection_.lock(LockClass::money, 0, county.number());
        ledger::FundBooks books;
        connection_.each(sql::fund_pots_to_remit, {{"county", county}}, [&](Row& row) {
            const ledger::Fund fund = fund_in(row);
            books.put({ledger::FundPlace::to_remit, 0, 0, BankNo{}}, fund, row.money());
        });
        return books;
    }

    void put_acts(std::span<const app::Act> acts, const HashFunction& hash, Moment at) override {
        if (acts.empty()) return;
        CopyIn copy{connection_, "act (kind, county, text, digest, at)"};
        for (const app::Act& act : acts) {
            copy.row(5);
            copy.put(std::string_view{act.kind});
            copy.put(act.county);
            copy.put(std::string_view{act.text});
            copy.put(audit::leaf_hash(hash, bytes_of(act.canonical(at))));
            copy.put(at);
        }
        copy.finish();
    }

    std::vector<Digest> append_log() override {
        connection_.lock(LockClass::log);
        connection_.run(sql::append_log);
        std::vector<Digest> digests;
        CopyOut copy{connection_, "log_digests", std::string{sql::log_digests}};
        while (auto row = copy.next()) digests.push_back(row->digest());
        return digests;
    }

    void put_checkpoint(const app::CheckpointRecord& checkpoint, Moment at) override {
        connection_.run(
            sql::put_checkpoint,
            {{"size", checkpoint.size}, {"root", checkpoint.root}, {"note", checkpoint.note}, {"at", at}});
    }

    std::vector<app::CheckpointRecord> checkpoints() override {
        std::vector<app::CheckpointRecord> found;
        connection_.each(sql::checkpoints, {}, [&](Row& row) {
            app::CheckpointRecord& checkpoint = found.emplace_back();
            checkpoint.size = row.number();
            checkpoint.root = row.digest();
            checkpoint.note = row.text();
        });
        return found;
    }

    void each_entry(const std::function<void(const app::LoggedEntry&)>& on_entry) override {
        CopyOut copy{connection_, "entries", std::string{sql::entries}};
        while (auto row = copy.next()) on_entry(entry_in(*row));
    }

    std::vector<app::LoggedEntry> entries_of(const app::Batch& batch,
                                             std::span<const std::int64_t> return_nos,
                                             const PaymentReference& attempt) override {
        ArrayText returns;
        for (const std::int64_t return_no : return_nos) returns.add(return_no);
        std::vector<app::LoggedEntry> found;
        CopyOut copy{connection_, "entries_of_batch",
                     with_numbers(sql::entries_of_batch, {{"county", std::to_string(batch.county.number())},
                                                          {"period", std::to_string(batch.period.number())},
                                                          {"batch_no", std::to_string(batch.no.number())},
                                                          {"month", std::to_string(attempt.period)},
                                                          {"return_nos", returns.text()},
                                                          {"reference_digits", attempt.text().substr(2)}})};
        while (auto row = copy.next()) found.push_back(entry_in(*row));
        return found;
    }

    void each_act(const std::function<void(const app::LoggedAct&)>& on_act) override {
        CopyOut copy{connection_, "acts", std::string{sql::acts}};
        while (auto row = copy.next()) {
            app::LoggedAct logged;
            logged.no = row->take<std::int64_t>();
            logged.act.kind = row->bytes();
            logged.act.county = row->county();
            logged.act.text = row->bytes();
            logged.at = Moment::of_unix_seconds(row->take<std::int64_t>());
            logged.digest = row->digest();
            on_act(logged);
        }
    }

    std::optional<app::LoggedAct> first_act() override {
        std::optional<app::LoggedAct> found;
        connection_.each(sql::first_act, {}, [&](Row& row) {
            app::LoggedAct& first = found.emplace();
            first.no = row.number();
            first.act.kind = row.text();
            first.act.county = row.county();
            first.act.text = row.text();
            first.at = row.moment();
            first.digest = row.digest();
        });
        return found;
    }

    std::vector<app::LogLeaf> log() override {
        std::vector<app::LogLeaf> leaves;
        CopyOut copy{connection_, "log_leaves", std::string{sql::log_leaves}};
        while (auto row = copy.next()) {
            app::LogLeaf& leaf = leaves.emplace_back();
            leaf.position = row->take<std::int64_t>();
            leaf.county = row->county();
            leaf.entry_no = row->take<std::int64_t>();
            leaf.act_no = row->take<std::int64_t>();
            leaf.digest = row->digest();
        }
        return leaves;
    }

    std::vector<app::TextRow> ask(
        std::string_view query, const std::vector<std::pair<std::string, std::string>>& parameters) override {
        return connection_.ask(report_named(query), parameters);
    }

    void ask_each(std::string_view query, const std::vector<std::pair<std::string, std::string>>& parameters,
                  const std::function<void(const app::TextRow&)>& on_row) override {
        connection_.ask_each(report_named(query), parameters, on_row);
    }

    std::vector<app::Batch> all_batches() override {
        std::vector<app::Batch> batches;
        connection_.each(sql::all_batches, {}, [&](Row& row) { batches.push_back(batch_in(row)); });
        return batches;
    }

    void each_outcome(PartNo part,
                      const std::function<void(County, std::int32_t return_no, const recon::Outcome&)>&
                          on_outcome) override {
        CopyOut copy{connection_, "part_outcomes", in_part(sql::part_outcomes, part.number())};
        while (auto row = copy.next()) {
            const County county = row->county();
            const auto return_no = row->take<std::int32_t>();
            recon::Outcome outcome;
            outcome.serial = row->id<Serial>();
            outcome.attempt = row->take<std::int16_t>();
            outcome.paid = row->take<std::int16_t>() == 1;
            outcome.reason = static_cast<bankfile::Reason>(row->take<std::int16_t>());
            outcome.amount = row->money();
            outcome.value_day = row->day();
            outcome.line = row->take<std::int32_t>();
            on_outcome(county, return_no, outcome);
        }
    }

    void each_reversal(const std::function<void(const app::ReversalRecord&)>& on_reversal) override {
        CopyOut copy{connection_, "reversals", std::string{sql::reversals}};
        while (auto row = copy.next()) {
            app::ReversalRecord record;
            record.county = row->county();
            record.return_no = row->take<std::int64_t>();
            record.part = row->id<PartNo>();
            recon::Outcome& word = record.reversal.word;
            word.serial = row->id<Serial>();
            word.attempt = row->take<std::int16_t>();
            record.reversal.to = static_cast<recon::Standing>(row->take<std::int16_t>());
            word.reason = static_cast<bankfile::Reason>(row->take<std::int16_t>());
            word.amount = row->money();
            word.value_day = row->day();
            record.reversal.paid_by = row->take<std::int64_t>();
            word.line = row->take<std::int32_t>();
            on_reversal(record);
        }
    }

    void each_decided_failure(const std::function<void(const app::DecidedFailure&)>& on_failure) override {
        CopyOut copy{connection_, "decided_failures", std::string{sql::decided_failures}};
        while (auto row = copy.next()) {
            app::DecidedFailure decided;
            decided.county = row->county();
            decided.part = row->id<PartNo>();
            decided.serial = row->id<Serial>();
            decided.attempt = row->take<std::int16_t>();
            decided.paid = row->take<std::int32_t>() != 0;
            decided.prior_year = row->take<std::int32_t>() != 0;
            decided.proposal_no = row->take<std::int64_t>();
            decided.amount = row->money();
            decided.programme = static_cast<Programme>(row->take<std::int16_t>());
            decided.bank = row->id<BankNo>();
            decided.returned = row->take<std::int32_t>() != 0;
            on_failure(decided);
        }
    }

    std::vector<PartNo> parts() override {
        std::vector<PartNo> parts;
        connection_.each(sql::parts, {}, [&](Row& row) { parts.push_back(row.id<PartNo>()); });
        return parts;
    }

private:
    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::LedgerRecords> ledger_records(Connection& connection) {
    return std::make_unique<Ledger>(connection);
}

}  // namespace onecard::store
