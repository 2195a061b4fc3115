#include "onecard/app/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>

#include "asked.hpp"

namespace onecard::app {

Result<RunPayments> RunPayments::open(Tools& tools, const Identity& by, RunNo no, const std::string& cursor) {
    const std::string place = fmt::format("run {}", no.number());
    auto work = tools.database.begin();
    const auto run = work->runs().run(no);
    if (!run) return refuse(Fault::unknown, "there is no such run", place);
    if (by.role == Role::bank) return refuse(Fault::forbidden, "banks see their files, not the runs", place);
    if (!by.region.covers(run->region) && !run->region.covers(by.region))
        return refuse(Fault::forbidden, "the run lies outside this officer's region", place);

    RunPayments list{tools};
    list.run_ = no;
    list.is_reissue_ = run->kind == RunKind::reissue;
    for (const UnitState& state : work->runs().units(no)) {
        const County county = state.unit.county;
        if (!by.region.covers(county) || state.cancelled) continue;
        const std::string unit_place = fmt::format("{}/{}", place, county.text());
        if (!state.result) return refuse(Fault::missing, "this unit is not computed yet", unit_place);
        if (state.unit.part && !work->runs().is_keyed(state.unit.part))
            return refuse(Fault::conflict, "the run is still being computed", unit_place);
        const std::int64_t before = list.is_reissue_ ? 0 : state.result->first_serial.number() - 1;
        const std::int64_t last =
            list.is_reissue_ ? std::numeric_limits<std::int64_t>::max() : before + state.result->payments;
        list.units_.push_back({county, last, before});
    }
    if (!list.units_.empty()) list.after_ = list.units_.front().first_before;
    if (cursor.empty()) return list;

    const std::size_t dot = cursor.find('.');
    std::int64_t county = 0, after = -1;
    const char* const begin = cursor.data();
    const char* const end = begin + cursor.size();
    const bool is_good = dot != std::string::npos &&
                         std::from_chars(begin, begin + dot, county).ptr == begin + dot &&
                         std::from_chars(begin + dot + 1, end, after).ptr == end && after >= 0;
    const auto unit = std::ranges::find_if(list.units_, [&](const UnitOfRun& u) {
        return u.county.number() == county && after >= u.first_before && after <= u.last;
    });
    if (!is_good || unit == list.units_.end())
        return refuse(Fault::malformed, "is no cursor of this list", "after");
    list.at_ = static_cast<std::size_t>(unit - list.units_.begin());
    list.after_ = after;
    return list;
}

Table RunPayments::next(std::int64_t rows_max) {
    Table page{"payments", {"支付", "Payments"}, {}, {}};
    const std::string_view query = is_reissue_ ? "report_run_attempts" : "report_run_payments";
    while (at_ < units_.size() && static_cast<std::int64_t>(page.rows.size()) < rows_max) {
        const UnitOfRun& unit = units_[at_];
        const std::int64_t wanted = rows_max - static_cast<std::int64_t>(page.rows.size());
        auto work = tools_->database.begin();
        Table rows = table_of(work->ledger(), "payments", {}, query,
                              {{"run", std::to_string(run_.number())},
                               {"county", std::to_string(unit.county.number())},
                               {"after", std::to_string(after_)},
                               {"at_most", std::to_string(wanted)}});
        if (is_reissue_) {
            // The number of a line is for paging only.
            const std::int64_t got = static_cast<std::int64_t>(rows.rows.size());
            if (got > 0) after_ = std::get<std::int64_t>(rows.rows.back().back());
            for (auto& row : rows.rows) row.pop_back();
            rows.columns.pop_back();
            if (got < wanted) after_ = unit.last;
        } else {
            // Serials of a unit are dense: a page is a range of them.
            after_ = std::min(after_ + wanted, unit.last);
        }
        page.columns = std::move(rows.columns);
        std::ranges::move(rows.rows, std::back_inserter(page.rows));
        if (after_ >= unit.last && ++at_ < units_.size()) after_ = units_[at_].first_before;
    }
    return page;
}

std::string RunPayments::cursor() const {
    if (at_ >= units_.size()) return {};
    return fmt::format("{}.{}", units_[at_].county.number(), after_);
}

}  // namespace onecard::app
