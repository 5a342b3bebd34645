// Tags of tables, as requests bring them.

#pragma once

#include "core/result.hpp"
#include "dynamo/endpoint/json.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace carillon::dynamo::endpoint {

/// `Tags`: keys of 1 to 128 bytes, values of at most 256, each key once, at most 50.
[[nodiscard]] Result<std::map<std::string, std::string>> read_tags(const Json& list);

/// `TagKeys`: at least one.
[[nodiscard]] Result<std::vector<std::string>> read_tag_keys(const Json& list);

/// A table has at most 50.
[[nodiscard]] Result<> check_tag_count(std::size_t count);

}  // namespace carillon::dynamo::endpoint
