// Time to live, tags, limits and endpoints.

#include "core/json.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/table_requests.hpp"
#include "dynamo/endpoint/table_text.hpp"
#include "dynamo/endpoint/tags.hpp"
#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

struct TimeToLiveCall {
    std::string table;
    std::string attribute;
    bool enabled = false;
};

TimeToLiveCall read_time_to_live(const Json& request) {
    const Json specification = *member(request, "TimeToLiveSpecification");
    return {table_name_of(request),
            std::string(*text_member(specification, "AttributeName")),
            *boolean_member(specification, "Enabled")};
}

Result<> check_time_to_live(const TimeToLiveCall& call, const TableSchema& schema) {
    const auto& current = schema.ttl_attribute;
    if (call.enabled && current == call.attribute) {
        return validation_fault("TimeToLive is already enabled");
    }
    if (call.enabled && current) {
        return validation_fault(fmt::format(
            "TimeToLive is active on a different AttributeName: current AttributeName is {}",
            *current));
    }
    if (!call.enabled && !current) return validation_fault("TimeToLive is already disabled");
    if (!call.enabled && current != call.attribute) {
        return validation_fault(fmt::format(
            "TimeToLive is active on a different AttributeName: current AttributeName is {}",
            *current));
    }
    return {};
}

bool is_arn(std::string_view text) {
    return std::ranges::count(text, ':') >= 5 && text.find('/') != std::string_view::npos;
}

}  // namespace

Result<std::string> Operations::table_of_arn(const Json& request,
                                             std::string_view operation,
                                             std::string_view wanted) const {
    const auto arn = text_member(request, "ResourceArn");
    if (!arn) return validation_fault("Invalid TableArn");
    if (!is_arn(*arn)) {
        return front_fault("AccessDeniedException",
                           fmt::format("User: arn:aws:iam::{}:user/carillon is not authorized to "
                                       "perform: dynamodb:{} on resource: {}",
                                       where_.account,
                                       operation,
                                       arn->empty() ? "*" : *arn));
    }
    if (!wanted.empty() && !member(request, wanted)) {
        std::string name(wanted);
        name[0] = static_cast<char>(name[0] + 32);
        return validation_fault(
            fmt::format("1 validation error detected: Value null at '{}' failed to satisfy "
                        "constraint: Member must not be null",
                        name));
    }
    constexpr std::string_view part = ":table/";
    const std::size_t at = arn->find(part);
    const std::string_view name =
        at == std::string_view::npos ? std::string_view() : arn->substr(at + part.size());
    if (!arn->starts_with("arn:aws:dynamodb:") || name.size() < 3 ||
        name.find('/') != std::string_view::npos) {
        return validation_fault(
            fmt::format("Invalid TableArn: Invalid ResourceArn provided as input {}", *arn));
    }
    return std::string(name);
}

Task<Result<TableDescription>> Operations::change_table(std::string name,
                                                        ChangeMaker change) const {
    // Others may change the table between the look and the change: then it is looked at again.
    constexpr int tries_max = 16;
    for (int tries = 1;; ++tries) {
        CARILLON_CO_TRY(const TableDescription before, co_await database_.describe_table(name));
        CARILLON_CO_TRY(TableChange wanted, change(before));
        auto after = co_await database_.update_table(name, std::move(wanted));
        const bool lost = !after && after.error().code == Errc::condition_failed;
        if (!lost) co_return after;
        if (tries == tries_max) {
            co_return service_fault("ResourceInUseException",
                                    "Attempt to change a resource which is still in use: Table is "
                                    "being updated: " +
                                        name);
        }
    }
}

Operations::Answer Operations::update_time_to_live(Json request) {
    const TimeToLiveCall call = read_time_to_live(request);
    const auto change = [&call](const TableDescription& table) -> Result<TableChange> {
        CARILLON_TRY_VOID(check_time_to_live(call, table.schema));
        TableChange wanted;
        std::optional<std::string> attribute;
        if (call.enabled) attribute = call.attribute;
        wanted.time_to_live = std::move(attribute);
        wanted.expected = table.schema;
        return wanted;
    };
    CARILLON_CO_TRY(const TableDescription after, co_await change_table(call.table, change));
    std::string out = "{\"TimeToLiveSpecification\":{\"AttributeName\":";
    append_json_string(out, call.attribute);
    co_return std::move(out) + fmt::format(",\"Enabled\":{}}}}}", call.enabled);
}

Operations::Answer Operations::describe_time_to_live(Json request) {
    CARILLON_CO_TRY(const TableDescription table,
                    co_await database_.describe_table(table_name_of(request)));
    std::string out = "{\"TimeToLiveDescription\":{";
    if (table.schema.ttl_attribute) {
        out += "\"AttributeName\":";
        append_json_string(out, *table.schema.ttl_attribute);
        out += fmt::format(",\"TimeToLiveStatus\":\"{}\"",
                           table.ttl_building ? "ENABLING" : "ENABLED");
    } else {
        out += "\"TimeToLiveStatus\":\"DISABLED\"";
    }
    co_return std::move(out) + "}}";
}

Operations::Answer Operations::tag_resource(Json request) {
    CARILLON_CO_TRY(const std::string name, table_of_arn(request, "TagResource", "Tags"));
    const Json list = *member(request, "Tags");
    if (array_of(list).size() == 0) {
        co_return validation_fault("Atleast one Tag needs to be provided as Input.");
    }
    CARILLON_CO_TRY(const auto added, read_tags(list));
    const auto change = [&added](const TableDescription& table) -> Result<TableChange> {
        TableChange wanted;
        wanted.settings = table.schema.settings;
        for (const auto& [key, value] : added) wanted.settings->tags[key] = value;
        CARILLON_TRY_VOID(check_tag_count(wanted.settings->tags.size()));
        wanted.expected = table.schema;
        return wanted;
    };
    CARILLON_CO_TRY(const TableDescription after, co_await change_table(name, change));
    co_return "";  // No body at all.
}

Operations::Answer Operations::untag_resource(Json request) {
    CARILLON_CO_TRY(const std::string name, table_of_arn(request, "UntagResource", "TagKeys"));
    CARILLON_CO_TRY(const auto keys, read_tag_keys(*member(request, "TagKeys")));
    const auto change = [&keys](const TableDescription& table) -> Result<TableChange> {
        TableChange wanted;
        wanted.settings = table.schema.settings;
        for (const std::string& key : keys) wanted.settings->tags.erase(key);
        wanted.expected = table.schema;
        return wanted;
    };
    CARILLON_CO_TRY(const TableDescription after, co_await change_table(name, change));
    co_return "";  // No body at all.
}

Operations::Answer Operations::list_tags_of_resource(Json request) {
    CARILLON_CO_TRY(const std::string name, table_of_arn(request, "ListTagsOfResource", ""));
    CARILLON_CO_TRY(const TableDescription table, co_await database_.describe_table(name));
    std::string out = "{\"Tags\":[";
    bool first = true;
    for (const auto& [key, value] : table.schema.settings.tags) {
        if (!first) out += ',';
        first = false;
        out += "{\"Key\":";
        append_json_string(out, key);
        out += ",\"Value\":";
        append_json_string(out, value);
        out += '}';
    }
    co_return std::move(out) + "]}";
}

Operations::Answer Operations::describe_limits(Json /*request*/) {
    // The service's defaults; nothing is limited here.
    co_return "{\"AccountMaxReadCapacityUnits\":80000,\"AccountMaxWriteCapacityUnits\":80000,"
              "\"TableMaxReadCapacityUnits\":40000,\"TableMaxWriteCapacityUnits\":40000}";
}

Operations::Answer Operations::describe_endpoints(std::string host) {
    if (host.empty()) host = fmt::format("dynamodb.{}.amazonaws.com", where_.region);
    std::string out = "{\"Endpoints\":[{\"Address\":";
    append_json_string(out, host);
    co_return std::move(out) + ",\"CachePeriodInMinutes\":1440}]}";
}

}  // namespace carillon::dynamo::endpoint
