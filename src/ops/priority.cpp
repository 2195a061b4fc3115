#include "onecard/ops/priority.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace onecard::ops {
namespace {

/// Of a core that others want too, who has it gets a tenth.
constexpr std::int32_t bulk_niceness = 10;
/// Nanoseconds: the shortest slice that Linux grants. Who asks for short ones is let in before another's longer one is
/// used up: a read passes four threads and processes, and waited up to 3 ms at each.
constexpr std::uint64_t short_slice = 100'000;

/// What the kernel takes (sched_setattr(2)): the C library has no name for it, and linux/sched/types.h does not go with
/// the library's own headers.
struct Attributes {
    std::uint32_t size = sizeof(Attributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 0;  ///< the slice; 0: the kernel's own
    std::uint64_t deadline = 0, period = 0;
};
static_assert(sizeof(Attributes) == 48);

/// On Linux niceness and slice are a thread's own. Lowering is always allowed, and so is any slice; a sandbox may refuse
/// the second call, not the first.
void set(std::int32_t thread, int niceness, std::uint64_t slice) {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), niceness);
    Attributes wanted;
    wanted.nice = niceness;
    wanted.runtime = slice;
    ::syscall(SYS_sched_setattr, thread, &wanted, 0);
}

/// Whoever started us with a niceness meant it; raising a thread above it would be refused, and the slice with it.
int niceness_of(std::int32_t thread) { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(thread)); }

}  // namespace

void give_way() { set(0, bulk_niceness, 0); }
void answer_soon() { set(0, niceness_of(0), short_slice); }

void schedule(std::int32_t process, bool is_bulk) {
    if (is_bulk)
        set(process, bulk_niceness, 0);
    else
        set(process, niceness_of(process), short_slice);
}

}  // namespace onecard::ops
