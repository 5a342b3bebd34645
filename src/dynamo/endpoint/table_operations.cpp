// CreateTable, DescribeTable, DeleteTable, ListTables, UpdateTable.

#include "core/json.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/table_requests.hpp"
#include "dynamo/endpoint/table_text.hpp"
#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

std::string described(std::string_view name, const TableDescription& table, const Where& where) {
    std::string out = fmt::format("{{\"{}\":", name);
    append_table(table, where, out);
    return std::move(out) + "}";
}

std::unexpected<Error> unchanged(const Throughput& now, const Throughput& wanted) {
    return validation_fault(fmt::format(
        "The provisioned throughput for the table will not change. The requested value equals the "
        "current value. Current ReadCapacityUnits provisioned for the table: {}. Requested "
        "ReadCapacityUnits: {}. Current WriteCapacityUnits provisioned for the table: {}. "
        "Requested WriteCapacityUnits: {}. Refer to the Amazon DynamoDB Developer Guide for "
        "current limits and how to request higher limits.",
        now.read,
        wanted.read,
        now.write,
        wanted.write));
}

Result<> change_throughput(const UpdateTableCall& call,
                           std::int64_t now_ms,
                           TableSettings& settings) {
    if (!call.throughput) return {};
    const Throughput before = settings.throughput;
    if (before == *call.throughput) return unchanged(before, *call.throughput);
    const bool raised =
        call.throughput->read > before.read || call.throughput->write > before.write;
    const bool lowered =
        call.throughput->read < before.read || call.throughput->write < before.write;
    if (raised) settings.throughput_raised_ms = now_ms;
    if (lowered) {
        settings.throughput_lowered_ms = now_ms;
        ++settings.throughput_lowerings;
    }
    settings.throughput = *call.throughput;
    return {};
}

Result<> change_billing(const UpdateTableCall& call, std::int64_t now_ms, TableSettings& settings) {
    const bool on_demand = call.on_demand.value_or(settings.on_demand);
    if (on_demand && call.throughput) {
        return parameter_fault(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            "PAY_PER_REQUEST");
    }
    if (on_demand && !settings.on_demand) {
        settings.on_demand_since_ms = now_ms;
        settings.throughput = {};
        settings.index_throughput.clear();
    }
    settings.on_demand = on_demand;
    return change_throughput(call, now_ms, settings);
}

std::string text_of_key(const KeySchema& key) {
    std::vector<std::string> elements;
    const std::size_t hashes = key.hash_attributes().size();
    for (const KeyAttribute* attribute : key.attributes()) {
        elements.push_back(fmt::format("SchemaElement: key{{{}:{}:{}}}",
                                       attribute->name,
                                       type_name(attribute->type),
                                       elements.size() < hashes ? "HASH" : "RANGE"));
    }
    return fmt::format("Schema:[{}]", fmt::join(elements, ", "));
}

/// An attribute has one type in all keys.
Result<> check_redefined(const KeySchema& created, const TableSchema& schema) {
    const auto differs = [&created](const KeySchema& key) {
        return std::ranges::any_of(key.attributes(), [&](const KeyAttribute* old) {
            return std::ranges::any_of(created.attributes(), [&](const KeyAttribute* fresh) {
                return fresh->name == old->name && fresh->type != old->type;
            });
        });
    };
    const KeySchema* other = differs(schema.key) ? &schema.key : nullptr;
    for (const IndexSchema& index : schema.indexes) {
        if (other == nullptr && differs(index.key)) other = &index.key;
    }
    if (other == nullptr) return {};
    return parameter_fault(fmt::format(
        "Attributes cannot be redefined. Please check that your attribute has the same type as "
        "previously defined. Existing schema: {} New schema: {}",
        text_of_key(*other),
        text_of_key(created)));
}

Result<> change_indexes(const UpdateTableCall& call,
                        const TableSchema& schema,
                        TableSettings& settings,
                        TableChange& change) {
    for (const auto& [name, throughput] : call.index_throughput) {
        const IndexSchema* index = schema.index(name);
        if (index == nullptr || index->local) return std::unexpected(index_not_found(name));
        settings.index_throughput[name] = throughput;
    }
    for (const auto& [name, limits] : call.index_limits) {
        const IndexSchema* index = schema.index(name);
        if (index == nullptr || index->local) return std::unexpected(index_not_found(name));
        settings.index_on_demand_limits[name] = limits;
    }
    if (call.drop) {
        const IndexSchema* index = schema.index(*call.drop);
        if (index != nullptr && index->local) return std::unexpected(index_not_found(*call.drop));
        if (index == nullptr) {
            return service_fault("ResourceNotFoundException",
                                 "Requested resource not found: Index: " + *call.drop +
                                     " for table: " + schema.name);
        }
        settings.index_throughput.erase(*call.drop);
        settings.index_on_demand_limits.erase(*call.drop);
        change.drop_index = call.drop;
    }
    if (!call.create) return {};
    const IndexSchema& created = call.create->schema;
    if (schema.index(created.name) != nullptr) {
        return validation_fault("Attempting to create an index which already exists");
    }
    CARILLON_TRY_VOID(check_redefined(created.key, schema));
    if (settings.on_demand && call.create->throughput) {
        return parameter_fault(
            fmt::format("ProvisionedThroughput should not be specified for index: {} when "
                        "BillingMode is PAY_PER_REQUEST",
                        created.name));
    }
    if (!settings.on_demand) {
        if (!call.create->throughput) {
            return parameter_fault(
                fmt::format("ProvisionedThroughput must be specified for index: {}", created.name));
        }
        settings.index_throughput[created.name] = *call.create->throughput;
    }
    if (call.create->limits) {
        settings.index_on_demand_limits[created.name] = *call.create->limits;
    }
    change.create_index = created;
    return {};
}

Result<> change_stream(const StreamCall& call, const std::string& table, TableSettings& settings) {
    if (call.view && settings.stream) {
        return validation_fault("Table already has an enabled stream: TableName: " + table);
    }
    if (!call.view && !settings.stream) {
        return validation_fault("Table has no stream to disable: TableName: " + table);
    }
    settings.stream = call.view;
    return {};
}

/// One index at a time.
Result<> check_building(const UpdateTableCall& call, const TableDescription& table) {
    if (table.building.empty() || (!call.create && !call.drop)) return {};
    if (call.drop && std::ranges::find(table.building, *call.drop) != table.building.end()) {
        return {};
    }
    return service_fault("LimitExceededException",
                         "Subscriber limit exceeded: Only 1 online index can be created or deleted "
                         "simultaneously per table");
}

Result<TableChange> to_change(const UpdateTableCall& call,
                              const TableDescription& table,
                              std::int64_t now_ms) {
    CARILLON_TRY_VOID(check_building(call, table));
    const TableSchema& schema = table.schema;
    TableChange change;
    // What is worked out from the table as it is holds only for that table.
    change.expected = schema;
    TableSettings settings = schema.settings;
    CARILLON_TRY_VOID(change_billing(call, now_ms, settings));
    CARILLON_TRY_VOID(change_indexes(call, schema, settings, change));
    if (call.deletion_protection) settings.deletion_protection = *call.deletion_protection;
    if (call.limits) settings.on_demand_limits = *call.limits;
    if (call.encryption) settings.encryption_key = *call.encryption;
    if (call.table_class && settings.table_class != *call.table_class) {
        settings.table_class = *call.table_class;
        settings.table_class_changed_ms = now_ms;
    }
    if (call.stream) CARILLON_TRY_VOID(change_stream(*call.stream, schema.name, settings));
    change.settings = std::move(settings);
    return change;
}

}  // namespace

Operations::Answer Operations::create_table(Json request) {
    CARILLON_CO_TRY(TableSchema schema, read_create_table(request));
    if (delays_.deleting(schema.name, clock_.now())) {
        co_return service_fault("ResourceInUseException", "Table already exists: " + schema.name);
    }
    CARILLON_CO_TRY(TableDescription table, co_await database_.create_table(std::move(schema)));
    // Ready at once, but said as DynamoDB says it: clients wait for ACTIVE.
    table.status = "CREATING";
    co_return described("TableDescription", table, where_);
}

Operations::Answer Operations::describe_table(Json request) {
    const std::string name = table_name_of(request);
    const TimePoint now = clock_.now();
    if (const auto deleting = delays_.deleting(name, now)) {
        co_return described("Table", *deleting, where_);
    }
    CARILLON_CO_TRY(TableDescription table, co_await database_.describe_table(name));
    delays_.apply(table, now);
    co_return described("Table", table, where_);
}

Operations::Answer Operations::delete_table(Json request) {
    const std::string name = table_name_of(request);
    const TimePoint now = clock_.now();
    CARILLON_CO_TRY(const TableDescription before, co_await database_.describe_table(name));
    CARILLON_CO_TRY_VOID(delays_.check_active(before, now));
    CARILLON_CO_TRY(TableDescription table, co_await database_.delete_table(name));
    table.status = "DELETING";
    delays_.deleted(table, now);
    std::string out = "{\"TableDescription\":";
    append_deleted_table(table, where_, out);
    co_return std::move(out) + "}";
}

Operations::Answer Operations::list_tables(Json request) {
    constexpr std::int64_t page_max = 100;
    const auto limit =
        static_cast<std::size_t>(integer_member(request, "Limit").value_or(page_max));
    const std::string start(text_member(request, "ExclusiveStartTableName").value_or(""));
    CARILLON_CO_TRY(const auto names, co_await database_.list_tables());
    auto at = std::ranges::upper_bound(names, start);
    std::string out = "{\"TableNames\":[";
    std::size_t count = 0;
    for (; at != names.end() && count < limit; ++at, ++count) {
        if (count > 0) out += ',';
        append_json_string(out, *at);
    }
    out += ']';
    if (at != names.end()) {
        out += ",\"LastEvaluatedTableName\":";
        append_json_string(out, *std::prev(at));
    }
    co_return std::move(out) + "}";
}

Operations::Answer Operations::update_table(Json request) {
    CARILLON_CO_TRY(const UpdateTableCall call, read_update_table(request));
    const TimePoint now = clock_.now();
    const auto change = [&](const TableDescription& table) -> Result<TableChange> {
        CARILLON_TRY_VOID(delays_.check_active(table, now));
        return to_change(call, table, to_epoch_ms(now));
    };
    CARILLON_CO_TRY(TableDescription after, co_await change_table(call.table, change));
    after.status = "UPDATING";
    std::optional<std::string> index;
    if (call.create) index = call.create->schema.name;
    if (index && after.building.empty()) after.building.push_back(*index);
    delays_.changed(call.table, std::move(index), now);
    co_return described("TableDescription", after, where_);
}

}  // namespace carillon::dynamo::endpoint
