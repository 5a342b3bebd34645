// A table that is there and has every index that its users need.
//
// Domains call it when they start, `carillon tables create` on request. Tables may have been made
// by an older version, by other programs, or by a template: what they have beside is left alone.

#pragma once

#include "dynamo/database.hpp"

namespace carillon::dynamo {

/// Creates the table, or adds the global indexes that it lacks; answers it as it is then. `invalid`
/// when its key is another, or when it lacks a local index, which cannot be added.
/// Several processes may do it at the same time.
[[nodiscard]] Task<Result<TableDescription>> ensure_table(Database& database, TableSchema schema);

}  // namespace carillon::dynamo
