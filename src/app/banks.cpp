#include "onecard/app/banks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onecard::app {

Result<void> record_banks(Tools& tools, std::span<const Bank> banks) {
    auto work = tools.database.begin();
    const std::vector<Bank> before = work->registers().banks();
    const auto put = work->registers().put_banks(banks);
    if (!put) return put;
    std::vector<Act> acts;
    for (const Bank& bank : banks)
        if (std::ranges::find(before, bank.no, &Bank::no) == before.end())
            acts.push_back(
                {"bank", County{},
                 fmt::format("bank|{}|{}|{}|{}", bank.no.number(), bank.code, bank.name, bank.identity)});
    // Banks have no moment of their own: the act is as old as the ledger.
    work->ledger().put_acts(acts, tools.log(), Moment{});
    work->commit();
    return {};
}

}  // namespace onecard::app
