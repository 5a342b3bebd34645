// The row map for tables of our own: a sparse, sharded due index.
//
// A row is in the index only while it is ready or leased. The index's hash key is
// `<state>#<shard>`, the shard a hash of the row's key, so that no partition of a distributed store
// is hot; its sort key is the due time in milliseconds. Domains with such tables (webhooks, runs)
// use it as it is, or write `attributes` beside their own.

#pragma once

#include "queue/row.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carillon::queue {

struct ShardedRowsOptions {
    std::string table;
    dynamo::KeySchema key{.hash = {.name = "id"}};
    std::string due_index = "due";
    int shards = 4;  ///< Must not change while rows are stored; 1 to 1000.
    /// The attribute whose text is the fairness key; when empty or absent in an item, all rows
    /// share one.
    std::string fairness_attribute{};
    /// The attribute whose number is the weight (1 to 100); when empty or absent: 1.
    std::string weight_attribute{};
    /// The attributes. None may be one of the key's.
    std::string state = "state";
    std::string partition = "duePartition";
    std::string due = "dueAt";
    std::string attempts = "attempts";
    std::string interruptions = "interruptions";
    std::string lease_token = "leaseToken";
    std::string lease_owner = "leaseOwner";
    /// Counts the writes of the queue: tells a row from the same row after a turn through the same
    /// state, due time and attempts.
    std::string turn = "turn";
    /// Failed rows stay in the index, in `failed#<shard>`, so that they can be listed.
    bool failed_in_index = false;
    /// When given, outcomes are written as updates of the queue's own attributes and these alone
    /// (RowMap::outcome_attributes).
    std::optional<std::vector<std::string>> outcome_attributes{};
};

class ShardedRows final : public RowMap {
public:
    explicit ShardedRows(ShardedRowsOptions options);

    /// The table with its due index (projection: all).
    [[nodiscard]] dynamo::TableSchema schema() const;
    /// A new row: the attributes of `row` set beside those that `item` has.
    [[nodiscard]] dynamo::Item make(dynamo::Item item, const RowState& row) const;

    [[nodiscard]] const std::string& table() const override { return options_.table; }

    [[nodiscard]] const dynamo::KeySchema& key() const override { return options_.key; }

    [[nodiscard]] const std::string& due_index() const override { return options_.due_index; }

    [[nodiscard]] std::vector<dynamo::Value> partitions(State state) const override;
    [[nodiscard]] dynamo::Value due_value(TimePoint at) const override;
    [[nodiscard]] Result<RowState> read(const dynamo::Item& item) const override;
    void write(dynamo::Item& item, const RowState& row) const override;
    [[nodiscard]] dynamo::BoundCondition unchanged(const dynamo::Item& seen) const override;

    [[nodiscard]] const std::vector<std::string>* outcome_attributes() const override {
        return options_.outcome_attributes ? &*options_.outcome_attributes : nullptr;
    }

    [[nodiscard]] std::string fairness_key(const dynamo::Item& item) const override;
    [[nodiscard]] std::size_t weight(const dynamo::Item& item) const override;

private:
    [[nodiscard]] int shard_of(const dynamo::Item& item) const;

    ShardedRowsOptions options_;
    dynamo::Condition by_turn_;
    dynamo::Condition before_first_turn_;
    dynamo::Condition by_token_;
};

/// `ready`, `leased`, `done`, `failed`, `suspended`.
[[nodiscard]] std::string_view to_string(State state);

}  // namespace carillon::queue
