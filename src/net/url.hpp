// Absolute http and https URLs (RFC 3986), taken apart and checked.

#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace carillon::net {

struct Url {
    bool tls = false;
    std::string host;  ///< Lower case; IPv6 without brackets.
    std::uint16_t port = 80;
    std::string path = "/";  ///< Percent-encoded as given, never empty.
    std::string query;       ///< Without the question mark, as given.
    std::string userinfo;    ///< "user:password" decoded; sent as Basic authorization.

    /// `host` or `host:port` as the Host header wants it (brackets for IPv6, default port left
    /// out).
    [[nodiscard]] std::string authority() const;
    [[nodiscard]] std::string target() const;
    /// `https://host:port`, the key of per-endpoint state.
    [[nodiscard]] std::string origin() const;
};

/// Absolute http or https URLs of at most 8192 bytes; the fragment is dropped. Errors are `invalid`
/// without a field, with a text that says what is wrong.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace carillon::net
