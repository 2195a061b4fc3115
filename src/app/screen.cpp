#include "screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "onecard/entitlement/overlap.hpp"

namespace onecard::app {

namespace {

using entitlement::Award;
using entitlement::Kind;
using entitlement::Overlap;

std::string text_of_rules(const std::vector<ScreeningRule>& rules) {
    std::string text;
    for (const ScreeningRule& rule : rules) text += rule.text() + "\n";
    return text;
}

/// The newest list of a kind for a county.
const ScreeningList* newest_of(std::span<const ScreeningList> lists, ListKind kind, County county) {
    const ScreeningList* newest = nullptr;
    for (const ScreeningList& list : lists)
        if (list.kind == kind && list.region.covers(county) &&
            (newest == nullptr || list.snapshot >= newest->snapshot))
            newest = &list;
    return newest;
}

bool names_month(const Hit& hit, const policy::CountyPolicy& policy) {
    const Month month = policy.month;
    // A death stops what is owed when the county's rule says so; of everything else any day of the month counts.
    if (hit.kind == ListKind::deaths)
        return hit.from == Day{} || hit.from.month() < month ||
               (hit.from.month() == month && policy.stop_on_death == policy::StopRule::month_of_event);
    return (hit.from == Day{} || hit.from.month() <= month) &&
           (hit.until == Day{} || month <= hit.until.month());
}

/// Whether an award of `mine` may not be paid while the same person draws `other` under another number.
std::optional<bool> blocks(const policy::CountyPolicy& policy, Kind mine, Kind other) {
    if (mine == other) return true;
    const auto place = [&](Kind kind) { return std::ranges::find(policy.precedence, kind); };
    switch (policy.overlap_of(mine, other)) {
        case Overlap::together: return std::nullopt;
        case Overlap::exclusive: return place(other) < place(mine) ? std::optional{true} : std::nullopt;
        case Overlap::higher: return true;  // Which one is the higher, only one office that has both can say.
        case Overlap::gap:
        case Overlap::by_policy: return false;  // May be right; the office looks.
    }
    std::unreachable();
}

bool is_of(const Award& award, PersonNo person, HouseholdNo household) {
    return award.person == person || (!award.person && household && award.household == household);
}

/// Which awards concern a person: those of the person, of the whole household, and those that the person receives.
class AwardsByPerson {
public:
    explicit AwardsByPerson(const std::vector<Award>& awards) {
        for (std::size_t i = 0; i < awards.size(); ++i) {
            const Award& award = awards[i];
            if (award.person)
                of_persons_.emplace_back(award.person.number(), i);
            else
                of_households_.emplace_back(award.household.number(), i);
            if (award.payee_kind == registry::PayeeKind::person) of_payees_.emplace_back(award.payee, i);
        }
        for (Index* index : {&of_persons_, &of_households_, &of_payees_}) std::ranges::sort(*index);
    }
    /// Ascending, each once.
    std::vector<std::size_t> of(PersonNo person, HouseholdNo household, bool as_payee) const {
        std::vector<std::size_t> found;
        add(of_persons_, person.number(), found);
        if (household) add(of_households_, household.number(), found);
        if (as_payee) add(of_payees_, person.number(), found);
        std::ranges::sort(found);
        found.erase(std::ranges::unique(found).begin(), found.end());
        return found;
    }

private:
    using Index = std::vector<std::pair<std::int64_t, std::size_t>>;
    static void add(const Index& index, std::int64_t key, std::vector<std::size_t>& found) {
        for (const auto& [no, at] : std::ranges::equal_range(index, key, {}, &Index::value_type::first))
            found.push_back(at);
    }
    Index of_persons_, of_households_, of_payees_;
};

}  // namespace

std::vector<std::string> Beside::lines() const {
    std::vector<std::string> lines;
    lines.reserve(findings.size() + holds.size() + corrections.size() + offsets.size() + outliers.size());
    for (const Finding& finding : findings) lines.push_back(finding.canonical());
    for (const Hold& hold : holds) lines.push_back(hold.canonical());
    for (const Correction& correction : corrections) lines.push_back(correction.canonical());
    for (const Offset& offset : offsets) lines.push_back(offset.canonical());
    for (const Outlier& outlier : outliers) lines.push_back(outlier.canonical());
    return lines;
}

Beside beside_of(Work& work, RunNo run, County county) {
    return {work.screening().findings(run, county),   work.screening().holds(run, county),
            work.recovery().corrections(run, county), work.recovery().offsets(run, county),
            work.office().outliers(run, county),      {}};
}

const ScreeningRule* RunScreen::rule_of(ListKind kind) const {
    const auto found = std::ranges::find(rules, kind, &ScreeningRule::kind);
    return found == rules.end() ? nullptr : &*found;
}

Day valid_until(const ScreeningList& list, const ScreeningRule& rule) {
    const Month month = list.snapshot.month().plus_months(rule.months_valid);
    const auto day = Day::of(month.year(), month.month(), std::min(list.snapshot.day_of_month(), 28));
    ensure(day.has_value(), "a month without a 28th");
    return day->plus_days(rule.grace_days + list.snapshot.day_of_month() -
                          std::min(list.snapshot.day_of_month(), 28));
}

std::optional<StaleList> stale_list(std::span<const ScreeningList> lists, const ScreeningRule& rule,
                                    County county, Day day) {
    if (rule.months_valid == 0) return std::nullopt;
    const ScreeningList* list = newest_of(lists, rule.kind, county);
    const ListText& kind = text_of(rule.kind);
    if (list == nullptr)
        return StaleList{true, fmt::format("{} 没有{}", county.text(), kind.chinese),
                         fmt::format("there is no list «{}» for county {}", kind.code, county.text())};
    const Day last = valid_until(*list, rule);
    if (last >= day) return std::nullopt;
    return StaleList{false,
                     fmt::format("{} 的{}（{}）已于 {} 到期", county.text(), kind.chinese,
                                 list->snapshot.text(), last.text()),
                     fmt::format("the list «{}» for county {} is of {} and was good until {}", kind.code,
                                 county.text(), list->snapshot.text(), last.text())};
}

Result<RunScreen> screen_of(Tools& tools, const Run& run, std::span<const County> counties,
                            const std::vector<ScreeningRule>& rules, Moment now) {
    const std::string place = fmt::format("run {}", run.no.number());
    auto work = tools.database.begin();
    RunScreen screen{rules, work->screening().lists(), work->screening().has_matches()};
    auto known = work->screening().run_screening(run.no);
    const std::string text = text_of_rules(rules);
    if (!known) {
        const Day day = run.made_at.day_in_china();
        const std::vector<StaleAcceptance> accepted = work->screening().acceptances(run.no);
        for (const ScreeningRule& rule : rules) {
            for (const County county : counties) {
                const auto stale = stale_list(screen.lists, rule, county, day);
                if (!stale) continue;
                if (std::ranges::any_of(accepted, [&](const StaleAcceptance& one) {
                        return one.kind == rule.kind && one.region.covers(county);
                    }))
                    continue;
                return refuse(
                    Fault::stale,
                    stale->english +
                        (stale->is_missing
                             ? ": import one, or have a checker accept in writing that the run goes on without"
                             : ": import a newer one, or have a checker accept it in writing"),
                    place);
            }
        }
        known = RunScreening{run.no, screen.lists.empty() ? 0 : screen.lists.back().no, text, now};
        if (work->screening().put_run_screening(*known)) {
            const Act act{"run-screened", County{},
                          fmt::format("run-screened|{}|{}|{}", run.no.number(), known->lists_known,
                                      digest_of(tools.sha256, text).hex())};
            work->ledger().put_acts({&act, 1}, tools.log(), now);
        }
        known = work->screening().run_screening(run.no);
        work->commit();
    }
    if (known->rules != text)
        return refuse(Fault::stale,
                      "the screening rules were changed since this run was computed first: create it again",
                      place);
    std::erase_if(screen.lists, [&](const ScreeningList& list) { return list.no > known->lists_known; });
    return screen;
}

/// One person of the county about whom something was found for one month.
struct CountyScreen::Concern {
    Finding finding;
    const ScreeningRule* rule = nullptr;
    const Double* twice = nullptr;
    HouseholdNo household;
    HouseholdNo other_household;  ///< where the other number is of this county
};

CountyScreen::CountyScreen(const RunScreen& screen, ScreeningFacts& facts, ImportNo known_at, County county)
    : screen_{screen}, facts_{facts}, known_at_{known_at}, county_{county} {
    if (!screen.has_matches) return;
    const std::int32_t known = screen.lists.empty() ? 0 : screen.lists.back().no;
    hits_ = facts.hits(county, known_at, known);
    std::erase_if(hits_, [&](const Hit& hit) { return !is_used(hit); });
    released_ = facts.released(county);
}

bool CountyScreen::is_used(const Hit& hit) const {
    if (screen_.rule_of(hit.kind) == nullptr) return false;
    const auto list = std::ranges::find(screen_.lists, hit.list_no, &ScreeningList::no);
    if (list == screen_.lists.end() || !list->region.covers(county_)) return false;
    return text_of(hit.kind).accumulates || newest_of(screen_.lists, hit.kind, county_) == &*list;
}

void CountyScreen::hold(const policy::CountyPolicy& policy, const registry::Snapshot& facts,
                        std::span<const Award> all, std::vector<Award>& awards, Beside& out) {
    if (!screen_.has_matches) return;
    const std::vector<Double> doubles = facts_.doubles(county_, known_at_, policy.month);
    std::vector<Concern> concerns;
    for (const Hit& hit : hits_) {
        if (!names_month(hit, policy)) continue;
        const auto list = std::ranges::find(screen_.lists, hit.list_no, &ScreeningList::no);
        Concern& concern = concerns.emplace_back();
        concern.rule = screen_.rule_of(hit.kind);
        Finding& finding = concern.finding;
        finding.kind = hit.kind;
        finding.person = hit.person;
        finding.list_no = hit.list_no;
        finding.line = hit.line;
        finding.holds = concern.rule->holds;
        finding.subject = fmt::format("{}/{}/{}", text_of(hit.kind).code, hit.person.number(),
                                      hit.from == Day{} ? "-" : hit.from.text());
        finding.evidence = fmt::format(
            "list {} «{}» of {}, line {}{}{}{}", hit.list_no, text_of(hit.kind).code, list->snapshot.text(),
            hit.line, hit.from == Day{} ? "" : ", from " + hit.from.text(),
            hit.until == Day{} ? "" : ", until " + hit.until.text(), hit.note.empty() ? "" : ", " + hit.note);
    }
    for (const Double& twice : doubles) {
        Concern& concern = concerns.emplace_back();
        concern.twice = &twice;
        Finding& finding = concern.finding;
        finding.kind = ListKind::same_person;
        finding.person = twice.person;
        finding.other_county = twice.other_county;
        finding.other_person = twice.other;
        finding.subject = fmt::format("same-person/{}/{}/{}", twice.person.number(),
                                      twice.other_county.text(), twice.other.number());
    }
    if (concerns.empty()) return;

    // Households of those concerned, in one walk over the persons.
    std::vector<std::pair<PersonNo, HouseholdNo*>> wanted;
    for (Concern& concern : concerns) {
        wanted.emplace_back(concern.finding.person, &concern.household);
        if (concern.twice != nullptr && concern.twice->other_county == county_)
            wanted.emplace_back(concern.twice->other, &concern.other_household);
    }
    std::ranges::sort(wanted);
    for (const registry::Person& person : facts.persons) {
        const auto same =
            std::ranges::equal_range(wanted, person.no, {}, &std::pair<PersonNo, HouseholdNo*>::first);
        for (const auto& [no, household] : same) *household = person.household;
    }

    const AwardsByPerson awards_by_person{awards};
    std::vector<char> is_held(awards.size());
    for (Concern& concern : concerns) {
        Finding& finding = concern.finding;
        finding.household = concern.household;
        std::vector<Kind> others;
        if (concern.twice != nullptr) {
            if (concern.twice->other_county == county_) {
                for (const Award& award : all)
                    if (is_of(award, concern.twice->other, concern.other_household))
                        others.push_back(entitlement::kind_of(award.programme));
            } else {
                for (const Programme programme : concern.twice->programmes)
                    others.push_back(entitlement::kind_of(programme));
            }
            finding.holds = false;
        }
        const bool is_released = std::ranges::binary_search(released_, finding.subject);
        std::vector<std::size_t> concerned;
        // What a dead person would receive for others is held as well.
        for (const std::size_t i :
             awards_by_person.of(finding.person, concern.household, finding.kind == ListKind::deaths)) {
            const Award& award = awards[i];
            if (concern.rule != nullptr) {
                if (!concern.rule->programmes.empty() &&
                    std::ranges::find(concern.rule->programmes, award.programme) ==
                        concern.rule->programmes.end())
                    continue;
                concerned.push_back(i);
                continue;
            }
            for (const Kind other : others) {
                const auto verdict = blocks(policy, entitlement::kind_of(award.programme), other);
                if (!verdict) continue;
                finding.holds |= *verdict;
                concerned.push_back(i);
                break;
            }
        }
        if (concerned.empty()) continue;
        if (concern.twice != nullptr) {
            std::string kinds;
            for (const Programme programme : concern.twice->programmes)
                kinds += (kinds.empty() ? "" : ", ") + std::string{onecard::text_of(programme).code};
            finding.evidence = fmt::format("the same resident ID is person {} of county {} ({})",
                                           finding.other_person.number(), finding.other_county.text(), kinds);
        }
        if (is_released) {
            finding.evidence += "; released by two officers";
            finding.holds = false;
        }
        // A finding of several months is one.
        auto same = std::ranges::find(out.findings, finding.subject, &Finding::subject);
        if (same == out.findings.end()) {
            finding.no = static_cast<std::int32_t>(out.findings.size() + 1);
            out.findings.push_back(finding);
            same = std::prev(out.findings.end());
        }
        same->holds |= finding.holds;
        for (const std::size_t i : concerned) {
            const Award& award = awards[i];
            ++same->payments;
            same->total += award.amount;
            if (!finding.holds || is_held[i] != 0) continue;
            is_held[i] = 1;
            Hold hold;
            hold.no = static_cast<std::int32_t>(out.holds.size() + 1);
            hold.finding_no = same->no;
            hold.programme = award.programme;
            hold.component = award.component;
            hold.benefit_month = award.benefit_month;
            hold.beneficiary = award.beneficiary;
            hold.household = award.household;
            hold.person = award.person;
            hold.payee_kind = award.payee_kind;
            hold.payee = award.payee;
            hold.amount = award.amount;
            out.holds.push_back(hold);
            out.refusals.push_back(
                {award.programme, award.household, award.person, true,
                 fmt::format("{}/{}/household {}", county_.text(), award.benefit_month.text(),
                             award.household.number()),
                 fmt::format("owed {} yuan, held: {}", award.amount.yuan(), finding.evidence),
                 fmt::format("应发 {} 元，暂缓：{}（{}）", award.amount.yuan(), text_of(finding.kind).chinese,
                             finding.evidence)});
        }
    }
    std::size_t at = 0;
    std::erase_if(awards, [&](const Award&) { return is_held[at++] != 0; });
}

}  // namespace onecard::app
