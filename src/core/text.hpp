// Small rules about bytes and text that several modules share.

#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace carillon {

/// Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates).
[[nodiscard]] bool is_utf8(std::string_view bytes);

/// RFC 4648 section 4, with padding.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Strict: padding required, no white space. `invalid` otherwise.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);
/// The alphabet for URLs (RFC 4648 section 5), without padding.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);
[[nodiscard]] Result<std::string> base64url_decode(std::string_view text);

[[nodiscard]] std::string hex_encode(std::string_view bytes);

[[nodiscard]] std::string to_lower(std::string_view ascii);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] std::string_view trim(std::string_view text);

/// At most `bytes_max` bytes of `text`, cut between UTF-8 characters.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max);

/// Compares secrets in time that depends on the lengths only.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace carillon
