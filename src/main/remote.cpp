#include "remote.hpp"

#include <fmt/format.h>

#include <fstream>
#include <random>

#include "desk.hpp"
#include "onecard/net/json.hpp"

namespace onecard::cli {

namespace {

Failure failure_of(const net::Reply& reply) {
    const auto problem = net::parse_flat_json(reply.body);
    const auto member = [&](const char* key) {
        return problem && problem->contains(key) ? problem->at(key) : std::string{};
    };
    Fault fault = Fault::conflict;
    for (const Fault known :
         {Fault::malformed, Fault::out_of_range, Fault::missing, Fault::unknown, Fault::duplicate,
          Fault::conflict, Fault::forbidden, Fault::stale, Fault::mismatch, Fault::tampered})
        if (name_of(known) == member("code")) fault = known;
    return {fault, member("place"),
            problem ? fmt::format("{}: {}", member("title"), member("detail"))
                    : fmt::format("the service answered {}", reply.status)};
}

std::string fresh_key() {
    std::random_device chance;
    std::string key;
    for (int i = 0; i < 4; ++i) key += fmt::format("{:08x}", chance());
    return key;
}

}  // namespace

Result<std::string> url_of(const ops::Settings& settings, const Manner& manner) {
    if (!manner.server.empty()) return manner.server;
    if (settings.port != 0) return settings.url();
    std::string url;
    const auto file = Places{settings}.url_file;
    if (std::ifstream in{file}; !in || !std::getline(in, url))
        return refuse(Fault::missing, "the service of this configuration does not run", file.string());
    return url;
}

Result<Remote> Remote::connect(const ops::Settings& settings, const Manner& manner,
                               std::string_view role_by_default) {
    Remote remote;
    remote.manner_ = manner;
    const std::string name = manner.as.empty() ? std::string{role_by_default} : manner.as;
    remote.certificate_ = settings.certificates / (name + ".pem");
    remote.key_ = settings.certificates / (name + ".key");
    net::ClientSettings wanted;
    const auto url = url_of(settings, manner);
    if (!url) return std::unexpected{url.error()};
    wanted.url = *url;
    wanted.certificate = remote.certificate_;
    wanted.key = remote.key_;
    wanted.authorities = settings.certificates / "ca.pem";
    wanted.seconds_max = 3600;  // The import of a province's register is one request.
    auto client = net::create_client(wanted);
    if (!client) return std::unexpected{client.error()};
    remote.client_ = std::move(*client);
    return remote;
}

Result<std::string> Remote::call(std::string_view method, const std::string& path, std::string_view body,
                                 bool as_text) {
    std::map<std::string, std::string> headers{{"Accept", as_text ? "text/plain" : "application/json"},
                                               {"Accept-Language", manner_.chinese ? "zh" : "en"}};
    if (!body.empty()) headers["Content-Type"] = "application/json";
    // The connection may break after the service has done it: the client asks again by itself, under the same key.
    if (method != "GET") headers["Idempotency-Key"] = fresh_key();
    auto reply = client_->call(method, path, body, headers);
    if (!reply) return std::unexpected{reply.error()};
    if (reply->status == 422 && path == "/v1/import") return std::move(reply->body);
    if (reply->status >= 400) return std::unexpected{failure_of(*reply)};
    return std::move(reply->body);
}

Result<std::string> Remote::show(std::string_view method, const std::string& path, std::string_view body) {
    return call(method, path, body, !manner_.json);
}

Result<std::string> Remote::ask(std::string_view method, const std::string& path, std::string_view body) {
    return call(method, path, body, false);
}

Result<void> Remote::fetch(const std::string& path, const std::filesystem::path& file) {
    const auto reply = client_->fetch_file(path, file);
    if (!reply) return std::unexpected{reply.error()};
    if (reply->status >= 400) return std::unexpected{failure_of(*reply)};
    return {};
}

Result<std::string> Remote::show_file(const std::string& path, const std::filesystem::path& file) {
    auto reply = client_->send_file("PUT", path, file,
                                    {{"Accept", manner_.json ? "application/json" : "text/plain"},
                                     {"Accept-Language", manner_.chinese ? "zh" : "en"}});
    if (!reply) return std::unexpected{reply.error()};
    if (reply->status >= 400 && reply->status != 422) return std::unexpected{failure_of(*reply)};
    return std::move(reply->body);
}

Result<void> Remote::send_file(const std::string& path, const std::filesystem::path& file) {
    const auto reply =
        client_->send_file("PUT", path, file, {{"Accept-Language", manner_.chinese ? "zh" : "en"}});
    if (!reply) return std::unexpected{reply.error()};
    if (reply->status >= 400) return std::unexpected{failure_of(*reply)};
    return {};
}

}  // namespace onecard::cli
