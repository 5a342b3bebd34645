// Query and Scan.

#include "dynamo/endpoint/attribute_value.hpp"
#include "dynamo/endpoint/capacity.hpp"
#include "dynamo/endpoint/expressions.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/legacy.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/read_rules.hpp"
#include "dynamo/expression/key_condition.hpp"
#include "dynamo/item/json.hpp"
#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

constexpr Expression query_expressions[] = {
    Expression::projection, Expression::filter, Expression::key_condition};
constexpr std::string_view query_legacy[] = {
    "AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"};
constexpr ExpressionRules query_rules{query_expressions, query_legacy};
constexpr Expression scan_expressions[] = {Expression::projection, Expression::filter};
constexpr std::string_view scan_legacy[] = {"AttributesToGet", "ScanFilter", "ConditionalOperator"};
constexpr ExpressionRules scan_rules{scan_expressions, scan_legacy};

/// The start key, with the words in front of some of its errors that DynamoDB puts there.
Result<std::optional<Item>> read_start_key(const Json& json) {
    const auto key = member(json, "ExclusiveStartKey");
    if (!key) return std::nullopt;
    auto item = read_item(*key);
    if (item) return *std::move(item);
    Error error = std::move(item).error();
    for (const std::string_view plain : {"contains duplicates",
                                         "number set",
                                         "numeric value",
                                         "significant digits",
                                         "number with magnitude"}) {
        if (error.message.find(plain) != std::string::npos) {
            return std::unexpected(std::move(error));
        }
    }
    error.message.insert(0, "The provided starting key is invalid: ");
    return std::unexpected(std::move(error));
}

/// Which attributes a reader asks for, checked.
Result<Chosen> read_chosen(const Json& json) {
    const auto select = text_member(json, "Select");
    const bool projects = member(json, "ProjectionExpression").has_value();
    const bool lists = member(json, "AttributesToGet").has_value();
    const std::string_view parameter = projects ? "ProjectionExpression" : "AttributesToGet";
    if (!select) return Chosen::unstated;
    if (*select == "SPECIFIC_ATTRIBUTES") {
        if (projects || lists) return Chosen::specific;
        return validation_fault(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES");
    }
    if (projects || lists) {
        return validation_fault(fmt::format("Cannot specify the {} when choosing to get {}",
                                            parameter,
                                            *select == "COUNT" ? "only the Count" : *select));
    }
    if (*select == "COUNT") return Chosen::count;
    if (*select == "ALL_ATTRIBUTES") return Chosen::all;
    if (!member(json, "IndexName")) {
        return validation_fault(
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
    }
    return Chosen::projected;
}

/// What queries and scans have in common.
Result<ReadCall> read_common(const Json& json,
                             const ExpressionRules& rules,
                             std::string_view filter_parameter) {
    CARILLON_TRY_VOID(check_combination(json, rules));
    ReadCall call;
    call.table = table_name_of(json);
    if (const auto index = text_member(json, "IndexName")) call.index.emplace(*index);
    CARILLON_TRY(call.chosen, read_chosen(json));
    call.consistent = boolean_member(json, "ConsistentRead").value_or(false);
    call.limit = integer_member(json, "Limit");
    call.capacity = read_capacity_report(json);
    // Scans look at them before their filter, queries after it.
    const bool scans = filter_parameter == "ScanFilter";
    if (scans) {
        CARILLON_TRY(call.projection, read_attributes_to_get(json));
    }
    CARILLON_TRY(const auto filter, read_conditions(json, filter_parameter));
    call.legacy_filter = !filter.empty();
    CARILLON_TRY(call.filter,
                 to_filter(filter, text_member(json, "ConditionalOperator").value_or("AND")));
    if (!scans) {
        CARILLON_TRY(call.projection, read_attributes_to_get(json));
    }
    CARILLON_TRY(call.start_key, read_start_key(json));
    return call;
}

void take_expressions(Expressions& expressions, ReadCall& call) {
    if (expressions.filter) call.filter = expressions.bound_filter();
    if (expressions.projection) call.projection = std::move(expressions.projection);
}

// --- Query ---

struct QueryCall : ReadCall {
    Expressions expressions{};
    std::vector<LegacyCondition> key_conditions{};
    bool forward = true;
};

Result<QueryCall> read_query(const Json& json) {
    QueryCall call;
    CARILLON_TRY(static_cast<ReadCall&>(call), read_common(json, query_rules, "QueryFilter"));
    if (!member(json, "KeyConditions") && !member(json, "KeyConditionExpression")) {
        return validation_fault(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
            "request.");
    }
    CARILLON_TRY(call.expressions, read_expressions(json, query_rules));
    take_expressions(call.expressions, call);
    if (call.expressions.key_condition) {
        CARILLON_TRY_VOID(check_key_terms(*call.expressions.key_condition));
    } else {
        CARILLON_TRY(call.key_conditions, read_conditions(json, "KeyConditions"));
        if (call.key_conditions.empty() || call.key_conditions.size() > 2) {
            return validation_fault("Conditions can be of length 1 or 2 only");
        }
    }
    call.forward = boolean_member(json, "ScanIndexForward").value_or(true);
    return call;
}

Result<KeyCondition> key_condition(const QueryCall& call, const KeySchema& key) {
    if (!call.expressions.key_condition) return to_key_condition(call.key_conditions, key);
    KeyNames attributes;
    for (const KeyAttribute* one : key.hash_attributes()) attributes.hash.emplace_back(one->name);
    for (const KeyAttribute* one : key.sort_attributes()) attributes.sort.emplace_back(one->name);
    return make_key_condition(*call.expressions.key_condition, call.expressions.values, attributes);
}

Result<QueryRequest> to_request(QueryCall& call, const TableSchema& schema) {
    CARILLON_TRY(const IndexSchema* index, find_index(call, schema));
    const KeySchema& key = index != nullptr ? index->key : schema.key;
    QueryRequest request;
    CARILLON_TRY(request.key, key_condition(call, key));
    CARILLON_TRY_VOID(check_key_types(request.key, key));
    CARILLON_TRY_VOID(check_query_start(call, request.key, schema, index));
    CARILLON_TRY_VOID(check_key_paths(call.projection, schema));
    CARILLON_TRY_VOID(check_filter_keys(call, key));
    CARILLON_TRY_VOID(check_chosen(call, index));
    CARILLON_TRY_VOID(check_key_paths(call.filter, schema));
    plan_fetching(call, schema, index);
    request.table = call.table;
    request.index = call.index;
    request.forward = call.forward;
    request.filter = std::move(call.filter);
    request.projection = std::move(call.projection);
    request.limit = call.limit;
    request.start_key = std::move(call.start_key);
    request.consistent = call.consistent;
    request.select = port_select(call);
    return request;
}

// --- Scan ---

struct ScanCall : ReadCall {
    std::int64_t segment = 0;
    std::int64_t total_segments = 1;
};

Result<ScanCall> read_scan(const Json& json) {
    ScanCall call;
    CARILLON_TRY(static_cast<ReadCall&>(call), read_common(json, scan_rules, "ScanFilter"));
    const auto segment = integer_member(json, "Segment");
    const auto total = integer_member(json, "TotalSegments");
    if (segment && !total) {
        return validation_fault(
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present");
    }
    if (total && !segment) {
        return validation_fault(
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present");
    }
    if (segment && *segment >= *total) {
        return validation_fault(
            fmt::format("The Segment parameter is zero-based and must be less than parameter "
                        "TotalSegments: Segment: {} is not less than TotalSegments: {}",
                        *segment,
                        *total));
    }
    call.segment = segment.value_or(0);
    call.total_segments = total.value_or(1);
    CARILLON_TRY(Expressions expressions, read_expressions(json, scan_rules));
    take_expressions(expressions, call);
    return call;
}

Result<ScanRequest> to_request(ScanCall& call, const TableSchema& schema) {
    CARILLON_TRY(const IndexSchema* index, find_index(call, schema));
    CARILLON_TRY_VOID(check_scan_start(call, schema, index));
    if (call.start_key) {
        const KeySchema& key = index != nullptr ? index->key : schema.key;
        CARILLON_TRY_VOID(
            check_start_segment(*call.start_key, key, call.segment, call.total_segments));
    }
    CARILLON_TRY_VOID(check_key_paths(call.projection, schema));
    CARILLON_TRY_VOID(check_key_paths(call.filter, schema));
    plan_fetching(call, schema, index);
    ScanRequest request;
    request.table = call.table;
    request.index = call.index;
    request.filter = std::move(call.filter);
    request.projection = std::move(call.projection);
    request.limit = call.limit;
    request.start_key = std::move(call.start_key);
    request.consistent = call.consistent;
    request.segment = call.segment;
    request.total_segments = call.total_segments;
    request.select = port_select(call);
    return request;
}

// --- Answers ---

std::string page_answer(const Page& page, const ReadCall& call, const TableSchema& schema) {
    std::string out = fmt::format("{{\"Count\":{}", page.count);
    if (call.chosen != Chosen::count) {
        out += ",\"Items\":[";
        for (const Item& item : page.items) {
            if (&item != page.items.data()) out += ',';
            append_typed_json(call.late_projection ? call.late_projection->apply(item) : item, out);
        }
        out += ']';
    }
    if (page.last_key) {
        out += ",\"LastEvaluatedKey\":";
        append_typed_json(*page.last_key, out);
    }
    out += fmt::format(",\"ScannedCount\":{}", page.scanned_count);
    if (call.capacity != CapacityReport::none) {
        out += ",\"ConsumedCapacity\":";
        append_consumed(consumed_by_page(page, call, schema), call.capacity, out);
    }
    return std::move(out) + "}";
}

}  // namespace

Operations::Answer Operations::query(Json request) {
    CARILLON_CO_TRY(QueryCall call, read_query(request));
    CARILLON_CO_TRY(const SchemaPtr schema, co_await database_.table_schema(call.table));
    CARILLON_CO_TRY(QueryRequest typed, to_request(call, *schema));
    CARILLON_CO_TRY(const Page page, co_await database_.query(std::move(typed)));
    co_return page_answer(page, call, *schema);
}

Operations::Answer Operations::scan(Json request) {
    CARILLON_CO_TRY(ScanCall call, read_scan(request));
    CARILLON_CO_TRY(const SchemaPtr schema, co_await database_.table_schema(call.table));
    CARILLON_CO_TRY(ScanRequest typed, to_request(call, *schema));
    CARILLON_CO_TRY(const Page page, co_await database_.scan(std::move(typed)));
    co_return page_answer(page, call, *schema);
}

}  // namespace carillon::dynamo::endpoint
