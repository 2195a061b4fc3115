#include "onecard/ops/sheet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xlsxwriter.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "onecard/ops/workbook.hpp"
#include "support/own_folder.hpp"

namespace onecard::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class Sheets : public testing::Test {
protected:
    /// A workbook as people make it.
    static fs::path made_by(const std::function<void(lxw_workbook*)>& write) {
        const fs::path file = fs::path{test::own_folder()} / "onecard-sheet.xlsx";
        lxw_workbook* const book = workbook_new(file.c_str());
        write(book);
        EXPECT_EQ(workbook_close(book), LXW_NO_ERROR);
        return file;
    }
    static std::string text_in(const fs::path& file) {
        std::ifstream in{file, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    std::string csv_of(const fs::path& workbook, std::string_view sheet = "corrections") {
        const fs::path csv = fs::path{test::own_folder()} / "onecard-sheet.csv";
        const auto done = sheet_to_csv(workbook, sheet, csv, "c.xlsx", faults);
        if (!done) return "refused: " + done.error().message();
        return text_in(csv);
    }
    std::vector<std::string> places() const {
        std::vector<std::string> all;
        for (const Failure& fault : faults) all.push_back(fault.place);
        return all;
    }
    Faults faults;
};

TEST_F(Sheets, ComeBackAsTheyWentOutRowByRow) {
    app::Report report{{"更正清单", "Corrections"}, {}, {}};
    report.tables.push_back({"corrections",
                             {"更正清单", "Corrections"},
                             {{"reference", {"支付编号", "reference"}},
                              {"amount", {"金额", "amount"}},
                              {"holder", {"户名", "holder"}}},
                             {{std::string{"YK1"}, Money::of_fen(12'345), std::string{"徐\u3F06, \"二\""}},
                              {std::string{"YK2"}, std::int64_t{6}, std::string{}}}});
    const fs::path file = fs::path{test::own_folder()} / "onecard-sheet-out.xlsx";
    std::ofstream{file, std::ios::binary} << to_workbook(report, app::Language::chinese);
    EXPECT_TRUE(is_workbook(file));
    EXPECT_EQ(
        csv_of(file),
        "\"支付编号\",\"金额\",\"户名\"\r\n\"YK1\",\"123.45\",\"徐\u3F06, \"\"二\"\"\"\r\n\"YK2\",\"6\",\"\"\r\n");
    EXPECT_TRUE(faults.empty());
}

TEST_F(Sheets, KeepTheNumbersOfTheirRowsWhereSomeAreEmptyAndCellsHoldLineEnds) {
    const auto file = made_by([](lxw_workbook* book) {
        lxw_worksheet* const page = workbook_add_worksheet(book, "what people call it");
        worksheet_write_string(page, 0, 0, "reference", nullptr);
        worksheet_write_string(page, 0, 1, "evidence", nullptr);
        worksheet_write_string(page, 3, 1, "letter 3\nof May", nullptr);
    });
    EXPECT_EQ(csv_of(file), "\"reference\",\"evidence\"\r\n\r\n\r\n\"\",\"letter 3 of May\"\r\n");
}

TEST_F(Sheets, NameEveryCellThatCannotSayForSureWhatWasMeant) {
    const auto file = made_by([](lxw_workbook* book) {
        workbook_add_worksheet(book, "notes");
        lxw_worksheet* const page = workbook_add_worksheet(book, "corrections");
        for (lxw_col_t column = 0; column < 3; ++column)
            worksheet_write_string(page, 0, column, "a", nullptr);
        worksheet_write_number(page, 1, 0, 6229990000000000019.0, nullptr);
        worksheet_write_number(page, 1, 1, 622999, nullptr);
        worksheet_write_formula(page, 2, 2, "=A1", nullptr);
        worksheet_write_string(page, 4, 5, "outside", nullptr);
    });
    csv_of(file);
    EXPECT_THAT(places(), ElementsAre("c.xlsx:2:A", "c.xlsx:3:C", "c.xlsx:5:D"));
    EXPECT_THAT(faults.front().text, HasSubstr("rounded"));
}

TEST_F(Sheets, AreRefusedWhereThereIsNoneOrAnotherKindOfFile) {
    const auto file = made_by([](lxw_workbook* book) {
        workbook_add_worksheet(book, "one");
        workbook_add_worksheet(book, "two");
    });
    EXPECT_THAT(csv_of(file), HasSubstr("has no sheet"));
    const fs::path text = fs::path{test::own_folder()} / "onecard-sheet.txt";
    std::ofstream{text} << "reference,decision\n";
    EXPECT_FALSE(is_workbook(text));
    EXPECT_THAT(csv_of(text), HasSubstr("is no workbook"));
    std::ofstream{text} << "PK\x03\x04 and nothing of a workbook";
    EXPECT_TRUE(is_workbook(text));
    EXPECT_THAT(csv_of(text), HasSubstr("is no workbook"));
    EXPECT_TRUE(faults.empty());
}

}  // namespace
}  // namespace onecard::ops
