#include "onecard/app/recovery_records.hpp"

#include <fmt/format.h>

#include <utility>

namespace onecard::app {

std::string_view code_of(Origin origin) {
    switch (origin) {
        case Origin::difference: return "difference";
        case Origin::double_payment: return "double-payment";
        case Origin::death: return "death";
        case Origin::other: return "other";
        case Origin::transferred: return "transferred";
    }
    std::unreachable();
}

std::string_view code_of(RecoveryKind kind) {
    switch (kind) {
        case RecoveryKind::cash: return "cash";
        case RecoveryKind::offset: return "offset";
        case RecoveryKind::write_off: return "write-off";
        case RecoveryKind::transfer: return "transfer";
    }
    std::unreachable();
}

std::string Correction::canonical() const {
    return fmt::format("correction|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", no, text_of(programme).code,
                       static_cast<int>(component), benefit_month.text(), beneficiary, step,
                       household.number(), person.number(), static_cast<int>(payee_kind), payee,
                       awarded.fen(), due.fen(), demanded.fen(), serial.number());
}

std::string Offset::canonical() const {
    return fmt::format("offset|{}|{}|{}", serial.number(), receivable, amount.fen());
}

std::string Receivable::canonical() const {
    return fmt::format("receivable|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", county.text(), no,
                       cause, code_of(origin), text_of(programme).code, static_cast<int>(component),
                       benefit_month.text(), beneficiary, household.number(), person.number(),
                       static_cast<int>(payee_kind), payee, amount.fen(), found.text(), prior_year ? 1 : 0,
                       made_by, reason);
}

std::string Recovery::canonical() const {
    return fmt::format("recovery|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", county.text(), receivable, step,
                       code_of(kind), amount.fen(), owed_before.fen(), value_day.text(), document, officer,
                       run.number(), serial.number());
}

}  // namespace onecard::app
