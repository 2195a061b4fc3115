#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// Keeps away from somebody who does not answer: after some failures in a row nobody is asked for a while, then one
/// request is let through; a further failure doubles the while, a success ends it.
class CircuitBreaker {
public:
    static constexpr int failures_max = 3;
    static constexpr std::int64_t first_pause_seconds = 60;
    static constexpr std::int64_t pause_seconds_max = 3600;

    bool lets_through(Moment now) const { return now.unix_seconds() >= closed_until_; }
    void note(bool succeeded, Moment now);
    int failures() const { return failures_; }

private:
    int failures_ = 0;
    std::int64_t pause_ = 0;
    std::int64_t closed_until_ = 0;
};

/// What a bank's own address answered.
struct PushAnswer {
    int status = 0;  ///< HTTP; 0: nobody answered
    std::string text;
};

/// Brings one file with its signature to one bank.
class BankAddress {
public:
    virtual ~BankAddress() = default;
    virtual PushAnswer bring(std::string_view name, std::int32_t seq, const std::filesystem::path& file,
                             std::string_view signature) = 0;
};

/// The bank channel besides fetching and handing in: sequence numbers, the ladder of each file, pushing.
class Channel {
public:
    explicit Channel(Tools& tools) : tools_{tools} {}

    /// Checks the number that a bank gives to a file that it hands in, before anything else of the file is looked at. A
    /// number belongs to a name: the same again is no harm. Errors: missing (the profile wants numbers), duplicate (a
    /// replay: the number was used for another file, or the file came with another number), conflict (a gap).
    /// Refusals are kept for the report.
    Result<void> take_sequence(const Identity& bank, std::string_view name, std::optional<std::int32_t> seq,
                               Moment now);
    /// The number that must come next.
    Result<std::int32_t> next_sequence(const Identity& bank);

    /// Every file that was released, with each step that was heard of: when, and by which certificate.
    Result<Report> ladder(const Identity& by, const Region& region, const Slice& slice = {});
    /// The sequence numbers of banks that were refused.
    Result<Report> sequence_refusals(const Identity& by, const Slice& slice = {});

    /// Records every step that has not been heard of in the time of the bank's profile, once a step, and says so to
    /// `on_unheard`. Returns how many are new.
    std::int64_t raise_unheard(Moment now, const std::function<void(std::string_view)>& on_unheard);

    /// Brings a bank what was released to it, in order, at most `files_max`; stops at the first that does not get
    /// through. Pauses grow from 30 s to 1 h a file; the breaker keeps away from a bank that is down.
    std::int64_t push(BankNo bank, BankAddress& address, CircuitBreaker& breaker, Moment now);
    static constexpr int files_max = 100;
    static constexpr std::int64_t first_retry_seconds = 30;
    static constexpr std::int64_t retry_seconds_max = 3600;

private:
    Tools& tools_;
};

}  // namespace onecard::app
