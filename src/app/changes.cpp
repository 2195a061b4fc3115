#include "onecard/app/changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "onecard/app/policies.hpp"

namespace onecard::app {

namespace {

/// One thing that is paid month after month.
struct Item {
    Programme programme = Programme::dibao_rural;
    std::int64_t beneficiary = 0;
    Component component = Component::basic;
    Money amount;
    std::int64_t village = 0;
    auto key() const { return std::tuple{programme, beneficiary, component}; }
};
using Items = std::vector<Item>;

void put_in_order(Items& items) { std::ranges::sort(items, {}, &Item::key); }

Items items_of(const entitlement::Assessment& assessment) {
    Items items;
    items.reserve(assessment.awards.size());
    for (const entitlement::Award& award : assessment.awards)
        items.push_back({award.programme, award.beneficiary, award.component, award.amount, award.village});
    put_in_order(items);
    return items;
}

/// What the run owed for its own month, with what was kept of it for receivables; arrears have months of their own.
Items items_of(Work& work, RunNo run, PartNo part, County county) {
    Items items;
    const std::vector<Offset> kept = work.recovery().offsets(run, county);
    auto offset = kept.begin();
    work.payments().each_payment(part, county, [&](const payment::Payment& owed) {
        Money whole = owed.amount;
        while (offset != kept.end() && offset->serial < owed.serial) ++offset;
        for (auto same = offset; same != kept.end() && same->serial == owed.serial; ++same)
            whole += same->amount;
        if (owed.kind == payment::Kind::regular)
            items.push_back({owed.programme, owed.beneficiary, owed.component, whole, 0});
    });
    put_in_order(items);
    return items;
}

/// Walks along an ordered list; the keys asked for ascend.
class Along {
public:
    explicit Along(const Items& items) : at_{items.begin()}, end_{items.end()} {}
    const Item* find(const Item& wanted) {
        while (at_ != end_ && at_->key() < wanted.key()) ++at_;
        return at_ != end_ && at_->key() == wanted.key() ? &*at_ : nullptr;
    }

private:
    Items::const_iterator at_, end_;
};

enum class Cause : std::uint8_t { new_by_standard, new_by_facts, stopped, standard, facts, same, count };
constexpr auto causes = static_cast<std::size_t>(Cause::count);

struct Bridge {
    Money before, after;
    std::array<Money, causes> amount{};
    std::array<std::int64_t, causes> payees{};
    std::int64_t payees_before = 0, payees_after = 0;

    void add(Cause cause, Money difference) {
        amount[static_cast<std::size_t>(cause)] += difference;
        ++payees[static_cast<std::size_t>(cause)];
    }
    Money explained() const {
        Money sum = before;
        for (const Money part : amount) sum += part;
        return sum;
    }
};

struct Comparison {
    std::map<Programme, Bridge> by_programme;
    std::map<std::int64_t, Bridge> by_township;
    Bridge all;

    template <class Change>
    void each_of(const Item& item, std::int64_t village, const Change& change) {
        change(by_programme[item.programme]);
        change(by_township[village / 1000]);
        change(all);
    }
};

void compare(const Items& paid_before, const Items& old_facts_new_policy, const Items& paid_now,
             const Items& villages_before, const Items& villages_now, Comparison& out) {
    Along counterfactual{old_facts_new_policy}, places_before{villages_before}, places_now{villages_now};
    auto before = paid_before.begin();
    auto now = paid_now.begin();
    while (before != paid_before.end() || now != paid_now.end()) {
        const bool has_before =
            before != paid_before.end() && (now == paid_now.end() || before->key() <= now->key());
        const bool has_now =
            now != paid_now.end() && (before == paid_before.end() || now->key() <= before->key());
        const Item& item = has_now ? *now : *before;
        const Item* between = counterfactual.find(item);
        const Item* place = places_now.find(item);
        if (place == nullptr) place = places_before.find(item);
        const std::int64_t village = place == nullptr ? 0 : place->village;
        const Money was = has_before ? before->amount : Money{};
        const Money is = has_now ? now->amount : Money{};

        out.each_of(item, village, [&](Bridge& bridge) {
            bridge.before += was;
            bridge.after += is;
            bridge.payees_before += has_before ? 1 : 0;
            bridge.payees_after += has_now ? 1 : 0;
            if (!has_before) {
                bridge.add(between != nullptr ? Cause::new_by_standard : Cause::new_by_facts, is);
            } else if (!has_now) {
                bridge.add(Cause::stopped, -was);
            } else if (is == was) {
                bridge.add(Cause::same, Money{});
            } else {
                const Money by_standard = between == nullptr ? Money{} : between->amount - was;
                const Money by_facts = is - was - by_standard;
                if (!by_standard.is_zero()) bridge.add(Cause::standard, by_standard);
                if (!by_facts.is_zero()) bridge.add(Cause::facts, by_facts);
            }
        });
        if (has_before) ++before;
        if (has_now) ++now;
    }
}

/// What was paid must be what the records give when they are assessed again; else nothing here explains anything.
Result<void> agrees(const Items& paid, const Items& assessed, std::string_view place) {
    Along along{assessed};
    for (const Item& item : paid) {
        const Item* again = along.find(item);
        if (again == nullptr || again->amount != item.amount)
            return refuse(Fault::mismatch,
                          fmt::format("{} of {}: {} yuan is on the books, recomputing gives {}",
                                      text_of(item.programme).english, item.beneficiary, item.amount.yuan(),
                                      again == nullptr ? std::string{"nothing"} : again->amount.yuan()),
                          std::string{place});
    }
    return {};
}

std::vector<Cell> row_of(Cell first, const Bridge& bridge) {
    const auto amount = [&](Cause cause) { return Cell{bridge.amount[static_cast<std::size_t>(cause)]}; };
    const auto payees = [&](Cause cause) { return Cell{bridge.payees[static_cast<std::size_t>(cause)]}; };
    return {std::move(first),
            bridge.payees_before,
            bridge.before,
            payees(Cause::new_by_standard),
            amount(Cause::new_by_standard),
            payees(Cause::new_by_facts),
            amount(Cause::new_by_facts),
            payees(Cause::stopped),
            amount(Cause::stopped),
            payees(Cause::standard),
            amount(Cause::standard),
            payees(Cause::facts),
            amount(Cause::facts),
            payees(Cause::same),
            bridge.payees_after,
            bridge.after,
            bridge.explained() == bridge.after};
}

Table table_of(std::string key, Words title, Column first) {
    return {std::move(key),
            std::move(title),
            {std::move(first),
             {"payees_before", {"上期人次", "last n"}},
             {"before", {"上期金额", "last month"}},
             {"new_by_standard_n", {"提标新增", "new: std n"}},
             {"new_by_standard", {"提标新增额", "new: standard"}},
             {"new_by_facts_n", {"新增", "new n"}},
             {"new_by_facts", {"新增额", "new: facts"}},
             {"stopped_n", {"停发", "stop n"}},
             {"stopped", {"停发额", "stopped"}},
             {"standard_n", {"调标", "std n"}},
             {"standard", {"调标额", "standard"}},
             {"facts_n", {"情况变化", "facts n"}},
             {"facts", {"变化额", "facts"}},
             {"same_n", {"不变", "same n"}},
             {"payees_after", {"本期人次", "this n"}},
             {"after", {"本期金额", "this month"}},
             {"explained", {"分毫不差", "to the fen"}}},
            {}};
}

}  // namespace

Result<Report> report_changes(Tools& tools, const policy::Book& book, const Identity& by, RunNo no) {
    const std::string place = fmt::format("run {}", no.number());
    auto work = tools.database.begin();
    const auto run = work->runs().run(no);
    if (!run) return refuse(Fault::unknown, "there is no such run", place);
    if (by.role == Role::bank) return refuse(Fault::forbidden, "banks see their files, not the runs", place);
    if (run->kind != RunKind::regular)
        return refuse(Fault::missing, "a re-issue run pays again what was owed before: nothing to compare",
                      place);
    const Digest current = digest_of(tools.sha256, book.canonical_text());

    Comparison comparison;
    std::optional<Month> before_period;
    registry::Register facts;
    registry::Snapshot snapshot;
    entitlement::Assessment assessment;
    bool any = false;
    for (const UnitState& state : work->runs().units(no)) {
        const County county = state.unit.county;
        if (!by.region.covers(county) || state.cancelled) continue;
        any = true;
        const std::string unit_place = fmt::format("{}/{}", county.text(), run->period.text());
        if (!state.result) return refuse(Fault::missing, "this unit is not computed yet", unit_place);
        const auto policy_now = book.at(county, run->period);
        if (!policy_now) return std::unexpected{policy_now.error()};
        work->registers().load_register(county, run->known_at, facts);

        registry::take_snapshot(facts, run->period, run->known_at, snapshot);
        entitlement::History history{facts, run->known_at, policies_of(book, county)};
        entitlement::assess(snapshot, *policy_now, assessment, &history);
        const Items owed_now = items_of(assessment);
        const Items paid_now = items_of(*work, state.unit.run, state.unit.part, county);
        if (run->policy != current)
            return refuse(Fault::stale,
                          "the policy book was changed since this run was created: create the run again",
                          place);
        const auto now_agrees = agrees(paid_now, owed_now, unit_place);
        if (!now_agrees) return std::unexpected{now_agrees.error()};

        Items paid_before, owed_before, between;
        if (const auto unit_before = work->runs().released_before(county, run->period)) {
            before_period = std::max(before_period.value_or(unit_before->period), unit_before->period);
            const auto run_before = work->runs().run(unit_before->run);
            ensure(run_before.has_value(), "a unit without a run");
            const auto policy_before = book.at(county, unit_before->period);
            if (!policy_before) return std::unexpected{policy_before.error()};
            registry::take_snapshot(facts, unit_before->period, run_before->known_at, snapshot);
            entitlement::History history_before{facts, run_before->known_at, policies_of(book, county)};
            entitlement::assess(snapshot, *policy_before, assessment, &history_before);
            owed_before = items_of(assessment);
            // This month's standards and rules, as if they had held last month already.
            policy::CountyPolicy standards_now = *policy_now;
            standards_now.month = unit_before->period;
            entitlement::assess(snapshot, standards_now, assessment, &history_before);
            between = items_of(assessment);
            paid_before = items_of(*work, unit_before->run, unit_before->part, county);
            const auto before_agrees = agrees(
                paid_before, owed_before, fmt::format("{}/{}", county.text(), unit_before->period.text()));
            if (!before_agrees) return std::unexpected{before_agrees.error()};
        }
        compare(paid_before, between, paid_now, owed_before, owed_now, comparison);
    }
    if (!any) return refuse(Fault::forbidden, "the run has no county in this officer's region", place);

    Report report{{"与上期相比", "Changes since the last run"}, {}, {}};
    report.fields = {{"run", {"批次", "run"}, std::int64_t{no.number()}},
                     {"period", {"本期", "period"}, run->period.text()},
                     {"period_before",
                      {"上期", "period before"},
                      before_period ? before_period->text() : std::string{"-"}},
                     {"before", {"上期金额", "last month"}, comparison.all.before},
                     {"after", {"本期金额", "this month"}, comparison.all.after},
                     {"difference", {"差额", "difference"}, comparison.all.after - comparison.all.before},
                     {"explained",
                      {"差额逐分可解释", "explained to the fen"},
                      comparison.all.explained() == comparison.all.after}};
    Table programmes_table =
        table_of("by_programme", {"按项目", "By programme"}, {"programme", {"项目", "programme"}});
    for (const auto& [programme, bridge] : comparison.by_programme)
        programmes_table.rows.push_back(row_of(
            Words{std::string{text_of(programme).chinese}, std::string{text_of(programme).english}}, bridge));
    programmes_table.rows.push_back(row_of(Words{"合计", "all"}, comparison.all));
    Table townships =
        table_of("by_township", {"按乡镇(街道)", "By township"}, {"township", {"乡镇", "township"}});
    for (const auto& [township, bridge] : comparison.by_township)
        townships.rows.push_back(row_of(std::to_string(township), bridge));
    report.tables.push_back(std::move(programmes_table));
    report.tables.push_back(std::move(townships));
    return report;
}

}  // namespace onecard::app
