#include <gmock/gmock.h>

#include <mutex>

#include "support/installation.hpp"

/// The administrator stops the service while it works: whoever asks is answered, no unit is half done, and started again it
/// comes to what it would have come to.
namespace onecard::test {
namespace {

const std::vector<std::string> counties{"370302", "370303", "370304", "370305"};

void populate(Installation& here) {
    Words words{"gen", (here.folder() / "wide").string(), "--lines", "10000", "--month", "2021-12"};
    for (const std::string& county : counties) words.insert(words.end(), {"--county", county});
    here.done(words);
    here.configure(
        [](const std::string& text) { return replaced(text, "region = \"3702\"", "region = \"3703\""); });
    here.start();
    here.done({"import", (here.folder() / "wide").string()});
}
std::string create(const Installation& here) {
    return std::to_string(number(
        here.ask({"run", "create", "--kind", "regular", "--period", "2021-12", "--region", "3703"}), "run"));
}
/// A unit with what it owes; an uncomputed one is planned and nothing else.
std::map<std::string, std::string> units_of(const Installation& here, const std::string& run) {
    Sql sql{here.owner_url()};
    std::map<std::string, std::string> units;
    for (const std::string& county : counties) {
        const auto cell = [&](const std::string& query) {
            return sql.cell(
                fmt::format(fmt::runtime(query), fmt::arg("run", run), fmt::arg("county", county)));
        };
        // The Merkle roots over what each batch pays: files have the time of the run in them, and differ.
        units[county] = cell(
            "select coalesce((select payments || ' ' || total from unit_result where run_no = {run} and county = "
            "{county}), 'planned') || coalesce((select string_agg(' ' || encode(lines_root, 'hex'), '' order by "
            "batch_no) from batch where run_no = {run} and county = {county}), '')");
    }
    return units;
}

TEST(AService, ThatIsStoppedWhileItComputesCutsNobodyOffAndLeavesNoUnitHalfDone) {
    Installation model;
    populate(model);
    const std::string undisturbed = create(model);
    const auto began = std::chrono::steady_clock::now();
    model.done({"run", "compute", undisturbed});
    const auto took = std::chrono::steady_clock::now() - began;
    const auto wanted = units_of(model, undisturbed);
    const json::array balance = model.trial_balance();

    Installation here;
    populate(here);
    const std::string run = create(here);
    ASSERT_EQ(run, undisturbed);
    int stops = 0, partly = 0;
    for (const int percent : {40, 60, 70}) {
        std::vector<Reply> replies;
        std::mutex guard;
        {
            std::atomic<bool> over = false;
            // Somebody who asks all the time, on connections of his own.
            std::jthread asking{[&] {
                while (!over) {
                    Reply reply = here.curl("auditor", "GET", "/v1/runs/" + run);
                    const std::lock_guard lock{guard};
                    replies.push_back(std::move(reply));
                }
            }};
            const Ran computing = here.run(here.command({"run", "compute", run}), "/", [&](Process&) {
                std::this_thread::sleep_for(took * percent / 100);
                here.stop();
                over = true;
            });
            EXPECT_TRUE(computing.code == 0 || computing.code == 1) << computing.all();
        }
        ++stops;
        int answered = 0;
        for (const Reply& reply : replies) {
            // 7 and 35: it listens no more. 18, 52 and 56 would be an answer that was begun, or awaited, and cut.
            EXPECT_TRUE(reply.curl == 0 || reply.curl == 7 || reply.curl == 35 || reply.curl == 6 ||
                        reply.curl == 3)
                << reply.all();
            if (reply.curl != 0) continue;
            ++answered;
            EXPECT_TRUE(reply.status == 200 || reply.status == 503) << reply.all();
            if (reply.status == 200) EXPECT_NO_THROW(object_of(reply.body)) << reply.body;
        }
        EXPECT_GT(answered, 0);
        here.start();
        int done = 0;
        for (const auto& [county, unit] : units_of(here, run)) {
            if (unit == "planned") continue;
            EXPECT_EQ(unit, wanted.at(county)) << county << " is done whole, or not at all";
            ++done;
        }
        if (done > 0 && done < static_cast<int>(counties.size())) ++partly;
        if (done == static_cast<int>(counties.size())) break;
    }
    EXPECT_GE(stops, 1);
    RecordProperty("stopped_between_units", partly);
    here.done({"run", "compute", run});
    EXPECT_EQ(units_of(here, run), wanted);
    EXPECT_EQ(here.trial_balance(), balance);
    here.sign_and_release(run);
    for (const int bank : {1, 2, 3})
        here.done(here.bank_words(bank, {"--fail-permille", "0", "--wait-posted"}));
    EXPECT_TRUE(here.ask({"period", "2021-12", "--region", "3703"}).at("accounted").as_bool());
    expect_books_fit(here);
}

}  // namespace
}  // namespace onecard::test
