#include "report_of_query.hpp"

#include <algorithm>
#include <array>

namespace onecard::app {

namespace {

struct Heading {
    std::string_view key, chinese, english;
};
constexpr std::array headings{
    Heading{"bank", "银行", "bank"},
    Heading{"seq", "序号", "seq"},
    Heading{"file", "文件", "file"},
    Heading{"county", "区划", "county"},
    Heading{"lines", "笔数", "lines"},
    Heading{"total", "金额", "total"},
    Heading{"state", "状态", "state"},
    Heading{"sealed_at", "签章", "sealed"},
    Heading{"sealed_sha256", "签章签名摘要", "sealed sha256"},
    Heading{"released_at", "放行", "released"},
    Heading{"fetched_at", "取走", "fetched"},
    Heading{"fetched_by", "取走证书", "fetched by"},
    Heading{"pushed_at", "推送", "pushed"},
    Heading{"receipt_at", "回执", "receipt"},
    Heading{"receipt_by", "回执证书", "receipt by"},
    Heading{"receipt_sha256", "回执签名摘要", "receipt sha256"},
    Heading{"receipt_reason", "拒收原因", "refused because"},
    Heading{"paid", "成功", "paid"},
    Heading{"failed", "失败", "failed"},
    Heading{"answered_at", "回盘", "answered"},
    Heading{"answered_by", "回盘证书", "answered by"},
    Heading{"answered_sha256", "回盘签名摘要", "answered sha256"},
    Heading{"never_heard_back", "逾期未回应", "never heard back"},
    Heading{"no", "编号", "no"},
    Heading{"expected", "应为", "expected"},
    Heading{"name", "文件名", "file name"},
    Heading{"kind", "类型", "kind"},
    Heading{"at", "时间", "at"},
    Heading{"asked_at", "询问", "asked"},
    Heading{"made_by", "经办", "made by"},
    Heading{"agreed", "相符", "agreed"},
    Heading{"differing", "不符", "differing"},
};

}  // namespace

Table table_of_query(LedgerRecords& records, std::string key, Words title, std::string_view query,
                     const std::vector<std::pair<std::string, std::string>>& parameters) {
    const std::vector<TextRow> rows = records.ask(query, parameters);
    Table table{std::move(key), std::move(title), {}, {}};
    for (const std::string& column : rows.front()) {
        const auto found = std::ranges::find(headings, column, &Heading::key);
        table.columns.push_back(
            found == headings.end()
                ? Column{column, {column, column}}
                : Column{column, {std::string{found->chinese}, std::string{found->english}}});
    }
    for (std::size_t i = 1; i < rows.size(); ++i) {
        std::vector<Cell> cells;
        for (std::size_t c = 0; c < rows[i].size(); ++c) {
            const std::string& column = rows.front()[c];
            if (column == "total")
                cells.emplace_back(Money::of_fen(std::stoll(rows[i][c])));
            else if (column == "seq" || column == "no" || column == "lines" || column == "paid" ||
                     column == "failed" || column == "expected" || column == "bank" || column == "agreed" ||
                     column == "differing")
                cells.emplace_back(std::int64_t{std::stoll(rows[i][c])});
            else
                cells.emplace_back(rows[i][c]);
        }
        table.rows.push_back(std::move(cells));
    }
    return table;
}

}  // namespace onecard::app
