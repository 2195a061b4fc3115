#include "onecard/ops/priority.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace onecard::ops {

namespace {

/// Of a core that others want too, a thread with it gets a tenth.
constexpr int bulk_niceness = 10;

}  // namespace

void give_way() {
    // On Linux niceness is a thread's own. Lowering is always allowed.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), bulk_niceness);
}

}  // namespace onecard::ops
