#include "body_parts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/own_folder.hpp"

namespace onecard::net {
namespace {

namespace fs = std::filesystem;

fs::path file_with(const std::string& name, std::string_view text) {
    const fs::path file = fs::path{test::own_folder()} / name;
    std::ofstream{file, std::ios::binary} << text;
    return file;
}

TEST(BodyReading, GivesBytesAndFilesInTheirOrderWhateverTheSizeOfAPiece) {
    const std::string long_text(100'000, 'x');
    const std::vector<BodyPart> parts{{"one", file_with("two", "2222"), 4},
                                      {"", file_with("none", ""), 0},
                                      {"three", {}, 0},
                                      {"", file_with("long", long_text), long_text.size()},
                                      {"end", {}, 0}};
    const std::string whole = "one2222three" + long_text + "end";
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{3}, std::size_t{4096}, whole.size(), whole.size() * 2}) {
        BodyReading reading{parts};
        EXPECT_EQ(reading.left(), whole.size());
        std::string all;
        while (reading.left() > 0) {
            const std::size_t before = all.size();
            ASSERT_TRUE(reading.append_to(all, piece)) << reading.trouble();
            EXPECT_EQ(all.size() - before, std::min(piece, whole.size() - before));
        }
        EXPECT_EQ(all, whole) << piece;
    }
}

TEST(BodyReading, StopsAtAFileThatIsNotWhatWasSaid) {
    for (const BodyPart& part :
         {BodyPart{"", file_with("short", "123"), 4}, BodyPart{"", file_with("long", "12345"), 4},
          BodyPart{"", fs::path{test::own_folder()} / "missing", 4},
          BodyPart{"", fs::path{test::own_folder()}, 4}}) {
        BodyReading reading{{&part, 1}};
        std::string all;
        EXPECT_FALSE(reading.append_to(all, 100));
        EXPECT_THAT(reading.trouble(), testing::HasSubstr(part.file.string()));
    }
}

}  // namespace
}  // namespace onecard::net
