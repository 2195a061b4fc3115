#include "onecard/app/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "month_then_and_now.hpp"
#include "onecard/app/policies.hpp"

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
        {"run_kind",
         {"批次类型", "kind of run"},
         Words{std::string{text_of(run->kind).chinese}, std::string{text_of(run->kind).english}}},
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

}  // namespace onecard::app
