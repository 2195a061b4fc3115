#include "onecard/bankfile/tar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include "support/own_folder.hpp"

namespace onecard::bankfile {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

using Files = std::vector<std::pair<std::string, std::string>>;

/// What an archive holds, and why it could not be read to its end.
struct Read final : TarSink {
    Files files;
    std::size_t ended = 0, at_most = 1000;
    std::string fault;

    Result<void> begin(std::string_view name, std::uint64_t) override {
        if (files.size() == at_most) return refuse(Fault::out_of_range, "enough");
        files.emplace_back(name, std::string{});
        return {};
    }
    void take(std::string_view piece) override { files.back().second += piece; }
    Result<void> end() override {
        ++ended;
        return {};
    }
};

Read read(std::string_view archive, std::size_t piece = 1 << 20, std::size_t at_most = 1000) {
    Read read;
    read.at_most = at_most;
    TarReading reading{"a.tar", read};
    Result<void> going;
    while (going && !archive.empty()) {
        going = reading.feed(archive.substr(0, piece));
        archive.remove_prefix(std::min(piece, archive.size()));
    }
    if (going) going = reading.finish();
    if (!going) read.fault = going.error().message();
    return read;
}

std::string written(const Files& files) {
    std::string archive;
    for (const auto& [name, text] : files)
        archive.append(tar_header(name, text.size(), Moment::of_unix_seconds(1'641'350'000)))
            .append(text)
            .append(tar_padding(text.size()), '\0');
    return archive.append(tar_end_bytes, '\0');
}

std::string text_in(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}
void write_text(const fs::path& file, std::string_view text) {
    std::ofstream{file, std::ios::binary} << text;
}

/// Of every length that is special: nothing, less than a block, a block, more, much.
Files some_files() {
    std::string all_bytes;
    for (int c = 0; c < 256; ++c) all_bytes += static_cast<char>(c);
    std::string long_text;
    while (long_text.size() < 100'000) long_text += all_bytes;
    return {{"empty.p7s", ""},
            {"one.txt", "1"},
            {"block.txt", std::string(512, 'b')},
            {"more.txt", std::string(513, 'c')},
            {std::string(96, 'n') + ".ret", long_text}};
}

/// Where the tar of this system works.
class Tar : public testing::Test {
protected:
    void SetUp() override {
        folder_ =
            fs::path{test::own_folder()} / testing::UnitTest::GetInstance()->current_test_info()->name();
        fs::create_directories(folder_);
    }
    void shell(const std::string& command) const {
        const int status = std::system(("cd " + folder_.string() + " && " + command).c_str());
        ASSERT_EQ(WEXITSTATUS(status), 0) << command;
    }
    fs::path folder_;
};

TEST_F(Tar, UnpacksWhatWasWritten) {
    write_text(folder_ / "a.tar", written(some_files()));
    shell("tar -xf a.tar");
    for (const auto& [name, text] : some_files()) EXPECT_EQ(text_in(folder_ / name), text) << name;
    shell("tar -tvf a.tar >list");
    EXPECT_THAT(text_in(folder_ / "list"), HasSubstr("-rw-r--r--"));
    write_text(folder_ / "none.tar", written({}));
    shell("tar -xf none.tar");
}

TEST_F(Tar, WritesWhatIsRead) {
    std::string names;
    for (const auto& [name, text] : some_files()) {
        write_text(folder_ / name, text);
        names += " " + name;
    }
    for (const char* way :
         {"", "--format=ustar", "--format=gnu", "--blocking-factor=1", "--owner=root --mode=400"}) {
        shell(std::string{"tar "} + way + " -cf a.tar" + names);
        const std::string archive = text_in(folder_ / "a.tar");
        for (const std::size_t piece : {std::size_t{1} << 20, std::size_t{512}, std::size_t{77}}) {
            const Read got = read(archive, piece);
            EXPECT_EQ(got.fault, "") << way;
            EXPECT_EQ(got.files, some_files()) << way;
            EXPECT_EQ(got.ended, got.files.size());
        }
    }
}

TEST_F(Tar, MakesArchivesThatAreRefusedForWhatIsNoPlainFile) {
    fs::create_directories(folder_ / "in");
    write_text(folder_ / "in/file", "text");
    fs::create_symlink("in/file", folder_ / "link");
    write_text(folder_ / "one", "text");
    fs::create_hard_link(folder_ / "one", folder_ / "two");
    write_text(folder_ / std::string(101, 'n'), "text");
    struct Row {
        std::string command, fault;
    };
    for (const Row& row :
         {Row{"tar -cf a.tar in", "a.tar:0:type: "}, Row{"tar -cf a.tar in/file", "a.tar:0:name: "},
          Row{"tar -cf a.tar ./one", "a.tar:0:name: "},
          Row{"tar -Pcf a.tar --transform 's,^,/etc/,' one", "a.tar:0:name: "},
          Row{"tar -Pcf a.tar --transform 's,^,../,' one", "a.tar:0:name: "},
          Row{"tar -cf a.tar link", "a.tar:0:type: "}, Row{"tar -cf a.tar one two", "a.tar:1024:type: "},
          Row{"tar --format=posix -cf a.tar one", "a.tar:0:type: "},
          Row{"tar --format=v7 -cf a.tar one", "a.tar:0:magic: "},
          Row{"tar --format=gnu -cf a.tar nnn*", "a.tar:0:type: "}, Row{"tar -czf a.tar one", "a.tar:"}}) {
        shell(row.command);
        EXPECT_THAT(read(text_in(folder_ / "a.tar")).fault, StartsWith(row.fault)) << row.command;
    }
}

TEST(TarReading, SaysWhereAnArchiveIsCutOff) {
    const Files files{{"a.p7s", "signature"}, {"a", std::string(600, 'x')}};
    const std::string whole = written(files);
    ASSERT_EQ(read(whole).fault, "");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Read got = read(std::string_view{whole}.substr(0, size));
        EXPECT_THAT(got.fault, StartsWith("a.tar:" + std::to_string(size) + ": the archive is cut off"))
            << size;
    }
}

TEST(TarReading, NoticesEveryByteOfAHeaderThatWasAltered) {
    const std::string whole = written({{"a.ret", "text"}});
    for (std::size_t i = 0; i < tar_block_bytes; ++i) {
        std::string altered = whole;
        altered[i] = static_cast<char>(altered[i] ^ 1);
        const Read got = read(altered);
        EXPECT_FALSE(got.fault.empty()) << i;
        EXPECT_TRUE(got.files.empty()) << i;
    }
}

/// A header in which something stands that our writer does not write, with a sum that is right.
std::string with(std::size_t at, std::string_view text) {
    std::string header = tar_header("a.ret", 0, {});
    header.replace(at, text.size(), text);
    header.replace(148, 8, 8, ' ');
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    std::ostringstream digits;
    digits << std::oct << sum;
    header.replace(148, 8, std::string(6 - digits.str().size(), '0') + digits.str() + std::string{"\0 ", 2});
    return header + std::string(tar_end_bytes, '\0');
}

TEST(TarReading, RefusesNamesAndSizesThatAreNone) {
    using namespace std::string_literals;
    EXPECT_EQ(read(with(0, "b.ret")).fault, "");
    for (const std::string& name : {"../b\0"s, "/etc\0"s, "a/b\0\0"s, "a\\b\0\0"s, "..\0\0\0"s, ".\0\0\0\0"s,
                                    "\0\0\0\0\0"s, "a\nb\0\0"s, "-rf\0\0"s, "a\0b\0\0"s})
        EXPECT_THAT(read(with(0, name)).fault, StartsWith("a.tar:0:name: ")) << name;
    EXPECT_THAT(read(with(345, "etc")).fault, StartsWith("a.tar:0:name: ")) << "a prefix is a folder";
    EXPECT_THAT(read(with(157, "etc")).fault, StartsWith("a.tar:0:link: "));
    for (const std::string& size : {"0000000000x\0"s, "           \0"s, "\x80\0\0\0\0\0\0\0\0\0\0\1"s,
                                    "777777777777"s, "-0000000001\0"s})
        EXPECT_THAT(read(with(124, size)).fault, StartsWith("a.tar:0:size: ")) << size;
    for (const char type : "12345678LKxgSDMVA")
        if (type != '\0')
            EXPECT_THAT(read(with(156, {&type, 1})).fault, StartsWith("a.tar:0:type: ")) << type;
    // Nobody's fields are anybody's business.
    EXPECT_EQ(read(with(100, "0100600 ")).fault, "");
    EXPECT_EQ(read(with(265, "somebody")).fault, "");
}

TEST(TarReading, EndsWhereItEndsAndWhereItsReaderWantsNoMore) {
    const Files files{{"a", "1"}, {"b", "2"}};
    const std::string whole = written(files);
    EXPECT_EQ(read(whole + std::string(20 * tar_block_bytes, '\0')).fault, "");
    EXPECT_THAT(read(whole + whole).fault, StartsWith("a.tar:3072:end: "));
    EXPECT_THAT(read(std::string(512, '\0') + whole).fault, StartsWith("a.tar:512:end: "));
    const Read got = read(whole, 100, 1);
    EXPECT_EQ(got.fault, "a.tar:1024: enough");
    EXPECT_EQ(got.files, (Files{{"a", "1"}}));
}

}  // namespace
}  // namespace onecard::bankfile
