// The rules of queries and scans that need the table's schema, in DynamoDB's order.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/endpoint/capacity.hpp"

#include <optional>
#include <string>

namespace carillon::dynamo::endpoint {

/// `Select`
enum class Chosen : std::uint8_t { unstated, all, projected, specific, count };

/// What a query or scan asks for, before the schema is known.
struct ReadCall {
    std::string table{};
    std::optional<std::string> index{};
    Chosen chosen = Chosen::unstated;
    bool consistent = false;
    std::optional<std::int64_t> limit{};
    CapacityReport capacity = CapacityReport::none;
    std::optional<BoundCondition> filter{};
    bool legacy_filter = false;
    std::optional<Projection> projection{};
    std::optional<Item> start_key{};
    /// Whether a local index has to fetch items from its table: what is asked for goes beyond it.
    bool fetches_items = false;
    /// Applied to what the engine answers, where that is measured first.
    std::optional<Projection> late_projection{};
};

/// The index that the call names, or nullptr for the table; refuses missing ones, and consistent
/// reads of global ones.
[[nodiscard]] Result<const IndexSchema*> find_index(const ReadCall& call,
                                                    const TableSchema& schema);

[[nodiscard]] Result<> check_key_types(const KeyCondition& condition, const KeySchema& key);

[[nodiscard]] Result<> check_query_start(const ReadCall& call,
                                         const KeyCondition& condition,
                                         const TableSchema& schema,
                                         const IndexSchema* index);
/// Also whether the index has what is asked for, which DynamoDB checks amid the start key.
[[nodiscard]] Result<> check_scan_start(const ReadCall& call,
                                        const TableSchema& schema,
                                        const IndexSchema* index);
/// The start key must lie in the segment. Requires a start key that check_scan_start has passed.
[[nodiscard]] Result<> check_start_segment(const Item& start,
                                           const KeySchema& key,
                                           std::int64_t segment,
                                           std::int64_t total_segments);

/// Key attributes are scalars: no path may look inside them.
[[nodiscard]] Result<> check_key_paths(const std::optional<Projection>& projection,
                                       const TableSchema& schema);
[[nodiscard]] Result<> check_key_paths(const std::optional<BoundCondition>& filter,
                                       const TableSchema& schema);

/// Whether any path has more than one step: only then is the schema worth looking at.
[[nodiscard]] bool any_nested(const std::vector<Path>& paths);

/// A query's filter may not name the keys that it queries by.
[[nodiscard]] Result<> check_filter_keys(const ReadCall& call, const KeySchema& key);

/// A global index can only give what it holds.
[[nodiscard]] Result<> check_chosen(const ReadCall& call, const IndexSchema* index);

[[nodiscard]] Select port_select(const ReadCall& call);

/// Sets `fetches_items`. What is fetched from the table is paid by whole items; so when that is to
/// be told, they are asked for whole, and `late_projection` cuts them down.
void plan_fetching(ReadCall& call, const TableSchema& schema, const IndexSchema* index);

[[nodiscard]] Consumed consumed_by_page(const Page& page,
                                        const ReadCall& call,
                                        const TableSchema& schema);

}  // namespace carillon::dynamo::endpoint
