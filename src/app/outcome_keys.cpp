#include "outcome_keys.hpp"

#include "retry.hpp"

namespace onecard::app {

void key_outcomes(Tools& tools, KeyOutcomes which) {
    for (const UnkeyedOutcomes& one :
         tools.database.begin_question()->payments().parts_without_outcome_key()) {
        if (which == KeyOutcomes::of_answered_parts && !one.is_whole) continue;
        with_retries([&] {
            auto work = tools.database.begin_bulk();
            work->payments().key_outcomes(one.part, which == KeyOutcomes::now);
            work->commit();
        });
    }
}

}  // namespace onecard::app
