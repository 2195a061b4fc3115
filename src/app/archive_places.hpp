#pragma once

#include <map>
#include <mutex>

#include "onecard/core/ids.hpp"

namespace onecard::app {

/// How many archives each bank is fetching at the moment.
class ArchivePlaces {
public:
    bool take(BankNo bank, int at_most) {
        const std::lock_guard lock{guard_};
        int& taken = of_bank_[bank];
        if (taken >= at_most) return false;
        ++taken;
        return true;
    }
    void let_go(BankNo bank) {
        const std::lock_guard lock{guard_};
        --of_bank_[bank];
    }

private:
    std::mutex guard_;
    std::map<BankNo, int> of_bank_;
};

}  // namespace onecard::app
