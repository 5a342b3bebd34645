// How long tables and indexes seem to be on their way.
//
// Here a table is ready when the call that makes it returns; DynamoDB takes a while, and programs
// wait for it. To test them with that, the endpoint can show CREATING, UPDATING and DELETING for a
// time. Only what the control plane answers is delayed: the tables themselves are there. Remembered
// per endpoint, not in the store.

#pragma once

#include "core/time.hpp"
#include "dynamo/schema.hpp"

#include <map>
#include <optional>
#include <string>

namespace carillon::dynamo::endpoint {

class TableDelays {
public:
    explicit TableDelays(Duration delay) : delay_(delay) {}

    /// The table was changed, perhaps by a new index.
    void changed(const std::string& table, std::optional<std::string> index, TimePoint now);
    void deleted(TableDescription table, TimePoint now);

    /// The table as it should seem.
    void apply(TableDescription& table, TimePoint now) const;
    /// A table that is gone and seems not to be yet.
    [[nodiscard]] std::optional<TableDescription> deleting(const std::string& table,
                                                           TimePoint now) const;
    /// ResourceInUseException while the table is not ACTIVE.
    [[nodiscard]] Result<> check_active(const TableDescription& table, TimePoint now) const;

private:
    struct Change {
        TimePoint until{};
        std::optional<std::string> index{};
    };

    Duration delay_;
    std::map<std::string, Change> changes_;
    std::map<std::string, std::pair<TimePoint, TableDescription>> deleted_;
};

}  // namespace carillon::dynamo::endpoint
