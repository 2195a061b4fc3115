#include <gtest/gtest.h>

#include "story.hpp"

namespace onecard {
namespace {

using test::Sql;
using test::Story;

/// Append-only by rights: held against every table that there is, parts included.
class Rights : public test::StoryTest {
protected:
    Rights() {
        const app::Unit keyed = story.computed(3);
        story.work([&](app::Work& w) { w.runs().key_part(keyed.part); });
        story.unit(test::month(2022, 2));  // A part that is not attached.
        Sql owner{owner_url()};
        for (const auto& row :
             owner("select c.relname, (select a.attname from pg_attribute a where a.attrelid = c.oid and "
                   "a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = '' "
                   "order by a.attnum limit 1) from pg_class c "
                   "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"))
            tables_.emplace_back(row[0], row[1]);
    }
    std::vector<std::pair<std::string, std::string>> tables_;  ///< with a column
    static constexpr const char* forbidden = "42501";
};

TEST_F(Rights, TheServiceCannotChangeOrRemoveARecord) {
    Sql service{service_url()};
    ASSERT_GT(tables_.size(), 28U);
    for (const auto& [table, column] : tables_) {
        EXPECT_EQ(service.refusal("update " + table + " set " + column + " = " + column), forbidden) << table;
        EXPECT_EQ(service.refusal("delete from " + table), forbidden) << table;
        EXPECT_EQ(service.refusal("truncate " + table), forbidden) << table;
        EXPECT_EQ(service.refusal("alter table " + table + " add column extra int"), forbidden) << table;
        EXPECT_EQ(service.refusal("drop table " + table), forbidden) << table;
        EXPECT_EQ(service.refusal("create index on " + table + " (" + column + ")"), forbidden) << table;
        EXPECT_EQ(service.refusal("alter table " + table + " disable trigger all"), forbidden) << table;
        EXPECT_EQ(service.refusal("select 1 from " + table + " limit 1"), "") << table;
    }
}

TEST_F(Rights, TheAuditorReadsEverythingAndWritesNothing) {
    Sql auditor{auditor_url()};
    for (const auto& [table, column] : tables_) {
        EXPECT_EQ(auditor.refusal("select 1 from " + table + " limit 1"), "") << table;
        EXPECT_EQ(auditor.refusal("insert into " + table + " default values"), forbidden) << table;
        EXPECT_EQ(auditor.refusal("update " + table + " set " + column + " = " + column), forbidden) << table;
        EXPECT_EQ(auditor.refusal("delete from " + table), forbidden) << table;
    }
    EXPECT_EQ(auditor.refusal("select make_part(1)"), forbidden);
    EXPECT_EQ(auditor.refusal("select key_part(1)"), forbidden);
}

TEST_F(Rights, OnlyTheOwnersFunctionsMakePartsAndOnlyPartsTakePayments) {
    Sql service{service_url()};
    for (const std::string table :
         {"migration", "part", "part_keyed", "outcome_keyed", "payment", "outcome", "payment_12201001"})
        EXPECT_EQ(service.refusal("insert into " + table + " default values"), forbidden) << table;
    EXPECT_EQ(service.refusal("create table mine (x int)"), forbidden);
    EXPECT_EQ(
        service.refusal("alter table payment attach partition payment_12202001 for values from (1) to (2)"),
        forbidden);
    EXPECT_EQ(service.refusal("alter function make_part(int) security invoker"), forbidden);
    EXPECT_EQ(service.refusal("set role onecard_owner"), forbidden);
}

TEST_F(Rights, TheOwnersFunctionsAreNotFooledByTemporaryTables) {
    Sql service{service_url()};
    // With the caller's tables first, the part would look computed and keyed.
    service("begin");
    service("create temporary table unit (run_no int, county int, part int)");
    service("create temporary table unit_result (run_no int, county int)");
    EXPECT_EQ(service.refusal("select key_part(12202001)"), "P0001");
    service("rollback");
}

}  // namespace
}  // namespace onecard
