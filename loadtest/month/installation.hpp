#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/store/cluster.hpp"
#include "remote.hpp"

/// A whole office for one measurement: database, certificates, configuration, register, service.
namespace onecard::loadtest {

inline constexpr int bank_count = 27;
inline constexpr std::int64_t lines_per_county = 25'000;

struct Processor {
    double user = 0, system = 0;
    double all() const { return user + system; }
    friend Processor operator-(Processor a, Processor b) { return {a.user - b.user, a.system - b.system}; }
};

class Installation {
public:
    /// Makes everything anew in `folder`, but for the register.
    Installation(std::filesystem::path folder, std::int64_t size);
    ~Installation();
    Installation(const Installation&) = delete;
    Installation& operator=(const Installation&) = delete;

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path config() const { return folder_ / "onecard.toml"; }
    std::string owner_url() const { return cluster_->owner_url(); }
    const std::vector<County>& counties() const { return counties_; }

    /// `onecard serve` in a process of its own; returns when it answers.
    void start_service();
    void stop_service();
    cli::Remote as(const std::string& who) const;

    /// Generates the register and imports it, all counties at once.
    struct Imported {
        double generating_seconds = 0, importing_seconds = 0;
        std::int64_t rows = 0, peak_memory_bytes = 0;
        std::int64_t expected_lines = 0;
    };
    Imported import_register(Month first, const std::vector<Month>& changes);

    std::int64_t service_peak_memory() const;
    Processor service_processor() const;
    Processor database_processor() const;
    std::uint64_t statements() const;

private:
    std::filesystem::path folder_;
    std::int64_t size_;
    std::vector<County> counties_;
    std::vector<std::string> bank_codes_;
    std::unique_ptr<store::Cluster> cluster_;
    pid_t service_ = 0;
    const volatile std::uint64_t* statements_ = nullptr;  ///< mapped: the service's own count
};

double seconds_now();
/// What this process has used so far.
Processor own_processor();
/// Starts this program again with other arguments.
pid_t start_self(const std::vector<std::string>& arguments, const std::filesystem::path& output);
/// What a child that ended well has used; throws when it did not end well.
Processor wait_for(pid_t child, const std::string& what);
/// The service, as `onecard serve` runs it, and beside it the count of its statements in a mapped file.
int serve(const std::string& config, const std::filesystem::path& counter);

}  // namespace onecard::loadtest
