#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <thread>

#include "onecard/store/embedded_sql.hpp"
#include "support/database.hpp"

namespace onecard {
namespace {

using test::SharedCluster;
using test::Sql;

/// The query with $1, $2 … for its :names: as a PREPARE wants it.
std::string prepared(std::string_view query) {
    std::string out;
    std::vector<std::string> names;
    char quote = 0;
    for (std::size_t at = 0; at < query.size(); ++at) {
        const char c = query[at];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (query.substr(at, 2) == "::") {
            out += "::";
            ++at;
            continue;
        } else if (c == ':') {
            std::string name;
            while (at + 1 < query.size() &&
                   (std::isalnum(static_cast<unsigned char>(query[at + 1])) || query[at + 1] == '_'))
                name += query[++at];
            auto found = std::ranges::find(names, name);
            if (found == names.end()) found = names.insert(names.end(), name);
            out += '$' + std::to_string(found - names.begin() + 1);
            continue;
        }
        out += c;
    }
    return out;
}

class Migrations : public ::testing::Test {
protected:
    Migrations()
        : name_{SharedCluster::get().bare_database()},
          url_{SharedCluster::get().cluster().url("onecard_owner", name_)} {}
    ~Migrations() override { SharedCluster::get().drop(name_); }
    std::string name_;
    std::string url_;
};

TEST_F(Migrations, AreAppliedInOrderAndTheSecondTimeChangesNothing) {
    const auto first = store::migrate(url_);
    ASSERT_TRUE(first) << first.error().message();
    ASSERT_EQ(first->size(), store::sql::migrations.size());
    EXPECT_EQ(first->front(), "0000_migration");
    Sql owner{url_};
    const auto applied =
        owner("select number, name, encode(digest, 'hex'), applied_at from migration order by number");
    const auto second = store::migrate(url_);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_TRUE(second->empty());
    EXPECT_EQ(owner("select number, name, encode(digest, 'hex'), applied_at from migration order by number"),
              applied);
}

TEST_F(Migrations, WithOtherBytesThanThoseAppliedAreRefused) {
    ASSERT_TRUE(store::migrate(url_));
    Sql owner{url_};
    owner("update migration set digest = sha256('other') where number = 1");
    const auto again = store::migrate(url_);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().fault, Fault::conflict);
    EXPECT_NE(again.error().message().find("0001_records"), std::string::npos) << again.error().message();
}

TEST_F(Migrations, ThatThisProgramDoesNotKnowAreRefused) {
    ASSERT_TRUE(store::migrate(url_));
    Sql owner{url_};
    owner("insert into migration values (9999, 'later', sha256('x'), now())");
    const auto again = store::migrate(url_);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().fault, Fault::conflict);
    EXPECT_NE(again.error().message().find("9999_later"), std::string::npos) << again.error().message();
}

TEST_F(Migrations, ByTwoAtOnceAreAppliedOnce) {
    std::array<std::size_t, 2> applied{};
    {
        const auto run = [&](std::size_t i) {
            const auto done = store::migrate(url_);
            ASSERT_TRUE(done) << done.error().message();
            applied[i] = done->size();
        };
        std::jthread other{run, 1};
        run(0);
    }
    EXPECT_EQ(applied[0] + applied[1], store::sql::migrations.size());
    EXPECT_TRUE(applied[0] == 0 || applied[1] == 0);
}

/// Everything that the database knows of its shape, as text: tables, columns, checks, keys, indexes, functions, rights.
std::string shape_of(const std::string& url) {
    Sql owner{url};
    std::string text;
    for (
        const char* query :
        {"select c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text, "
         "coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attidentity::text, a.attgenerated::text from pg_class c "
         "join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on "
         "d.adrelid = c.oid and d.adnum = a.attnum where c.relnamespace = 'public'::regnamespace and c.relkind in "
         "('r', 'p', 'v') order by 1, 2",
         "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = "
         "'public'::regnamespace order by 1, 2",
         "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index join pg_class on oid = indexrelid "
         "where relnamespace = 'public'::regnamespace order by 1",
         "select proname, pg_get_functiondef(oid), proacl::text from pg_proc where pronamespace = "
         "'public'::regnamespace order by 1",
         "select relname, relkind::text, relacl::text from pg_class where relnamespace = 'public'::regnamespace order by 1"})
        for (const auto& row : owner(query)) {
            for (const std::string& cell : row) text += cell + '|';
            text += '\n';
        }
    return text;
}

/// As a build that knew only so many would have left it.
void apply_first(const std::string& url, std::size_t known) {
    Sql owner{url};
    for (const auto& migration : std::span{store::sql::migrations}.first(known)) {
        owner("begin; " + std::string{migration.text} + "; commit");
        owner(fmt::format(
            "insert into migration values ({}, '{}', sha256(convert_to($t${}$t$, 'UTF8')), now())",
            migration.number, migration.name, migration.text));
    }
}

/// Whatever build an office comes from, it ends where a new installation begins.
TEST_F(Migrations, FromEveryEarlierSchemaEndInTheSameShape) {
    ASSERT_TRUE(store::migrate(url_));
    const std::string wanted = shape_of(url_);
    EXPECT_NE(wanted.find("payment|"), std::string::npos);
    for (std::size_t known = 1; known < store::sql::migrations.size(); ++known) {
        const std::string name = SharedCluster::get().bare_database();
        const std::string url = SharedCluster::get().cluster().url("onecard_owner", name);
        apply_first(url, known);
        const auto done = store::migrate(url);
        ASSERT_TRUE(done) << "from " << store::sql::migrations[known - 1].name << ": "
                          << done.error().message();
        EXPECT_EQ(done->size(), store::sql::migrations.size() - known);
        EXPECT_EQ(shape_of(url), wanted) << "from " << store::sql::migrations[known - 1].name;
        SharedCluster::get().drop(name);
    }
}

TEST_F(Migrations, AddUpTheEntriesThatAreThereAlreadyAsThoseThatCome) {
    const auto reads = std::ranges::find(store::sql::migrations, "reads", &store::sql::Migration::name);
    ASSERT_NE(reads, store::sql::migrations.end());
    apply_first(url_, static_cast<std::size_t>(reads - store::sql::migrations.begin()));
    Sql owner{url_};
    // The same two entries, of this year's money and of last year's, before and after.
    const auto post = [&](const std::string& cause, const std::string& known_at) {
        for (const auto& [kind, fund_year] : {std::pair{2, 0}, std::pair{3, 2021}})
            owner(fmt::format(
                "insert into entry (county, kind, cause, value_day, known_at, programme, bank, period, account, source, "
                "fund_year, purpose, amount, lines, line_total, lines_root, digest) values (370212, {}, '{}', 19000, '{}', 1, "
                "1, 202201, '{{5001,5001,2101}}', '{{0,0,0}}', '{{{},0,0}}', '{{0,0,0}}', '{{300,-100,-200}}', 0, 0, '', "
                "sha256('x'))",
                kind, cause, known_at, fund_year));
    };
    post("before", "2022-01-08 00:00+00");
    ASSERT_TRUE(store::migrate(url_));
    post("after", "2022-01-09 00:00+00");
    const auto totals = [&](const std::string& known_at) {
        std::string text;
        for (const auto& row :
             owner("select year, account, sum(debit), sum(credit) from entry_total where known_at = '" +
                   known_at + "' group by 1, 2 order by 1, 2"))
            text += fmt::format("{} {}: {} {}\n", row[0], row[1], row[2], row[3]);
        return text;
    };
    EXPECT_EQ(totals("2022-01-08 00:00+00"), totals("2022-01-09 00:00+00"));
    EXPECT_EQ(totals("2022-01-08 00:00+00"), "2021 5001: 300 0\n2022 2101: 0 400\n2022 5001: 300 200\n");
    EXPECT_TRUE(owner(std::string{store::sql::misfit_totals}).empty());
}

class Queries : public test::DatabaseTest {};

TEST_F(Queries, AllPrepareAgainstTheMigratedSchema) {
    Sql owner{owner_url()};
    ASSERT_GT(store::sql::queries.size(), 70U);
    for (const auto& query : store::sql::queries) {
        try {
            owner("prepare tried as " + prepared(query.text));
            owner("deallocate tried");
        } catch (const test::SqlRefusal& refusal) {
            ADD_FAILURE() << query.name << ": " << refusal.what();
        }
    }
}

}  // namespace
}  // namespace onecard
