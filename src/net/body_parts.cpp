#include "body_parts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace onecard::net {

OpenFile::OpenFile(const std::filesystem::path& path) : file_{::open(path.c_str(), O_RDONLY | O_CLOEXEC)} {
    struct stat status{};
    if (file_ >= 0 && ::fstat(file_, &status) == 0 && S_ISREG(status.st_mode)) {
        size_ = static_cast<std::uint64_t>(status.st_size);
        is_good_ = true;
    }
}

OpenFile::~OpenFile() {
    if (file_ >= 0) ::close(file_);
}

bool OpenFile::read(char* into, std::size_t size, std::uint64_t offset) const {
    while (size > 0) {
        const ssize_t got = ::pread(file_, into, size, static_cast<off_t>(offset));
        if (got <= 0) return false;
        into += got;
        size -= static_cast<std::size_t>(got);
        offset += static_cast<std::uint64_t>(got);
    }
    return true;
}

BodyReading::BodyReading(std::span<const BodyPart> parts) : parts_{parts} {
    for (const BodyPart& part : parts_)
        left_ += part.bytes.size() + (part.file.empty() ? 0 : part.file_bytes);
}

bool BodyReading::append_to(std::string& out, std::size_t most) {
    while (most > 0 && !parts_.empty()) {
        const BodyPart& part = parts_.front();
        if (!file_) {
            const std::string_view piece = std::string_view{part.bytes}.substr(at_, most);
            out += piece;
            at_ += piece.size();
            left_ -= piece.size();
            most -= piece.size();
            if (at_ < part.bytes.size()) continue;
            at_ = 0;
            if (part.file.empty()) {
                parts_ = parts_.subspan(1);
                continue;
            }
            file_.emplace(part.file);
            if (!file_->is_good() || file_->size() != part.file_bytes) {
                trouble_ = fmt::format("{} is no file of {} bytes", part.file.string(), part.file_bytes);
                return false;
            }
        }
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(part.file_bytes - at_, most));
        bool is_read = false;
        out.resize_and_overwrite(out.size() + size, [&, used = out.size()](char* bytes, std::size_t) {
            is_read = file_->read(bytes + used, size, at_);
            return used + (is_read ? size : 0);
        });
        if (!is_read) {
            trouble_ = "the file became shorter: " + part.file.string();
            return false;
        }
        at_ += size;
        left_ -= size;
        most -= size;
        if (at_ < part.file_bytes) continue;
        file_.reset();
        at_ = 0;
        parts_ = parts_.subspan(1);
    }
    return true;
}

}  // namespace onecard::net
