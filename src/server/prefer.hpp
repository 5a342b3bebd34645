// Prefer (RFC 7240): how much of what was made the caller wants to see.
//
// A registration is answered with the whole webhook, which a program that registers thousands at a
// time throws away. `Prefer: return=minimal` answers only what it did not know itself.

#pragma once

#include "net/http.hpp"

#include <cstdint>
#include <optional>

namespace carillon::server {

enum class Return : std::uint8_t { minimal, representation };

/// The preference `return` of a request. Nothing when there is none, or a value that is not known:
/// preferences may always be ignored. The first one counts.
[[nodiscard]] std::optional<Return> preferred_return(const net::Headers& headers);

/// Says in the answer that the preference was followed.
void add_preference_applied(std::optional<Return> preference, net::Headers& headers);

}  // namespace carillon::server
