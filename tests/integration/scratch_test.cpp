#include "onecard/store/scratch.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "support/database.hpp"

namespace onecard {
namespace {

namespace fs = std::filesystem;

TEST(Scratch, GivesRoomForBytesThatNobodyElseCanOpen) {
    const test::TemporaryFolder folder;
    const auto scratch = store::create_scratch(folder.path());
    EXPECT_EQ(scratch->append("abc"), 0);
    EXPECT_EQ(scratch->append(std::string(100'000, 'x') + "end"), 3);
    EXPECT_TRUE(fs::is_empty(folder.path()));
    std::string read(3, '\0');
    scratch->read(100'003, read);
    EXPECT_EQ(read, "end");
    scratch->read(1, read);
    EXPECT_EQ(read, "bcx");
    EXPECT_THROW(scratch->read(100'004, read), BrokenInvariant);

    std::size_t found = 0;
    for (const auto& opened : fs::directory_iterator{"/proc/self/fd"}) {
        std::error_code error;
        if (!fs::read_symlink(opened.path(), error).string().starts_with(folder.path().string())) continue;
        ++found;
        struct stat info{};
        ASSERT_EQ(::stat(opened.path().c_str(), &info), 0);
        EXPECT_EQ(info.st_nlink, 0U);
        EXPECT_EQ(info.st_mode & 0777U, 0600U);
    }
    EXPECT_EQ(found, 1U);
}

TEST(Scratch, SaysWhereThereIsNoRoom) { EXPECT_THROW(store::create_scratch("/nowhere"), std::system_error); }

}  // namespace
}  // namespace onecard
