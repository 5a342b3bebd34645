// What the process was given, as AWS's tools read it: variables, and the two shared files.
//
// Both are injected (only app asks the system), so that every rule about them can be tested.

#pragma once

#include "core/result.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::aws {

/// Variables by name. Empty ones count as absent.
using Environment = std::map<std::string, std::string, std::less<>>;

/// The whole of a file; `not_found` when it is not there.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

/// The variable, or empty.
[[nodiscard]] std::string_view variable(const Environment& environment, std::string_view name);

/// The names that this module reads: what app copies out of the process's environment.
[[nodiscard]] const std::vector<std::string>& variable_names();

/// Reads from the file system, at most 1 MB.
[[nodiscard]] ReadFile system_files();

}  // namespace carillon::aws
