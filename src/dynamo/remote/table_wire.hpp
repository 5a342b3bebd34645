// Tables as the control plane writes them.

#pragma once

#include "dynamo/remote/wire.hpp"
#include "dynamo/schema.hpp"

#include <string>
#include <vector>

namespace carillon::dynamo::remote {

/// The body of CreateTable, under the name that the server knows.
[[nodiscard]] std::string create_table_body(const TableSchema& schema, const std::string& name);

/// What UpdateTable needs to go from one to the other; empty when it is nothing of the settings.
[[nodiscard]] std::string update_settings_members(const TableSettings& before,
                                                  const TableSettings& after);
/// What UpdateTable needs, one call after the other, for another stream: turning it on, off, or
/// both when the view changes.
[[nodiscard]] std::vector<std::string> update_stream_members(const TableSettings& before,
                                                             const TableSettings& after);
/// AttributeDefinitions and GlobalSecondaryIndexUpdates that create the index.
[[nodiscard]] std::string create_index_members(const TableSchema& table, const IndexSchema& index);

/// `Table` or `TableDescription` of an answer; `name` is the port's. Without TTL.
[[nodiscard]] Result<TableDescription> read_table(const json::object& table,
                                                  const std::string& name);

/// Whether the table and each of its indexes is ready.
[[nodiscard]] bool is_active(const json::object& table);

}  // namespace carillon::dynamo::remote
