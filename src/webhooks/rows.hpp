// How the queue reads and writes a webhook's row.
//
// The state is the seed's `status`, the attempts are its `retries.count`; beside them the sparse
// due index (`__due`, `__dueAt`), the lease, and `__ts`, the version that every write raises.

#pragma once

#include "queue/row.hpp"
#include "runtime/clock.hpp"

#include <string>
#include <vector>

namespace carillon::webhooks {

class WebhookRows final : public queue::RowMap {
public:
    /// `clock` gives the versions and must outlive the map.
    WebhookRows(std::string table, const runtime::Clock& clock);

    [[nodiscard]] const std::string& table() const override { return table_; }

    [[nodiscard]] const dynamo::KeySchema& key() const override { return key_; }

    [[nodiscard]] const std::string& due_index() const override { return index_; }

    [[nodiscard]] std::vector<dynamo::Value> partitions(queue::State state) const override;
    [[nodiscard]] dynamo::Value due_value(TimePoint at) const override;
    [[nodiscard]] Result<queue::RowState> read(const dynamo::Item& item) const override;
    void write(dynamo::Item& item, const queue::RowState& row) const override;
    /// The webhook becomes FAILED and its `errors` say why; where the rest can be read, it can be
    /// retried.
    void set_aside(dynamo::Item& item, const Error& why) const override;
    [[nodiscard]] dynamo::BoundCondition unchanged(const dynamo::Item& seen) const override;
    /// The namespace and the origin of the URL: one endpoint of one tenant.
    [[nodiscard]] std::string fairness_key(const dynamo::Item& item) const override;

    /// Partitions of the due index. The same for every store, so that a table can move from one to
    /// another as it is; rows are spread by a hash of their key.
    static constexpr int shards = 4;

private:
    std::string table_;
    const runtime::Clock& clock_;
    std::string index_ = "due";
    dynamo::KeySchema key_;
    dynamo::Condition by_version_;
    dynamo::Condition without_version_;
    dynamo::Condition by_lease_;
};

}  // namespace carillon::webhooks
