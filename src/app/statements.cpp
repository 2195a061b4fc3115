#include "onecard/app/statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <utility>

#include "asked.hpp"
#include "onecard/bankfile/formats.hpp"
#include "retry.hpp"
#include "returns.hpp"
#include "statement_names.hpp"
#include "waiting_signatures.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t signature_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t digits_after_county_max = 20;
constexpr std::size_t county_digits = 6;
/// What is held of a statement at a time: its size does not matter to memory.
constexpr std::size_t lines_held_max = 1 << 16;
constexpr int lines_judged_at_once = 1 << 16;

}  // namespace

Result<StatementName> parse_statement_name(std::string_view name) {
    const auto malformed = [&] {
        return refuse(Fault::malformed,
                      "a statement is named ST, six digits of the county, up to twenty digits, and .txt "
                      "(canonical), .xml (camt) or .stm (as the bank's profile says)",
                      std::string{name.substr(0, 64)});
    };
    StatementName parsed;
    if (name.ends_with(".xml"))
        parsed.layout = StatementLayout::camt;
    else if (name.ends_with(".stm"))
        parsed.layout = StatementLayout::of_the_bank;
    else if (!name.ends_with(".txt"))
        return malformed();
    if (!name.starts_with("ST")) return malformed();
    const std::string_view digits = name.substr(2, name.size() - 6);
    if (digits.size() <= county_digits || digits.size() > county_digits + digits_after_county_max ||
        !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
        return malformed();
    const auto county = County::parse(digits.substr(0, county_digits));
    if (!county) return malformed();
    parsed.county = *county;
    return parsed;
}

const bankfile::Profile& profile_of_statement(const Tools& tools, const StatementName& name, BankNo bank) {
    static const bankfile::Profile camt = [] {
        bankfile::Profile profile = bankfile::canonical_profile();
        profile.encoding = bankfile::Encoding::utf8;
        profile.statement.form = bankfile::Form::camt;
        return profile;
    }();
    const bankfile::Profile& own = profile_of_bank(tools, bank);
    switch (name.layout) {
        case StatementLayout::of_the_bank: return own;
        case StatementLayout::camt: return own.statement.form == bankfile::Form::camt ? own : camt;
        case StatementLayout::canonical:
            return bankfile::states_canonically(own) ? own : bankfile::canonical_profile();
    }
    std::unreachable();
}

namespace {

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

std::string evidence_of(const StatementFile& file, const OpenStatementLine& open) {
    std::string what = "names nothing of ours";
    if (open.names == OpenStatementLine::Names::payment) what = "names payment " + open.payment.text();
    if (open.names == OpenStatementLine::Names::batch)
        what = fmt::format("names batch {}", open.known_batch.sent ? open.batch.number() : 0);
    if (open.names == OpenStatementLine::Names::payment && open.known_payment.sent)
        what += fmt::format(", which is {}{}{}", recon::code_of(open.known_payment.standing),
                            open.known_payment.debited ? ", debited" : "",
                            open.known_payment.credited ? ", credited" : "");
    return fmt::format("{}:{}: {} of {} yuan {}", file.name, open.line,
                       open.said.is_credit ? "a credit" : "a debit", open.said.amount.yuan(), what);
}

using Counts = Statements::Counts;

ledger::Entry unidentified(const StatementFile& file, County county, const recon::Break& one, Moment now) {
    ledger::Entry::About about;
    about.county = county;
    about.kind = ledger::EntryKind::unidentified_credit;
    about.cause = fmt::format("statement {} line {}", file.no, one.line);
    about.value_day = now.day_in_china();
    about.bank = file.bank;
    auto entry = ledger::standard_entry(std::move(about), one.amount);
    ensure(entry.has_value(), "a standard entry that does not balance");
    return *std::move(entry);
}

/// Each break of a statement is in the log as it was found.
void tell_breaks(Tools& tools, Work& work, const StatementFile& file, County county,
                 std::span<const recon::Break> breaks, Moment now) {
    std::vector<Act> acts;
    for (const recon::Break& one : breaks)
        acts.push_back(
            {"break-found", county,
             fmt::format("break-found|{}|{}|{}|{}|{}|{}", file.no, one.line, recon::code_of(one.kind),
                         one.amount.fen(), one.payment ? one.payment->text() : std::string{},
                         digest_of(tools.sha256, one.evidence).hex())});
    work.ledger().put_acts(acts, tools.log(), now);
}

/// One round over the lines of a statement.
struct Matching {
    Counts counts;
    std::unique_ptr<StreamHash> fits;  ///< what was concluded, by county and line
    std::int32_t round = 0;            ///< 0 while nothing was
};

/// As the log tells of it: a part of what it fits that is not there is 0.
std::string text_of(const StatementFit& fit, County county) {
    const bool of_payment = fit.fit == recon::Fit::payment_debit || fit.fit == recon::Fit::payment_credit;
    const bool of_batch = !of_payment && fit.fit != recon::Fit::told_before;
    std::string returns;
    std::vector<std::int64_t> numbers = fit.return_nos;
    std::ranges::sort(numbers);
    for (const std::int64_t number : numbers)
        returns += fmt::format("{}{}", returns.empty() ? "" : " ", number);
    return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}\n", fit.line, static_cast<int>(fit.fit), county.number(),
                       of_payment ? fit.part.number() : 0, of_payment ? fit.payment.serial.number() : 0,
                       of_payment ? fit.payment.attempt : 0, of_batch ? fit.period.number() : 0,
                       of_batch ? fit.batch.number() : 0, returns);
}

/// Judges some lines of one statement in the books of one county. Stops where what was just concluded bears on the next
/// line. Returns the last line that was looked at, 0 when there was none.
std::int32_t judge_some(Tools& tools, Work& work, const StatementFile& file, County county,
                        std::int32_t after, Moment now, Matching& matching) {
    Counts& counts = matching.counts;
    using Names = OpenStatementLine::Names;
    const std::vector<OpenStatementLine> lines =
        work.statements().open_lines(file.no, county, after, lines_judged_at_once);
    std::vector<StatementFit> fits;
    std::vector<recon::Break> breaks;
    std::vector<ledger::Entry> entries;
    std::set<PaymentReference> touched;
    std::int32_t last = 0;
    for (const OpenStatementLine& open : lines) {
        if (open.names == Names::payment && !touched.insert(open.payment).second) break;
        last = open.line;
        recon::Judgement judged;
        if (open.told_before) {
            judged.is = recon::Judgement::Is::fitting;
            judged.fit = recon::Fit::told_before;
        } else {
            switch (open.names) {
                case Names::nothing: judged = recon::judge(open.said); break;
                case Names::payment: judged = recon::judge(open.said, open.known_payment); break;
                case Names::batch: judged = recon::judge(open.said, open.known_batch); break;
            }
        }
        switch (judged.is) {
            case recon::Judgement::Is::waiting: ++counts.waiting; continue;
            case recon::Judgement::Is::fitting:
                ++counts.fitting;
                fits.push_back({open.line, judged.fit, open.part, open.payment, open.period, open.batch,
                                std::move(judged.return_nos)});
                matching.fits->update(bytes_of(text_of(fits.back(), county)));
                break;
            case recon::Judgement::Is::broken: {
                ++counts.breaks;
                recon::Break& one = breaks.emplace_back();
                one.kind = judged.kind;
                one.line = open.line;
                one.evidence = evidence_of(file, open);
                one.amount = judged.in_question;
                if (open.names == Names::payment && open.known_payment.sent) one.payment = open.payment;
                if (judged.kind == recon::BreakKind::unidentified_credit)
                    entries.push_back(unidentified(file, county, one, now));
                break;
            }
        }
        if (open.names == Names::batch) break;
    }
    if (!fits.empty()) {
        if (matching.round == 0) matching.round = work.statements().begin_round(file.no, now);
        work.statements().put_fits(file.no, matching.round, county, fits);
    }
    work.statements().put_breaks(file.no, county, file.bank, breaks, now);
    tell_breaks(tools, work, file, county, breaks, now);
    work.ledger().put_entries(entries, tools.log(), now);
    return last;
}

/// What was said to be paid the day before the statement ends, or earlier, and is not on it: a day's debits may be booked on
/// the next. It is looked at when every line has found what it fits.
void look_for_omissions(Tools& tools, Work& work, const StatementFile& file, std::span<const County> served,
                        Day last_day, Moment now) {
    for (const StatementRecords::NotDebited& one :
         work.statements().not_debited(file.bank, file.county, served, last_day)) {
        recon::Break omitted;
        omitted.kind = recon::BreakKind::not_debited;
        omitted.amount = one.amount;
        omitted.evidence = fmt::format("{}: {} payments over {} yuan are paid, and on no statement up to {}",
                                       one.name, one.payments, one.amount.yuan(), last_day.text());
        work.statements().put_not_debited(file, one, omitted.evidence, now);
        tell_breaks(tools, work, file, one.county, {&omitted, 1}, now);
    }
}

Counts judge_all(Tools& tools, Work& work, const StatementFile& file, Moment now) {
    Matching matching{{}, tools.sha256.stream()};
    for (const County county : work.statements().counties_of(file.no)) {
        // Whoever matches the county's own statements meanwhile waits.
        work.statements().claim_county(file.bank, county);
        for (std::int32_t after = 0;;) {
            const std::int32_t last = judge_some(tools, work, file, county, after, now, matching);
            if (last == 0) break;
            after = last;
        }
    }
    if (matching.round != 0) {
        const Act act{"statement-fits", file.county,
                      fmt::format("statement-fits|{}|{}|{}|{}", file.no, matching.round,
                                  matching.counts.fitting, matching.fits->finish().hex())};
        work.ledger().put_acts({&act, 1}, tools.log(), now);
    }
    return matching.counts;
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

void match_one(Tools& tools, const std::vector<SharedAccount>& shared, const StatementFile& file,
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

Statements::Statements(Tools& tools, std::vector<SharedAccount> shared)
    : tools_{tools}, shared_{std::move(shared)}, signatures_{std::make_unique<WaitingSignatures>()} {}
Statements::~Statements() = default;

Result<void> Statements::hold_signature(const Identity& bank, std::string_view name, std::string cms) {
    if (bank.role != Role::bank)
        return refuse(Fault::forbidden, "only banks sign statements", std::string{name.substr(0, 64)});
    if (name.size() > 64 || cms.size() > signature_bytes_max)
        return refuse(Fault::malformed, "is too large for a signature or its name",
                      std::string{name.substr(0, 64)});
    signatures_->hold(bank.bank, name, std::move(cms));
    return {};
}

Result<std::int64_t> Statements::take(const Identity& bank, std::string_view name,
                                      const std::filesystem::path& path, Moment now) {
    const std::string place{name.substr(0, 64)};
    if (bank.role != Role::bank)
        return refuse(Fault::forbidden, "only banks hand in statements of theirs", place);
    const auto parsed = parse_statement_name(name);
    if (!parsed) return std::unexpected{parsed.error()};
    const auto cms = signatures_->take(bank.bank, name);
    if (!cms) return refuse(Fault::missing, fmt::format("put its signature first, as {}.p7s", name), place);
    auto signer = tools_.verifier.verify_file(path, *cms);
    if (!signer) return std::unexpected{Failure{signer.error().fault, place, signer.error().text}};
    if (!is_of(bank, *signer))
        return refuse(Fault::forbidden, "the statement is not signed by the certificate that brings it",
                      place);
    StatementFile file;
    file.bank = bank.bank;
    file.county = parsed->county;
    file.name = name;
    file.signature = *cms;
    file.brought_by = bank.name;
    file.fingerprint = signer->fingerprint;
    file.at = now;
    return keep(std::move(file), path);
}

Result<std::int64_t> Statements::bring(const Identity& maker, County county, BankNo bank,
                                       std::string_view name, const std::filesystem::path& path, Moment now) {
    const std::string place{name.substr(0, 64)};
    if (maker.role != Role::maker || !maker.region.covers(county))
        return refuse(Fault::forbidden, "this is for a maker of the county", place);
    const auto parsed = parse_statement_name(name);
    if (!parsed) return std::unexpected{parsed.error()};
    if (parsed->county != county) return refuse(Fault::mismatch, "it is named after another county", place);
    const std::vector<Bank> banks = tools_.database.begin_question()->registers().banks();
    if (std::ranges::find(banks, bank, &Bank::no) == banks.end())
        return refuse(Fault::unknown, "there is no such bank", place);
    StatementFile file;
    file.bank = bank;
    file.county = parsed->county;
    file.name = name;
    file.brought_by = maker.name;
    file.fingerprint = maker.fingerprint;
    file.at = now;
    return keep(std::move(file), path);
}

Result<std::int64_t> Statements::keep(StatementFile file, const std::filesystem::path& path) {
    const FileVault::Kept kept = tools_.vault.keep_file(path);
    file.digest = kept.digest;
    file.bytes = kept.bytes;
    auto work = tools_.database.begin();
    std::optional<std::int64_t> number;
    try {
        number = work->statements().put_statement(file);
    } catch (const RefusedByDatabase&) {
        return refuse(Fault::duplicate, "another statement has this name already", file.name);
    }
    if (!number) {
        const auto earlier = work->statements().statement_of_digest(file.bank, file.digest);
        if (!earlier || earlier->name != file.name)
            return refuse(Fault::duplicate, "the same bytes came before under another name", file.name);
        return earlier->no;
    }
    const Act act{"statement-received", file.county,
                  fmt::format("statement-received|{}|{}|{}|{}|{}", *number, file.name, file.digest.hex(),
                              file.brought_by, file.fingerprint.hex())};
    work->ledger().put_acts({&act, 1}, tools_.log(), file.at);
    work->commit();
    return *number;
}

std::int64_t Statements::match(Moment now, const std::function<void(std::string_view)>& on_problem,
                               Lane lane) {
    const std::vector<StatementFile> waiting =
        tools_.database.begin_question()->statements().unprocessed_statements();
    // A transit account's statements are a chain: behind a giant one its others wait.
    std::set<std::pair<BankNo, County>> slow;
    for (const StatementFile& file : waiting)
        if (file.bytes > slow_file_bytes) slow.emplace(file.bank, file.county);
    std::int64_t done = 0;
    for (const StatementFile& file : waiting) {
        if (lane != Lane::both && slow.contains({file.bank, file.county}) != (lane == Lane::slow)) continue;
        try {
            with_retries([&] {
                try {
                    match_one(tools_, shared_, file, now);
                } catch (const NoGood& bad) {
                    refuse_one(tools_, file, bad.reason, now);
                }
            });
            ++done;
        } catch (const std::exception& problem) {
            on_problem(fmt::format("statement {} ({}): {}", file.no, file.name, problem.what()));
        }
    }
    return done;
}

Result<Statements::Counts> Statements::match_again(const Identity& by, const Region& region, Moment now) {
    if (by.role != Role::maker || !by.region.covers(region))
        return refuse(Fault::forbidden, "this is for a maker of the region", "statements");
    Counts all;
    for (const StatementFile& file :
         tools_.database.begin_question()->statements().matched_statements(region)) {
        with_retries([&] {
            auto work = tools_.database.begin();
            work->statements().claim_statement(file);
            const Counts counts = judge_all(tools_, *work, file, now);
            work->commit();
            all.fitting += counts.fitting;
            all.waiting += counts.waiting;
            all.breaks += counts.breaks;
        });
    }
    return all;
}

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
