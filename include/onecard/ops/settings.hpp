#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "onecard/app/account_records.hpp"
#include "onecard/app/deadlines.hpp"
#include "onecard/app/identity.hpp"
#include "onecard/app/records.hpp"
#include "onecard/app/screening_records.hpp"
#include "onecard/core/result.hpp"

namespace onecard::ops {

/// One officer of config/onecard.toml: which certificate has which role over which divisions.
struct Officer {
    std::string name;  ///< common name of the certificate
    app::Role role = app::Role::auditor;
    Region region;
};

/// What was agreed with a bank besides who it is.
struct BankTerms {
    std::string profile = "ykt-txt";  ///< of `Settings::bank_profiles`
    std::string transit_account;      ///< ours there, 12 to 30 digits; empty where no format needs it
    std::string push_url;             ///< "https://host:port/folder"; empty: the bank fetches
};

/// Where the key is that signs files and receipts; empty: service.key among the certificates. With a module the key is
/// a "pkcs11:" URI and never leaves its token.
struct SigningTerms {
    std::filesystem::path certificate;  ///< PEM, of the same common name as service.pem
    std::string key;
    std::filesystem::path module;    ///< the token maker's PKCS#11 library
    std::filesystem::path pin_file;  ///< the token's PIN on its first line
    std::string
        sm2_key;  ///< "file": SM2 signatures are by service-sm2.key nevertheless; empty: there may be none
};

/// The whole configuration, declared once. Paths are absolute after loading (relative ones count from `folder`).
struct Settings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8443;
    std::filesystem::path folder = "var";          ///< everything that the service writes
    std::filesystem::path certificates = "certs";  ///< ca.pem, service.pem, service.key, <name>.pem …
    std::filesystem::path policy = "config/policy";
    std::filesystem::path bank_profiles = "banks";  ///< *.toml, one a layout
    std::string database_url;        ///< service role; empty: the private cluster under `folder`
    std::string database_owner_url;  ///< for migrations; needed when database_url is given
    std::string ledger_name = "onecard.example/ledger";
    std::string ledger_hash =
        "sha256";  ///< or "sm3": of the log and its Merkle trees, from the first entry on
    SigningTerms signing;
    app::AccountRules accounts;
    std::int32_t workers = 2;  ///< threads that compute and settle
    std::int32_t request_workers = 16;
    std::uint32_t request_seconds = 60;  ///< for headers, and for each 16 KiB of a body or of an answer
    std::int64_t payments_per_part = 250'000;
    std::int64_t lines_per_file = 200'000;
    std::int64_t outlier_times =
        10;  ///< a payment of more than so many times the standard must be accepted by name
    std::string log_level = "info";             ///< debug, info, warn, error
    std::string log_format = "text";            ///< text, json
    std::optional<std::uint16_t> monitor_port;  ///< health and metrics on the loopback address; none: off
    std::vector<Officer> officers;
    std::vector<app::Bank> banks;
    std::map<BankNo, BankTerms> bank_terms;                                ///< one a bank
    std::vector<app::ScreeningRule> screening = app::default_screening();  ///< [[screening]] changes one each
    std::int64_t second_person_from_fen = 100'000;  ///< breaks over so much or more take two persons
    app::Deadlines deadlines;                       ///< until when money may wait
    std::vector<BankNo> refuse_bad_lines;  ///< banks whose return files are taken whole or not at all

    std::string url() const;  ///< https://address:port, for clients on this machine
};

struct LoadedSettings {
    Settings settings;
    Faults faults;  ///< all of them: "file:line: key"; unknown keys are refused
};

LoadedSettings load_settings(const std::filesystem::path& file);

}  // namespace onecard::ops
