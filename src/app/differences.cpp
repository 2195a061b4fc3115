#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "month_then_and_now.hpp"
#include "onecard/app/explanation.hpp"

namespace onecard::app {

struct RunDifferences::Impl {
    Tools* tools;
    Run run;
    policy::Book book;
    Language language;
    std::vector<Field> about;
    std::vector<std::pair<County, std::int32_t>> counties;  ///< with the number of the last correction
    std::size_t at = 0;
    std::int32_t after = 0;  ///< number of the last correction that was shown of the county
    // Of the county at hand.
    std::optional<County> loaded;
    std::vector<Correction> corrections;  ///< by month
    registry::Register facts;
    std::unique_ptr<MonthThenAndNow> month;
    std::optional<Month> opened;

    void load(Work& work, County county) {
        if (loaded == county) return;
        month.reset();
        opened.reset();
        corrections = work.recovery().corrections(run.no, county);
        work.registers().load_register(county, run.known_at, facts);
        loaded = county;
    }
};

RunDifferences::RunDifferences(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
RunDifferences::RunDifferences(RunDifferences&&) noexcept = default;
RunDifferences::~RunDifferences() = default;

Result<RunDifferences> RunDifferences::open(Tools& tools, const Identity& by, RunNo no,
                                            const std::string& cursor, Language language) {
    const std::string place = fmt::format("run {}", no.number());
    if (by.role == Role::bank)
        return refuse(Fault::forbidden, "banks see their files, not the ledger", place);
    auto work = tools.database.begin();
    const auto run = work->runs().run(no);
    if (!run) return refuse(Fault::unknown, "there is no such run", place);
    if (!by.region.covers(run->region) && !run->region.covers(by.region))
        return refuse(Fault::forbidden, "the run lies outside this officer's region", place);
    auto book = book_of(tools, *work, run->policy, place);
    if (!book) return std::unexpected{book.error()};
    auto impl = std::make_unique<Impl>();
    impl->tools = &tools;
    impl->run = *run;
    impl->book = *std::move(book);
    impl->language = language;
    Money arrears, demanded;
    for (const UnitState& state : work->runs().units(no)) {
        const County county = state.unit.county;
        if (!by.region.covers(county)) continue;
        const std::vector<Correction> corrections = work->recovery().corrections(no, county);
        if (corrections.empty()) continue;
        for (const Correction& correction : corrections) {
            if (correction.serial) arrears += correction.due - correction.awarded;
            demanded += correction.demanded;
        }
        impl->counties.emplace_back(county, static_cast<std::int32_t>(corrections.size()));
    }
    const auto past = work->recovery().run_past(no);
    impl->about = {{"run", {"批次", "run"}, std::int64_t{no.number()}},
                   {"period", {"期号", "period"}, run->period.text()},
                   {"from", {"起算月份", "from"}, past ? past->from.text() : std::string{"-"}},
                   {"excluded", {"不补发范围", "excluded"}, past ? past->excluded : std::string{}},
                   {"arrears", {"补发合计", "arrears"}, arrears},
                   {"demanded", {"追缴合计", "demanded back"}, demanded}};
    RunDifferences list{std::move(impl)};
    if (cursor.empty()) return list;

    const std::size_t dot = std::min(cursor.find('.'), cursor.size());
    std::int64_t county = 0;
    std::int32_t after = -1;
    const char* const begin = cursor.data();
    const char* const end = begin + cursor.size();
    const bool is_good = dot < cursor.size() &&
                         std::from_chars(begin, begin + dot, county).ptr == begin + dot &&
                         std::from_chars(begin + dot + 1, end, after).ptr == end && after >= 0;
    auto& counties = list.impl_->counties;
    const auto found =
        std::ranges::find_if(counties, [&](const auto& one) { return one.first.number() == county; });
    if (!is_good || found == counties.end() || after >= found->second)
        return refuse(Fault::malformed, "is no cursor of this list", "after");
    list.impl_->at = static_cast<std::size_t>(found - counties.begin());
    list.impl_->after = after;
    return list;
}

const std::vector<Field>& RunDifferences::about() const { return impl_->about; }

Result<Table> RunDifferences::next(std::int64_t rows_max) {
    Table table{"differences",
                {"分月差额", "By month"},
                {{"county", {"区划", "county"}},
                 {"programme", {"项目", "programme"}},
                 {"benefit_month", {"所属月份", "benefit month"}},
                 {"beneficiary", {"对象", "beneficiary"}},
                 {"payee", {"收款人", "payee"}},
                 {"step", {"次序", "step"}},
                 {"awarded", {"已核定", "awarded"}},
                 {"due", {"应核定", "due"}},
                 {"difference", {"差额", "difference"}},
                 {"demanded", {"追缴", "demanded back"}},
                 {"serial", {"补发序号", "serial"}},
                 {"cause", {"首个不同", "first difference"}}},
                {}};
    Impl& of = *impl_;
    auto work = of.tools->database.begin();
    while (of.at < of.counties.size() && static_cast<std::int64_t>(table.rows.size()) < rows_max) {
        const auto [county, count] = of.counties[of.at];
        of.load(*work, county);
        while (of.after < count && static_cast<std::int64_t>(table.rows.size()) < rows_max) {
            const Correction& one = of.corrections[static_cast<std::size_t>(of.after)];
            if (of.opened != one.benefit_month) {
                of.month.reset();
                auto next = MonthThenAndNow::open(*of.tools, *work, of.run, of.book, county, of.facts,
                                                  one.benefit_month);
                if (!next) return std::unexpected{next.error()};
                of.month = *std::move(next);
                of.opened = one.benefit_month;
            }
            table.rows.push_back(
                {county.text(),
                 Words{std::string{text_of(one.programme).chinese}, std::string{text_of(one.programme).code}},
                 one.benefit_month.text(), one.beneficiary, one.payee, std::int64_t{one.step}, one.awarded,
                 one.due, one.due - one.awarded, one.demanded, std::int64_t{one.serial.number()},
                 of.month->first_difference(one, of.language)});
            ++of.after;
        }
        if (of.after >= count) {
            ++of.at;
            of.after = 0;
        }
    }
    return table;
}

std::string RunDifferences::cursor() const {
    if (impl_->at >= impl_->counties.size()) return {};
    return fmt::format("{}.{}", impl_->counties[impl_->at].first.number(), impl_->after);
}

}  // namespace onecard::app
