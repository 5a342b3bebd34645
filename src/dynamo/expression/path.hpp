// Rules about document paths that several expression kinds share.

#pragma once

#include "dynamo/expression/expression.hpp"

#include <string>
#include <vector>

namespace carillon::dynamo {

/// `[a, [0], b]`, as DynamoDB shows paths in its errors.
[[nodiscard]] std::string path_text(const Path& path);

/// How two paths of one expression get in each other's way.
enum class PathClash : std::uint8_t {
    none,
    conflict,  ///< One place used as a map by one and as a list by the other.
    overlap,   ///< Equal, or one inside the other.
};

[[nodiscard]] PathClash clash(const Path& one, const Path& two);

/// DynamoDB's text for a clash; requires one.
[[nodiscard]] std::string clash_text(PathClash kind, const Path& one, const Path& two);

/// The clash that DynamoDB reports for these paths: the first overlap, or else the first conflict;
/// empty when there is none.
[[nodiscard]] std::string first_clash(const std::vector<const Path*>& paths);

}  // namespace carillon::dynamo
