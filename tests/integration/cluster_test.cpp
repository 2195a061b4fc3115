#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "story.hpp"

namespace onecard {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::Sql;
using test::Story;

class ClusterTest : public ::testing::Test {
protected:
    Result<std::unique_ptr<store::Cluster>> start() {
        return store::start_cluster({.folder = place, .programs = {}});
    }
    pid_t postmaster() const {
        std::ifstream file{place / "data" / "postmaster.pid"};
        pid_t pid = 0;
        file >> pid;
        return pid;
    }
    static bool is_gone(pid_t pid) {
        for (int i = 0; i < 500; ++i) {
            if (::kill(pid, 0) != 0) return true;
            std::this_thread::sleep_for(20ms);
        }
        return false;
    }
    std::string log() const {
        std::ifstream in{place / "log"};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    test::TemporaryFolder folder;
    fs::path place = folder.path() / "cluster";
};

TEST_F(ClusterTest, IsMadeStartedStoppedAndFoundAgain) {
    pid_t pid = 0;
    {
        auto cluster = start();
        ASSERT_TRUE(cluster) << cluster.error().message();
        const auto migrated = store::migrate((*cluster)->owner_url());
        ASSERT_TRUE(migrated) << migrated.error().message();
        Sql service{(*cluster)->service_url()};
        EXPECT_EQ(service.cell("select current_user || ' ' || current_database()"),
                  "onecard_service onecard");
        Sql auditor{(*cluster)->auditor_url()};
        EXPECT_EQ(auditor.cell("show listen_addresses"), "");
        EXPECT_EQ(auditor.cell("show data_checksums"), "on");
        EXPECT_EQ(auditor.cell("show fsync") + auditor.cell("show synchronous_commit"), "onon");
        EXPECT_EQ(auditor.cell("show server_encoding") + auditor.cell("show lc_collate"), "UTF8C");
        pid = postmaster();
        EXPECT_GT(pid, 1);
    }
    EXPECT_TRUE(is_gone(pid));
    auto again = start();
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_TRUE(store::migrate((*again)->owner_url())->empty());
}

TEST_F(ClusterTest, RunsAsAnUnprivilegedUser) {
    auto cluster = start();
    ASSERT_TRUE(cluster);
    struct stat info{};
    ASSERT_EQ(::stat(fs::path{"/proc"}.append(std::to_string(postmaster())).c_str(), &info), 0);
    EXPECT_NE(info.st_uid, 0U);
}

TEST_F(ClusterTest, DoesNotLogRowsOrParameters) {
    auto cluster = start();
    ASSERT_TRUE(cluster);
    ASSERT_TRUE(store::migrate((*cluster)->owner_url()));
    Story story{(*cluster)->service_url()};
    story.found();
    EXPECT_THROW(story.work([](app::Work& w) {
        const std::vector<app::Bank> bad{{BankNo{9}, "99", "王小明的银行", "secret"}};
        (void)w.registers().put_banks(bad);
    }),
                 app::RefusedByDatabase);
    EXPECT_NE(story.refusal([](app::Work& w) {
        app::ReturnFile file;
        file.bank = BankNo{77};
        file.name = "李四.ret";
        w.exchange().put_return(file);
    }),
              "");
    const std::string said = log();
    EXPECT_NE(said.find("bank_code_check"), std::string::npos) << said;
    EXPECT_EQ(said.find("王小明"), std::string::npos) << said;
    EXPECT_EQ(said.find("李四"), std::string::npos) << said;
}

TEST_F(ClusterTest, LiesElsewhereWhereItsUserCannotReachTheFolder) {
    if (::geteuid() != 0) return;  // Who is not root reaches what it may write to.
    const fs::path closed = folder.path() / "closed";
    fs::create_directory(closed);
    fs::permissions(closed, fs::perms::owner_all);
    place = closed / "cluster";
    for (int i = 0; i < 2; ++i) {
        auto cluster = start();
        ASSERT_TRUE(cluster) << cluster.error().message();
        EXPECT_TRUE(fs::is_symlink(place));
        EXPECT_THAT(log(), testing::HasSubstr("cannot reach " + place.string()));
    }
    fs::remove_all(fs::read_symlink(place));
}

TEST_F(ClusterTest, ACutOffInitdbIsDoneAgain) {
    fs::create_directories(place / "data.unfinished" / "base");
    std::ofstream{place / "data.unfinished" / "PG_VERSION"} << "15\n";
    auto cluster = start();
    ASSERT_TRUE(cluster) << cluster.error().message();
    EXPECT_FALSE(fs::exists(place / "data.unfinished"));
}

TEST_F(ClusterTest, OfAnotherVersionIsRefused) {
    start().value().reset();
    std::ofstream{place / "data" / "PG_VERSION"} << "9\n";
    const auto refused = start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::conflict);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("PostgreSQL 9"));
}

TEST_F(ClusterTest, WithoutProgramsSaysSo) {
    const auto refused = store::start_cluster({.folder = place, .programs = folder.path()});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::missing);
    EXPECT_FALSE(fs::exists(place));
}

TEST_F(ClusterTest, ASecondOwnerUsesItAndLeavesItRunning) {
    auto first = start();
    ASSERT_TRUE(first);
    {
        auto second = start();
        ASSERT_TRUE(second) << second.error().message();
        Sql line{(*second)->url("onecard_owner", "onecard")};
        EXPECT_EQ(line.cell("select 1"), "1");
    }
    Sql line{(*first)->url("onecard_owner", "onecard")};
    EXPECT_EQ(line.cell("select 1"), "1");
}

/// A process that starts the cluster and dies, by SIGKILL, as soon as it runs.
pid_t killed_owner(const fs::path& place) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto cluster = store::start_cluster({.folder = place, .programs = {}});
        ::kill(::getpid(), cluster ? SIGKILL : SIGTERM);
        ::_exit(1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? child : -1;
}

TEST_F(ClusterTest, DiesWithItsOwnerAndStartsAgain) {
    ASSERT_GT(killed_owner(place), 0);
    const pid_t orphan = postmaster();
    auto next = start();
    ASSERT_TRUE(next) << next.error().message();
    EXPECT_TRUE(is_gone(orphan) || orphan == postmaster() || orphan == 0);
    Sql line{(*next)->url("onecard_owner", "onecard")};
    EXPECT_EQ(line.cell("select 1"), "1");
    const pid_t pid = postmaster();
    line = Sql{(*next)->url("onecard_owner", "postgres")};
    *next = nullptr;
    EXPECT_TRUE(is_gone(pid));
}

TEST_F(ClusterTest, TheStoreConnectsAgainAfterTheServerRestarted) {
    auto cluster = start();
    ASSERT_TRUE(cluster);
    ASSERT_TRUE(store::migrate((*cluster)->owner_url()));
    Story story{(*cluster)->service_url()};
    story.found();
    auto interrupted = story.begin();
    EXPECT_EQ(interrupted->registers().latest_import(), ImportNo{1});
    cluster->reset();
    EXPECT_THROW(interrupted->registers().latest_import(), std::runtime_error);
    interrupted.reset();
    EXPECT_THROW(story.begin(), std::runtime_error) << "the database is away";
    cluster = start();
    ASSERT_TRUE(cluster) << cluster.error().message();
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(story.work([](app::Work& w) { return w.registers().latest_import(); }), ImportNo{1});
}

TEST_F(ClusterTest, KilledWhileUnitsAreLoadedKeepsWholeUnitsOnly) {
    auto cluster = start();
    ASSERT_TRUE(cluster);
    ASSERT_TRUE(store::migrate((*cluster)->owner_url()));
    constexpr std::int32_t payments_each = 20'000;
    constexpr int counties = 40;
    app::Unit first;
    {
        Story story{(*cluster)->service_url()};
        story.found();
        first = story.unit();
        story.work([&](app::Work& w) {
            std::vector<app::Unit> more;
            for (int i = 1; i < counties; ++i) {
                more.push_back(first);
                more.back().county = County::of_number(370212 + i);
            }
            w.runs().put_units(more);
        });
        const pid_t server = postmaster();
        std::jthread killer{[&] {
            std::this_thread::sleep_for(400ms);
            // The server and all its children at once, as a power cut would.
            ::kill(-server, SIGKILL);
            ::kill(server, SIGKILL);
        }};
        int done = 0;
        try {
            for (; done < counties; ++done) {
                app::Unit unit = first;
                unit.county = County::of_number(370212 + done);
                story.work([&](app::Work& w) {
                    w.payments().put_payments(unit.part, Story::payments_of(unit, payments_each));
                    w.runs().put_result(Story::result_of(unit, payments_each));
                });
            }
        } catch (const std::runtime_error&) {
        }
        EXPECT_LT(done, counties) << "killed too late to prove anything";
    }
    cluster->reset();
    cluster = start();
    ASSERT_TRUE(cluster) << cluster.error().message();
    Sql owner{(*cluster)->owner_url()};
    const std::string part = "payment_" + std::to_string(first.part.number());
    EXPECT_EQ(
        owner.cell(
            "select count(*) from (select county, count(*) as n from " + part +
            " group by county) p full join unit_result r using (county) where p.n is distinct from r.payments"),
        "0");
    Story story{(*cluster)->service_url()};
    // And the work goes on where it stopped.
    for (int i = 0; i < counties; ++i) {
        app::Unit unit = first;
        unit.county = County::of_number(370212 + i);
        story.work([&](app::Work& w) {
            if (!w.runs().claim(unit.run, unit.county)) return;
            w.payments().put_payments(unit.part, Story::payments_of(unit, payments_each));
            w.runs().put_result(Story::result_of(unit, payments_each));
        });
    }
    story.work([&](app::Work& w) { w.runs().key_part(first.part); });
    EXPECT_EQ(owner.cell("select count(*) from payment"), std::to_string(counties * payments_each));
}

}  // namespace
}  // namespace onecard
