#include "onecard/app/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "settle_past.hpp"
#include "written.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t text_bytes_max = 200;

std::string place_of(County county, std::int64_t receivable) {
    return fmt::format("{}/receivable {}", county.text(), receivable);
}

Result<void> may(const Identity& by, Role role, County county, const std::string& place) {
    if (by.role != role)
        return refuse(Fault::forbidden, fmt::format("this is for a {}", name_of(role)), place);
    if (!by.region.covers(county))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)), place);
    return {};
}

Result<void> check_text(std::string_view text, std::string_view what, const std::string& place) {
    return check_written(text, text_bytes_max, what, place);
}

Words words_of(Origin origin) {
    switch (origin) {
        case Origin::difference: return {"重新核定", "difference"};
        case Origin::double_payment: return {"重复发放", "double payment"};
        case Origin::death: return {"死亡后发放", "paid after death"};
        case Origin::other: return {"其他", "other"};
        case Origin::transferred: return {"移交接收", "taken over"};
    }
    std::unreachable();
}

Words words_of(RecoveryKind kind) {
    switch (kind) {
        case RecoveryKind::cash: return {"现金退回", "cash"};
        case RecoveryKind::offset: return {"抵扣", "offset"};
        case RecoveryKind::write_off: return {"核销", "write-off"};
        case RecoveryKind::transfer: return {"移交", "transfer"};
    }
    std::unreachable();
}

/// One step in the life of a receivable, with its entries and act.
void put_step(const Tools& tools, Work& work, const OpenReceivable& owed, Recovery step,
              std::vector<ledger::Entry>& entries) {
    step.county = owed.receivable.county;
    step.receivable = owed.receivable.no;
    step.step = owed.steps + 1;
    step.owed_before = owed.open;
    work.recovery().put_recoveries({&step, 1});
    const Recovered one{step, owed.receivable};
    auto books = work.ledger().fund_books(step.county, {&owed.receivable.benefit_month, 1});
    add_entries_of_recovered(tools.log(), books, {&one, 1}, entries);
}

std::int64_t number_in(const std::string& text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

Result<std::int64_t> RecoveryBook::record(const Identity& by, const Overpayment& wish, Moment now) {
    const std::string place = wish.payment.text();
    const County county = wish.payment.county;
    if (const auto allowed = may(by, Role::maker, county, place); !allowed)
        return std::unexpected{allowed.error()};
    for (const auto& [text, what] :
         {std::pair{&wish.document, "a document"}, std::pair{&wish.reason, "a reason"}})
        if (const auto good = check_text(*text, what, place); !good) return std::unexpected{good.error()};
    if (wish.origin != Origin::double_payment && wish.origin != Origin::death && wish.origin != Origin::other)
        return refuse(Fault::malformed, "an office records a double payment, a death or another reason",
                      place);
    auto work = tools_.database.begin();
    work->recovery().lock(county);
    const auto found = work->payments().find({&wish.payment, 1});
    if (found.empty()) return refuse(Fault::unknown, "there is no such payment", place);
    const payment::Payment& paid = found.front();
    if (work->recovery().paid(paid.part, county, {&paid.serial, 1}).empty())
        return refuse(Fault::conflict, "this payment has not arrived: there is nothing to recover", place);
    Money demanded;
    for (const Obligation& one :
         work->recovery().demanded(county, paid.benefit_month, paid.benefit_month.next()))
        if (one.programme == paid.programme && one.component == paid.component &&
            one.beneficiary == paid.beneficiary)
            demanded = one.amount;
    if (wish.amount <= Money{} || wish.amount + demanded > paid.amount)
        return refuse(Fault::out_of_range,
                      fmt::format("{} yuan were paid, {} of them are demanded back already",
                                  paid.amount.yuan(), demanded.yuan()),
                      place);
    Receivable receivable;
    receivable.county = county;
    receivable.cause =
        fmt::format("payment {} document {}", wish.payment.text().substr(0, 22), wish.document);
    receivable.origin = wish.origin;
    receivable.programme = paid.programme;
    receivable.component = paid.component;
    receivable.benefit_month = paid.benefit_month;
    receivable.beneficiary = paid.beneficiary;
    receivable.payee_kind = paid.payee_kind;
    receivable.payee = paid.payee;
    receivable.amount = wish.amount;
    receivable.found = now.day_in_china();
    receivable.prior_year = paid.benefit_month.year() < receivable.found.month().year();
    receivable.reason = wish.reason;
    receivable.made_by = by.name;
    try {
        work->recovery().put_receivables({&receivable, 1});
        std::vector<ledger::Entry> entries;
        auto books = work->ledger().fund_books(county, {&receivable.benefit_month, 1});
        add_entries_of_found(tools_.log(), books, {&receivable, 1}, entries);
        work->ledger().put_entries(entries, tools_.log(), now);
        const Act act{
            "overpayment", county,
            fmt::format("overpayment|{}|{}|{}|{}|{}|{}|{}", county.text(), receivable.no, wish.payment.text(),
                        wish.amount.fen(), wish.document, by.name, by.fingerprint.hex())};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate, "this document was used for this payment already", place);
    }
    return receivable.no;
}

Result<void> RecoveryBook::take_cash(const Identity& by, County county, std::int64_t no, Money amount,
                                     Day day, std::string_view document, Moment now) {
    const std::string place = place_of(county, no);
    if (auto allowed = may(by, Role::maker, county, place); !allowed) return allowed;
    if (auto good = check_text(document, "a document", place); !good) return good;
    if (day > now.day_in_china()) return refuse(Fault::out_of_range, "the day lies in the future", place);
    auto work = tools_.database.begin();
    work->recovery().lock(county);
    const auto owed = work->recovery().receivable(county, no, now.day_in_china().month());
    if (!owed) return refuse(Fault::unknown, "there is no such receivable", place);
    if (amount <= Money{} || amount > owed->open)
        return refuse(Fault::out_of_range, fmt::format("{} yuan are open", owed->open.yuan()), place);
    Recovery step;
    step.kind = RecoveryKind::cash;
    step.amount = amount;
    step.value_day = day;
    step.document = document;
    step.officer = by.name;
    step.fingerprint = by.fingerprint;
    step.at = now;
    try {
        std::vector<ledger::Entry> entries;
        put_step(tools_, *work, *owed, step, entries);
        work->ledger().put_entries(entries, tools_.log(), now);
        const Act act{"recovered", county,
                      fmt::format("recovered|{}|{}|cash|{}|{}|{}|{}", county.text(), no, amount.fen(),
                                  document, by.name, by.fingerprint.hex())};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate, "this document was used for this receivable already", place);
    }
    return {};
}

Result<void> RecoveryBook::agree_instalment(const Identity& by, County county, std::int64_t no, Money monthly,
                                            Month from, std::string_view document, Moment now) {
    const std::string place = place_of(county, no);
    if (auto allowed = may(by, Role::maker, county, place); !allowed) return allowed;
    if (auto good = check_text(document, "a document", place); !good) return good;
    if (monthly.is_negative()) return refuse(Fault::out_of_range, "an instalment is not negative", place);
    auto work = tools_.database.begin();
    work->recovery().lock(county);
    if (!work->recovery().receivable(county, no, from))
        return refuse(Fault::unknown, "there is no such receivable", place);
    Instalment agreed;
    agreed.county = county;
    agreed.receivable = no;
    agreed.monthly = monthly;
    agreed.from = from;
    agreed.document = document;
    agreed.officer = by.name;
    agreed.fingerprint = by.fingerprint;
    agreed.at = now;
    work->recovery().put_instalment(agreed);
    const Act act{"instalment", county,
                  fmt::format("instalment|{}|{}|{}|{}|{}|{}|{}", county.text(), no, monthly.fen(),
                              from.text(), document, by.name, by.fingerprint.hex())};
    work->ledger().put_acts({&act, 1}, tools_.log(), now);
    work->commit();
    return {};
}

Result<std::int64_t> RecoveryBook::propose(const Identity& by, County county, std::int64_t no,
                                           RecoveryKind kind, County to, std::string_view reason,
                                           Moment now) {
    const std::string place = place_of(county, no);
    if (const auto allowed = may(by, Role::maker, county, place); !allowed)
        return std::unexpected{allowed.error()};
    if (const auto good = check_text(reason, "a reason", place); !good) return std::unexpected{good.error()};
    if (kind != RecoveryKind::write_off && kind != RecoveryKind::transfer)
        return refuse(Fault::malformed, "write-offs and transfers are proposed", place);
    if ((kind == RecoveryKind::transfer) != (to != County{}) || to == county)
        return refuse(Fault::malformed, "a transfer names another office, a write-off none", place);
    auto work = tools_.database.begin();
    work->recovery().lock(county);
    const auto owed = work->recovery().receivable(county, no, now.day_in_china().month());
    if (!owed) return refuse(Fault::unknown, "there is no such receivable", place);
    if (owed->open.is_zero()) return refuse(Fault::conflict, "nothing of it is open", place);
    Proposal proposal;
    proposal.county = county;
    proposal.receivable = no;
    proposal.kind = kind;
    proposal.amount = owed->open;
    proposal.to = to;
    proposal.reason = reason;
    proposal.officer = by.name;
    proposal.fingerprint = by.fingerprint;
    proposal.at = now;
    const std::int64_t number = work->recovery().put_proposal(proposal);
    const Act act{"recovery-proposed", county,
                  fmt::format("recovery-proposed|{}|{}|{}|{}|{}|{}|{}|{}|{}", county.text(), number, no,
                              code_of(kind), proposal.amount.fen(), to == County{} ? "-" : to.text(), by.name,
                              by.fingerprint.hex(), reason)};
    work->ledger().put_acts({&act, 1}, tools_.log(), now);
    work->commit();
    return number;
}

Result<void> RecoveryBook::approve(const Identity& by, County county, std::int64_t no, Moment now) {
    const std::string place = fmt::format("{}/proposal {}", county.text(), no);
    if (auto allowed = may(by, Role::checker, county, place); !allowed) return allowed;
    auto work = tools_.database.begin();
    const auto proposal = work->recovery().proposal(county, no);
    if (!proposal) return refuse(Fault::unknown, "there is no such proposal", place);
    // Both offices' books are locked in one order, so that two transfers cannot wait for each other.
    std::array<County, 2> offices{county, proposal->to == County{} ? county : proposal->to};
    std::ranges::sort(offices);
    for (const County office : offices) work->recovery().lock(office);
    const auto owed = work->recovery().receivable(county, proposal->receivable, now.day_in_china().month());
    ensure(owed.has_value(), "a proposal without its receivable");
    if (owed->open != proposal->amount)
        return refuse(Fault::stale,
                      fmt::format("{} yuan are open by now, {} were proposed: propose it again",
                                  owed->open.yuan(), proposal->amount.yuan()),
                      place);
    Recovery step;
    step.kind = proposal->kind;
    step.amount = proposal->amount;
    step.value_day = now.day_in_china();
    step.document = fmt::format("proposal {}", no);
    step.officer = by.name;
    step.fingerprint = by.fingerprint;
    step.at = now;
    step.proposal = *proposal;
    try {
        std::vector<ledger::Entry> entries;
        put_step(tools_, *work, *owed, step, entries);
        if (proposal->kind == RecoveryKind::transfer) {
            Receivable taken = owed->receivable;
            taken.county = proposal->to;
            taken.cause = fmt::format("from {}/{}/{}", county.text(), proposal->receivable, owed->steps + 1);
            taken.origin = Origin::transferred;
            taken.amount = proposal->amount;
            taken.found = now.day_in_china();
            taken.reason = proposal->reason;
            taken.made_by = by.name;
            work->recovery().put_receivables({&taken, 1});
            ledger::FundBooks nobodys;  // What another office's funds were is not this county's to say.
            add_entries_of_found(tools_.log(), nobodys, {&taken, 1}, entries);
        }
        work->ledger().put_entries(entries, tools_.log(), now);
        const Act act{"recovery-approved", county,
                      fmt::format("recovery-approved|{}|{}|{}|{}|{}", county.text(), no,
                                  proposal->amount.fen(), by.name, by.fingerprint.hex())};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase& refused) {
        return refuse(Fault::forbidden,
                      fmt::format("another person with another certificate approves it, once ({})",
                                  refused.constraint()),
                      place);
    }
    return {};
}

Result<void> RecoveryBook::remit(const Identity& by, County county, Money amount, std::string_view document,
                                 Moment now) {
    const std::string place = fmt::format("{}/remittance {}", county.text(), document);
    if (auto allowed = may(by, Role::maker, county, place); !allowed) return allowed;
    if (auto good = check_text(document, "a document", place); !good) return good;
    auto work = tools_.database.begin();
    work->recovery().lock(county);
    ledger::FundBooks books = work->ledger().funds_to_remit(county);
    const Money there = books.total(ledger::FundPlace::to_remit);
    if (amount <= Money{} || amount > there)
        return refuse(Fault::out_of_range, fmt::format("{} yuan wait to be remitted", there.yuan()), place);
    ledger::Entry::About about;
    about.county = county;
    about.kind = ledger::EntryKind::remitted;
    about.cause = fmt::format("document {}", document);
    about.value_day = now.day_in_china();
    auto entry = books.post(std::move(about), amount);
    if (!entry) return std::unexpected{entry.error()};
    try {
        work->ledger().put_entries({&*entry, 1}, tools_.log(), now);
        const Act act{"remitted", county,
                      fmt::format("remitted|{}|{}|{}|{}|{}", county.text(), amount.fen(), document, by.name,
                                  by.fingerprint.hex())};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate, "this document was used already", place);
    }
    return {};
}

Result<Report> RecoveryBook::open(const Identity& by, const Region& region, Month month, Day today,
                                  const Slice& slice) {
    if (by.role == Role::bank) return refuse(Fault::forbidden, "banks see their files only", "receivables");
    if (!by.region.covers(region))
        return refuse(Fault::forbidden, "outside this officer's region", region.text());
    auto work = tools_.database.begin();
    Report report{{"追缴台账", "The recovery book"}, {}, {}};
    Table table{"receivables",
                {"未收回", "Open receivables"},
                {{"county", {"区划", "county"}},
                 {"receivable", {"编号", "receivable"}},
                 {"origin", {"来源", "origin"}},
                 {"programme", {"项目", "programme"}},
                 {"benefit_month", {"所属月份", "benefit month"}},
                 {"beneficiary", {"对象", "beneficiary"}},
                 {"payee", {"收款人", "payee"}},
                 {"amount", {"应收回", "amount"}},
                 {"open", {"未收回", "open"}},
                 {"monthly", {"每月分期", "instalment"}},
                 {"found", {"发现日期", "found"}},
                 {"prior_year", {"以前年度", "prior year"}},
                 {"days", {"已过天数", "days"}}},
                {}};
    const std::vector<std::pair<std::string, std::string>> of_region{
        {"region_low", std::to_string(region.lowest())}, {"region_high", std::to_string(region.highest())}};
    auto parameters = slice.parameters({"county", "receivable"});
    parameters.insert(parameters.end(), of_region.begin(), of_region.end());
    parameters.emplace_back("month", std::to_string(month.number()));
    const auto rows = work->ledger().ask("report_receivables", parameters);
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const TextRow& row = rows[i];
        const auto found = Day::of_epoch_days(static_cast<std::int32_t>(number_in(row[10])));
        const auto& programme = text_of(static_cast<Programme>(number_in(row[3])));
        table.rows.push_back(
            {row[0], number_in(row[1]), words_of(static_cast<Origin>(number_in(row[2]))),
             Words{std::string{programme.chinese}, std::string{programme.code}},
             Month::of_number(static_cast<std::int32_t>(number_in(row[4]))).value().text(), number_in(row[5]),
             number_in(row[6]), Money::of_fen(number_in(row[7])), Money::of_fen(number_in(row[8])),
             row[9].empty() ? Cell{std::string{"-"}} : Cell{Money::of_fen(number_in(row[9]))}, found.text(),
             row[11] == "true", std::int64_t{today.epoch_days() - found.epoch_days()}});
    }
    const Money open =
        Money::of_fen(number_in(work->ledger().ask("report_receivables_open", of_region).at(1).at(0)));
    report.fields = {{"region", {"地区", "region"}, region.text()},
                     {"month", {"月份", "month"}, month.text()},
                     {"open", {"未收回合计", "open"}, open}};
    report.tables.push_back(std::move(table));
    return report;
}

Result<Report> RecoveryBook::story(const Identity& by, County county, std::int64_t no, Month month) {
    const std::string place = place_of(county, no);
    if (by.role == Role::bank) return refuse(Fault::forbidden, "banks see their files only", place);
    if (!by.region.covers(county)) return refuse(Fault::forbidden, "outside this officer's region", place);
    auto work = tools_.database.begin();
    const auto owed = work->recovery().receivable(county, no, month);
    if (!owed) return refuse(Fault::unknown, "there is no such receivable", place);
    const Receivable& about = owed->receivable;
    Report report{{"应收追缴款", "One receivable"}, {}, {}};
    report.fields = {
        {"county", {"区划", "county"}, county.text()},
        {"receivable", {"编号", "receivable"}, no},
        {"origin", {"来源", "origin"}, words_of(about.origin)},
        {"cause", {"依据", "cause"}, about.cause},
        {"reason", {"原因", "reason"}, about.reason},
        {"programme",
         {"项目", "programme"},
         Words{std::string{text_of(about.programme).chinese}, std::string{text_of(about.programme).code}}},
        {"benefit_month", {"所属月份", "benefit month"}, about.benefit_month.text()},
        {"beneficiary", {"对象", "beneficiary"}, about.beneficiary},
        {"payee", {"收款人", "payee"}, about.payee},
        {"amount", {"应收回", "amount"}, about.amount},
        {"open", {"未收回", "open"}, owed->open},
        {"found", {"发现日期", "found"}, about.found.text()},
        {"prior_year", {"以前年度", "prior year"}, about.prior_year},
        {"made_by", {"登记人", "recorded by"}, about.made_by}};
    const std::vector<std::pair<std::string, std::string>> parameters{
        {"county", std::to_string(county.number())}, {"receivable", std::to_string(no)}};
    Table steps{"recoveries",
                {"收回过程", "What became of it"},
                {{"step", {"次序", "step"}},
                 {"kind", {"方式", "kind"}},
                 {"amount", {"金额", "amount"}},
                 {"open", {"余额", "left"}},
                 {"value_day", {"入账日", "value day"}},
                 {"document", {"凭证", "document"}},
                 {"officer", {"经办人", "officer"}},
                 {"proposed_by", {"申请人", "proposed by"}},
                 {"reason", {"理由", "reason"}},
                 {"to", {"移交至", "to"}}},
                {}};
    const auto money = [](const std::string& text) { return Money::of_fen(number_in(text)); };
    const auto asked = [&](std::string_view query) { return work->ledger().ask(query, parameters); };
    const auto recoveries = asked("report_recoveries");
    for (std::size_t i = 1; i < recoveries.size(); ++i) {
        const TextRow& row = recoveries[i];
        steps.rows.push_back({number_in(row[0]), words_of(static_cast<RecoveryKind>(number_in(row[1]))),
                              money(row[2]), money(row[3]), row[4], row[5], row[6], row[7], row[8], row[9]});
    }
    Table agreed{"instalments",
                 {"分期约定", "Instalments agreed"},
                 {{"version", {"版本", "version"}},
                  {"monthly", {"每月", "monthly"}},
                  {"from", {"起始月份", "from"}},
                  {"document", {"凭证", "document"}},
                  {"officer", {"经办人", "officer"}}},
                 {}};
    const auto instalments = asked("report_instalments");
    for (std::size_t i = 1; i < instalments.size(); ++i) {
        const TextRow& row = instalments[i];
        agreed.rows.push_back({number_in(row[0]), money(row[1]), row[2], row[3], row[4]});
    }
    Table waiting{"proposals",
                  {"待批", "Waiting for approval"},
                  {{"proposal", {"编号", "proposal"}},
                   {"kind", {"方式", "kind"}},
                   {"amount", {"金额", "amount"}},
                   {"to", {"移交至", "to"}},
                   {"officer", {"申请人", "proposed by"}},
                   {"reason", {"理由", "reason"}}},
                  {}};
    const auto proposals = asked("report_proposals");
    for (std::size_t i = 1; i < proposals.size(); ++i) {
        const TextRow& row = proposals[i];
        waiting.rows.push_back({number_in(row[0]), words_of(static_cast<RecoveryKind>(number_in(row[1]))),
                                money(row[2]), row[3], row[4], row[5]});
    }
    report.tables.push_back(std::move(steps));
    report.tables.push_back(std::move(agreed));
    report.tables.push_back(std::move(waiting));
    return report;
}

}  // namespace onecard::app
