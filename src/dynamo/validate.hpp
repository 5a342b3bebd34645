// The rules that every request keeps, whichever engine answers it.
//
// DynamoDB refuses wrong requests with texts that its clients know. The rules that need nothing but
// the request and the table's schema live here, so that all engines share them; what depends on
// stored items stays with the engine.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/schema.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace carillon::dynamo {

inline constexpr std::size_t hash_key_bytes_max = 2048;
inline constexpr std::size_t sort_key_bytes_max = 1024;
inline constexpr std::size_t transaction_writes_max = 100;
inline constexpr std::size_t transaction_bytes_max = 4 * 1024 * 1024;

/// `not_found`, as DynamoDB says it of tables.
[[nodiscard]] Error table_not_found(std::string_view table);
[[nodiscard]] Error index_not_found(std::string_view index);
/// `condition_failed` of a single write.
[[nodiscard]] Error condition_not_met(std::optional<Item> item);
/// `condition_failed` of a transaction, with its reasons in the text.
[[nodiscard]] Error transaction_cancelled(std::vector<TransactionCancelled::Reason> reasons);

/// A value of the attribute's type, as part of a key: not empty, and not too long.
[[nodiscard]] Result<> check_key_value(const Value& value,
                                       const KeyAttribute& attribute,
                                       bool is_hash);

/// A complete item about to be stored: key, index keys, size, nesting, no empty sets.
/// `size_message` is the text when it is too large (DynamoDB has one for puts, one for updates).
inline constexpr std::string_view put_too_large = "Item size has exceeded the maximum allowed size";
inline constexpr std::string_view update_too_large =
    "Item size to update has exceeded the maximum allowed size";
[[nodiscard]] Result<> check_item(const Item& item,
                                  const TableSchema& schema,
                                  std::string_view size_message);

[[nodiscard]] Result<> check_put(const PutRequest& request, const TableSchema& schema);
/// Also refuses updates of key attributes.
[[nodiscard]] Result<> check_update(const UpdateRequest& request, const TableSchema& schema);
[[nodiscard]] Result<> check_delete(const DeleteRequest& request, const TableSchema& schema);
[[nodiscard]] Result<> check_condition_check(const ConditionCheck& request,
                                             const TableSchema& schema);
[[nodiscard]] Result<> check_write(const Write& write, const TableSchema& schema);
/// Between 1 and 100 writes. That no item occurs twice is the engine's to see, by its keys.
[[nodiscard]] Result<> check_unit_size(std::size_t writes);
[[nodiscard]] Error item_twice();

[[nodiscard]] Result<> check_get(const GetRequest& request, const TableSchema& schema);
/// `index` is the request's, already found, or nullptr.
[[nodiscard]] Result<> check_query(const QueryRequest& request,
                                   const TableSchema& schema,
                                   const IndexSchema* index);
[[nodiscard]] Result<> check_scan(const ScanRequest& request,
                                  const TableSchema& schema,
                                  const IndexSchema* index);

/// The attributes that paths begin with and the index does not hold: a global index cannot give
/// them, a local one fetches the item from its table, and filters of queries may not name them.
[[nodiscard]] std::vector<std::string_view> beyond_index(const std::vector<Path>& paths,
                                                         const TableSchema& schema,
                                                         const IndexSchema& index);

/// A global index answers only what it holds; a local one fetches the rest.
[[nodiscard]] Result<> check_projected(const std::vector<Path>& paths,
                                       const TableSchema& schema,
                                       const IndexSchema& index);

/// No path may look inside a key attribute of the table or of an index: those are scalars.
[[nodiscard]] Result<> check_key_paths(const std::vector<Path>& paths, const TableSchema& schema);

/// The table of any write.
[[nodiscard]] const std::string& table_of(const Write& write);

/// What an update with UPDATED_OLD or UPDATED_NEW answers: `item` cut down to the touched paths.
[[nodiscard]] std::optional<Item> pick_paths(const Item& item, const std::vector<Path>& paths);

}  // namespace carillon::dynamo
