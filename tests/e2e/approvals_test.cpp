#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "onecard/audit/checkpoint.hpp"
#include "support/installation.hpp"

/// Officers' signatures for several counties come together and are written together; each county stands for itself.
namespace onecard::test {
namespace {

using ::testing::HasSubstr;

class ApprovalsOfSeveralCounties : public ::testing::Test {
protected:
    ApprovalsOfSeveralCounties() {
        here_.configure(
            [](const std::string& text) { return replaced(text, "region = \"3702\"", "region = \"3701\""); });
        here_.start();
        const fs::path folder = here_.folder() / "several";
        Words gen{"gen", folder.string(), "--lines", "240", "--month", "2022-01"};
        for (const char* county : counties) gen.insert(gen.end(), {"--county", county});
        here_.done(gen);
        here_.done({"import", folder.string()});
        run_ = std::to_string(number(
            here_.ask({"run", "create", "--kind", "regular", "--period", "2022-01", "--region", "3701"}),
            "run"));
        here_.done({"run", "compute", run_});
        path_ = "/v1/runs/" + run_ + "/approvals";
    }

    /// A body with the officer's signature for every county that waits, over its text and what `more` adds to it.
    template <class More>
    std::string signed_body(const std::string& officer, const More& more) const {
        json::object body;
        const json::object waiting = object_of(here_.curl(officer, "GET", path_).body);
        for (const auto& row : rows(waiting, "approvals")) {
            const std::string county = word(row.as_object(), "county");
            const fs::path file = here_.folder() / (officer + county);
            write_text(file, word(row.as_object(), "text") + more(county));
            body[county] = audit::base64(here_.sign(officer, file, false));
        }
        return json::serialize(body);
    }
    std::string signed_body(const std::string& officer) const {
        return signed_body(officer, [](const std::string&) { return std::string{}; });
    }
    std::string cell(const std::string& question) const { return Sql{here_.owner_url()}.cell(question); }

    static constexpr std::array counties{"370102", "370103", "370104", "370105", "370112"};
    Installation here_;
    std::string run_, path_;
};

TEST_F(ApprovalsOfSeveralCounties, AreTakenButForTheOneWhoseTextIsNotWhatStands) {
    const Reply reply = here_.post_json("maker", path_, signed_body("maker", [](const std::string& county) {
                                            return county == "370103" ? "and one more line\n" : "";
                                        }));
    expect_problem(reply, 412, "stale");
    EXPECT_THAT(reply.body, HasSubstr("run " + run_ + "/370103"));
    EXPECT_EQ(cell("select string_agg(county::text, ' ' order by county) from unit_step"),
              "370102 370104 370105 370112");
    EXPECT_EQ(cell("select count(*) from act where kind = 'approval'"), "4");
    // The one goes on by itself.
    EXPECT_EQ(here_.post_json("maker", path_, signed_body("maker")).status, 200);
    EXPECT_EQ(cell("select count(*) from unit_step"), "5");
    here_.done({"audit", "verify"});
}

TEST_F(ApprovalsOfSeveralCounties, AreTakenOnceThoughTheyAreHandedInFourTimesAtOnce) {
    here_.done({"run", "approve", run_, "--as", "maker"});
    here_.accept_outliers(run_);
    here_.done({"run", "approve", run_, "--as", "checker"});
    const std::string body = signed_body("releaser");
    std::array<Reply, 4> replies;
    {
        std::vector<std::jthread> clerks;
        for (Reply& reply : replies)
            clerks.emplace_back([&] { reply = here_.post_json("releaser", path_, body); });
    }
    for (const Reply& reply : replies)
        EXPECT_TRUE(reply.status == 200 || reply.status == 403 || reply.status == 409) << reply.all();
    EXPECT_EQ(cell("select count(*) from unit_fate where fate = 'released'"), "5");
    EXPECT_EQ(cell("select count(*) from unit_step where step = 3"), "5");
    EXPECT_EQ(cell("select count(*) - count(distinct (county, batch_no)) from dispatch"), "0");
    EXPECT_EQ(cell("select count(*) from dispatch"), cell("select count(*) from batch"));
    // Every batch went out once in the books, too.
    EXPECT_EQ(cell("select count(*) from entry where cause in (select cause from entry group by cause, kind "
                   "having count(*) > 1)"),
              "0");
    here_.done({"audit", "verify"});
}

}  // namespace
}  // namespace onecard::test
