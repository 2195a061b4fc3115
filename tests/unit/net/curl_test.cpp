#include <gtest/gtest.h>

#include "running.hpp"

namespace onecard::net {
namespace {

/// What a bank has: curl, and its certificate.
class Curl : public testing::Test {
protected:
    Output curl(const std::string& arguments, const std::string& path) const {
        const Certificates& certificates = Certificates::of_this_process();
        return run(fmt::format("curl -sS --max-time 60 --cacert {} --cert {} --key {} {} {}{}",
                               certificates.pem("ca").string(), certificates.pem("bank").string(),
                               certificates.key("bank").string(), arguments, running.url("localhost"), path));
    }
    Running running;
};

TEST_F(Curl, Gets) {
    const Output output = curl("-w '%{http_code} %{http_version} %{ssl_verify_result}'", "/v1/runs/latest");
    EXPECT_EQ(output.text, "latest200 1.1 0");
}

TEST_F(Curl, PutsAFile) {
    const auto file = running.folder / "return.txt";
    std::ofstream{file} << std::string(5'000'000, 'r');
    const Output sent = curl(fmt::format("-H 'X-Keep: 1' --upload-file {}", file.string()), "/v1/files/kept");
    EXPECT_EQ(sent.text, "5000000");
    EXPECT_TRUE(bytes_in(running.folder / "kept") == bytes_in(file));
    const Output piped = curl(fmt::format("-H 'X-Keep: 1' -T - < {}", file.string()), "/v1/files/piped");
    EXPECT_EQ(piped.text, "5000000") << "chunked: curl does not know the length";
    const Output refused =
        curl(fmt::format("-w '%{{http_code}}' -o /dev/null -T {}", file.string()), "/v1/small/a");
    EXPECT_EQ(refused.text, "413");
}

TEST_F(Curl, TakesUpADownloadAgain) {
    std::string content;
    for (int i = 0; i < 300'000; ++i) content += fmt::format("{:07}\n", i);
    std::ofstream{running.folder / "batch"} << content;
    EXPECT_EQ(curl("--range 8-15", "/v1/files/batch").text, "0000001\n");
    const auto target = running.folder / "fetched";
    std::ofstream{target} << content.substr(0, 1'000'001);
    EXPECT_EQ(curl("-C - -o " + target.string(), "/v1/files/batch").text, "");
    EXPECT_TRUE(bytes_in(target) == content);
    EXPECT_EQ(curl("-o /dev/null -w '%{http_code}' -H 'If-None-Match: \"v1\"'", "/v1/files/batch").text,
              "304");
    EXPECT_TRUE(curl("--head", "/v1/files/batch").text.contains("Content-Length: 2400000"));
}

TEST_F(Curl, SpeaksTls12Too) { EXPECT_EQ(curl("--tls-max 1.2", "/v1/runs/latest").text, "latest"); }

TEST_F(Curl, ReadsAStream) {
    EXPECT_EQ(curl("", "/v1/stream?n=5").text, "line 0\nline 1\nline 3\nline 4\n");
    EXPECT_EQ(curl("--http1.0", "/v1/stream?n=2").text, "line 0\nline 1\n");
    EXPECT_NE(curl("", "/v1/stream?n=2\\&breaks").status, 0);
}

}  // namespace
}  // namespace onecard::net
