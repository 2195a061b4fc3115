#include "onecard/app/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>

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

    const auto text = work->runs().policy_text(run->policy);
    if (!text || digest_of(tools.sha256, *text) != run->policy)
        return refuse(Fault::tampered, "the recorded policy book is not the one that the run names",
                      reference.text());
    const auto book = policy::parse_book(*text);
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
    if (told->amount != owed.amount || told->payee_kind != owed.payee_kind || told->payee != owed.payee)
        return refuse(Fault::mismatch,
                      fmt::format("{} yuan to {} is on the books, recomputing gives {} yuan to {}",
                                  owed.amount.yuan(), owed.payee, told->amount.yuan(), told->payee),
                      reference.text());

    Report report{{"核定依据", "Why this amount"}, {}, {}};
    report.fields = {
        {"reference", {"支付编号", "reference"}, reference.text()},
        {"programme",
         {"项目", "programme"},
         Words{std::string{text_of(owed.programme).chinese}, std::string{text_of(owed.programme).code}}},
        {"benefit_month", {"所属月份", "benefit month"}, owed.benefit_month.text()},
        {"amount", {"应发", "owed"}, owed.amount},
        {"recomputed", {"复算", "recomputed"}, told->amount},
        {"run", {"批次", "run"}, std::int64_t{run->no.number()}},
        {"import", {"数据截至导入", "facts as known at import"}, std::int64_t{run->known_at.number()}},
        {"policy", {"政策版本", "policy book"}, run->policy.hex()}};
    Table steps{"steps", {"计算过程", "Steps"}, {{"step", {"步骤", "step"}}, {"text", {"内容", "text"}}}, {}};
    for (std::size_t i = 0; i < told->lines.size(); ++i)
        steps.rows.push_back({static_cast<std::int64_t>(i + 1), told->lines[i]});
    report.tables.push_back(std::move(steps));
    return report;
}

}  // namespace onecard::app
