#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>

#include "onecard/app/questions.hpp"
#include "onecard/ledger/entry.hpp"

namespace onecard::app {

namespace {

Result<void> may_export(const Identity& by, const Region& region) {
    if (by.role == Role::bank)
        return refuse(Fault::forbidden, "banks see their files, not the ledger", "journal");
    if (!by.region.covers(region))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)), "journal");
    return {};
}

/// "1002 special account:370212:bank 1:central": two spaces would end an account's name in hledger.
std::string account_name(const ledger::Entry::About& about, const ledger::Posting& posting) {
    std::string name = fmt::format("{} {}:{}", static_cast<std::int32_t>(posting.account),
                                   ledger::text_of(posting.account).english, about.county.text());
    if (posting.account == ledger::Account::agency_bank || posting.account == ledger::Account::bank_claim)
        name += fmt::format(":bank {}", about.bank.number());
    if (posting.fund.is_known())
        name +=
            fmt::format(":{}:{}:{}", ledger::source_codes.at(static_cast<std::size_t>(posting.fund.source)),
                        posting.fund.year, text_of(static_cast<ledger::Purpose>(posting.fund.purpose)).code);
    return name;
}

/// "Assets:A1002:C370212:B1:Central:Y2022:Relief": the roots that beancount knows, and words that begin with a capital.
std::string beancount_account(const ledger::Entry::About& about, const ledger::Posting& posting) {
    static constexpr std::array roots{"Assets", "Liabilities", "Equity", "Income", "Expenses"};
    const auto number = static_cast<std::int32_t>(posting.account);
    std::string name = fmt::format("{}:A{}:C{}", roots.at(static_cast<std::size_t>(number / 1000 - 1)),
                                   number, about.county.text());
    if (posting.account == ledger::Account::agency_bank || posting.account == ledger::Account::bank_claim)
        name += fmt::format(":B{}", about.bank.number());
    if (posting.fund.is_known()) {
        const auto capital = [](std::string_view word) {
            std::string text{word};
            text.front() = static_cast<char>(text.front() - 'a' + 'A');
            return text;
        };
        name += fmt::format(
            ":{}:Y{}:{}", capital(ledger::source_codes.at(static_cast<std::size_t>(posting.fund.source))),
            posting.fund.year, capital(text_of(static_cast<ledger::Purpose>(posting.fund.purpose)).code));
    }
    return name;
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

constexpr std::size_t piece_bytes = std::size_t{256} * 1024;

/// What a journal is written into, piece by piece.
class Pieces {
public:
    explicit Pieces(const std::function<void(std::string_view)>& on_piece) : on_piece_{on_piece} {}
    std::back_insert_iterator<std::string> end() {
        if (text_.size() >= piece_bytes) flush();
        return std::back_inserter(text_);
    }
    void flush() {
        on_piece_(text_);
        text_.clear();
    }

private:
    const std::function<void(std::string_view)>& on_piece_;
    std::string text_;
};

/// Accounts are declared behind the entries: only then all of them are known. To hledger and beancount it is the same.
void write_hledger(LedgerRecords& ledger, const Region& region, Pieces& out) {
    fmt::format_to(out.end(), "; onecard journal of region {}\n\ncommodity CNY 1000.00\n",
                   region.text().empty() ? "everywhere" : region.text());
    std::set<std::string> accounts;
    ledger.each_entry([&](const LoggedEntry& logged) {
        const ledger::Entry::About& about = logged.entry.about();
        if (!region.covers(about.county)) return;
        fmt::format_to(
            out.end(),
            "\n{} * ({}/{}) {} | {}\n    ; programme:{}, period:{}, lines:{}, known:{}\n    ; digest:{}\n",
            about.value_day.text(), about.county.text(), logged.no, code_of(about.kind), about.cause,
            about.programme, about.period, about.lines, logged.known_at.text(), logged.digest.hex());
        for (const ledger::Posting& posting : logged.entry.postings()) {
            const std::string account = account_name(about, posting);
            accounts.insert(account);
            fmt::format_to(out.end(), "    {}  CNY {}\n", account, posting.amount.yuan());
        }
    });
    fmt::format_to(out.end(), "\n");
    for (const std::string& account : accounts) fmt::format_to(out.end(), "account {}\n", account);
}

void write_beancount(LedgerRecords& ledger, const Region& region, Pieces& out) {
    fmt::format_to(out.end(),
                   "; onecard journal of region {}\n\noption \"title\" \"onecard\"\noption "
                   "\"operating_currency\" \"CNY\"\n",
                   region.text().empty() ? "everywhere" : region.text());
    std::map<std::string, Day> opened;
    ledger.each_entry([&](const LoggedEntry& logged) {
        const ledger::Entry::About& about = logged.entry.about();
        if (!region.covers(about.county)) return;
        fmt::format_to(out.end(), "\n{} * {} {}\n  entry: \"{}/{}\"\n  known: \"{}\"\n  digest: \"{}\"\n",
                       about.value_day.text(), in_quotes(code_of(about.kind)), in_quotes(about.cause),
                       about.county.text(), logged.no, logged.known_at.text(), logged.digest.hex());
        for (const ledger::Posting& posting : logged.entry.postings()) {
            const std::string account = beancount_account(about, posting);
            const auto [place, is_new] = opened.try_emplace(account, about.value_day);
            if (!is_new) place->second = std::min(place->second, about.value_day);
            fmt::format_to(out.end(), "  {}  {} CNY\n", account, posting.amount.yuan());
        }
    });
    fmt::format_to(out.end(), "\n");
    for (const auto& [account, day] : opened)
        fmt::format_to(out.end(), "{} open {} CNY\n", day.text(), account);
}

void write_csv(LedgerRecords& ledger, const Region& region, Pieces& out) {
    fmt::format_to(
        out.end(),
        "\xef\xbb\xbf"
        "county,entry,kind,cause,value_day,known_at,programme,bank,period,account,account_name,source,"
        "fund_year,purpose,debit,credit,digest\r\n");
    ledger.each_entry([&](const LoggedEntry& logged) {
        const ledger::Entry::About& about = logged.entry.about();
        if (!region.covers(about.county)) return;
        std::string cause;
        for (const char c : about.cause) cause += c == '"' ? std::string{"\"\""} : std::string{c};
        for (const ledger::Posting& posting : logged.entry.postings()) {
            const bool debit = !posting.amount.is_negative();
            fmt::format_to(out.end(), "{},{},{},\"{}\",{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
                           about.county.text(), logged.no, code_of(about.kind), cause, about.value_day.text(),
                           logged.known_at.text(), about.programme, about.bank.number(), about.period,
                           static_cast<std::int32_t>(posting.account),
                           ledger::text_of(posting.account).chinese, posting.fund.source, posting.fund.year,
                           posting.fund.is_known()
                               ? ledger::text_of(static_cast<ledger::Purpose>(posting.fund.purpose)).code
                               : std::string_view{},
                           debit ? posting.amount.yuan() : "", debit ? "" : (-posting.amount).yuan(),
                           logged.digest.hex());
        }
    });
}

}  // namespace

std::optional<JournalForm> journal_form_of(std::string_view code) {
    if (code == "hledger") return JournalForm::hledger;
    if (code == "beancount") return JournalForm::beancount;
    if (code == "csv") return JournalForm::csv;
    return std::nullopt;
}

Result<void> export_journal(Tools& tools, const Identity& by, const Region& region, JournalForm form,
                            const std::function<void(std::string_view)>& on_piece) {
    if (auto allowed = may_export(by, region); !allowed) return allowed;
    const auto work = tools.database.begin();
    Pieces out{on_piece};
    switch (form) {
        case JournalForm::hledger: write_hledger(work->ledger(), region, out); break;
        case JournalForm::beancount: write_beancount(work->ledger(), region, out); break;
        case JournalForm::csv: write_csv(work->ledger(), region, out); break;
    }
    out.flush();
    return {};
}

ExportProof export_proof(Tools& tools, const Digest& digest) {
    const auto checkpoints = tools.database.begin_question()->ledger().checkpoints();
    return {digest.hex(), checkpoints.empty() ? std::string{"no checkpoint yet\n"} : checkpoints.back().note};
}

std::string proof_lines(const ExportProof& proof, std::string_view comment) {
    std::string text = fmt::format("{} sha256 of every byte before this line: {}\n", comment, proof.sha256);
    std::string_view note = proof.checkpoint;
    while (!note.empty()) {
        const std::size_t end = note.find('\n');
        text += fmt::format("{} {}\n", comment, note.substr(0, end));
        note.remove_prefix(end == std::string_view::npos ? note.size() : end + 1);
    }
    return text;
}

}  // namespace onecard::app
