// The endpoint and its HTTP server as one thing to start and stop: what `carillon dynamodb` runs,
// and what `carillon serve` runs beside the scheduler.

#pragma once

#include "dynamo/endpoint/endpoint.hpp"
#include "net/server.hpp"
#include "runtime/loop.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace carillon::dynamo::endpoint {

struct ServiceOptions {
    /// `localhost`: 127.0.0.1 and, where this machine has it, ::1. Programs differ in which of them
    /// that name is to them.
    std::string host = "127.0.0.1";
    std::uint16_t port = 8000;  ///< 0: any free one.
    EndpointOptions endpoint{};
    /// As net::ServerOptions::helper. Requests about items are answered there too.
    runtime::Loop* helper = nullptr;
    /// Used on the helper's loop; needed with one.
    Random* helper_random = nullptr;
};

/// Lives on `loop`. The database must outlive it.
class Service {
public:
    Service(
        runtime::Loop& loop, Database& database, Random& random, Log& log, ServiceOptions options);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Listens. As net::HttpServer::start.
    [[nodiscard]] Result<> start();

    /// `http://HOST:PORT`, once started.
    [[nodiscard]] std::string url() const { return server_.url(); }

    /// Lets running requests end within `grace`.
    [[nodiscard]] Task<> stop(Duration grace);

private:
    [[nodiscard]] net::ServerOptions server_options(std::string host, std::uint16_t port) const;

    runtime::Loop& loop_;
    Log& log_;
    bool both_loopbacks_;
    runtime::Loop* helper_;
    Endpoint endpoint_;
    std::unique_ptr<net::SideHandler> side_;  ///< On the helper's loop.
    net::HttpServer server_;
    std::unique_ptr<net::HttpServer> second_;  ///< On ::1.
};

}  // namespace carillon::dynamo::endpoint
