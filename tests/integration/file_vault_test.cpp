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
