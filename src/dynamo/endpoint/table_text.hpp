// Tables as the control plane shows them, and names of resources.

#pragma once

#include "dynamo/endpoint/operations.hpp"
#include "dynamo/schema.hpp"

#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

[[nodiscard]] std::string table_arn(const Where& where, std::string_view table);

/// The TableDescription structure. `index_status` is that of an index being made or dropped.
void append_table(const TableDescription& table, const Where& where, std::string& out);
/// As DeleteTable shows it: without keys, indexes and time of creation.
void append_deleted_table(const TableDescription& table, const Where& where, std::string& out);

}  // namespace carillon::dynamo::endpoint
