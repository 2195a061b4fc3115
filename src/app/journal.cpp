#include <fmt/format.h>

#include <array>
#include <iterator>
#include <set>

#include "onecard/app/questions.hpp"
#include "onecard/ledger/entry.hpp"

namespace onecard::app {

namespace {

constexpr std::array sources{"none", "central", "province", "prefecture", "county"};

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
    if (posting.source > 0 && static_cast<std::size_t>(posting.source) < sources.size())
        name += fmt::format(":{}", sources[static_cast<std::size_t>(posting.source)]);
    return name;
}

/// Every export says what it is a digest of and what the ledger had committed to then.
std::string with_proof(Tools& tools, Work& work, std::string text, std::string_view comment) {
    const std::string digest = digest_of(tools.sha256, text).hex();
    text += fmt::format("{} sha256 of every byte before this line: {}\n", comment, digest);
    const auto checkpoints = work.ledger().checkpoints();
    std::string_view note =
        checkpoints.empty() ? std::string_view{"no checkpoint yet\n"} : checkpoints.back().note;
    while (!note.empty()) {
        const std::size_t end = note.find('\n');
        text += fmt::format("{} {}\n", comment, note.substr(0, end));
        note.remove_prefix(end == std::string_view::npos ? note.size() : end + 1);
    }
    return text;
}

}  // namespace

Result<std::string> export_hledger(Tools& tools, const Identity& by, const Region& region) {
    if (const auto allowed = may_export(by, region); !allowed) return std::unexpected{allowed.error()};
    auto work = tools.database.begin();
    std::set<std::string> accounts;
    std::string entries;
    work->ledger().each_entry([&](const LoggedEntry& logged) {
        const ledger::Entry::About& about = logged.entry.about();
        if (!region.covers(about.county)) return;
        fmt::format_to(
            std::back_inserter(entries),
            "\n{} * ({}/{}) {} | {}\n    ; programme:{}, period:{}, lines:{}, known:{}\n    ; digest:{}\n",
            about.value_day.text(), about.county.text(), logged.no, code_of(about.kind), about.cause,
            about.programme, about.period, about.lines, logged.known_at.text(), logged.digest.hex());
        for (const ledger::Posting& posting : logged.entry.postings()) {
            const std::string account = account_name(about, posting);
            accounts.insert(account);
            fmt::format_to(std::back_inserter(entries), "    {}  CNY {}\n", account, posting.amount.yuan());
        }
    });
    std::string text = fmt::format("; onecard journal of region {}\n\ncommodity CNY 1000.00\n",
                                   region.text().empty() ? "everywhere" : region.text());
    for (const std::string& account : accounts) text += fmt::format("account {}\n", account);
    return with_proof(tools, *work, text + entries + "\n", ";");
}

Result<std::string> export_csv(Tools& tools, const Identity& by, const Region& region) {
    if (const auto allowed = may_export(by, region); !allowed) return std::unexpected{allowed.error()};
    auto work = tools.database.begin();
    std::string text =
        "\xef\xbb\xbf"
        "county,entry,kind,cause,value_day,known_at,programme,bank,period,account,account_name,source,debit,credit,digest\r\n";
    work->ledger().each_entry([&](const LoggedEntry& logged) {
        const ledger::Entry::About& about = logged.entry.about();
        if (!region.covers(about.county)) return;
        std::string cause;
        for (const char c : about.cause) cause += c == '"' ? std::string{"\"\""} : std::string{c};
        for (const ledger::Posting& posting : logged.entry.postings()) {
            const bool debit = !posting.amount.is_negative();
            fmt::format_to(std::back_inserter(text), "{},{},{},\"{}\",{},{},{},{},{},{},{},{},{},{},{}\r\n",
                           about.county.text(), logged.no, code_of(about.kind), cause, about.value_day.text(),
                           logged.known_at.text(), about.programme, about.bank.number(), about.period,
                           static_cast<std::int32_t>(posting.account),
                           ledger::text_of(posting.account).chinese, posting.source,
                           debit ? posting.amount.yuan() : "", debit ? "" : (-posting.amount).yuan(),
                           logged.digest.hex());
        }
    });
    return with_proof(tools, *work, std::move(text), "#");
}

}  // namespace onecard::app
