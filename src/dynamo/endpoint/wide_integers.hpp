// Integers beyond 64 bits in a request's body.
//
// The JSON parser takes any decimal fraction but refuses whole numbers that do not fit 64 bits,
// while DynamoDB reads them as any number and then says what is wrong with the member. So a body
// that the parser refused for that is read once more with those integers written as fractions.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

/// The body with `.0` behind every integer of 19 digits or more; nothing when it has none.
[[nodiscard]] std::optional<std::string> with_wide_integers(std::string_view body);

}  // namespace carillon::dynamo::endpoint
