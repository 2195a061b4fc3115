#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"

namespace onecard::app {

/// A bank's profile as a run was made with it.
struct RunProfile {
    BankNo bank;
    std::string name;  ///< of its file in config/banks
    std::string text;
    std::string transit_account;
};

/// A released file whose answers leave something open.
struct OpenDispatch {
    BankNo bank;
    std::int32_t seq = 0;
    std::string file_id;
    Moment released;
    std::optional<Moment> fetched;  ///< or pushed
    std::optional<Moment> receipted;
    std::string missed;  ///< steps that were raised already: "fetch receipt"
};

/// A file that waits to be pushed to its bank.
struct Unpushed {
    std::int32_t seq = 0;
    std::string file_id;
    Digest file_digest;
    std::string signature;
    std::int32_t attempts = 0;
    Moment last_attempt;
};

/// The records of the bank channel (schemas/db/0006_channel.sql).
class ChannelRecords {
public:
    virtual ~ChannelRecords() = default;
    virtual void put_run_profile(RunNo run, const Digest& digest, const RunProfile& profile) = 0;
    virtual std::vector<RunProfile> run_profiles(RunNo run) = 0;

    /// Holds the bank's numbers for this work and returns the one that must come next.
    virtual std::int32_t next_sequence(BankNo bank) = 0;
    /// The number that a file of this name came with.
    virtual std::optional<std::int32_t> sequence_of(BankNo bank, std::string_view name) = 0;
    virtual void put_sequence(BankNo bank, std::int32_t seq, std::string_view name, Moment at) = 0;
    virtual void put_sequence_refusal(BankNo bank, std::int32_t seq, std::int32_t expected,
                                      std::string_view name, Moment at) = 0;

    virtual std::vector<OpenDispatch> open_dispatches() = 0;
    virtual void put_unheard(BankNo bank, std::int32_t seq, std::string_view step, Moment due,
                             Moment raised) = 0;

    virtual std::vector<Unpushed> unpushed(BankNo bank, int at_most) = 0;
    virtual void put_push_attempt(BankNo bank, std::int32_t seq, std::int32_t attempt, bool delivered,
                                  int status, std::string_view text, Moment at) = 0;
};

}  // namespace onecard::app
