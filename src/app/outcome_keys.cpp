#include "outcome_keys.hpp"

#include <exception>

#include "retry.hpp"

namespace onecard::app {

void key_outcomes(Tools& tools, KeyOutcomes which) {
    std::exception_ptr refused;
    for (const UnkeyedOutcomes& one :
         tools.database.begin_question()->payments().parts_without_outcome_key()) {
        if (which == KeyOutcomes::of_answered_parts && !one.is_whole) continue;
        try {
            with_retries([&] {
                auto work = tools.database.begin_bulk();
                work->payments().key_outcomes(one.part, which == KeyOutcomes::now);
                work->commit();
            });
        } catch (const RefusedByDatabase&) {
            // Somebody was answered twice in it: that holds up no other part.
            refused = std::current_exception();
        }
    }
    // Whoever needs the key of that very part is refused by the records.
    if (refused && which != KeyOutcomes::now) std::rethrow_exception(refused);
}

}  // namespace onecard::app
