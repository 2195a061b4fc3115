#include "onecard/app/channel.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "no_files.hpp"
#include "story.hpp"

namespace onecard {
namespace {

using test::at;
using test::Story;
using testing::ElementsAre;

constexpr std::int64_t minute = 60;

/// A Tuesday at eight: banks do not work on the days before.
Moment on_tuesday(std::int64_t minutes) { return at((3 * 24 * 60 + minutes) * minute); }

/// One file with bank 1, which has an hour to fetch it, half an hour for its receipt and a day for its answer.
class TheChannel : public test::StoryTest {
protected:
    TheChannel() : unit{story.computed(3)}, batch{Story::batch_of(unit, 3)} {
        story.work([&](app::Work& w) { w.exchange().put_dispatches(std::span{&batch, 1}, on_tuesday(0)); });
        bankfile::Profile profile = bankfile::canonical_profile();
        profile.patience = {60, 30, 1440};
        profiles = std::make_unique<app::BankProfiles>(
            std::map<BankNo, app::BankProfiles::Configured>{{BankNo{1}, {profile, "", "102100099996"}}},
            nullptr);
        tools = std::make_unique<app::Tools>(
            app::Tools{*database, vault, seal::sha256(), seal::sm3(), verifier, {}, {}, 1, profiles.get()});
    }

    std::vector<std::string> unheard_at(Moment now) {
        std::vector<std::string> said;
        app::Channel{*tools}.raise_unheard(now, [&](std::string_view text) { said.emplace_back(text); });
        return said;
    }

    test::NoFiles vault;
    test::NoSignatures verifier;
    std::unique_ptr<app::Database> database = store::create_database(service_url(), 2);
    std::unique_ptr<app::BankProfiles> profiles;
    std::unique_ptr<app::Tools> tools;
    app::Unit unit;
    app::Batch batch;
};

TEST_F(TheChannel, SaysOnceForEachStepThatABankWasNeverHeardBackFrom) {
    EXPECT_THAT(unheard_at(on_tuesday(60)), ElementsAre());
    EXPECT_THAT(unheard_at(on_tuesday(61)),
                ElementsAre("bank 1, file 1 (YKT3702122022010001): never heard back: no fetch until "
                            "2022-01-04T09:00:00+08:00"));
    EXPECT_THAT(unheard_at(on_tuesday(62)), ElementsAre()) << "once";

    const app::DownloadRecord download{batch.county,         batch.period, batch.no,      batch.file_id,
                                       test::digest_of("b"), "::1",        on_tuesday(70)};
    story.work([&](app::Work& w) { w.exchange().put_downloads({&download, 1}); });
    EXPECT_THAT(unheard_at(on_tuesday(100)), ElementsAre());
    EXPECT_THAT(unheard_at(on_tuesday(101)), ElementsAre(testing::HasSubstr("no receipt until")));
    const auto receipt = Story::receipt_of(batch, true, on_tuesday(110));
    story.work([&](app::Work& w) { w.exchange().put_receipts({&receipt, 1}); });
    EXPECT_THAT(unheard_at(on_tuesday(24 * 60)), ElementsAre());
    EXPECT_THAT(unheard_at(on_tuesday(26 * 60)), ElementsAre(testing::HasSubstr("no answer until")));
    EXPECT_THAT(unheard_at(on_tuesday(1000 * 60)), ElementsAre());
}

/// A bank's own address that answers as the test says.
struct Address final : app::BankAddress {
    app::PushAnswer bring(std::string_view name, std::int32_t seq, const std::filesystem::path&,
                          std::string_view) override {
        brought.push_back(fmt::format("{} {}", seq, name));
        return answer;
    }
    app::PushAnswer answer;
    std::vector<std::string> brought;
};

TEST_F(TheChannel, BringsAFileAgainEverLaterUntilItsBankHasIt) {
    app::Channel channel{*tools};
    Address address;
    app::CircuitBreaker breaker;
    address.answer = {503, "busy\n\xff"};
    EXPECT_EQ(channel.push(BankNo{1}, address, breaker, at(100)), 0);
    EXPECT_EQ(channel.push(BankNo{1}, address, breaker, at(129)), 0);
    EXPECT_EQ(address.brought.size(), 1U) << "not before 30 seconds are over";
    EXPECT_EQ(channel.push(BankNo{1}, address, breaker, at(130)), 0);
    EXPECT_EQ(channel.push(BankNo{1}, address, breaker, at(189)), 0);
    EXPECT_EQ(address.brought.size(), 2U) << "then not before 60";
    address.answer = {0, "nobody answers"};
    EXPECT_EQ(channel.push(BankNo{1}, address, breaker, at(190)), 0);
    EXPECT_EQ(address.brought.size(), 3U);
    EXPECT_FALSE(breaker.lets_through(at(191))) << "three times in a row";
    address.answer = {201, ""};
    EXPECT_EQ(channel.push(BankNo{1}, address, breaker, at(400)), 1);
    EXPECT_THAT(address.brought, testing::Each("1 YKT3702122022010001.txt"));
    EXPECT_EQ(channel.push(BankNo{1}, address, breaker, at(9000)), 0) << "it has it";
    EXPECT_EQ(address.brought.size(), 4U);
    // What was tried stands on record, in a form that every reader can read.
    EXPECT_EQ(
        test::Sql{service_url()}.cell(
            "select string_agg(attempt || ' ' || status || ' ' || text, ',' order by attempt) from push_attempt"),
        "1 503 busy??,2 503 busy??,3 0 nobody answers,4 201 ");
}

}  // namespace
}  // namespace onecard
