#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "onecard/core/ids.hpp"

namespace onecard::app {

/// Signatures whose return files are on their way. A bank that puts many without their files loses its oldest.
class WaitingSignatures {
public:
    void hold(BankNo bank, std::string_view name, std::string cms) {
        const std::lock_guard lock{guard_};
        auto& waiting = of_bank_[bank];
        std::erase_if(waiting, [&](const auto& known) { return known.first == name; });
        waiting.emplace_back(name, std::move(cms));
        if (waiting.size() > of_a_bank_max) waiting.pop_front();
    }

    std::optional<std::string> take(BankNo bank, std::string_view name) {
        const std::lock_guard lock{guard_};
        auto& waiting = of_bank_[bank];
        const auto found = std::ranges::find(waiting, name, &std::pair<std::string, std::string>::first);
        if (found == waiting.end()) return std::nullopt;
        std::string cms = std::move(found->second);
        waiting.erase(found);
        return cms;
    }

private:
    static constexpr std::size_t of_a_bank_max = 32;
    std::mutex guard_;
    std::map<BankNo, std::deque<std::pair<std::string, std::string>>> of_bank_;
};

}  // namespace onecard::app
