#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/app/exchange.hpp"
#include "onecard/app/identity.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/statement_records.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

class WaitingSignatures;

/// A transit account that serves several counties. The first holds it: statements are named after it, and what names nothing
/// of ours is in its books.
struct SharedAccount {
    BankNo bank;
    std::vector<County> counties;
};

/// Banks' statements of the transit accounts, taken in and matched with what was sent and what return files said. A
/// statement is named "ST", the county's six digits, up to twenty digits, and .txt (canonical), .xml (camt.053, camt.054)
/// or .stm (the layout that the bank's profile gives statements). Of a shared account each line is matched in the books of
/// the county that it names; one that names a county which the account does not serve refuses the statement.
class Statements {
public:
    explicit Statements(Tools& tools, std::vector<SharedAccount> shared = {});
    ~Statements();

    /// Keeps the bank's detached signature until its statement comes. Errors: forbidden, malformed.
    Result<void> hold_signature(const Identity& bank, std::string_view name, std::string cms);
    /// Keeps the statement; the same bytes again are its number again. Errors: forbidden, malformed (name), missing (its
    /// signature), tampered, duplicate (the name has other bytes).
    Result<std::int64_t> take(const Identity& bank, std::string_view name, const std::filesystem::path& path,
                              Moment now);
    /// The same, brought by a maker for a bank that has no line to us: without signature.
    Result<std::int64_t> bring(const Identity& maker, County county, BankNo bank, std::string_view name,
                               const std::filesystem::path& path, Moment now);
    /// Reads and matches every statement of the lane that waits; a statement that fails is told and left. Returns how many.
    std::int64_t match(Moment now, const std::function<void(std::string_view)>& on_problem,
                       Lane lane = Lane::both);
    /// Looks again at the lines that wait for a word of the bank. Errors: forbidden.
    struct Counts {
        std::int64_t fitting = 0, waiting = 0, breaks = 0;
    };
    Result<Counts> match_again(const Identity& by, const Region& region, Moment now);

    /// What became of a bank's own statement. Errors: unknown.
    Result<Report> state(const Identity& bank, std::string_view name);
    /// Statements with their balances, what their lines came to, and what is missing on them.
    /// `slice` is of the statements; what the accounts hold and what is open comes with their first page.
    Result<Report> report(const Identity& by, const Region& region, const Slice& slice = {});
    /// Lines of statements that wait for a return file, by county, bank, statement and line; or what return files said was
    /// paid and no statement has (`missing`), by county, bank and return file. Errors: forbidden.
    Result<Report> open_lines(const Identity& by, const Region& region, bool missing,
                              const Slice& slice = {});

private:
    Result<std::int64_t> keep(StatementFile file, const std::filesystem::path& path);
    Tools& tools_;
    std::vector<SharedAccount> shared_;
    std::unique_ptr<WaitingSignatures> signatures_;
};

}  // namespace onecard::app
