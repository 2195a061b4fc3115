#include "onecard/ops/priority.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <functional>
#include <sstream>
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

/// Linux has slices of a thread's own since 6.12.
bool has_slices() {
    utsname kernel{};
    ::uname(&kernel);
    int major = 0, minor = 0;
    char dot = 0;
    std::istringstream{kernel.release} >> major >> dot >> minor;
    return major > 6 || (major == 6 && minor >= 12);
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
    EXPECT_EQ(prompt.niceness, after([] {}).niceness);
    const std::uint64_t wanted = has_slices() ? 100'000 : 0;
    EXPECT_EQ(prompt.slice, wanted);
    EXPECT_EQ(child.slice, wanted);
    EXPECT_EQ(bulk.niceness, 10);
    if (has_slices()) EXPECT_GT(bulk.slice, wanted);
}

TEST(Priority, OfWhoAnswersKeepsTheNicenessThatTheServiceWasStartedWith) {
    const Seen seen = after([] {
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 5);
        answer_soon();
    });
    EXPECT_EQ(seen.niceness, 5);
    EXPECT_EQ(seen.slice, has_slices() ? 100'000U : 0U);
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
