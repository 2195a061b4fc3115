#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "onecard/core/result.hpp"

/// The unprivileged user that the private server runs as, its programs and its folders.
namespace onecard::store::server {

/// Throws what errno says.
[[noreturn]] void fail(const std::filesystem::path& path, const char* what);

/// Whom the server runs as: ourselves, or the unprivileged user when we are root.
struct Account {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
    bool drops = false;  ///< from root
};

Result<Account> account_for(const std::string& run_as);

/// Starts a program as `account`, its output appended to `log`. With `tied` it gets SIGINT when the thread that calls
/// this ends, however it ends.
pid_t spawn(const Account& account, const std::vector<std::string>& command, const std::filesystem::path& log,
            bool tied);

int wait_for(pid_t child);

/// Whether the child is gone; takes it from the list of the dead.
bool has_ended(pid_t child);

/// A folder that belongs to the account alone. One that somebody else made there is refused, not used.
Result<void> make_own_folder(const std::filesystem::path& folder, const Account& account);
/// Whether the account can pass through every folder above `path`: tried in a child that is the account.
bool reaches(const Account& account, const std::filesystem::path& path);

}  // namespace onecard::store::server
