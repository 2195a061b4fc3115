#include "onecard/app/name_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "onecard/bankfile/name_check.hpp"
#include "report_of_query.hpp"
#include "returns.hpp"

namespace onecard::app {

namespace {

std::string word_of(const AskedAccount& asked) {
    return fmt::format("{}{}", asked.payee_kind == registry::PayeeKind::person ? 'P' : 'I', asked.payee);
}

struct Wanted {
    AskedAccount asked;
    const registry::Account* account = nullptr;
};

/// By bank, in the order of payees: whoever is in no earlier question, or in one that its bank could not answer.
std::map<BankNo, std::vector<Wanted>> wanted_of(const std::vector<registry::Account>& accounts,
                                                const std::vector<NameVerdict>& verdicts) {
    std::map<BankNo, std::vector<Wanted>> wanted;
    for (const registry::Account& account : accounts) {
        const AskedAccount asked{account.kind, account.payee, account.recorded.import};
        const auto found = std::ranges::lower_bound(verdicts, asked, {}, &NameVerdict::account);
        const bool is_known = found != verdicts.end() && found->account == asked &&
                              found->reason != bankfile::Reason::in_progress;
        if (!is_known) wanted[account.bank].push_back({asked, &account});
    }
    return wanted;
}

std::string text_of_verdicts(const std::vector<AskedAccount>& asked,
                             const std::vector<bankfile::Reason>& reasons) {
    std::string text;
    for (std::size_t i = 0; i < asked.size(); ++i)
        text += fmt::format("{}|{}|{}|{}|{}\n", i + 1, static_cast<int>(asked[i].payee_kind), asked[i].payee,
                            asked[i].import.number(), static_cast<int>(reasons[i]));
    return text;
}

Report report_on(const std::vector<bankfile::Reason>& reasons) {
    const auto count = [&](bankfile::Reason reason) {
        return std::int64_t{std::ranges::count(reasons, reason)};
    };
    const std::int64_t agreed = count(bankfile::Reason::paid), unknown = count(bankfile::Reason::in_progress);
    Report report{{"户名核验", "Names checked"}, {}, {}};
    report.fields = {
        {"agreed", {"相符", "agreed"}, agreed},
        {"differing", {"不符", "differing"}, static_cast<std::int64_t>(reasons.size()) - agreed - unknown},
        {"unknown", {"未明", "unknown"}, unknown}};
    return report;
}

std::string text_of_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) throw std::runtime_error{path.filename().string() + " cannot be read"};
    return {std::istreambuf_iterator<char>{in}, {}};
}

Result<NameCheckRecord> check_for(Tools& tools, const Identity& bank, std::string_view file_id) {
    if (bank.role == Role::bank && !file_id.empty()) {
        auto found = tools.database.begin_question()->accounts().name_checks_of(bank.bank, file_id);
        if (!found.empty()) return std::move(found.front());
    }
    return refuse(Fault::unknown, "no such name check for this bank", std::string{file_id.substr(0, 64)});
}

}  // namespace

Result<Report> NameChecks::ask(const Identity& by, County county, Month month, Moment now) {
    if (by.role != Role::maker || !by.region.covers(Region::of(county)))
        return refuse(Fault::forbidden, "a maker of this county asks the banks", county.text());
    auto work = tools_.database.begin();
    std::int32_t no = work->accounts().begin_name_check();
    const ImportNo import = work->registers().latest_import();
    std::vector<registry::Account> accounts;
    if (import) work->registers().load_accounts(county, import, month, accounts);
    const auto wanted = wanted_of(accounts, work->accounts().name_verdicts(county));
    if (wanted.empty())
        return refuse(Fault::missing, "there is no account about which its bank was not asked",
                      county.text());
    const auto banks = work->registers().banks();
    const auto cipher = tools_.make_cipher();
    const auto signer = tools_.make_signer();
    Report report{{"户名核验", "Names to check"}, {}, {}};
    Table files{"files",
                {"文件", "Files"},
                {{"bank", {"银行", "bank"}}, {"file", {"文件", "file"}}, {"lines", {"笔数", "lines"}}},
                {}};
    std::vector<Act> acts;
    const auto bundle = tools_.vault.begin();
    for (const auto& [bank_no, lines] : wanted) {
        const auto bank = std::ranges::find(banks, bank_no, &Bank::no);
        ensure(bank != banks.end(), "an account at a bank that is not on record");
        const bool is_national = profile_of_bank(tools_, bank_no).signature == bankfile::SignatureKind::sm2;
        for (std::size_t first = 0; first < lines.size(); first += bankfile::names_per_check_max, ++no) {
            const std::size_t end = std::min(lines.size(), first + bankfile::names_per_check_max);
            bankfile::NameCheck check;
            check.file_id = fmt::format("YKV{}{:06}", county.text(), no);
            check.county = county;
            check.bank_code = bank->code;
            check.made_at = now;
            std::vector<AskedAccount> asked;
            for (std::size_t i = first; i < end; ++i) {
                const auto account = cipher->open(lines[i].account->account);
                if (!account) return std::unexpected{account.error()};
                asked.push_back(lines[i].asked);
                check.lines.push_back({word_of(lines[i].asked), lines[i].account->holder,
                                       lines[i].account->account_kind, *account});
            }
            const auto bytes = bankfile::write_name_check(check, tools_.sm3);
            if (!bytes) return std::unexpected{bytes.error()};
            const auto writing = bundle->begin();
            writing->append(*bytes);
            NameCheckRecord record;
            record.no = no;
            record.county = county;
            record.bank = bank_no;
            record.import = import;
            record.file_id = check.file_id;
            record.lines = static_cast<std::int32_t>(asked.size());
            record.file_digest = writing->keep().digest;
            record.signature =
                is_national ? tools_.make_national_signer()->sign(*bytes) : signer->sign(*bytes);
            record.made_by = by.name;
            record.at = now;
            work->accounts().put_name_check(record, asked);
            acts.push_back({"name-check", County{},
                            fmt::format("name-check|{}|{}|{}|{}|{}|{}", record.file_id, bank_no.number(),
                                        import.number(), record.file_digest.hex(),
                                        digest_of(tools_.sha256, record.signature).hex(), by.name)});
            files.rows.push_back(
                {std::int64_t{bank_no.number()}, record.file_id, std::int64_t{record.lines}});
        }
    }
    work->ledger().put_acts(acts, tools_.log(), now);
    bundle->sync();
    work->commit();
    report.tables.push_back(std::move(files));
    return report;
}

Result<Report> NameChecks::rounds(const Identity& by, const Region& region, const Slice& slice) {
    if (by.role == Role::bank || !by.region.covers(region))
        return refuse(Fault::forbidden, fmt::format("outside this {}'s region", name_of(by.role)),
                      "accounts");
    auto work = tools_.database.begin();
    Report report{{"户名核验", "Names to check"}, {}, {}};
    auto parameters = slice.parameters({"county", "file"});
    parameters.emplace_back("region_low", std::to_string(region.lowest()));
    parameters.emplace_back("region_high", std::to_string(region.highest()));
    report.tables.push_back(table_of_query(work->ledger(), "checks", {"户名核验", "Name checks"},
                                           "report_name_checks", parameters));
    return report;
}

Result<Report> NameChecks::files(const Identity& bank) {
    if (bank.role != Role::bank) return refuse(Fault::forbidden, "only banks check names", "name-checks");
    Report report{{"户名核验", "Names to check"}, {}, {}};
    Table files{"checks",
                {"文件", "Files"},
                {{"file_id", {"文件名", "file"}},
                 {"lines", {"笔数", "lines"}},
                 {"sha256", {"摘要", "sha256"}},
                 {"state", {"状态", "state"}}},
                {}};
    for (const NameCheckRecord& check :
         tools_.database.begin_question()->accounts().name_checks_of(bank.bank, ""))
        files.rows.push_back({check.file_id, std::int64_t{check.lines}, check.file_digest.hex(),
                              check.answered_at ? Words{"已回复", "answered"} : Words{"待回复", "waiting"}});
    report.tables.push_back(std::move(files));
    return report;
}

Result<NameChecks::Download> NameChecks::file(const Identity& bank, std::string_view file_id) {
    const auto check = check_for(tools_, bank, file_id);
    if (!check) return std::unexpected{check.error()};
    return Download{path_in(tools_.vault, check->file_digest, file_id), check->file_digest};
}

Result<std::string> NameChecks::signature(const Identity& bank, std::string_view file_id) {
    const auto check = check_for(tools_, bank, file_id);
    if (!check) return std::unexpected{check.error()};
    return check->signature;
}

Result<Report> NameChecks::take_answer(const Identity& bank, std::string_view file_id, std::string_view cms,
                                       Moment now) {
    const std::string place{file_id.substr(0, 64)};
    const auto check = check_for(tools_, bank, file_id);
    if (!check) return std::unexpected{check.error()};
    const auto said = tools_.verifier.verify_attached(cms);
    if (!said) return std::unexpected{Failure{said.error().fault, place, said.error().text}};
    if (said->signer.fingerprint != bank.fingerprint)
        return refuse(Fault::forbidden, "the answer is not signed by the certificate that brings it", place);
    const auto answers = bankfile::read_name_answers(said->text, file_id, tools_.sm3);
    if (!answers) return std::unexpected{answers.error()};
    {
        const auto bytes = text_of_file(path_in(tools_.vault, check->file_digest, file_id));
        const auto asked = bankfile::read_name_check(bytes, file_id, tools_.sm3);
        ensure(asked.has_value(), "a name check in the vault is not what was asked");
        if (answers->file_id != check->file_id || answers->bank_code != asked->bank_code ||
            answers->lines.size() != asked->lines.size())
            return refuse(Fault::mismatch, "the answer is to another file, or does not have its lines",
                          place);
        for (std::size_t i = 0; i < asked->lines.size(); ++i)
            if (answers->lines[i].payee != asked->lines[i].payee ||
                answers->lines[i].account != asked->lines[i].account)
                return refuse(Fault::mismatch, "answers about another payee or account than was asked",
                              fmt::format("{}:{}", place, i + 2));
    }
    std::vector<bankfile::Reason> reasons;
    for (const bankfile::NameAnswer& line : answers->lines) reasons.push_back(line.reason);
    auto work = tools_.database.begin();
    const auto asked = work->accounts().lines_of_name_check(check->no);
    ensure(asked.size() == reasons.size(), "a name check without its lines");
    try {
        work->accounts().put_name_answer(check->no, cms, bank.fingerprint, now, reasons);
    } catch (const RefusedByDatabase&) {
        if (tools_.database.begin_question()->accounts().name_answer_of(check->no) == cms)
            return report_on(reasons);
        return refuse(Fault::duplicate, "this file has its answer already, and another one", place);
    }
    const Act act{"name-answer", County{},
                  fmt::format("name-answer|{}|{}|{}|{}", check->file_id, digest_of(tools_.sha256, cms).hex(),
                              bank.fingerprint.hex(),
                              digest_of(tools_.sha256, text_of_verdicts(asked, reasons)).hex())};
    work->ledger().put_acts({&act, 1}, tools_.log(), now);
    work->commit();
    return report_on(reasons);
}

}  // namespace onecard::app
