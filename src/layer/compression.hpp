// Zstandard, as this module uses it: whole buffers, each with a checksum. The only place with its
// header.

#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace carillon::layer {

/// One frame with its size and a checksum.
[[nodiscard]] std::string compress(std::string_view bytes);

/// `corrupt` when the frame is damaged, cut short, or says that it holds more than `bytes_max`.
[[nodiscard]] Result<std::string> decompress(std::string_view frame, std::size_t bytes_max);

}  // namespace carillon::layer
