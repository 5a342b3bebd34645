// The JSON schemas of the REST interface, for its description. Requests are judged by code
// (registration_from_json and the readers in webhook_routes.cpp), which says what is wrong in
// words; tests keep the two together.

#pragma once

#include "core/json.hpp"

namespace carillon::server {

/// By name.
[[nodiscard]] json::object component_schemas();

}  // namespace carillon::server
