#include "onecard/ops/log.hpp"

#include <gtest/gtest.h>

#include "onecard/ops/metrics.hpp"

namespace onecard::ops {
namespace {

TEST(Log, TellsAnEventInOneLineWhateverIsInIt) {
    EXPECT_EQ(log_line(LogForm::text, LogLevel::info, "GET", {{"status", "200"}, {"trouble", "a \"b\"\nc"}}),
              "GET status=200 trouble=\"a \\\"b\\\"\\u000ac\"");
    EXPECT_EQ(log_line(LogForm::json, LogLevel::error, "line\nbreak", {{"request", "a-1"}}),
              R"("level":"error","text":"line\u000abreak","request":"a-1")");
}

TEST(Metrics, CountsByRouteAndNeverByWhatACallerSent) {
    Metrics metrics;
    metrics.answered("GET", "/v1/runs/{run}", 200, 1'500, 10, 20);
    metrics.answered("GET", "/v1/runs/{run}", 200, 30'000, 10, 20);
    metrics.answered("EVIL\"", "", 404, 10, 1, 1);
    metrics.turned_away();
    const std::string text = metrics.text({.is_ready = true, .computations = 1});
    for (const char* line :
         {"onecard_requests_total{method=\"GET\",route=\"/v1/runs/{run}\",status=\"200\"} 2\n",
          "onecard_requests_total{method=\"other\",route=\"none\",status=\"404\"} 1\n",
          "onecard_request_seconds_bucket{le=\"0.002500\"} 2\n",
          "onecard_request_seconds_bucket{le=\"+Inf\"} 3\n", "onecard_request_seconds_sum 0.031510\n",
          "onecard_turned_away_total 1\n", "onecard_ready 1\n", "onecard_computations 1\n",
          "# TYPE onecard_request_seconds histogram\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
    EXPECT_EQ(text.find("EVIL"), std::string::npos);
}

}  // namespace
}  // namespace onecard::ops
