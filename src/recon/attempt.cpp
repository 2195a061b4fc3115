#include "onecard/recon/attempt.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace onecard::recon {

namespace {

using bankfile::Reason;
using bankfile::ReturnStatus;

struct Move {
    Standing from;
    Consequence by;
    Standing to;
};

// What is not here cannot happen.
constexpr std::array moves{
    Move{Standing::in_transit, Consequence::pays, Standing::paid},
    Move{Standing::in_transit, Consequence::fails, Standing::failed},
    Move{Standing::paid, Consequence::takes_back, Standing::returned},
    Move{Standing::paid, Consequence::corrects, Standing::corrected},
};

/// The reasons with which a bank takes back what it has paid.
bool is_taking_back(Reason reason) { return reason == Reason::returned_later || reason == Reason::reversed; }

Consequence of_failure(const Known& known, const Word& word) {
    switch (known.standing) {
        case Standing::in_transit: return Consequence::fails;
        case Standing::paid:
            if (known.by_hand) return Consequence::contradicts;
            if (word.corrects != 0 && word.corrects == known.return_no) return Consequence::corrects;
            return is_taking_back(word.reason) ? Consequence::takes_back : Consequence::contradicts;
        case Standing::failed:
        case Standing::returned:
        case Standing::corrected:
            return word.reason == known.reason ? Consequence::repeats : Consequence::contradicts;
    }
    std::unreachable();
}

}  // namespace

std::string_view code_of(Standing standing) {
    switch (standing) {
        case Standing::in_transit: return "in-transit";
        case Standing::paid: return "paid";
        case Standing::failed: return "failed";
        case Standing::returned: return "returned";
        case Standing::corrected: return "corrected";
    }
    std::unreachable();
}

Consequence consequence_of(const Known& known, const Word& word) {
    switch (word.status) {
        // A final word stands, also against a later "we do not know yet": files may overtake each other.
        case ReturnStatus::in_progress: return Consequence::nothing;
        case ReturnStatus::failed: return of_failure(known, word);
        case ReturnStatus::paid:
            if (known.standing == Standing::in_transit) return Consequence::pays;
            return known.standing == Standing::paid ? Consequence::repeats : Consequence::paid_though_failed;
    }
    std::unreachable();
}

Standing after(Standing standing, Consequence consequence) {
    switch (consequence) {
        case Consequence::nothing:
        case Consequence::repeats:
        case Consequence::contradicts:
        case Consequence::paid_though_failed: return standing;
        case Consequence::pays:
        case Consequence::fails:
        case Consequence::takes_back:
        case Consequence::corrects: break;
    }
    const auto move = std::ranges::find_if(
        moves, [&](const Move& row) { return row.from == standing && row.by == consequence; });
    ensure(move != moves.end(), "an attempt cannot move that way");
    return move->to;
}

}  // namespace onecard::recon
