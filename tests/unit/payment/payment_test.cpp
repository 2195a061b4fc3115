#include "onecard/payment/payment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <tuple>
#include <vector>

namespace onecard::payment {
namespace {

const County laoshan = County::of_number(370212);
const Month january = Month::of(2022, 1).value();
const PartNo part{12201001};

entitlement::Award award(Programme programme, std::int64_t beneficiary, std::int64_t payee,
                         std::int64_t fen) {
    entitlement::Award one;
    one.programme = programme;
    one.benefit_month = january;
    one.beneficiary = beneficiary;
    one.payee = payee;
    one.amount = Money::of_fen(fen);
    return one;
}

registry::Account account(std::int64_t payee, std::int16_t bank) {
    registry::Account one;
    one.payee = payee;
    one.bank = BankNo{bank};
    return one;
}

UnitPlan plan(const std::vector<entitlement::Award>& awards, const std::vector<registry::Account>& accounts,
              std::size_t lines_per_file = 100) {
    UnitPlan out;
    plan_unit(laoshan, part, Serial{1}, awards, accounts, lines_per_file, out);
    return out;
}

TEST(UnitPlan, MakesOneFileForEachBankAndProgramme) {
    const auto made =
        plan({award(Programme::dibao_rural, 1, 11, 100), award(Programme::dibao_rural, 2, 12, 200),
              award(Programme::disability_nursing, 11, 11, 300), award(Programme::dibao_rural, 3, 13, 400)},
             {account(11, 1), account(12, 2), account(13, 1)});
    ASSERT_EQ(made.batches.size(), 3u);
    EXPECT_EQ(made.batches[0].bank, BankNo{1});
    EXPECT_EQ(made.batches[0].count, 2u);
    EXPECT_EQ(made.batches[0].total, Money::of_fen(500));
    EXPECT_EQ(made.batches[1].bank, BankNo{2});
    EXPECT_EQ(made.batches[2].programme, Programme::disability_nursing);
    EXPECT_EQ(made.total, Money::of_fen(1000));
}

TEST(UnitPlan, NumbersPaymentsDenselySoThatABatchIsARange) {
    const auto made =
        plan({award(Programme::dibao_rural, 1, 11, 100), award(Programme::dibao_rural, 2, 12, 200),
              award(Programme::dibao_rural, 3, 11, 300)},
             {account(11, 1), account(12, 2)});
    ASSERT_EQ(made.payments.size(), 3u);
    for (std::size_t i = 0; i < made.payments.size(); ++i)
        EXPECT_EQ(made.payments[i].serial, Serial{static_cast<std::int32_t>(i + 1)});
    for (const BatchPlan& batch : made.batches)
        for (std::size_t i = batch.first; i < batch.first + batch.count; ++i)
            EXPECT_EQ(made.accounts[i], batch.bank.number() - 1u);
}

TEST(UnitPlan, HoldsWhatIsOwedToAPayeeWithoutAccountAndSaysSo) {
    const auto made = plan({award(Programme::dibao_rural, 1, 11, 12'345)}, {account(12, 1)});
    EXPECT_TRUE(made.payments.empty());
    ASSERT_EQ(made.held.size(), 1u);
    EXPECT_TRUE(made.held[0].is_error);
    EXPECT_EQ(made.held[0].why.fault, Fault::missing);
    EXPECT_NE(made.held[0].why.text.find("123.45"), std::string::npos);
    EXPECT_NE(made.held[0].why.place.find("370212/2022-01"), std::string::npos);
}

TEST(UnitPlan, SplitsAFileThatWouldBeTooLong) {
    std::vector<entitlement::Award> awards;
    for (std::int64_t i = 1; i <= 5; ++i) awards.push_back(award(Programme::dibao_rural, i, 11, 100));
    const auto made = plan(awards, {account(11, 1)}, 2);
    ASSERT_EQ(made.batches.size(), 3u);
    EXPECT_EQ(made.batches[2].count, 1u);
    EXPECT_EQ(made.batches[1].first, 2u);
}

TEST(UnitPlan, DoesNotConfuseAPersonWithAnInstitutionOfTheSameNumber) {
    auto central = award(Programme::tekun_rural, 7, 11, 100);
    central.payee_kind = registry::PayeeKind::institution;
    auto house = account(11, 2);
    house.kind = registry::PayeeKind::institution;
    const auto made = plan({central}, {account(11, 1), house});
    ASSERT_EQ(made.batches.size(), 1u);
    EXPECT_EQ(made.batches[0].bank, BankNo{2});
}

/// By the reference's own way: every account looked at, then one sort.
TEST(UnitPlan, FindsEveryPayeeAndOrdersEveryFileInWhateverOrderAwardsCome) {
    std::mt19937 random{20220105};
    const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    for (int round = 0; round < 300; ++round) {
        std::vector<registry::Account> accounts;
        for (std::int64_t payee = 1; payee <= draw(60); ++payee)
            if (draw(4) > 0) accounts.push_back(account(payee * 3, static_cast<std::int16_t>(1 + draw(3))));
        std::vector<entitlement::Award> awards;
        for (std::int64_t i = 1; i <= draw(80); ++i) {
            const auto programme = draw(2) == 0 ? Programme::dibao_rural : Programme::disability_nursing;
            const std::int64_t payee = draw(3) == 0 ? 3 * draw(70) : draw(200);
            awards.push_back(award(programme, round % 2 == 0 ? i : draw(30), payee, i));
        }
        using Line = std::tuple<Programme, std::int16_t, std::int64_t, std::int64_t>;
        std::vector<Line> expected;
        for (const entitlement::Award& one : awards)
            for (const registry::Account& payee : accounts)
                if (payee.payee == one.payee)
                    expected.emplace_back(one.programme, payee.bank.number(), one.beneficiary, one.payee);
        std::ranges::sort(expected, {}, [](const Line& line) {
            return std::tuple{get<0>(line), get<1>(line), get<2>(line)};
        });
        const auto made = plan(awards, accounts, 7);
        ASSERT_EQ(made.payments.size(), expected.size());
        ASSERT_EQ(made.held.size(), awards.size() - expected.size());
        std::size_t at = 0;
        for (const BatchPlan& batch : made.batches) {
            ASSERT_EQ(batch.first, at);
            for (std::size_t i = 0; i < batch.count; ++i, ++at) {
                ASSERT_EQ(made.payments[at].beneficiary, get<2>(expected[at]));
                ASSERT_EQ(batch.programme, get<0>(expected[at]));
                ASSERT_EQ(batch.bank.number(), get<1>(expected[at]));
                ASSERT_EQ(accounts[made.accounts[at]].payee, made.payments[at].payee);
            }
        }
        ASSERT_EQ(at, expected.size());
    }
}

TEST(UnitPlan, GivesTheSameNumbersToTheSameInput) {
    const std::vector<entitlement::Award> awards{award(Programme::dibao_rural, 1, 11, 100),
                                                 award(Programme::dibao_urban, 2, 12, 200)};
    const std::vector<registry::Account> accounts{account(11, 1), account(12, 1)};
    EXPECT_EQ(plan(awards, accounts).payments, plan(awards, accounts).payments);
}

TEST(PaymentLeaf, HoldsEveryFieldBigEndian) {
    const Payment one{part,
                      laoshan,
                      Serial{3},
                      Programme::disability_living,
                      Component::care,
                      Kind::regular,
                      january,
                      0x0102030405060708,
                      registry::PayeeKind::institution,
                      9,
                      Money::of_fen(0x1122334455667788)};
    std::array<std::byte, leaf_bytes> leaf;
    write_leaf(one, leaf.data());
    constexpr std::array<int, leaf_bytes> expected{
        0x00, 0xba, 0x2c, 0x29,                               // part 12201001
        0x00, 0x05, 0xa6, 0x24,                               // county 370212
        0,    0,    0,    3,                                  // serial
        0,    7,    0,    1,    0,    1,                      // programme, component, kind
        0x00, 0x03, 0x15, 0xd9,                               // 202201
        1,    2,    3,    4,    5,    6,    7,    8,          // beneficiary
        0,    2,    0,    0,    0,    0,    0,    0,   0, 9,  // payee kind, payee
        0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};      // amount
    for (std::size_t i = 0; i < leaf_bytes; ++i)
        EXPECT_EQ(std::to_integer<int>(leaf[i]), expected[i]) << "byte " << i;
}

TEST(FileId, HasAtLeastFourDigitsOfItsNumber) {
    EXPECT_EQ(file_id_of(laoshan, january, BatchNo{1}), "YKT3702122022010001");
    EXPECT_EQ(file_id_of(laoshan, january, BatchNo{1234567}), "YKT3702122022011234567");
}

}  // namespace
}  // namespace onecard::payment
