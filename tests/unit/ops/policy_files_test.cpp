#include "onecard/ops/policy_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace onecard::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PolicyFiles : public testing::Test {
protected:
    PolicyFiles() {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::temp_directory_path() /
                  ("policy_files_" + std::string{test->name()} + std::to_string(getpid()));
        std::filesystem::create_directories(folder_);
    }
    ~PolicyFiles() override { std::filesystem::remove_all(folder_); }

    void write(std::string_view name, std::string_view text) { std::ofstream{folder_ / name} << text; }

    std::vector<std::string> faults() {
        std::vector<std::string> messages;
        for (const Failure& fault : load_policy_book(folder_).faults) messages.push_back(fault.message());
        return messages;
    }

    std::filesystem::path folder_;
};

constexpr std::string_view good = R"(division = "370212"
name = "崂山区"
[sources]
S21 = "example.org"
[[notice]]
document = "a notice"
source = "S21"
from = "2022-01"
[notice.standards]
dibao.urban = "995.00"
dibao.rural = "995"
[notice.rules]
dibao.rounding = { unit = "yuan", mode = "ceiling" }
dibao.excluded_income_items = [901, 902]
)";

TEST_F(PolicyFiles, ItemsOfTheRegisterAreHeldAgainstItsList) {
    std::string text{good};
    text.replace(text.find("[901, 902]"), 10, "[901, 999, 601]\ndibao.deduct.items = [603, 101, 801]");
    write("370212.toml", text);
    std::string told;
    for (const Failure& fault : load_policy_book(folder_).faults) told += fault.message() + "\n";
    EXPECT_THAT(told, HasSubstr("370212.toml:14:37"));
    EXPECT_THAT(told, HasSubstr("999 is no item of the register"));
    EXPECT_THAT(told, HasSubstr("is no item of income"));
    EXPECT_THAT(told, HasSubstr("101 (wages and salaries) is no item of expense"));
    EXPECT_THAT(told, HasSubstr("801 (nursing fee of work-injury insurance) is no item of expense"));
    EXPECT_THAT(told, testing::Not(HasSubstr("603 ")));
}

TEST_F(PolicyFiles, APackIsReadWithItsDocumentAndPlace) {
    write("370212.toml", good);
    const LoadedBook loaded = load_policy_book(folder_);
    ASSERT_THAT(loaded.faults, IsEmpty());
    const auto policy = loaded.book.at(County::of_number(370212), Month::of(2022, 1).value());
    ASSERT_TRUE(policy);
    const auto& value = policy->standard(policy::Standard::dibao_urban);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->amount.fen(), 99'500);
    EXPECT_EQ(value->source->document, "a notice");
    EXPECT_EQ(value->source->note, "S21: example.org");
    EXPECT_EQ(value->source->place, "370212.toml:10:15");
    EXPECT_EQ(policy->dibao_rounding, (Rounding{RoundingUnit::yuan, RoundingMode::ceiling}));
}

TEST_F(PolicyFiles, AllFaultsOfAllFilesAreReportedAtOnceWithLineColumnAndKey) {
    write("a.toml", R"(division = "370212"
name = "崂山区"
colour = "red"
[sources]
S21 = "example.org"
S22 = "never.named"
[[notice]]
document = "a notice"
source = "S21"
from = "2022-13"
[notice.standards]
dibao.urban = 995.00
dibao.suburban = "1.00"
dibao.rounding.unit = "yuan"
tekun.care.full = "12.345"
[[notice]]
source = "S9"
from = "2022-01"
until = "2021-01"
[notice.standards]
dibao.rural = 995
[notice.rules]
dibao.payee = "nobody"
orphan.central = "1.00"
)");
    write("b.toml", "division = \"370213\"\nname = \n");
    EXPECT_THAT(
        faults(),
        ElementsAre("a.toml:3:1: colour: there is no such key",
                    "a.toml:6:1: sources.S22: no notice names this source",
                    "a.toml:10:8: notice.from: must be a month like \"2022-01\"",
                    HasSubstr("a.toml:12:15: dibao.urban: is a floating-point number"),
                    "a.toml:13:7: dibao.suburban: there is no such key",
                    HasSubstr("a.toml:14:16: dibao.rounding.unit: is a rule"),
                    HasSubstr("a.toml:15:19: tekun.care.full: \"12.345\""),
                    "a.toml:16:1: notice.document: is missing",
                    HasSubstr("a.toml:17:10: notice.source: \"S9\" is not in [sources]"),
                    HasSubstr("a.toml:19:9: notice.until: lies before"),
                    HasSubstr("a.toml:21:15: dibao.rural: an amount is written in yuan and in quotes"),
                    HasSubstr("a.toml:23:15: dibao.payee: must be one of"),
                    HasSubstr("a.toml:24:8: orphan.central: is an amount"), HasSubstr("b.toml:2:")));
}

TEST_F(PolicyFiles, ADivisionThatIsNoneIsToldOnceAndTheValuesBesideItAllTheSame) {
    std::string text{good};
    text.replace(text.find("370212"), 6, "37021x");
    text.replace(text.find("\"995\""), 5, "\"-1\"");
    write("a.toml", text);
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("a.toml:1:12: division: \"37021x\" is not a division code"),
                                      HasSubstr("a.toml:11:15: dibao.rural: ")));
}

TEST_F(PolicyFiles, ADuplicateInAnotherFileNamesTheFirst) {
    write("a.toml", good);
    write("b.toml", good);
    EXPECT_THAT(faults(), testing::Each(HasSubstr("has a value from 2022-01 already: a.toml:")));
    EXPECT_EQ(faults().size(), 5U);
}

TEST_F(PolicyFiles, ValuesWithoutDocumentSourceOrMonthAreRefused) {
    write("a.toml",
          "division = \"370212\"\nname = \"x\"\n[[notice]]\n[notice.standards]\ndibao.urban = \"1\"\n");
    EXPECT_THAT(faults(),
                ElementsAre(HasSubstr("notice.document: is missing"), HasSubstr("notice.from: is missing"),
                            HasSubstr("notice.source: is missing")));
    write("a.toml", "");
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("a.toml:1:1: division: is missing"),
                                      HasSubstr("name: is missing"), HasSubstr("at least one [[notice]]")));
}

TEST_F(PolicyFiles, AFolderThatIsNotThereOrEmptyIsAFault) {
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("no *.toml")));
    std::filesystem::remove_all(folder_);
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("cannot be read")));
}

TEST_F(PolicyFiles, AFileOfMoreThanOneMebibyteIsRefused) {
    write("a.toml", std::string((1 << 20) + 1, '\n'));
    EXPECT_THAT(faults(), ElementsAre("a.toml: is longer than 1 MiB"));
    write("a.toml", std::string(1 << 20, '\n'));
    EXPECT_THAT(faults(), testing::Each(HasSubstr("a.toml:")));
}

TEST(PolicyPacks, OfTheHouseHaveNoFault) {
    for (const Failure& fault : load_policy_book(ONECARD_SOURCE_DIR "/config/policy").faults)
        ADD_FAILURE() << fault.message();
}

}  // namespace
}  // namespace onecard::ops
