#include "upload.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

namespace onecard::net {
namespace {

namespace fs = std::filesystem;

std::error_code last_error() { return {errno, std::generic_category()}; }

}  // namespace

Upload::Upload(const fs::path& folder, std::string_view name)
    : path_{folder / fmt::format("upload-{}.part", name)} {
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file_ < 0) throw fs::filesystem_error{"an upload cannot be stored", path_, last_error()};
}

Upload::~Upload() {
    if (file_ >= 0) ::close(file_);
    remove();
}

bool Upload::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void Upload::finish(bool synced) {
    if (synced && ::fsync(file_) != 0)
        throw fs::filesystem_error{"an upload cannot be stored", path_, last_error()};
    ::close(file_);
    file_ = -1;
}

void Upload::remove() {
    if (path_.empty()) return;
    ::unlink(path_.c_str());
    path_.clear();
}

void Upload::remove_leftovers(const fs::path& folder) {
    std::error_code error;
    const auto yesterday = fs::file_time_type::clock::now() - std::chrono::hours{24};
    for (const fs::directory_entry& entry : fs::directory_iterator{folder, error}) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("upload-") || !name.ends_with(".part")) continue;
        if (entry.last_write_time(error) < yesterday && !error) fs::remove(entry.path(), error);
    }
}

}  // namespace onecard::net
