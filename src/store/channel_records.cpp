#include "onecard/app/channel_records.hpp"

#include "connection.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

std::optional<Moment> maybe_moment(Row& row) {
    const Moment moment = row.moment();
    if (moment == Moment{}) return std::nullopt;
    return moment;
}

class Channel final : public app::ChannelRecords {
public:
    explicit Channel(Connection& connection) : connection_{connection} {}

    void put_run_profile(RunNo run, const Digest& digest, const app::RunProfile& profile) override {
        connection_.run(sql::put_bank_profile,
                        {{"digest", digest}, {"name", profile.name}, {"text", profile.text}});
        connection_.run(sql::put_run_profile, {{"run_no", run},
                                               {"bank", profile.bank},
                                               {"profile", digest},
                                               {"transit_account", profile.transit_account}});
    }

    std::vector<app::RunProfile> run_profiles(RunNo run) override {
        std::vector<app::RunProfile> profiles;
        connection_.each(sql::run_profiles, {{"run_no", run}}, [&](Row& row) {
            app::RunProfile profile;
            profile.bank = row.id<BankNo>();
            profile.name = row.text();
            profile.text = row.text();
            profile.transit_account = row.text();
            profiles.push_back(std::move(profile));
        });
        return profiles;
    }

    std::int32_t next_sequence(BankNo bank) override {
        connection_.lock(LockClass::sequences, bank.number());
        return static_cast<std::int32_t>(connection_.number(sql::bank_sequence_last, {{"bank", bank}})) + 1;
    }

    std::optional<std::int32_t> sequence_of(BankNo bank, std::string_view name) override {
        const auto seq = connection_.maybe_number(sql::bank_sequence_named, {{"bank", bank}, {"name", name}});
        if (!seq) return std::nullopt;
        return static_cast<std::int32_t>(*seq);
    }

    void put_sequence(BankNo bank, std::int32_t seq, std::string_view name, Moment at) override {
        connection_.run(sql::put_bank_sequence, {{"bank", bank}, {"seq", seq}, {"name", name}, {"at", at}});
    }

    void put_sequence_refusal(BankNo bank, std::int32_t seq, std::int32_t expected, std::string_view name,
                              Moment at) override {
        connection_.run(sql::put_sequence_refusal,
                        {{"bank", bank}, {"seq", seq}, {"expected", expected}, {"name", name}, {"at", at}});
    }

    std::vector<app::OpenDispatch> open_dispatches() override {
        std::vector<app::OpenDispatch> files;
        connection_.each(sql::open_dispatches, {}, [&](Row& row) {
            app::OpenDispatch file;
            file.bank = row.id<BankNo>();
            file.seq = row.as<std::int32_t>();
            file.file_id = row.text();
            file.released = row.moment();
            file.fetched = maybe_moment(row);
            file.receipted = maybe_moment(row);
            file.missed = row.text();
            files.push_back(std::move(file));
        });
        return files;
    }

    void put_unheard(BankNo bank, std::int32_t seq, std::string_view step, Moment due,
                     Moment raised) override {
        connection_.run(
            sql::put_unheard,
            {{"bank", bank}, {"seq", seq}, {"step", step}, {"due_at", due}, {"raised_at", raised}});
    }

    std::vector<app::Unpushed> unpushed(BankNo bank, int at_most) override {
        std::vector<app::Unpushed> files;
        connection_.each(sql::unpushed, {{"bank", bank}, {"at_most", at_most}}, [&](Row& row) {
            app::Unpushed file;
            file.seq = row.as<std::int32_t>();
            file.file_id = row.text();
            file.file_digest = row.digest();
            file.signature = row.bytes();
            file.attempts = row.as<std::int32_t>();
            file.last_attempt = row.moment();
            files.push_back(std::move(file));
        });
        return files;
    }

    void put_push_attempt(BankNo bank, std::int32_t seq, std::int32_t attempt, bool delivered, int status,
                          std::string_view text, Moment at) override {
        connection_.run(sql::put_push_attempt, {{"bank", bank},
                                                {"seq", seq},
                                                {"attempt", attempt},
                                                {"delivered", delivered},
                                                {"status", status},
                                                {"text", text},
                                                {"at", at}});
    }

private:
    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::ChannelRecords> channel_records(Connection& connection) {
    return std::make_unique<Channel>(connection);
}

}  // namespace onecard::store
