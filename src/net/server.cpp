#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <system_error>
#include <thread>

#include "service.hpp"
#include "upload.hpp"

namespace onecard::net {
namespace {

using tcp = asio::ip::tcp;
constexpr std::chrono::milliseconds clock_period{200};

class TlsServer final : public Server {
public:
    TlsServer(std::unique_ptr<Service> service, std::vector<std::unique_ptr<Loop>> loops,
              tcp::acceptor acceptor)
        : service_{std::move(service)}, loops_{std::move(loops)}, acceptor_{std::move(acceptor)} {
        port_ = acceptor_.local_endpoint().port();
        for (const auto& loop : loops_) {
            works_.emplace_back(loop->context.get_executor());
            asio::co_spawn(loop->context, watch(*loop), asio::detached);
        }
        asio::co_spawn(loops_.front()->context, accept_all(), asio::detached);
        for (const auto& loop : loops_) threads_.emplace_back([&context = loop->context] { context.run(); });
    }

    ~TlsServer() override {
        stop(0);
        // A handler cannot be interrupted: what it works on lives until it returns.
        {
            std::unique_lock lock{service_->mutex};
            service_->all_gone.wait(lock, [this] { return service_->connections == 0; });
        }
        service_->pool.join();
        is_over_ = true;
        for (const auto& loop : loops_) asio::post(loop->context, [&loop = *loop] { loop.clock.cancel(); });
        works_.clear();
        for (std::thread& thread : threads_) thread.join();
    }
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    std::uint16_t port() const override { return port_; }

    Result<void> renew_certificates() override {
        const ServerSettings& settings = service_->settings;
        auto tls = server_context(settings.certificate, settings.key, settings.authorities);
        if (!tls) return std::unexpected(std::move(tls.error()));
        service_->use_tls(std::move(*tls));
        return {};
    }

    void stop(std::uint32_t seconds) override {
        if (!service_->is_stopping.exchange(true)) {
            asio::post(loops_.front()->context, [this] {
                boost::system::error_code already_closed;
                acceptor_.cancel(already_closed);
            });
        }
        for (const auto& loop : loops_) asio::post(loop->context, [&loop = *loop] { stop_soon(loop); });
        const auto gone = [this] { return service_->connections == 0 && has_closed_; };
        {
            std::unique_lock lock{service_->mutex};
            if (service_->all_gone.wait_for(lock, std::chrono::seconds{seconds}, gone)) return;
        }
        for (const auto& loop : loops_) asio::post(loop->context, [&loop = *loop] { cut_all(loop); });
        // Those who only wait for the network are gone at once; those in a handler are not waited for.
        std::unique_lock lock{service_->mutex};
        service_->all_gone.wait_for(lock, std::chrono::milliseconds{500}, gone);
    }

private:
    asio::awaitable<void> watch(Loop& loop) {
        while (!is_over_) {
            loop.clock.expires_after(clock_period);
            co_await loop.clock.async_wait(asio::as_tuple(asio::use_awaitable));
            look_at_clock(loop);
        }
    }

    asio::awaitable<void> accept_all() {
        boost::system::error_code ignored;
        acceptor_.non_blocking(true, ignored);
        while (!service_->is_stopping) {
            Loop& loop = next_loop();
            tcp::socket socket{loop.context};
            const auto [error] = co_await acceptor_.async_accept(socket, asio::as_tuple(asio::use_awaitable));
            if (!error) {
                admit(loop, std::move(socket));
            } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
                // Out of descriptors: some will come back.
                asio::steady_timer pause{loops_.front()->context, std::chrono::milliseconds{100}};
                co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
            }
        }
        // Who has been let in by the kernel before we stopped gets an answer too.
        while (true) {
            Loop& loop = next_loop();
            tcp::socket socket{loop.context};
            boost::system::error_code error;
            acceptor_.accept(socket, error);
            if (error) break;
            admit(loop, std::move(socket));
        }
        acceptor_.close(ignored);
        const std::scoped_lock lock{service_->mutex};
        has_closed_ = true;
        service_->all_gone.notify_all();
    }

    Loop& next_loop() { return *loops_[accepted_++ % loops_.size()]; }

    void admit(Loop& loop, tcp::socket socket) {
        boost::system::error_code error;
        const tcp::endpoint peer = socket.remote_endpoint(error);
        if (!error) socket.non_blocking(true, error);
        if (!error) socket.set_option(tcp::no_delay{true}, error);
        if (error) return;
        {
            const std::scoped_lock lock{service_->mutex};
            // Too many: an end at once is an answer; waiting in the queue would not be.
            if (service_->connections >= service_->settings.connections_max) return;
            ++service_->connections;
        }
        std::string address = fmt::format("{}:{}", peer.address().to_string(), peer.port());
        asio::co_spawn(loop.context, serve(*service_, loop, std::move(socket), std::move(address)),
                       asio::detached);
    }

    std::unique_ptr<Service> service_;
    std::vector<std::unique_ptr<Loop>> loops_;
    tcp::acceptor acceptor_;  ///< of the first loop
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> works_;
    std::vector<std::thread> threads_;
    std::size_t accepted_ = 0;
    std::uint16_t port_ = 0;
    bool has_closed_ = false;  ///< under the service's mutex
    std::atomic<bool> is_over_ = false;
};

std::string random_prefix() {
    std::array<unsigned char, 4> bytes{};
    ensure(RAND_bytes(bytes.data(), bytes.size()) == 1, "OpenSSL has no random bytes");
    return fmt::format("{:02x}{:02x}{:02x}{:02x}", bytes[0], bytes[1], bytes[2], bytes[3]);
}

}  // namespace

Result<std::unique_ptr<Server>> create_server(
    ServerSettings settings, std::vector<Route> routes,
    std::function<Response(int, std::string, const Request&)> refused,
    std::function<void(const Access&)> on_access) {
    ensure(refused != nullptr, "a server needs a maker of refusals");
    auto table = RouteTable::of(std::move(routes));
    if (!table) return std::unexpected(std::move(table.error()));
    auto tls = server_context(settings.certificate, settings.key, settings.authorities);
    if (!tls) return std::unexpected(std::move(tls.error()));
    if (table->has_uploads()) {
        std::error_code error;
        std::filesystem::create_directories(settings.upload_folder, error);
        if (error)
            return refuse(Fault::missing, "the folder for uploads: " + error.message(),
                          settings.upload_folder.string());
        Upload::remove_leftovers(settings.upload_folder);
    }
    const std::string place = fmt::format("{}:{}", settings.address, settings.port);
    boost::system::error_code error;
    const auto address = asio::ip::make_address(settings.address, error);
    if (error) return refuse(Fault::malformed, "no IP address to listen on", place);

    auto service = std::make_unique<Service>(static_cast<std::size_t>(std::max(1, settings.workers)));
    std::vector<std::unique_ptr<Loop>> loops;
    for (int i = 0; i < std::max(1, settings.io_threads); ++i) loops.push_back(std::make_unique<Loop>());

    const tcp::endpoint endpoint{address, settings.port};
    tcp::acceptor acceptor{loops.front()->context};
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (error)
        return refuse(error == asio::error::address_in_use ? Fault::conflict : Fault::forbidden,
                      "cannot listen there: " + error.message(), place);

    service->settings = std::move(settings);
    service->routes = std::move(*table);
    service->refused = std::move(refused);
    service->on_access = [on_access = std::move(on_access)](const Access& access) {
        try {
            if (on_access) on_access(access);
        } catch (...) {  // NOLINT: a log that fails must not cost a request or keep the server from ending.
        }
    };
    service->use_tls(std::move(*tls));
    service->id_prefix = random_prefix();
    return std::make_unique<TlsServer>(std::move(service), std::move(loops), std::move(acceptor));
}

}  // namespace onecard::net
