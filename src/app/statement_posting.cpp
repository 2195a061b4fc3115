#include "statement_posting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "onecard/bankfile/formats.hpp"
#include "returns.hpp"
#include "statement_matching.hpp"
#include "statement_names.hpp"

namespace onecard::app {

namespace {

/// What is held of a statement at a time: its size does not matter to memory.
constexpr std::size_t lines_held_max = 1 << 16;

bool says_interest(std::string_view text) {
    return text.contains("利息") || text.contains("结息") || text.contains("INTEREST") ||
           text.contains("Interest") || text.contains("interest");
}

/// Whom the account of a county at a bank serves: itself alone, where it shares it with nobody.
std::vector<County> served_by(const std::vector<SharedAccount>& shared, BankNo bank, County holder) {
    for (const SharedAccount& account : shared)
        if (account.bank == bank && account.counties.front() == holder) return account.counties;
    return {holder};
}

/// Its lines were being written when it turned out to be no good: all of that is undone, then it is refused.
struct NoGood {
    std::string reason;
};

/// Of an account that serves one county whatever names another is money of nobody; of one that serves several it is refused.
StatementRow row_of(const bankfile::StatementLine& line, const StatementFile& file,
                    std::span<const County> served) {
    StatementRow row;
    row.line = line.seq;
    row.county = file.county;
    row.is_credit = line.direction == bankfile::Direction::credit;
    row.amount = line.amount;
    row.booking_day = line.booking_day;
    row.value_day = line.value_day;
    row.bank_reference = line.bank_reference;
    row.code = line.code;
    row.is_interest = row.is_credit && line.reference.empty() && says_interest(line.text);
    const auto belongs_to = [&](County county, std::string_view what) {
        if (std::ranges::find(served, county) != served.end()) {
            row.county = county;
            return true;
        }
        if (served.size() == 1) return false;
        throw NoGood{fmt::format("{}: line {}: it names {} of county {}, which this account does not serve\n",
                                 file.name, line.seq, what, county.text())};
    };
    if (const auto payment = PaymentReference::parse(line.reference)) {
        if (belongs_to(payment->county, "payment " + payment->text())) row.payment = *payment;
        return row;
    }
    if (!file_id_of_return(std::string{line.reference} + ".ret")) return row;
    row.file_id = line.reference;
    if (const auto county = County::parse(line.reference.substr(3, county_digits)))
        (void)belongs_to(*county, "file " + row.file_id);
    return row;
}

std::string text_of_faults(const Faults& faults) {
    std::string text;
    for (const Failure& fault : faults) text += fault.message() + "\n";
    return text;
}

std::string numbers_of(std::span<const County> counties) {
    std::string text;
    for (const County county : counties)
        text += fmt::format("{}{}", text.empty() ? "" : " ", county.number());
    return text;
}

void put_result(Tools& tools, Work& work, const StatementFile& file, StatementResult result, Moment now) {
    result.no = file.no;
    result.at = now;
    const auto balance = [](const std::optional<Money>& money) {
        return money ? std::to_string(money->fen()) : std::string{};
    };
    const bankfile::StatementHeader& header = result.header;
    const Act act{result.accepted ? "statement-posted" : "statement-refused", file.county,
                  result.accepted
                      ? fmt::format("statement-posted|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", file.no,
                                    file.name, file.digest.hex(), header.statement_id,
                                    header.first_day.text(), header.last_day.text(), balance(header.opening),
                                    balance(header.closing), header.count, header.credits.fen(),
                                    header.debits.fen(), result.account_tail, numbers_of(result.counties))
                      : fmt::format("statement-refused|{}|{}|{}|{}", file.no, file.name, file.digest.hex(),
                                    digest_of(tools.sha256, result.reason).hex())};
    work.statements().put_result(file, result);
    work.ledger().put_acts({&act, 1}, tools.log(), now);
}

void read_and_match(Tools& tools, const std::vector<SharedAccount>& shared, const StatementFile& file,
                    Moment now) {
    auto work = tools.database.begin();
    if (!work->statements().claim_statement(file)) return;
    const auto name = parse_statement_name(file.name);
    ensure(name.has_value(), "a statement under a name that was never accepted");
    const std::vector<County> served = served_by(shared, file.bank, file.county);
    for (const SharedAccount& account : shared)
        if (account.bank == file.bank && account.counties.front() != file.county &&
            std::ranges::find(account.counties, file.county) != account.counties.end())
            throw NoGood{fmt::format("{}: county {} holds this account: its statements are named after it\n",
                                     file.name, account.counties.front().text())};
    const auto cipher = tools.make_cipher();
    const auto sm3 = tools.sm3.stream();
    std::vector<StatementRow> rows;
    const auto write_out = [&] {
        work->statements().put_lines(file.no, rows);
        rows.clear();
    };
    const auto reading = bankfile::read_statement(profile_of_statement(tools, *name, file.bank), file.name,
                                                  *sm3, [&](const bankfile::StatementLine& line) {
                                                      rows.push_back(row_of(line, file, served));
                                                      if (rows.size() >= lines_held_max) write_out();
                                                  });
    const auto path = tools.vault.find(file.digest);
    if (!path) throw std::runtime_error{fmt::format("statement {} is missing from the vault", file.name)};
    std::ifstream in{*path, std::ios::binary};
    std::vector<char> piece(1 << 18);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
        reading->feed({piece.data(), static_cast<std::size_t>(in.gcount())});
    reading->finish();
    if (!reading->faults().empty()) throw NoGood{text_of_faults(reading->faults())};
    write_out();

    StatementResult result;
    result.header = reading->header();
    result.account_tag = cipher->tag(result.header.account);
    result.account_tail = result.header.account.substr(result.header.account.size() - 4);
    const std::vector<Bank> banks = work->registers().banks();
    const auto bank = std::ranges::find(banks, file.bank, &Bank::no);
    ensure(bank != banks.end(), "a statement of a bank that is not on record");
    if (!result.header.bank_code.empty() && result.header.bank_code != bank->code)
        throw NoGood{fmt::format("{}: it is a statement of another bank\n", file.name)};
    if (result.header.kind == bankfile::StatementKind::end_of_day) {
        // Statements of an account are one chain: whatever is missing between two of them is noticed here.
        const auto last = work->statements().last_statement(file.bank, file.county, result.account_tag);
        if (last && result.header.first_day <= last->last_day)
            throw NoGood{fmt::format("{}: the account has statements up to {} already\n", file.name,
                                     last->last_day.text())};
        if (last && result.header.opening != last->closing)
            throw NoGood{fmt::format(
                "{}: it opens with {} yuan, the statement before it closed with {}: one is missing\n",
                file.name, result.header.opening->yuan(), last->closing.yuan())};
    }
    result.accepted = true;
    result.counties = served;
    const bool is_final = result.header.kind == bankfile::StatementKind::end_of_day;
    const Day last_day = result.header.last_day;
    put_result(tools, *work, file, std::move(result), now);
    // What waited may have got its word meanwhile, and comes first.
    for (const StatementFile& waiting : work->statements().waiting_statements(file.bank, file.county))
        judge_all(tools, *work, waiting, now);
    if (is_final) look_for_omissions(tools, *work, file, served, last_day, now);
    work->commit();
}

void refuse_one(Tools& tools, const StatementFile& file, std::string reason, Moment now) {
    auto work = tools.database.begin();
    if (!work->statements().claim_statement(file)) return;
    StatementResult result;
    result.reason = std::move(reason);
    put_result(tools, *work, file, std::move(result), now);
    work->commit();
}

}  // namespace

void post_statement(Tools& tools, const std::vector<SharedAccount>& shared, const StatementFile& file,
                    Moment now) {
    try {
        read_and_match(tools, shared, file, now);
    } catch (const NoGood& bad) {
        refuse_one(tools, file, bad.reason, now);
    }
}

}  // namespace onecard::app
