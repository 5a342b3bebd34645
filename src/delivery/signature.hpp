// Standard Webhooks signatures, version 1 (HMAC-SHA256).
//
// Source: the Standard Webhooks specification, section "Verifying webhook authenticity". Apart from
// the rest of delivery because it is cryptography with published vectors and nothing else.

#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::delivery {

/// The key bytes of a secret: `whsec_` + base64, or base64 alone; 24 to 64 bytes. The error never
/// repeats the secret.
[[nodiscard]] Result<std::string> decode_secret(std::string_view secret);

/// `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body` under each secret, separated by spaces.
/// `invalid` with the field `signing_secrets[n]` when one of them is not a secret.
[[nodiscard]] Result<std::string> sign(const std::vector<std::string>& secrets,
                                       std::string_view id,
                                       std::int64_t timestamp_s,
                                       std::string_view body);

/// Lower-case hexadecimal SHA-256, for names that are derived from content.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace carillon::delivery
