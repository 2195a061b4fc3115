#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "support/installation.hpp"

/// What a month costs must not grow with a statement a payment, anywhere on its way.
namespace onecard::test {
namespace {

struct Cost {
    std::int64_t payments = 0;
    std::int64_t statements = 0;
};

std::int64_t statements_sent(const Installation& here) {
    std::string url = text_in(here.service_folder() / "monitor");
    url.pop_back();
    const fs::path body = here.folder() / "watched";
    here.run({"curl", "--silent", "--fail", "--output", body.string(), url + "/metrics"});
    const std::string text = text_in(body);
    const std::string name = "\nonecard_statements_total ";
    const std::size_t at = text.find(name);
    if (at == std::string::npos) throw std::runtime_error{"no statements are counted: " + text};
    return std::stoll(text.substr(at + name.size()));
}

/// From creating the run to the last return posted.
Cost cost_of_a_month(int lines) {
    Installation here{lines};
    here.configure([](const std::string& text) {
        return replaced(text, "\n# monitor_port = 9464", "\nmonitor_port = 0");
    });
    here.start();
    here.done({"import", here.register_folder().string()});
    const std::int64_t before = statements_sent(here);
    const std::string run = here.create_run("regular", "2021-12");
    here.done({"run", "compute", run});
    here.sign_and_release(run);
    for (const int bank : {1, 2, 3}) here.done(here.bank_words(bank, Installation::realistic()));
    const std::int64_t after = statements_sent(here);
    Sql sql{here.owner_url()};
    return {std::stoll(sql.cell("select count(*) from outcome")), after - before};
}

TEST(TheBulkWay, SendsAtMostOneStatementForAHundredMorePayments) {
    const Cost small = cost_of_a_month(500);
    const Cost large = cost_of_a_month(12'500);
    ASSERT_GT(large.payments, small.payments + 10'000);
    EXPECT_LE(100 * (large.statements - small.statements), large.payments - small.payments)
        << small.statements << " statements for " << small.payments << " payments, " << large.statements
        << " for " << large.payments;
}

/// Outcomes come without their key. It must not wait for a bank that never answers.
TEST(TheOutcomesOfAPart, AreKeyedWhenNothingComesForAMomentThoughABankIsSilent) {
    Installation here{500};
    here.start();
    here.done({"import", here.register_folder().string()});
    const std::string run = here.create_run("regular", "2021-12");
    here.done({"run", "compute", run});
    here.sign_and_release(run);
    Sql sql{here.owner_url()};
    EXPECT_EQ(sql.cell("select count(*) from outcome_keyed"), "0");
    for (const int bank : {1, 2}) here.done(here.bank_words(bank, Installation::realistic()));
    const auto until = [&](const std::string& question, const std::string& answer) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (sql.cell(question) != answer && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        EXPECT_EQ(sql.cell(question), answer);
    };
    until(
        "select count(*) from (select part from outcome group by part) p left join outcome_keyed k using (part) "
        "where k.part is null",
        "0");
    ASSERT_NE(sql.cell("select count(*) from outcome_keyed"), "0");
    // What comes later finds the key in place.
    here.done(here.bank_words(3, Installation::realistic()));
    until(
        "select count(*) from return_file left join return_result r using (return_no) where r.return_no is null",
        "0");
    here.done({"audit", "verify"});
}

}  // namespace
}  // namespace onecard::test
