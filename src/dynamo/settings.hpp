// What a table is set to beside its schema: how it is paid for, who may delete it, its tags.
//
// Engines keep these and give them back; only deletion protection and the stream change what an
// engine does. DynamoDB's own meaning of the others (throughput, classes) has none here.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace carillon::dynamo {

struct Throughput {
    std::int64_t read = 0;
    std::int64_t write = 0;
    bool operator==(const Throughput&) const = default;
};

/// What a change record holds beside the item's key.
enum class StreamView : std::uint8_t { keys_only, new_image, old_image, new_and_old_images };

/// Limits of tables that are paid by request; -1: none. Kept and shown, not enforced.
struct OnDemandLimits {
    std::int64_t read = -1;
    std::int64_t write = -1;
    bool operator==(const OnDemandLimits&) const = default;
};

struct TableSettings {
    bool on_demand = true;  ///< BillingMode PAY_PER_REQUEST.
    std::int64_t on_demand_since_ms = 0;
    Throughput throughput{};
    std::int64_t throughput_raised_ms = 0;
    std::int64_t throughput_lowered_ms = 0;
    std::int64_t throughput_lowerings = 0;
    std::map<std::string, Throughput> index_throughput{};
    bool deletion_protection = false;
    std::string table_class{};                ///< Empty: never set.
    std::int64_t table_class_changed_ms = 0;  ///< 0: as it was created.
    std::map<std::string, std::string> tags{};
    /// Present while the table's changes are recorded (stream.hpp). Each time it is set, a new
    /// stream begins; when it goes, the stream ends and stays readable for 24 hours.
    std::optional<StreamView> stream{};
    OnDemandLimits on_demand_limits{};
    std::map<std::string, OnDemandLimits> index_on_demand_limits{};
    /// The key with which AWS would encrypt the table, where it is not its own. Only kept.
    std::optional<std::string> encryption_key{};
    bool operator==(const TableSettings&) const = default;
};

}  // namespace carillon::dynamo
