#include "server_account.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace onecard::store::server {

namespace fs = std::filesystem;

namespace {

/// In a child, between fork and exec: only calls that are safe there. The raw ones, because those of the C library
/// tell all threads, of which the child has one.
bool become(const Account& account) {
    if (!account.drops) return true;
    return ::syscall(SYS_setgroups, account.groups.size(), account.groups.data()) == 0 &&
           ::syscall(SYS_setresgid, account.group, account.group, account.group) == 0 &&
           ::syscall(SYS_setresuid, account.user, account.user, account.user) == 0;
}

}  // namespace

[[noreturn]] void fail(const fs::path& path, const char* what) {
    throw std::system_error{errno, std::generic_category(),
                            fmt::format("cluster: {} {}", what, path.string())};
}

Result<Account> account_for(const std::string& run_as) {
    Account account{.user = ::geteuid(), .group = ::getegid(), .groups = {}, .drops = false};
    if (account.user != 0) return account;
    for (const std::string& name : {run_as, std::string{"nobody"}}) {
        const ::passwd* const found = ::getpwnam(name.c_str());
        if (found == nullptr || found->pw_uid == 0) continue;
        account.user = found->pw_uid;
        account.group = found->pw_gid;
        account.drops = true;
        int count = 64;
        account.groups.resize(static_cast<std::size_t>(count));
        if (::getgrouplist(name.c_str(), account.group, account.groups.data(), &count) < 0) count = 0;
        account.groups.resize(static_cast<std::size_t>(count));
        return account;
    }
    return refuse(
        Fault::missing,
        fmt::format("PostgreSQL does not run as root, and there is neither a user {} nor nobody", run_as));
}

pid_t spawn(const Account& account, const std::vector<std::string>& command, const fs::path& log, bool tied) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (output < 0) fail(log, "cannot open");
    if (account.drops && ::fchown(output, account.user, account.group) != 0) fail(log, "cannot hand over");
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
        // Ctrl-C at the terminal is for us: we stop the server when we no longer need it.
        ::setsid();
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        for (const int each : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGUSR1})
            ::signal(each, SIG_DFL);
        if (!become(account)) ::_exit(126);
        // After the change of user, which would clear it. The parent may have died before.
        if (tied && (::prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || ::getppid() != parent)) ::_exit(126);
        const int nothing = ::open("/dev/null", O_RDONLY);
        ::dup2(nothing, 0);
        ::dup2(output, 1);
        ::dup2(output, 2);
        ::syscall(SYS_close_range, 3U, ~0U, 0U);
        ::umask(077);
        if (::chdir("/") != 0) ::_exit(126);
        ::execv(arguments.front(), arguments.data());
        ::_exit(127);
    }
    const int error = errno;
    ::close(output);
    if (child < 0) {
        errno = error;
        fail(command.front(), "cannot start");
    }
    return child;
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

bool has_ended(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, WNOHANG) != 0;
}

Result<void> make_own_folder(const fs::path& folder, const Account& account) {
    if (::mkdir(folder.c_str(), 0700) == 0) {
        if (account.drops && ::lchown(folder.c_str(), account.user, account.group) != 0)
            fail(folder, "cannot hand over");
        return {};
    }
    if (errno != EEXIST) fail(folder, "cannot make");
    struct stat info{};
    if (::lstat(folder.c_str(), &info) != 0) fail(folder, "cannot look at");
    if (!S_ISDIR(info.st_mode)) return refuse(Fault::conflict, "is no folder", folder.string());
    // An empty one of our own may have been made for us before.
    if (account.drops && info.st_uid == 0) {
        if (::lchown(folder.c_str(), account.user, account.group) != 0) fail(folder, "cannot hand over");
        info.st_uid = account.user;
    }
    if (info.st_uid != account.user)
        return refuse(Fault::conflict, "belongs to another user", folder.string());
    if ((info.st_mode & 0777U) != 0700 && ::chmod(folder.c_str(), 0700) != 0) fail(folder, "cannot close");
    return {};
}

bool reaches(const Account& account, const fs::path& path) {
    if (!account.drops) return true;
    const std::string parent = path.parent_path().string();
    const pid_t child = ::fork();
    if (child < 0) fail(path, "cannot fork for");
    if (child == 0) ::_exit(become(account) && ::chdir(parent.c_str()) == 0 ? 0 : 1);
    return wait_for(child) == 0;
}

}  // namespace onecard::store::server
