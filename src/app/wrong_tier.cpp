#include "wrong_tier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "onecard/app/policies.hpp"
#include "onecard/entitlement/assess.hpp"

namespace onecard::app {

namespace {

using Key = std::tuple<Programme, Component, std::int64_t>;  // of one month

struct Paid {
    Money amount;
    Serial serial;
};

std::int64_t number_in(const std::vector<std::pair<std::string, std::string>>& parameters,
                       std::string_view name) {
    const auto found = std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first);
    ensure(found != parameters.end(), "a question without its parameter");
    return std::stoll(found->second);
}

/// What was owed for a month by now: payments, what was kept of them, corrections.
std::map<Key, Paid> owed_in(Work& work, County county, const PastUnit& unit) {
    std::map<Key, Paid> owed;
    std::map<Serial, Money> kept;
    for (const Offset& offset : work.recovery().offsets(unit.run, county))
        kept[offset.serial] += offset.amount;
    work.payments().each_payment(unit.part, county, [&](const payment::Payment& one) {
        if (one.kind != payment::Kind::regular) return;
        const auto offset = kept.find(one.serial);
        owed[{one.programme, one.component, one.beneficiary}] = {
            one.amount + (offset == kept.end() ? Money{} : offset->second), one.serial};
    });
    for (const Corrected& one : work.recovery().corrected(county, unit.period, unit.period.next()))
        owed[{one.programme, one.component, one.beneficiary}].amount = one.due;
    return owed;
}

class Recomputing {
public:
    Recomputing(Work& work, const std::function<void(const TextRow&)>& on_row)
        : work_{work}, on_row_{on_row} {}

    Result<void> month(County county, const PastUnit& unit, ImportNo known_at) {
        const auto book = book_of(unit.policy);
        if (!book) return std::unexpected{book.error()};
        const auto policy = (*book)->at(county, unit.period);
        if (!policy) return std::unexpected{policy.error()};
        if (loaded_ != std::pair{county, known_at}) {
            work_.registers().load_register(county, known_at, facts_);
            loaded_ = {county, known_at};
        }
        registry::take_snapshot(facts_, unit.period, known_at, snapshot_);
        entitlement::History history{facts_, known_at, policies_of(**book, county)};
        entitlement::assess(snapshot_, *policy, assessment_, &history);
        std::map<Key, Paid> owed = owed_in(work_, county, unit);
        std::map<Key, Money> due;
        for (const entitlement::Award& award : assessment_.awards)
            due[{award.programme, award.component, award.beneficiary}] = award.amount;
        for (const auto& [key, amount] : due)
            if (!owed.contains(key)) owed[key] = {};
        for (const auto& [key, paid] : owed) {
            const auto found = due.find(key);
            const Money now = found == due.end() ? Money{} : found->second;
            if (now == paid.amount) continue;
            on_row_({county.text(), unit.period.digits(), std::to_string(paid.serial.number()),
                     std::to_string(unit.run.number()), std::to_string(static_cast<int>(std::get<0>(key))),
                     std::to_string(static_cast<int>(std::get<1>(key))), std::to_string(std::get<2>(key)),
                     std::to_string(paid.amount.fen()), std::to_string(now.fen()),
                     std::to_string((paid.amount - now).fen()), unit.policy.hex()});
        }
        return {};
    }

private:
    Result<const policy::Book*> book_of(const Digest& digest) {
        auto known = books_.find(digest);
        if (known == books_.end()) {
            const auto text = work_.runs().policy_text(digest);
            if (!text) return refuse(Fault::missing, "a run without its policy book", digest.hex());
            auto parsed = policy::parse_book(*text);
            if (!parsed) return std::unexpected{parsed.error()};
            known = books_.emplace(digest, std::make_unique<policy::Book>(*std::move(parsed))).first;
        }
        return known->second.get();
    }

    Work& work_;
    const std::function<void(const TextRow&)>& on_row_;
    std::map<Digest, std::unique_ptr<policy::Book>> books_;
    std::pair<County, ImportNo> loaded_;
    registry::Register facts_;
    registry::Snapshot snapshot_;
    entitlement::Assessment assessment_;
};

}  // namespace

Result<void> recompute_paid(Work& work, const Region& region,
                            const std::vector<std::pair<std::string, std::string>>& parameters,
                            const std::function<void(const TextRow&)>& on_row) {
    on_row({"county", "period", "serial", "run", "programme", "component", "beneficiary", "paid_total",
            "recomputed_total", "difference_total", "policy_sha256"});
    const auto from = Month::of_number(static_cast<std::int32_t>(number_in(parameters, "from_period")));
    const auto to = Month::of_number(static_cast<std::int32_t>(number_in(parameters, "to_period")));
    const std::int64_t wanted = number_in(parameters, "import");
    const ImportNo newest = work.registers().latest_import();
    if (!from || !to || !newest) return {};
    if (wanted > newest.number())
        return refuse(Fault::unknown, "there is no such import", fmt::format("import {}", wanted));
    const ImportNo known_at = wanted == 0 ? newest : ImportNo{static_cast<std::int32_t>(wanted)};
    Recomputing recomputing{work, on_row};
    for (const auto& [county, count] : work.registers().enrolments_by_county(region, newest))
        for (const PastUnit& unit : work.recovery().past_units(county, *from, to->next())) {
            if (!unit.is_released) continue;
            if (auto done = recomputing.month(county, unit, known_at); !done) return done;
        }
    return {};
}

}  // namespace onecard::app
