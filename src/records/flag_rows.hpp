// How the queue reads and writes records of the seed's layout: a number that says whether a record
// is processed, and an index over that number alone.
//
// A claimed record leaves the partition of the unprocessed ones (0 becomes 2), so that programs of
// the seed, which know nothing of leases, do not run it as well; a record that failed for good
// leaves it too (3), so that they do not run it for ever. When it is processed, everything that was
// written beside is removed again: the record looks as the seed's own programs leave it.

#pragma once

#include "queue/row.hpp"
#include "records/model.hpp"

#include <string>
#include <vector>

namespace carillon::records {

class FlagRows final : public queue::RowMap {
public:
    /// `outcome_attributes`: what outcomes write beside the queue's own.
    FlagRows(const TableModel& model, std::vector<std::string> outcome_attributes);

    [[nodiscard]] const std::string& table() const override { return table_; }

    [[nodiscard]] const dynamo::KeySchema& key() const override { return key_; }

    [[nodiscard]] const std::string& due_index() const override { return index_; }

    [[nodiscard]] std::vector<dynamo::Value> partitions(queue::State state) const override;
    [[nodiscard]] dynamo::Value due_value(TimePoint at) const override;
    [[nodiscard]] Result<queue::RowState> read(const dynamo::Item& item) const override;
    void write(dynamo::Item& item, const queue::RowState& row) const override;
    void set_aside(dynamo::Item& item, const Error& why) const override;
    [[nodiscard]] dynamo::BoundCondition unchanged(const dynamo::Item& seen) const override;

    [[nodiscard]] const std::vector<std::string>* outcome_attributes() const override {
        return &outcome_attributes_;
    }

    [[nodiscard]] std::string fairness_key(const dynamo::Item&) const override { return {}; }

private:
    std::string table_;
    dynamo::KeySchema key_;
    std::string index_;
    std::string flag_;
    std::vector<std::string> outcome_attributes_;
    dynamo::Condition by_token_;
    dynamo::Condition by_turn_;
    dynamo::Condition before_first_turn_;
};

}  // namespace carillon::records
