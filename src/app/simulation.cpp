#include "onecard/app/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include "arrears.hpp"
#include "onecard/app/policies.hpp"

namespace onecard::app {

namespace {

/// What two ways to compute a month come to, side by side.
struct Sides {
    std::int64_t awards_before = 0, awards_after = 0, added = 0, stopped = 0, raised = 0, lowered = 0;
    Money before, after;

    void add(const entitlement::Award* was, const entitlement::Award* is) {
        if (was != nullptr) {
            ++awards_before;
            before += was->amount;
        }
        if (is != nullptr) {
            ++awards_after;
            after += is->amount;
        }
        if (was == nullptr) {
            ++added;
        } else if (is == nullptr) {
            ++stopped;
        } else if (was->amount < is->amount) {
            ++raised;
        } else if (is->amount < was->amount) {
            ++lowered;
        }
    }
    Sides& operator+=(const Sides& other) {
        awards_before += other.awards_before;
        awards_after += other.awards_after;
        added += other.added;
        stopped += other.stopped;
        raised += other.raised;
        lowered += other.lowered;
        before += other.before;
        after += other.after;
        return *this;
    }
};

/// A county's month twice: as the rules stand and as they would.
struct CountySides {
    std::map<Programme, Sides> programmes;
    std::int64_t held_before = 0, held_after = 0;
};

auto key_of(const entitlement::Award& award) {
    return std::tuple{award.programme, award.beneficiary, award.component};
}

void compare(entitlement::Assessment& standing, entitlement::Assessment& would_be, CountySides& out) {
    std::ranges::sort(standing.awards, {}, key_of);
    std::ranges::sort(would_be.awards, {}, key_of);
    auto was = standing.awards.begin(), is = would_be.awards.begin();
    const auto was_end = standing.awards.end(), is_end = would_be.awards.end();
    while (was != was_end || is != is_end) {
        const bool has_was = was != was_end && (is == is_end || key_of(*was) <= key_of(*is));
        const bool has_is = is != is_end && (was == was_end || key_of(*is) <= key_of(*was));
        out.programmes[has_is ? is->programme : was->programme].add(has_was ? &*was : nullptr,
                                                                    has_is ? &*is : nullptr);
        if (has_was) ++was;
        if (has_is) ++is;
    }
    out.held_before = std::ranges::count(standing.refusals, true, &entitlement::Refusal::is_error);
    out.held_after = std::ranges::count(would_be.refusals, true, &entitlement::Refusal::is_error);
}

struct Question {
    Month period;
    ImportNo known_at;
    const policy::Book& book;
    std::span<const policy::Change> changes;
    std::optional<RunKind> kind;  ///< of a run: what it pays alone; none: everything that the month owes
};

class Simulating {
public:
    Simulating(Tools& tools, const Question& question) : tools_{tools}, question_{question} {}

    Result<CountySides> county(County county) {
        const auto standing = question_.book.at(county, question_.period);
        if (!standing) return std::unexpected{standing.error()};
        const auto would_be = policy::changed(*standing, question_.changes);
        if (!would_be) return std::unexpected{would_be.error()};
        tools_.database.begin_bulk()->registers().load_register(county, question_.known_at, facts_);
        registry::take_snapshot(facts_, question_.period, question_.known_at, snapshot_);
        entitlement::History history{facts_, question_.known_at, policies_of(question_.book, county)};
        entitlement::assess(snapshot_, *standing, standing_, &history);
        entitlement::assess(snapshot_, *would_be, would_be_, &history);
        leave_to_others(*standing, standing_.awards);
        leave_to_others(*would_be, would_be_.awards);
        CountySides sides;
        compare(standing_, would_be_, sides);
        return sides;
    }

private:
    /// What a run of this kind does not pay. What it, or another, has paid already stands on both sides alike.
    void leave_to_others(const policy::CountyPolicy& policy, std::vector<entitlement::Award>& awards) const {
        if (!question_.kind) return;
        std::erase_if(awards, [&](const entitlement::Award& one) {
            return !pays(*question_.kind, one.programme) ||
                   (*question_.kind == RunKind::regular && is_left_to_own_run(policy, one.programme));
        });
    }

    Tools& tools_;
    const Question& question_;
    registry::Register facts_;
    registry::Snapshot snapshot_;
    entitlement::Assessment standing_, would_be_;
};

/// Every county on all workers; the first refusal by county, so that the same question gets the same answer.
Result<std::map<County, CountySides>> simulate_all(Tools& tools, const Question& question,
                                                   const std::vector<County>& counties) {
    std::map<County, CountySides> done;
    std::map<County, Failure> refused;
    std::exception_ptr broken;
    std::mutex guard;
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        Simulating simulating{tools, question};
        for (std::size_t i = next++; i < counties.size(); i = next++) {
            auto sides = simulating.county(counties[i]);
            const std::lock_guard lock{guard};
            if (sides)
                done.emplace(counties[i], *std::move(sides));
            else
                refused.emplace(counties[i], sides.error());
        }
    };
    {
        std::vector<std::jthread> workers;
        const auto count = std::min(static_cast<std::size_t>(tools.workers), counties.size());
        for (std::size_t i = 0; i < count; ++i)
            workers.emplace_back([&] {
                tools.give_way();
                try {
                    work();
                } catch (...) {
                    next = counties.size();
                    const std::lock_guard lock{guard};
                    broken = std::current_exception();
                }
            });
    }
    if (broken) std::rethrow_exception(broken);
    if (!refused.empty()) return std::unexpected{refused.begin()->second};
    return done;
}

std::vector<Cell> row_of(Cell first, const Sides& sides) {
    const Money difference = sides.after - sides.before;
    return {std::move(first), sides.awards_before, sides.before, sides.awards_after, sides.after,
            sides.added,      sides.stopped,       sides.raised, sides.lowered,      difference};
}

Table table_of(std::string key, Words title, Column first) {
    return {std::move(key),
            std::move(title),
            {std::move(first),
             {"awards_before", {"现行人次", "awards now"}},
             {"before", {"现行金额", "amount now"}},
             {"awards_after", {"模拟人次", "awards then"}},
             {"after", {"模拟金额", "amount then"}},
             {"added", {"新增", "new"}},
             {"stopped", {"停发", "stopped"}},
             {"raised", {"提高", "raised"}},
             {"lowered", {"降低", "lowered"}},
             {"difference", {"每月差额", "difference a month"}}},
            {}};
}

}  // namespace

Result<Report> simulate(Tools& tools, const policy::Book& book, const Identity& by,
                        const SimulationWish& wish) {
    if (by.role == Role::bank)
        return refuse(Fault::forbidden, "banks see their files, not the rules", "simulation");
    Month period = wish.period;
    Region region = wish.region;
    ImportNo known_at;
    std::optional<policy::Book> own_book;
    std::vector<County> counties;
    std::optional<Money> recorded;
    std::optional<RunKind> kind;
    std::string place = fmt::format("simulation of {}", period.text());
    {
        auto work = tools.database.begin();
        if (wish.run) {
            place = fmt::format("run {}", wish.run->number());
            const auto run = work->runs().run(*wish.run);
            if (!run) return refuse(Fault::unknown, "there is no such run", place);
            if (run->kind == RunKind::reissue)
                return refuse(Fault::missing,
                              "a re-issue run pays again what failed: no rule says how much, and there is "
                              "nothing to simulate",
                              place);
            kind = run->kind;
            period = run->period;
            region = run->region;
            known_at = run->known_at;
            Money total;
            bool all_computed = true;
            for (const UnitState& state : work->runs().units(*wish.run)) {
                if (state.cancelled || !by.region.covers(state.unit.county)) continue;
                counties.push_back(state.unit.county);
                all_computed &= state.result.has_value();
                if (state.result) total += state.result->total;
            }
            if (all_computed && !counties.empty()) recorded = total;
            const auto text = work->runs().policy_text(run->policy);
            ensure(text.has_value(), "a run without its policy book");
            auto parsed = policy::parse_book(*text);
            if (!parsed) return std::unexpected{parsed.error()};
            own_book = *std::move(parsed);
        } else {
            if (!by.region.covers(region))
                return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)),
                              place);
            known_at = work->registers().latest_import();
            if (!known_at) return refuse(Fault::missing, "no register was imported yet", place);
            for (const auto& [county, count] : work->registers().enrolments_by_county(region, known_at))
                counties.push_back(county);
        }
    }
    if (counties.empty())
        return refuse(wish.run ? Fault::forbidden : Fault::missing,
                      "nobody is enrolled in what this officer's region has of it", place);

    const Question question{period, known_at, own_book ? *own_book : book, wish.changes, kind};
    const auto by_county = simulate_all(tools, question, counties);
    if (!by_county) return std::unexpected{by_county.error()};

    Table programmes =
        table_of("by_programme", {"按项目", "By programme"}, {"programme", {"项目", "programme"}});
    Table places = table_of("by_county", {"按区县", "By county"}, {"county", {"区划", "county"}});
    std::map<Programme, Sides> by_programme;
    Sides all;
    std::int64_t held_before = 0, held_after = 0;
    for (const auto& [county, sides] : *by_county) {
        Sides here;
        for (const auto& [programme, one] : sides.programmes) {
            by_programme[programme] += one;
            here += one;
        }
        all += here;
        held_before += sides.held_before;
        held_after += sides.held_after;
        places.rows.push_back(row_of(county.text(), here));
    }
    for (const auto& [programme, sides] : by_programme)
        programmes.rows.push_back(row_of(
            Words{std::string{text_of(programme).chinese}, std::string{text_of(programme).english}}, sides));
    programmes.rows.push_back(row_of(Words{"合计", "all"}, all));

    const auto a_year = (all.after - all.before).times(12);
    if (!a_year) return std::unexpected{a_year.error()};
    Report report{{"模拟测算（不产生任何效果）", "Simulation (without any effect)"}, {}, {}};
    if (wish.run) report.fields.push_back({"run", {"批次", "run"}, std::int64_t{wish.run->number()}});
    report.fields.push_back({"period", {"期号", "period"}, period.text()});
    report.fields.push_back({"region", {"地区", "region"}, region.text()});
    report.fields.push_back(
        {"known_at_import", {"数据版本(导入号)", "facts as of import"}, std::int64_t{known_at.number()}});
    if (recorded) report.fields.push_back({"recorded", {"批次已计算金额", "computed by the run"}, *recorded});
    report.fields.push_back({"before", {"现行金额", "as the rules stand"}, all.before});
    report.fields.push_back({"after", {"模拟金额", "as they would"}, all.after});
    report.fields.push_back({"difference", {"每月差额", "difference a month"}, all.after - all.before});
    report.fields.push_back({"difference_a_year", {"十二个月差额", "twelve such months"}, *a_year});
    report.fields.push_back({"held_before", {"现行暂缓", "held now"}, held_before});
    report.fields.push_back({"held_after", {"模拟暂缓", "held then"}, held_after});
    Table changes{
        "changes", {"假设", "What would hold"}, {{"key", {"项", "key"}}, {"value", {"值", "value"}}}, {}};
    for (const policy::Change& change : wish.changes) changes.rows.push_back({change.key, change.text});
    report.tables.push_back(std::move(programmes));
    report.tables.push_back(std::move(places));
    report.tables.push_back(std::move(changes));
    return report;
}

}  // namespace onecard::app
