#include "onecard/app/office_records.hpp"

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
