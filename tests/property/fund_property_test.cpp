#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "onecard/ledger/fund_books.hpp"

/// Money of several sources and years goes out for some months and programmes, comes back, goes out again, in any order and
/// in any portions. Whatever happens every fen keeps its source and year; when everything has come back or arrived, each
/// fund is whole. The reference knows nothing of pots: it divides with whole numbers of another width and by comparing
/// products, and keeps its own table of what stands where.
namespace onecard::ledger {
namespace {

using Wide = __int128;

/// Largest remainder by the book: floors, then one fen after the other to whoever is furthest from their share.
std::vector<std::int64_t> divided(std::int64_t whole, const std::vector<std::int64_t>& weights) {
    Wide sum = 0;
    for (const std::int64_t weight : weights) sum += weight;
    std::vector<std::int64_t> shares(weights.size());
    std::int64_t given = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        shares[i] = static_cast<std::int64_t>(Wide{whole} * weights[i] / sum);
        given += shares[i];
    }
    for (std::vector<bool> had(weights.size()); given < whole; ++given) {
        std::size_t best = weights.size();
        const auto lacks = [&](std::size_t i) { return Wide{whole} * weights[i] - Wide{shares[i]} * sum; };
        for (std::size_t i = 0; i < weights.size(); ++i)
            if (!had[i] && (best == weights.size() || lacks(i) > lacks(best))) best = i;
        ++shares[best];
        had[best] = true;
    }
    return shares;
}

class Reference {
public:
    using Place = std::tuple<int, int, int, int>;  // what, programme, period, bank
    std::map<Fund, std::int64_t>& at(const Place& place) { return stands_[place]; }
    FundShares take(const Place& place, std::int64_t amount) {
        std::vector<Fund> funds;
        std::vector<std::int64_t> weights;
        for (const auto& [fund, fen] : stands_[place]) {
            funds.push_back(fund);
            weights.push_back(fen);
        }
        const std::vector<std::int64_t> shares = divided(amount, weights);
        FundShares taken;
        for (std::size_t i = 0; i < funds.size(); ++i) {
            stands_[place][funds[i]] -= shares[i];
            if (shares[i] > 0) taken.push_back({funds[i], Money::of_fen(shares[i])});
        }
        return taken;
    }
    void put(const Place& place, const FundShares& shares) {
        for (const FundShare& share : shares) stands_[place][share.fund] += share.amount.fen();
    }
    std::int64_t sum(const Place& place) {
        std::int64_t all = 0;
        for (const auto& [fund, fen] : stands_[place]) all += fen;
        return all;
    }

private:
    std::map<Place, std::map<Fund, std::int64_t>> stands_;
};

enum What { owed, transit, arrived, back, given_up, claimed, recovered };

struct Move {
    EntryKind kind;
    What from, to;
};
constexpr std::array moves{
    Move{EntryKind::dispatch, owed, transit},          Move{EntryKind::refused, transit, owed},
    Move{EntryKind::paid, transit, arrived},           Move{EntryKind::failed, transit, back},
    Move{EntryKind::late_return, arrived, back},       Move{EntryKind::success_corrected, arrived, transit},
    Move{EntryKind::failure_corrected, back, transit}, Move{EntryKind::reissue, back, transit},
    Move{EntryKind::return_cancelled, back, given_up}, Move{EntryKind::cancelled, owed, given_up}};

class Story {
public:
    explicit Story(std::uint64_t seed) : random_{seed} {
        for (std::int16_t programme = 1; programme <= 2; ++programme)
            for (const int period : {202112, 202201})
                for (const int bank : {1, 2}) accrue(programme, period, bank);
    }
    std::int64_t up_to(std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>{0, most}(random_);
    }

    void anything() {
        const Move& move = moves[static_cast<std::size_t>(up_to(moves.size() - 1))];
        const int programme = 1 + static_cast<int>(up_to(1)), period = up_to(1) == 0 ? 202112 : 202201,
                  bank = 1 + static_cast<int>(up_to(1));
        go(move, programme, period, bank, up_to(4) == 0);
    }

    /// Whatever is anywhere comes back, portion by portion, and is given up.
    void everything_comes_back() {
        for (const EntryKind kind :
             {EntryKind::dispatch, EntryKind::failed, EntryKind::late_return, EntryKind::return_cancelled}) {
            const Move& move = *std::ranges::find(moves, kind, &Move::kind);
            for (int programme = 1; programme <= 2; ++programme)
                for (const int period : {202112, 202201})
                    for (const int bank : {1, 2})
                        while (reference_.sum(place(move.from, programme, period, bank)) > 0)
                            go(move, programme, period, bank, up_to(3) == 0);
        }
    }
    void expect_each_fund_whole() {
        std::map<Fund, std::int64_t> back;
        for (const auto& [fund, fen] : given_up_) back[fund] += fen;
        EXPECT_EQ(back, accrued_);
        EXPECT_EQ(books_.total(FundPlace::owed), Money{});
        EXPECT_EQ(books_.total(FundPlace::in_transit), Money{});
        EXPECT_EQ(books_.total(FundPlace::paid), Money{});
        EXPECT_EQ(books_.total(FundPlace::returned), Money{});
        EXPECT_EQ(books_.total(FundPlace::spent), Money{});
    }
    /// What was derived from the entries alone is what was kept while they were made.
    void expect_replay_agrees() {
        FundBooks again;
        for (const Entry& entry : entries_) {
            const FundShares shares = shares_of(entry);
            if (again.takes(entry.about().kind)) {
                ASSERT_EQ(again.would_take(entry.about(), total_of(shares)), shares) << entry.text();
            }
            ASSERT_TRUE(is_standard(entry)) << entry.text();
            again.replay(entry);
        }
    }
    std::size_t entries() const { return entries_.size(); }

private:
    static Reference::Place place(What what, int programme, int period, int bank) {
        const bool by_bank = what == owed || what == transit || what == arrived;
        return {what, programme, period, by_bank ? bank : 0};
    }
    Entry::About about(EntryKind kind, int programme, int period, int bank) {
        Entry::About about;
        about.county = County::of_number(370212);
        about.kind = kind;
        about.cause = std::to_string(entries_.size());
        about.programme = static_cast<std::int16_t>(programme);
        about.period = period;
        about.bank = BankNo{static_cast<std::int16_t>(bank)};
        return about;
    }
    void accrue(int programme, int period, int bank) {
        FundShares shares;
        for (std::int16_t source = 1; source <= 4; ++source)
            for (const std::int16_t year : {std::int16_t{2021}, std::int16_t{2022}})
                if (up_to(2) > 0)
                    shares.push_back(
                        {{source, year, 2}, Money::of_fen(1 + up_to(up_to(3) == 0 ? 5 : 1'000'000))});
        if (shares.empty()) shares = of_no_fund(Money::of_fen(77));
        const auto entry = books_.post(about(EntryKind::accrual, programme, period, bank), shares);
        ASSERT_TRUE(entry);
        entries_.push_back(*entry);
        reference_.put(place(owed, programme, period, bank), shares);
        for (const FundShare& share : shares) accrued_[share.fund] += share.amount.fen();
    }
    void go(const Move& move, int programme, int period, int bank, bool all) {
        const auto from = place(move.from, programme, period, bank);
        const std::int64_t there = reference_.sum(from);
        if (there == 0) return;
        const std::int64_t amount = all ? there : 1 + up_to(there - 1);
        const auto entry = books_.post(about(move.kind, programme, period, bank), Money::of_fen(amount));
        ASSERT_TRUE(entry);
        const FundShares expected = reference_.take(from, amount);
        ASSERT_EQ(shares_of(*entry), expected);
        entries_.push_back(*entry);
        reference_.put(place(move.to, programme, period, bank), expected);
        if (move.to == given_up)
            for (const FundShare& share : expected) given_up_[share.fund] += share.amount.fen();
    }

    std::mt19937_64 random_;
    FundBooks books_;
    Reference reference_;
    std::vector<Entry> entries_;
    std::map<Fund, std::int64_t> accrued_, given_up_;
};

TEST(FundsThatMove, GoBackToTheirSourceAndYearWhateverHappens) {
    std::size_t entries = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Story story{seed};
        for (int i = 0; i < 120; ++i) story.anything();
        story.everything_comes_back();
        story.expect_each_fund_whole();
        story.expect_replay_agrees();
        entries += story.entries();
        if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
    }
    EXPECT_GT(entries, 20'000U);
}

/// The same for recoveries: what was paid too much goes back to the funds that paid the month, in portions.
TEST(FundsThatMove, AreWholeWhenEverythingPaidTooMuchIsRecovered) {
    std::mt19937_64 random{20220101};
    const auto up_to = [&](std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>{0, most}(random);
    };
    for (int round = 0; round < 500; ++round) {
        FundBooks books;
        Entry::About about;
        about.county = County::of_number(370212);
        about.programme = 2;
        about.period = 202201;
        about.kind = EntryKind::accrual;
        const FundShares paid_by{{{1, 2022, 2}, Money::of_fen(1 + up_to(1000))},
                                 {{2, 2022, 2}, Money::of_fen(1 + up_to(1000))},
                                 {{4, 2021, 1}, Money::of_fen(1 + up_to(1000))}};
        ASSERT_TRUE(books.post(about, paid_by));
        FundPot back;
        for (std::int64_t left = total_of(paid_by).fen(); left > 0;) {
            const std::int64_t found = 1 + up_to(left - 1);
            left -= found;
            about.kind = EntryKind::overpayment;
            ASSERT_TRUE(books.post(about, Money::of_fen(found)));
            about.kind = EntryKind::recovered_in_cash;
            for (std::int64_t open = books.total(FundPlace::recoverable).fen(); open > up_to(3);) {
                const std::int64_t cash = 1 + up_to(open - 1);
                open -= cash;
                const auto entry = books.post(about, Money::of_fen(cash));
                ASSERT_TRUE(entry);
                back.put(shares_of(*entry));
            }
        }
        if (const Money open = books.total(FundPlace::recoverable); open > Money{})
            back.put(shares_of(books.post(about, open).value()));
        ASSERT_EQ(back.shares(), paid_by);
    }
}

TEST(FundPot, GivesTheRestToTheLargestFractionAndTiesToTheLowerSource) {
    const auto pot = [](std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
        FundPot made;
        for (std::int16_t source = 1; const std::int64_t fen : {a, b, c, d})
            made.put({source++, 2022, 1}, Money::of_fen(fen));
        return made;
    };
    // 101 fen at 60/20/5/15: 60.6, 20.2, 5.05, 15.15.
    EXPECT_EQ(pot(6000, 2000, 500, 1500).take(Money::of_fen(101)),
              (FundShares{{{1, 2022, 1}, Money::of_fen(61)},
                          {{2, 2022, 1}, Money::of_fen(20)},
                          {{3, 2022, 1}, Money::of_fen(5)},
                          {{4, 2022, 1}, Money::of_fen(15)}}));
    EXPECT_EQ(pot(7, 7, 7, 7).take(Money::of_fen(1)), (FundShares{{{1, 2022, 1}, Money::of_fen(1)}}));
    // What is not there is of nobody that is known.
    EXPECT_EQ(pot(3, 0, 0, 0).take(Money::of_fen(5)),
              (FundShares{{Fund{}, Money::of_fen(2)}, {{1, 2022, 1}, Money::of_fen(3)}}));
    EXPECT_EQ(FundPot{}.take(Money::of_fen(5)), of_no_fund(Money::of_fen(5)));
}

}  // namespace
}  // namespace onecard::ledger
