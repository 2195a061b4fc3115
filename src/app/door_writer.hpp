#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "onecard/app/store.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// The act that a receipt is.
Act act_of(const ReceiptRecord& receipt, const HashFunction& sha256);

/// Writes down what banks do at the door. Whatever comes while others are being written goes with the next transaction,
/// all of it together: a busy day costs neither a transaction nor a sync for each request, and a quiet one no waiting.
/// Each call returns when its record is durable.
class DoorWriter {
public:
    explicit DoorWriter(Tools& tools) : tools_{tools} {}

    void download(DownloadRecord record);
    /// Of an accepted file. False: it had its receipt already.
    bool receipt(ReceiptRecord record);
    /// The number of the return file; nothing when these bytes are on record already. Throws RefusedByDatabase when the
    /// name is taken by other bytes.
    std::optional<std::int64_t> return_file(ReturnFile file);

private:
    struct Visit {
        std::variant<DownloadRecord, ReceiptRecord, ReturnFile> record;
        std::optional<std::int64_t> number;  ///< what is new: 1, or the number of the return file
        std::exception_ptr problem;
        bool done = false;
    };
    void write(Visit& own);
    void write_group(std::vector<Visit*>& group);
    void write_together(std::vector<Visit*>& group);

    Tools& tools_;
    std::mutex guard_;
    std::condition_variable written_;
    bool writing_ = false;
    std::vector<Visit*> waiting_;
};

}  // namespace onecard::app
