// PutItem, GetItem, UpdateItem, DeleteItem.

#include "dynamo/endpoint/attribute_value.hpp"
#include "dynamo/endpoint/capacity.hpp"
#include "dynamo/endpoint/expressions.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/legacy.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/read_rules.hpp"
#include "dynamo/item/json.hpp"
#include "dynamo/validate.hpp"

#include <array>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

constexpr Expression condition_only[] = {Expression::condition};
constexpr std::string_view expected_only[] = {"Expected"};
constexpr ExpressionRules put_rules{condition_only, expected_only};
constexpr Expression projection_only[] = {Expression::projection};
constexpr std::string_view attributes_only[] = {"AttributesToGet"};
constexpr ExpressionRules get_rules{projection_only, attributes_only};
constexpr Expression update_expressions[] = {Expression::update, Expression::condition};
constexpr std::string_view update_legacy[] = {"AttributeUpdates", "Expected"};
constexpr ExpressionRules update_rules{update_expressions, update_legacy};

/// What the answer reports beside attributes.
struct Report {
    CapacityReport capacity = CapacityReport::none;
    bool metrics = false;

    [[nodiscard]] bool any() const { return capacity != CapacityReport::none || metrics; }
};

Report read_report(const Json& request) {
    return {read_capacity_report(request), wants_metrics(request)};
}

ReturnValues read_return_values(const Json& request) {
    constexpr std::pair<std::string_view, ReturnValues> names[] = {
        {"ALL_OLD", ReturnValues::all_old},
        {"UPDATED_OLD", ReturnValues::updated_old},
        {"ALL_NEW", ReturnValues::all_new},
        {"UPDATED_NEW", ReturnValues::updated_new}};
    const auto text = text_member(request, "ReturnValues");
    for (const auto& [name, values] : names) {
        if (text == name) return values;
    }
    return ReturnValues::none;
}

bool returns_failed_item(const Json& request) {
    return text_member(request, "ReturnValuesOnConditionCheckFailure") == "ALL_OLD";
}

Result<> only_all_old(ReturnValues values) {
    if (values == ReturnValues::none || values == ReturnValues::all_old) return {};
    return validation_fault("ReturnValues can only be ALL_OLD or NONE");
}

/// A condition of either kind; there is never both.
std::optional<BoundCondition> either(const Expressions& expressions,
                                     std::optional<BoundCondition> expected) {
    if (expressions.condition) return expressions.bound_condition();
    return expected;
}

void separate(std::string& out) {
    if (out.size() > 1) out += ',';
}

void append_attributes(const std::optional<Item>& item, std::string& out) {
    if (!item) return;
    separate(out);
    out += "\"Attributes\":";
    append_typed_json(*item, out);
}

/// ConsumedCapacity and ItemCollectionMetrics of one write.
void append_write_report(const TableSchema& schema,
                         const Item& key,
                         const Item* before,
                         const Item* after,
                         const Report& report,
                         std::string& out) {
    if (report.capacity != CapacityReport::none) {
        separate(out);
        out += "\"ConsumedCapacity\":";
        append_consumed(consumed_by_write(schema, before, after), report.capacity, out);
    }
    if (report.metrics && has_collections(schema)) {
        separate(out);
        out += "\"ItemCollectionMetrics\":";
        append_collection(schema, key, out);
    }
}

const Item* pointer(const std::optional<Item>& item) {
    return item ? &*item : nullptr;
}

// --- PutItem ---

struct PutCall {
    PutRequest request;
    Report report;
    bool return_old = false;
};

Result<PutCall> read_put(const Json& json) {
    CARILLON_TRY_VOID(check_combination(json, put_rules));
    PutCall call;
    call.request.table = table_name_of(json);
    CARILLON_TRY(call.request.item, read_item(*member(json, "Item")));
    const ReturnValues values = read_return_values(json);
    CARILLON_TRY_VOID(only_all_old(values));
    if (size_of(call.request.item) > item_bytes_max) {
        return validation_fault(std::string(put_too_large));
    }
    CARILLON_TRY(auto expected, read_expected(json));
    CARILLON_TRY(const Expressions expressions, read_expressions(json, put_rules));
    call.request.condition = either(expressions, std::move(expected));
    call.report = read_report(json);
    call.return_old = values == ReturnValues::all_old;
    call.request.return_old = call.return_old || call.report.any();
    call.request.return_old_on_condition_failure = returns_failed_item(json);
    return call;
}

// --- GetItem ---

/// Holds most items as they are sent.
constexpr std::size_t usual_answer_bytes = 1'024;

struct GetCall {
    GetRequest request;
    CapacityReport capacity = CapacityReport::none;
};

Result<GetCall> read_get(const Json& json) {
    CARILLON_TRY_VOID(check_combination(json, get_rules));
    GetCall call;
    call.request.table = table_name_of(json);
    CARILLON_TRY(call.request.key, read_item(*member(json, "Key")));
    CARILLON_TRY(call.request.projection, read_attributes_to_get(json));
    CARILLON_TRY(Expressions expressions, read_expressions(json, get_rules));
    if (expressions.projection) call.request.projection = std::move(expressions.projection);
    call.request.consistent = boolean_member(json, "ConsistentRead").value_or(false);
    call.capacity = read_capacity_report(json);
    return call;
}

// --- UpdateItem ---

struct UpdateCall {
    UpdateRequest request;
    Report report;
    ReturnValues return_values = ReturnValues::none;
    bool legacy = false;
};

Result<UpdateCall> read_update(const Json& json) {
    CARILLON_TRY_VOID(check_combination(json, update_rules));
    UpdateCall call;
    call.request.table = table_name_of(json);
    CARILLON_TRY(call.request.key, read_item(*member(json, "Key")));
    CARILLON_TRY(auto changes, read_attribute_updates(json));
    CARILLON_TRY(auto expected, read_expected(json));
    CARILLON_TRY(Expressions expressions, read_expressions(json, update_rules));
    call.request.condition = either(expressions, std::move(expected));
    if (expressions.update) {
        call.request.update = std::move(expressions.update);
        call.request.values = std::move(expressions.values);
    } else if (changes) {
        call.legacy = true;
        call.request.update = std::move(changes->update);
        call.request.values = std::move(changes->values);
    }
    call.report = read_report(json);
    call.return_values = read_return_values(json);
    call.request.return_values = call.return_values;
    call.request.return_old_on_condition_failure = returns_failed_item(json);
    return call;
}

/// AttributeUpdates have a text of their own for what expressions call an incorrect operand.
Error in_legacy_words(Error error) {
    if (error.message == "An operand in the update expression has an incorrect data type") {
        error.message = "Type mismatch for attribute to update";
    }
    return error;
}

// --- DeleteItem ---

struct DeleteCall {
    DeleteRequest request;
    Report report;
    bool return_old = false;
};

Result<DeleteCall> read_delete(const Json& json) {
    CARILLON_TRY_VOID(check_combination(json, put_rules));
    DeleteCall call;
    call.request.table = table_name_of(json);
    CARILLON_TRY(call.request.key, read_item(*member(json, "Key")));
    const ReturnValues values = read_return_values(json);
    CARILLON_TRY_VOID(only_all_old(values));
    CARILLON_TRY(auto expected, read_expected(json));
    CARILLON_TRY(const Expressions expressions, read_expressions(json, put_rules));
    call.request.condition = either(expressions, std::move(expected));
    call.report = read_report(json);
    call.return_old = values == ReturnValues::all_old;
    call.request.return_old = call.return_old || call.report.any();
    call.request.return_old_on_condition_failure = returns_failed_item(json);
    return call;
}

}  // namespace

Operations::Answer Operations::put_item(Json request) {
    CARILLON_CO_TRY(PutCall call, read_put(request));
    if (!call.report.any()) {
        CARILLON_CO_TRY(const auto old, co_await database_.put_item(std::move(call.request)));
        std::string out = "{";
        if (call.return_old) append_attributes(old, out);
        co_return std::move(out) + "}";
    }
    CARILLON_CO_TRY(const SchemaPtr schema, co_await database_.table_schema(call.request.table));
    const Item item = call.request.item;
    CARILLON_CO_TRY(const auto old, co_await database_.put_item(std::move(call.request)));
    std::string out = "{";
    if (call.return_old) append_attributes(old, out);
    append_write_report(*schema, item, pointer(old), &item, call.report, out);
    co_return std::move(out) + "}";
}

Operations::Answer Operations::get_item(Json request) {
    CARILLON_CO_TRY(GetCall call, read_get(request));
    if (call.request.projection && any_nested(call.request.projection->paths())) {
        CARILLON_CO_TRY(const SchemaPtr schema,
                        co_await database_.table_schema(call.request.table));
        // A key that does not fit is named first.
        CARILLON_CO_TRY_VOID(check_get(call.request, *schema));
        CARILLON_CO_TRY_VOID(check_key_paths(call.request.projection, *schema));
    }
    std::string out;
    out.reserve(usual_answer_bytes);
    out += '{';
    if (call.capacity == CapacityReport::none) {
        CARILLON_CO_TRY(const auto item, co_await database_.get_item(std::move(call.request)));
        if (item) {
            out += "\"Item\":";
            append_typed_json(*item, out);
        }
        co_return std::move(out) + "}";
    }
    // Capacity counts the whole item, whatever is shown of it.
    const auto projection = std::exchange(call.request.projection, std::nullopt);
    Consumed consumed{call.request.table};
    const bool consistent = call.request.consistent;
    CARILLON_CO_TRY(const auto item, co_await database_.get_item(std::move(call.request)));
    if (item) {
        out += "\"Item\":";
        append_typed_json(projection ? projection->apply(*item) : *item, out);
    }
    consumed.table_units = read_units(item ? size_of(*item) : 0, consistent);
    separate(out);
    out += "\"ConsumedCapacity\":";
    append_consumed(consumed, call.capacity, out);
    co_return std::move(out) + "}";
}

Operations::Answer Operations::update_item(Json request) {
    CARILLON_CO_TRY(UpdateCall call, read_update(request));
    const Item key = call.report.any() ? call.request.key : Item();
    SchemaPtr schema;
    if (call.report.any()) {
        CARILLON_CO_TRY(schema, co_await database_.table_schema(call.request.table));
    }
    Footprint footprint;
    if (schema) call.request.footprint = &footprint;
    auto updated = co_await database_.update_item(std::move(call.request));
    if (!updated) {
        Error error = std::move(updated).error();
        if (call.legacy) error = in_legacy_words(std::move(error));
        co_return std::unexpected(std::move(error));
    }
    std::string out = "{";
    if (call.return_values != ReturnValues::none) append_attributes(*updated, out);
    if (schema) {
        append_write_report(
            *schema, key, pointer(footprint.before), pointer(footprint.after), call.report, out);
    }
    co_return std::move(out) + "}";
}

Operations::Answer Operations::delete_item(Json request) {
    CARILLON_CO_TRY(DeleteCall call, read_delete(request));
    const Item key = call.report.any() ? call.request.key : Item();
    SchemaPtr schema;
    if (call.report.any()) {
        CARILLON_CO_TRY(schema, co_await database_.table_schema(call.request.table));
    }
    CARILLON_CO_TRY(const auto old, co_await database_.delete_item(std::move(call.request)));
    std::string out = "{";
    if (call.return_old) append_attributes(old, out);
    if (schema) append_write_report(*schema, key, pointer(old), nullptr, call.report, out);
    co_return std::move(out) + "}";
}

}  // namespace carillon::dynamo::endpoint
