// Single items, and pages of them.

#include "dynamo/item/json.hpp"
#include "dynamo/remote/core.hpp"
#include "dynamo/remote/expression_text.hpp"
#include "dynamo/remote/failure.hpp"
#include "dynamo/validate.hpp"

#include <utility>

namespace carillon::dynamo::remote {

namespace {

using aws::Repeat;

void append_condition(std::string& body,
                      ExpressionText& expressions,
                      const std::optional<BoundCondition>& condition) {
    if (!condition) return;
    append_member(body,
                  "ConditionExpression",
                  expressions.add(condition->expression.source(), condition->values));
}

std::string_view to_text(ReturnValues values) {
    switch (values) {
        case ReturnValues::none:
            return "NONE";
        case ReturnValues::all_old:
            return "ALL_OLD";
        case ReturnValues::updated_old:
            return "UPDATED_OLD";
        case ReturnValues::all_new:
            return "ALL_NEW";
        case ReturnValues::updated_new:
            return "UPDATED_NEW";
    }
    return "NONE";
}

bool is_old(ReturnValues values) {
    return values == ReturnValues::all_old || values == ReturnValues::updated_old;
}

Result<std::optional<Item>> attributes_of(const std::string& text) {
    CARILLON_TRY(const Answer answer, Answer::parse(text));
    CARILLON_TRY(std::optional<Item> item, item_member(answer.object(), "Attributes"));
    if (item && item->empty()) return std::nullopt;
    return item;
}

void drop_item(Error& error, bool wanted) {
    if (!wanted && error.code == Errc::condition_failed)
        error.detail = condition_not_met({}).detail;
}

bool is_condition_failure(const Error& error) {
    return failure_type(error) == "ConditionalCheckFailedException";
}

}  // namespace

std::string Core::write_members(const Write& write, bool wants_failed_item) const {
    std::string body;
    ExpressionText expressions;
    append_member(body, "TableName", server_name(table_of(write)));
    const auto failed_item = [&](bool wanted) {
        if (wanted) append_member(body, "ReturnValuesOnConditionCheckFailure", "ALL_OLD");
    };
    if (const auto* put = std::get_if<PutRequest>(&write)) {
        append_member(body, "Item", put->item);
        append_condition(body, expressions, put->condition);
        failed_item(put->condition && (put->return_old_on_condition_failure || wants_failed_item));
    } else if (const auto* update = std::get_if<UpdateRequest>(&write)) {
        append_member(body, "Key", update->key);
        if (update->update) {
            append_member(body,
                          "UpdateExpression",
                          expressions.add(update->update->source(), update->values));
        }
        append_condition(body, expressions, update->condition);
        failed_item(update->condition && update->return_old_on_condition_failure);
    } else if (const auto* erase = std::get_if<DeleteRequest>(&write)) {
        append_member(body, "Key", erase->key);
        append_condition(body, expressions, erase->condition);
        failed_item(erase->condition && erase->return_old_on_condition_failure);
    } else {
        const auto& check = std::get<ConditionCheck>(write);
        append_member(body, "Key", check.key);
        append_condition(body, expressions, check.condition);
        failed_item(check.return_old_on_condition_failure);
    }
    expressions.append_to(body);
    return body;
}

std::string Core::get_members(const GetRequest& request) const {
    std::string body;
    ExpressionText expressions;
    append_member(body, "TableName", server_name(request.table));
    append_member(body, "Key", request.key);
    if (request.projection) {
        append_member(body, "ProjectionExpression", expressions.add(*request.projection));
    }
    expressions.append_to(body);
    return body;
}

Task<Result<std::optional<Item>>> Core::put_item(PutRequest request) {
    CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_of(request.table));
    CARILLON_CO_TRY_VOID(check_put(request, *schema));
    const bool return_old = request.return_old;
    const bool return_failed = request.return_old_on_condition_failure;
    const std::string table = request.table;
    const bool conditional = request.condition.has_value();
    Item item = conditional || return_old ? request.item : Item();
    const Write write = std::move(request);
    std::string body = "{" + write_members(write, true);
    if (return_old) append_member(body, "ReturnValues", "ALL_OLD");
    body += '}';
    auto answer = co_await client_.call("PutItem", std::move(body), Repeat::always);
    if (answer) {
        CARILLON_CO_TRY(std::optional<Item> old, attributes_of(answer->body));
        // The old item may be what an earlier attempt has put.
        if (return_old && answer->repeated_unclear && old == item) {
            co_return std::unexpected(effect_unknown("PutItem"));
        }
        co_return old;
    }
    const bool repeated = was_repeated_unclear(answer.error());
    const bool failed = is_condition_failure(answer.error());
    forget_if_outdated(table, answer.error());
    Error error = to_port(std::move(answer).error(), "PutItem", table);
    if (failed && repeated) {
        // The condition failed on what an earlier attempt has put: then all is done.
        const auto* detail = dynamic_cast<const ConditionFailure*>(error.detail.get());
        if (!return_old && detail != nullptr && detail->item == item) {
            co_return std::optional<Item>();
        }
        co_return std::unexpected(effect_unknown("PutItem"));
    }
    drop_item(error, return_failed);
    co_return std::unexpected(std::move(error));
}

Task<Result<std::optional<Item>>> Core::get_item(GetRequest request) {
    CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_of(request.table));
    CARILLON_CO_TRY_VOID(check_get(request, *schema));
    std::string body = "{" + get_members(request);
    if (request.consistent) append_member(body, "ConsistentRead", true);
    body += '}';
    CARILLON_CO_TRY(const aws::JsonAnswer text,
                    co_await call("GetItem", std::move(body), request.table));
    CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
    co_return item_member(answer.object(), "Item");
}

Task<Result<std::optional<Item>>> Core::update_item(UpdateRequest request) {
    CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_of(request.table));
    CARILLON_CO_TRY_VOID(check_update(request, *schema));
    const bool repeatable =
        (!request.update || is_repeatable(*request.update)) && !is_old(request.return_values);
    const ReturnValues values = request.return_values;
    const std::string table = request.table;
    const Write write = std::move(request);
    std::string body = "{" + write_members(write, false);
    if (values != ReturnValues::none) append_member(body, "ReturnValues", to_text(values));
    body += '}';
    auto answer = co_await client_.call(
        "UpdateItem", std::move(body), repeatable ? Repeat::always : Repeat::while_certain);
    if (answer) co_return attributes_of(answer->body);
    if (is_condition_failure(answer.error()) && was_repeated_unclear(answer.error())) {
        co_return std::unexpected(effect_unknown("UpdateItem"));
    }
    forget_if_outdated(table, answer.error());
    co_return std::unexpected(to_port(std::move(answer).error(), "UpdateItem", table));
}

Task<Result<std::optional<Item>>> Core::delete_item(DeleteRequest request) {
    CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_of(request.table));
    CARILLON_CO_TRY_VOID(check_delete(request, *schema));
    const bool return_old = request.return_old;
    const std::string table = request.table;
    const Write write = std::move(request);
    std::string body = "{" + write_members(write, false);
    if (return_old) append_member(body, "ReturnValues", "ALL_OLD");
    body += '}';
    auto answer = co_await client_.call("DeleteItem", std::move(body), Repeat::always);
    if (answer) {
        CARILLON_CO_TRY(std::optional<Item> old, attributes_of(answer->body));
        // Gone it is; but whether this call took it, and what it was, nobody can tell.
        if (return_old && !old && answer->repeated_unclear) {
            co_return std::unexpected(effect_unknown("DeleteItem"));
        }
        co_return old;
    }
    if (is_condition_failure(answer.error()) && was_repeated_unclear(answer.error())) {
        co_return std::unexpected(effect_unknown("DeleteItem"));
    }
    forget_if_outdated(table, answer.error());
    co_return std::unexpected(to_port(std::move(answer).error(), "DeleteItem", table));
}

namespace {

/// What queries and scans share.
template <class Request>
void append_reading(std::string& body,
                    ExpressionText& expressions,
                    const Request& request,
                    const IndexSchema* index) {
    if (request.index) append_member(body, "IndexName", *request.index);
    if (request.filter) {
        append_member(body,
                      "FilterExpression",
                      expressions.add(request.filter->expression.source(), request.filter->values));
    }
    if (request.projection && request.select == Select::attributes) {
        append_member(body, "ProjectionExpression", expressions.add(*request.projection));
    }
    if (request.limit) append_member(body, "Limit", *request.limit);
    if (request.start_key) append_member(body, "ExclusiveStartKey", *request.start_key);
    // A global index can only be read as it happens to be.
    const bool global = index != nullptr && !index->local;
    if (request.consistent && !global) append_member(body, "ConsistentRead", true);
    if (request.select == Select::count) append_member(body, "Select", "COUNT");
    if (request.select == Select::all) append_member(body, "Select", "ALL_ATTRIBUTES");
}

}  // namespace

Task<Result<Page>> Core::query(QueryRequest request) {
    CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_with(request.table, request.index));
    const IndexSchema* index = request.index ? schema->index(*request.index) : nullptr;
    CARILLON_CO_TRY_VOID(check_query(request, *schema, index));
    std::string body = "{";
    ExpressionText expressions;
    append_member(body, "TableName", server_name(request.table));
    append_member(body,
                  "KeyConditionExpression",
                  expressions.add(request.key, index != nullptr ? index->key : schema->key));
    append_reading(body, expressions, request, index);
    if (!request.forward) append_member(body, "ScanIndexForward", false);
    expressions.append_to(body);
    body += '}';
    CARILLON_CO_TRY(const aws::JsonAnswer text,
                    co_await call("Query", std::move(body), request.table));
    CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
    co_return read_page(answer);
}

Task<Result<Page>> Core::scan(ScanRequest request) {
    CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_with(request.table, request.index));
    const IndexSchema* index = request.index ? schema->index(*request.index) : nullptr;
    CARILLON_CO_TRY_VOID(check_scan(request, *schema, index));
    std::string body = "{";
    ExpressionText expressions;
    append_member(body, "TableName", server_name(request.table));
    append_reading(body, expressions, request, index);
    if (request.total_segments > 1) {
        append_member(body, "Segment", request.segment);
        append_member(body, "TotalSegments", request.total_segments);
    }
    expressions.append_to(body);
    body += '}';
    CARILLON_CO_TRY(const aws::JsonAnswer text,
                    co_await call("Scan", std::move(body), request.table));
    CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
    co_return read_page(answer);
}

}  // namespace carillon::dynamo::remote
