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
    /// The attribute whose number is the priority (1 to 9, absent: 5). Ready rows above and below 5
    /// then stand in partitions of their own: `ready-high#<shard>`, `ready-low#<shard>`.
    std::string priority_attribute{};
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
    [[nodiscard]] Standing standing(const dynamo::Item& item) const override;
    [[nodiscard]] std::size_t band(const dynamo::Value& partition) const override;

private:
    [[nodiscard]] int shard_of(const dynamo::Item& item) const;

    ShardedRowsOptions options_;
    dynamo::Condition by_turn_;
    dynamo::Condition before_first_turn_;
    dynamo::Condition by_token_;
};

/// What follows the name of the state in the names of a band's partitions: `-low`, nothing,
/// `-high`.
[[nodiscard]] std::string_view band_suffix(std::size_t band);
/// The band of a partition that is named `<state><suffix>#<shard>`.
[[nodiscard]] std::size_t band_of_partition(std::string_view name);
/// The band of a priority from 1 to 9.
[[nodiscard]] std::size_t band_of_priority(int priority);
/// The number in `attribute` if it is a priority, else 5.
[[nodiscard]] int read_priority(const dynamo::Item& item, std::string_view attribute);

/// `ready`, `leased`, `done`, `failed`, `suspended`.
[[nodiscard]] std::string_view to_string(State state);

}  // namespace carillon::queue
