#include "onecard/app/screening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "list_file.hpp"
#include "screen.hpp"
#include "written.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t reason_bytes_max = 500;

Words words_of(ListKind kind) {
    const ListText& text = text_of(kind);
    return {std::string{text.chinese}, std::string{text.english}};
}
Words words_of(Programme programme) {
    return {std::string{onecard::text_of(programme).chinese}, std::string{onecard::text_of(programme).code}};
}

std::int64_t number_in(const std::string& text) { return std::stoll(text); }

/// What the act of an import commits to, a line a row.
std::string text_of(const std::vector<ScreeningRow>& rows) {
    std::string text;
    for (const ScreeningRow& row : rows) {
        fmt::format_to(std::back_inserter(text), "{}|", row.line);
        for (const char byte : row.identity)
            fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(byte));
        fmt::format_to(std::back_inserter(text), "|{}|{}|{}\n", row.from.epoch_days(), row.until.epoch_days(),
                       row.note);
    }
    return text;
}

}  // namespace

Screening::Imported Screening::import_list(const Identity& by, const ListWish& wish, Moment now) {
    Imported imported;
    const std::string_view code = text_of(wish.kind).code;
    const auto stop = [&](Fault fault, std::string text) {
        imported.faults.push_back({fault, std::string{code}, std::move(text)});
    };
    if (by.role != Role::maker) stop(Fault::forbidden, "only a maker imports lists");
    if (!by.region.covers(wish.region)) stop(Fault::forbidden, "outside this maker's region");
    if (wish.snapshot > now.day_in_china())
        stop(Fault::out_of_range, "the list speaks for a day in the future");
    if (const auto source = check_written(wish.source, reason_bytes_max, "the source of the list", {});
        !source)
        imported.faults.push_back(source.error());
    if (!imported.faults.empty()) return imported;

    const auto cipher = tools_.make_cipher();
    const auto bundle = tools_.vault.begin();
    const auto keeping = bundle->begin();
    ListFile file{fmt::format("{}.csv", code), now.day_in_china(),
                  [&](std::string_view id) { return cipher->tag(id); }, imported.faults};
    std::ifstream in{wish.file, std::ios::binary};
    std::vector<char> piece(1 << 18);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
        const std::string_view bytes{piece.data(), static_cast<std::size_t>(in.gcount())};
        file.feed(bytes);
        keeping->append(bytes);
    }
    const std::vector<ScreeningRow> rows = file.finish();
    if (!imported.faults.empty()) return imported;

    auto work = tools_.database.begin();
    ScreeningList list;
    list.no = work->screening().begin_list();
    list.kind = wish.kind;
    list.region = wish.region;
    list.snapshot = wish.snapshot;
    list.source = wish.source;
    list.file = keeping->keep().digest;
    list.rows = static_cast<std::int32_t>(rows.size());
    list.made_by = by.name;
    list.fingerprint = by.fingerprint;
    list.made_at = now;
    try {
        work->screening().put_list(list, rows);
        const Act act{
            "screening-list", County{},
            fmt::format("screening-list|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", list.no, code, list.region.text(),
                        list.snapshot.text(), list.file.hex(), list.rows, list.source,
                        digest_of(tools_.sha256, text_of(rows)).hex(), by.name, by.fingerprint.hex())};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        bundle->sync();
        work->commit();
    } catch (const RefusedByDatabase& refused) {
        if (!refused.constraint().starts_with("screening_list_")) throw;
        stop(Fault::duplicate, "this file is on record as a list already");
        return imported;
    }
    imported.list_no = list.no;
    imported.rows = list.rows;
    return imported;
}

Result<Report> Screening::lists(const Identity& by, const Region& region,
                                const std::vector<ScreeningRule>& rules) {
    if (by.role == Role::bank) return refuse(Fault::forbidden, "banks see their files only", "lists");
    if (!by.region.covers(region))
        return refuse(Fault::forbidden, "outside this officer's region", region.text());
    Report report{{"筛查名单", "Screening lists"}, {}, {}};
    Table table{"lists",
                {"名单", "Lists"},
                {{"list", {"编号", "list"}},
                 {"code", {"代码", "code"}},
                 {"kind", {"类型", "kind"}},
                 {"region", {"地区", "region"}},
                 {"snapshot", {"数据日期", "as of"}},
                 {"rows", {"人数", "rows"}},
                 {"good_until", {"有效至", "good until"}},
                 {"effect", {"处理", "effect"}},
                 {"source", {"来源", "source"}},
                 {"made_by", {"导入人", "imported by"}},
                 {"made_at", {"导入时间", "imported at"}}},
                {}};
    for (const ScreeningList& list : tools_.database.begin()->screening().lists()) {
        if (!region.covers(list.region) && !list.region.covers(region)) continue;
        const auto rule = std::ranges::find(rules, list.kind, &ScreeningRule::kind);
        const bool has_end = rule != rules.end() && rule->months_valid > 0;
        table.rows.push_back({std::int64_t{list.no}, std::string{text_of(list.kind).code},
                              words_of(list.kind), list.region.text(), list.snapshot.text(),
                              std::int64_t{list.rows},
                              has_end ? valid_until(list, *rule).text() : std::string{"-"},
                              rule == rules.end() ? Words{"不使用", "not used"}
                              : rule->holds       ? Words{"暂缓发放", "holds"}
                                                  : Words{"提示", "shows"},
                              list.source, list.made_by, list.made_at.text()});
    }
    report.tables.push_back(std::move(table));
    return report;
}

Result<Report> Screening::findings(const Identity& by, RunNo no, const Slice& slice) {
    const std::string place = fmt::format("run {}", no.number());
    if (by.role == Role::bank) return refuse(Fault::forbidden, "banks see their files only", place);
    auto work = tools_.database.begin();
    const auto run = work->runs().run(no);
    if (!run) return refuse(Fault::unknown, "there is no such run", place);
    if (!by.region.covers(run->region) && !run->region.covers(by.region))
        return refuse(Fault::forbidden, "the run lies outside this officer's region", place);
    Report report{{"发放前筛查", "Screening before paying"}, {}, {}};
    report.fields = {{"run", {"批次", "run"}, std::int64_t{no.number()}},
                     {"period", {"期号", "period"}, run->period.text()}};
    if (const auto screening = work->screening().run_screening(no)) {
        report.fields.push_back(
            {"lists_known", {"已知名单至", "lists known up to"}, std::int64_t{screening->lists_known}});
        report.fields.push_back({"screened_at", {"筛查时间", "fixed at"}, screening->at.text()});
    }
    Table findings{"findings",
                   {"发现", "Findings"},
                   {{"county", {"区划", "county"}},
                    {"subject", {"编号", "finding"}},
                    {"kind", {"类型", "kind"}},
                    {"household", {"户", "household"}},
                    {"person", {"人员", "person"}},
                    {"holds", {"暂缓", "holds"}},
                    {"payments", {"笔数", "payments"}},
                    {"total", {"金额", "total"}},
                    {"evidence", {"依据", "evidence"}}},
                   {}};
    Table holds{"holds",
                {"暂缓发放", "Held"},
                {{"county", {"区划", "county"}},
                 {"subject", {"编号", "finding"}},
                 {"programme", {"项目", "programme"}},
                 {"benefit_month", {"所属月份", "benefit month"}},
                 {"beneficiary", {"对象", "beneficiary"}},
                 {"payee", {"收款人", "payee"}},
                 {"amount", {"金额", "amount"}}},
                {}};
    auto parameters = slice.parameters({"county", "subject"});
    parameters.emplace_back("run", std::to_string(no.number()));
    parameters.emplace_back("region_low", std::to_string(by.region.lowest()));
    parameters.emplace_back("region_high", std::to_string(by.region.highest()));
    const std::vector<TextRow> found = work->ledger().ask("report_run_findings", parameters);
    for (auto row = found.begin() + 1; row != found.end(); ++row)
        findings.rows.push_back({(*row)[0], (*row)[1], words_of(static_cast<ListKind>(number_in((*row)[2]))),
                                 number_in((*row)[3]), number_in((*row)[4]), (*row)[5] == "1",
                                 number_in((*row)[6]), Money::of_fen(number_in((*row)[7])), (*row)[8]});
    // The last row, if the slice is full, only says that there are more: what it holds comes with the next page.
    const std::size_t is_full = static_cast<std::int64_t>(findings.rows.size()) >= slice.rows_max ? 1 : 0;
    if (findings.rows.size() > is_full) {
        const TextRow& last = found[found.size() - 1 - is_full];
        parameters.emplace_back("last_county", last[0]);
        parameters.emplace_back("last_subject", last[1]);
        const std::vector<TextRow> held = work->ledger().ask("report_run_finding_holds", parameters);
        for (auto row = held.begin() + 1; row != held.end(); ++row)
            holds.rows.push_back({(*row)[0], (*row)[1],
                                  words_of(static_cast<Programme>(number_in((*row)[2]))),
                                  Month::parse((*row)[3]).value().text(), number_in((*row)[4]),
                                  number_in((*row)[5]), Money::of_fen(number_in((*row)[6]))});
    }
    const Money held = Money::of_fen(
        std::stoll(work->ledger()
                       .ask("report_held", {{"run", std::to_string(no.number())},
                                            {"region_low", std::to_string(by.region.lowest())},
                                            {"region_high", std::to_string(by.region.highest())}})
                       .at(1)
                       .at(0)));
    report.fields.push_back({"held", {"暂缓金额", "held"}, held});
    Table accepted{"accepted",
                   {"书面同意使用过期名单", "Accepted in writing"},
                   {{"kind", {"类型", "kind"}},
                    {"region", {"地区", "region"}},
                    {"officer", {"同意人", "officer"}},
                    {"at", {"时间", "at"}},
                    {"reason", {"理由", "reason"}}},
                   {}};
    for (const StaleAcceptance& one : work->screening().acceptances(no))
        accepted.rows.push_back(
            {words_of(one.kind), one.region.text(), one.officer, one.at.text(), one.reason});
    report.tables.push_back(std::move(findings));
    report.tables.push_back(std::move(holds));
    report.tables.push_back(std::move(accepted));
    return report;
}

Result<Report> Screening::account_reuse(const Identity& by, const Region& region) {
    if (by.role == Role::bank) return refuse(Fault::forbidden, "banks see their files only", "accounts");
    if (!by.region.covers(region))
        return refuse(Fault::forbidden, "outside this officer's region", region.text());
    const auto rows = tools_.database.begin()->ledger().ask(
        "report_account_reuse",
        {{"region_low", std::to_string(region.lowest())}, {"region_high", std::to_string(region.highest())}});
    Report report{{"一账户多人", "One account, several payees"}, {}, {}};
    Table table{"accounts",
                {"账户", "Accounts"},
                {{"county", {"区划", "county"}},
                 {"payees", {"收款人数", "payees"}},
                 {"payee", {"收款人", "payee"}},
                 {"household", {"户", "household"}},
                 {"bank", {"银行", "bank"}},
                 {"account_group", {"账户组", "account"}}},
                {}};
    // Of one household is one family's card; the rest is for the office to look at.
    std::map<std::string, std::set<std::string>> households;
    for (std::size_t i = 1; i < rows.size(); ++i)
        households[rows[i][5]].insert(rows[i][0] + "/" + rows[i][3]);
    for (std::size_t i = 1; i < rows.size(); ++i)
        if (households[rows[i][5]].size() >= 3) table.rows.emplace_back(rows[i].begin(), rows[i].end());
    report.tables.push_back(std::move(table));
    return report;
}

Result<void> Screening::accept_stale(const Identity& by, RunNo no, ListKind kind, const Region& region,
                                     std::string_view reason, Moment now) {
    const std::string place = fmt::format("run {}/{}", no.number(), text_of(kind).code);
    if (by.role != Role::checker)
        return refuse(Fault::forbidden, "only a checker accepts an old list, in writing", place);
    if (!by.region.covers(region)) return refuse(Fault::forbidden, "outside this checker's region", place);
    const auto written = check_written(reason, reason_bytes_max, "a reason", place);
    if (!written) return written;
    auto work = tools_.database.begin();
    if (!work->runs().run(no)) return refuse(Fault::unknown, "there is no such run", place);
    try {
        work->screening().put_acceptance(
            {no, kind, region, by.name, by.fingerprint, std::string{reason}, now});
        const Act act{"stale-accepted", County{},
                      fmt::format("stale-accepted|{}|{}|{}|{}|{}|{}", no.number(), text_of(kind).code,
                                  region.text(), by.name, by.fingerprint.hex(), reason)};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate, "this was accepted already", place);
    }
    return {};
}

Result<bool> Screening::release(const Identity& by, County county, std::string_view subject,
                                std::string_view reason, Moment now) {
    const std::string place = fmt::format("{}/{}", county.text(), subject);
    if (by.role != Role::maker && by.role != Role::checker)
        return refuse(Fault::forbidden, "a maker proposes and a checker confirms a release", place);
    if (!by.region.covers(county)) return refuse(Fault::forbidden, "outside this officer's region", place);
    const auto written = check_written(reason, reason_bytes_max, "a reason", place);
    if (!written) return std::unexpected{written.error()};
    auto work = tools_.database.begin();
    if (!work->screening().has_finding(county, subject))
        return refuse(Fault::unknown, "no run holds anything for such a finding", place);
    FindingRelease release;
    release.county = county;
    release.subject = subject;
    release.step = by.role == Role::maker ? 1 : 2;
    release.officer = by.name;
    release.fingerprint = by.fingerprint;
    release.reason = reason;
    release.at = now;
    try {
        work->screening().put_release(release);
        const Act act{"finding-release", county,
                      fmt::format("finding-release|{}|{}|{}|{}|{}|{}", county.text(), subject, release.step,
                                  by.name, by.fingerprint.hex(), reason)};
        work->ledger().put_acts({&act, 1}, tools_.log(), now);
        work->commit();
    } catch (const RefusedByDatabase& refused) {
        if (refused.constraint() == "finding_release_pkey")
            return refuse(Fault::duplicate, "this step was taken already", place);
        return refuse(Fault::forbidden,
                      "a release is proposed by a maker first and confirmed by another person with another "
                      "certificate",
                      place);
    }
    return release.step == 2;
}

}  // namespace onecard::app
