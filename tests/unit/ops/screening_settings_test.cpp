#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "onecard/ops/settings.hpp"

/// [[screening]]: what is done about a list, and how often it has to come, is data.
namespace onecard::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ScreeningSettings : public testing::Test {
protected:
    ~ScreeningSettings() override { std::filesystem::remove(file); }
    /// The shipped configuration with these lines behind it.
    LoadedSettings with(std::string_view lines) {
        std::ifstream shipped{ONECARD_SOURCE_DIR "/config/onecard.toml"};
        std::ofstream{file} << shipped.rdbuf() << '\n' << lines;
        return load_settings(file);
    }
    static const app::ScreeningRule& rule(const Settings& settings, app::ListKind kind) {
        return *std::ranges::find(settings.screening, kind, &app::ScreeningRule::kind);
    }
    std::filesystem::path file = testing::TempDir() + "screening-settings-" +
                                 testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml";
};

TEST_F(ScreeningSettings, DemandNothingUntilACadenceIsGiven) {
    const LoadedSettings loaded = with("");
    ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.front().message();
    for (const app::ScreeningRule& rule : loaded.settings.screening) EXPECT_EQ(rule.months_valid, 0);
    // Relatives of officials are shown; who is dead is not paid (DOMAIN 1.8 and 5.4).
    EXPECT_FALSE(rule(loaded.settings, app::ListKind::officials_relatives).holds);
    EXPECT_TRUE(rule(loaded.settings, app::ListKind::deaths).holds);
}

TEST_F(ScreeningSettings, TakeAMonthlyAQuarterlyAHalfYearlyAndAYearlyCadence) {
    struct Row {
        const char* word;
        int months;
    };
    for (const Row& row :
         {Row{"none", 0}, Row{"monthly", 1}, Row{"quarterly", 3}, Row{"half-yearly", 6}, Row{"yearly", 12}}) {
        const LoadedSettings loaded =
            with(std::string{"[[screening]]\nlist = \"custody\"\ncadence = \""} + row.word +
                 "\"\ngrace_days = 20\neffect = \"show\"\nprogrammes = \"dibao-urban dibao-rural\"\n");
        ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.front().message();
        const app::ScreeningRule& custody = rule(loaded.settings, app::ListKind::custody);
        EXPECT_EQ(custody.months_valid, row.months) << row.word;
        EXPECT_EQ(custody.grace_days, 20);
        EXPECT_FALSE(custody.holds);
        EXPECT_THAT(custody.programmes, ElementsAre(Programme::dibao_urban, Programme::dibao_rural));
    }
}

TEST_F(ScreeningSettings, NameEveryFaultWithItsLine) {
    const LoadedSettings loaded = with(
        "[[screening]]\nlist = \"gossip\"\n"
        "[[screening]]\nlist = \"deaths\"\ncadence = \"weekly\"\n"
        "[[screening]]\nlist = \"deaths\"\neffect = \"pay\"\ngrace_days = 400\nprogrammes = \"cats\"\n");
    std::vector<std::string> told;
    for (const Failure& fault : loaded.faults) told.push_back(fault.message());
    EXPECT_THAT(told,
                testing::UnorderedElementsAre(HasSubstr("names no list"), HasSubstr("monthly, quarterly"),
                                              HasSubstr("must be hold or show"), HasSubstr("from 0 to 366"),
                                              HasSubstr("codes of programmes")));
    for (const std::string& one : told) EXPECT_THAT(one, HasSubstr("screening-settings-"));
}

}  // namespace
}  // namespace onecard::ops
