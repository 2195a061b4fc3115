#include "onecard/app/changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "unit_changes.hpp"

namespace onecard::app {

namespace {

constexpr auto causes = static_cast<std::size_t>(Cause::count);

/// From one total to the other. Payments of the month before that end with it (arrears, what was kept), the changes of
/// what goes on, and this run's own arrears and what it keeps.
struct Bridge {
    Money before, after, gone, arrears, kept;
    std::array<Money, causes> amount{};
    std::array<std::int64_t, causes> payees{};
    std::int64_t payees_before = 0, payees_after = 0, arrears_n = 0, kept_n = 0;

    void add(Cause cause, Money difference) {
        amount[static_cast<std::size_t>(cause)] += difference;
        ++payees[static_cast<std::size_t>(cause)];
    }
    void add(const Change& change) {
        before += change.before;
        after += change.after;
        payees_before += change.was_paid ? 1 : 0;
        payees_after += change.is_paid ? 1 : 0;
        const Cause cause = change.cause();
        if (cause == Cause::standard || cause == Cause::facts || cause == Cause::household) {
            if (!change.by_standard.is_zero()) add(Cause::standard, change.by_standard);
            if (!change.by_facts.is_zero())
                add(change.is_other_household ? Cause::household : Cause::facts, change.by_facts);
        } else {
            add(cause, change.after - change.before);
        }
    }
    void add(const Extra& extra) {
        (extra.is_arrears ? arrears : kept) += extra.amount;
        ++(extra.is_arrears ? arrears_n : kept_n);
        after += extra.is_arrears ? extra.amount : -extra.amount;
    }
    void add_gone(const Extra& extra) {
        const Money paid = extra.is_arrears ? extra.amount : -extra.amount;
        before += paid;
        gone -= paid;
    }
    Bridge& operator+=(const Bridge& other) {
        before += other.before;
        after += other.after;
        gone += other.gone;
        arrears += other.arrears;
        kept += other.kept;
        for (std::size_t i = 0; i < causes; ++i) {
            amount[i] += other.amount[i];
            payees[i] += other.payees[i];
        }
        payees_before += other.payees_before;
        payees_after += other.payees_after;
        arrears_n += other.arrears_n;
        kept_n += other.kept_n;
        return *this;
    }
    Money explained() const {
        Money sum = before + gone + arrears - kept;
        for (const Money part : amount) sum += part;
        return sum;
    }
};

struct Comparison {
    std::map<Programme, Bridge> by_programme;
    std::map<std::int64_t, Bridge> by_township;
    Bridge all;
    Money units;  ///< what the units come to by their own totals
    std::optional<Month> month_before;

    void add(const UnitChanges& found, Money unit_total) {
        const auto each = [this](const auto& row, const auto& change) {
            change(by_programme[row.programme]);
            change(by_township[row.village / 1000]);
            change(all);
        };
        for (const Change& row : found.changes) each(row, [&](Bridge& bridge) { bridge.add(row); });
        for (const Extra& row : found.extras) each(row, [&](Bridge& bridge) { bridge.add(row); });
        for (const Extra& row : found.gone) each(row, [&](Bridge& bridge) { bridge.add_gone(row); });
        units += unit_total;
        if (found.month_before)
            month_before = std::max(month_before.value_or(*found.month_before), *found.month_before);
    }
    Comparison& operator+=(const Comparison& other) {
        for (const auto& [programme, bridge] : other.by_programme) by_programme[programme] += bridge;
        for (const auto& [township, bridge] : other.by_township) by_township[township] += bridge;
        all += other.all;
        units += other.units;
        if (other.month_before)
            month_before = std::max(month_before.value_or(*other.month_before), *other.month_before);
        return *this;
    }
};

/// Every county on all workers; the first refusal by county, so that the same question gets the same answer.
Result<Comparison> compare_all(Tools& tools, const Run& run, const std::vector<UnitState>& units) {
    RecordedBooks books{tools};
    Comparison all;
    std::map<County, Failure> refused;
    std::exception_ptr broken;
    std::mutex guard;
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        Comparing comparing{tools, run, books};
        Comparison mine;
        for (std::size_t i = next++; i < units.size(); i = next++) {
            const auto found = comparing.compare(units[i]);
            if (found) {
                mine.add(*found, units[i].result->total);
                continue;
            }
            const std::lock_guard lock{guard};
            refused.emplace(units[i].unit.county, found.error());
        }
        const std::lock_guard lock{guard};
        all += mine;
    };
    {
        std::vector<std::jthread> workers;
        const auto count = std::min(static_cast<std::size_t>(tools.workers), units.size());
        for (std::size_t i = 0; i < count; ++i)
            workers.emplace_back([&] {
                try {
                    work();
                } catch (...) {
                    next = units.size();
                    const std::lock_guard lock{guard};
                    broken = std::current_exception();
                }
            });
    }
    if (broken) std::rethrow_exception(broken);
    if (!refused.empty()) return std::unexpected{refused.begin()->second};
    return all;
}

std::vector<Cell> row_of(Cell first, const Bridge& bridge) {
    const auto amount = [&](Cause cause) { return Cell{bridge.amount[static_cast<std::size_t>(cause)]}; };
    const auto payees = [&](Cause cause) { return Cell{bridge.payees[static_cast<std::size_t>(cause)]}; };
    return {std::move(first),
            bridge.payees_before,
            bridge.before,
            bridge.gone,
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
            payees(Cause::household),
            amount(Cause::household),
            payees(Cause::same),
            bridge.arrears_n,
            bridge.arrears,
            bridge.kept_n,
            -bridge.kept,
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
             {"gone", {"上期补扣转出", "arrears gone"}},
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
             {"household_n", {"家庭变化", "household n"}},
             {"household", {"家庭变化额", "household"}},
             {"same_n", {"不变", "same n"}},
             {"arrears_n", {"补发", "arrears n"}},
             {"arrears", {"补发额", "arrears"}},
             {"offset_n", {"扣回", "offset n"}},
             {"offset", {"扣回额", "offset"}},
             {"payees_after", {"本期人次", "this n"}},
             {"after", {"本期金额", "this month"}},
             {"explained", {"分毫不差", "to the fen"}}},
            {}};
}

struct Asked {
    Run run;
    std::vector<UnitState> units;  ///< live, of the caller's region
};

Result<Asked> asked_about(Tools& tools, const Identity& by, RunNo no) {
    const std::string place = fmt::format("run {}", no.number());
    auto work = tools.database.begin();
    const auto run = work->runs().run(no);
    if (!run) return refuse(Fault::unknown, "there is no such run", place);
    if (by.role == Role::bank) return refuse(Fault::forbidden, "banks see their files, not the runs", place);
    if (run->kind == RunKind::reissue)
        return refuse(Fault::missing, "a re-issue run pays again what was owed before: nothing to compare",
                      place);
    Asked asked{*run, {}};
    for (UnitState& state : work->runs().units(no)) {
        if (!by.region.covers(state.unit.county) || state.cancelled) continue;
        if (!state.result)
            return refuse(Fault::missing, "this unit is not computed yet",
                          fmt::format("{}/{}", state.unit.county.text(), run->period.text()));
        asked.units.push_back(std::move(state));
    }
    if (asked.units.empty())
        return refuse(Fault::forbidden, "the run has no county in this officer's region", place);
    return asked;
}

Words words_of(Cause cause) {
    switch (cause) {
        case Cause::new_by_standard: return {"提标新增", "new by standard"};
        case Cause::new_by_facts: return {"新增", "new"};
        case Cause::stopped: return {"停发", "stopped"};
        case Cause::standard: return {"调标", "standard"};
        case Cause::facts: return {"情况变化", "facts"};
        case Cause::household: return {"家庭变化", "household"};
        case Cause::same: return {"不变", "same"};
        case Cause::count: break;
    }
    broken("a cause that is none");
}

}  // namespace

Result<Report> report_changes(Tools& tools, const Identity& by, RunNo no) {
    const auto asked = asked_about(tools, by, no);
    if (!asked) return std::unexpected{asked.error()};
    const auto found = compare_all(tools, asked->run, asked->units);
    if (!found) return std::unexpected{found.error()};
    const Comparison& comparison = *found;
    // A run that pays whom its month left out is told with that month.
    const Money own =
        is_correcting(asked->run.kind) ? comparison.all.after - comparison.all.before : comparison.all.after;
    const bool is_explained = comparison.all.explained() == comparison.all.after && own == comparison.units;

    Report report{{"与上期相比", "Changes since the last run"}, {}, {}};
    report.fields = {{"run", {"批次", "run"}, std::int64_t{no.number()}},
                     {"period", {"本期", "period"}, asked->run.period.text()},
                     {"period_before",
                      {"上期", "period before"},
                      comparison.month_before ? comparison.month_before->text() : std::string{"-"}},
                     {"before", {"上期金额", "last month"}, comparison.all.before},
                     {"after", {"本期金额", "this month"}, comparison.all.after},
                     {"difference", {"差额", "difference"}, comparison.all.after - comparison.all.before},
                     {"explained", {"差额逐分可解释", "explained to the fen"}, is_explained}};
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

struct RunChanges::Impl {
    Tools* tools;
    Asked asked;
    Language language;
    bool with_same;
    RecordedBooks books;
    std::optional<Comparing> comparing;
    std::size_t at = 0;     ///< county
    std::size_t after = 0;  ///< rows of the county that were passed over or shown
    std::optional<std::size_t> loaded;
    UnitChanges found;

    Impl(Tools& its_tools, Asked its_asked, Language its_language, bool same)
        : tools{&its_tools},
          asked{std::move(its_asked)},
          language{its_language},
          with_same{same},
          books{its_tools} {
        comparing.emplace(its_tools, asked.run, books);
    }
    Result<void> load() {
        if (loaded == at) return {};
        auto compared = comparing->compare(asked.units[at]);
        if (!compared) return std::unexpected{compared.error()};
        found = *std::move(compared);
        loaded = at;
        return {};
    }
    std::vector<Cell> row_of(const Change& one) {
        return {asked.units[at].unit.county.text(),
                std::to_string(one.village / 1000),
                Words{std::string{text_of(one.programme).chinese}, std::string{text_of(one.programme).code}},
                one.beneficiary,
                std::int64_t{static_cast<int>(one.component)},
                asked.run.period.text(),
                words_of(one.cause()),
                one.before,
                one.by_standard,
                one.by_facts,
                one.after,
                comparing->why(one, language)};
    }
    std::vector<Cell> row_of(const Extra& one) const {
        return {
            asked.units[at].unit.county.text(),
            std::to_string(one.village / 1000),
            Words{std::string{text_of(one.programme).chinese}, std::string{text_of(one.programme).code}},
            one.beneficiary,
            std::int64_t{static_cast<int>(one.component)},
            one.benefit_month.text(),
            one.is_arrears ? Words{"补发", "arrears"} : Words{"扣回", "offset"},
            Money{},
            Money{},
            Money{},
            one.is_arrears ? one.amount : -one.amount,
            PaymentReference{asked.units[at].unit.county, asked.run.period.number(), one.serial, 1}.text()};
    }
};

RunChanges::RunChanges(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
RunChanges::RunChanges(RunChanges&&) noexcept = default;
RunChanges::~RunChanges() = default;

Result<RunChanges> RunChanges::open(Tools& tools, const Identity& by, RunNo no, const std::string& cursor,
                                    Language language, bool with_same) {
    auto asked = asked_about(tools, by, no);
    if (!asked) return std::unexpected{asked.error()};
    RunChanges list{std::make_unique<Impl>(tools, *std::move(asked), language, with_same)};
    Impl& of = *list.impl_;
    if (cursor.empty()) return list;
    const std::size_t dot = std::min(cursor.find('.'), cursor.size());
    std::int64_t county = 0;
    const char* const begin = cursor.data();
    const char* const end = begin + cursor.size();
    const bool is_good = dot < cursor.size() &&
                         std::from_chars(begin, begin + dot, county).ptr == begin + dot &&
                         std::from_chars(begin + dot + 1, end, of.after).ptr == end;
    const auto unit = std::ranges::find_if(
        of.asked.units, [&](const UnitState& state) { return state.unit.county.number() == county; });
    if (!is_good || unit == of.asked.units.end())
        return refuse(Fault::malformed, "is no cursor of this list", "after");
    of.at = static_cast<std::size_t>(unit - of.asked.units.begin());
    return list;
}

Result<Table> RunChanges::next(std::int64_t rows_max) {
    Table table{"changes",
                {"逐人变化", "By payee"},
                {{"county", {"区划", "county"}},
                 {"township", {"乡镇", "township"}},
                 {"programme", {"项目", "programme"}},
                 {"beneficiary", {"对象", "beneficiary"}},
                 {"component", {"组成", "component"}},
                 {"benefit_month", {"所属月份", "benefit month"}},
                 {"change", {"变化", "change"}},
                 {"before", {"上期", "before"}},
                 {"by_standard", {"因标准", "by standard"}},
                 {"by_facts", {"因情况", "by facts"}},
                 {"after", {"本期", "after"}},
                 {"cause", {"原因", "cause"}}},
                {}};
    Impl& of = *impl_;
    const auto is_full = [&] { return static_cast<std::int64_t>(table.rows.size()) >= rows_max; };
    while (of.at < of.asked.units.size() && !is_full()) {
        const auto loaded = of.load();
        if (!loaded) return std::unexpected{loaded.error()};
        const std::size_t changes = of.found.changes.size(), all = changes + of.found.extras.size();
        for (; of.after < all && !is_full(); ++of.after) {
            if (of.after >= changes) {
                table.rows.push_back(of.row_of(of.found.extras[of.after - changes]));
            } else if (const Change& one = of.found.changes[of.after];
                       of.with_same || one.cause() != Cause::same) {
                table.rows.push_back(of.row_of(one));
            }
        }
        // A page that ends with a county's last row of interest ends with the county.
        while (of.after < changes && !of.with_same && of.found.changes[of.after].cause() == Cause::same)
            ++of.after;
        if (of.after >= all) {
            ++of.at;
            of.after = 0;
        }
    }
    return table;
}

std::string RunChanges::cursor() const {
    if (impl_->at >= impl_->asked.units.size()) return {};
    return fmt::format("{}.{}", impl_->asked.units[impl_->at].unit.county.number(), impl_->after);
}

}  // namespace onecard::app
