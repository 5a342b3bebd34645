// Which version of the library a program was linked with.

#pragma once

#include <string_view>

namespace carillon {

/// For instance `0.1.0`. Before 1.0 a minor version may change what it likes.
[[nodiscard]] std::string_view library_version();

}  // namespace carillon
