#include "compute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>
#include <utility>

#include "arrears.hpp"
#include "onecard/app/accounts.hpp"
#include "onecard/app/policies.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/bankfile/formats.hpp"
#include "outliers.hpp"
#include "words.hpp"

namespace onecard::app {

namespace {

FileSigner& signer_for(Tools& tools, Bench& bench, const bankfile::Profile& profile) {
    if (profile.signature == bankfile::SignatureKind::cms) return *bench.signer;
    if (bench.national_signer == nullptr) {
        ensure(tools.make_national_signer != nullptr, "a bank that wants SM2 signatures, and no SM2 key");
        bench.national_signer = tools.make_national_signer();
    }
    return *bench.national_signer;
}

std::string chinese_of_misfit(const Failure& misfit) {
    if (misfit.place == "account") return "账号位数超过该银行文件的长度";
    return misfit.fault == Fault::out_of_range ? "户名超过该银行文件的长度"
                                               : "户名中有该银行文件编码没有的字符";
}

/// Accounts that their bank's files have no way to write, by index.
std::vector<payment::Unwritable> unwritable_accounts(FieldCipher& cipher, const BankProfiles::OfRun& profiles,
                                                     const std::vector<registry::Account>& accounts) {
    std::vector<payment::Unwritable> found;
    // The canonical profile takes every name and every account that the register takes.
    if (std::ranges::all_of(profiles, [](const auto& one) { return one.second.is_canonical(); }))
        return found;
    std::array<char, 64> digits;
    for (std::uint32_t i = 0; i < accounts.size(); ++i) {
        const bankfile::Profile& profile = profile_in(profiles, accounts[i].bank);
        if (profile.is_canonical()) continue;
        // What cannot be opened is refused when its line is written.
        ensure(accounts[i].account.size() <= digits.size(), "a sealed account longer than any account");
        const auto length = cipher.open_into(accounts[i].account, digits.data());
        const auto fitted = bankfile::fits(profile, accounts[i].holder, length ? *length : 0);
        if (!fitted) found.push_back({i, fitted.error().text, chinese_of_misfit(fitted.error())});
    }
    return found;
}

/// Writes the file of one batch into the vault while it is signed and hashed: its bytes pass by once.
class BatchFile {
public:
    BatchFile(Tools& tools, Bench& bench, FileVault::Bundle& files, const bankfile::Profile& profile,
              const bankfile::BatchHeader& header)
        : writer_{bankfile::write_batch(profile, header, *bench.sm3)},
          keeping_{files.begin()},
          signer_{signer_for(tools, bench, profile)},
          signing_{profile.signature == bankfile::SignatureKind::cms ? nullptr : signer_.begin()},
          cipher_{*bench.cipher} {}

    Result<void> add(std::int32_t seq, const PaymentReference& reference, const registry::Account& account,
                     std::string_view bank_code, Money amount, std::string_view summary) {
        std::array<char, 64> digits;
        ensure(account.account.size() <= digits.size(), "a sealed account longer than any account");
        const auto length = cipher_.open_into(account.account, digits.data());
        if (!length) return std::unexpected{length.error()};
        std::array<char, payment_reference_length> text;
        reference.write(text.data());
        bankfile::BatchLine line;
        line.seq = seq;
        line.payment = {text.data(), text.size()};
        line.name = account.holder;
        line.account_kind = account.account_kind;
        line.account = {digits.data(), *length};
        line.bank_code = bank_code;
        line.amount = amount;
        line.summary = summary;
        const auto added = writer_->add(line);
        if (!added) return added;
        if (seq % 1024 == 0) pass_on();
        return {};
    }

    Result<void> finish(Batch& batch) {
        const auto finished = writer_->finish();
        if (!finished) return finished;
        pass_on();
        const FileVault::Kept kept = keeping_->keep();
        batch.file_digest = kept.digest;
        batch.file_bytes = kept.bytes;
        if (signing_ != nullptr) {
            batch.signature = signing_->finish();
            return {};
        }
        auto signature = signer_.sign_digest(kept.digest);
        if (!signature) return std::unexpected{signature.error()};
        batch.signature = std::move(*signature);
        return {};
    }

private:
    void pass_on() {
        const std::string bytes = writer_->take();
        keeping_->append(bytes);
        if (signing_ != nullptr) signing_->update(bytes_of(bytes));
    }
    std::unique_ptr<bankfile::BatchWriting> writer_;
    std::unique_ptr<FileVault::Writing> keeping_;
    FileSigner& signer_;
    std::unique_ptr<Signing>
        signing_;  ///< none where the file's SHA-256, which names it, is all that is signed
    FieldCipher& cipher_;
};

const Bank* find_bank(const std::vector<Bank>& banks, BankNo no) {
    const auto found = std::ranges::find(banks, no, &Bank::no);
    return found == banks.end() ? nullptr : &*found;
}

/// What the payee reads: what for, and for which month.
std::string summary_of(Programme programme, Month month) {
    return fmt::format("{}{}", text_of(programme).summary, month.digits());
}

struct NewBatch {
    Batch batch;
    bankfile::BatchHeader header;
    std::string summary;
    const Bank* bank;
};

Result<NewBatch> open_batch(const Run& run, const Unit& unit, const std::vector<Bank>& banks, BatchNo no,
                            BankNo bank, Programme programme, std::size_t lines, Money total) {
    const Bank* known = find_bank(banks, bank);
    if (known == nullptr)
        return refuse(Fault::unknown, fmt::format("bank {} of an account is not configured", bank.number()),
                      fmt::format("{}/{}", unit.county.text(), unit.period.text()));
    NewBatch made;
    made.bank = known;
    made.batch.county = unit.county;
    made.batch.period = unit.period;
    made.batch.no = no;
    made.batch.run = run.no;
    made.batch.part = unit.part;
    made.batch.bank = bank;
    made.batch.programme = programme;
    made.batch.lines = static_cast<std::int32_t>(lines);
    made.batch.total = total;
    made.batch.file_id = payment::file_id_of(unit.county, unit.period, no);
    made.header = {made.batch.file_id,
                   unit.county,
                   known->code,
                   unit.period,
                   std::string{text_of(programme).function_code},
                   made.batch.lines,
                   total,
                   run.made_at};
    made.summary = summary_of(programme, unit.period);
    return made;
}

/// What their bank denied, and where it must be asked first, what it did not say yet.
void bar_by_names(const std::vector<NameVerdict>& verdicts, bool banks_asked_first,
                  const std::vector<registry::Account>& accounts, std::vector<payment::Unwritable>& barred) {
    if (verdicts.empty() && !banks_asked_first) return;
    for (std::uint32_t i = 0; i < accounts.size(); ++i) {
        const AskedAccount asked{accounts[i].kind, accounts[i].payee, accounts[i].recorded.import};
        const auto found = std::ranges::lower_bound(verdicts, asked, {}, &NameVerdict::account);
        const bool is_said = found != verdicts.end() && found->account == asked && found->reason &&
                             *found->reason != bankfile::Reason::in_progress;
        if (is_said && *found->reason != bankfile::Reason::paid) {
            const auto& text = bankfile::text_of(*found->reason);
            barred.push_back({i,
                              fmt::format("its bank, asked before the first payment, says {} ({})", text.code,
                                          text.english),
                              fmt::format("付款前核验时银行回复 {}（{}）", text.code, text.chinese)});
        } else if (!is_said && banks_asked_first) {
            barred.push_back({i, "its bank has not said yet that name and account belong together",
                              "银行尚未核验户名与账号是否相符"});
        }
    }
}

/// Accounts that nothing is paid to now, by index, and why: their bank's files cannot write them, or a second person has
/// not confirmed them, or not long enough ago.
std::vector<payment::Unwritable> barred_accounts(Bench& bench, const RunLimits& limits,
                                                 const BankProfiles::OfRun& profiles, const Run& run,
                                                 County county, Work& work, Moment now) {
    auto barred = unwritable_accounts(*bench.cipher, profiles, bench.accounts);
    bar_by_names(work.accounts().name_verdicts(county), limits.accounts.banks_asked_first, bench.accounts,
                 barred);
    std::vector<AccountChange> changes;
    if (limits.accounts.confirmed_since)
        changes = work.accounts().changes(county, run.known_at, *limits.accounts.confirmed_since);
    for (const AccountChange& change : changes) {
        const registry::Account* account = find_account(bench.accounts, change.payee_kind, change.payee);
        if (account == nullptr || account->recorded.import != change.import) continue;
        if (auto why = waits(change, limits.accounts, now))
            barred.push_back({static_cast<std::uint32_t>(account - bench.accounts.data()),
                              std::move(why->why), std::move(why->chinese)});
    }
    std::ranges::sort(barred, {},
                      [](const payment::Unwritable& one) { return std::tie(one.account, one.why); });
    return barred;
}

struct Composed {
    std::vector<Batch> batches;
    std::vector<Reissue> reissues;
    std::vector<RefusalRecord> refusals;
    Beside beside;
    UnitResult result;
    std::unique_ptr<FileVault::Bundle> files;
};

Result<void> compose_owed(Tools& tools, Bench& bench, const policy::Book& book, const RunLimits& limits,
                          const Run& run, const Besides& besides, const Unit& unit,
                          const std::vector<Bank>& banks, Work& work, Moment now, Composed& out) {
    const auto policy = book.at(unit.county, unit.period);
    if (!policy) return std::unexpected{policy.error()};

    work.registers().load_register(unit.county, run.known_at, bench.facts);
    registry::take_snapshot(bench.facts, unit.period, run.known_at, bench.snapshot);
    entitlement::History history{bench.facts, run.known_at, policies_of(book, unit.county)};
    entitlement::assess(bench.snapshot, *policy, bench.assessment, &history);
    std::vector<entitlement::Award>& awards = bench.assessment.awards;
    if (run.kind == RunKind::regular)
        std::erase_if(awards, [&](const entitlement::Award& one) {
            return is_left_to_own_run(*policy, one.programme);
        });
    std::erase_if(bench.assessment.refusals,
                  [&](const entitlement::Refusal& one) { return !pays(run.kind, one.programme); });
    CountyScreen screen{besides.screen, work.screening(), run.known_at, unit.county};
    if (besides.screen.has_matches && !is_correcting(run.kind)) {
        const std::vector<entitlement::Award> all = awards;
        screen.hold(*policy, bench.snapshot, all, awards, out.beside);
    }
    if (besides.past) {
        const auto added = add_arrears(work, run, unit, *besides.past, book, bench.facts, bench.snapshot,
                                       screen, awards, out.beside);
        if (!added) return added;
    }
    work.registers().load_accounts(unit.county, run.known_at, unit.period, bench.accounts);
    const auto profiles = profiles_of_run(tools, work, run.no);
    const auto barred = barred_accounts(bench, limits, *profiles, run, unit.county, work, now);
    std::vector<std::pair<BankNo, std::size_t>> lines_max;
    for (const auto& [bank, profile] : *profiles) lines_max.emplace_back(bank, profile.lines_per_file);
    payment::plan_unit(unit.county, unit.part, out.result.first_serial, bench.assessment.awards,
                       bench.accounts, limits.lines_per_file_max, bench.plan, {lines_max, barred});

    if (besides.past) {
        place_arrears(bench.plan, run, out.beside);
        if (besides.past->offset_percent > 0)
            keep_offsets(bench.plan, work.recovery().open_receivables(unit.county, unit.period),
                         besides.past->offset_percent, out.beside);
    }
    const payment::UnitPlan& plan = bench.plan;
    find_outliers(work, run, unit, *policy, limits.outlier_times, plan, out.beside);
    work.payments().put_payments(unit.part, plan.payments);

    BatchNo no = work.runs().next_batch(unit.county, unit.period);
    for (const payment::BatchPlan& wanted : plan.batches) {
        auto made =
            open_batch(run, unit, banks, no, wanted.bank, wanted.programme, wanted.count, wanted.total);
        if (!made) return std::unexpected{made.error()};
        made->batch.first_serial = plan.payments[wanted.first].serial;
        BatchFile file{tools, bench, *out.files, profile_in(*profiles, wanted.bank), made->header};
        audit::MerkleFrontier lines{tools.log()};
        std::array<std::byte, payment::leaf_bytes> leaf;
        for (std::size_t i = 0; i < wanted.count; ++i) {
            const payment::Payment& owed = plan.payments[wanted.first + i];
            payment::write_leaf(owed, leaf.data());
            lines.add_leaf(leaf);
            const auto added = file.add(
                static_cast<std::int32_t>(i + 1), {unit.county, unit.period.number(), owed.serial, 1},
                bench.accounts[plan.accounts[wanted.first + i]], made->bank->code, owed.amount,
                owed.kind == payment::Kind::regular ? made->summary
                                                    : summary_of(owed.programme, owed.benefit_month));
            if (!added) return added;
        }
        made->batch.lines_root = lines.root();
        const auto finished = file.finish(made->batch);
        if (!finished) return finished;
        out.batches.push_back(std::move(made->batch));
        no = BatchNo{no.number() + 1};
    }

    for (const std::vector<entitlement::Refusal>* list :
         {&std::as_const(bench.assessment.refusals), &plan.held})
        for (const entitlement::Refusal& refusal : *list)
            out.refusals.push_back({refusal.programme, refusal.household, refusal.person, refusal.is_error,
                                    refusal.why.place, refusal.why.text, refusal.chinese});
    std::ranges::move(out.beside.refusals, std::back_inserter(out.refusals));
    out.result.payments = static_cast<std::int32_t>(plan.payments.size());
    out.result.total = plan.total;
    return {};
}

Result<void> compose_reissue(Tools& tools, Bench& bench, const RunLimits& limits, const Run& run,
                             const Unit& unit, const std::vector<Bank>& banks, Work& work, Moment now,
                             Composed& out) {
    const std::vector<OpenFailure> open = work.payments().open_failures(Region::of(unit.county));
    work.registers().load_accounts(unit.county, run.known_at, unit.period, bench.accounts);

    const auto profiles = profiles_of_run(tools, work, run.no);
    const auto barred = barred_accounts(bench, limits, *profiles, run, unit.county, work, now);

    struct Line {
        OpenFailure failure;
        const registry::Account* account;
    };
    std::vector<Line> lines;
    for (const OpenFailure& failure : open) {
        const registry::Account* account = find_account(bench.accounts, failure.payee_kind, failure.payee);
        if (account == nullptr || !can_be_retried(failure, *account, profile_of_bank(tools, failure.bank)))
            continue;
        const auto index = static_cast<std::uint32_t>(account - bench.accounts.data());
        const auto found = std::ranges::lower_bound(barred, index, {}, &payment::Unwritable::account);
        if (found == barred.end() || found->account != index)
            lines.push_back({failure, account});
        else
            out.refusals.push_back({failure.programme,
                                    {},
                                    {},
                                    true,
                                    fmt::format("{}/{}/{}", failure.county.text(), unit.period.text(),
                                                PaymentReference{failure.county, failure.period().number(),
                                                                 failure.serial, failure.attempt}
                                                    .text()),
                                    fmt::format("owed {} yuan, but {}", failure.amount.yuan(), found->why),
                                    fmt::format("应发 {} 元，但{}", failure.amount.yuan(), found->chinese)});
    }
    const auto key = [](const Line& line) {
        return std::tuple{line.failure.programme, line.account->bank, line.failure.part, line.failure.serial};
    };
    std::ranges::sort(lines, {}, key);

    BatchNo no = work.runs().next_batch(unit.county, unit.period);
    for (std::size_t first = 0; first < lines.size();) {
        std::size_t end = first;
        Money total;
        const bankfile::Profile& profile = profile_in(*profiles, lines[first].account->bank);
        while (end < lines.size() && end - first < profile.lines_per_file &&
               lines[end].failure.programme == lines[first].failure.programme &&
               lines[end].account->bank == lines[first].account->bank)
            total += lines[end++].failure.amount;
        auto made = open_batch(run, unit, banks, no, lines[first].account->bank,
                               lines[first].failure.programme, end - first, total);
        if (!made) return std::unexpected{made.error()};
        BatchFile file{tools, bench, *out.files, profile, made->header};
        audit::MerkleFrontier roots{tools.log()};
        std::array<std::byte, reissue_leaf_bytes> leaf;
        for (std::size_t i = first; i < end; ++i) {
            const OpenFailure& failure = lines[i].failure;
            const auto seq = static_cast<std::int32_t>(i - first + 1);
            const Reissue again{failure.part,
                                failure.county,
                                failure.serial,
                                static_cast<std::int16_t>(failure.attempt + 1),
                                run.no,
                                unit.period,
                                no,
                                seq,
                                failure.amount};
            write_leaf(again, leaf.data());
            roots.add_leaf(leaf);
            const auto added =
                file.add(seq, {failure.county, failure.period().number(), failure.serial, again.attempt},
                         *lines[i].account, made->bank->code, failure.amount, made->summary);
            if (!added) return added;
            out.reissues.push_back(again);
        }
        made->batch.lines_root = roots.root();
        const auto finished = file.finish(made->batch);
        if (!finished) return finished;
        out.result.payments += made->batch.lines;
        out.result.total += total;
        out.batches.push_back(std::move(made->batch));
        no = BatchNo{no.number() + 1};
        first = end;
    }
    return {};
}

void put_beside(Work& work, const Unit& unit, const Beside& beside) {
    work.screening().put_findings(unit.run, unit.county, beside.findings, beside.holds);
    work.recovery().put_corrections(unit.run, unit.county, beside.corrections);
    work.recovery().put_offsets(unit.run, unit.county, beside.offsets);
    work.office().put_outliers(unit.run, unit.county, beside.outliers);
}

}  // namespace

const registry::Account* find_account(const std::vector<registry::Account>& accounts,
                                      registry::PayeeKind kind, std::int64_t payee) {
    const auto key = [](const registry::Account& account) { return std::tuple{account.kind, account.payee}; };
    const auto found = std::ranges::lower_bound(accounts, std::tuple{kind, payee}, {}, key);
    return found != accounts.end() && key(*found) == std::tuple{kind, payee} ? &*found : nullptr;
}

bool can_be_retried(const OpenFailure& failure, const registry::Account& account,
                    const bankfile::Profile& profile) {
    // What people have decided about this very failure goes before what its reason suggests.
    if (failure.note != OpenFailure::Note::none) return failure.note == OpenFailure::Note::free;
    switch (profile.action_of(failure.reason)) {
        case bankfile::Action::correct_account: return account.recorded.import > failure.known_at;
        case bankfile::Action::next_day: return true;
        case bankfile::Action::none:
        case bankfile::Action::hold:
        case bankfile::Action::stop_and_review:
        case bankfile::Action::query:
        case bankfile::Action::fix_and_resend: return false;
    }
    std::unreachable();
}

Result<UnitResult> compute_unit(Tools& tools, Bench& bench, const policy::Book& book, const RunLimits& limits,
                                const Run& run, const Besides& besides, const Unit& unit,
                                const std::vector<Bank>& banks, Moment now) {
    bench.sm3->finish();  // A unit that stopped half way must not be part of this one's hashes.
    auto work = tools.database.begin_bulk();
    Composed out;
    out.result.run = run.no;
    out.result.county = unit.county;
    if (!work->runs().claim(run.no, unit.county)) return out.result;
    out.result.first_serial = work->runs().next_serial(unit.county, unit.period);
    out.result.computed_at = now;
    out.files = tools.vault.begin();

    const auto composed =
        run.kind != RunKind::reissue
            ? compose_owed(tools, bench, book, limits, run, besides, unit, banks, *work, now, out)
            : compose_reissue(tools, bench, limits, run, unit, banks, *work, now, out);
    if (!composed) return std::unexpected{composed.error()};
    // Serials name payments that are owed for the first time; another attempt keeps the number it has.
    if (run.kind == RunKind::reissue) out.result.first_serial = Serial{};
    out.result.held =
        static_cast<std::int32_t>(std::ranges::count(out.refusals, true, &RefusalRecord::is_error));
    out.result.refused = static_cast<std::int32_t>(out.refusals.size()) - out.result.held;
    out.result.digest =
        digest_of(tools.sha256, unit_text(run, unit, out.result, out.batches, out.beside, tools.log()));

    work->payments().put_batches(out.batches);
    work->payments().put_reissue_lines(out.reissues);
    work->runs().put_refusals(run.no, unit.county, out.refusals);
    work->runs().put_result(out.result);
    if (!out.beside.is_empty()) put_beside(*work, unit, out.beside);
    const Act act{
        "unit-computed", unit.county,
        fmt::format("unit-computed|{}|{}|{}|{}", run.no.number(), unit.county.text(), out.result.digest.hex(),
                    digest_of(tools.sha256, text_of_refusals(out.refusals)).hex())};
    work->ledger().put_acts({&act, 1}, tools.log(), now);
    // No record may outlive a file that it speaks of.
    out.files->sync();
    work->commit();
    return out.result;
}

}  // namespace onecard::app
