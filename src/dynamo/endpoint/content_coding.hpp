// Compressed bodies: `Content-Encoding` of requests and `Accept-Encoding` of answers (RFC 9110).

#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

enum class Coding { gzip, deflate };

[[nodiscard]] std::string_view name_of(Coding coding);

/// Answers of so many bytes or less are not worth it; the service compresses larger ones.
inline constexpr std::size_t plain_answer_bytes_max = 4096;

/// The best coding that an `Accept-Encoding` allows: by weight, then in the order of the header,
/// with `*` for what it does not name. Nothing when none of ours is allowed.
[[nodiscard]] std::optional<Coding> accepted_coding(std::string_view header);

[[nodiscard]] std::string compress(Coding coding, std::string_view body);

/// What a request body of `Content-Encoding: gzip` holds: one gzip member or several. `invalid` for
/// any other coding, for what is damaged or cut off, and for what becomes more than `bytes_max`.
[[nodiscard]] Result<std::string> decompress(std::string_view coding,
                                             std::string_view body,
                                             std::size_t bytes_max);

}  // namespace carillon::dynamo::endpoint
