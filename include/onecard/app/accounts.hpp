#pragma once

#include <cstdint>
#include <optional>

#include "onecard/app/account_records.hpp"
#include "onecard/app/identity.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// Why nothing is paid to a changed account now; nothing when it is.
struct AccountWaits {
    std::string why, chinese;
};
std::optional<AccountWaits> waits(const AccountChange& change, const AccountRules& rules, Moment now);

/// Changes of accounts: who brought them, who confirmed them, when they are paid to.
class Accounts {
public:
    Accounts(Tools& tools, AccountRules rules) : tools_{tools}, rules_{rules} {}

    /// By county of the region, as the newest import knows them; accounts and names masked. Errors: forbidden.
    Result<Report> changes(const Identity& by, const Region& region, const Slice& slice = {});

    struct Which {
        County county;
        ImportNo import;
        /// One payee; without: every change of that import in the county that nobody has confirmed.
        std::optional<std::pair<registry::PayeeKind, std::int64_t>> payee;
    };
    /// Errors: forbidden (no checker, another region, or the person who brought it), unknown (no such change),
    /// duplicate (confirmed before).
    Result<Report> confirm(const Identity& by, const Which& which, Moment now);

private:
    Tools& tools_;
    AccountRules rules_;
};

}  // namespace onecard::app
