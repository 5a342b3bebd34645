#include "server/system_routes.hpp"

#include "server/openapi.hpp"
#include "server/problem.hpp"

#include <utility>

namespace carillon::server {

SystemRoutes::SystemRoutes(runtime::Loop& loop,
                           const Router& router,
                           const Readiness& readiness,
                           const Registry& metrics,
                           SystemOptions options)
    : loop_(loop),
      router_(router),
      readiness_(readiness),
      metrics_(metrics),
      options_(std::move(options)),
      started_ticks_(loop.clock().ticks()) {}

std::vector<Route> SystemRoutes::routes() {
    return {
        {.method = "GET",
         .path = "/",
         .operation = "home",
         .summary = "What this is, and where to go on",
         .handler = [this](Call& call) { return home(call); },
         .answers = {{200, "Name, version and links", "Home"}}},
        {.method = "GET",
         .path = "/health",
         .operation = "health",
         .summary = "State and age of the server",
         .handler = [this](Call& call) { return health(call); },
         .answers = {{200, "It works", "Health"}, {503, "It starts or stops", "Health"}}},
        {.method = "GET",
         .path = "/ready",
         .operation = "ready",
         .summary = "Whether it takes requests",
         .handler = [this](Call& call) { return ready(call); },
         .answers = {{200, "It does", "Health"}, {503, "It starts or stops", "Health"}}},
        {.method = "GET",
         .path = "/live",
         .operation = "live",
         .summary = "Whether its loop turns",
         .handler = [this](Call& call) { return live(call); },
         .answers = {{200, "It does", "Health"}}},
        {.method = "GET",
         .path = "/metrics",
         .operation = "metrics",
         .summary = "Numbers in the Prometheus text format",
         .handler = [this](Call& call) { return metrics(call); },
         .answers = {{200, "Prometheus text format 0.0.4"}}},
        {.method = "GET",
         .path = "/openapi.json",
         .operation = "openapi",
         .summary = "This interface as an OpenAPI 3.1 document",
         .handler = [this](Call& call) { return openapi(call); },
         .answers = {{200, "The document", "OpenApi"}}},
    };
}

SystemRoutes::Response SystemRoutes::home(Call& call) {
    static_cast<void>(call);
    json::object links{{"webhooks", "/webhooks?namespace=default"},
                       {"openapi", "/openapi.json"},
                       {"health", "/health"},
                       {"metrics", "/metrics"}};
    for (const Route* route : router_.routes()) {
        if (route->method == "GET" && route->path == "/schedules") links["schedules"] = route->path;
        if (route->method == "GET" && route->path == "/events") links["events"] = route->path;
    }
    co_return json_response(
        200,
        json::object{
            {"name", "carillon"}, {"version", options_.version}, {"links", std::move(links)}});
}

SystemRoutes::Response SystemRoutes::health(Call& call) {
    static_cast<void>(call);
    const bool good = readiness_.obstacle.empty();
    json::object body{{"status", good ? "ok" : readiness_.obstacle},
                      {"version", options_.version},
                      {"uptimeSeconds", (loop_.clock().ticks() - started_ticks_) / 1'000'000'000}};
    co_return json_response(good ? 200 : 503, body);
}

SystemRoutes::Response SystemRoutes::ready(Call& call) {
    static_cast<void>(call);
    const bool good = readiness_.obstacle.empty();
    co_return json_response(good ? 200 : 503,
                            json::object{{"status", good ? "ready" : readiness_.obstacle}});
}

SystemRoutes::Response SystemRoutes::live(Call& call) {
    static_cast<void>(call);
    co_return json_response(200, json::object{{"status", "live"}});
}

SystemRoutes::Response SystemRoutes::metrics(Call& call) {
    static_cast<void>(call);
    if (options_.refresh_metrics) options_.refresh_metrics();
    net::ServerResponse response;
    response.headers.add("Content-Type", std::string(Registry::content_type));
    response.body = metrics_.expose();
    co_return response;
}

SystemRoutes::Response SystemRoutes::openapi(Call& call) {
    static_cast<void>(call);
    if (openapi_.empty()) openapi_ = to_text(openapi_document(router_.routes(), options_.version));
    net::ServerResponse response;
    response.headers.add("Content-Type", "application/json");
    response.body = openapi_;
    co_return response;
}

}  // namespace carillon::server
