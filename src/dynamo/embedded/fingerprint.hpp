// What tells one transaction from another that came with the same idempotency token.

#pragma once

#include "dynamo/database.hpp"

#include <string>

namespace carillon::dynamo::embedded {

/// 32 bytes: a hash of tables, items, keys, values and of the names that the expressions use.
[[nodiscard]] std::string fingerprint(const WriteUnit& unit);

}  // namespace carillon::dynamo::embedded
