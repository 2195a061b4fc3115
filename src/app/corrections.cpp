#include "onecard/app/corrections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "action_words.hpp"
#include "onecard/bankfile/profile.hpp"
#include "words.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t evidence_bytes_max = 1000;

struct ColumnText {
    std::string_view key, chinese, english;
    bool is_filled_in;  ///< by people; the others are the house's, and are not read again
};
constexpr std::array columns{
    ColumnText{"reference", "支付编号", "reference", true},
    ColumnText{"county", "区划", "county", false},
    ColumnText{"payee_kind", "收款人类别", "payee kind", false},
    ColumnText{"payee", "收款人编号", "payee", false},
    ColumnText{"amount", "金额", "amount", false},
    ColumnText{"bank", "银行", "bank", false},
    ColumnText{"standing", "状态", "standing", false},
    ColumnText{"reason", "原因", "reason", false},
    ColumnText{"action", "应办事项", "action", false},
    ColumnText{"note", "已作决定", "decided before", false},
    ColumnText{"value_day", "退回日", "since", false},
    ColumnText{"days", "天数", "days", false},
    ColumnText{"return_no", "回盘编号", "return file", false},
    ColumnText{"line", "行", "line", false},
    ColumnText{"decision", "处理", "decision", true},
    ColumnText{"bank_code", "开户行代码", "bank code", true},
    ColumnText{"account_kind", "账户类别", "account kind", true},
    ColumnText{"account", "账号", "account", true},
    ColumnText{"holder", "户名", "holder", true},
    ColumnText{"evidence", "依据", "evidence", true},
};

Words words_of(OpenFailure::Note note) {
    switch (note) {
        case OpenFailure::Note::none: return {"", ""};
        case OpenFailure::Note::held: return {"暂缓", "held"};
        case OpenFailure::Note::free: return {"可重发", "free"};
    }
    std::unreachable();
}

/// A word that people wrote into the sheet.
std::string_view in_english(std::string_view word) {
    struct Pair {
        std::string_view chinese, english;
    };
    static constexpr std::array words{Pair{"更正", "correct"}, Pair{"暂缓", "hold"}, Pair{"重发", "retry"},
                                      Pair{"取消", "cancel"},  Pair{"卡", "card"},   Pair{"银行卡", "card"},
                                      Pair{"存折", "passbook"}};
    const auto found = std::ranges::find(words, word, &Pair::chinese);
    return found == words.end() ? word : found->english;
}

PaymentReference reference_of(const OpenFailure& failure) {
    return {failure.county, failure.period().number(), failure.serial, failure.attempt};
}

/// One row that says something.
struct Row {
    std::int64_t line = 0;
    PaymentReference payment;
    std::string decision, evidence;
    std::array<std::string, 4> account;  ///< bank code, kind, number, holder
};

/// Reads the sheet; every fault of its form into `faults`.
class Sheet {
public:
    Sheet(std::string file, Faults& faults)
        : file_{std::move(file)},
          faults_{faults},
          reader_{file_, [this](std::int64_t line, auto fields) { take(line, fields); }, faults} {}

    void read(const std::filesystem::path& path) {
        std::ifstream in{path, std::ios::binary};
        if (!in) throw std::runtime_error{"the sheet cannot be read"};
        std::vector<char> piece(1 << 16);
        while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
            reader_.feed({piece.data(), static_cast<std::size_t>(in.gcount())});
        reader_.finish();
        if (!named_ && faults_.empty()) fault(1, "reference", "the sheet is empty");
    }
    std::vector<Row> rows;
    std::int64_t left = 0;  ///< rows that say nothing
    void fault(std::int64_t line, std::string_view column, std::string text, Fault kind = Fault::malformed) {
        if (faults_.size() < 10'000)
            faults_.push_back({kind, fmt::format("{}:{}:{}", file_, line, column), std::move(text)});
    }

private:
    void take(std::int64_t line, std::span<const std::string_view> fields) {
        // The digest and the checkpoint that it was given out with (schemas/exports.md).
        if (!fields.empty() && fields.front().starts_with('#')) return;
        if (!named_) return take_names(line, fields);
        if (is_unnamed_) return;
        if (fields.size() != names_.size())
            return fault(line, "row",
                         fmt::format("has {} fields, the first line names {}", fields.size(), names_.size()));
        const auto cell = [&](std::string_view name) {
            const auto found = std::ranges::find(names_, name);
            return found == names_.end() ? std::string_view{}
                                         : fields[static_cast<std::size_t>(found - names_.begin())];
        };
        Row row;
        row.line = line;
        row.decision = in_english(cell("decision"));
        row.evidence = cell("evidence");
        row.account = {std::string{cell("bank_code")}, std::string{in_english(cell("account_kind"))},
                       std::string{cell("account")}, std::string{cell("holder")}};
        const bool has_account =
            std::ranges::any_of(row.account, [](const auto& text) { return !text.empty(); });
        if (row.decision.empty()) {
            if (has_account) return fault(line, "decision", "an account without the decision «correct»");
            ++left;
            return;
        }
        bool good = true;
        const auto wrong = [&](std::string_view column, std::string text) {
            fault(line, column, std::move(text));
            good = false;
        };
        const auto reference = PaymentReference::parse(cell("reference"));
        if (reference)
            row.payment = *reference;
        else
            wrong("reference", "is no payment reference");
        static constexpr std::array<std::string_view, 4> decisions{"correct", "hold", "retry", "cancel"};
        if (std::ranges::find(decisions, row.decision) == decisions.end())
            wrong("decision", "must be correct, hold, retry, cancel or nothing");
        if (row.evidence.empty() || row.evidence.size() > evidence_bytes_max ||
            row.evidence.find_first_of("|\n\r") != std::string::npos)
            wrong("evidence", "needs 1 to 1000 bytes on one line, without '|'");
        if (row.decision != "correct" && has_account)
            wrong("account", "an account goes with the decision «correct» only");
        if (good) rows.push_back(std::move(row));
    }

    void take_names(std::int64_t line, std::span<const std::string_view> fields) {
        named_ = true;
        for (const std::string_view said : fields) {
            const auto known = std::ranges::find_if(columns, [&](const ColumnText& column) {
                // CSV says of money that it is in fen; nobody fills it in.
                return said == column.key || said == column.chinese || said == column.english ||
                       (said.starts_with(column.key) && said.substr(column.key.size()) == "_fen");
            });
            const std::string_view name = known == columns.end() ? said : known->key;
            if (known == columns.end()) {
                fault(line, name.substr(0, 40), "there is no such column");
                is_unnamed_ = true;
            } else if (std::ranges::find(names_, name) != names_.end()) {
                fault(line, name, "the column stands there twice");
                is_unnamed_ = true;
            }
            names_.emplace_back(name);
        }
        for (const std::string_view needed : {"reference", "decision", "evidence"})
            if (std::ranges::find(names_, needed) == names_.end()) {
                fault(line, needed, "the column is missing", Fault::missing);
                is_unnamed_ = true;
            }
        reader_.name_columns(names_);
    }

    std::string file_;
    Faults& faults_;
    bool named_ = false, is_unnamed_ = false;
    std::vector<std::string> names_;
    registry::CsvReader reader_;
};

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

/// The corrected accounts as the register takes them, and of each line of it the line of the sheet.
struct Accounts {
    std::string text =
        "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n";
    std::vector<std::int64_t> sheet_lines{1};
};

/// A fault of the accounts, said of the sheet.
Failure of_sheet(const Failure& fault, const std::string& sheet, const Accounts& accounts) {
    Failure said = fault;
    std::string_view place = fault.place;
    const std::size_t first = place.find(':');
    if (first == std::string_view::npos) return said;
    place.remove_prefix(first + 1);
    std::size_t line = 0;
    std::size_t digits = 0;
    for (; digits < place.size() && place[digits] >= '0' && place[digits] <= '9'; ++digits)
        line = line * 10 + static_cast<std::size_t>(place[digits] - '0');
    if (digits == 0 || line == 0 || line > accounts.sheet_lines.size()) return said;
    said.place = fmt::format("{}:{}{}", sheet, accounts.sheet_lines[line - 1], place.substr(digits));
    return said;
}

}  // namespace

Result<Report> Corrections::queue(const Identity& by, const Region& region, Moment now, const Slice& slice) {
    if (by.role == Role::bank || !by.region.covers(region))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)),
                      "corrections");
    std::optional<PaymentReference> after;
    if (!slice.after.empty()) {
        const auto parsed = PaymentReference::parse(slice.after.front());
        if (!parsed) return refuse(Fault::malformed, "is no cursor of this list", "after");
        after = *parsed;
    }
    Report report{{"更正清单", "Corrections"}, {}, {}};
    Table table{"corrections", {"更正清单", "Corrections"}, {}, {}};
    for (const ColumnText& column : columns)
        table.columns.push_back(
            {std::string{column.key}, {std::string{column.chinese}, std::string{column.english}}});
    auto work = tools_.database.begin();
    const std::vector<Bank> banks = work->registers().banks();
    const std::int64_t today = now.day_in_china().epoch_days();
    for (const OpenFailure& failure : work->payments().open_failures_after(region, after, slice.rows_max)) {
        const auto bank = std::ranges::find(banks, failure.bank, &Bank::no);
        const bankfile::ReasonText& reason = bankfile::text_of(failure.reason);
        const bankfile::Action action = profile_of_bank(tools_, failure.bank).action_of(failure.reason);
        table.rows.push_back({reference_of(failure).text(),
                              failure.county.text(),
                              failure.payee_kind == registry::PayeeKind::person ? std::string{"person"}
                                                                                : std::string{"institution"},
                              failure.payee,
                              failure.amount,
                              bank == banks.end() ? std::string{} : bank->name,
                              std::string{recon::code_of(failure.standing)},
                              Words{std::string{reason.chinese}, std::string{reason.english}},
                              words_of(action),
                              words_of(failure.note),
                              failure.value_day.text(),
                              today - failure.value_day.epoch_days(),
                              failure.return_no,
                              std::int64_t{failure.line},
                              std::string{},
                              std::string{},
                              std::string{},
                              std::string{},
                              std::string{},
                              std::string{}});
    }
    report.tables.push_back(std::move(table));
    return report;
}

Result<Corrections::Outcome> Corrections::take(const Identity& by, const Brought& brought, Moment now,
                                               const ImportRoom& room) {
    if (by.role != Role::maker) return refuse(Fault::forbidden, "this is for a maker", "corrections");
    const std::filesystem::path& path = brought.csv;
    const std::string& file = brought.name;
    Outcome outcome;
    outcome.faults = brought.faults;
    Sheet sheet{file, outcome.faults};
    sheet.read(path);
    outcome.left = sheet.left;

    std::map<PaymentReference, OpenFailure> open;
    std::vector<Bank> banks;
    {
        auto work = tools_.database.begin();
        banks = work->registers().banks();
        for (OpenFailure& failure : work->payments().open_failures(by.region))
            open.emplace(reference_of(failure), std::move(failure));
    }
    std::set<PaymentReference> seen;
    std::set<std::string> accounts_seen;
    Accounts accounts;
    for (const Row& row : sheet.rows) {
        const auto found = open.find(row.payment);
        if (found == open.end()) {
            sheet.fault(row.line, "reference", "is no open failure of this region", Fault::unknown);
            continue;
        }
        if (!seen.insert(row.payment).second) {
            sheet.fault(row.line, "reference", "stands in the sheet twice", Fault::duplicate);
            continue;
        }
        if (row.decision != "correct") continue;
        const OpenFailure& failure = found->second;
        std::string line =
            fmt::format("{},{},{},{},{},{},{},{},\n", failure.county.text(),
                        failure.payee_kind == registry::PayeeKind::person ? "person" : "institution",
                        failure.payee, in_quotes(row.account[0]), in_quotes(row.account[1]),
                        in_quotes(row.account[2]), in_quotes(row.account[3]), failure.period().text());
        // One payee with several failures has one account.
        if (!accounts_seen.insert(line).second) continue;
        accounts.text += line;
        accounts.sheet_lines.push_back(row.line);
    }
    const bool has_accounts = accounts.sheet_lines.size() > 1;
    if (has_accounts) {
        registry::RegisterFiles decoded;
        Faults faults;
        const registry::DecodeContext context{now.day_in_china(), [&](std::string_view code) {
                                                  const auto bank =
                                                      std::ranges::find(banks, code, &Bank::code);
                                                  return bank == banks.end() ? BankNo{} : bank->no;
                                              }};
        registry::RegisterDecoder decoder{registry::FileKind::accounts, "accounts.csv", context, decoded,
                                          faults};
        decoder.feed(accounts.text);
        decoder.finish();
        if (faults.empty()) registry::check_together(decoded, faults);
        for (const Failure& fault : faults) outcome.faults.push_back(of_sheet(fault, file, accounts));
    }
    if (!outcome.faults.empty()) return outcome;

    if (has_accounts) {
        const std::filesystem::path accounts_file =
            path.parent_path() / (path.filename().string() + ".accounts");
        {
            std::ofstream out{accounts_file, std::ios::binary};
            out << accounts.text;
            if (!out.flush()) throw std::runtime_error{"the corrected accounts cannot be written"};
        }
        const auto cipher = tools_.make_cipher();
        const ImportOutcome imported =
            import_register(tools_.database, tools_.vault, *cipher, tools_.sha256, tools_.log(), by,
                            {{registry::FileKind::accounts, accounts_file}}, now, room);
        std::filesystem::remove(accounts_file);
        for (const Failure& fault : imported.faults)
            outcome.faults.push_back(of_sheet(fault, file, accounts));
        if (!outcome.faults.empty()) return outcome;
        outcome.import = imported.no;
    }
    std::vector<Act> acts;
    for (const Row& row : sheet.rows) {
        std::optional<Failure> refused;
        if (row.decision == "correct") {
            ++outcome.corrected;
            acts.push_back(
                {"corrected", row.payment.county,
                 fmt::format("corrected|{}|{}|{}|{}|{}", row.payment.text(), outcome.import.number(), by.name,
                             by.fingerprint.hex(), row.evidence)});
        } else if (row.decision == "cancel") {
            if (auto proposed = decisions_.cancel(by, row.payment, row.evidence, now); !proposed)
                refused = proposed.error();
            else
                ++outcome.cancelled;
        } else {
            const bool retry = row.decision == "retry";
            if (auto noted = decisions_.note(by, row.payment, retry, row.evidence, now); !noted)
                refused = noted.error();
            else
                ++(retry ? outcome.freed : outcome.held);
        }
        // Somebody was faster: what was done stands, the row is told.
        if (refused) sheet.fault(row.line, "reference", refused->text, refused->fault);
    }
    if (!acts.empty()) {
        auto work = tools_.database.begin();
        work->ledger().put_acts(acts, tools_.log(), now);
        work->commit();
    }
    return outcome;
}

}  // namespace onecard::app
