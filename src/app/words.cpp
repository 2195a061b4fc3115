#include "words.hpp"

#include <fmt/format.h>

#include <iterator>

namespace onecard::app {

std::string unit_text(const Run& run, const Unit& unit, const UnitResult& result,
                      const std::vector<Batch>& batches) {
    std::string text =
        fmt::format("unit|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", run.no.number(), unit.county.text(),
                    unit.period.text(), code_of(run.kind), run.known_at.number(), run.policy.hex(),
                    result.payments, result.total.fen(), result.held, result.refused);
    for (const Batch& batch : batches)
        fmt::format_to(std::back_inserter(text), "|{}:{}:{}:{}:{}:{}", batch.file_id, batch.bank.number(),
                       batch.lines, batch.total.fen(), batch.lines_root.hex(), batch.file_digest.hex());
    return text;
}

std::string approval_text(const Run& run, const UnitState& state, Step step) {
    return fmt::format(
        "onecard approval 1\nrun {}\nkind {}\nperiod {}\ncounty {}\nstep {}\npayments {}\ntotal-fen {}\nheld {}\n"
        "refused {}\ndigest {}\n",
        run.no.number(), code_of(run.kind), run.period.text(), state.unit.county.text(), code_of(step),
        state.result->payments, state.result->total.fen(), state.result->held, state.result->refused,
        state.result->digest.hex());
}

std::string text_of_refusals(const std::vector<RefusalRecord>& refusals) {
    std::string text;
    for (const RefusalRecord& refusal : refusals)
        fmt::format_to(std::back_inserter(text), "{}|{}|{}|{:d}|{}|{}\n",
                       static_cast<std::int16_t>(refusal.programme), refusal.household.number(),
                       refusal.person.number(), refusal.is_error, refusal.place, refusal.reason);
    return text;
}

}  // namespace onecard::app
