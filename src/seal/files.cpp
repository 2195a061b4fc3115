#include "files.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace onecard::seal {
namespace {

class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_;
};

/// The file being written, under a name of its own; gone when it did not get its place.
class Draft {
public:
    explicit Draft(const std::filesystem::path& beside)
        : path_{beside.string() + ".XXXXXX"}, descriptor_{::mkostemp(path_.data(), O_CLOEXEC)} {}
    ~Draft() {
        if (descriptor_.is_open()) ::unlink(path_.c_str());
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    const std::string& path() const { return path_; }
    int number() const { return descriptor_.number(); }
    bool is_open() const { return descriptor_.is_open(); }

private:
    std::string path_;
    Descriptor descriptor_;
};

std::string reason() { return std::system_category().message(errno); }

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

Result<std::string> read_small_file(const std::filesystem::path& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.is_open()) return refuse(Fault::missing, "cannot be opened: " + reason(), path.string());
    std::string bytes;
    std::array<char, 16384> piece;
    while (true) {
        const ssize_t count = ::read(file.number(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return refuse(Fault::missing, "cannot be read: " + reason(), path.string());
        if (count == 0) return bytes;
        if (bytes.size() + static_cast<std::size_t>(count) > small_file_bytes_max)
            return refuse(Fault::out_of_range, "is larger than 1 MiB", path.string());
        bytes.append(piece.data(), static_cast<std::size_t>(count));
    }
}

Result<void> write_whole(const std::filesystem::path& path, std::string_view bytes, mode_t mode,
                         Existing existing) {
    const auto cannot = [&] {
        return refuse(Fault::missing, "cannot be written: " + reason(), path.string());
    };
    const Draft draft{path};
    if (!draft.is_open() || ::fchmod(draft.number(), mode) != 0 || !write_all(draft.number(), bytes) ||
        ::fsync(draft.number()) != 0)
        return cannot();
    if (existing == Existing::replace) {
        if (::rename(draft.path().c_str(), path.c_str()) != 0) return cannot();
    } else if (::link(draft.path().c_str(), path.c_str()) != 0) {
        // A rename would silently replace the key that another process has just made, and with it lose all
        // that was sealed under that key; a second name is given only where there is none.
        if (errno == EEXIST) return refuse(Fault::duplicate, "is there already", path.string());
        return cannot();
    }
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.is_open() || ::fsync(directory.number()) != 0) return cannot();
    return {};
}

}  // namespace onecard::seal
