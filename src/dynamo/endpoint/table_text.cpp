#include "dynamo/endpoint/table_text.hpp"

#include "core/json.hpp"
#include "dynamo/endpoint/stream_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace carillon::dynamo::endpoint {

namespace {

void append_member(std::string_view name, std::string_view text, std::string& out) {
    out.append(",\"").append(name).append("\":");
    append_json_string(out, text);
}

/// Epoch seconds with milliseconds, as the protocol writes timestamps.
std::string timestamp(std::int64_t ms) {
    return fmt::format("{}.{:03}", ms / 1'000, ms % 1'000);
}

std::string_view projection_name(ProjectionType type) {
    switch (type) {
        case ProjectionType::all:
            return "ALL";
        case ProjectionType::keys_only:
            return "KEYS_ONLY";
        case ProjectionType::include:
            return "INCLUDE";
    }
    return "ALL";
}

void append_key_schema(const KeySchema& key, std::string& out) {
    out += ",\"KeySchema\":[";
    std::size_t count = 0;
    const std::size_t hashes = key.hash_attributes().size();
    for (const KeyAttribute* attribute : key.attributes()) {
        if (count > 0) out += ',';
        out += "{\"AttributeName\":";
        append_json_string(out, attribute->name);
        append_member("KeyType", count < hashes ? "HASH" : "RANGE", out);
        out += '}';
        ++count;
    }
    out += ']';
}

void append_definitions(const TableSchema& schema, std::string& out) {
    std::vector<const KeyAttribute*> attributes;
    const auto take = [&](const KeyAttribute& attribute) {
        const bool known = std::ranges::any_of(
            attributes, [&](const KeyAttribute* one) { return one->name == attribute.name; });
        if (!known) attributes.push_back(&attribute);
    };
    const auto take_key = [&](const KeySchema& key) {
        for (const KeyAttribute* attribute : key.attributes()) take(*attribute);
    };
    take_key(schema.key);
    for (const IndexSchema& index : schema.indexes) take_key(index.key);
    out += "\"AttributeDefinitions\":[";
    for (const KeyAttribute* const& attribute : attributes) {
        if (&attribute != attributes.data()) out += ',';
        out += "{\"AttributeName\":";
        append_json_string(out, attribute->name);
        append_member("AttributeType", type_name(attribute->type), out);
        out += '}';
    }
    out += ']';
}

void append_throughput(const Throughput& throughput, std::string& out) {
    out += fmt::format(
        ",\"ProvisionedThroughput\":{{\"NumberOfDecreasesToday\":0,\"ReadCapacityUnits\":{},"
        "\"WriteCapacityUnits\":{}}}",
        throughput.read,
        throughput.write);
}

void append_table_throughput(const TableSettings& settings, std::string& out) {
    out += ",\"ProvisionedThroughput\":{";
    if (settings.throughput_raised_ms != 0) {
        out +=
            fmt::format("\"LastIncreaseDateTime\":{},", timestamp(settings.throughput_raised_ms));
    }
    if (settings.throughput_lowered_ms != 0) {
        out +=
            fmt::format("\"LastDecreaseDateTime\":{},", timestamp(settings.throughput_lowered_ms));
    }
    out += fmt::format(
        "\"NumberOfDecreasesToday\":{},\"ReadCapacityUnits\":{},\"WriteCapacityUnits\":{}}}",
        settings.throughput_lowerings,
        settings.throughput.read,
        settings.throughput.write);
}

void append_limits(const OnDemandLimits& limits, std::string& out) {
    out += fmt::format(
        ",\"OnDemandThroughput\":{{\"MaxReadRequestUnits\":{},\"MaxWriteRequestUnits\":{}}}",
        limits.read,
        limits.write);
}

void append_index(const IndexSchema& index,
                  const TableDescription& table,
                  const std::string& arn,
                  std::string& out) {
    out += "{\"IndexName\":";
    append_json_string(out, index.name);
    append_key_schema(index.key, out);
    out += ",\"Projection\":{\"ProjectionType\":";
    append_json_string(out, projection_name(index.projection));
    if (index.projection == ProjectionType::include) {
        out += ",\"NonKeyAttributes\":[";
        for (const std::string& name : index.non_key_attributes) {
            if (&name != index.non_key_attributes.data()) out += ',';
            append_json_string(out, name);
        }
        out += ']';
    }
    out += '}';
    if (!index.local) {
        const bool building = std::ranges::find(table.building, index.name) != table.building.end();
        const std::string ready = table.status == "UPDATING" ? "ACTIVE" : table.status;
        append_member("IndexStatus", building ? "CREATING" : ready, out);
        if (building) out += ",\"Backfilling\":true";
        const auto& limits = table.schema.settings.index_on_demand_limits;
        if (const auto limit = limits.find(index.name); limit != limits.end()) {
            append_limits(limit->second, out);
        }
        const auto& throughputs = table.schema.settings.index_throughput;
        const auto found = throughputs.find(index.name);
        append_throughput(found == throughputs.end() ? Throughput{} : found->second, out);
    }
    // Not counted apart: an index holds at most what the table does.
    out += ",\"IndexSizeBytes\":0,\"ItemCount\":0";
    append_member("IndexArn", arn + "/index/" + index.name, out);
    out += '}';
}

void append_indexes(std::string_view name,
                    bool local,
                    const TableDescription& table,
                    const std::string& arn,
                    std::string& out) {
    bool first = true;
    for (const IndexSchema& index : table.schema.indexes) {
        if (index.local != local) continue;
        if (first) {
            out.append(",\"").append(name).append("\":[");
        } else {
            out += ',';
        }
        first = false;
        append_index(index, table, arn, out);
    }
    if (!first) out += ']';
}

/// Of the key's id, alias or ARN; empty stands for the one that AWS has for tables.
std::string key_arn(const Where& where, std::string_view key) {
    if (key.starts_with("arn:")) return std::string(key);
    if (key.empty()) key = "alias/aws/dynamodb";
    return fmt::format("arn:aws:kms:{}:{}:{}{}",
                       where.region,
                       where.account,
                       key.starts_with("alias/") ? "" : "key/",
                       key);
}

/// What is left of a table when it is deleted: its name, state, size and settings.
void append_state(const TableDescription& table,
                  const Where& where,
                  const std::string& arn,
                  std::string& out) {
    const TableSchema& schema = table.schema;
    const TableSettings& settings = schema.settings;
    append_member("TableName", schema.name, out);
    append_member("TableStatus", table.status, out);
    append_table_throughput(settings, out);
    out +=
        fmt::format(",\"TableSizeBytes\":{},\"ItemCount\":{}", table.size_bytes, table.item_count);
    append_member("TableArn", arn, out);
    append_member("TableId", table.id, out);
    if (settings.on_demand) {
        const std::int64_t since = settings.on_demand_since_ms != 0 ? settings.on_demand_since_ms
                                                                    : to_epoch_ms(table.created_at);
        out += fmt::format(
            ",\"BillingModeSummary\":{{\"BillingMode\":\"PAY_PER_REQUEST\","
            "\"LastUpdateToPayPerRequestDateTime\":{}}}",
            timestamp(since));
    } else if (settings.on_demand_since_ms != 0) {
        out += fmt::format(
            ",\"BillingModeSummary\":{{\"BillingMode\":\"PROVISIONED\","
            "\"LastUpdateToPayPerRequestDateTime\":{}}}",
            timestamp(settings.on_demand_since_ms));
    }
    if (settings.on_demand_limits != OnDemandLimits{}) {
        append_limits(settings.on_demand_limits, out);
    }
    if (settings.encryption_key) {
        out += ",\"SSEDescription\":{\"Status\":\"ENABLED\",\"SSEType\":\"KMS\"";
        append_member("KMSMasterKeyArn", key_arn(where, *settings.encryption_key), out);
        out += '}';
    }
    if (settings.stream) {
        out += fmt::format(
            ",\"StreamSpecification\":{{\"StreamEnabled\":true,\"StreamViewType\":\"{}\"}}",
            view_name(*settings.stream));
    }
    if (!table.stream_label.empty()) {
        append_member("LatestStreamLabel", table.stream_label, out);
        append_member("LatestStreamArn", stream_arn(where, {schema.name, table.stream_label}), out);
    }
    if (!settings.table_class.empty()) {
        out += ",\"TableClassSummary\":{\"TableClass\":";
        append_json_string(out, settings.table_class);
        if (settings.table_class_changed_ms != 0) {
            out += fmt::format(",\"LastUpdateDateTime\":{}",
                               timestamp(settings.table_class_changed_ms));
        }
        out += '}';
    }
    out += fmt::format(",\"DeletionProtectionEnabled\":{}", settings.deletion_protection);
}

}  // namespace

std::string table_arn(const Where& where, std::string_view table) {
    return fmt::format("arn:aws:dynamodb:{}:{}:table/{}", where.region, where.account, table);
}

void append_table(const TableDescription& table, const Where& where, std::string& out) {
    const std::string arn = table_arn(where, table.schema.name);
    out += '{';
    append_definitions(table.schema, out);
    append_key_schema(table.schema.key, out);
    out += ",\"CreationDateTime\":" + timestamp(to_epoch_ms(table.created_at));
    append_indexes("LocalSecondaryIndexes", true, table, arn, out);
    append_indexes("GlobalSecondaryIndexes", false, table, arn, out);
    append_state(table, where, arn, out);
    out += '}';
}

void append_deleted_table(const TableDescription& table, const Where& where, std::string& out) {
    std::string members;
    append_state(table, where, table_arn(where, table.schema.name), members);
    // Each begins with the comma behind the one before it.
    members[0] = '{';
    out.append(members) += '}';
}

}  // namespace carillon::dynamo::endpoint
