#include "part_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace onecard::cli {
namespace {

namespace fs = std::filesystem;

class PartFiles : public testing::Test {
protected:
    PartFiles() {
        std::string name = (fs::temp_directory_path() / "onecard-part-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
        folder_ = name;
    }
    ~PartFiles() override { fs::remove_all(folder_); }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator{folder_}, {}));
    }
    fs::path folder_;
};

TEST_F(PartFiles, HaveTheirNamesOnlyWhenTheyAreWhole) {
    const fs::path target = folder_ / "f";
    PartFile part{target};
    part.write("one ");
    part.write(std::string(300'000, 'x'));
    EXPECT_FALSE(fs::exists(target));
    ASSERT_TRUE(part.keep());
    EXPECT_EQ(bytes_in(target).value(), "one " + std::string(300'000, 'x'));
    EXPECT_EQ(files(), 1U);
    EXPECT_THROW(static_cast<void>(part.keep()), BrokenInvariant);
}

TEST_F(PartFiles, ThatAreNotKeptLeaveNothingAndWhatWasThereStays) {
    ASSERT_TRUE(keep(folder_ / "f", "before"));
    {
        PartFile part{folder_ / "f"};
        part.write("after");
    }
    EXPECT_EQ(bytes_in(folder_ / "f").value(), "before");
    EXPECT_EQ(files(), 1U);
    ASSERT_TRUE(keep(folder_ / "f", "after"));
    EXPECT_EQ(bytes_in(folder_ / "f").value(), "after");
}

TEST_F(PartFiles, SayWhatCannotBeWrittenAndWhere) {
    const auto in_no_folder = keep(folder_ / "none" / "f", "text");
    ASSERT_FALSE(in_no_folder);
    EXPECT_EQ(in_no_folder.error().fault, Fault::missing);
    EXPECT_EQ(in_no_folder.error().place, (folder_ / "none" / "f").string());
    fs::create_directories(folder_ / "taken" / "by");
    EXPECT_FALSE(keep(folder_ / "taken", "text"));
    EXPECT_EQ(files(), 1U) << "the part of what got no name is gone";
    // A disk that is full.
    fs::create_symlink("/dev/full", folder_ / "full.part");
    const auto on_full_disk = keep(folder_ / "full", "text");
    ASSERT_FALSE(on_full_disk);
    EXPECT_FALSE(fs::exists(folder_ / "full"));
}

TEST_F(PartFiles, AreReadInPiecesAndWhatCannotBeReadIsMissing) {
    const std::string bytes(200'000, 'y');
    ASSERT_TRUE(keep(folder_ / "f", bytes));
    std::string read;
    std::size_t pieces = 0;
    ASSERT_TRUE(read_pieces(folder_ / "f", [&](std::string_view piece) {
        read += piece;
        ++pieces;
    }));
    EXPECT_TRUE(read == bytes);
    EXPECT_GT(pieces, 1U);
    ASSERT_TRUE(keep(folder_ / "empty", ""));
    EXPECT_EQ(bytes_in(folder_ / "empty").value(), "");
    for (const fs::path& none : {folder_ / "none", folder_}) {
        const auto refused = bytes_in(none);
        ASSERT_FALSE(refused) << none;
        EXPECT_EQ(refused.error().fault, Fault::missing);
        EXPECT_EQ(refused.error().place, none.string());
    }
}

}  // namespace
}  // namespace onecard::cli
