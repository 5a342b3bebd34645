// A route as data: what the router matches and checks, and what openapi.cpp describes.
//
// One declaration per operation, so that validation, documentation and behaviour cannot drift
// apart. webhook_routes.cpp and system_routes.cpp make them; router.cpp runs them.

#pragma once

#include "core/json.hpp"
#include "net/http.hpp"
#include "runtime/task.hpp"
#include "server/query.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::server {

/// One request on its way through a route. Lives in the router's frame until the handler has ended.
struct Call {
    net::ServerRequest& request;
    std::string request_id;
    std::vector<std::string> path{};  ///< The template's parameters in order, decoded, never empty.
    QueryValues query{};
    json::value body = nullptr;  ///< Null when the route takes none, or none was sent.
};

enum class BodyUse : std::uint8_t { none, optional, required };

struct Answer {
    int status = 200;
    std::string_view description;
    std::string_view schema{};  ///< Name among the components of openapi.cpp; empty: no JSON body.
};

/// Errors become problem documents. Must not be a capturing lambda that is itself a coroutine.
using RouteHandler = std::function<Task<Result<net::ServerResponse>>(Call& call)>;

struct Route {
    std::string_view method;
    std::string_view path;       ///< `/webhooks/{namespace}/{id}`
    std::string_view operation;  ///< OpenAPI's operationId; the `route` of metrics and logs.
    std::string_view summary;
    RouteHandler handler;
    std::vector<QueryParameter> query{};
    std::vector<std::string_view> headers{};  ///< Request headers that matter, for the description.
    BodyUse body = BodyUse::none;
    std::string_view body_schema{};  ///< Name among the components of openapi.cpp.
    std::vector<Answer> answers{};   ///< Of success; problems are the same for all routes.
};

}  // namespace carillon::server
