#pragma once

#include "onecard/app/store.hpp"

namespace onecard::app {

/// Does `work` again when the database asks for it (deadlock, serialization conflict): each time a whole transaction,
/// with a limit, so that a conflict that does not pass is seen.
template <class Once>
auto with_retries(const Once& once) {
    constexpr int tries_max = 5;
    for (int tries = 1;; ++tries) {
        try {
            return once();
        } catch (const TryAgain&) {
            if (tries == tries_max) throw;
        }
    }
}

}  // namespace onecard::app
