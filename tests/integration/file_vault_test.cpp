#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "onecard/seal/hashes.hpp"
#include "onecard/store/database.hpp"
#include "support/database.hpp"

namespace onecard {
namespace {

namespace fs = std::filesystem;

class FileVaultTest : public ::testing::Test {
protected:
    std::size_t files() const {
        std::size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator{place})
            count += entry.is_regular_file() ? 1 : 0;
        return count;
    }
    static std::string content(const fs::path& file) {
        std::ifstream in{file, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    static unsigned mode(const fs::path& path) {
        struct stat info{};
        ::stat(path.c_str(), &info);
        return info.st_mode & 0777U;
    }
    test::TemporaryFolder folder;
    fs::path place = folder.path() / "files";
    std::unique_ptr<app::FileVault> vault = store::create_file_vault(place, seal::sha256());
};

TEST_F(FileVaultTest, KeepsBytesUnderTheirDigestForNobodyElse) {
    const auto bundle = vault->begin();
    auto writing = bundle->begin();
    writing->append("abc");
    writing->append(std::string_view{"\0\xff", 2});
    const auto kept = writing->keep();
    bundle->sync();
    EXPECT_EQ(kept.bytes, 5);
    EXPECT_EQ(kept.digest, seal::sha256().hash(bytes_of(std::string_view{"abc\0\xff", 5})));
    const auto found = vault->find(kept.digest).value();
    EXPECT_EQ(content(found), (std::string{"abc\0\xff", 5}));
    EXPECT_EQ(found.filename(), kept.digest.hex());
    EXPECT_EQ(found.parent_path().filename(), kept.digest.hex().substr(0, 2));
    EXPECT_EQ(mode(found), 0600U);
    EXPECT_EQ(mode(found.parent_path()), 0700U);
    EXPECT_EQ(mode(place), 0700U);
    EXPECT_FALSE(vault->find(Digest{}));
}

TEST_F(FileVaultTest, KeepsNothingOfWhatWasGivenUp) {
    {
        const auto bundle = vault->begin();
        auto writing = bundle->begin();
        writing->append("half");
    }
    EXPECT_EQ(files(), 0U);
}

TEST_F(FileVaultTest, ShowsWhatIsWrittenBeforeItIsKept) {
    const auto bundle = vault->begin();
    for (const bool is_kept : {false, true}) {
        const auto writing = bundle->begin();
        writing->append("wri");
        writing->append("tten");
        const auto written = writing->written();
        EXPECT_EQ(written.bytes, 7);
        EXPECT_EQ(written.digest, seal::sha256().hash(bytes_of("written")));
        EXPECT_EQ(content(writing->path()), "written");
        EXPECT_EQ(mode(writing->path()), 0600U);
        EXPECT_FALSE(vault->find(written.digest));
        if (is_kept) EXPECT_EQ(writing->keep().digest, written.digest);
    }
    bundle->sync();
    EXPECT_EQ(files(), 1U);
}

TEST_F(FileVaultTest, RemovesWhatACrashHasLeftADayAgo) {
    for (const char* name : {"new-abcdef", "new-ghijkl", "somebody-else"})
        std::ofstream{place / name} << "half";
    for (const char* name : {"new-abcdef", "somebody-else"})
        fs::last_write_time(place / name, fs::file_time_type::clock::now() - std::chrono::hours{25});
    store::create_file_vault(place, seal::sha256());
    EXPECT_FALSE(fs::exists(place / "new-abcdef"));
    EXPECT_TRUE(fs::exists(place / "new-ghijkl")) << "somebody may be writing it";
    EXPECT_TRUE(fs::exists(place / "somebody-else"));
}

TEST_F(FileVaultTest, KeepsTheSameBytesOnce) {
    for (int i = 0; i < 2; ++i) {
        const auto bundle = vault->begin();
        auto writing = bundle->begin();
        writing->append("same");
        writing->keep();
        bundle->sync();
    }
    EXPECT_EQ(files(), 1U);
}

TEST_F(FileVaultTest, BringsAllFilesOfABundleToTheirPlacesTogether) {
    const auto bundle = vault->begin();
    std::vector<app::FileVault::Kept> kept;
    for (int i = 0; i < 100; ++i) {
        const auto writing = bundle->begin();
        writing->append(std::to_string(i));
        kept.push_back(writing->keep());
    }
    bundle->sync();
    EXPECT_EQ(files(), 100U);
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(content(vault->find(kept[static_cast<std::size_t>(i)].digest).value()), std::to_string(i));
}

// A record speaks of its file for ever: what did not reach its place must be heard of before the commit.
TEST_F(FileVaultTest, SaysWhenAFileOfABundleCannotBeBroughtToItsPlace) {
    const auto bundle = vault->begin();
    const auto writing = bundle->begin();
    writing->append("displaced");
    const std::string hex = seal::sha256().hash(bytes_of(std::string_view{"displaced"})).hex();
    // A folder of its very name, with something in it.
    fs::create_directories(place / hex.substr(0, 2) / hex / "full");
    writing->keep();
    EXPECT_THROW(bundle->sync(), std::system_error);
    EXPECT_EQ(files(), 0U);
}

TEST_F(FileVaultTest, TakesOverACompleteFile) {
    const fs::path file = folder.path() / "spooled";
    std::ofstream{file} << "from outside";
    const auto kept = vault->keep_file(file);
    EXPECT_FALSE(fs::exists(file));
    EXPECT_EQ(kept.bytes, 12);
    EXPECT_EQ(content(vault->find(kept.digest).value()), "from outside");
    EXPECT_EQ(mode(*vault->find(kept.digest)), 0600U);
    EXPECT_THROW(vault->keep_file(file), std::system_error);
}

TEST_F(FileVaultTest, TakesOverAFileFromAnotherDisk) {
    const fs::path file = fs::path{"/dev/shm"} / ("onecard-" + std::to_string(::getpid()));
    std::ofstream{file} << "from another disk";
    const auto kept = vault->keep_file(file);
    EXPECT_FALSE(fs::exists(file));
    EXPECT_EQ(content(vault->find(kept.digest).value()), "from another disk");
}

}  // namespace
}  // namespace onecard
