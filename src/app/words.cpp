#include "words.hpp"

#include <fmt/format.h>

#include <iterator>
#include <sstream>

#include "onecard/audit/merkle.hpp"

namespace onecard::app {

std::string unit_text(const Run& run, const Unit& unit, const UnitResult& result,
                      const std::vector<Batch>& batches, const Beside& beside, const HashFunction& hash) {
    std::string text =
        fmt::format("unit|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", run.no.number(), unit.county.text(),
                    unit.period.text(), code_of(run.kind), run.known_at.number(), run.policy.hex(),
                    result.payments, result.total.fen(), result.held, result.refused);
    for (const Batch& batch : batches)
        fmt::format_to(std::back_inserter(text), "|{}:{}:{}:{}:{}:{}", batch.file_id, batch.bank.number(),
                       batch.lines, batch.total.fen(), batch.lines_root.hex(), batch.file_digest.hex());
    if (!beside.is_empty()) {
        audit::MerkleFrontier lines{hash};
        for (const std::string& line : beside.lines()) lines.add_leaf(bytes_of(line));
        fmt::format_to(std::back_inserter(text), "|beside:{}:{}", lines.size(), lines.root().hex());
    }
    return text;
}

std::string approval_text(const Run& run, const UnitState& state, Step step, std::string_view funds) {
    return fmt::format(
        "onecard approval 1\nrun {}\nkind {}\nperiod {}\ncounty {}\nstep {}\npayments {}\ntotal-fen {}\nheld {}\n"
        "refused {}\n{}digest {}\n",
        run.no.number(), code_of(run.kind), run.period.text(), state.unit.county.text(), code_of(step),
        state.result->payments, state.result->total.fen(), state.result->held, state.result->refused, funds,
        state.result->digest.hex());
}

std::string without_funds(const std::string& signed_text) {
    constexpr std::string_view opening = "\nfunds-fen ";
    const std::size_t line = signed_text.find(opening);
    const std::size_t total_at = signed_text.find("\ntotal-fen ");
    if (line == std::string::npos || total_at == std::string::npos) return signed_text;
    const std::size_t end = signed_text.find('\n', line + 1);
    std::istringstream words{signed_text.substr(line + opening.size(), end - line - opening.size())};
    std::int64_t total = 0, sum = 0, part = 0;
    std::istringstream{signed_text.substr(total_at + 11)} >> total;
    for (std::string source; words >> source >> part;) sum += part;
    if (sum != total) return signed_text;
    return signed_text.substr(0, line) + signed_text.substr(end);
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
