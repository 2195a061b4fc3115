#include "onecard/app/statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "outcome_keys.hpp"
#include "retry.hpp"
#include "returns.hpp"
#include "statement_matching.hpp"
#include "statement_names.hpp"
#include "statement_posting.hpp"
#include "waiting_signatures.hpp"

namespace onecard::app {

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
    if (!waiting.empty()) key_outcomes(tools_, KeyOutcomes::now);
    std::int64_t done = 0;
    for (const StatementFile& file : waiting) {
        if (lane != Lane::both && slow.contains({file.bank, file.county}) != (lane == Lane::slow)) continue;
        try {
            with_retries([&] { post_statement(tools_, shared_, file, now); });
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
    key_outcomes(tools_, KeyOutcomes::now);
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

}  // namespace onecard::app
