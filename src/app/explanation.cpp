#include "onecard/app/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "onecard/app/policies.hpp"
#include "onecard/entitlement/difference.hpp"

namespace onecard::app {

namespace {

/// The run that computed the payment. The attempt does not matter: every one pays the same amount.
Result<Run> run_of(Work& work, const PaymentReference& reference) {
    const auto rows =
        work.ledger().ask("report_payment", {{"county", std::to_string(reference.county.number())},
                                             {"period", std::to_string(reference.period)},
                                             {"serial", std::to_string(reference.serial.number())}});
    if (rows.size() < 2) return refuse(Fault::unknown, "there is no such payment", reference.text());
    const auto column = std::ranges::find(rows.front(), "run") - rows.front().begin();
    const auto run = work.runs().run(RunNo{std::stoi(rows[1].at(static_cast<std::size_t>(column)))});
    ensure(run.has_value(), "a payment without a run");
    return *run;
}

/// The book that a run used, as it was recorded. Errors: tampered.
Result<policy::Book> book_of(const Tools& tools, Work& work, const Digest& policy, const std::string& place) {
    const auto text = work.runs().policy_text(policy);
    if (!text || digest_of(tools.sha256, *text) != policy)
        return refuse(Fault::tampered, "the recorded policy book is not the one that the run names", place);
    auto book = policy::parse_book(*text);
    if (!book) return std::unexpected{book.error()};
    return *std::move(book);
}

/// A past month as its own run computed it and as a later run computes it, to be told apart.
class MonthThenAndNow {
public:
    static Result<std::unique_ptr<MonthThenAndNow>> open(const Tools& tools, Work& work, const Run& now,
                                                         const policy::Book& book_now, County county,
                                                         const registry::Register& facts, Month month) {
        const auto units = work.recovery().past_units(county, month, month.next());
        ensure(units.size() == 1, "a correction of a month without a run");
        const PastUnit& unit = units.front();
        auto made = std::make_unique<MonthThenAndNow>();
        auto book_then = book_of(tools, work, unit.policy, fmt::format("{}/{}", county.text(), month.text()));
        if (!book_then) return std::unexpected{book_then.error()};
        made->book_then_ = *std::move(book_then);
        auto policy_then = made->book_then_.at(county, month), policy_now = book_now.at(county, month);
        if (!policy_then) return std::unexpected{policy_then.error()};
        if (!policy_now) return std::unexpected{policy_now.error()};
        made->policy_then_ = *std::move(policy_then);
        made->policy_now_ = *std::move(policy_now);
        registry::take_snapshot(facts, month, unit.known_at, made->facts_then_);
        registry::take_snapshot(facts, month, now.known_at, made->facts_now_);
        made->history_then_ = std::make_unique<entitlement::History>(facts, unit.known_at,
                                                                     policies_of(made->book_then_, county));
        made->history_now_ =
            std::make_unique<entitlement::History>(facts, now.known_at, policies_of(book_now, county));
        constexpr int at_most = 1'000'000;
        for (auto& [its_county, refusal] : work.runs().refusals(unit.run, true, at_most))
            if (its_county == county) made->not_paid_then_.push_back(std::move(refusal));
        return made;
    }
    std::string first_difference(const Correction& correction, Language language) const {
        const std::string held = why_not_paid(correction, language);
        return held.empty() ? between_rules(correction, language) : held;
    }

private:
    /// What the rules gave then, and nobody was paid: held by a list, no account, …; empty where that is not so.
    std::string why_not_paid(const Correction& correction, Language language) const {
        if (!correction.awarded.is_zero()) return {};
        const auto then =
            entitlement::explain(facts_then_, policy_then_, correction.programme, correction.component,
                                 correction.beneficiary, language, correction.household, history_then_.get());
        if (!then) return {};
        const bool is_chinese = language == Language::chinese;
        std::string text = is_chinese
                               ? fmt::format("原：应发 {} 元，未发放", then->amount.yuan())
                               : fmt::format("then: {} yuan were owed and not paid", then->amount.yuan());
        const auto why = std::ranges::find_if(not_paid_then_, [&](const RefusalRecord& one) {
            return one.programme == correction.programme && one.household == correction.household &&
                   one.person == correction.person;
        });
        if (why != not_paid_then_.end())
            text += (is_chinese ? "：" : ": ") +
                    (is_chinese && !why->reason_chinese.empty() ? why->reason_chinese : why->reason);
        if (then->amount != correction.due) text += "; " + between_rules(correction, language);
        return text;
    }

    std::string between_rules(const Correction& correction, Language language) const {
        entitlement::Difference difference;
        difference.programme = correction.programme;
        difference.component = correction.component;
        difference.benefit_month = correction.benefit_month;
        difference.beneficiary = correction.beneficiary;
        difference.household = correction.household;
        difference.person = correction.person;
        difference.awarded = correction.awarded;
        difference.due = correction.due;
        return entitlement::first_difference({facts_then_, policy_then_, history_then_.get()},
                                             {facts_now_, policy_now_, history_now_.get()}, difference,
                                             language);
    }

    policy::Book book_then_;
    policy::CountyPolicy policy_then_, policy_now_;
    registry::Snapshot facts_then_, facts_now_;
    std::unique_ptr<entitlement::History> history_then_, history_now_;
    std::vector<RefusalRecord> not_paid_then_;
};

}  // namespace

Result<Report> explain_payment(Tools& tools, const Identity& by, const PaymentReference& reference,
                               Language language) {
    if (by.role == Role::bank)
        return refuse(Fault::forbidden, "banks see their files, not the ledger", reference.text());
    if (!by.region.covers(reference.county))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)),
                      reference.text());
    auto work = tools.database.begin();
    const auto run = run_of(*work, reference);
    if (!run) return std::unexpected{run.error()};
    const auto found = work->payments().find({&reference, 1});
    if (found.empty()) return refuse(Fault::unknown, "there is no such payment", reference.text());
    const payment::Payment& owed = found.front();

    const auto book = book_of(tools, *work, run->policy, reference.text());
    if (!book) return std::unexpected{book.error()};
    const auto policy = book->at(reference.county, owed.benefit_month);
    if (!policy) return std::unexpected{policy.error()};

    registry::Register facts;
    registry::Snapshot snapshot;
    work->registers().load_register(reference.county, run->known_at, facts);
    registry::take_snapshot(facts, owed.benefit_month, run->known_at, snapshot);
    entitlement::History history{facts, run->known_at, policies_of(*book, reference.county)};
    const auto told = entitlement::explain(snapshot, *policy, owed.programme, owed.component,
                                           owed.beneficiary, language, {}, &history);
    if (!told)
        return refuse(Fault::mismatch,
                      fmt::format("{} yuan is on the books, recomputing gives nothing: {}",
                                  owed.amount.yuan(), told.error().message()),
                      reference.text());
    // Of arrears the month's whole amount is recomputed; what was awarded before is on record, and what was kept for
    // receivables is not in the payment.
    std::optional<Correction> correction;
    if (owed.kind == payment::Kind::arrears) {
        correction = work->recovery().correction_of(run->no, reference.county, owed.serial);
        if (!correction)
            return refuse(Fault::mismatch, "arrears on the books that no correction explains",
                          reference.text());
    }
    std::vector<Offset> kept = work->recovery().offsets(run->no, reference.county);
    std::erase_if(kept, [&](const Offset& offset) { return offset.serial != owed.serial; });
    Money whole = owed.amount;
    for (const Offset& offset : kept) whole += offset.amount;
    const Money due = correction ? correction->awarded + whole : whole;
    if (told->amount != due || told->payee_kind != owed.payee_kind || told->payee != owed.payee ||
        (correction && correction->due != due))
        return refuse(Fault::mismatch,
                      fmt::format("{} yuan to {} is on the books, recomputing gives {} yuan to {}",
                                  due.yuan(), owed.payee, told->amount.yuan(), told->payee),
                      reference.text());

    Report report{{"核定依据", "Why this amount"}, {}, {}};
    report.fields = {
        {"reference", {"支付编号", "reference"}, reference.text()},
        {"programme",
         {"项目", "programme"},
         Words{std::string{text_of(owed.programme).chinese}, std::string{text_of(owed.programme).code}}},
        {"benefit_month", {"所属月份", "benefit month"}, owed.benefit_month.text()},
        {"amount", {"应发", "owed"}, owed.amount},
        {"kind", {"类别", "kind"}, correction ? Words{"补发", "arrears"} : Words{"当月", "regular"}},
        {"recomputed", {"复算", "recomputed"}, told->amount},
        {"run", {"批次", "run"}, std::int64_t{run->no.number()}},
        {"import", {"数据截至导入", "facts as known at import"}, std::int64_t{run->known_at.number()}},
        {"policy", {"政策版本", "policy book"}, run->policy.hex()}};
    if (correction) {
        report.fields.push_back({"awarded_before", {"原已核定", "awarded before"}, correction->awarded});
        report.fields.push_back({"difference", {"补发差额", "difference"}, whole});
        const auto month =
            MonthThenAndNow::open(tools, *work, *run, *book, reference.county, facts, owed.benefit_month);
        if (!month) return std::unexpected{month.error()};
        report.fields.push_back(
            {"cause", {"首个不同", "first difference"}, (*month)->first_difference(*correction, language)});
    }
    Table offsets{"offsets",
                  {"抵扣追缴款", "Kept for receivables"},
                  {{"receivable", {"追缴编号", "receivable"}},
                   {"amount", {"抵扣", "kept"}},
                   {"reason", {"原因", "reason"}}},
                  {}};
    for (const Offset& offset : kept) {
        const auto about = work->recovery().receivable(reference.county, offset.receivable, run->period);
        ensure(about.has_value(), "an offset for a receivable that is not on record");
        offsets.rows.push_back({offset.receivable, offset.amount, about->receivable.reason});
    }
    Table steps{"steps", {"计算过程", "Steps"}, {{"step", {"步骤", "step"}}, {"text", {"内容", "text"}}}, {}};
    for (std::size_t i = 0; i < told->lines.size(); ++i)
        steps.rows.push_back({static_cast<std::int64_t>(i + 1), told->lines[i]});
    report.tables.push_back(std::move(steps));
    if (!offsets.rows.empty()) report.tables.push_back(std::move(offsets));
    return report;
}

Result<Report> report_differences(Tools& tools, const Identity& by, RunNo no, Language language) {
    const std::string place = fmt::format("run {}", no.number());
    if (by.role == Role::bank)
        return refuse(Fault::forbidden, "banks see their files, not the ledger", place);
    auto work = tools.database.begin();
    const auto run = work->runs().run(no);
    if (!run) return refuse(Fault::unknown, "there is no such run", place);
    if (!by.region.covers(run->region) && !run->region.covers(by.region))
        return refuse(Fault::forbidden, "the run lies outside this officer's region", place);
    const auto book = book_of(tools, *work, run->policy, place);
    if (!book) return std::unexpected{book.error()};
    Report report{{"追补与追缴", "What past months differ by"}, {}, {}};
    const auto past = work->recovery().run_past(no);
    report.fields = {{"run", {"批次", "run"}, std::int64_t{no.number()}},
                     {"period", {"期号", "period"}, run->period.text()},
                     {"from", {"起算月份", "from"}, past ? past->from.text() : std::string{"-"}},
                     {"excluded", {"不补发范围", "excluded"}, past ? past->excluded : std::string{}}};
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
    Money arrears, demanded;
    registry::Register facts;
    for (const UnitState& state : work->runs().units(no)) {
        const County county = state.unit.county;
        if (!by.region.covers(county)) continue;
        const std::vector<Correction> corrections = work->recovery().corrections(no, county);
        if (corrections.empty()) continue;
        work->registers().load_register(county, run->known_at, facts);
        std::unique_ptr<MonthThenAndNow> month;
        std::optional<Month> opened;
        for (const Correction& correction : corrections) {  // By month.
            if (opened != correction.benefit_month) {
                month.reset();
                auto next =
                    MonthThenAndNow::open(tools, *work, *run, *book, county, facts, correction.benefit_month);
                if (!next) return std::unexpected{next.error()};
                month = *std::move(next);
                opened = correction.benefit_month;
            }
            if (correction.serial) arrears += correction.due - correction.awarded;
            demanded += correction.demanded;
            table.rows.push_back({county.text(),
                                  Words{std::string{text_of(correction.programme).chinese},
                                        std::string{text_of(correction.programme).code}},
                                  correction.benefit_month.text(), correction.beneficiary, correction.payee,
                                  std::int64_t{correction.step}, correction.awarded, correction.due,
                                  correction.due - correction.awarded, correction.demanded,
                                  std::int64_t{correction.serial.number()},
                                  month->first_difference(correction, language)});
        }
    }
    report.fields.push_back({"arrears", {"补发合计", "arrears"}, arrears});
    report.fields.push_back({"demanded", {"追缴合计", "demanded back"}, demanded});
    report.tables.push_back(std::move(table));
    return report;
}

}  // namespace onecard::app
