#include "onecard/app/importing.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "loadtest/population/population.hpp"
#include "onecard/registry/row_packing.hpp"
#include "onecard/store/scratch.hpp"
#include "story.hpp"

namespace onecard {
namespace {

namespace fs = std::filesystem;
using registry::FileKind;
using test::at;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t county_count = 12;
/// More than the whole register of these tests takes in memory, and about two counties of it.
constexpr std::size_t in_one_group = std::size_t{64} * 1024 * 1024;
constexpr std::size_t in_many_groups = std::size_t{256} * 1024;
/// Less than one county.
constexpr std::size_t in_slices = std::size_t{40} * 1024;

/// A register of twelve counties whose rows come in no order at all.
class Imports : public test::StoryTest {
protected:
    Imports() {
        loadtest::PopulationWish wish;
        for (int county = 1; county <= county_count; ++county)
            wish.counties.push_back(County::of_number(370'200 + county));
        wish.payment_lines = 6'000;
        wish.bank_codes = {"102100099996", "103100000026"};
        wish.first_month = test::month(2021, 11);
        wish.months_with_changes = {test::month(2021, 12)};
        std::map<FileKind, std::string> texts;
        loadtest::generate(wish, [&](FileKind kind, std::string_view bytes) { texts[kind] += bytes; });
        std::mt19937 random{20220105};
        for (const FileKind kind : registry::file_kinds) {
            auto& lines = lines_[kind];
            const std::string& text = texts[kind];
            for (std::size_t begin = 0; begin < text.size();) {
                const std::size_t end = text.find('\n', begin) + 1;
                lines.push_back(text.substr(begin, end - begin));
                begin = end;
            }
            std::shuffle(lines.begin() + 1, lines.end(), random);
        }
    }

    app::ImportOutcome import(std::size_t rows_bytes_max) {
        std::vector<app::ImportFile> files;
        for (const auto& [kind, lines] : lines_) {
            const fs::path path = folder_.path() / file_name_of(kind);
            std::ofstream out{path, std::ios::binary};
            for (const std::string& line : lines) out << line;
            files.push_back({kind, path});
        }
        app::Identity by;
        by.name = "maker";
        by.region = region_;
        test::MirrorCipher cipher;
        return app::import_register(*database_, *vault_, cipher, seal::sha256(), seal::sha256(), by, files,
                                    at(100),
                                    {.make_scratch = [&] { return store::create_scratch(folder_.path()); },
                                     .rows_bytes_max = rows_bytes_max});
    }

    /// What one import has left in the tables, whatever its number.
    std::vector<std::string> content(ImportNo no) {
        std::vector<std::string> content;
        for (const char* table : tables)
            content.push_back(
                fmt::format("{} {}", table,
                            owner_.cell(fmt::format(
                                "select count(*) || ' ' || md5(coalesce(string_agg(r, '|' order by r), '')) "
                                "from (select (to_jsonb(t) - 'import_no')::text as r from {} t "
                                "where import_no = {}) x",
                                table, no.number()))));
        return content;
    }

    std::int64_t count(const std::string& table) {
        return std::stoll(owner_.cell("select count(*) from " + table));
    }

    static std::vector<std::string> messages(const app::ImportOutcome& outcome) {
        std::vector<std::string> all;
        for (const Failure& fault : outcome.faults) all.push_back(fault.message());
        return all;
    }

    /// The first line of the county in the file, once more at the end of the file.
    void repeat_a_line(FileKind kind, std::int64_t county) {
        auto& lines = lines_[kind];
        const auto line = std::ranges::find_if(lines, [&](const std::string& text) {
            return text.starts_with(fmt::format("{},", 370'200 + county));
        });
        ASSERT_NE(line, lines.end());
        lines.push_back(*line);
    }

    static constexpr std::array tables{"household", "person",      "income",        "enrolment",
                                       "account",   "institution", "import_county", "import"};
    test::TemporaryFolder folder_;
    std::unique_ptr<app::FileVault> vault_ =
        store::create_file_vault(folder_.path() / "vault", seal::sha256());
    std::unique_ptr<app::Database> database_ = store::create_database(service_url(), 1);
    test::Sql owner_{owner_url()};
    std::map<FileKind, std::vector<std::string>> lines_;
    Region region_ = Region::parse("3702").value();
};

TEST_F(Imports, BringTheSameRowsInOneGroupAndInMany) {
    const auto whole = import(in_one_group);
    ASSERT_THAT(messages(whole), IsEmpty());
    EXPECT_EQ(whole.rows_held_max, whole.rows);
    const auto wanted = content(whole.no);
    EXPECT_THAT(wanted[0], testing::Not(HasSubstr(" 0 ")));
    for (const std::size_t limit : {in_many_groups, in_slices}) {
        const auto grouped = import(limit);
        ASSERT_THAT(messages(grouped), IsEmpty());
        EXPECT_EQ(grouped.rows, whole.rows);
        EXPECT_EQ(content(grouped.no), wanted) << limit;
    }
    std::set<std::string> acts;
    for (const auto& row : owner_("select text from act where kind = 'import' order by act_no")) {
        ASSERT_TRUE(row[0].starts_with(fmt::format("import|{}|maker|", acts.size() + 2))) << row[0];
        acts.insert(row[0]);
    }
    EXPECT_THAT(acts, SizeIs(3));
}

TEST_F(Imports, HoldNoMoreRowsThanTheLimitAllows) {
    for (const std::size_t limit : {in_many_groups, in_slices}) {
        const auto outcome = import(limit);
        ASSERT_THAT(messages(outcome), IsEmpty());
        // The smallest row decides how many fit; on the way in a piece of a file (256 KiB) comes on top.
        const auto most = static_cast<std::int64_t>(limit / 60 + 256 * 1024 / 40);
        EXPECT_LE(outcome.rows_held_max, most);
        EXPECT_GT(outcome.rows, 2 * most) << "else the register of this test is too small to show it";
    }
}

TEST_F(Imports, CopyEachTableOnceAGroup) {
    const auto statements = store::statements_sent();
    const auto outcome = import(in_many_groups);
    ASSERT_THAT(messages(outcome), IsEmpty());
    const auto groups = 1 + registry::bytes_per_row(FileKind::persons) * lines_[FileKind::persons].size() /
                                (in_many_groups / 8);
    EXPECT_LT(store::statements_sent() - statements, 6 * groups + 20);
}

TEST_F(Imports, ListTheSameFaultsBetweenRowsInOneGroupAndInMany) {
    for (const std::int64_t county : {12, 3, 7, 1})
        for (const FileKind kind : registry::file_kinds) repeat_a_line(kind, county);
    const auto wanted = messages(import(in_one_group));
    ASSERT_THAT(wanted, SizeIs(24));
    EXPECT_THAT(wanted[0], HasSubstr("households.csv:"));
    EXPECT_THAT(wanted[0], HasSubstr("370201: household"));
    EXPECT_EQ(messages(import(in_many_groups)), wanted);
    EXPECT_EQ(messages(import(in_slices)), wanted);
    EXPECT_EQ(count("import"), 1);
}

TEST_F(Imports, ListTheSameFaultsOfRowsAndOfRegionsInOneGroupAndInMany) {
    // The first fault comes late: what was kept until then is dropped, and listing goes on.
    lines_[FileKind::incomes].insert(lines_[FileKind::incomes].begin() + 500, "370201,x,,101,5,2021-11,,\n");
    lines_[FileKind::accounts].push_back("370201,person\n");
    repeat_a_line(FileKind::households, 1);
    region_ = Region::parse("370201").value();
    const auto wanted = messages(import(in_one_group));
    ASSERT_GE(wanted.size(), 3U);
    EXPECT_THAT(wanted[0], HasSubstr("incomes.csv:501:household_no"));
    EXPECT_THAT(wanted[1], HasSubstr("accounts.csv:"));
    EXPECT_THAT(wanted[2], HasSubstr("rows of county 370202 are outside the importer's region"));
    EXPECT_EQ(messages(import(in_many_groups)), wanted);
    EXPECT_EQ(messages(import(in_slices)), wanted);
}

TEST_F(Imports, LeaveNothingBehindWhereverTheFaultIs) {
    std::uint64_t fewest = UINT64_MAX;
    std::uint64_t most = 0;
    for (std::int64_t county = 1; county <= county_count; ++county) {
        repeat_a_line(FileKind::institutions, county);
        const auto before = store::statements_sent();
        const auto outcome = import(in_many_groups);
        const auto sent = store::statements_sent() - before;
        lines_[FileKind::institutions].pop_back();
        fewest = std::min(fewest, sent);
        most = std::max(most, sent);
        ASSERT_THAT(messages(outcome),
                    ElementsAre(HasSubstr(fmt::format("{}: institution", 370'200 + county))));
        EXPECT_EQ(outcome.no, ImportNo{});
        for (const char* table : tables)
            EXPECT_EQ(count(table), std::string_view{table} == "import" ? 1 : 0) << table;  // the story's
        EXPECT_EQ(count("act"), 0);
    }
    EXPECT_GT(most, fewest + 12) << "a fault in the last group finds groups that were written before it";
    for (const auto& entry : fs::directory_iterator{folder_.path()})
        EXPECT_TRUE(entry.is_directory() || entry.path().extension() == ".csv") << entry.path();
    EXPECT_THAT(messages(import(in_many_groups)), IsEmpty());
}

TEST_F(Imports, CountTheFaultsBetweenRowsThatAreTooManyToList) {
    auto& lines = lines_[FileKind::incomes];
    lines.resize(1);
    for (int i = 0; i < 5'012; ++i)
        for (int twice = 0; twice < 3; ++twice)
            lines.push_back(fmt::format("3702{:02},{},,101,5.00,2021-11,,\n", 1 + i % 12, i + 1));
    for (const std::size_t limit : {in_one_group, in_many_groups}) {
        const auto found = messages(import(limit));
        ASSERT_THAT(found, SizeIs(10'001));
        EXPECT_THAT(found.back(), HasSubstr("24 more faults are not listed"));
    }
}

}  // namespace
}  // namespace onecard
