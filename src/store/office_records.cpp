#include "onecard/app/office_records.hpp"

#include "binary_copy.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

class Office final : public app::OfficeRecords {
public:
    explicit Office(Connection& connection) : connection_{connection} {}

    std::optional<app::KeptAnswer> claim_answer(const Digest& fingerprint, std::string_view key) override {
        connection_.lock(LockClass::answer, short_hash(fingerprint, key));
        std::optional<app::KeptAnswer> kept;
        connection_.each(sql::kept_answer, {{"fingerprint", fingerprint}, {"key", key}}, [&](Row& row) {
            kept.emplace();
            kept->request = row.digest();
            kept->status = row.as<int>();
            kept->content_type = row.text();
            kept->location = row.text();
            kept->body = row.bytes();
        });
        return kept;
    }

    void put_answer(const Digest& fingerprint, std::string_view key, const app::KeptAnswer& answer,
                    const Digest& digest, Moment at) override {
        connection_.run(sql::put_kept_answer, {{"fingerprint", fingerprint},
                                               {"key", key},
                                               {"request", answer.request},
                                               {"status", answer.status},
                                               {"content_type", answer.content_type},
                                               {"location", answer.location},
                                               {"body", hex_of(answer.body)},
                                               {"digest", digest},
                                               {"at", at}});
    }

    std::optional<app::SealedPerson> sealed_person(County county, PersonNo person) override {
        std::optional<app::SealedPerson> found;
        connection_.each(sql::sealed_person, {{"county", county}, {"person_no", person}}, [&](Row& row) {
            found.emplace();
            found->name = row.text();
            found->resident_id = row.bytes();
        });
        if (!found) return found;
        connection_.each(sql::sealed_accounts, {{"county", county}, {"person_no", person}}, [&](Row& row) {
            app::SealedPerson::Account& account = found->accounts.emplace_back();
            account.bank = row.id<BankNo>();
            row.skip();
            account.holder = row.text();
            account.account = row.bytes();
        });
        return found;
    }

    std::int64_t put_unmasking(const app::Unmasking& record) override {
        return connection_.number(sql::put_unmasking, {{"county", record.county},
                                                       {"person_no", record.person},
                                                       {"reason", record.reason},
                                                       {"officer", record.officer},
                                                       {"fingerprint", record.fingerprint},
                                                       {"at", record.at}});
    }

    std::int64_t put_evidence_reading(const app::EvidenceReading& record) override {
        return connection_.number(sql::put_evidence_reading, {{"county", record.county},
                                                              {"break_no", record.break_no},
                                                              {"is_masked", record.is_masked ? 1 : 0},
                                                              {"reason", record.reason},
                                                              {"officer", record.officer},
                                                              {"fingerprint", record.fingerprint},
                                                              {"at", record.at}});
    }

    void hold_funds(County county) override { connection_.lock(LockClass::funds, 0, county.number()); }

    void put_allotment(const app::Allotment& allotment, Moment at) override {
        connection_.run(sql::put_allotment, {{"county", allotment.county},
                                             {"document", allotment.document},
                                             {"purpose", static_cast<std::int16_t>(allotment.purpose)},
                                             {"year", allotment.year},
                                             {"central", allotment.by_source[0]},
                                             {"province", allotment.by_source[1]},
                                             {"prefecture", allotment.by_source[2]},
                                             {"own", allotment.by_source[3]},
                                             {"officer", allotment.officer},
                                             {"fingerprint", allotment.fingerprint},
                                             {"at", at}});
    }

    std::vector<app::ChangedAccount> changed_accounts(County county, Month month, ImportNo earlier,
                                                      ImportNo known_at) override {
        std::vector<app::ChangedAccount> changed;
        connection_.each(sql::changed_accounts,
                         {{"county", county}, {"month", month}, {"earlier", earlier}, {"known_at", known_at}},
                         [&](Row& row) {
                             app::ChangedAccount& one = changed.emplace_back();
                             one.payee_kind = static_cast<registry::PayeeKind>(row.number());
                             one.payee = row.number();
                             one.import = row.id<ImportNo>();
                         });
        return changed;
    }

    void put_outliers(RunNo run, County county, std::span<const app::Outlier> outliers) override {
        if (outliers.empty()) return;
        CopyIn copy{
            connection_,
            "outlier (run_no, county, outlier_no, kind, serial, programme, payee_kind, payee, payments, "
            "amount, bound, evidence)"};
        for (const app::Outlier& outlier : outliers) {
            copy.row(12);
            copy.put(run);
            copy.put(county);
            copy.put(outlier.no);
            copy.put(static_cast<std::int16_t>(outlier.kind));
            copy.put(outlier.serial);
            copy.put(outlier.programme);
            copy.put(static_cast<std::int16_t>(outlier.payee_kind));
            copy.put(outlier.payee);
            copy.put(outlier.payments);
            copy.put(outlier.amount);
            copy.put(outlier.bound);
            copy.put(std::string_view{outlier.evidence});
        }
        copy.finish();
    }

    std::vector<app::Outlier> outliers(RunNo run, County county) override {
        std::vector<app::Outlier> found;
        connection_.each(sql::unit_outliers, {{"run_no", run}, {"county", county}}, [&](Row& row) {
            app::Outlier& outlier = found.emplace_back();
            outlier.no = row.as<std::int32_t>();
            outlier.kind = static_cast<app::OutlierKind>(row.number());
            outlier.serial = row.id<Serial>();
            outlier.programme = row.as<std::int16_t>();
            outlier.payee_kind = static_cast<registry::PayeeKind>(row.number());
            outlier.payee = row.number();
            outlier.payments = row.as<std::int32_t>();
            outlier.amount = row.money();
            outlier.bound = row.money();
            outlier.evidence = row.text();
        });
        return found;
    }

    std::int64_t open_outliers(RunNo run, County county) override {
        return connection_.number(sql::open_outliers, {{"run_no", run}, {"county", county}});
    }

    void put_outlier_acceptance(const app::OutlierAcceptance& acceptance) override {
        connection_.run(sql::put_outlier_acceptance, {{"run_no", acceptance.run},
                                                      {"county", acceptance.county},
                                                      {"outlier_no", acceptance.outlier_no},
                                                      {"officer", acceptance.officer},
                                                      {"fingerprint", acceptance.fingerprint},
                                                      {"reason", acceptance.reason},
                                                      {"at", acceptance.at}});
    }

private:
    /// FNV-1a: two keys that meet only wait for each other.
    static std::int32_t short_hash(const Digest& fingerprint, std::string_view key) {
        std::uint32_t hash = 2166136261U;
        const auto mix = [&](std::string_view bytes) {
            for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
        };
        mix(fingerprint.hex());
        mix(key);
        return static_cast<std::int32_t>(hash);
    }

    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::OfficeRecords> office_records(Connection& connection) {
    return std::make_unique<Office>(connection);
}

}  // namespace onecard::store
