#include "dynamo/endpoint/service.hpp"

#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

net::ServerOptions server_options(const ServiceOptions& options) {
    net::ServerOptions server;
    server.host = options.host;
    server.port = options.port;
    server.body_bytes_max = request_bytes_max;
    return server;
}

}  // namespace

Service::Service(
    runtime::Loop& loop, Database& database, Random& random, Log& log, ServiceOptions options)
    : endpoint_(database, loop.clock(), random, log, std::move(options.endpoint)),
      server_(loop, endpoint_, server_options(options)) {}

}  // namespace carillon::dynamo::endpoint
