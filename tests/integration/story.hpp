#pragma once

#include <memory>
#include <string>
#include <vector>

#include "onecard/app/store.hpp"
#include "onecard/seal/hashes.hpp"
#include "support/database.hpp"

/// The shortest way to records that may stand beside each other: one county, one bank, one run.
namespace onecard::test {

inline Month month(int year, int number) { return Month::of(year, number).value(); }
inline Month january() { return month(2022, 1); }
inline County laoshan() { return County::of_number(370212); }
inline County licang() { return County::of_number(370213); }
inline Moment at(std::int64_t seconds) { return Moment::of_unix_seconds(1'640'995'200 + seconds); }
inline Digest digest_of(std::string_view text) { return seal::sha256().hash(bytes_of(text)); }
inline Day day(int number) { return Day::of(2022, 1, number).value(); }

/// Reverses the bytes behind a mark of 16: enough to see that sealing happened, and that it can be undone.
class MirrorCipher final : public app::FieldCipher {
public:
    void seal(std::string_view plain, std::string& out) override {
        out += tag(plain);
        out.append(plain.rbegin(), plain.rend());
    }
    Result<std::string> open(std::string_view sealed) override {
        if (sealed.size() < 16) return refuse(Fault::tampered, "too short");
        return std::string{sealed.rbegin(), sealed.rend() - 16};
    }
    Result<std::size_t> open_into(std::string_view sealed, char* out) override {
        const auto plain = open(sealed);
        if (!plain) return std::unexpected{plain.error()};
        return plain->copy(out, plain->size());
    }
    std::string tag(std::string_view plain) override {
        const Digest digest = digest_of(plain);
        return {reinterpret_cast<const char*>(digest.bytes.data()), 16};
    }
};

class Story {
public:
    explicit Story(const std::string& url) : database_{store::create_database(url, 3)} {}

    std::unique_ptr<app::Work> begin() { return database_->begin(); }
    std::unique_ptr<app::Work> question() { return database_->begin_question(); }

    /// One transaction.
    template <class Deed>
    auto work(Deed deed) {
        auto work = begin();
        if constexpr (std::is_void_v<decltype(deed(*work))>) {
            deed(*work);
            work->commit();
        } else {
            auto result = deed(*work);
            work->commit();
            return result;
        }
    }

    /// The constraint that refuses the deed, "" when nothing does.
    template <class Deed>
    std::string refusal(Deed deed) {
        try {
            work(deed);
        } catch (const app::RefusedByDatabase& refused) {
            return refused.constraint();
        }
        return {};
    }

    /// Banks 1 and 2, import 1, the policy.
    void found() {
        work([](app::Work& w) {
            const std::vector<app::Bank> banks{{BankNo{1}, "102100099996", "工商银行", "bank-1"},
                                               {BankNo{2}, "103100000026", "农业银行", "bank-2"}};
            if (!w.registers().put_banks(banks)) throw std::runtime_error{"banks refused"};
            app::ImportRecord import;
            import.no = w.registers().begin_import();
            import.made_by = "maker";
            import.made_at = at(0);
            w.registers().put_import(import, {});
            w.runs().put_policy(digest_of("policy"), "policy");
        });
    }

    RunNo run(Month period = january(), app::RunKind kind = app::RunKind::regular) {
        return work([&](app::Work& w) {
            app::Run run;
            run.kind = kind;
            run.period = period;
            run.region = Region::parse("3702").value();
            run.known_at = ImportNo{1};
            run.policy = digest_of("policy");
            run.made_by = "maker";
            run.made_at = at(1);
            return w.runs().put_run(run);
        });
    }

    app::Unit unit(Month period = january(), County county = laoshan(), std::int32_t generation = 1,
                   app::RunKind kind = app::RunKind::regular) {
        const RunNo no = run(period, kind);
        return work([&](app::Work& w) {
            app::Unit unit;
            unit.run = no;
            unit.county = county;
            unit.period = period;
            unit.kind = kind;
            unit.generation = generation;
            unit.part = w.runs().make_part(no);
            unit.estimate = 100;
            w.runs().put_units(std::span{&unit, 1});
            return unit;
        });
    }

    static std::vector<payment::Payment> payments_of(const app::Unit& unit, std::int32_t count) {
        std::vector<payment::Payment> payments;
        for (std::int32_t i = 0; i < count; ++i) {
            payment::Payment payment;
            payment.part = unit.part;
            payment.county = unit.county;
            payment.serial = Serial{i + 1};
            payment.programme = Programme::tekun_rural;
            payment.benefit_month = unit.period;
            payment.beneficiary = 1000 + i;
            payment.payee = 1000 + i;
            payment.amount = Money::of_fen(10'000 + i);
            payments.push_back(payment);
        }
        return payments;
    }

    static app::UnitResult result_of(const app::Unit& unit, std::int32_t count) {
        app::UnitResult result;
        result.run = unit.run;
        result.county = unit.county;
        result.first_serial = Serial{1};
        result.payments = count;
        result.digest = digest_of("unit");
        result.computed_at = at(2);
        return result;
    }

    static app::Batch batch_of(const app::Unit& unit, std::int32_t count, std::int32_t no = 1) {
        app::Batch batch;
        batch.county = unit.county;
        batch.period = unit.period;
        batch.no = BatchNo{no};
        batch.run = unit.run;
        batch.part = unit.part;
        batch.bank = BankNo{1};
        batch.programme = Programme::tekun_rural;
        batch.first_serial = unit.kind == app::RunKind::regular ? Serial{1} : Serial{};
        batch.lines = count;
        batch.total = Money::of_fen(count);
        batch.file_id = payment::file_id_of(unit.county, unit.period, batch.no);
        batch.file_digest = digest_of("file");
        batch.file_bytes = 4096;
        batch.signature = std::string{"cms\0\xff with any byte", 20};
        batch.lines_root = digest_of("lines");
        return batch;
    }

    /// A computed unit with one batch over all its payments; its part is not keyed yet.
    app::Unit computed(std::int32_t count, Month period = january()) {
        const app::Unit made = unit(period);
        work([&](app::Work& w) {
            const auto payments = payments_of(made, count);
            w.payments().put_payments(made.part, payments);
            w.runs().put_result(result_of(made, count));
            const app::Batch batch = batch_of(made, count);
            w.payments().put_batches(std::span{&batch, 1});
        });
        return made;
    }

    static app::ReceiptRecord receipt_of(const app::Batch& batch, bool accepted, Moment when) {
        app::ReceiptRecord receipt{.bank = batch.bank,
                                   .county = batch.county,
                                   .period = batch.period,
                                   .batch = batch.no,
                                   .file_id = batch.file_id,
                                   .accepted = accepted,
                                   .reason = accepted ? "" : R"(a "reason", with \ and {})",
                                   .note = note_of(std::string{"c\0ms", 4}),
                                   .at = when};
        return receipt;
    }
    static std::shared_ptr<const app::ReceiptNote> note_of(const std::string& cms) {
        return std::make_shared<const app::ReceiptNote>(cms, digest_of(cms), digest_of("bank-1"));
    }

    /// A return file on record.
    std::int64_t return_file(const std::string& name = "YKT.ret") {
        return work([&](app::Work& w) {
            app::ReturnFile file;
            file.bank = BankNo{1};
            file.name = name;
            file.digest = digest_of(name);
            file.bytes = 77;
            file.signature = "sig";
            file.fingerprint = digest_of("bank-1");
            file.at = at(10);
            return w.exchange().put_return(file).value();
        });
    }

    static recon::Outcome outcome(std::int32_t serial, bool paid, std::int16_t attempt = 1) {
        recon::Outcome outcome;
        outcome.serial = Serial{serial};
        outcome.attempt = attempt;
        outcome.paid = paid;
        outcome.reason = paid ? bankfile::Reason::paid : bankfile::Reason::account_closed;
        outcome.amount = Money::of_fen(10'000 + serial - 1);
        outcome.value_day = day(5);
        outcome.line = serial + 1;
        return outcome;
    }

    static app::OpenFailure failure(const app::Unit& unit, std::int32_t serial, std::int64_t return_no,
                                    std::int16_t attempt = 1) {
        app::OpenFailure failure;
        failure.part = unit.part;
        failure.county = unit.county;
        failure.serial = Serial{serial};
        failure.attempt = attempt;
        failure.reason = bankfile::Reason::account_closed;
        failure.amount = Money::of_fen(10'000 + serial - 1);
        failure.bank = BankNo{1};
        failure.programme = Programme::tekun_rural;
        failure.payee = 1000 + serial - 1;
        failure.known_at = ImportNo{1};
        failure.return_no = return_no;
        failure.line = serial + 1;
        failure.value_day = day(5);
        return failure;
    }

    /// The answer to one attempt, with its open item when it failed.
    void answer(const app::Unit& unit, std::int32_t serial, bool paid, std::int64_t return_no,
                std::int16_t attempt = 1) {
        work([&](app::Work& w) {
            const auto said = outcome(serial, paid, attempt);
            w.payments().put_outcomes(unit.part, unit.county, return_no, std::span{&said, 1});
            const auto open = failure(unit, serial, return_no, attempt);
            if (!paid) w.payments().put_failures(std::span{&open, 1});
        });
    }

    void key_outcomes(const app::Unit& unit) {
        work([&](app::Work& w) { w.payments().key_outcomes(unit.part, true); });
    }

    /// A re-issue unit whose one batch plans `attempt` of one payment; not released.
    app::Unit planned(const app::Unit& owed, std::int32_t serial, std::int16_t attempt,
                      std::int32_t generation, std::int32_t batch_no) {
        const app::Unit again = unit(owed.period, owed.county, generation, app::RunKind::reissue);
        work([&](app::Work& w) {
            const app::Batch batch = batch_of(again, 1, batch_no);
            w.payments().put_batches(std::span{&batch, 1});
            app::Reissue line;
            line.part = owed.part;
            line.county = owed.county;
            line.serial = Serial{serial};
            line.attempt = attempt;
            line.run = again.run;
            line.period = again.period;
            line.batch = batch.no;
            line.line = 1;
            line.amount = Money::of_fen(10'000 + serial - 1);
            w.payments().put_reissue_lines(std::span{&line, 1});
        });
        return again;
    }

private:
    std::unique_ptr<app::Database> database_;
};

class StoryTest : public DatabaseTest {
protected:
    StoryTest() : story{service_url()} { story.found(); }
    Story story;
};

}  // namespace onecard::test
