#include "onecard/app/questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "asked.hpp"
#include "wrong_tier.hpp"

namespace onecard::app {

namespace {

using Form = QuestionParameter::Form;

/// Of an answer: so many are in memory at a time.
constexpr std::size_t rows_at_once = 1000;

const QuestionParameter from_period{"from", "1900-01", Form::month};
const QuestionParameter to_period{"to", "this-month", Form::month};
const QuestionParameter as_of{"as_of", "today", Form::day};

const std::vector<Question>& all_questions() {
    static const std::vector<Question> all{
        {"paid_after_death",
         "死亡后发放",
         "paid for months after the month of death",
         {from_period, to_period}},
        {"exclusive_programmes",
         "重复享受",
         "one person, one month, two programmes that exclude each other",
         {from_period, to_period}},
        {"eligible_unpaid", "应享未享", "entitled and not paid", {from_period, to_period}},
        {"money_held",
         "资金滞留",
         "money that lies still for more than n days, and where",
         {{"days", "15", Form::number}, as_of}},
        {"one_account_many", "一卡多人", "one account for n or more payees", {{"payees", "2", Form::number}}},
        {"payee_not_beneficiary",
         "账卡不一致",
         "paid to another than the beneficiary",
         {from_period, to_period}},
        {"by_village_and_approver",
         "按村和审批人",
         "owed and paid by village and approver",
         {from_period, to_period}},
        {"reissue_chains",
         "重发跟踪",
         "every payment that was tried more than once",
         {from_period, to_period}},
        {"sources_and_uses", "资金收支", "source and use of funds", {as_of}},
        {"balances",
         "各维度余额",
         "balances by county, programme, bank, source and year, as of a past moment",
         {as_of, {"known_at", "now", Form::moment}}},
        {"monthly_summary", "发放汇总表", "the monthly summary", {from_period, to_period}},
        {"roster", "花名册", "every payment owed, with pseudonyms", {from_period, to_period}},
        {"person_year",
         "到人年度清单",
         "a person's yearly list",
         {{"person", "", Form::number}, {"year", "", Form::number}}},
        {"bank_reconciliation",
         "银行余额调节表",
         "from what the bank says stands on a transit account to what the books say, item by item",
         {as_of}},
        {"wrong_tier",
         "标准执行核查",
         "each month computed again with the policy of its run: who was paid another amount than that gives "
         "(import: the facts known then; 0: those known now)",
         {from_period, to_period, {"import", "0", Form::number}}},
        {"recoveries", "追缴台账", "what was paid too much and what became of it", {as_of}},
        {"screening",
         "名单比对",
         "whom other authorities' lists name, what was held and who released it",
         {from_period, to_period}},
        {"public_notice",
         "公示表",
         "who is paid, as it is put up in a village: no numbers, no disability, no minors (village 0: all)",
         {from_period, to_period, {"village", "0", Form::number}}},
        {"officials_relatives",
         "优亲厚友",
         "payments to whom a register of officials' relatives names",
         {from_period, to_period}},
        {"asked", "查询留痕", "what auditors asked", {as_of}},
    };
    return all;
}

/// The value as the query takes it. Errors: malformed.
Result<std::string> value_of(const QuestionParameter& parameter, std::string text, Moment now) {
    if (text == "today") text = now.day_in_china().text();
    if (text == "this-month") text = now.day_in_china().month().text();
    if (text == "now") text = now.text();
    const auto malformed = [&](std::string_view why) {
        return refuse(Fault::malformed, fmt::format("«{}» {}", text, why), std::string{parameter.name});
    };
    switch (parameter.form) {
        case Form::number:
            if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
                return malformed("is no whole number");
            return text;
        case Form::month: {
            const auto month = Month::parse(text);
            if (!month) return malformed("is no month, 2022-01");
            return std::to_string(month->number());
        }
        case Form::day: {
            const auto day = Day::parse(text);
            if (!day) return malformed("is no day, 2022-01-31");
            return day->text();
        }
        case Form::moment: {
            const auto moment = Moment::parse(text);
            if (!moment) return malformed("is no moment, 2022-01-31T09:00:00+08:00");
            return moment->text();
        }
    }
    return malformed("has no form");
}

}  // namespace

std::span<const Question> questions() { return all_questions(); }

namespace {

/// A question that may be asked, and the words around its answer.
struct Prepared {
    const Question* question = nullptr;
    std::vector<std::pair<std::string, std::string>> parameters;
    Report head;
    Words title() const { return {std::string{question->chinese}, std::string{question->english}}; }
};

Result<Prepared> prepared(const Identity& by, const Region& region, std::string_view name,
                          const std::map<std::string, std::string>& given, Moment now) {
    const std::string place{name.substr(0, 64)};
    if (by.role == Role::bank)
        return refuse(Fault::forbidden, "banks see their files, not the ledger", place);
    if (!by.region.covers(region))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)), place);
    const auto question = std::ranges::find(all_questions(), name, &Question::name);
    if (question == all_questions().end())
        return refuse(Fault::unknown, "there is no such question; see GET /v1/ledger/questions", place);
    Prepared asked;
    asked.question = &*question;
    asked.parameters = {{"region_low", std::to_string(region.lowest())},
                        {"region_high", std::to_string(region.highest())}};
    asked.head = {asked.title(), {}, {}};
    asked.head.fields = {{"question", {"问题", "question"}, std::string{question->name}},
                         {"region", {"地区", "region"}, region.text()}};
    for (const auto& [key, value] : given)
        if (std::ranges::find(question->parameters, key, &QuestionParameter::name) ==
            question->parameters.end())
            return refuse(Fault::unknown, fmt::format("the question has no parameter {}", key.substr(0, 64)),
                          place);
    for (const QuestionParameter& parameter : question->parameters) {
        const auto said = given.find(std::string{parameter.name});
        if (said == given.end() && parameter.otherwise.empty())
            return refuse(Fault::missing, fmt::format("the question needs {}", parameter.name), place);
        const auto value =
            value_of(parameter, said == given.end() ? std::string{parameter.otherwise} : said->second, now);
        if (!value) return std::unexpected{value.error()};
        asked.parameters.emplace_back(parameter.form == Form::month ? fmt::format("{}_period", parameter.name)
                                                                    : std::string{parameter.name},
                                      *value);
    }
    return asked;
}

}  // namespace

Result<Report> ask_question(Tools& tools, const Identity& by, const Region& region, std::string_view name,
                            const std::map<std::string, std::string>& given, Moment now) {
    std::optional<Report> report;
    const auto answered = stream_question(
        tools, by, region, name, given, now, [&](Report head) { report = std::move(head); },
        [&](Table piece) {
            Table& rows = report->tables.front();
            std::ranges::move(piece.rows, std::back_inserter(rows.rows));
        });
    if (!answered) return std::unexpected{answered.error()};
    return *std::move(report);
}

Result<void> stream_question(Tools& tools, const Identity& by, const Region& region, std::string_view name,
                             const std::map<std::string, std::string>& given, Moment now,
                             const std::function<void(Report head)>& on_head,
                             const std::function<void(Table piece)>& on_rows) {
    auto asked = prepared(by, region, name, given, now);
    if (!asked) return std::unexpected{asked.error()};
    auto work = tools.database.begin_snapshot();
    TextRow names;
    std::vector<TextRow> piece;
    const auto send = [&] {
        piece.insert(piece.begin(), names);
        on_rows(table_of("rows", asked->title(), piece));
        piece.clear();
    };
    const auto take = [&](const TextRow& row) {
        if (names.empty()) {
            names = row;
            asked->head.tables.push_back(table_of("rows", asked->title(), {names}));
            on_head(std::move(asked->head));
            return;
        }
        piece.push_back(row);
        if (piece.size() == rows_at_once) send();
    };
    if (name == "wrong_tier") {
        const auto done = recompute_paid(*work, region, asked->parameters, take);
        if (!done) return done;
    } else {
        work->ledger().ask_each(fmt::format("report_ask_{}", name), asked->parameters, take);
    }
    if (!piece.empty()) send();
    return {};
}

Report list_questions() {
    Report report{{"审计问题", "Questions"}, {}, {}};
    Table table{
        "questions",
        {"问题", "Questions"},
        {{"name", {"名称", "name"}}, {"about", {"内容", "about"}}, {"parameters", {"参数", "parameters"}}},
        {}};
    for (const Question& question : all_questions()) {
        std::string parameters;
        for (const QuestionParameter& parameter : question.parameters)
            parameters += fmt::format("{}{}{}{}", parameters.empty() ? "" : " ", parameter.name,
                                      parameter.otherwise.empty() ? "" : "=", parameter.otherwise);
        table.rows.push_back({std::string{question.name},
                              Words{std::string{question.chinese}, std::string{question.english}},
                              parameters});
    }
    report.tables.push_back(std::move(table));
    return report;
}

void record_asking(Tools& tools, const Identity& by, std::string_view what, Moment now) {
    std::string asked{what.substr(0, 500)};
    // A record is one line of fields.
    std::ranges::replace_if(
        asked, [](char c) { return c == '|' || static_cast<unsigned char>(c) < ' '; }, '?');
    const Act act{"asked", County{}, fmt::format("asked|{}|{}|{}", by.name, by.fingerprint.hex(), asked)};
    auto work = tools.database.begin();
    work->ledger().put_acts({&act, 1}, tools.log(), now);
    work->commit();
}

}  // namespace onecard::app
