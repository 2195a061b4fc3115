#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include "onecard/app/closing_records.hpp"
#include "onecard/app/funds.hpp"
#include "onecard/app/run_life.hpp"
#include "onecard/app/runs.hpp"
#include "outcome_keys.hpp"
#include "run_refusals.hpp"
#include "settle_past.hpp"
#include "unit_entries.hpp"
#include "words.hpp"

/// What officers sign for the units of a run, and what their signatures do.
namespace onecard::app {

namespace {

/// What one transaction approves. Each holds the locks of its counties' money until the last of them is done.
constexpr std::size_t units_together_max = 16;

std::optional<Step> step_of(Role role) {
    switch (role) {
        case Role::maker: return Step::proposed;
        case Role::checker: return Step::checked;
        case Role::releaser: return Step::released;
        case Role::auditor:
        case Role::operations:
        case Role::bank: return std::nullopt;
    }
    std::unreachable();
}

/// The steps before the money is promised are taken over how it is paid for, too.
bool is_about_funds(Step step) { return step != Step::released; }

Move move_of(Step step) {
    switch (step) {
        case Step::proposed: return Move::propose;
        case Step::checked: return Move::check;
        case Step::released: return Move::release;
    }
    std::unreachable();
}

/// Units that wait for an officer's step.
bool waits_for(const UnitState& state, Step step, Role by) {
    return move_from(stage_of(state), move_of(step), by, {}).has_value();
}

/// One officer's step over units of one run.
class Approving {
public:
    Approving(Tools& tools, const Identity& by, const Run& run, Step step, std::span<const UnitState> states,
              Moment now)
        : tools_{tools}, by_{by}, run_{run}, step_{step}, states_{states}, now_{now} {}

    struct Signed {
        County county;
        std::string cms;
        Result<void> answer;
        std::exception_ptr broken;
    };

    /// Takes the step in each unit, all of them in one transaction; where one of them is refused, each in its own.
    void take(std::span<Signed> units) {
        std::vector<Wanted> wanted;
        for (Signed& one : units)
            answer(one, [&]() -> Result<void> {
                auto checked = check(one);
                if (!checked) return std::unexpected{checked.error()};
                wanted.push_back(*std::move(checked));
                return {};
            });
        if (wanted.size() > 1) {
            try {
                if (write(wanted)) return;
            } catch (const DatabaseAway&) {
                // Whether it was written is not known: whoever asks again learns it.
                for (const Wanted& one : wanted) one.of->broken = std::current_exception();
                return;
            } catch (const std::exception&) {
                // One of them broke the others' work off: each goes alone, and the one is named.
            }
        }
        for (const Wanted& one : wanted) answer(*one.of, [&] { return write({&one, 1}); });
    }

private:
    /// A unit whose signature is the officer's own, over a text that is looked at under the locks.
    struct Wanted {
        Signed* of = nullptr;
        const UnitState* state = nullptr;
        std::string signed_text;
    };
    /// What the units of one transaction write together, behind their own records.
    struct Written {
        std::vector<Batch> dispatched;
        std::vector<ledger::Entry> entries;
        std::vector<Act> acts;
    };

    template <class Once>
    static void answer(Signed& one, const Once& once) {
        try {
            one.answer = once();
        } catch (...) {
            one.broken = std::current_exception();
        }
    }

    std::string place_of(County county) const {
        return fmt::format("run {}/{}", run_.no.number(), county.text());
    }

    Result<Wanted> check(Signed& one) const {
        const std::string place = place_of(one.county);
        const auto state =
            std::ranges::find(states_, one.county, [](const UnitState& s) { return s.unit.county; });
        if (state == states_.end()) return refuse(Fault::unknown, "the run has no such county", place);
        if (!by_.region.covers(one.county))
            return refuse(Fault::forbidden, "outside this officer's region", place);
        if (!waits_for(*state, step_, by_.role))
            return refuse(Fault::conflict, fmt::format("this unit does not wait to be {}", code_of(step_)),
                          place);
        auto signed_text = tools_.verifier.verify_attached(one.cms);
        if (!signed_text)
            return std::unexpected{Failure{signed_text.error().fault, place, signed_text.error().text}};
        if (signed_text->signer.fingerprint != by_.fingerprint)
            return refuse(Fault::forbidden, "the signature is not by the certificate that asks", place);
        return Wanted{&one, &*state, std::move(signed_text->text)};
    }

    Result<void> write(std::span<const Wanted> units) const {
        // Nothing is tried again in a part in which somebody could be answered twice.
        if (step_ == Step::released && run_.kind == RunKind::reissue) key_outcomes(tools_, KeyOutcomes::now);
        auto work = tools_.database.begin();
        Written written;
        try {
            for (const Wanted& one : units)
                if (auto said = write_unit(*work, one, written); !said) return said;
            work->ledger().put_entries(written.entries, tools_.log(), now_);
            work->ledger().put_acts(written.acts, tools_.log(), now_);
            // Last, for every release waits for the lists of its banks.
            work->exchange().put_dispatches(written.dispatched, now_);
            work->commit();
        } catch (const RefusedByDatabase& no) {
            return refusal_by_records(no.constraint(), place_of(units.front().of->county));
        }
        return {};
    }

    Result<void> write_unit(Work& work, const Wanted& one, Written& written) const {
        const RunNo no = run_.no;
        const County county = one.of->county;
        const std::string place = place_of(county);
        std::optional<ledger::Funding> funding;
        const auto text_now = [&]() -> Result<std::string> {
            funding.reset();
            if (is_about_funds(step_)) funding = funding_of(work.ledger(), no, county);
            if (funding && !funding->shortfall.empty())
                return refuse(Fault::missing, shortfall_text(*funding), place);
            return approval_text(run_, *one.state, step_, funds_text(funding));
        };
        const auto text = text_now();
        if (!text) return std::unexpected{text.error()};
        if (one.signed_text != *text)
            return refuse(Fault::stale, "the signed text is not what stands now", place);
        if (one.state->unit.part && !work.runs().is_keyed(one.state->unit.part))
            return refuse(Fault::conflict, "the run is still being computed", place);
        if (const std::int64_t open = step_ == Step::checked ? work.office().open_outliers(no, county) : 0;
            open > 0)
            return refuse(Fault::missing,
                          fmt::format("{} outliers wait to be accepted by name before this is checked", open),
                          place);
        const std::vector<Batch> batches = work.payments().batches(no, county);
        const Digest digest = one.state->result->digest;
        work.runs().put_step({no, county, step_, digest, by_.name, by_.fingerprint, one.of->cms, now_});
        // The step holds the county's money from here on: nobody else promises it meanwhile.
        if (const auto again = text_now(); !again) {
            return std::unexpected{again.error()};
        } else if (*again != *text) {
            return refuse(Fault::stale, "the county's money was promised elsewhere meanwhile", place);
        }
        std::vector<ledger::Entry> entries;
        if (step_ == Step::checked) {
            // Nothing is owed in a month that was closed; a close waits for this work.
            if (run_.kind != RunKind::reissue) {
                work.closing().lock(county);
                if (work.closing().is_closed(county, run_.period.number()))
                    return refuse(Fault::conflict, closed_text(run_.period), place);
            }
            std::map<Programme, ledger::FundPot> promised;
            if (funding) promised = funding->by_programme;
            entries = entries_of_check(run_, batches, promised, now_);
            const auto settled =
                settle_past(tools_, work, run_, one.state->unit, by_, now_, promised, entries);
            if (!settled) return std::unexpected{settled.error()};
        }
        if (step_ == Step::released) {
            work.runs().put_fate(one.state->unit, true, now_);
            entries = run_.kind == RunKind::reissue ? entries_of_reissue(tools_.log(), batches, work, now_)
                                                    : entries_of_first_attempts(batches, work, now_);
            if (run_.kind == RunKind::reissue) work.payments().release_reissues(no, county);
            std::ranges::copy(batches, std::back_inserter(written.dispatched));
        }
        std::ranges::move(entries, std::back_inserter(written.entries));
        written.acts.push_back({"approval", county,
                                fmt::format("approval|{}|{}|{}|{}|{}|{}|{}", no.number(), county.text(),
                                            code_of(step_), digest.hex(), by_.name, by_.fingerprint.hex(),
                                            digest_of(tools_.sha256, one.of->cms).hex())});
        return {};
    }

    std::unexpected<Failure> refusal_by_records(const std::string& constraint,
                                                const std::string& place) const {
        if (constraint.starts_with("correction_") || constraint.starts_with("recovery_") ||
            constraint.starts_with("receivable_"))
            return refuse(
                Fault::stale,
                fmt::format("a past month or a receivable of this unit was settled otherwise meanwhile "
                            "({}): cancel the run and create it again",
                            constraint),
                place);
        return refuse(
            Fault::forbidden,
            fmt::format(
                "not {}: this person or certificate took another step of the unit or created the run, or it was decided "
                "meanwhile ({})",
                code_of(step_), constraint),
            place);
    }

    Tools& tools_;
    const Identity& by_;
    const Run& run_;
    Step step_;
    std::span<const UnitState> states_;
    Moment now_;
};

}  // namespace

Result<std::vector<Runs::ApprovalText>> Runs::approval_texts(const Identity& by, RunNo no) {
    const auto step = step_of(by.role);
    if (!step)
        return refuse(Fault::forbidden, fmt::format("a {} approves nothing", name_of(by.role)), place_of(no));
    const auto run = find(no, by);
    if (!run) return std::unexpected{run.error()};
    std::vector<ApprovalText> texts;
    auto work = tools_.database.begin();
    for (const UnitState& state : work->runs().units(no)) {
        if (!by.region.covers(state.unit.county) || !waits_for(state, *step, by.role)) continue;
        std::optional<ledger::Funding> funding;
        if (is_about_funds(*step)) funding = funding_of(work->ledger(), no, state.unit.county);
        if (funding && !funding->shortfall.empty())
            return refuse(Fault::missing, shortfall_text(*funding),
                          fmt::format("run {}/{}", no.number(), state.unit.county.text()));
        texts.push_back({state.unit.county, approval_text(*run, state, *step, funds_text(funding))});
    }
    if (texts.empty())
        return refuse(Fault::missing,
                      fmt::format("no unit in this officer's region waits to be {}", code_of(*step)),
                      place_of(no));
    return texts;
}

Result<std::int64_t> Runs::approve(const Identity& by, RunNo no,
                                   const std::map<County, std::string>& signatures, Moment now) {
    const auto step = step_of(by.role);
    if (!step)
        return refuse(Fault::forbidden, fmt::format("a {} approves nothing", name_of(by.role)), place_of(no));
    const auto run = find(no, by);
    if (!run) return std::unexpected{run.error()};
    const std::vector<UnitState> states = tools_.database.begin_question()->runs().units(no);

    // Each unit for itself: one that is refused holds up no other. What each worker writes at once is an equal share, so
    // that none waits long for the last.
    Approving approving{tools_, by, *run, *step, states, now};
    std::vector<Approving::Signed> units;
    for (const auto& [county, cms] : signatures) units.push_back({county, cms, {}, {}});
    if (units.empty()) return 0;
    const auto workers = std::min<std::size_t>(static_cast<std::size_t>(tools_.workers), units.size());
    const auto rounds = (units.size() + workers * units_together_max - 1) / (workers * units_together_max);
    const auto together = (units.size() + workers * rounds - 1) / (workers * rounds);
    std::atomic<std::size_t> next{0};
    const auto work_on = [&] {
        for (std::size_t from = next.fetch_add(together); from < units.size();
             from = next.fetch_add(together))
            approving.take(std::span{units}.subspan(from, std::min(together, units.size() - from)));
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < workers; ++i) others.emplace_back(work_on);
        work_on();
    }
    for (const Approving::Signed& one : units) {
        if (one.broken) std::rethrow_exception(one.broken);
        if (!one.answer) return std::unexpected{one.answer.error()};
    }
    return static_cast<std::int64_t>(units.size());
}

}  // namespace onecard::app
