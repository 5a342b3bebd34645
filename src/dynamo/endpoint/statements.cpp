#include "dynamo/endpoint/statements.hpp"

#include "dynamo/endpoint/attribute_value.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/expression/compare.hpp"
#include "dynamo/validate.hpp"

#include <algorithm>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

/// In the order of the sort key, for statements that read several partitions.
void sort_items(std::vector<Item>& items, const std::string& attribute, bool forward) {
    std::vector<std::size_t> places(items.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    std::ranges::sort(places, [&](std::size_t one, std::size_t other) {
        const Value* left = items[one].find(attribute);
        const Value* right = items[other].find(attribute);
        if (left != nullptr && right != nullptr) {
            const auto ordered = forward ? order_of(*left, *right) : order_of(*right, *left);
            if (ordered && *ordered != std::strong_ordering::equal) {
                return *ordered == std::strong_ordering::less;
            }
        }
        return one < other;
    });
    std::vector<Item> sorted;
    sorted.reserve(items.size());
    for (const std::size_t place : places) sorted.push_back(std::move(items[place]));
    items = std::move(sorted);
}

/// Whether a column asks for what a local index fetches from its table.
Select select_of(const partiql::ReadPlan& plan,
                 const TableSchema& schema,
                 const IndexSchema* index) {
    const bool fetches =
        index != nullptr && index->local && !beyond_index(plan.columns, schema, *index).empty();
    return fetches ? Select::all : Select::attributes;
}

QueryRequest query_of(const partiql::ReadPlan& plan, std::size_t partition) {
    QueryRequest request;
    request.table = plan.table;
    request.index = plan.index;
    request.key = plan.partitions[partition];
    request.forward = plan.forward;
    request.filter = plan.filter;
    return request;
}

ScanRequest scan_of(const partiql::ReadPlan& plan) {
    ScanRequest request;
    request.table = plan.table;
    request.index = plan.index;
    request.filter = plan.filter;
    return request;
}

void consume(Consumed& consumed, const IndexSchema* index, std::size_t bytes, bool consistent) {
    const double units = read_units(bytes, consistent);
    if (index != nullptr) {
        consumed.add_index(*index, units);
    } else {
        consumed.table_units += units;
    }
}

}  // namespace

Result<StatementCall> read_statement(const Json& json) {
    StatementCall call;
    CARILLON_TRY(call.statement, partiql::parse(text_member(json, "Statement").value_or("")));
    if (const auto parameters = member(json, "Parameters")) {
        for (const Json parameter : array_of(*parameters)) {
            CARILLON_TRY(Value value, read_value(parameter));
            call.parameters.push_back(std::move(value));
        }
    }
    CARILLON_TRY_VOID(partiql::check_parameters(call.statement, call.parameters));
    call.consistent = boolean_member(json, "ConsistentRead").value_or(false);
    call.return_failed_item = text_member(json, "ReturnValuesOnConditionCheckFailure") == "ALL_OLD";
    return call;
}

Task<Result<StatementPage>> read_page(Database& database,
                                      const TableSchema& schema,
                                      partiql::ReadPlan plan,
                                      bool consistent,
                                      std::optional<std::int64_t> limit,
                                      Position from) {
    const IndexSchema* index = plan.index ? schema.index(*plan.index) : nullptr;
    if (index != nullptr && !index->local && consistent) {
        co_return validation_fault(
            "Strongly consistent read is not supported on Global Secondary Indexes");
    }
    if (index != nullptr) {
        CARILLON_CO_TRY_VOID(check_projected(plan.columns, schema, *index));
    }
    StatementPage out;
    out.consumed.table = schema.name;
    const std::size_t partitions = std::max<std::size_t>(plan.partitions.size(), 1);
    std::size_t bytes = 0;
    Position at = std::move(from);
    while (at.partition < partitions) {
        Result<Page> page = Page();
        if (plan.partitions.empty()) {
            ScanRequest request = scan_of(plan);
            request.limit = limit;
            request.start_key = std::move(at.key);
            request.consistent = consistent;
            request.select = select_of(plan, schema, index);
            page = co_await database.scan(std::move(request));
        } else {
            QueryRequest request = query_of(plan, at.partition);
            request.limit = limit;
            request.start_key = std::move(at.key);
            request.consistent = consistent;
            request.select = select_of(plan, schema, index);
            page = co_await database.query(std::move(request));
        }
        if (!page) co_return std::unexpected(std::move(page).error());
        consume(out.consumed, index, page->bytes, consistent);
        bytes += page->bytes;
        if (limit) *limit -= page->scanned_count;
        for (Item& item : page->items) out.items.push_back(std::move(item));
        at.key = std::move(page->last_key);
        if (!at.key) ++at.partition;
        if (at.key || (limit && *limit <= 0) || bytes >= page_bytes_max) break;
    }
    const KeySchema& key = index != nullptr ? index->key : schema.key;
    if (plan.sorted && key.sort) sort_items(out.items, key.sort->name, plan.forward);
    if (!plan.columns.empty()) {
        for (Item& item : out.items) item = partiql::pick_columns(item, plan.columns);
    }
    if (at.partition < partitions) out.next = std::move(at);
    co_return out;
}

Result<std::optional<Item>> shown(const partiql::ReadPlan& plan, const std::optional<Item>& item) {
    if (!item) return std::nullopt;
    if (plan.filter) {
        CARILLON_TRY_VOID(plan.filter->expression.check(plan.filter->values));
        CARILLON_TRY(const bool holds, plan.filter->expression.holds(*item, plan.filter->values));
        if (!holds) return std::nullopt;
    }
    return partiql::pick_columns(*item, plan.columns);
}

Task<Result<StatementItem>> read_item_of(Database& database,
                                         partiql::ReadPlan plan,
                                         bool consistent) {
    GetRequest request{plan.table, *plan.key, consistent};
    CARILLON_CO_TRY(const auto item, co_await database.get_item(std::move(request)));
    StatementItem out;
    out.consumed.table = plan.table;
    out.consumed.table_units = read_units(item ? size_of(*item) : 0, consistent);
    CARILLON_CO_TRY(out.item, shown(plan, item));
    co_return out;
}

Result<Write> plan_write(const StatementCall& call, const TableSchema& schema) {
    CARILLON_TRY(Write write, partiql::plan_write(call.statement, call.parameters, schema));
    const bool wanted = call.return_failed_item;
    if (auto* update = std::get_if<UpdateRequest>(&write)) {
        update->return_old_on_condition_failure = wanted;
    } else if (auto* erase = std::get_if<DeleteRequest>(&write)) {
        erase->return_old_on_condition_failure = wanted;
    } else if (auto* check = std::get_if<ConditionCheck>(&write)) {
        check->return_old_on_condition_failure = wanted;
    }
    return write;
}

bool is_duplicate(const Error& error, const Write& write) {
    return error.code == Errc::condition_failed && std::holds_alternative<PutRequest>(write);
}

std::unexpected<Error> duplicate_item() {
    return service_fault("DuplicateItemException", std::string(duplicate_text));
}

Task<Result<StatementWrite>> carry_out(Database& database,
                                       const TableSchema& schema,
                                       Write write,
                                       bool measured) {
    StatementWrite out;
    if (auto* put = std::get_if<PutRequest>(&write)) {
        if (measured) out.consumed = consumed_by_write(schema, nullptr, &put->item);
        auto answer = co_await database.put_item(std::move(*put));
        if (!answer && is_duplicate(answer.error(), write)) co_return duplicate_item();
        if (!answer) co_return std::unexpected(std::move(answer).error());
    } else if (auto* update = std::get_if<UpdateRequest>(&write)) {
        Footprint footprint;
        if (measured) update->footprint = &footprint;
        CARILLON_CO_TRY(out.returned, co_await database.update_item(std::move(*update)));
        const Item* before = footprint.before ? &*footprint.before : nullptr;
        const Item* after = footprint.after ? &*footprint.after : nullptr;
        if (measured) out.consumed = consumed_by_write(schema, before, after);
    } else if (auto* erase = std::get_if<DeleteRequest>(&write)) {
        const bool wanted = erase->return_old;
        erase->return_old = wanted || measured;
        CARILLON_CO_TRY(auto old, co_await database.delete_item(std::move(*erase)));
        if (measured) out.consumed = consumed_by_write(schema, old ? &*old : nullptr, nullptr);
        if (wanted) out.returned = std::move(old);
    } else {
        co_return validation_fault("EXISTS can only be used in a transaction");
    }
    co_return out;
}

}  // namespace carillon::dynamo::endpoint
