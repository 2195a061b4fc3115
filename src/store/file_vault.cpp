#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "onecard/store/database.hpp"

namespace onecard::store {
namespace {

namespace fs = std::filesystem;

/// So begin the names of files that are on their way into the vault.
constexpr std::string_view being_written = "new-";

[[noreturn]] void fail(const fs::path& path, const char* what) {
    throw std::system_error{errno, std::generic_category(),
                            fmt::format("file vault: {} {}", what, path.string())};
}

class Descriptor {
public:
    Descriptor(int number, const fs::path& path, const char* what) : number_{number} {
        if (number_ < 0) fail(path, what);
    }
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;
    int number() const { return number_; }
    /// A close that fails may be the last word about bytes that never reached the disk.
    void close(const fs::path& path) {
        if (::close(std::exchange(number_, -1)) != 0) fail(path, "cannot close");
    }

private:
    int number_;
};

void sync_folder(const fs::path& folder) {
    const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder,
                            "cannot open"};
    if (::fsync(opened.number()) != 0) fail(folder, "cannot sync");
}

void make_folder(const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0700) == 0) {
        sync_folder(folder.parent_path());
    } else if (errno != EEXIST) {
        fail(folder, "cannot make");
    }
}

/// Threads that wait for the disk so that nobody else has to. Made when the first of them is wanted.
class Syncers {
public:
    Syncers() = default;
    ~Syncers() {
        for (std::jthread& thread : threads_) thread.request_stop();
    }
    Syncers(const Syncers&) = delete;
    Syncers& operator=(const Syncers&) = delete;

    std::future<void> start(std::function<void()> work) {
        std::packaged_task<void()> task{std::move(work)};
        auto done = task.get_future();
        {
            const std::scoped_lock lock{mutex_};
            waiting_.push_back(std::move(task));
            if (waiting_.size() > idle_ && threads_.size() < threads_max)
                threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
        }
        come_.notify_one();
        return done;
    }
    void for_each(std::size_t count, const std::function<void(std::size_t)>& work) {
        std::vector<std::future<void>> started;
        for (std::size_t i = 0; i < count; ++i) started.push_back(start([&work, i] { work(i); }));
        for (const std::future<void>& one : started) one.wait();
        for (std::future<void>& one : started) one.get();
    }

private:
    void run(const std::stop_token& stop) {
        for (;;) {
            std::packaged_task<void()> task;
            {
                std::unique_lock lock{mutex_};
                ++idle_;
                const bool is_there = come_.wait(lock, stop, [&] { return !waiting_.empty(); });
                --idle_;
                if (!is_there) return;
                task = std::move(waiting_.front());
                waiting_.pop_front();
            }
            task();
        }
    }

    static constexpr std::size_t threads_max = 8;
    std::mutex mutex_;
    std::condition_variable_any come_;
    std::deque<std::packaged_task<void()>> waiting_;
    std::size_t idle_ = 0;
    std::vector<std::jthread> threads_;
};

class FolderVault final : public app::FileVault {
public:
    FolderVault(fs::path folder, const HashFunction& hash) : folder_{std::move(folder)}, hash_{hash} {
        folder_ = fs::absolute(folder_).lexically_normal();
        if (!folder_.has_filename()) folder_ = folder_.parent_path();
        fs::create_directories(folder_.parent_path());
        make_folder(folder_);
        remove_leftovers();
    }

    std::unique_ptr<app::FileVault::Bundle> begin() override { return std::make_unique<Bundle>(*this); }

    using app::FileVault::keep_file;

    Kept look_at(const fs::path& file) override {
        const Descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW), file, "cannot open"};
        return digest_of(in.number(), file);
    }

    void keep_file(const fs::path& file, const Kept& known) override {
        {
            const Descriptor in{::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW), file, "cannot open"};
            if (::fchmod(in.number(), 0600) != 0 || ::fsync(in.number()) != 0) fail(file, "cannot sync");
        }
        const fs::path place = make_place(known.digest);
        if (::rename(file.c_str(), place.c_str()) == 0) return sync_folder(place.parent_path());
        if (errno != EXDEV) fail(file, "cannot move");
        copy_in(file, known);
    }

    std::optional<fs::path> find(const Digest& digest) override {
        fs::path place = place_of(digest);
        std::error_code error;
        if (!fs::is_regular_file(place, error)) return std::nullopt;
        return place;
    }

private:
    /// What a crash has left half written: untouched for a day, so that nobody works at it.
    void remove_leftovers() const {
        std::error_code error;
        const auto yesterday = fs::file_time_type::clock::now() - std::chrono::hours{24};
        for (const fs::directory_entry& entry : fs::directory_iterator{folder_, error})
            if (entry.path().filename().string().starts_with(being_written) &&
                entry.last_write_time(error) < yesterday && !error)
                fs::remove(entry.path(), error);
    }

    /// A file that was written whole and is not at its place yet.
    struct Written {
        std::string path;
        Descriptor file;
        Digest digest;
    };

    /// While its next file is written, those before it are on their way to the disk. Disks take many such wishes at once
    /// as fast as one.
    class Bundle final : public app::FileVault::Bundle {
    public:
        explicit Bundle(FolderVault& vault) : vault_{vault} {}
        ~Bundle() override {
            try {
                settle();
            } catch (const std::exception&) {
                // Nobody asked whether they are sure: nothing refers to them.
            }
        }
        Bundle(const Bundle&) = delete;
        Bundle& operator=(const Bundle&) = delete;

        std::unique_ptr<Writing> begin() override { return std::make_unique<Piecewise>(*this); }

        void sync() override {
            settle();
            std::vector<fs::path> folders(folders_.begin(), folders_.end());
            vault_.syncers_.for_each(folders.size(), [&](std::size_t i) { sync_folder(folders[i]); });
            folders_.clear();
        }

    private:
        class Piecewise final : public Writing {
        public:
            explicit Piecewise(Bundle& bundle)
                : bundle_{bundle},
                  path_{(bundle.vault_.folder_ / fmt::format("{}XXXXXX", being_written)).string()},
                  file_{::mkostemp(path_.data(), O_CLOEXEC), path_, "cannot make"},
                  hash_{bundle.vault_.hash_.stream()} {}
            ~Piecewise() override {
                if (!kept_) ::unlink(path_.c_str());
            }
            Piecewise(const Piecewise&) = delete;
            Piecewise& operator=(const Piecewise&) = delete;

            void append(std::string_view bytes) override {
                ensure(!written_, "a file that is written");
                hash_->update(bytes_of(bytes));
                bytes_ += static_cast<std::int64_t>(bytes.size());
                while (!bytes.empty()) {
                    const ::ssize_t written = ::write(file_.number(), bytes.data(), bytes.size());
                    if (written < 0 && errno == EINTR) continue;
                    if (written < 0) fail(path_, "cannot write");
                    bytes.remove_prefix(static_cast<std::size_t>(written));
                }
            }

            Kept written() override {
                if (!written_) written_ = Kept{hash_->finish(), bytes_};
                return *written_;
            }

            fs::path path() const override { return path_; }

            Kept keep() override {
                ensure(!kept_, "a file that was kept before");
                const Kept kept = written();
                bundle_.take({path_, std::move(file_), kept.digest});
                kept_ = true;
                return kept;
            }

        private:
            Bundle& bundle_;
            std::string path_;
            Descriptor file_;
            std::unique_ptr<StreamHash> hash_;
            std::int64_t bytes_ = 0;
            std::optional<Kept> written_;
            bool kept_ = false;
        };

        void take(Written written) {
            const fs::path place = vault_.make_place(written.digest);
            folders_.insert(place.parent_path());
            on_their_way_.push_back(
                vault_.syncers_.start([written = std::make_shared<Written>(std::move(written)), place] {
                    try {
                        if (::fsync(written->file.number()) != 0) fail(written->path, "cannot sync");
                        written->file.close(written->path);
                        // Where the same bytes were kept before they are replaced by themselves.
                        if (::rename(written->path.c_str(), place.c_str()) != 0)
                            fail(written->path, "cannot move");
                    } catch (...) {
                        ::unlink(written->path.c_str());
                        throw;
                    }
                }));
        }

        /// Waits for all, and throws what befell one of them.
        void settle() {
            std::exception_ptr problem;
            for (std::future<void>& one : std::exchange(on_their_way_, {})) {
                try {
                    one.get();
                } catch (...) {
                    problem = std::current_exception();
                }
            }
            if (problem) std::rethrow_exception(problem);
        }

        FolderVault& vault_;
        std::vector<std::future<void>> on_their_way_;
        std::set<fs::path> folders_;
    };

    template <class OnPiece>
    static void read_all(int file, const fs::path& path, OnPiece on_piece) {
        std::array<char, 64 * 1024> piece;
        for (;;) {
            const ::ssize_t got = ::read(file, piece.data(), piece.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) fail(path, "cannot read");
            if (got == 0) return;
            on_piece(std::string_view{piece.data(), static_cast<std::size_t>(got)});
        }
    }

    Kept digest_of(int file, const fs::path& path) const {
        Kept kept;
        const auto hash = hash_.stream();
        read_all(file, path, [&](std::string_view piece) {
            hash->update(bytes_of(piece));
            kept.bytes += static_cast<std::int64_t>(piece.size());
        });
        kept.digest = hash->finish();
        return kept;
    }

    /// From another disk: a copy, then the original goes.
    void copy_in(const fs::path& file, const Kept& expected) {
        Bundle alone{*this};
        const auto copy = alone.begin();
        {
            const Descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW), file, "cannot open"};
            read_all(in.number(), file, [&](std::string_view piece) { copy->append(piece); });
        }
        const Kept kept = copy->keep();
        alone.sync();
        ensure(kept.digest == expected.digest, "a file that changed while it was kept");
        ::unlink(file.c_str());
    }

    fs::path place_of(const Digest& digest) const {
        const std::string hex = digest.hex();
        return folder_ / hex.substr(0, 2) / hex;
    }

    fs::path make_place(const Digest& digest) {
        fs::path place = place_of(digest);
        // Digests begin with one of 256 bytes, each of which is a folder that stays.
        std::atomic<bool>& is_there = folders_there_.at(std::size_t{digest.bytes.front()});
        if (!is_there) {
            make_folder(place.parent_path());
            is_there = true;
        }
        return place;
    }

    fs::path folder_;
    HashFunction hash_;
    std::array<std::atomic<bool>, 256> folders_there_{};
    Syncers syncers_;
};

}  // namespace

std::unique_ptr<app::FileVault> create_file_vault(const fs::path& folder, const HashFunction& sha256) {
    return std::make_unique<FolderVault>(folder, sha256);
}

}  // namespace onecard::store
