#include "onecard/app/records.hpp"

#include <fmt/format.h>

#include <algorithm>
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

const RunKindText& text_of(RunKind kind) {
    const auto found = std::ranges::find(run_kinds, kind, &RunKindText::kind);
    ensure(found != run_kinds.end(), "a kind of run without a text");
    return *found;
}

std::string_view code_of(RunKind kind) { return text_of(kind).code; }

std::optional<RunKind> run_kind_of(std::string_view code) {
    const auto found = std::ranges::find(run_kinds, code, &RunKindText::code);
    if (found == run_kinds.end()) return std::nullopt;
    return found->kind;
}

bool pays(RunKind kind, Programme programme) {
    switch (kind) {
        case RunKind::regular:
        case RunKind::reissue:
        case RunKind::supplementary: return true;
        case RunKind::one_off: return programme == Programme::one_off;
        case RunKind::price_linked: return programme == Programme::price_subsidy;
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

std::string_view code_of(Motion::Kind kind) {
    switch (kind) {
        case Motion::Kind::resolve_break: return "resolve-break";
        case Motion::Kind::cancel_failure: return "cancel-failure";
        case Motion::Kind::send_again: return "send-again";
        case Motion::Kind::close_month: return "close-month";
        case Motion::Kind::close_year: return "close-year";
    }
    std::unreachable();
}

PaymentReference DecidedFailure::reference() const {
    return {county, period_of(part).number(), serial, attempt};
}

void write_leaf(const DecidedFailure& failure, std::byte* out) {
    out = put_big_endian(out, failure.part.number());
    out = put_big_endian(out, failure.county.number());
    out = put_big_endian(out, failure.serial.number());
    out = put_big_endian(out, failure.attempt);
    out = put_big_endian(out, static_cast<std::int16_t>(failure.returned ? 3 : failure.paid ? 1 : 2));
    out = put_big_endian(out, failure.amount.fen());
    put_big_endian(out, failure.proposal_no);
}

std::string month_ending(Month period) { return " of " + period.digits(); }

std::string cause_of(const DecidedFailure& failure) {
    return (failure.returned ? "returned " : "failure ") + failure.reference().text();
}

std::vector<ledger::EntryKind> entries_of(const DecidedFailure& failure) {
    using enum ledger::EntryKind;
    if (failure.returned) return {unidentified_is_return};
    if (failure.paid) return {failure_corrected, paid};
    return {failure.prior_year ? return_cancelled_prior_year : return_cancelled};
}

}  // namespace onecard::app
