#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "onecard/app/records.hpp"

namespace onecard::app {

/// The batches that banks asked about of late. Only what is on record for good may be kept here.
class SentBatches {
public:
    std::optional<Batch> find(BankNo bank, std::string_view file_id) const {
        const std::lock_guard lock{guard_};
        const auto found = batches_.find(Key{bank, std::string{file_id}});
        return found == batches_.end() ? std::nullopt : std::optional{found->second};
    }
    void keep(BankNo bank, const Batch& batch) {
        const std::lock_guard lock{guard_};
        if (!batches_.try_emplace(Key{bank, batch.file_id}, batch).second) return;
        oldest_first_.emplace_back(bank, batch.file_id);
        if (oldest_first_.size() <= kept_max) return;
        batches_.erase(oldest_first_.front());
        oldest_first_.pop_front();
    }

private:
    using Key = std::pair<BankNo, std::string>;
    static constexpr std::size_t kept_max = 16384;  ///< some 2 KiB each
    mutable std::mutex guard_;
    std::map<Key, Batch> batches_;
    std::deque<Key> oldest_first_;
};

}  // namespace onecard::app
