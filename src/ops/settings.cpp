#include "onecard/ops/settings.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

namespace onecard::ops {

namespace {

/// Reads one table against a declared list of keys; what is not declared is a fault.
class TableReader {
public:
    TableReader(const toml::table& table, std::string file, std::string name, Faults& faults)
        : table_{table}, file_{std::move(file)}, name_{std::move(name)}, faults_{faults} {}

    void text(std::string_view key, std::string& out, bool required = false) {
        const toml::node* node = find(key, required);
        if (node == nullptr) return;
        if (const auto value = node->value_exact<std::string>())
            out = *value;
        else
            fault(*node, key, "must be a text in quotes");
    }
    void word(std::string_view key, std::string& out, std::initializer_list<std::string_view> words) {
        std::string value = out;
        text(key, value);
        if (std::ranges::find(words, value) == words.end())
            fault(*table_.get(key), key, fmt::format("must be one of: {}", fmt::join(words, ", ")));
        else
            out = std::move(value);
    }
    void path(std::string_view key, std::filesystem::path& out) {
        std::string value = out.string();
        text(key, value);
        out = value;
    }
    template <class Number>
    void number(std::string_view key, Number& out, std::int64_t low, std::int64_t high,
                bool required = false) {
        const toml::node* node = find(key, required);
        if (node == nullptr) return;
        const auto value = node->value_exact<std::int64_t>();
        if (value && *value >= low && *value <= high)
            out = static_cast<Number>(*value);
        else
            fault(*node, key, fmt::format("must be a whole number from {} to {}", low, high));
    }
    /// A text that becomes a value by `parse`, which answers with what is wrong.
    void parsed(std::string_view key,
                const std::function<std::optional<std::string>(const std::string&)>& parse) {
        std::string value;
        const toml::node* node = find(key, true);
        if (node == nullptr) return;
        text(key, value);
        if (const auto wrong = parse(value)) fault(*node, key, *wrong);
    }
    void flag(std::string_view key, bool& out) {
        const toml::node* node = find(key, false);
        if (node == nullptr) return;
        if (const auto value = node->value_exact<bool>())
            out = *value;
        else
            fault(*node, key, "must be true or false");
    }
    void allow(std::string_view key) { known_.emplace_back(key); }
    ~TableReader() {
        for (const auto& [key, node] : table_)
            if (std::ranges::find(known_, key.str()) == known_.end())
                fault(node, key.str(), "is no known key");
    }
    TableReader(const TableReader&) = delete;
    TableReader& operator=(const TableReader&) = delete;

private:
    const toml::node* find(std::string_view key, bool required) {
        allow(key);
        const toml::node* node = table_.get(key);
        if (node == nullptr && required)
            faults_.push_back({Fault::missing, fmt::format("{}:{}", file_, table_.source().begin.line),
                               fmt::format("[{}] needs «{}»", name_, key)});
        return node;
    }
    void fault(const toml::node& node, std::string_view key, std::string text) {
        faults_.push_back({Fault::malformed, fmt::format("{}:{}", file_, node.source().begin.line),
                           fmt::format("{}.{} {}", name_, key, text)});
    }
    const toml::table& table_;
    std::string file_, name_;
    Faults& faults_;
    std::vector<std::string> known_;
};

std::optional<app::Role> role_of(std::string_view name) {
    using app::Role;
    for (const Role role : {Role::maker, Role::checker, Role::releaser, Role::auditor, Role::operations})
        if (name_of(role) == name) return role;
    return std::nullopt;
}

void each_table(const toml::table& root, std::string_view key, const std::string& file, Faults& faults,
                const std::function<void(const toml::table&)>& take) {
    const toml::node* node = root.get(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) {
        faults.push_back({Fault::malformed, fmt::format("{}:{}", file, node->source().begin.line),
                          fmt::format("write [[{}]]", key)});
        return;
    }
    for (const toml::node& element : *array)
        if (const toml::table* table = element.as_table()) take(*table);
}

}  // namespace

std::string Settings::url() const { return fmt::format("https://{}:{}", address, port); }

LoadedSettings load_settings(const std::filesystem::path& path) {
    LoadedSettings loaded;
    Settings& s = loaded.settings;
    Faults& faults = loaded.faults;
    const std::string file = path.string();
    toml::table root;
    try {
        root = toml::parse_file(file);
    } catch (const toml::parse_error& error) {
        faults.push_back({Fault::malformed, fmt::format("{}:{}", file, error.source().begin.line),
                          std::string{error.description()}});
        return loaded;
    }
    {
        TableReader reader{root, file, "root", faults};
        for (const std::string_view key : {"service", "database", "ledger", "signing", "accounts", "limits",
                                           "deadlines", "officer", "bank", "screening"})
            reader.allow(key);
    }
    static const toml::table none;
    const auto table = [&](std::string_view key) -> const toml::table& {
        const toml::table* found = root.get(key) == nullptr ? nullptr : root.get(key)->as_table();
        return found == nullptr ? none : *found;
    };
    {
        TableReader reader{table("service"), file, "service", faults};
        reader.text("address", s.address);
        reader.number("port", s.port, 0, 65535);
        reader.path("folder", s.folder);
        reader.path("certificates", s.certificates);
        reader.path("policy", s.policy);
        reader.path("bank_profiles", s.bank_profiles);
        reader.word("log_level", s.log_level, {"debug", "info", "warn", "error"});
        reader.word("log_format", s.log_format, {"text", "json"});
        std::int32_t port = -1;
        reader.number("monitor_port", port, 0, 65535);
        if (port >= 0) s.monitor_port = static_cast<std::uint16_t>(port);
    }
    {
        TableReader reader{table("database"), file, "database", faults};
        reader.text("url", s.database_url);
        reader.text("owner_url", s.database_owner_url);
    }
    {
        TableReader reader{table("ledger"), file, "ledger", faults};
        reader.text("name", s.ledger_name);
        reader.text("hash", s.ledger_hash);
        if (s.ledger_hash != "sha256" && s.ledger_hash != "sm3")
            faults.push_back({Fault::malformed, file, "ledger.hash must be sha256 or sm3"});
    }
    if (root.contains("signing")) {
        TableReader reader{table("signing"), file, "signing", faults};
        reader.path("certificate", s.signing.certificate);
        reader.text("key", s.signing.key, true);
        reader.path("module", s.signing.module);
        reader.path("pin_file", s.signing.pin_file);
        reader.text("sm2_key", s.signing.sm2_key);
        if (!s.signing.sm2_key.empty() && s.signing.sm2_key != "file")
            faults.push_back(
                {Fault::malformed, file,
                 "signing.sm2_key must be \"file\": PKCS#11 has no SM2 signature, so that no token "
                 "makes one through this door (README, Decisions)"});
        if (s.signing.certificate.empty() || s.signing.module.empty() || s.signing.pin_file.empty() ||
            !s.signing.key.starts_with("pkcs11:"))
            faults.push_back({Fault::malformed, file,
                              "[signing] needs certificate, key = \"pkcs11:…\", module and pin_file"});
    }
    {
        TableReader reader{table("accounts"), file, "accounts", faults};
        std::string since;
        reader.text("second_person_since", since);
        if (!since.empty()) {
            // Midnight in China.
            const auto day = Day::parse(since);
            if (day)
                s.accounts.confirmed_since = Moment::of_unix_seconds(
                    std::int64_t{day->epoch_days()} * 86'400 - std::int64_t{8} * 3600);
            else
                faults.push_back(
                    {Fault::malformed, file, "accounts.second_person_since must be a day, 2026-12-01"});
        }
        reader.flag("banks_asked_first", s.accounts.banks_asked_first);
        reader.number("cool_down_hours", s.accounts.cool_down_hours, 0, 720);
    }
    {
        TableReader reader{table("limits"), file, "limits", faults};
        reader.number("workers", s.workers, 1, 256);
        reader.number("request_workers", s.request_workers, 1, 256);
        reader.number("request_seconds", s.request_seconds, 1, 600);
        reader.number("payments_per_part", s.payments_per_part, 1, 10'000'000);
        reader.number("second_person_from_fen", s.second_person_from_fen, 0, 100'000'000'000);
        reader.number("lines_per_file", s.lines_per_file, 1, 9'999'999);
        reader.number("outlier_times", s.outlier_times, 1, 1'000);
    }
    {
        TableReader reader{table("deadlines"), file, "deadlines", faults};
        reader.number("in_transit_days", s.deadlines.in_transit_days, 0, 3650);
        reader.number("returned_days", s.deadlines.returned_days, 0, 3650);
        reader.number("unidentified_days", s.deadlines.unidentified_days, 0, 3650);
        reader.number("recoverable_days", s.deadlines.recoverable_days, 0, 3650);
        reader.number("claim_days", s.deadlines.claim_days, 0, 3650);
    }
    each_table(root, "officer", file, faults, [&](const toml::table& row) {
        TableReader reader{row, file, "officer", faults};
        Officer officer;
        reader.text("name", officer.name, true);
        reader.parsed("role", [&](const std::string& text) -> std::optional<std::string> {
            const auto role = role_of(text);
            if (!role) return "must be maker, checker, releaser, auditor or operator";
            officer.role = *role;
            return std::nullopt;
        });
        reader.parsed("region", [&](const std::string& text) -> std::optional<std::string> {
            const auto region = Region::parse(text);
            if (!region) return "must be 0, 2, 4 or 6 digits of a division code";
            officer.region = *region;
            return std::nullopt;
        });
        s.officers.push_back(std::move(officer));
    });
    each_table(root, "bank", file, faults, [&](const toml::table& row) {
        TableReader reader{row, file, "bank", faults};
        app::Bank bank;
        std::int16_t number = 0;
        reader.number("number", number, 1, 9999, true);
        bank.no = BankNo{number};
        reader.parsed("code", [&](const std::string& text) -> std::optional<std::string> {
            if (text.size() != 12 || text.find_first_not_of("0123456789") != std::string::npos)
                return "must be 12 digits";
            bank.code = text;
            return std::nullopt;
        });
        reader.text("name", bank.name, true);
        reader.text("certificate", bank.identity, true);
        BankTerms terms;
        reader.text("profile", terms.profile);
        reader.text("transit_account", terms.transit_account);
        reader.text("push_url", terms.push_url);
        const auto wrong = [&](std::string_view what) {
            faults.push_back({Fault::malformed, fmt::format("{}:{}", file, row.source().begin.line),
                              fmt::format("bank.{}", what)});
        };
        const std::string& account = terms.transit_account;
        if (!account.empty() && (account.size() < 12 || account.size() > 30 ||
                                 account.find_first_not_of("0123456789") != std::string::npos))
            wrong("transit_account must be 12 to 30 digits");
        if (!terms.push_url.empty() && !terms.push_url.starts_with("https://"))
            wrong("push_url must begin with https://");
        s.bank_terms.insert_or_assign(bank.no, std::move(terms));
        std::string bad_lines = "quarantine";
        reader.text("bad_lines", bad_lines);
        if (bad_lines == "refuse")
            s.refuse_bad_lines.push_back(bank.no);
        else if (bad_lines != "quarantine")
            faults.push_back({Fault::malformed, fmt::format("{}:{}", file, row.source().begin.line),
                              "bank.bad_lines must be quarantine or refuse"});
        s.banks.push_back(std::move(bank));
    });
    each_table(root, "screening", file, faults, [&](const toml::table& row) {
        TableReader reader{row, file, "screening", faults};
        app::ScreeningRule* rule = nullptr;
        reader.parsed("list", [&](const std::string& text) -> std::optional<std::string> {
            const auto kind = app::list_kind_of(text);
            if (!kind) return "names no list that there is";
            rule = &*std::ranges::find(s.screening, *kind, &app::ScreeningRule::kind);
            return std::nullopt;
        });
        app::ScreeningRule unused;
        if (rule == nullptr) rule = &unused;
        if (row.contains("effect"))
            reader.parsed("effect", [&](const std::string& text) -> std::optional<std::string> {
                if (text != "hold" && text != "show") return "must be hold or show";
                rule->holds = text == "hold";
                return std::nullopt;
            });
        if (row.contains("cadence"))
            reader.parsed("cadence", [&](const std::string& text) -> std::optional<std::string> {
                const std::map<std::string, int> cadences{
                    {"none", 0}, {"monthly", 1}, {"quarterly", 3}, {"half-yearly", 6}, {"yearly", 12}};
                const auto found = cadences.find(text);
                if (found == cadences.end()) return "must be none, monthly, quarterly, half-yearly or yearly";
                rule->months_valid = found->second;
                return std::nullopt;
            });
        reader.number("grace_days", rule->grace_days, 0, 366);
        if (row.contains("programmes"))
            reader.parsed("programmes", [&](const std::string& text) -> std::optional<std::string> {
                rule->programmes.clear();
                if (text == "all") return std::nullopt;
                for (std::size_t at = 0; at <= text.size();) {
                    const std::size_t end = std::min(text.find(' ', at), text.size());
                    const auto programme = programme_of(text.substr(at, end - at));
                    if (!programme) return "must be all, or codes of programmes with a space between";
                    rule->programmes.push_back(*programme);
                    at = end + 1;
                }
                return std::nullopt;
            });
    });
    if (!s.database_url.empty() && s.database_owner_url.empty())
        faults.push_back(
            {Fault::missing, file, "database.url needs database.owner_url beside it, for migrations"});

    // A name that is two things would be whichever stands first.
    std::vector<std::string> names;
    for (const Officer& officer : s.officers) names.push_back(officer.name);
    for (const app::Bank& bank : s.banks) names.push_back(bank.identity);
    std::ranges::sort(names);
    for (auto twice = std::ranges::adjacent_find(names); twice != names.end();
         twice = std::adjacent_find(twice + 1, names.end()))
        faults.push_back(
            {Fault::duplicate, file, fmt::format("the certificate «{}» is named twice", *twice)});

    const std::filesystem::path base = std::filesystem::absolute(path).parent_path();
    for (std::filesystem::path* relative : {&s.folder, &s.certificates, &s.policy, &s.bank_profiles,
                                            &s.signing.certificate, &s.signing.module, &s.signing.pin_file})
        if (!relative->empty() && relative->is_relative()) *relative = (base / *relative).lexically_normal();
    return loaded;
}

}  // namespace onecard::ops
