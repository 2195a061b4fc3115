#include "onecard/app/decisions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "asked.hpp"
#include "batch_entry.hpp"
#include "break_ends.hpp"
#include "onecard/app/closing_records.hpp"
#include "onecard/app/statement_records.hpp"
#include "onecard/audit/merkle.hpp"
#include "outcome_keys.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t evidence_bytes_max = 1000;
constexpr std::size_t owner_bytes_max = 100;
constexpr std::string_view this_year = "same-year";
constexpr std::string_view earlier_year = "prior-year";

Result<void> may_decide(const Identity& by, County county, Role role, std::string place) {
    if (by.role != role)
        return refuse(Fault::forbidden, fmt::format("this is for a {}", name_of(role)), std::move(place));
    if (!by.region.covers(county))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(role)),
                      std::move(place));
    return {};
}

Result<void> may_read(const Identity& by, const Region& region, std::string_view what) {
    if (by.role == Role::bank || !by.region.covers(region))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)),
                      std::string{what});
    return {};
}

Result<void> good_words(std::string_view text, std::size_t most, std::string_view place) {
    if (text.empty() || text.size() > most || text.find_first_of("|\n\r") != std::string_view::npos)
        return refuse(Fault::malformed, fmt::format("needs 1 to {} bytes on one line, without '|'", most),
                      std::string{place});
    return {};
}

std::vector<std::pair<std::string, std::string>> region_parameters(const Region& region) {
    return {{"region_low", std::to_string(region.lowest())},
            {"region_high", std::to_string(region.highest())}};
}

/// The detail of a proposal about a break: the resolution, and what it names behind a space.
std::string_view resolution_in(std::string_view detail) { return detail.substr(0, detail.find(' ')); }
std::string_view about_of(std::string_view detail) {
    const std::size_t space = detail.find(' ');
    return space == detail.npos ? std::string_view{} : detail.substr(space + 1);
}

/// Whether `about` names what the resolution needs, and nothing else.
Result<void> good_about(recon::Resolution resolution, std::string_view about, std::string_view place) {
    switch (recon::named_by(resolution)) {
        case recon::Named::nothing:
            if (!about.empty())
                return refuse(Fault::malformed, "this resolution is about nothing else",
                              std::string{place} + ": about");
            return {};
        case recon::Named::payment:
            if (!PaymentReference::parse(about))
                return refuse(Fault::malformed, "needs the reference of the payment that came back",
                              std::string{place} + ": about");
            return {};
        case recon::Named::claim:
            if (about.empty() || about.size() > 18 ||
                !std::ranges::all_of(about, [](char c) { return c >= '0' && c <= '9'; }))
                return refuse(Fault::malformed, "needs the number of the break that was claimed",
                              std::string{place} + ": about");
            return {};
    }
    std::unreachable();
}

std::int64_t number_in(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

Result<Decisions::Proposed> Decisions::propose(Work& work, Motion proposal, const Identity& by, Moment now,
                                               std::span<const OpenItem> carried) {
    proposal.proposed_by = by.name;
    proposal.fingerprint = by.fingerprint;
    proposal.at = now;
    proposal.no = work.decisions().put_proposal(proposal);
    work.closing().put_carried(proposal.no, carried);
    const Act act{"proposed", proposal.county,
                  fmt::format("proposed|{}|{}|{}|{}|{}|{}|{}|{}", proposal.no, code_of(proposal.kind),
                              proposal.subject, proposal.detail, proposal.amount.fen(), by.name,
                              by.fingerprint.hex(), proposal.evidence)};
    work.ledger().put_acts({&act, 1}, tools_.log(), now);
    if (!proposal.needs_second) {
        const auto done = carry_out(work, proposal, now);
        if (!done) return std::unexpected{done.error()};
    }
    work.commit();
    return Proposed{proposal.no, !proposal.needs_second};
}

Result<void> Decisions::carry_out(Work& work, const Motion& proposal, Moment now) {
    const std::string place = fmt::format("proposal {}", proposal.no);
    // First, since whatever is done refers to it.
    work.decisions().put_done(proposal, now);
    switch (proposal.kind) {
        case Motion::Kind::cancel_failure: {
            const auto reference = PaymentReference::parse(proposal.subject);
            ensure(reference.has_value(), "a proposal about a payment that is none");
            const auto failure = open_failure(work, *reference);
            if (!failure) return refuse(Fault::conflict, "something has followed this failure", place);
            end_failure(work, tools_.log(), *failure, false, proposal.detail == earlier_year, proposal, now);
            return {};
        }
        case Motion::Kind::send_again: {
            const auto batch = work.payments().batch_of_file(proposal.subject);
            ensure(batch.has_value(), "a proposal about a file that there is not");
            work.exchange().lock_batch(*batch);
            const auto file = work.exchange().file_for(batch->bank, batch->file_id);
            if (!file || file->accepted != false)
                return refuse(Fault::conflict, "its bank has not refused this file", place);
            const std::int16_t round = work.exchange().dispatch_again(*batch, now);
            const auto entries =
                entries_of_batch(tools_.log(), work, *batch, ledger::EntryKind::dispatch, now, round);
            if (!entries) return std::unexpected{entries.error()};
            work.ledger().put_entries(*entries, tools_.log(), now);
            return {};
        }
        case Motion::Kind::close_month:
        case Motion::Kind::close_year: return close_now(work, proposal, now);
        case Motion::Kind::resolve_break: break;
    }
    const auto one = work.decisions().break_of(proposal.county, number_in(proposal.subject));
    const auto resolution = recon::resolution_of(resolution_in(proposal.detail));
    ensure(one.has_value() && resolution.has_value(), "a proposal about a break that there is not");
    if (one->resolved) return refuse(Fault::duplicate, "this break was resolved before", place);
    return end_break(tools_, work, *one, *resolution, about_of(proposal.detail), proposal, now);
}

Result<Decisions::Proposed> Decisions::resolve(const Identity& by, County county, std::int64_t break_no,
                                               recon::Resolution resolution, std::string_view about,
                                               std::string_view evidence, Moment now) {
    const std::string place = fmt::format("break {}/{}", county.text(), break_no);
    if (auto allowed = may_decide(by, county, Role::maker, place); !allowed)
        return std::unexpected{allowed.error()};
    if (auto good = good_words(evidence, evidence_bytes_max, place + ": evidence"); !good)
        return std::unexpected{good.error()};
    if (auto good = good_about(resolution, about, place); !good) return std::unexpected{good.error()};
    key_outcomes(tools_, KeyOutcomes::now);
    auto work = tools_.database.begin();
    const auto one = work->decisions().break_of(county, break_no);
    if (!one) return refuse(Fault::unknown, "there is no such break", place);
    if (one->resolved) return refuse(Fault::duplicate, "this break was resolved before", place);
    if (!recon::can_resolve(one->kind, resolution))
        return refuse(Fault::conflict,
                      fmt::format("«{}» is no end for a break of the kind {}",
                                  recon::text_of(resolution).code, recon::code_of(one->kind)),
                      place);
    Motion proposal;
    proposal.county = county;
    proposal.kind = Motion::Kind::resolve_break;
    proposal.subject = std::to_string(break_no);
    proposal.detail = recon::text_of(resolution).code;
    if (!about.empty()) proposal.detail += fmt::format(" {}", about);
    proposal.evidence = evidence;
    proposal.amount = one->amount;
    proposal.needs_second = one->amount >= tools_.second_person_from;
    return propose(*work, std::move(proposal), by, now);
}

Result<void> Decisions::give(const Identity& by, County county, std::int64_t break_no, std::string_view owner,
                             Moment now) {
    const std::string place = fmt::format("break {}/{}", county.text(), break_no);
    if (auto allowed = may_decide(by, county, Role::maker, place); !allowed) return allowed;
    if (auto good = good_words(owner, owner_bytes_max, place + ": owner"); !good) return good;
    auto work = tools_.database.begin();
    const auto one = work->decisions().break_of(county, break_no);
    if (!one) return refuse(Fault::unknown, "there is no such break", place);
    if (one->resolved) return refuse(Fault::duplicate, "this break was resolved before", place);
    work->decisions().put_break_owner(*one, owner, by.name, now);
    const Act act{"break-given", county,
                  fmt::format("break-given|{}|{}|{}|{}|{}", county.text(), break_no, owner, by.name,
                              by.fingerprint.hex())};
    work->ledger().put_acts({&act, 1}, tools_.log(), now);
    work->commit();
    return {};
}

Result<Decisions::Proposed> Decisions::cancel(const Identity& by, const PaymentReference& reference,
                                              std::string_view evidence, Moment now) {
    if (auto allowed = may_decide(by, reference.county, Role::maker, reference.text()); !allowed)
        return std::unexpected{allowed.error()};
    if (auto good = good_words(evidence, evidence_bytes_max, "evidence"); !good)
        return std::unexpected{good.error()};
    key_outcomes(tools_, KeyOutcomes::now);
    auto work = tools_.database.begin();
    const auto failure = open_failure(*work, reference);
    if (!failure) return std::unexpected{failure.error()};
    const bool is_earlier = failure->period().text().substr(0, 4) != now.day_in_china().text().substr(0, 4);
    Motion proposal;
    proposal.county = reference.county;
    proposal.kind = Motion::Kind::cancel_failure;
    proposal.subject = reference.text();
    proposal.detail = is_earlier ? earlier_year : this_year;
    proposal.evidence = evidence;
    proposal.amount = failure->amount;
    return propose(*work, std::move(proposal), by, now);
}

Result<void> Decisions::note(const Identity& by, const PaymentReference& reference, bool retry,
                             std::string_view reason, Moment now) {
    if (auto allowed = may_decide(by, reference.county, Role::maker, reference.text()); !allowed)
        return allowed;
    if (auto good = good_words(reason, evidence_bytes_max, "reason"); !good) return good;
    auto work = tools_.database.begin();
    const auto failure = open_failure(*work, reference);
    if (!failure) return std::unexpected{failure.error()};
    work->decisions().put_failure_note(*failure, retry, reason, by.name, now);
    const Act act{"failure-note", reference.county,
                  fmt::format("failure-note|{}|{}|{}|{}|{}|{}|{}|{}", reference.county.text(),
                              reference.period, reference.serial.number(), reference.attempt,
                              retry ? "retry" : "hold", by.name, by.fingerprint.hex(), reason)};
    work->ledger().put_acts({&act, 1}, tools_.log(), now);
    work->commit();
    return {};
}

Result<Decisions::Proposed> Decisions::send_again(const Identity& by, std::string_view file_id,
                                                  std::string_view evidence, Moment now) {
    const std::string place{file_id.substr(0, 64)};
    auto work = tools_.database.begin();
    const auto batch = work->payments().batch_of_file(file_id);
    if (!batch) return refuse(Fault::unknown, "there is no such file", place);
    if (auto allowed = may_decide(by, batch->county, Role::maker, place); !allowed)
        return std::unexpected{allowed.error()};
    if (auto good = good_words(evidence, evidence_bytes_max, "evidence"); !good)
        return std::unexpected{good.error()};
    const auto file = work->exchange().file_for(batch->bank, file_id);
    if (!file || file->accepted != false)
        return refuse(Fault::conflict, "its bank has not refused this file", place);
    Motion proposal;
    proposal.county = batch->county;
    proposal.kind = Motion::Kind::send_again;
    proposal.subject = batch->file_id;
    proposal.evidence = evidence;
    proposal.amount = batch->total;
    return propose(*work, std::move(proposal), by, now);
}

Result<void> Decisions::answer(const Identity& by, std::int64_t proposal_no, bool agrees, Moment now) {
    const std::string place = fmt::format("proposal {}", proposal_no);
    if (by.role != Role::checker) return refuse(Fault::forbidden, "this is for a checker", place);
    if (proposal_no < 1 || proposal_no > 0x7fffffff)
        return refuse(Fault::unknown, "there is no such proposal", place);
    key_outcomes(tools_, KeyOutcomes::now);
    auto work = tools_.database.begin();
    work->decisions().lock_proposal(proposal_no);
    const auto proposal = work->decisions().proposal(proposal_no);
    if (!proposal || !by.region.covers(proposal->county))
        return refuse(Fault::unknown, "there is no such proposal", place);
    if (proposal->done || proposal->agreed)
        return refuse(Fault::duplicate, "this was answered or done before", place);
    if (proposal->proposed_by == by.name || proposal->fingerprint == by.fingerprint)
        return refuse(Fault::forbidden, "whoever proposes something does not answer it", place);
    work->decisions().put_consent(*proposal, by.name, by.fingerprint, agrees, now);
    const Act act{"answered", proposal->county,
                  fmt::format("answered|{}|{}|{}|{}", proposal_no, agrees ? "agreed" : "refused", by.name,
                              by.fingerprint.hex())};
    work->ledger().put_acts({&act, 1}, tools_.log(), now);
    if (agrees) {
        const auto done = carry_out(*work, *proposal, now);
        if (!done) return done;
    }
    work->commit();
    return {};
}

Result<Report> Decisions::proposals(const Identity& by, const Region& region, const Slice& slice) {
    if (auto allowed = may_read(by, region, "proposals"); !allowed) return std::unexpected{allowed.error()};
    Report report{{"处理意见", "Proposals"}, {}, {}};
    auto parameters = region_parameters(region);
    for (auto& each : slice.parameters({"county", "proposal"})) parameters.push_back(std::move(each));
    report.tables.push_back(table_of(tools_.database.begin()->ledger(), "proposals",
                                     {"处理意见", "Proposals"}, "report_decision_proposals", parameters));
    return report;
}

Result<Report> Decisions::ageing(const Identity& by, const Region& region) {
    if (auto allowed = may_read(by, region, "ageing"); !allowed) return std::unexpected{allowed.error()};
    Report report{{"账龄分析", "Money that waits"}, {}, {}};
    auto parameters = region_parameters(region);
    for (const auto& [name, days] : {std::pair{"in_transit_days", deadlines_.in_transit_days},
                                     {"returned_days", deadlines_.returned_days},
                                     {"unidentified_days", deadlines_.unidentified_days},
                                     {"recoverable_days", deadlines_.recoverable_days},
                                     {"claim_days", deadlines_.claim_days}})
        parameters.emplace_back(name, std::to_string(days));
    report.tables.push_back(table_of(tools_.database.begin()->ledger(), "ageing", {"账龄", "By days"},
                                     "report_ageing", parameters));
    return report;
}

Result<Report> Decisions::indicators(const Identity& by, RunNo no) {
    const std::string place = fmt::format("run {}", no.number());
    auto work = tools_.database.begin();
    const auto run = work->runs().run(no);
    if (!run) return refuse(Fault::unknown, "there is no such run", place);
    if (by.role == Role::bank || (!by.region.covers(run->region) && !run->region.covers(by.region)))
        return refuse(Fault::forbidden, "the run lies outside this officer's region", place);
    // Of a run that reaches further an officer sees the own part.
    auto parameters = region_parameters(run->region.covers(by.region) ? by.region : run->region);
    parameters.emplace_back("run", std::to_string(no.number()));
    Report report{{"发放质量指标", "How well a run was paid"}, {}, {}};
    report.fields = {{"run", {"批次", "run"}, std::int64_t{no.number()}}};
    report.tables.push_back(
        table_of(work->ledger(), "banks", {"按银行", "By bank"}, "report_indicators", parameters));
    return report;
}

}  // namespace onecard::app
