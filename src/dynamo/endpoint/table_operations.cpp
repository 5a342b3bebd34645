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
    return out + "}";
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

Result<> change_indexes(const UpdateTableCall& call,
                        const TableSchema& schema,
                        TableSettings& settings,
                        TableChange& change) {
    for (const auto& [name, throughput] : call.index_throughput) {
        const IndexSchema* index = schema.index(name);
        if (index == nullptr || index->local) return std::unexpected(index_not_found(name));
        settings.index_throughput[name] = throughput;
    }
    if (call.drop) {
        const IndexSchema* index = schema.index(*call.drop);
        if (index == nullptr || index->local) {
            return service_fault("ResourceNotFoundException",
                                 "Requested resource not found: Index: " + *call.drop +
                                     " for table: " + schema.name);
        }
        settings.index_throughput.erase(*call.drop);
        change.drop_index = call.drop;
    }
    if (!call.create) return {};
    const IndexSchema& created = call.create->schema;
    if (schema.index(created.name) != nullptr) {
        return validation_fault("Attempting to create an index which already exists");
    }
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
    change.create_index = created;
    return {};
}

Result<TableChange> to_change(const UpdateTableCall& call,
                              const TableSchema& schema,
                              std::int64_t now_ms) {
    TableChange change;
    TableSettings settings = schema.settings;
    CARILLON_TRY_VOID(change_billing(call, now_ms, settings));
    CARILLON_TRY_VOID(change_indexes(call, schema, settings, change));
    if (call.deletion_protection) settings.deletion_protection = *call.deletion_protection;
    if (call.table_class) settings.table_class = *call.table_class;
    change.settings = std::move(settings);
    return change;
}

}  // namespace

Operations::Answer Operations::create_table(Json request) {
    CARILLON_CO_TRY(TableSchema schema, read_create_table(request));
    CARILLON_CO_TRY(TableDescription table, co_await database_.create_table(std::move(schema)));
    // Ready at once, but said as DynamoDB says it: clients wait for ACTIVE.
    table.status = "CREATING";
    co_return described("TableDescription", table, where_);
}

Operations::Answer Operations::describe_table(Json request) {
    CARILLON_CO_TRY(const TableDescription table,
                    co_await database_.describe_table(table_name_of(request)));
    co_return described("Table", table, where_);
}

Operations::Answer Operations::delete_table(Json request) {
    CARILLON_CO_TRY(TableDescription table,
                    co_await database_.delete_table(table_name_of(request)));
    table.status = "DELETING";
    co_return described("TableDescription", table, where_);
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
    co_return out + "}";
}

Operations::Answer Operations::update_table(Json request) {
    CARILLON_CO_TRY(UpdateTableCall call, read_update_table(request));
    CARILLON_CO_TRY(const TableDescription before, co_await database_.describe_table(call.table));
    CARILLON_CO_TRY(TableChange change, to_change(call, before.schema, to_epoch_ms(clock_.now())));
    CARILLON_CO_TRY(TableDescription after,
                    co_await database_.update_table(call.table, std::move(change)));
    after.status = "UPDATING";
    co_return described("TableDescription", after, where_);
}

}  // namespace carillon::dynamo::endpoint
