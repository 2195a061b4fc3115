#include "onecard/ops/priority.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <functional>
#include <thread>

namespace onecard::ops {
namespace {

/// Nanoseconds of the core that a thread asks for at once; 0 where the kernel does not say (before Linux 6.12).
std::uint64_t slice_of(std::int32_t thread) {
    std::array<unsigned char, 48> told{};
    if (::syscall(SYS_sched_getattr, thread, told.data(), told.size(), 0) != 0) return 0;
    std::uint64_t slice = 0;
    std::memcpy(&slice, told.data() + 24, sizeof slice);
    return slice;
}

struct Seen {
    int niceness = 0;
    std::uint64_t slice = 0;
};

Seen after(const std::function<void()>& done) {
    Seen seen;
    std::thread{[&] {
        done();
        seen = {::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())), slice_of(0)};
    }}.join();
    return seen;
}

TEST(Priority, OfBulkWorkIsLowerForThatThreadAlone) {
    const Seen before = after([] {});
    const Seen bulk = after([] { give_way(); });
    EXPECT_EQ(bulk.niceness, 10);
    EXPECT_EQ(after([] {}).niceness, before.niceness);
}

TEST(Priority, OfWhoAnswersIsShortTurnsThatItsThreadsInheritAndBulkWorkGivesBack) {
    Seen child, bulk;
    const Seen prompt = after([&] {
        answer_soon();
        child = after([] {});
        bulk = after([] { give_way(); });
    });
    EXPECT_EQ(prompt.niceness, 0);
    if (prompt.slice == 0) GTEST_SKIP() << "this kernel has no slices of a thread's own";
    EXPECT_EQ(prompt.slice, 100'000U);
    EXPECT_EQ(child.slice, prompt.slice);
    EXPECT_NE(bulk.slice, prompt.slice);
}

TEST(Priority, IsSetOfAnotherProcess) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    schedule(child, true);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(child)), 10);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace onecard::ops
