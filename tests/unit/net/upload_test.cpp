#include <gtest/gtest.h>

#include "running.hpp"

namespace onecard::net {
namespace {

std::string put(std::string_view target, std::string_view headers) {
    return fmt::format("PUT {} HTTP/1.1\r\nHost: x\r\n{}\r\n", target, headers);
}

TEST(Upload, IsThereForItsHandlerAndGoneAfterwards) {
    const Running running;
    const auto file = running.folder / "source";
    std::string content(3'000'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 >> 3);
    std::ofstream{file, std::ios::binary} << content;
    const auto client = running.client();
    EXPECT_EQ(client->send_file("PUT", "/v1/files/a", file)->body, "3000000");
    EXPECT_EQ(running.files_in_uploads(), 0U);
    EXPECT_EQ(client->send_file("PUT", "/v1/files/kept", file, {{"X-Keep", "1"}})->status, 201);
    EXPECT_TRUE(bytes_in(running.folder / "kept") == content);
    EXPECT_EQ(running.files_in_uploads(), 0U);
    EXPECT_EQ(client->call("PUT", "/v1/files/a", "")->body, "0");
}

TEST(Upload, IsWholeWhateverItsSize) {
    const Running running;
    const auto client = running.client();
    constexpr std::size_t piece = 64UL * 1024;
    for (const std::size_t size :
         {0UL, 1UL, 16'000UL, 16'384UL, piece - 1, piece, piece + 1, 2 * piece, 200'000UL}) {
        std::string content(size, '\0');
        for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 7 >> 3);
        std::ofstream{running.folder / "source", std::ios::binary} << content;
        const auto reply =
            client->send_file("PUT", "/v1/files/kept", running.folder / "source", {{"X-Keep", "1"}});
        ASSERT_TRUE(reply) << reply.error().message();
        EXPECT_EQ(reply->status, 201) << size;
        EXPECT_TRUE(bytes_in(running.folder / "kept") == content) << size;
    }
}

TEST(Upload, TakesConstantMemory) {
    const Running running;
    const auto file = running.folder / "large";
    std::ofstream{file};
    constexpr std::size_t megabytes = 200;
    std::filesystem::resize_file(file, megabytes * 1'000'000);
    const auto client = running.client();
    ASSERT_EQ(client->send_file("PUT", "/v1/files/warm", running.folder / "large")->status, 201);
    const std::size_t before = resident_kilobytes();
    const auto reply = client->send_file("PUT", "/v1/files/large", file);
    EXPECT_EQ(reply->body, "200000000");
    if (memory_can_be_measured) EXPECT_LT(resident_kilobytes(), before + 2048);
    const auto fetched = client->fetch_file("/v1/files/large", running.folder / "fetched");
    EXPECT_EQ(fetched->status, 200);
    EXPECT_EQ(std::filesystem::file_size(running.folder / "fetched"), megabytes * 1'000'000);
    if (memory_can_be_measured) EXPECT_LT(resident_kilobytes(), before + 2048);
}

TEST(Upload, IsAskedForBeforeItIsSent) {
    const Running running;
    RawLine line{running.server->port()};
    line.send(put("/v1/files/a", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    ASSERT_TRUE(line.receive_until("HTTP/1.1 100 Continue\r\n\r\n"));
    line.send("12345");
    EXPECT_TRUE(line.receive_until("HTTP/1.1 201 "));

    RawLine refused{running.server->port()};
    refused.send(put("/v1/small/a", "Content-Length: 1000001\r\nExpect: 100-continue\r\n"));
    EXPECT_TRUE(refused.receive_all().starts_with("HTTP/1.1 413 "));
    EXPECT_FALSE(refused.in.contains("100 Continue"));
}

TEST(Upload, InChunksIsTheSame) {
    const Running running;
    RawLine line{running.server->port()};
    line.send(put("/v1/files/chunks", "X-Keep: 1\r\nTransfer-Encoding: chunked\r\n"));
    std::string expected;
    for (std::size_t i = 1; i < 400; i += 7) {
        const std::string piece(i * 11, static_cast<char>('a' + i % 26));
        expected += piece;
        line.send(fmt::format("{:x}\r\n", piece.size()));
        line.send(piece);
        line.send("\r\n");
    }
    line.send("0\r\n\r\n");
    EXPECT_TRUE(line.receive_until(std::to_string(expected.size())));
    EXPECT_TRUE(bytes_in(running.folder / "chunks") == expected);
}

TEST(Upload, ThatIsCutNeverReachesTheHandler) {
    const Running running;
    {
        RawLine line{running.server->port()};
        line.send(put("/v1/files/cut", "X-Keep: 1\r\nContent-Length: 1000000\r\n") +
                  std::string(500'000, 'x'));
        line.close();
    }
    {
        RawLine line{running.server->port()};
        line.send(put("/v1/files/cut", "X-Keep: 1\r\nTransfer-Encoding: chunked\r\n") + "5\r\nabcde\r\n");
        line.close();
    }
    const auto told = running.told(2);
    ASSERT_EQ(told.size(), 2U);
    for (const Access& access : told) EXPECT_EQ(access.status, 400);
    EXPECT_FALSE(std::filesystem::exists(running.folder / "cut"));
    EXPECT_EQ(running.files_in_uploads(), 0U);
}

TEST(Upload, ThatIsTooLongIsRefusedWhileItComes) {
    const Running running;
    const auto file = running.folder / "source";
    std::ofstream{file};
    std::filesystem::resize_file(file, 50'000'000);
    const auto client = running.client();
    const auto reply = client->send_file("PUT", "/v1/small/a", file);
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(reply->status, 413);
    RawLine line{running.server->port()};
    line.send(put("/v1/small/a", "Transfer-Encoding: chunked\r\n"));
    for (int i = 0; i < 20; ++i) line.send("10000\r\n" + std::string(0x10000, 'x') + "\r\n");
    EXPECT_TRUE(line.receive_all().starts_with("HTTP/1.1 413 "));
    EXPECT_EQ(running.files_in_uploads(), 0U);
    EXPECT_EQ(client->call("GET", "/v1/runs/latest")->status, 200);
}

TEST(Upload, WithoutAFolderIsRefusedWithoutDetails) {
    const Running running;
    std::filesystem::remove_all(running.folder / "uploads");
    const auto reply = running.client()->call("PUT", "/v1/files/a", "abc");
    EXPECT_EQ(reply->status, 500);
    EXPECT_FALSE(reply->body.contains("uploads"));
    EXPECT_TRUE(running.told(1).at(0).trouble.contains("uploads"));
}

TEST(Upload, LeftByACrashIsCleanedAway) {
    const auto folder = Certificates::of_this_process().folder / "leftovers";
    std::filesystem::create_directories(folder);
    const auto make = [&](const std::string& name, int hours_old) {
        std::ofstream{folder / name};
        std::filesystem::last_write_time(
            folder / name, std::filesystem::file_time_type::clock::now() - std::chrono::hours{hours_old});
    };
    make("upload-1-1.part", 30);
    make("upload-1-2.part", 1);
    make("evidence", 30);
    const Certificates& certificates = Certificates::of_this_process();
    const auto made = create_server({.certificate = certificates.pem("server"),
                                     .key = certificates.key("server"),
                                     .authorities = certificates.pem("ca"),
                                     .upload_folder = folder},
                                    {{.method = "PUT",
                                      .pattern = "/x",
                                      .body_to_file = true,
                                      .handle = [](const Request&) { return Response{}; }}},
                                    [](int, const std::string&, const Request&) { return Response{}; }, {});
    ASSERT_TRUE(made);
    EXPECT_FALSE(std::filesystem::exists(folder / "upload-1-1.part"));
    EXPECT_TRUE(std::filesystem::exists(folder / "upload-1-2.part"));
    EXPECT_TRUE(std::filesystem::exists(folder / "evidence"));
}

}  // namespace
}  // namespace onecard::net
