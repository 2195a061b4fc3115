#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "onecard/app/store.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// The act that a receipt is.
Act act_of(const ReceiptRecord& receipt);

/// A file that its bank says it has was refused by it before.
struct AnsweredOtherwise {
    std::string file_id;
};

/// Writes down what banks do at the door. Whatever comes while others are being written goes with the next transaction,
/// all of it together: a busy day costs neither a transaction nor a sync for each request, and a quiet one no waiting.
class DoorWriter {
public:
    explicit DoorWriter(Tools& tools);
    /// Writes what is left.
    ~DoorWriter();
    DoorWriter(const DoorWriter&) = delete;
    DoorWriter& operator=(const DoorWriter&) = delete;

    /// Goes along with the next group, at the latest a moment later: nothing is answered on the strength of it.
    void downloads(std::vector<DownloadRecord> records);
    // The others return when their record is durable.
    /// Of accepted files, all of them or none. A file that has this answer already keeps the receipt that it has. Throws
    /// AnsweredOtherwise when one was refused.
    void receipts(std::vector<ReceiptRecord> records);
    /// The number of the return file; nothing when these bytes are on record already. Throws RefusedByDatabase when the
    /// name is taken by other bytes.
    std::optional<std::int64_t> return_file(ReturnFile file);
    /// The same for several, all of them or none.
    std::vector<std::optional<std::int64_t>> return_files(std::vector<ReturnFile> files);

private:
    struct Visit {
        std::variant<std::vector<ReceiptRecord>, std::vector<ReturnFile>> record;
        std::vector<std::optional<std::int64_t>> numbers;  ///< of the return files that are new
        std::exception_ptr problem;
        bool done = false;
    };
    void write(Visit& own);
    struct Group {
        std::vector<Visit*> visits;
        std::vector<DownloadRecord> downloads;
    };
    Group next_group();
    void write_next(std::unique_lock<std::mutex>& lock);
    void write_group(Group& group);
    void write_together(const Group& group);
    void write_downloads_until_stopped(const std::stop_token& stop);

    Tools& tools_;
    std::mutex guard_;
    std::condition_variable_any written_;
    std::condition_variable_any fetched_, gathered_;
    bool writing_ = false;
    std::size_t last_group_ = 0;  ///< how many visits the group before this one had
    std::vector<Visit*> waiting_;
    std::vector<DownloadRecord> downloads_;
    std::jthread downloads_writer_;
};

}  // namespace onecard::app
