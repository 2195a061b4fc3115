#include "arrears.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "onecard/app/policies.hpp"
#include "onecard/app/report.hpp"
#include "onecard/core/rational.hpp"
#include "onecard/entitlement/overlap.hpp"
#include "onecard/entitlement/recomputation.hpp"

namespace onecard::app {

namespace {

using entitlement::Award;
using Key = std::tuple<Programme, std::int64_t, Component>;

template <class Row>
Key key_of(const Row& row) {
    return {row.programme, row.beneficiary, row.component};
}

/// What was awarded for one obligation so far.
struct Awarded {
    Key key;
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    Serial serial;  ///< of the regular payment; 0 where there was none
    Money gross;    ///< of all payments, with what was kept of them
    Money net;      ///< what it came to by its last correction
    Money demanded;
    std::int32_t step = 0;
    bool is_under_way = false;  ///< some arrears have not arrived
};

/// By key, in order.
class AwardedOfMonth {
public:
    std::vector<Awarded> all;
    Awarded& of(const Key& key) {
        const auto found = std::ranges::lower_bound(all, key, {}, &Awarded::key);
        if (found != all.end() && found->key == key) return *found;
        return *all.insert(found, {.key = key});
    }
};

template <class Row>
std::span<const Row> of_month(const std::vector<Row>& rows, Month month, std::vector<Row>& found) {
    found.clear();
    for (const Row& row : rows)
        if (row.benefit_month == month) found.push_back(row);
    return found;
}

struct Past {
    std::vector<Corrected> corrected;
    std::vector<Obligation> demanded, under_way;
};

AwardedOfMonth awarded_of(Work& work, RunKind kind, County county, const PastUnit& unit, const Past& past) {
    AwardedOfMonth month;
    work.payments().each_payment(unit.part, county, [&](const payment::Payment& paid) {
        if (paid.kind != payment::Kind::regular || !pays(kind, paid.programme)) return;
        Awarded& one = month.all.emplace_back();
        one.key = key_of(paid);
        one.payee_kind = paid.payee_kind;
        one.payee = paid.payee;
        one.serial = paid.serial;
        one.gross = one.net = paid.amount;
    });
    // In serial order until here.
    const std::vector<Offset> kept = work.recovery().offsets(unit.run, county);
    for (const Offset& offset : kept) {
        const auto found = std::ranges::lower_bound(month.all, offset.serial, {}, &Awarded::serial);
        if (found == month.all.end() || found->serial != offset.serial) continue;  // of arrears
        found->gross += offset.amount;
        found->net += offset.amount;
    }
    std::ranges::sort(month.all, {}, &Awarded::key);
    std::vector<Corrected> corrected;
    for (const Corrected& one : of_month(past.corrected, unit.period, corrected)) {
        if (!pays(kind, one.programme)) continue;
        Awarded& awarded = month.of(key_of(one));
        awarded.step = one.step;
        awarded.net = one.due;
        awarded.gross += one.added;
        if (awarded.payee == 0) {
            awarded.payee_kind = one.payee_kind;
            awarded.payee = one.payee;
        }
    }
    std::vector<Obligation> some;
    for (const Obligation& one : of_month(past.demanded, unit.period, some))
        if (pays(kind, one.programme)) month.of(key_of(one)).demanded = one.amount;
    for (const Obligation& one : of_month(past.under_way, unit.period, some))
        if (pays(kind, one.programme)) month.of(key_of(one)).is_under_way = true;
    return month;
}

class CountyPast {
public:
    CountyPast(Work& work, const Run& run, const Unit& unit, const RunPast& past, const policy::Book& book,
               const registry::Register& facts, const registry::Snapshot& roster, CountyScreen& screen,
               std::vector<Award>& awards, Exclusions exclusions, Beside& out)
        : work_{work},
          run_{run},
          unit_{unit},
          from_{past.from},
          end_{is_correcting(run.kind) ? unit.period.next() : unit.period},
          book_{book},
          facts_{facts},
          screen_{screen},
          awards_{awards},
          roster_{std::move(exclusions), roster, awards},
          out_{out} {
        if (is_correcting(run.kind)) awards.clear();
    }

    Result<void> compute() {
        const auto units = work_.recovery().past_units(unit_.county, from_, end_);
        past_.corrected = work_.recovery().corrected(unit_.county, from_, end_);
        past_.demanded = work_.recovery().demanded(unit_.county, from_, end_);
        past_.under_way = work_.recovery().unpaid_arrears(unit_.county, from_, end_);
        entitlement::History history{facts_, run_.known_at, policies_of(book_, unit_.county)};
        entitlement::Recomputation recomputation;
        auto unit = units.begin();
        for (Month month = from_; month < end_; month = month.next()) {
            while (unit != units.end() && unit->period < month) ++unit;
            const bool is_there = unit != units.end() && unit->period == month;
            if (is_there && !unit->is_released)
                return refuse(
                    Fault::conflict,
                    "its unit is neither released nor cancelled: nobody can say what was awarded; decide it "
                    "first",
                    place_of(month));
            if (!is_there) {
                list(month, {"未重新核定：本月没有可以比较的批次",
                             "not computed again: there is no run of this month to compare with"});
                continue;
            }
            const auto policy = book_.at(unit_.county, month);
            if (!policy) {
                list(month,
                     {"未重新核定：" + policy.error().text, "not computed again: " + policy.error().text});
                continue;
            }
            registry::take_snapshot(facts_, month, run_.known_at, recomputation.next_facts());
            const entitlement::Assessment& now = recomputation.assess(*policy, &history);
            compare(*unit, *policy, now, recomputation.facts());
        }
        return {};
    }

private:
    std::string place_of(Month month) const {
        return fmt::format("{}/{}", unit_.county.text(), month.text());
    }
    void list(Month month, Words reason) {
        out_.refusals.push_back({Programme::dibao_rural,
                                 {},
                                 {},
                                 false,
                                 place_of(month),
                                 std::move(reason.english),
                                 std::move(reason.chinese)});
    }
    void list(const Award& award, bool is_error, Words reason) {
        out_.refusals.push_back(
            {award.programme, award.household, award.person, is_error,
             fmt::format("{}/household {}", place_of(award.benefit_month), award.household.number()),
             std::move(reason.english), std::move(reason.chinese)});
    }

    void compare(const PastUnit& past_unit, const policy::CountyPolicy& policy,
                 const entitlement::Assessment& now, const registry::Snapshot& facts) {
        const AwardedOfMonth month = awarded_of(work_, run_.kind, unit_.county, past_unit, past_);
        std::vector<const Award*> due;
        for (const Award& award : now.awards)
            if (pays(run_.kind, award.programme)) due.push_back(&award);
        std::ranges::sort(due, {}, [](const Award* award) { return key_of(*award); });
        std::vector<Award> more;
        std::vector<std::pair<const Awarded*, const Award*>> less;
        auto is = due.begin();
        for (auto was = month.all.begin(); was != month.all.end() || is != due.end();) {
            if (was == month.all.end() || (is != due.end() && key_of(**is) < was->key)) {
                more.push_back(**is++);
                continue;
            }
            const Award* same = is != due.end() && key_of(**is) == was->key ? *is++ : nullptr;
            const Money should_be = same == nullptr ? Money{} : same->amount;
            if (should_be > was->net) {
                Award& award = more.emplace_back(*same);
                award.amount = should_be - was->net;
            } else if (should_be < was->net) {
                less.emplace_back(&*was, same);
            }
            ++was;
        }
        pay(policy, now, facts, month, more);
        demand(past_unit, less);
    }

    bool is_excluded(const Award& award) {
        const Words why = roster_.why_left_out(award);
        if (why.english.empty()) return false;
        list(award, false,
             {fmt::format("不补发 {} 元：{}", award.amount.yuan(), why.chinese),
              fmt::format("arrears of {} yuan are not paid: {}", award.amount.yuan(), why.english)});
        return true;
    }

    void pay(const policy::CountyPolicy& policy, const entitlement::Assessment& now,
             const registry::Snapshot& facts, const AwardedOfMonth& month, std::vector<Award>& more) {
        std::erase_if(more, [&](const Award& award) { return is_excluded(award); });
        std::ranges::sort(more, {}, [](const Award& award) {
            return std::tuple{award.household, award.person, award.programme, award.component};
        });
        screen_.hold(policy, facts, now.awards, more, out_);
        for (const Award& award : more) {
            const auto was = std::ranges::lower_bound(month.all, key_of(award), {}, &Awarded::key);
            const bool is_there = was != month.all.end() && was->key == key_of(award);
            Correction correction = correction_of(award);
            correction.step = is_there ? was->step + 1 : 1;
            correction.awarded = is_there ? was->net : Money{};
            correction.due = correction.awarded + award.amount;
            out_.corrections.push_back(correction);
            awards_.push_back(award);
        }
    }

    static Correction correction_of(const Award& award) {
        Correction correction;
        correction.programme = award.programme;
        correction.component = award.component;
        correction.benefit_month = award.benefit_month;
        correction.beneficiary = award.beneficiary;
        correction.household = award.household;
        correction.person = award.person;
        correction.payee_kind = award.payee_kind;
        correction.payee = award.payee;
        return correction;
    }

    void demand(const PastUnit& past_unit, const std::vector<std::pair<const Awarded*, const Award*>>& less) {
        std::vector<Serial> asked;
        for (const auto& [was, is] : less)
            if (was->serial) asked.push_back(was->serial);
        std::vector<Serial> paid = work_.recovery().paid(past_unit.part, unit_.county, asked);
        std::ranges::sort(paid);
        for (const auto& [was, is] : less) {
            Award about;
            std::tie(about.programme, about.beneficiary, about.component) = was->key;
            about.benefit_month = past_unit.period;
            const bool is_dibao = entitlement::kind_of(about.programme) == entitlement::Kind::dibao;
            if (is_dibao && about.beneficiary > 0)
                about.household = HouseholdNo{about.beneficiary};
            else
                about.person = PersonNo{is_dibao ? -about.beneficiary : about.beneficiary};
            if (is != nullptr) {
                about.household = is->household;
                about.person = is->person;
            }
            about.payee_kind = was->payee_kind;
            about.payee = was->payee;
            const Money due = is == nullptr ? Money{} : is->amount;
            // What has not arrived cannot be demanded back; what failed is to be cancelled, not demanded.
            if (was->is_under_way || (was->serial && !std::ranges::binary_search(paid, was->serial))) {
                list(
                    about, false,
                    {fmt::format("已核定 {} 元，应为 {} 元：款项未到账，暂不追缴", was->net.yuan(),
                                 due.yuan()),
                     fmt::format(
                         "awarded {} yuan, should be {}: the payment has not arrived, nothing to recover yet",
                         was->net.yuan(), due.yuan())});
                continue;
            }
            Correction correction = correction_of(about);
            correction.step = was->step + 1;
            correction.awarded = was->net;
            correction.due = due;
            correction.demanded = std::max(Money{}, was->gross - due - was->demanded);
            out_.corrections.push_back(correction);
        }
    }

    Work& work_;
    const Run& run_;
    const Unit& unit_;
    Month from_, end_;
    const policy::Book& book_;
    const registry::Register& facts_;
    CountyScreen& screen_;
    std::vector<Award>& awards_;
    ArrearsRoster roster_;
    Beside& out_;
    Past past_;
};

}  // namespace

Result<void> add_arrears(Work& work, const Run& run, const Unit& unit, const RunPast& past,
                         const policy::Book& book, const registry::Register& facts,
                         const registry::Snapshot& roster, CountyScreen& screen, std::vector<Award>& awards,
                         Beside& out) {
    auto exclusions = Exclusions::parse(past.excluded);
    if (!exclusions) return std::unexpected{exclusions.error()};
    return CountyPast{work, run, unit, past, book, facts, roster, screen, awards, *std::move(exclusions), out}
        .compute();
}

bool is_left_to_own_run(const policy::CountyPolicy& policy, Programme programme) {
    if (programme == Programme::one_off) return policy.one_off_separately;
    return programme == Programme::price_subsidy && policy.price.separately;
}

void place_arrears(payment::UnitPlan& plan, const Run& run, Beside& out) {
    if (out.corrections.empty()) return;
    const auto key = [](const auto& row) { return std::tuple{row.benefit_month, key_of(row)}; };
    std::ranges::sort(out.corrections, {}, key);
    for (payment::Payment& payment : plan.payments) {
        if (payment.benefit_month == run.period && !is_correcting(run.kind)) continue;
        payment.kind = payment::Kind::arrears;
        const auto found = std::ranges::lower_bound(out.corrections, key(payment), {}, key);
        ensure(found != out.corrections.end() && key(*found) == key(payment),
               "arrears that no correction explains");
        found->serial = payment.serial;
    }
    std::erase_if(out.corrections, [](const Correction& correction) {
        return correction.due > correction.awarded && !correction.serial;
    });
    std::int32_t no = 0;
    for (Correction& correction : out.corrections) correction.no = ++no;
}

void keep_offsets(payment::UnitPlan& plan, std::span<const OpenReceivable> open, int percent, Beside& out) {
    if (open.empty() || percent == 0) return;
    using Debtor = std::tuple<entitlement::Kind, std::int64_t, registry::PayeeKind, std::int64_t>;
    struct Left {
        std::int64_t receivable;
        Money amount;
    };
    std::map<Debtor, std::vector<Left>> debts;
    for (const OpenReceivable& one : open) {
        const Receivable& about = one.receivable;
        const Money most = one.monthly ? std::min(*one.monthly, one.open) : one.open;
        if (most.is_zero()) continue;
        debts[{entitlement::kind_of(about.programme), about.beneficiary, about.payee_kind, about.payee}]
            .push_back({about.no, most});
    }
    for (auto& [debtor, left] : debts) std::ranges::sort(left, {}, &Left::receivable);
    for (payment::BatchPlan& batch : plan.batches) {
        for (std::size_t i = batch.first; i < batch.first + batch.count; ++i) {
            payment::Payment& payment = plan.payments[i];
            const auto found = debts.find({entitlement::kind_of(payment.programme), payment.beneficiary,
                                           payment.payee_kind, payment.payee});
            if (found == debts.end()) continue;
            const auto whole = payment.amount.times(percent);
            ensure(whole.has_value(), "a payment whose hundredfold overflows");
            Money may_keep = Money::of_fen(whole->fen() / 100);
            for (Left& left : found->second) {
                const Money kept = std::min(may_keep, left.amount);
                if (kept.is_zero()) continue;
                out.offsets.push_back({payment.serial, left.receivable, kept});
                left.amount -= kept;
                may_keep -= kept;
                payment.amount -= kept;
                batch.total -= kept;
                plan.total -= kept;
            }
        }
    }
}

}  // namespace onecard::app
