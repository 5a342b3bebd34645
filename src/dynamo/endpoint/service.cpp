#include "dynamo/endpoint/service.hpp"

#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

net::ServerOptions server_options(std::string host, std::uint16_t port, runtime::Loop* helper) {
    net::ServerOptions server;
    server.host = std::move(host);
    server.port = port;
    server.body_bytes_max = request_bytes_max;
    server.helper = helper;
    return server;
}

}  // namespace

Service::Service(
    runtime::Loop& loop, Database& database, Random& random, Log& log, ServiceOptions options)
    : loop_(loop),
      log_(log),
      both_loopbacks_(options.host == "localhost"),
      helper_(options.helper),
      endpoint_(database, loop.clock(), random, log, std::move(options.endpoint)),
      server_(loop, endpoint_, server_options(std::move(options.host), options.port, helper_)) {}

Result<> Service::start() {
    CARILLON_TRY_VOID(server_.start());
    if (!both_loopbacks_) return {};
    second_ = std::make_unique<net::HttpServer>(
        loop_, endpoint_, server_options("::1", server_.port(), helper_));
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
