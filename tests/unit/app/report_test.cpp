#include "onecard/app/report.hpp"

#include <gtest/gtest.h>

namespace onecard::app {
namespace {

Report a_report() {
    Report report{{"试算", "Trial"}, {}, {}};
    report.fields = {{"region", {"地区", "region"}, std::string{"3702"}},
                     {"balances", {"平衡", "balances"}, true}};
    Table table{"accounts",
                {"科目", "Accounts"},
                {{"name", {"名称", "name"}}, {"balance", {"余额", "balance"}}, {"lines", {"笔数", "lines"}}},
                {}};
    table.rows.push_back({Words{"应付", "payable"}, Money::of_fen(123'456'789), std::int64_t{7}});
    table.rows.push_back({std::string{"a \"quoted\"\nname"}, Money::of_fen(-1), std::int64_t{0}});
    report.tables.push_back(table);
    return report;
}

TEST(Report, SaysMoneyInFenAndTextEscapedToPrograms) {
    EXPECT_EQ(
        to_json(a_report()),
        R"({"region":"3702","balances":true,"accounts":[{"name":"payable","balance_fen":123456789,"lines":7},)"
        R"({"name":"a \"quoted\"\nname","balance_fen":-1,"lines":0}]})");
}

TEST(Report, GivesItsRowsAsLinesOfCsvAndJson) {
    const Table table = a_report().tables.front();
    std::string csv = csv_heading(table), lines;
    append_csv(csv, table);
    append_json_lines(lines, table);
    EXPECT_EQ(csv, "name,balance_fen,lines\r\npayable,123456789,7\r\n\"a \"\"quoted\"\"\nname\",-1,0\r\n");
    EXPECT_EQ(lines,
              "{\"name\":\"payable\",\"balance_fen\":123456789,\"lines\":7}\n"
              "{\"name\":\"a \\\"quoted\\\"\\nname\",\"balance_fen\":-1,\"lines\":0}\n");
}

TEST(Report, AlignsChineseByTheWidthThatItTakesOnAScreen) {
    Report report = a_report();
    report.tables[0].rows.pop_back();
    EXPECT_EQ(to_text(report, Language::chinese),
              "试算\n"
              "  地区  3702\n"
              "  平衡  是\n"
              "\n科目\n"
              "  名称          余额  笔数\n"
              "  应付  1,234,567.89     7\n");
}

TEST(Report, SaysSoWhenATableIsEmpty) {
    Report report = a_report();
    report.tables[0].rows.clear();
    EXPECT_NE(to_text(report, Language::english).find("Accounts\n  (none)\n"), std::string::npos);
    EXPECT_NE(to_json(report).find("\"accounts\":[]"), std::string::npos);
}

TEST(Report, ShowsRowsWiderThanAScreenAsBlocksUnderTheirTitle) {
    Report report = a_report();
    report.tables[0].rows[0][0] = std::string(300, 'x');
    const std::string text = to_text(report, Language::english);
    EXPECT_NE(text.find("\nAccounts\n- name     xxx"), std::string::npos);
    EXPECT_NE(text.find("\n  balance  1,234,567.89\n"), std::string::npos);
}

}  // namespace
}  // namespace onecard::app
