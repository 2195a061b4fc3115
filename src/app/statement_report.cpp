#include <array>

#include "asked.hpp"
#include "onecard/app/statements.hpp"

namespace onecard::app {

Result<Report> Statements::state(const Identity& bank, std::string_view name) {
    auto work = tools_.database.begin();
    const auto known = bank.role == Role::bank ? work->statements().state_of(bank.bank, name) : std::nullopt;
    if (!known)
        return refuse(Fault::unknown, "no such statement from this bank", std::string{name.substr(0, 64)});
    Report report{{"对账单", "Statement"}, {}, {}};
    report.fields = {{"statement", {"编号", "number"}, known->no},
                     {"name", {"文件名", "file"}, std::string{name}}};
    Words state{"待核对", "waiting"};
    if (known->accepted) state = *known->accepted ? Words{"已核对", "matched"} : Words{"被拒", "refused"};
    report.fields.push_back({"state", {"状态", "state"}, state});
    if (known->accepted == false) report.fields.push_back({"reason", {"原因", "reason"}, known->reason});
    if (known->accepted != true) return report;
    report.fields.push_back({"lines", {"笔数", "lines"}, known->lines});
    report.fields.push_back({"fitting", {"相符", "that fit"}, known->fitting});
    report.fields.push_back({"breaks", {"差异", "breaks"}, known->breaks});
    return report;
}

namespace {

const Words balances_title{"银行余额调节表", "Balances of the bank and of the books"};

/// What is open between statements and return files.
struct List {
    std::string_view key;
    Words title;
    std::string_view query;
    std::vector<std::string_view> names;  ///< of a row
};
const std::array lists{
    List{"waiting",
         {"银行已记、回盘未报", "Lines that wait for the bank's word"},
         "report_statement_waiting",
         {"county", "bank", "statement_file", "line"}},
    List{"missing",
         {"漏单:回盘已报、银行未记", "Reported as paid, and not on a statement"},
         "report_statement_missing",
         {"county", "bank", "return_file"}},
};

Table read_list(Work& work, const List& list, const Region& region, const Slice& slice) {
    auto parameters = slice.parameters(list.names);
    parameters.emplace_back("region_low", std::to_string(region.lowest()));
    parameters.emplace_back("region_high", std::to_string(region.highest()));
    return table_of(work.ledger(), std::string{list.key}, list.title, list.query, parameters);
}

}  // namespace

Result<Report> Statements::report(const Identity& by, const Region& region, const Slice& slice) {
    if (by.role == Role::bank || !by.region.covers(region))
        return refuse(Fault::forbidden, "outside this officer's region", "statements");
    const std::vector<std::pair<std::string, std::string>> parameters{
        {"region_low", std::to_string(region.lowest())}, {"region_high", std::to_string(region.highest())}};
    Report report{{"银行对账", "Statements of the transit accounts"}, {}, {}};
    auto work = tools_.database.begin();
    auto of_slice = slice.parameters({"county", "bank", "statement"});
    of_slice.insert(of_slice.end(), parameters.begin(), parameters.end());
    report.tables.push_back(
        table_of(work->ledger(), "statements", {"对账单", "Statements"}, "report_statements", of_slice));
    // With the first page the first of the others, too; the rest of those comes by their own pages.
    if (!slice.after.empty()) {
        report.tables.push_back({"balances", balances_title, {}, {}});
        for (const List& list : lists) report.tables.push_back({std::string{list.key}, list.title, {}, {}});
        return report;
    }
    report.tables.push_back(
        table_of(work->ledger(), "balances", balances_title, "report_statement_balance", parameters));
    for (const List& list : lists)
        report.tables.push_back(read_list(*work, list, region, {{}, slice.rows_max}));
    return report;
}

Result<Report> Statements::open_lines(const Identity& by, const Region& region, bool missing,
                                      const Slice& slice) {
    if (by.role == Role::bank || !by.region.covers(region))
        return refuse(Fault::forbidden, "outside this officer's region", "statements");
    const List& list = lists[missing ? 1 : 0];
    Report report{list.title, {}, {}};
    report.tables.push_back(read_list(*tools_.database.begin(), list, region, slice));
    return report;
}

}  // namespace onecard::app
