#pragma once

#include <cstdint>

namespace onecard::ops {

/// Lowers the priority of the calling thread for good: from here on it takes what those leave that answer people.
void give_way();

/// The calling thread, and every thread that it starts from here on, is let in for short moments and soon: it does not
/// wait until another's slice of the core ends. It takes nothing from others in all. Without effect before Linux 6.12.
void answer_soon();

/// The same of a whole process that has one thread: the first where it works in bulk, else the second. Without effect
/// where the process is somebody else's.
void schedule(std::int32_t process, bool is_bulk);

}  // namespace onecard::ops
