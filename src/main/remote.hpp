#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "onecard/net/http.hpp"
#include "onecard/ops/settings.hpp"

namespace onecard::cli {

/// How the user wants to see things.
struct Manner {
    bool chinese = false;
    bool json = false;
    std::string as;      ///< name of the certificate to act with
    std::string server;  ///< URL; empty: the service of this configuration
};

/// Where the service of this configuration answers: with port 0 it chose a free one and wrote down which.
/// Errors: missing when it does not run.
Result<std::string> url_of(const ops::Settings& settings, const Manner& manner);

/// An officer at the door of the service.
class Remote {
public:
    static Result<Remote> connect(const ops::Settings& settings, const Manner& manner,
                                  std::string_view role_by_default);

    /// The answer as text (or JSON when wanted) for the user; a problem document becomes a Failure.
    Result<std::string> show(std::string_view method, const std::string& path, std::string_view body = {});
    /// The answer as JSON for the program.
    Result<std::string> ask(std::string_view method, const std::string& path, std::string_view body = {});
    /// Writes the answer to a file, however long.
    Result<void> fetch(const std::string& path, const std::filesystem::path& file);
    /// Sends a file; the answer as `show` has it, also where it lists faults (422).
    Result<std::string> show_file(const std::string& path, const std::filesystem::path& file);
    Result<void> send_file(const std::string& path, const std::filesystem::path& file);

    const std::filesystem::path& certificate() const { return certificate_; }
    const std::filesystem::path& key() const { return key_; }

private:
    Remote() = default;
    Result<std::string> call(std::string_view method, const std::string& path, std::string_view body,
                             bool as_text);
    std::unique_ptr<net::Client> client_;
    std::filesystem::path certificate_, key_;
    Manner manner_;
};

}  // namespace onecard::cli
