#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "onecard/core/ids.hpp"

namespace onecard::app {

/// How many archives each bank is fetching at the moment.
class ArchivePlaces {
public:
    /// A place until the last copy of it goes, perhaps after everybody else has forgotten `places`; null where the bank has
    /// `at_most` already.
    static std::shared_ptr<const void> take(const std::shared_ptr<ArchivePlaces>& places, BankNo bank,
                                            int at_most) {
        const std::lock_guard lock{places->guard_};
        int& taken = places->of_bank_[bank];
        if (taken >= at_most) return nullptr;
        ++taken;
        return {static_cast<const void*>(places.get()),
                [places, bank](const void*) { places->let_go(bank); }};
    }

private:
    void let_go(BankNo bank) {
        const std::lock_guard lock{guard_};
        --of_bank_[bank];
    }
    std::mutex guard_;
    std::map<BankNo, int> of_bank_;
};

}  // namespace onecard::app
