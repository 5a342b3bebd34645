// PartiQL statements of requests, and carrying them out one by one: what ExecuteStatement,
// BatchExecuteStatement and ExecuteTransaction have in common.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/endpoint/capacity.hpp"
#include "dynamo/endpoint/json.hpp"
#include "dynamo/partiql/plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo::endpoint {

struct StatementCall {
    partiql::Statement statement{};
    partiql::Parameters parameters{};
    bool consistent = false;
    bool return_failed_item = false;
};

/// One statement with its parameters, of a structure that holds both.
[[nodiscard]] Result<StatementCall> read_statement(const Json& json);

/// Where a SELECT goes on: the partition it was in, and the key there.
struct Position {
    std::size_t partition = 0;
    std::optional<Item> key{};
};

struct StatementPage {
    std::vector<Item> items{};
    std::optional<Position> next{};
    Consumed consumed{};
};

/// Reads until `limit` items were looked at, 1 MB was, or nothing is left. `database` and `schema`
/// must outlive the call.
[[nodiscard]] Task<Result<StatementPage>> read_page(Database& database,
                                                    const TableSchema& schema,
                                                    partiql::ReadPlan plan,
                                                    bool consistent,
                                                    std::optional<std::int64_t> limit,
                                                    Position from);

/// The one item of a plan that names it by its key.
struct StatementItem {
    std::optional<Item> item{};
    Consumed consumed{};
};

[[nodiscard]] Task<Result<StatementItem>> read_item_of(Database& database,
                                                       partiql::ReadPlan plan,
                                                       bool consistent);
/// What a statement shows of an item that was found by its key.
[[nodiscard]] Result<std::optional<Item>> shown(const partiql::ReadPlan& plan,
                                                const std::optional<Item>& item);

struct StatementWrite {
    std::optional<Item> returned{};
    Consumed consumed{};
};

/// `measured`: whether `consumed` is wanted. `schema` must outlive the call.
[[nodiscard]] Task<Result<StatementWrite>> carry_out(Database& database,
                                                     const TableSchema& schema,
                                                     Write write,
                                                     bool measured);

/// The plan of a statement that writes, with what the request says of failed conditions.
[[nodiscard]] Result<Write> plan_write(const StatementCall& call, const TableSchema& schema);

/// An INSERT's only condition is that there is no such item: DynamoDB has words of its own for it.
[[nodiscard]] bool is_duplicate(const Error& error, const Write& write);
[[nodiscard]] std::unexpected<Error> duplicate_item();
inline constexpr std::string_view duplicate_text = "Duplicate primary key exists in table";

}  // namespace carillon::dynamo::endpoint
