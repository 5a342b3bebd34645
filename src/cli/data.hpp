// Data of the command line that may stand elsewhere.

#pragma once

#include "core/result.hpp"

#include <iosfwd>
#include <string>
#include <string_view>

namespace carillon::cli {

/// `text`, or with `@file` and `-` what they name, as curl does. `invalid` with field `option`.
[[nodiscard]] Result<std::string> read_data(std::string_view option,
                                            const std::string& text,
                                            std::istream& in);

}  // namespace carillon::cli
