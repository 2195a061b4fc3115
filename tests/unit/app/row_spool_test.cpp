#include "row_spool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

namespace onecard::app {
namespace {

using registry::FileKind;
using registry::RegisterFiles;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

class StringScratch final : public Scratch {
public:
    std::int64_t append(std::string_view bytes) override {
        const auto at = static_cast<std::int64_t>(bytes_.size());
        bytes_ += bytes;
        return at;
    }
    void read(std::int64_t at, std::span<char> out) override {
        bytes_.copy(out.data(), out.size(), static_cast<std::size_t>(at));
    }

private:
    std::string bytes_;
};

/// Households 1 to `per_county` of each county, the counties taking turns.
RegisterFiles households(int counties, std::int64_t per_county) {
    RegisterFiles rows;
    std::int64_t line = 1;
    for (std::int64_t no = 1; no <= per_county; ++no)
        for (int county = 1; county <= counties; ++county) {
            registry::Household household;
            household.no = HouseholdNo{no};
            rows.households.push_back({County::of_number(370'200 + county), household, ++line});
        }
    return rows;
}

struct Taken {
    std::vector<std::size_t> rows;  ///< of each bucket
    std::map<County, std::set<std::size_t>> buckets_of;
    std::map<County, std::vector<std::int64_t>> lines_of;  ///< as they came
};

Taken take_all(RowSpool& spool, std::size_t bytes_max) {
    Taken taken;
    RegisterFiles rows;
    for (const auto& bucket : spool.buckets(bytes_max)) {
        spool.load(bucket, rows);
        taken.rows.push_back(rows.households.size());
        for (const auto& in : rows.households) {
            taken.buckets_of[in.county].insert(taken.rows.size());
            taken.lines_of[in.county].push_back(in.line);
        }
    }
    return taken;
}

const std::size_t row_bytes = registry::bytes_per_row(FileKind::households);

TEST(RowSpool, KeepsACountyTogetherAndABucketUnderItsLimit) {
    RowSpool spool{std::make_unique<StringScratch>()};
    spool.put(households(40, 1000));
    const Taken taken = take_all(spool, 5000 * row_bytes);
    EXPECT_THAT(taken.rows, Each(Le(5000U)));
    EXPECT_LT(taken.rows.size(), 20U) << "buckets are filled";
    ASSERT_THAT(taken.buckets_of, SizeIs(40));
    for (const auto& [county, buckets] : taken.buckets_of) EXPECT_THAT(buckets, SizeIs(1)) << county.text();
    for (const auto& [county, lines] : taken.lines_of) {
        EXPECT_THAT(lines, SizeIs(1000));
        EXPECT_TRUE(std::ranges::is_sorted(lines)) << county.text();
    }
}

TEST(RowSpool, SlicesACountyThatIsLargerThanABucket) {
    RowSpool spool{std::make_unique<StringScratch>()};
    RegisterFiles rows = households(1, 20'000);
    // Another month of the same household belongs to the same slice.
    const std::size_t once = rows.households.size();
    for (std::size_t i = 0; i < once; ++i) {
        auto again = rows.households[i];
        again.line += 100'000;
        rows.households.push_back(again);
    }
    spool.put(rows);
    std::map<HouseholdNo, std::set<std::size_t>> slices_of;
    RegisterFiles out;
    const auto buckets = spool.buckets(4000 * row_bytes);
    EXPECT_THAT(buckets, SizeIs(10));
    std::size_t seen = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        spool.load(buckets[i], out);
        EXPECT_LE(out.households.size(), 8000U);
        seen += out.households.size();
        for (const auto& in : out.households) slices_of[in.row.no].insert(i);
    }
    EXPECT_EQ(seen, 40'000U);
    ASSERT_THAT(slices_of, SizeIs(20'000));
    for (const auto& [no, slices] : slices_of) ASSERT_THAT(slices, SizeIs(1)) << no.number();
}

TEST(RowSpool, HasNoBucketWithoutRows) {
    RowSpool spool{std::make_unique<StringScratch>()};
    spool.put({});
    EXPECT_THAT(spool.buckets(1), IsEmpty());
}

}  // namespace
}  // namespace onecard::app
