// CreateTable and UpdateTable as typed values, with the rules that tie their members together.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/endpoint/json.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carillon::dynamo::endpoint {

[[nodiscard]] Result<TableSchema> read_create_table(const Json& request);

/// StreamSpecification: on with this view, or off.
struct StreamCall {
    std::optional<StreamView> view{};
};

struct UpdateTableCall {
    std::string table{};
    std::optional<bool> on_demand{};
    std::optional<Throughput> throughput{};
    std::optional<bool> deletion_protection{};
    std::optional<std::string> table_class{};
    std::optional<StreamCall> stream{};
    std::optional<OnDemandLimits> limits{};
    /// SSESpecification: on with this key (empty: AWS's own), or off.
    std::optional<std::optional<std::string>> encryption{};

    struct NewIndex {
        IndexSchema schema{};  ///< Types of its keys are filled in by read_update_table.
        std::optional<Throughput> throughput{};
        std::optional<OnDemandLimits> limits{};
    };

    std::optional<NewIndex> create{};
    std::optional<std::string> drop{};
    std::vector<std::pair<std::string, Throughput>> index_throughput{};
    std::vector<std::pair<std::string, OnDemandLimits>> index_limits{};
};

[[nodiscard]] Result<UpdateTableCall> read_update_table(const Json& request);

}  // namespace carillon::dynamo::endpoint
