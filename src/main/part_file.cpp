#include "part_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace onecard::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 64 * 1024;

/// Closed whatever the reader of its bytes throws.
struct Open {
    explicit Open(const fs::path& path) : number{::open(path.c_str(), O_RDONLY | O_CLOEXEC)} {}
    ~Open() {
        if (number >= 0) ::close(number);
    }
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    const int number;
};

}  // namespace

Result<void> read_pieces(const fs::path& file, const ByteSink& sink) {
    const Open from{file};
    // On the stack: cleared or fresh memory for every small file would cost more than reading it.
    std::array<char, piece_bytes> piece;
    ssize_t count = -1;
    while (from.number >= 0) {
        count = ::read(from.number, piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        sink({piece.data(), static_cast<std::size_t>(count)});
    }
    if (count < 0) return refuse(Fault::missing, "cannot be read", file.string());
    return {};
}

Result<std::string> bytes_in(const fs::path& file) {
    std::string bytes;
    auto read = read_pieces(file, [&](std::string_view piece) { bytes += piece; });
    if (!read) return std::unexpected{read.error()};
    return bytes;
}

PartFile::PartFile(fs::path target) : target_{std::move(target)}, part_{target_} {
    part_ += ".part";
    file_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    has_failed_ = file_ < 0;
}

PartFile::~PartFile() {
    if (file_ < 0) return;
    close();
    ::unlink(part_.c_str());
}

void PartFile::write(std::string_view bytes) {
    while (!bytes.empty() && !has_failed_) {
        const ssize_t written = ::write(file_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        has_failed_ = written <= 0;
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// A disk over the net may say only now that it is full.
bool PartFile::close() { return ::close(std::exchange(file_, -1)) == 0; }

Result<void> PartFile::keep() {
    ensure(file_ >= 0 || has_failed_, "a file is kept twice");
    if (file_ >= 0) {
        has_failed_ |= !close();
        if (!has_failed_ && ::rename(part_.c_str(), target_.c_str()) == 0) return {};
        ::unlink(part_.c_str());
    }
    return refuse(Fault::missing, "cannot be written", target_.string());
}

Result<void> keep(const fs::path& file, std::string_view bytes) {
    PartFile part{file};
    part.write(bytes);
    return part.keep();
}

}  // namespace onecard::cli
