#include "onecard/app/books.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "action_words.hpp"
#include "asked.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/recon/breaks.hpp"

namespace onecard::app {

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

Result<void> may_read(const Identity& by, const Region& region, std::string_view what) {
    if (by.role == Role::bank)
        return refuse(Fault::forbidden, "banks see their files, not the ledger", std::string{what});
    if (!by.region.covers(region))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)),
                      std::string{what});
    return {};
}

Parameters region_parameters(const Region& region) {
    return {{"region_low", std::to_string(region.lowest())},
            {"region_high", std::to_string(region.highest())}};
}

Parameters with_slice(Parameters all, const Parameters& slice) {
    all.insert(all.end(), slice.begin(), slice.end());
    return all;
}

std::optional<std::int64_t> number_of(const std::string& text) {
    if (text.empty()) return std::nullopt;
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

struct Heading {
    std::string_view key, chinese, english;
};

// Titles of what queries return; a column that is not here keeps its own name.
constexpr std::array headings{
    Heading{"county", "区划", "county"},
    Heading{"period", "期号", "period"},
    Heading{"serial", "序号", "serial"},
    Heading{"programme", "项目", "programme"},
    Heading{"component", "成分", "component"},
    Heading{"benefit_month", "所属月份", "benefit month"},
    Heading{"beneficiary", "对象", "beneficiary"},
    Heading{"payee", "收款人", "payee"},
    Heading{"amount", "金额", "amount"},
    Heading{"bank", "银行", "bank"},
    Heading{"payments", "笔数", "payments"},
    Heading{"total", "应发", "owed"},
    Heading{"paid", "成功", "paid"},
    Heading{"failed", "失败", "failed"},
    Heading{"in_transit", "在途", "in transit"},
    Heading{"unsent", "未发送", "not sent"},
    Heading{"refused", "银行拒收", "refused"},
    Heading{"paid_total", "成功金额", "paid sum"},
    Heading{"failed_total", "失败金额", "failed sum"},
    Heading{"in_transit_total", "在途金额", "in transit sum"},
    Heading{"unsent_total", "未发送金额", "not sent sum"},
    Heading{"refused_total", "拒收金额", "refused sum"},
    Heading{"bank_name", "银行名称", "bank name"},
    Heading{"reference", "支付编号", "reference"},
    Heading{"reason", "原因", "reason"},
    Heading{"attempt", "次数", "attempt"},
    Heading{"kind", "类型", "kind"},
    Heading{"at", "时间", "at"},
    Heading{"officer", "经办人", "officer"},
    Heading{"step", "环节", "step"},
    Heading{"file_id", "文件", "file"},
    Heading{"line", "行", "line"},
    Heading{"entry_kind", "分录", "entry"},
    Heading{"value_day", "入账日", "value day"},
    Heading{"outcome", "结果", "outcome"},
    Heading{"central_total", "中央", "central"},
    Heading{"province_total", "省级", "province"},
    Heading{"prefecture_total", "市级", "prefecture"},
    Heading{"own_total", "县级", "own"},
    Heading{"used_total", "已拨付", "used"},
    Heading{"promised_total", "已批未拨", "promised"},
    Heading{"available_total", "可用", "available"},
    Heading{"receipts", "收款笔数", "receipts"},
    Heading{"evidence", "证据", "evidence"},
    Heading{"outlier", "异常号", "outlier"},
    Heading{"outlier_kind", "类型", "kind"},
    Heading{"bound_total", "界限", "bound"},
    Heading{"accepted_by", "确认人", "accepted by"},
    Heading{"accepted_because", "确认理由", "because"},
    Heading{"run", "批次", "run"},
};

Words words_of(OutlierKind kind) {
    switch (kind) {
        case OutlierKind::amount: return {"金额超限", "amount"};
        case OutlierKind::account_changed: return {"账户变更", "account-changed"};
        case OutlierKind::listed_dead: return {"在死亡名单", "listed-dead"};
    }
    broken("an outlier of no kind");
}

/// Where a row names a payment, so that people can copy its reference.
struct Naming {
    std::size_t county, period, serial;
    std::optional<std::size_t> attempt;
};

std::optional<Naming> naming_of(const TextRow& names) {
    const auto place = [&](std::string_view name) -> std::optional<std::size_t> {
        const auto found = std::ranges::find(names, name);
        if (found == names.end()) return std::nullopt;
        return static_cast<std::size_t>(found - names.begin());
    };
    const auto county = place("county"), period = place("period"), serial = place("serial");
    if (!county || !period || !serial) return std::nullopt;
    return Naming{*county, *period, *serial, place("attempt")};
}

bool is_of_money(std::string_view name) {
    return name == "total" || name == "amount" || name.ends_with("_total");
}

std::string reference_in(const TextRow& row, const Naming& naming) {
    const auto number = [&](std::size_t at) {
        return static_cast<std::int32_t>(number_of(row[at]).value_or(0));
    };
    return PaymentReference{County::of_number(number(naming.county)), number(naming.period),
                            Serial{number(naming.serial)},
                            static_cast<std::int16_t>(naming.attempt ? number(*naming.attempt) : 1)}
        .text();
}

}  // namespace

Table table_of(LedgerRecords& ledger, std::string key, Words title, std::string_view query,
               const Parameters& parameters) {
    return table_of(std::move(key), std::move(title), ledger.ask(query, parameters));
}

Table table_of(std::string key, Words title, const std::vector<TextRow>& rows) {
    Table table{std::move(key), std::move(title), {}, {}};
    const TextRow& names = rows.front();
    for (const std::string& name : names) {
        const auto known = std::ranges::find(headings, name, &Heading::key);
        Column& column = table.columns.emplace_back(
            known == headings.end()
                ? Column{name, {name, name}}
                : Column{name, {std::string{known->chinese}, std::string{known->english}}});
        column.is_money = is_of_money(name);
    }
    const std::optional<Naming> naming = naming_of(names);
    if (naming) table.columns.insert(table.columns.begin(), Column{"reference", {"支付编号", "reference"}});
    for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
        auto& cells = table.rows.emplace_back();
        if (naming) cells.emplace_back(reference_in(*row, *naming));
        for (std::size_t i = 0; i < row->size(); ++i) {
            const std::string& text = (*row)[i];
            const auto number = number_of(text);
            if (number && is_of_money(names[i])) {
                cells.emplace_back(Money::of_fen(*number));
            } else if (number && names[i] == "programme") {
                const auto programme = programme_of_number(*number);
                if (!programme) {
                    cells.emplace_back(text);
                    continue;
                }
                const ProgrammeText& words = text_of(*programme);
                cells.emplace_back(Words{std::string{words.chinese}, std::string{words.english}});
            } else if (number && names[i] == "entry_kind") {
                const auto kind = ledger::entry_kind_of(*number);
                cells.emplace_back(kind ? std::string{ledger::code_of(*kind)} : text);
            } else if (number && names[i] == "outlier_kind") {
                cells.emplace_back(words_of(static_cast<OutlierKind>(*number)));
            } else if (number && names[i] == "step") {
                cells.emplace_back(std::string{code_of(static_cast<Step>(*number))});
            } else if (number && names[i] == "reason") {
                const auto& words = bankfile::text_of(static_cast<bankfile::Reason>(*number));
                cells.emplace_back(Words{std::string{words.chinese}, std::string{words.english}});
            } else if (number && text.size() < 16 && names[i] != "county") {
                cells.emplace_back(*number);
            } else {
                cells.emplace_back(text);
            }
        }
    }
    return table;
}

namespace {

Cell dimension_cell(std::string_view name, const std::string& text) {
    const std::int64_t number = number_of(text).value_or(0);
    if (name == "county") return text;
    if (name == "source") return std::string{ledger::source_codes.at(static_cast<std::size_t>(number))};
    if (name == "programme") {
        const auto programme = programme_of_number(number);
        if (!programme) return Words{"无", "none"};
        return Words{std::string{text_of(*programme).chinese}, std::string{text_of(*programme).english}};
    }
    return number;
}

/// A single row reads better as fields, one under the other.
void put_fields(Report& report, const Table& table) {
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        report.fields.push_back({table.columns[i].key, table.columns[i].title, table.rows.front()[i]});
}

}  // namespace

Result<Report> Books::trial_balance(const Identity& by, const Region& region, const TrialWish& wish) {
    const auto allowed = may_read(by, region, "trial balance");
    if (!allowed) return std::unexpected{allowed.error()};
    struct Dimension {
        std::string_view name, chinese;
    };
    constexpr std::array dimensions{Dimension{"county", "区划"}, Dimension{"programme", "项目"},
                                    Dimension{"bank", "银行"}, Dimension{"source", "来源"},
                                    Dimension{"year", "年度"}};
    for (const std::string& name : wish.by)
        if (std::ranges::find(dimensions, name, &Dimension::name) == dimensions.end())
            return refuse(
                Fault::malformed,
                fmt::format("«{}» is none of county, programme, bank, source, year", name.substr(0, 64)),
                "trial balance: by");
    auto parameters = region_parameters(region);
    for (const Dimension& dimension : dimensions)
        parameters.emplace_back(fmt::format("by_{}", dimension.name),
                                wish.by.contains(dimension.name) ? "true" : "false");
    parameters.emplace_back("as_of", wish.as_of.text());
    parameters.emplace_back("known_at", wish.known_at.text());
    const bool has_totals = std::ranges::all_of(
        wish.by, [](const std::string& dimension) { return dimension == "county" || dimension == "year"; });
    const AskedReport asked{has_totals ? "report_trial_balance" : "report_trial_balance_by", parameters};
    const std::vector<TextRow> rows = std::move(tools_.database.read({&asked, 1}).front());

    Report report{{"试算平衡表", "Trial balance"}, {}, {}};
    Table table{"accounts", {"科目余额", "Accounts"}, {}, {}};
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        if (!wish.by.contains(dimensions[i].name)) continue;
        shown.push_back(i);
        table.columns.push_back({std::string{dimensions[i].name},
                                 {std::string{dimensions[i].chinese}, std::string{dimensions[i].name}}});
    }
    for (Column column :
         {Column{"account", {"科目", "account"}}, Column{"name", {"名称", "name"}},
          Column{"debit", {"借方", "debit"}, true}, Column{"credit", {"贷方", "credit"}, true},
          Column{"balance", {"余额", "balance"}, true}})
        table.columns.push_back(std::move(column));
    Money debits, credits;
    for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
        const auto number = [&](std::size_t at) {
            const auto found = number_of((*row)[at]);
            ensure(found.has_value(), "a trial balance without numbers");
            return *found;
        };
        const auto account = ledger::account_of(number(dimensions.size()));
        ensure(account.has_value(), "an account that is not in the chart");
        const ledger::AccountText& text = ledger::text_of(*account);
        const Money debit = Money::of_fen(number(dimensions.size() + 1)),
                    credit = Money::of_fen(number(dimensions.size() + 2)), balance = debit - credit;
        std::vector<Cell>& cells = table.rows.emplace_back();
        for (const std::size_t i : shown) cells.push_back(dimension_cell(dimensions[i].name, (*row)[i]));
        cells.emplace_back(std::int64_t{static_cast<std::int32_t>(*account)});
        cells.emplace_back(Words{std::string{text.chinese}, std::string{text.english}});
        cells.emplace_back(debit);
        cells.emplace_back(credit);
        cells.emplace_back(text.debit_side ? balance : -balance);
        debits += debit;
        credits += credit;
    }
    report.fields = {{"region", {"地区", "region"}, region.text()},
                     {"as_of", {"截至记账日", "as of value day"}, wish.as_of.text()},
                     {"known_at", {"截至", "as known at"}, wish.known_at.text()},
                     {"debit", {"借方合计", "debits"}, debits},
                     {"credit", {"贷方合计", "credits"}, credits},
                     {"balances", {"是否平衡", "balances"}, debits == credits}};
    report.tables.push_back(std::move(table));
    return report;
}

Result<Report> Books::person(const Identity& by, County county, PersonNo person) {
    const auto allowed = may_read(by, Region::of(county), "person");
    if (!allowed) return std::unexpected{allowed.error()};
    const AskedReport payments{
        "report_person",
        {{"county", std::to_string(county.number())}, {"person", std::to_string(person.number())}}};
    const auto answers = tools_.database.read({&payments, 1});
    Report report{{"个人发放记录", "A person's payments"}, {}, {}};
    report.fields = {{"county", {"区划", "county"}, county.text()},
                     {"person", {"人员编号", "person"}, person.number()}};
    report.tables.push_back(table_of("payments", {"发放记录", "Payments"}, answers.front()));
    return report;
}

namespace {

/// No payment was ever tried so often; what people decided about a later attempt is in its packet.
constexpr std::int16_t attempts_told_max = 32;

Parameters with_references(Parameters parameters, PaymentReference reference) {
    std::string references;
    for (reference.attempt = 1; reference.attempt <= attempts_told_max; ++reference.attempt)
        references += (references.empty() ? "{" : ",") + reference.text();
    parameters.emplace_back("references", references + "}");
    return parameters;
}

}  // namespace

Result<Report> Books::payment(const Identity& by, const PaymentReference& reference) {
    const auto allowed = may_read(by, Region::of(reference.county), "payment");
    if (!allowed) return std::unexpected{allowed.error()};
    const Parameters parameters{{"county", std::to_string(reference.county.number())},
                                {"period", std::to_string(reference.period)},
                                {"serial", std::to_string(reference.serial.number())}};
    const std::array asked{AskedReport{"report_payment", parameters},
                           AskedReport{"report_payment_steps", parameters},
                           AskedReport{"report_payment_attempts", parameters},
                           AskedReport{"report_payment_entries", with_references(parameters, reference)}};
    const auto answers = tools_.database.read(asked);
    Report report{{"单笔发放全程", "One payment's story"}, {}, {}};
    const Table owed = table_of("payment", {"应发", "Owed"}, answers[0]);
    if (owed.rows.empty()) return refuse(Fault::unknown, "there is no such payment", reference.text());
    put_fields(report, owed);
    report.tables.push_back(table_of("steps", {"审批", "Approvals"}, answers[1]));
    report.tables.push_back(table_of("attempts", {"发放文件与结果", "Attempts"}, answers[2]));
    report.tables.push_back(table_of("entries", {"会计分录", "Entries"}, answers[3]));
    return report;
}

Result<Report> Books::period(const Identity& by, const Region& region, Month period) {
    const auto allowed = may_read(by, region, "period");
    if (!allowed) return std::unexpected{allowed.error()};
    auto work = tools_.database.begin();
    Report report{{"发放汇总表", "What was owed and what became of it"}, {}, {}};
    report.fields = {{"period", {"期号", "period"}, period.text()},
                     {"region", {"地区", "region"}, region.text()}};
    auto parameters = region_parameters(region);
    parameters.emplace_back("period", std::to_string(period.number()));
    Table table = table_of(work->ledger(), "by_programme_and_bank", {"按项目和银行", "By programme and bank"},
                           "report_owed_by_programme_and_bank", parameters);
    const TextRow owed = work->ledger().ask("report_period_units", parameters).at(1);
    const auto sum_of = [&](std::string_view key) {
        std::int64_t sum = 0;
        const auto column = std::ranges::find(table.columns, key, &Column::key);
        ensure(column != table.columns.end(), "a report without a column that it must have");
        for (const auto& row : table.rows) {
            const Cell& cell = row[static_cast<std::size_t>(column - table.columns.begin())];
            sum += std::holds_alternative<Money>(cell) ? std::get<Money>(cell).fen()
                                                       : std::get<std::int64_t>(cell);
        }
        return sum;
    };
    // Nothing may be missing between what the units owe and what their batches hold, and nothing counted twice.
    bool accounted = number_of(owed[0]) == sum_of("payments") && number_of(owed[1]) == sum_of("total");
    for (const std::string_view kind : {"in_transit", "in_transit_total"})
        accounted = accounted && sum_of(kind) >= 0;
    report.fields.push_back({"owed", {"应发金额", "owed"}, Money::of_fen(sum_of("total"))});
    report.fields.push_back({"paid", {"成功金额", "paid"}, Money::of_fen(sum_of("paid_total"))});
    report.fields.push_back({"failed", {"失败金额", "failed"}, Money::of_fen(sum_of("failed_total"))});
    report.fields.push_back(
        {"in_transit", {"在途金额", "in transit"}, Money::of_fen(sum_of("in_transit_total"))});
    report.fields.push_back({"accounted", {"逐笔可核", "every payment accounted for"}, accounted});
    report.tables.push_back(std::move(table));
    return report;
}

Result<Report> Books::breaks(const Identity& by, const Region& region, const Slice& slice) {
    const auto allowed = may_read(by, region, "breaks");
    if (!allowed) return std::unexpected{allowed.error()};
    auto work = tools_.database.begin();
    Report report{{"对账差异", "Breaks"}, {}, {}};
    Table table = table_of(work->ledger(), "breaks", {"差异", "Breaks"}, "report_breaks",
                           with_slice(region_parameters(region), slice.parameters({"county", "break"})));
    const auto kind = std::ranges::find(table.columns, "kind", &Column::key) - table.columns.begin();
    const auto owner = std::ranges::find(table.columns, "owner", &Column::key) - table.columns.begin();
    const auto bank = std::ranges::find(table.columns, "bank", &Column::key) - table.columns.begin();
    for (auto& row : table.rows) {
        const auto& code = std::get<std::string>(row[static_cast<std::size_t>(kind)]);
        const auto known = recon::break_kind_of(code);
        ensure(known.has_value(), "a break of a kind that there is not");
        // Given to nobody it is theirs who have to move first.
        Cell& whose = row[static_cast<std::size_t>(owner)];
        if (std::holds_alternative<std::string>(whose) && std::get<std::string>(whose).empty())
            whose = std::string{recon::code_of(recon::text_of(*known).side)};
        const auto& type = recon::text_of(recon::text_of(*known).type);
        const auto& suggested = recon::text_of(recon::text_of(*known).suggested);
        Words suggestion{std::string{suggested.chinese}, std::string{suggested.code}};
        const auto reason_no = std::get<std::int64_t>(row.back());
        row.pop_back();
        // What to do about a late return is what the correction queue has for its reason.
        if (*known == recon::BreakKind::late_return && reason_no > 0)
            suggestion =
                words_of(profile_of_bank(tools_, BankNo{static_cast<std::int16_t>(std::get<std::int64_t>(
                                                     row[static_cast<std::size_t>(bank)]))})
                             .action_of(static_cast<bankfile::Reason>(reason_no)));
        row.insert(row.begin() + kind + 1,
                   {Words{std::string{type.chinese}, std::string{type.code}}, std::move(suggestion)});
    }
    table.columns.pop_back();
    table.columns.insert(table.columns.begin() + kind + 1,
                         {{"class", {"类别", "class"}}, {"suggestion", {"建议处理", "suggestion"}}});
    report.tables.push_back(std::move(table));
    return report;
}

Result<Report> Books::open_failures(const Identity& by, const Region& region, const Slice& slice) {
    const auto allowed = may_read(by, region, "open failures");
    if (!allowed) return std::unexpected{allowed.error()};
    auto work = tools_.database.begin();
    Report report{{"未成功发放明细", "Failed payments that nothing has followed yet"}, {}, {}};
    report.tables.push_back(table_of(
        work->ledger(), "failures", {"明细", "Failures"}, "report_open_failures",
        with_slice(region_parameters(region), slice.parameters({"county", "period", "serial", "attempt"}))));
    return report;
}

Result<std::string> Books::checkpoint(NoteSigner& signer, Moment now) {
    auto work = tools_.database.begin();
    const std::vector<Digest> log = work->ledger().append_log();
    const std::vector<CheckpointRecord> before = work->ledger().checkpoints();
    if (log.empty())
        return refuse(Fault::missing, "the ledger is empty: there is nothing to commit to", "checkpoint");
    if (!before.empty() && before.back().size == static_cast<std::int64_t>(log.size()))
        return before.back().note;
    audit::Checkpoint checkpoint;
    checkpoint.origin = signer.name();
    checkpoint.size = log.size();
    checkpoint.hash = tools_.log().name;
    checkpoint.root = audit::root_of(tools_.log(), log);
    audit::SignedNote note;
    note.text = checkpoint.text();
    note.signatures.push_back({signer.name(),
                               audit::ed25519_key_id(tools_.sha256, signer.name(), signer.public_key()),
                               signer.sign(note.text)});
    work->ledger().put_checkpoint({static_cast<std::int64_t>(log.size()), checkpoint.root, note.to_string()},
                                  now);
    work->commit();
    return note.to_string();
}

Result<void> check_log_hash(Tools& tools) {
    std::optional<LoggedAct> first = tools.database.begin()->ledger().first_act();
    if (!first || audit::leaf_hash(tools.log(), bytes_of(first->act.canonical(first->at))) == first->digest)
        return {};
    return refuse(Fault::conflict,
                  fmt::format("the ledger's log is hashed in another way than with {}", tools.log().name),
                  "ledger.hash");
}

}  // namespace onecard::app
