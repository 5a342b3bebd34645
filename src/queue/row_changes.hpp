// A row's new state as an update of only what differs, so that what others wrote beside it stays.
//
// Claims and heartbeats of shared stores are written so, and outcomes where the row map asks for it
// (RowMap::outcome_attributes). The expressions are few and are parsed once each.

#pragma once

#include "dynamo/database.hpp"
#include "queue/row.hpp"

#include <map>
#include <string>
#include <vector>

namespace carillon::queue {

/// Not thread-safe.
class RowChanges {
public:
    explicit RowChanges(const RowMap& rows) : rows_(rows) {}

    /// Makes the stored row `after`, touching only what differs from `before`; nothing if it is no
    /// longer the one that was seen as `before`.
    [[nodiscard]] dynamo::Write between(const dynamo::Item& before, const dynamo::Item& after);
    /// Makes these attributes of the stored row as they are in `after`, and removes those that it
    /// lacks.
    [[nodiscard]] dynamo::Write of(const dynamo::Item& after,
                                   const std::vector<std::string>& attributes,
                                   dynamo::BoundCondition condition);

private:
    struct Expression {
        std::string set{};
        std::string remove{};
        std::string signature{};
        dynamo::ExpressionNames names{};
        dynamo::ExpressionValues values{};

        void add_set(const std::string& name, const dynamo::Value& value);
        void add_remove(const std::string& name);
    };

    [[nodiscard]] dynamo::Write write(const dynamo::Item& row,
                                      Expression expression,
                                      dynamo::BoundCondition condition);

    const RowMap& rows_;
    std::map<std::string, dynamo::Update> updates_;  // By which attributes they set and remove.
};

}  // namespace carillon::queue
