#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
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
