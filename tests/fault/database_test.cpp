#include <gmock/gmock.h>

#include "support/installation.hpp"

/// The database goes away under the service, or the service under its database.
namespace onecard::test {
namespace {

using ::testing::HasSubstr;

void wait_until_gone(pid_t process) {
    for (int tries = 0; tries < 500; ++tries) {
        // A dead child that its parent has not asked for yet is as good as gone.
        const std::string status = text_in(fmt::format("/proc/{}/stat", process));
        if (status.empty() || status.find(") Z ") != status.npos) return;
        std::this_thread::sleep_for(10ms);
    }
    FAIL() << "process " << process << " lives on";
}

TEST(ADatabaseThatDies, IsSaidToBeAwayComesBackByItselfAndLosesNothing) {
    Installation here;
    here.start();
    here.done({"import", here.register_folder().string()});
    const std::string run = here.create_run("regular", "2021-12");
    here.done({"run", "compute", run});
    here.sign_and_release(run);
    here.done(here.bank_words(1, Installation::realistic()));
    const json::array balance = here.trial_balance();
    const std::string counts = here.counts();

    const pid_t postmaster = here.postmaster();
    ASSERT_EQ(::kill(postmaster, SIGKILL), 0);
    wait_until_gone(postmaster);
    for (const auto& [as, method, path] : {std::tuple{"maker", "GET", "/v1/runs"},
                                           {"auditor", "GET", "/v1/ledger/trial-balance"},
                                           {"maker", "POST", "/v1/runs/1/cancel"},
                                           {"bank-2", "GET", "/v1/bank/files"}}) {
        const Reply reply = here.curl(as, method, path);
        // The service brings its own database back: whoever comes late may find it there already.
        if (reply.status == 503) expect_problem(reply, 503, "http-503");
        EXPECT_THAT(reply.status, ::testing::AnyOf(200, 409, 503)) << reply.body;
        // What the database says of itself is for the log, not for those who ask.
        EXPECT_EQ(reply.body.find("postgres"), std::string::npos) << reply.body;
        EXPECT_EQ(reply.body.find("/tmp"), std::string::npos) << reply.body;
    }
    int status = 0;
    for (int tries = 0; tries < 300 && status != 200; ++tries) {
        status = here.curl("maker", "GET", "/v1/runs").status;
        if (status != 200) std::this_thread::sleep_for(100ms);
    }
    EXPECT_EQ(status, 200) << "the database did not come back by itself";
    EXPECT_EQ(here.trial_balance(), balance);
    EXPECT_EQ(here.counts(), counts);

    here.stop();
    here.start();
    EXPECT_EQ(here.trial_balance(), balance);
    EXPECT_EQ(here.counts(), counts);
    for (const int bank : {2, 3}) here.done(here.bank_words(bank, Installation::realistic()));
    EXPECT_TRUE(here.ask({"period", "2021-12"}).at("accounted").as_bool());
    expect_books_fit(here);
    expect_nothing_secret_in_logs(here);
}

TEST(ADatabaseThatDies, WhileARunIsComputedLosesOnlyWhatWasNotCommitted) {
    Installation here{3000};
    here.start();
    here.done({"import", here.register_folder().string()});
    const std::string run = here.create_run("regular", "2021-12");
    for (const auto delay : {15ms, 40ms, 80ms, 160ms}) {
        const pid_t postmaster = here.postmaster();
        const Ran ran = here.run(here.command({"run", "compute", run}), "/", [&](Process&) {
            std::this_thread::sleep_for(delay);
            ::kill(postmaster, SIGKILL);
        });
        wait_until_gone(postmaster);
        EXPECT_TRUE(ran.code == 0 || ran.code == 1) << ran.all();
        here.stop();
        here.start();
    }
    here.done({"run", "compute", run});
    here.sign_and_release(run);
    for (const int bank : {1, 2, 3}) here.done(here.bank_words(bank, Installation::realistic()));
    EXPECT_TRUE(here.ask({"period", "2021-12"}).at("accounted").as_bool());
    expect_books_fit(here);
}

TEST(AService, TakesItsDatabaseWithItWhenItIsKilled) {
    Installation here;
    here.start();
    const pid_t postmaster = here.postmaster();
    here.kill_service();
    wait_until_gone(postmaster);
    here.start();
    EXPECT_NE(here.postmaster(), postmaster);
}

TEST(AService, IsStoppedWhileBanksAreAtItsDoorAndGoesOn) {
    Installation here;
    here.start();
    here.done({"import", here.register_folder().string()});
    const std::string run = here.create_run("regular", "2021-12");
    here.done({"run", "compute", run});
    here.sign_and_release(run);
    const Ran cut = here.run(here.command(here.bank_words(1, Installation::realistic())), "/", [&](Process&) {
        std::this_thread::sleep_for(120ms);
        here.stop();
    });
    // Whether the bank was quicker or not: what it does again completes what it has begun.
    EXPECT_TRUE(cut.code == 0 || cut.code == 1) << cut.all();
    here.start();
    for (const int bank : {1, 2, 3}) here.done(here.bank_words(bank, Installation::realistic()));
    EXPECT_TRUE(here.ask({"period", "2021-12"}).at("accounted").as_bool());
    expect_books_fit(here);
}

TEST(AService, IsNotStartedTwiceOverTheSameRecords) {
    Installation here;
    here.start();
    const std::string url = here.url();
    const Ran second =
        here.run({"timeout", "20", ONECARD_BINARY, "--config", here.config().string(), "serve"});
    EXPECT_NE(second.code, 0) << second.all();
    EXPECT_NE(second.code, 124) << "a second service runs beside the first\n" << second.all();
    EXPECT_EQ(here.url(), url);
    here.done({"run", "list"});
}

}  // namespace
}  // namespace onecard::test
