// What DynamoDB calls the views of change streams, on the wire and to people.

#pragma once

#include "dynamo/settings.hpp"

#include <string_view>

namespace carillon::dynamo {

/// `NEW_AND_OLD_IMAGES`.
[[nodiscard]] std::string_view view_name(StreamView view);
/// The view of that name; keys_only for any other.
[[nodiscard]] StreamView view_of(std::string_view name);

}  // namespace carillon::dynamo
