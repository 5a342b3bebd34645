// The OpenAPI 3.1 description of the routes, made from their declarations.

#pragma once

#include "core/json.hpp"
#include "server/route.hpp"

#include <string_view>
#include <vector>

namespace carillon::server {

/// Every schema that a route names must be among the components: a bug otherwise.
[[nodiscard]] json::object openapi_document(const std::vector<const Route*>& routes,
                                            std::string_view version);

}  // namespace carillon::server
