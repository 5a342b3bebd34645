// Consumed capacity and item collections: what a request used, as DynamoDB reports it.
//
// Source: "DynamoDB read and write operations" (developer guide): 4 KB a unit of consistent reads,
// half of it for eventually consistent ones, double within transactions; 1 KB a unit of writes.

#pragma once

#include "dynamo/endpoint/json.hpp"
#include "dynamo/schema.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::dynamo::endpoint {

enum class CapacityReport : std::uint8_t { none, total, indexes };

/// `ReturnConsumedCapacity`
[[nodiscard]] CapacityReport read_capacity_report(const Json& request);
/// `ReturnItemCollectionMetrics` is SIZE.
[[nodiscard]] bool wants_metrics(const Json& request);

[[nodiscard]] double read_units(std::size_t bytes, bool consistent);
[[nodiscard]] double write_units(std::size_t bytes);

enum class CapacityKind : std::uint8_t { plain, read, write };

/// Of one table and its indexes.
struct Consumed {
    std::string table{};
    double table_units = 0;
    std::vector<std::pair<std::string, double>> local{};
    std::vector<std::pair<std::string, double>> global{};
    /// Transactions name what the units are of.
    CapacityKind kind = CapacityKind::plain;

    void add_index(const IndexSchema& index, double units);
    void add(const Consumed& other);
    [[nodiscard]] double total() const;
};

/// `{"TableName":...,"CapacityUnits":...}`, with parts when `report` asks for them.
void append_consumed(const Consumed& consumed, CapacityReport report, std::string& out);

/// Units written by replacing `before` by `after` (either may be absent), indexes included.
[[nodiscard]] Consumed consumed_by_write(const TableSchema& schema,
                                         const Item* before,
                                         const Item* after);

/// `{"ItemCollectionKey":...,"SizeEstimateRangeGB":[0,1]}`; only tables with a local index have
/// collections.
[[nodiscard]] bool has_collections(const TableSchema& schema);
void append_collection(const TableSchema& schema, const Item& key, std::string& out);

/// A number as JSON: whole ones with one decimal, as the service writes them.
void append_units(double units, std::string& out);

}  // namespace carillon::dynamo::endpoint
