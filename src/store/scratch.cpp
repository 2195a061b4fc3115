#include "onecard/store/scratch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "onecard/core/result.hpp"

namespace onecard::store {
namespace {

class NamelessFile final : public app::Scratch {
public:
    explicit NamelessFile(const std::filesystem::path& folder) : path_{(folder / "scratch-XXXXXX").string()} {
        file_ = ::mkostemp(path_.data(), O_CLOEXEC);  // 0600
        if (file_ < 0) fail("make");
        // While it is still empty: there is never a name for its bytes, and nothing to tidy up after a crash.
        if (::unlink(path_.c_str()) != 0) {
            const int why = std::exchange(errno, 0);
            ::close(file_);
            errno = why;
            fail("take the name from");
        }
    }
    ~NamelessFile() override { ::close(file_); }
    NamelessFile(const NamelessFile&) = delete;
    NamelessFile& operator=(const NamelessFile&) = delete;

    std::int64_t append(std::string_view bytes) override {
        const std::int64_t begin = bytes_;
        while (!bytes.empty()) {
            const ::ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), bytes_);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail("write");
            bytes_ += written;
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        return begin;
    }

    void read(std::int64_t at, std::span<char> out) override {
        while (!out.empty()) {
            const ::ssize_t got = ::pread(file_, out.data(), out.size(), at);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) fail("read");
            ensure(got > 0, "more is read than was appended");
            at += got;
            out = out.subspan(static_cast<std::size_t>(got));
        }
    }

private:
    [[noreturn]] void fail(const char* what) const {
        throw std::system_error{errno, std::generic_category(), fmt::format("cannot {} {}", what, path_)};
    }

    std::string path_;
    int file_ = -1;
    std::int64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<app::Scratch> create_scratch(const std::filesystem::path& folder) {
    return std::make_unique<NamelessFile>(folder);
}

}  // namespace onecard::store
