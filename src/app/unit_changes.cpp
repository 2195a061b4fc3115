#include "unit_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "month_then_and_now.hpp"
#include "onecard/app/policies.hpp"
#include "onecard/entitlement/overlap.hpp"

namespace onecard::app {

namespace {

template <class Row>
auto key_of(const Row& row) {
    return std::tuple{row.programme, row.beneficiary, row.component};
}

/// Those rows of a snapshot, in order of households, that belong to some households.
template <class Row>
void take_of(const std::vector<Row>& all, const std::vector<HouseholdNo>& wanted, auto household_of_row,
             std::vector<Row>& out) {
    out.clear();
    auto at = wanted.begin();
    for (const Row& row : all) {
        const HouseholdNo household = household_of_row(row);
        while (at != wanted.end() && *at < household) ++at;
        if (at == wanted.end()) return;
        if (*at == household) out.push_back(row);
    }
}

void take_households(const registry::Snapshot& all, const std::vector<HouseholdNo>& wanted,
                     registry::Snapshot& out) {
    out.county = all.county;
    out.month = all.month;
    out.known_at = all.known_at;
    const auto of_row = [](const auto& row) { return row.household; };
    take_of(all.households, wanted, [](const registry::Household& row) { return row.no; }, out.households);
    take_of(all.persons, wanted, of_row, out.persons);
    take_of(all.incomes, wanted, of_row, out.incomes);
    take_of(all.enrolments, wanted, of_row, out.enrolments);
}

/// Amounts by obligation, to be found by key.
class Amounts {
public:
    explicit Amounts(const entitlement::Assessment& assessment) {
        rows_.reserve(assessment.awards.size());
        for (const entitlement::Award& award : assessment.awards)
            rows_.push_back({key_of(award), award.amount});
        std::ranges::sort(rows_, {}, &Row::key);
    }
    std::optional<Money> find(const Change& wanted) const {
        const auto found = std::ranges::lower_bound(rows_, key_of(wanted), {}, &Row::key);
        if (found == rows_.end() || found->key != key_of(wanted)) return std::nullopt;
        return found->amount;
    }

private:
    struct Row {
        std::tuple<Programme, std::int64_t, Component> key;
        Money amount;
    };
    std::vector<Row> rows_;
};

/// What is paid must be what the records give when they are assessed again; else nothing here explains anything.
Result<void> agrees(const Change& change, Money paid, std::optional<Money> again, const std::string& place) {
    if (again == paid) return {};
    return refuse(Fault::mismatch,
                  fmt::format("{} of {}: {} yuan is on the books, recomputing gives {}",
                              text_of(change.programme).english, change.beneficiary, paid.yuan(),
                              again ? again->yuan() : std::string{"nothing"}),
                  place);
}

/// Whether a household has the same members in both snapshots.
bool has_same_members(const registry::Snapshot& a, const registry::Snapshot& b, HouseholdNo household) {
    const auto members = [&](const registry::Snapshot& of) {
        return std::ranges::equal_range(of.persons, household, {}, &registry::Person::household);
    };
    return std::ranges::equal(members(a), members(b), {}, &registry::Person::no, &registry::Person::no);
}

}  // namespace

/// What was paid for one obligation.
struct Comparing::Item {
    Programme programme = Programme::dibao_rural;
    std::int64_t beneficiary = 0;
    Component component = Component::basic;
    Money amount;
    bool is_corrected = false;  ///< not by the regular run alone
};

Cause Change::cause() const {
    if (!was_paid) return by_facts.is_zero() ? Cause::new_by_standard : Cause::new_by_facts;
    if (!is_paid) return Cause::stopped;
    if (before == after) return Cause::same;
    if (by_facts.is_zero()) return Cause::standard;
    return is_other_household ? Cause::household : Cause::facts;
}

Result<std::shared_ptr<const policy::Book>> RecordedBooks::of(Work& work, const Digest& policy) {
    const std::lock_guard lock{guard_};
    if (const auto found = books_.find(policy); found != books_.end()) return found->second;
    auto book = book_of(tools_, work, policy, "policy book");
    if (!book) return std::unexpected{book.error()};
    return books_.emplace(policy, std::make_shared<const policy::Book>(*std::move(book))).first->second;
}

/// Adds a unit's payments: those for `month` to `items`, with what was kept of them, the others to `extras`.
void Comparing::read(Work& work, RunNo run, PartNo part, County county, Month month, bool is_before,
                     Items& items, std::vector<Extra>& extras) {
    const std::vector<Offset> kept = work.recovery().offsets(run, county);
    auto offset = kept.begin();
    work.payments().each_payment(part, county, [&](const payment::Payment& owed) {
        const Extra about{.programme = owed.programme,
                          .beneficiary = owed.beneficiary,
                          .component = owed.component,
                          .benefit_month = owed.benefit_month,
                          .serial = owed.serial};
        Money whole = owed.amount;
        while (offset != kept.end() && offset->serial < owed.serial) ++offset;
        for (auto same = offset; same != kept.end() && same->serial == owed.serial; ++same) {
            whole += same->amount;
            Extra& one = extras.emplace_back(about);
            one.is_arrears = false;
            one.amount = same->amount;
        }
        if (owed.benefit_month == month) {
            items.push_back({owed.programme, owed.beneficiary, owed.component, whole,
                             is_before && owed.kind == payment::Kind::arrears});
        } else {
            Extra& one = extras.emplace_back(about);
            one.amount = whole;
        }
    });
}

HouseholdNo Comparing::household_of(Programme programme, std::int64_t beneficiary) const {
    if (entitlement::kind_of(programme) == entitlement::Kind::dibao && beneficiary > 0)
        return HouseholdNo{beneficiary};
    const PersonNo person{beneficiary < 0 ? -beneficiary : beneficiary};
    const auto home = std::ranges::lower_bound(homes_, person, {}, &Home::person);
    return home != homes_.end() && home->person == person ? home->household : HouseholdNo{};
}

/// Says where everybody lives: now, or before where nobody knows any more.
void Comparing::locate(UnitChanges& found) const {
    const auto village_in = [](const registry::Snapshot& facts, HouseholdNo household) -> std::int64_t {
        const auto home = std::ranges::lower_bound(facts.households, household, {}, &registry::Household::no);
        return home != facts.households.end() && home->no == household ? home->village : 0;
    };
    const auto village_of = [&](HouseholdNo household) {
        const std::int64_t village = village_in(facts_now_, household);
        return village != 0 ? village : village_in(facts_before_, household);
    };
    for (Change& change : found.changes) {
        change.household = household_of(change.programme, change.beneficiary);
        change.village = village_of(change.household);
    }
    for (std::vector<Extra>* extras : {&found.extras, &found.gone})
        for (Extra& extra : *extras)
            extra.village = village_of(household_of(extra.programme, extra.beneficiary));
}

Result<void> Comparing::assess_changed(County county, const std::optional<Unit>& before, UnitChanges& found) {
    std::vector<HouseholdNo> households;
    for (const Change& change : found.changes)
        if (change.was_paid != change.is_paid || change.before != change.after)
            if (change.household) households.push_back(change.household);
    std::ranges::sort(households);
    households.erase(std::ranges::unique(households).begin(), households.end());

    take_households(facts_now_, households, some_now_);
    history_now_ =
        std::make_unique<entitlement::History>(facts_, run_.known_at, policies_of(*book_now_, county));
    entitlement::assess(some_now_, *policy_now_, owed_now_, history_now_.get());
    owed_before_.clear();
    between_.clear();
    if (before) {
        take_households(facts_before_, households, some_before_);
        history_before_ = std::make_unique<entitlement::History>(facts_, facts_before_.known_at,
                                                                 policies_of(*book_before_, county));
        entitlement::assess(some_before_, *policy_before_, owed_before_, history_before_.get());
        // The rules of now, as if they had held before already.
        policy::CountyPolicy rules_now = *policy_now_;
        rules_now.month = facts_before_.month;
        if (rules_now == *policy_before_)
            between_ = owed_before_;
        else
            entitlement::assess(some_before_, rules_now, between_, history_before_.get());
    }
    const Amounts now{owed_now_}, then{owed_before_}, between{between_};
    const std::string place_now = fmt::format("{}/{}", county.text(), run_.period.text());
    for (Change& change : found.changes) {
        if (change.was_paid && change.is_paid && change.before == change.after) continue;
        if (change.is_paid) {
            const auto agreed = agrees(change, change.after, now.find(change), place_now);
            if (!agreed) return agreed;
        }
        const auto as_if = between.find(change);
        const Money difference = change.after - change.before;
        if (!change.was_paid) {
            // Whom the rules of now would have paid before was left out by the rules of then, or by what was known.
            const auto was_owed = then.find(change);
            (as_if && !was_owed ? change.by_standard : change.by_facts) = difference;
        } else {
            if (!before || change.is_corrected_before) {
                change.by_standard = as_if && as_if == change.after ? difference : Money{};
            } else {
                const auto agreed = agrees(change, change.before, then.find(change),
                                           fmt::format("{}/{}", county.text(), facts_before_.month.text()));
                if (!agreed) return agreed;
                change.by_standard = as_if && change.is_paid ? *as_if - change.before : Money{};
            }
            change.by_facts = difference - change.by_standard;
        }
        change.is_other_household =
            before && change.household && !has_same_members(facts_before_, facts_now_, change.household);
    }
    return {};
}

Result<UnitChanges> Comparing::compare(const UnitState& state) {
    const County county = state.unit.county;
    ensure(state.result.has_value(), "a unit that is compared before it is computed");
    auto work = tools_.database.begin();
    const bool is_correcting_run = is_correcting(run_.kind);
    auto book = books_.of(*work, run_.policy);
    if (!book) return std::unexpected{book.error()};
    book_now_ = *std::move(book);
    auto policy = book_now_->at(county, run_.period);
    if (!policy) return std::unexpected{policy.error()};
    policy_now_ = *std::move(policy);

    UnitChanges found;
    Items was, is;
    const Month own = run_.period;
    // The regular unit that the month is told by; the others of its month have paid whom it left out.
    const std::optional<Unit> before =
        work->runs().released_before(county, is_correcting_run ? own.next() : own);
    if (before && (!is_correcting_run || before->period == own)) {
        found.month_before = before->period;
        for (const Unit& unit : work->runs().owing_units(county, before->period))
            if (unit.run.number() < run_.no.number())
                read(*work, unit.run, unit.part, county, before->period, true, was, found.gone);
    }
    read(*work, state.unit.run, state.unit.part, county, own, false, is, found.extras);
    const auto order = [](Items& items) {
        std::ranges::sort(items, {}, [](const Item& one) { return key_of(one); });
        // An obligation that several runs have paid a part of.
        std::size_t end = 0;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (end > 0 && key_of(items[end - 1]) == key_of(items[i])) {
                items[end - 1].amount += items[i].amount;
                items[end - 1].is_corrected = true;
            } else {
                items[end++] = items[i];
            }
        }
        items.resize(end);
    };
    if (is_correcting_run) {
        // The month as it stands with this run, against the month without it; nothing ends with it.
        is.insert(is.end(), was.begin(), was.end());
        found.gone.clear();
    }
    order(was);
    order(is);
    found.changes.reserve(is.size());
    auto old = was.begin();
    auto now = is.begin();
    while (old != was.end() || now != is.end()) {
        const bool has_old = old != was.end() && (now == is.end() || key_of(*old) <= key_of(*now));
        const bool has_now = now != is.end() && (old == was.end() || key_of(*now) <= key_of(*old));
        Change& change = found.changes.emplace_back();
        const Item& one = has_now ? *now : *old;
        change.programme = one.programme;
        change.beneficiary = one.beneficiary;
        change.component = one.component;
        change.was_paid = has_old;
        change.is_paid = has_now;
        if (has_old) {
            change.before = old->amount;
            change.is_corrected_before = old->is_corrected;
            ++old;
        }
        if (has_now) {
            change.after = now->amount;
            ++now;
        }
        if (has_old && has_now && change.before == change.after) ++found.same;
    }

    work->registers().load_register(county, run_.known_at, facts_);
    registry::take_snapshot(facts_, own, run_.known_at, facts_now_);
    facts_before_ = {};
    history_before_.reset();
    if (found.month_before) {
        const auto run_before = work->runs().run(before->run);
        ensure(run_before.has_value(), "a unit without a run");
        auto book_before = books_.of(*work, run_before->policy);
        if (!book_before) return std::unexpected{book_before.error()};
        book_before_ = *std::move(book_before);
        auto policy_before = book_before_->at(county, before->period);
        if (!policy_before) return std::unexpected{policy_before.error()};
        policy_before_ = *std::move(policy_before);
        registry::take_snapshot(facts_, before->period, run_before->known_at, facts_before_);
    }
    homes_.clear();
    for (const registry::Snapshot* facts : {&facts_before_, &facts_now_})
        for (const registry::Person& person : facts->persons)
            homes_.push_back({person.no, facts == &facts_now_, person.household});
    // Where a person moved, today's household stands last and counts.
    std::ranges::sort(homes_, {}, [](const Home& home) { return std::pair{home.person, home.is_now}; });
    std::size_t end = 0;
    for (const Home& home : homes_) {
        if (end > 0 && homes_[end - 1].person == home.person) --end;
        homes_[end++] = home;
    }
    homes_.resize(end);
    locate(found);
    const auto assessed = assess_changed(county, found.month_before ? before : std::optional<Unit>{}, found);
    if (!assessed) return std::unexpected{assessed.error()};
    return found;
}

std::string Comparing::why(const Change& change, Language language) {
    if (change.cause() == Cause::same) return {};
    entitlement::Difference difference;
    difference.programme = change.programme;
    difference.component = change.component;
    difference.benefit_month = run_.period;
    difference.beneficiary = change.beneficiary;
    difference.household = change.household;
    difference.awarded = change.before;
    difference.due = change.after;
    if (!history_before_) return {};
    return entitlement::first_difference({some_before_, *policy_before_, history_before_.get()},
                                         {some_now_, *policy_now_, history_now_.get()}, difference, language);
}

}  // namespace onecard::app
