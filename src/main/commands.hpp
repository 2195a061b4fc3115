#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "onecard/ops/settings.hpp"
#include "remote.hpp"

namespace onecard::cli {

/// What every command is given: the options before it, and the configuration once it is asked for.
struct Context {
    Manner manner;
    std::string config = "config/onecard.toml";
    /// Loads the configuration; all its faults are one Failure.
    Result<ops::Settings> settings() const;
    const char* in(const char* chinese, const char* english) const {
        return manner.chinese ? chinese : english;
    }
};

/// One question to the service as `role`, its answer printed.
Result<int> show(const Context& context, std::string_view role, std::string_view method,
                 const std::string& path, std::string_view body = {});

/// A command's body: 0 when it did what it says.
using Body = std::function<Result<int>()>;

/// Declares the commands of the service itself (serve, migrate, certs, policy, config, gen, audit, bank) …
void add_house_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// … that which needs neither service nor database (assess) …
void add_trial_command(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// … and those of officers at its door (import, run, period, failures, breaks, ledger, explain).
void add_office_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// … what an office asks before it does anything (simulate) …
void add_planning_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// … the money that is there (funds) …
void add_funds_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// … what they know about accounts (accounts) …
void add_account_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// … what auditors take away (audit packet, inclusion, consistency: after the house's, whose "audit" they join) …
void add_audit_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// Checks one packet with neither database nor network. Empty files: the packet's own key and authorities.
Result<int> verify_packet_file(const Context& context, const std::string& file, const std::string& key_file,
                               const std::string& authorities_file);
/// … those that copy an installation and bring it back (backup, restore) …
void add_backup_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// `audit verify`: 0 when everything fits; the ledger's public key from its file (empty: the installation's own).
/// `timed`: says what each stage took.
Result<int> verify_books(const Context& context, std::string key_file, bool timed = false);
/// … and for screening and recovery (screening, receivable).
void add_past_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// … what they decide about breaks and failures (decide, proposals, ageing, indicators) …
void add_decision_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// … statements, closes and the sheet of corrections (statement, close, corrections) …
void add_statement_commands(CLI::App& app, Context& context, std::function<void(Body)> chosen);
/// … and that of a bank of our own (bank).
void add_bank_command(CLI::App& app, Context& context, std::function<void(Body)> chosen);

}  // namespace onecard::cli
