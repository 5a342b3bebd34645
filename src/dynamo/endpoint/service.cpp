#include "dynamo/endpoint/service.hpp"

#include <memory>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

/// Answers what is about items on the helper's loop: the database may be asked from any.
class ItemSide final : public net::SideHandler {
public:
    ItemSide(Database& database, runtime::Clock& clock, Log& log, ServiceOptions options)
        : endpoint_(database, clock, *options.helper_random, log, std::move(options.endpoint)) {}

    [[nodiscard]] bool takes(const net::ServerRequest& request) const override {
        return is_about_items(request);
    }

    Task<net::ServerResponse> handle(net::ServerRequest& request) override {
        return endpoint_.handle(request);
    }

    [[nodiscard]] net::ServerResponse refuse(int status, const std::string& why) const override {
        return endpoint_.refuse(status, why);
    }

private:
    Endpoint endpoint_;
};

}  // namespace

Service::Service(
    runtime::Loop& loop, Database& database, Random& random, Log& log, ServiceOptions options)
    : loop_(loop),
      log_(log),
      both_loopbacks_(options.host == "localhost"),
      helper_(options.helper),
      endpoint_(database, loop.clock(), random, log, options.endpoint),
      side_(helper_ == nullptr
                ? nullptr
                : std::make_unique<ItemSide>(database, helper_->clock(), log, options)),
      server_(loop, endpoint_, server_options(std::move(options.host), options.port)) {}

net::ServerOptions Service::server_options(std::string host, std::uint16_t port) const {
    net::ServerOptions server;
    server.host = std::move(host);
    server.port = port;
    server.body_bytes_max = request_bytes_max;
    server.helper = helper_;
    server.side = side_.get();
    // No request waits for another thread, so there is nothing to keep at home.
    if (side_) server.own_connections = 1;
    return server;
}

Result<> Service::start() {
    CARILLON_TRY_VOID(server_.start());
    if (!both_loopbacks_) return {};
    second_ =
        std::make_unique<net::HttpServer>(loop_, endpoint_, server_options("::1", server_.port()));
    if (const auto started = second_->start(); !started) {
        // Many machines have no IPv6: not worth a warning. Another program there is.
        second_.reset();
        if (started.error().message.find("in use") != std::string::npos) {
            log_.warn("only 127.0.0.1 is served", {{"error", started.error().message}});
        }
    }
    return {};
}

Task<> Service::stop(Duration grace) {
    if (second_) co_await second_->stop(grace);
    co_await server_.stop(grace);
}

}  // namespace carillon::dynamo::endpoint
