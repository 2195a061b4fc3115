#include "onecard/app/paging.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "no_files.hpp"
#include "onecard/app/books.hpp"
#include "onecard/app/channel.hpp"
#include "onecard/app/decisions.hpp"
#include "onecard/app/recovery.hpp"
#include "onecard/app/runs.hpp"
#include "story.hpp"

namespace onecard {
namespace {

using app::Slice;
using app::Table;
using test::at;
using test::Story;

/// Lists are cut by the records, behind a row's key: pages put together are the whole, in its order, and rows that come in
/// between are seen once or not at all.
class Lists : public test::StoryTest {
protected:
    Lists() : unit{story.computed(3)}, batch{Story::batch_of(unit, 3)} {
        story.work([&](app::Work& w) { w.exchange().put_dispatches(std::span{&batch, 1}, at(0)); });
        profiles = std::make_unique<app::BankProfiles>(
            std::map<BankNo, app::BankProfiles::Configured>{
                {BankNo{1}, {bankfile::canonical_profile(), "", "102100099996"}}},
            nullptr);
        tools = std::make_unique<app::Tools>(
            app::Tools{*database, vault, seal::sha256(), seal::sm3(), verifier, {}, {}, 1, profiles.get()});
        by.role = app::Role::auditor;
        by.region = Region::parse("37").value();
    }

    /// A return file that has so many breaks.
    void put_breaks(int count, const std::string& name) {
        story.work([&](app::Work& w) {
            app::ReturnFile file;
            file.bank = BankNo{1};
            file.name = name;
            file.digest = test::digest_of(name);
            file.bytes = 1;
            file.signature = "s";
            file.fingerprint = test::digest_of("bank");
            file.at = at(10);
            const auto no = w.exchange().put_return(file).value();
            std::vector<recon::Break> breaks;
            for (int line = 1; line <= count; ++line)
                breaks.push_back({recon::BreakKind::unknown_reference, line, name, {}, {}});
            w.exchange().put_breaks(unit.county, BankNo{1}, no, breaks, at(11));
        });
    }

    struct Read {
        std::vector<std::string> rows;
        int pages = 0;
        std::size_t most = 0;
    };
    /// Everything by pages of `limit`; `meanwhile` happens behind the first page.
    template <class Fetch>
    Read by_pages(std::vector<std::string_view> keys, const std::string& kinds, std::int64_t limit,
                  Fetch fetch, const std::function<void()>& meanwhile = {}) {
        Read read;
        std::string cursor;
        do {
            const Slice slice = app::slice_after(cursor, kinds, limit + 1).value();
            app::Report report = fetch(slice);
            Table& table = report.tables.front();
            read.most = std::max(read.most, table.rows.size());
            cursor = app::cut_page(table, keys, cursor, static_cast<std::size_t>(limit)).value();
            app::Report page{{"", ""}, {}, {table}};
            std::string text;
            app::append_json_lines(text, table);
            for (std::size_t from = 0; from < text.size();) {
                const std::size_t end = text.find('\n', from);
                read.rows.push_back(text.substr(from, end - from));
                from = end + 1;
            }
            if (++read.pages == 1 && meanwhile) meanwhile();
        } while (!cursor.empty() && read.pages < 1000);
        return read;
    }

    test::NoFiles vault;
    test::NoSignatures verifier;
    std::unique_ptr<app::Database> database = store::create_database(service_url(), 2);
    std::unique_ptr<app::BankProfiles> profiles;
    std::unique_ptr<app::Tools> tools;
    app::Identity by;
    app::Unit unit;
    app::Batch batch;
};

TEST_F(Lists, OfBreaksAreReadByThePageInTheRecordsAndShiftNothing) {
    put_breaks(60, "one.ret");
    app::Books books{*tools};
    const auto fetch = [&](const Slice& slice) { return books.breaks(by, by.region, slice).value(); };
    const auto whole = by_pages({"county", "break"}, "nn", 1000, fetch);
    ASSERT_EQ(whole.rows.size(), 60U);
    const auto pages = by_pages({"county", "break"}, "nn", 7, fetch);
    EXPECT_EQ(pages.rows, whole.rows);
    EXPECT_EQ(pages.pages, 9);
    EXPECT_EQ(pages.most, 8U) << "the records give a page and one row more, not the list";
    // Rows that come in between stand behind what was there.
    const auto shifted = by_pages({"county", "break"}, "nn", 7, fetch, [&] { put_breaks(5, "two.ret"); });
    ASSERT_EQ(shifted.rows.size(), 65U);
    EXPECT_EQ((std::vector<std::string>{shifted.rows.begin(), shifted.rows.begin() + 60}), whole.rows);
    EXPECT_EQ((std::set<std::string>{shifted.rows.begin(), shifted.rows.end()}).size(), 65U);
}

TEST_F(Lists, OfTheChannelOfRunsAndOfProposalsAreReadByThePageInTheRecords) {
    story.work([&](app::Work& w) {
        for (int seq = 2; seq <= 21; ++seq)
            w.channel().put_sequence_refusal(BankNo{1}, seq, 1, "x.ret", at(seq / 4));
    });
    app::Channel channel{*tools};
    const auto refusals = [&](const Slice& slice) { return channel.sequence_refusals(by, slice).value(); };
    const auto all = by_pages({"bank", "no"}, "nn", 1000, refusals);
    ASSERT_EQ(all.rows.size(), 20U) << "several within a second, each once";
    const auto pages = by_pages({"bank", "no"}, "nn", 3, refusals);
    EXPECT_EQ(pages.rows, all.rows);
    EXPECT_EQ(pages.most, 4U);

    const auto ladder = [&](const Slice& slice) { return channel.ladder(by, by.region, slice).value(); };
    EXPECT_EQ(by_pages({"bank", "seq"}, "nn", 1, ladder).rows.size(), 1U);
    Slice behind;
    behind.after = {"1", "1"};
    EXPECT_TRUE(ladder(behind).tables.front().rows.empty());

    story.work([&](app::Work& w) {
        for (int n = 1; n <= 15; ++n) {
            app::Receivable one;
            one.county = unit.county;
            one.no = n;
            one.cause = fmt::format("payment {}", n);
            one.origin = app::Origin::other;
            one.programme = Programme::dibao_rural;
            one.benefit_month = test::january();
            one.beneficiary = n;
            one.payee_kind = registry::PayeeKind::person;
            one.payee = n;
            one.amount = Money::of_fen(100 * n);
            one.found = test::day(5);
            one.reason = "r";
            one.made_by = "maker";
            w.recovery().put_receivables(std::span{&one, 1});
        }
    });
    app::RecoveryBook recovery{*tools};
    const auto owed = [&](const Slice& slice) {
        return recovery.open(by, by.region, test::january(), test::day(9), slice).value();
    };
    const auto book = by_pages({"county", "receivable"}, "nn", 1000, owed);
    ASSERT_EQ(book.rows.size(), 15U);
    const auto leaves = by_pages({"county", "receivable"}, "nn", 4, owed);
    EXPECT_EQ(leaves.rows, book.rows);
    EXPECT_EQ(leaves.most, 5U);
    EXPECT_EQ(std::get<Money>(owed({}).fields.back().value), Money::of_fen(100 * 15 * 16 / 2))
        << "of all pages";

    app::Decisions decisions{*tools};
    Slice far;
    far.after = {"370212", "9223372036854775807"};
    far.rows_max = 5;
    EXPECT_TRUE(decisions.proposals(by, by.region, far).value().tables.front().rows.empty());
}

}  // namespace
}  // namespace onecard
