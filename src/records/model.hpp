// What a table of records looks like: its key, indexes, stamps, and how it says what is processed.
//
// The typed models of include/carillon/model.hpp are turned into this at run time, and the command
// line reads it off a table's description. A plain value.

#pragma once

#include "dynamo/schema.hpp"
#include "queue/row.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::records {

enum class WorkLayout : std::uint8_t {
    none,  ///< Records are stored and read, not processed.
    flag,  ///< The seed's: a number (0 or 1) that is the hash key of an index without a sort key.
    sharded,  ///< Of our own: a sparse index over several partitions that processed records leave.
};

struct Work {
    WorkLayout layout = WorkLayout::none;
    std::string flag = "Processed";   ///< `flag`: the attribute.
    std::string index = "Processed";  ///< `flag`: the index over it.
    int shards = 4;                   ///< `sharded`: 1 to 1000. Part of the index's name.
    bool operator==(const Work&) const = default;
};

/// Where a record stands. In the layout `flag` these are the values of its attribute, 0 to 3:
/// programs of the seed know the first two, and let the others alone.
enum class WorkState : std::uint8_t {
    unprocessed = 0,
    processed = 1,
    in_hand = 2,      ///< A worker of a shared store holds it.
    quarantined = 3,  ///< Failed for good, or too often; waits for a person.
};

[[nodiscard]] std::string_view to_string(WorkState state);

struct TableModel {
    std::string table;
    dynamo::KeySchema key;
    std::vector<dynamo::IndexSchema> indexes{};  ///< Beside the one of `work`.
    std::string version_attribute{};             ///< A number that counts the writes; empty: none.
    std::string created_attribute{};             ///< ISO instants; empty: none.
    std::string updated_attribute{};
    Work work{};
    bool operator==(const TableModel&) const = default;
};

/// The names that records keep for themselves begin like this: `workAttempts`, `workError` ...
inline constexpr std::string_view work_prefix = "work";
/// Why the last attempt failed; on records that wait for another attempt or are quarantined.
inline constexpr std::string_view error_attribute = "workError";
/// In the order of their attempts: how many failed.
inline constexpr std::string_view attempts_attribute = "workAttempts";

/// `invalid` names what is wrong with the model.
[[nodiscard]] Result<> check(const TableModel& model);
[[nodiscard]] dynamo::TableSchema schema_of(const TableModel& model);
/// How the queue sees the records; nullptr without a work layout.
[[nodiscard]] std::unique_ptr<queue::RowMap> rows_of(const TableModel& model);

/// Reads key, indexes and work layout off a table that is there: the index `work-N` means
/// `sharded`, one over the number `flag` alone means `flag`.
[[nodiscard]] TableModel model_of(const dynamo::TableSchema& schema,
                                  std::string_view flag = "Processed");

/// The tables of seed 004: `Users` with pk and sk, `Records` with AccountId, RunTime and the index
/// Processed.
[[nodiscard]] TableModel users_model();
[[nodiscard]] TableModel records_model();

}  // namespace carillon::records
