// Idempotency-Key on creations: the key decides the id, and the id decides the row.
//
// A repetition finds the first request's row under the same id, so nothing has to be remembered
// beside the row itself and the promise lasts as long as the webhook does.

#pragma once

#include "core/result.hpp"
#include "net/http.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carillon::server {

/// The request's key, if it has one: 1 to 255 printable ASCII characters, given once. `invalid`
/// names the header.
[[nodiscard]] Result<std::optional<std::string>> idempotency_key(const net::Headers& headers);

/// A UUID (version 8, RFC 9562 appendix B.2: SHA-256 of its parts) that is the same for the same
/// namespace and key.
[[nodiscard]] std::string id_of_key(std::string_view name_space, std::string_view key);

}  // namespace carillon::server
