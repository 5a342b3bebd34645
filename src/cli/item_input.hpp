// Items that an argument of the command line stands for.

#pragma once

#include "core/result.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace carillon::cli {

/// The texts: the argument itself, the lines of `@FILE`, or those of `in` for `-`. A file may hold
/// one item over several lines.
[[nodiscard]] Result<std::vector<std::string>> item_texts(const std::string& argument,
                                                          std::istream& in);

}  // namespace carillon::cli
