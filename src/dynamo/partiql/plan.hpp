// What a statement does to a table: the typed requests of the port that it amounts to.
//
// Which items a WHERE clause can reach is decided here from the table's keys: equality (or IN) on
// the hash key reads by Query, anything else by Scan; writes need the whole primary key. The
// endpoint carries the plans out.

#pragma once

#include "core/result.hpp"
#include "dynamo/database.hpp"
#include "dynamo/partiql/bind.hpp"
#include "dynamo/partiql/statement.hpp"

#include <optional>
#include <vector>

namespace carillon::dynamo::partiql {

/// `invalid` unless there is a value for every `?` and no more.
[[nodiscard]] Result<> check_parameters(const Statement& statement, const Parameters& parameters);

struct ReadPlan {
    std::string table{};
    std::optional<std::string> index{};
    /// The partitions to query, one after the other; empty: everything is scanned.
    std::vector<KeyCondition> partitions{};
    bool forward = true;
    /// Items are wanted in the order of the sort key across partitions.
    bool sorted = false;
    std::optional<BoundCondition> filter{};
    std::vector<Path> columns{};  ///< Empty: all.
    /// The key of the one item that can match, when the statement names all of it and no index.
    std::optional<Item> key{};
};

[[nodiscard]] Result<ReadPlan> plan_read(const Select& select,
                                         const Parameters& parameters,
                                         const TableSchema& schema);

/// INSERT, UPDATE, DELETE, and EXISTS as a ConditionCheck. An INSERT's only condition is that there
/// is no such item yet.
[[nodiscard]] Result<Write> plan_write(const Statement& statement,
                                       const Parameters& parameters,
                                       const TableSchema& schema);

/// The columns of an item, each under the name of its last step.
[[nodiscard]] Item pick_columns(const Item& item, const std::vector<Path>& columns);

}  // namespace carillon::dynamo::partiql
