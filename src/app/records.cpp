#include "onecard/app/records.hpp"

#include <fmt/format.h>

#include <utility>

#include "onecard/app/identity.hpp"
#include "onecard/app/store.hpp"
#include "onecard/core/big_endian.hpp"

namespace onecard::app {

std::string_view name_of(Role role) {
    switch (role) {
        case Role::maker: return "maker";
        case Role::checker: return "checker";
        case Role::releaser: return "releaser";
        case Role::auditor: return "auditor";
        case Role::operations: return "operator";
        case Role::bank: return "bank";
    }
    std::unreachable();
}

std::string_view code_of(RunKind kind) {
    switch (kind) {
        case RunKind::regular: return "regular";
        case RunKind::reissue: return "re-issue";
    }
    std::unreachable();
}

std::string_view code_of(Step step) {
    switch (step) {
        case Step::proposed: return "proposed";
        case Step::checked: return "checked";
        case Step::released: return "released";
    }
    std::unreachable();
}

std::string Batch::name() const {
    return fmt::format("{}/{}/{}", county.text(), period.digits(), no.number());
}

std::string Act::canonical(Moment at) const {
    return fmt::format("act|{}|{}|{}|{}", kind, county.number() == 0 ? "" : county.text(), at.text(), text);
}

Month period_of(PartNo part) {
    const auto month = Month::of_number(part.number() / 1000 + 190000);
    ensure(month.has_value(), "a part whose number holds no period");
    return *month;
}

Month OpenFailure::period() const { return period_of(part); }

void write_leaf(const Reissue& reissue, std::byte* out) {
    out = put_big_endian(out, reissue.part.number());
    out = put_big_endian(out, reissue.county.number());
    out = put_big_endian(out, reissue.serial.number());
    out = put_big_endian(out, reissue.attempt);
    out = put_big_endian(out, reissue.run.number());
    out = put_big_endian(out, reissue.line);
    put_big_endian(out, reissue.amount.fen());
}

}  // namespace onecard::app
