#include "outbox/layout.hpp"

#include "queue/sharded_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace carillon::outbox {
namespace {

constexpr std::array all_statuses{EventStatus::created,
                                  EventStatus::active,
                                  EventStatus::completed,
                                  EventStatus::failed,
                                  EventStatus::parked};

/// Must be the same in every program and for ever: FNV-1a, its high bits folded in.
std::uint32_t stable_hash(std::string_view bytes) {
    std::uint32_t hash = 2'166'136'261U;
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 16'777'619U;
    }
    return hash ^ (hash >> 15);
}

std::string_view old_name(EventStatus status) {
    switch (status) {
        case EventStatus::created:
            return "PENDING";
        case EventStatus::active:
            return "PROCESSING";
        case EventStatus::completed:
            return "COMPLETED";
        case EventStatus::failed:
            return "FAILED";
        case EventStatus::parked:
            return "PARKED";
    }
    return "PENDING";
}

}  // namespace

std::string_view to_string(EventStatus status) {
    switch (status) {
        case EventStatus::created:
            return "created";
        case EventStatus::active:
            return "active";
        case EventStatus::completed:
            return "completed";
        case EventStatus::failed:
            return "failed";
        case EventStatus::parked:
            return "parked";
    }
    return "created";
}

std::optional<EventStatus> parse_status(std::string_view text) {
    const auto* found =
        std::ranges::find(all_statuses, text, [](EventStatus status) { return to_string(status); });
    if (found == all_statuses.end()) return std::nullopt;
    return *found;
}

std::string_view Layout::partition_attribute() const {
    return generation == Generation::sharded ? "duePartition" : "status";
}

std::string_view Layout::stored(EventStatus status) const {
    return generation == Generation::v0 ? old_name(status) : to_string(status);
}

std::optional<EventStatus> Layout::read(std::string_view stored_name) const {
    for (const EventStatus status : all_statuses) {
        if (stored(status) == stored_name) return status;
    }
    return std::nullopt;
}

std::vector<std::string> Layout::partitions(EventStatus status) const {
    if (status == EventStatus::completed) return {};
    if (generation != Generation::sharded) return {std::string(stored(status))};
    std::vector<std::string> names;
    for (const std::size_t band : {2U, 1U, 0U}) {
        if (band != 1 && status != EventStatus::created) continue;
        for (int shard = 0; shard < shards; ++shard) {
            names.push_back(
                fmt::format("{}{}#{}", to_string(status), queue::band_suffix(band), shard));
        }
    }
    return names;
}

std::string Layout::partition_of(EventStatus status, std::string_view id, int priority) const {
    if (generation != Generation::sharded) return std::string(stored(status));
    const std::size_t band = status == EventStatus::created ? queue::band_of_priority(priority) : 1;
    return fmt::format("{}{}#{}",
                       to_string(status),
                       queue::band_suffix(band),
                       stable_hash(id) % static_cast<std::uint32_t>(shards));
}

dynamo::TableSchema Layout::schema() const {
    dynamo::TableSchema schema;
    schema.name = table;
    schema.key.hash = {.name = "id"};
    dynamo::IndexSchema due;
    due.name = index;
    due.key.hash = {.name = std::string(partition_attribute())};
    due.key.sort =
        dynamo::KeyAttribute{.name = std::string(due_attribute), .type = dynamo::Type::number};
    schema.indexes.push_back(std::move(due));
    if (ordered) {
        dynamo::IndexSchema line;
        line.name = order_index;
        line.key.hash = {.name = std::string(ordered_by_attribute)};
        line.key.sort = dynamo::KeyAttribute{.name = std::string(ordered_at_attribute)};
        line.projection = dynamo::ProjectionType::keys_only;
        schema.indexes.push_back(std::move(line));
    }
    schema.ttl_attribute = std::string(expiry_attribute);
    return schema;
}

}  // namespace carillon::outbox
