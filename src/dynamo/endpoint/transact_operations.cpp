// TransactGetItems and TransactWriteItems.

#include "core/json.hpp"
#include "dynamo/endpoint/attribute_value.hpp"
#include "dynamo/endpoint/capacity.hpp"
#include "dynamo/endpoint/expressions.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/images.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/item/json.hpp"
#include "dynamo/validate.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

constexpr Expression projection_only[] = {Expression::projection};
constexpr ExpressionRules get_rules{projection_only, {}};
constexpr Expression condition_only[] = {Expression::condition};
constexpr ExpressionRules condition_rules{condition_only, {}};
constexpr Expression update_expressions[] = {Expression::update, Expression::condition};
constexpr ExpressionRules update_rules{update_expressions, {}};

/// The capacity of a transaction, by table in the order of their first use.
class Tally {
public:
    explicit Tally(CapacityKind kind) : kind_(kind) {}

    void add(std::string_view table, double units) {
        Consumed consumed{std::string(table)};
        consumed.table_units = units;
        add(consumed);
    }

    void add(const Consumed& consumed) {
        auto found = std::ranges::find(tables_, consumed.table, &Consumed::table);
        if (found == tables_.end()) {
            found = tables_.emplace(tables_.end());
            found->table = consumed.table;
            found->kind = kind_;
        }
        // Every part of a transaction is done twice: prepared, then committed.
        found->add(consumed);
        found->add(consumed);
    }

    void append(CapacityReport report, std::string& out) const {
        out += "\"ConsumedCapacity\":[";
        for (const Consumed& one : tables_) {
            if (&one != tables_.data()) out += ',';
            append_consumed(one, report, out);
        }
        out += ']';
    }

private:
    CapacityKind kind_;
    std::vector<Consumed> tables_;
};

// --- TransactGetItems ---

struct GetsCall {
    std::vector<GetRequest> requests{};
    std::vector<std::optional<Projection>> projections{};
    CapacityReport capacity = CapacityReport::none;
};

Result<GetsCall> read_gets(const Json& json) {
    GetsCall call;
    call.capacity = read_capacity_report(json);
    for (const Json entry : array_of(*member(json, "TransactItems"))) {
        const Json get = *member(entry, "Get");
        CARILLON_TRY_VOID(check_combination(get, get_rules));
        GetRequest request;
        request.table = table_name_of(get);
        CARILLON_TRY(request.key, read_item(*member(get, "Key")));
        CARILLON_TRY(Expressions expressions, read_expressions(get, get_rules));
        call.projections.push_back(std::move(expressions.projection));
        call.requests.push_back(std::move(request));
    }
    return call;
}

// --- TransactWriteItems ---

struct WritesCall {
    WriteUnit unit{};
    std::string token{};
    CapacityReport capacity = CapacityReport::none;
    bool metrics = false;
};

bool returns_failed_item(const Json& json) {
    return text_member(json, "ReturnValuesOnConditionCheckFailure") == "ALL_OLD";
}

Result<Write> read_put(const Json& json) {
    CARILLON_TRY_VOID(check_combination(json, condition_rules));
    PutRequest put;
    put.table = table_name_of(json);
    CARILLON_TRY(put.item, read_item(*member(json, "Item")));
    CARILLON_TRY(const Expressions expressions, read_expressions(json, condition_rules));
    put.condition = expressions.bound_condition();
    put.return_old_on_condition_failure = returns_failed_item(json);
    return put;
}

Result<Write> read_delete(const Json& json) {
    CARILLON_TRY_VOID(check_combination(json, condition_rules));
    DeleteRequest erase;
    erase.table = table_name_of(json);
    CARILLON_TRY(erase.key, read_item(*member(json, "Key")));
    CARILLON_TRY(const Expressions expressions, read_expressions(json, condition_rules));
    erase.condition = expressions.bound_condition();
    erase.return_old_on_condition_failure = returns_failed_item(json);
    return erase;
}

Result<Write> read_check(const Json& json) {
    CARILLON_TRY_VOID(check_combination(json, condition_rules));
    ConditionCheck check;
    check.table = table_name_of(json);
    CARILLON_TRY(check.key, read_item(*member(json, "Key")));
    CARILLON_TRY(const Expressions expressions, read_expressions(json, condition_rules));
    check.condition = *expressions.bound_condition();
    check.return_old_on_condition_failure = returns_failed_item(json);
    return check;
}

Result<Write> read_update(const Json& json) {
    CARILLON_TRY_VOID(check_combination(json, update_rules));
    UpdateRequest update;
    update.table = table_name_of(json);
    CARILLON_TRY(update.key, read_item(*member(json, "Key")));
    CARILLON_TRY(Expressions expressions, read_expressions(json, update_rules));
    update.condition = expressions.bound_condition();
    update.update = std::move(expressions.update);
    update.values = std::move(expressions.values);
    update.return_old_on_condition_failure = returns_failed_item(json);
    return update;
}

Result<Write> read_write(const Json& json) {
    constexpr std::pair<std::string_view, Result<Write> (*)(const Json&)> kinds[] = {
        {"ConditionCheck", read_check},
        {"Put", read_put},
        {"Delete", read_delete},
        {"Update", read_update}};
    std::optional<Json> only;
    Result<Write> (*read)(const Json&) = nullptr;
    std::size_t count = 0;
    for (const auto& [name, reader] : kinds) {
        const auto found = member(json, name);
        if (!found) continue;
        ++count;
        only = found;
        read = reader;
    }
    if (count == 1) return read(*only);
    if (count == 0) {
        return validation_fault(
            "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
    }
    return validation_fault("TransactItems can only contain one of Check, Put, Update or Delete");
}

Result<WritesCall> read_writes(const Json& json) {
    WritesCall call;
    call.capacity = read_capacity_report(json);
    call.metrics = wants_metrics(json);
    call.token = std::string(text_member(json, "ClientRequestToken").value_or(""));
    for (const Json entry : array_of(*member(json, "TransactItems"))) {
        CARILLON_TRY(Write write, read_write(entry));
        call.unit.push_back(std::move(write));
    }
    return call;
}

/// Of a put the whole item.
const Item& key_of(const Write& write) {
    if (const auto* put = std::get_if<PutRequest>(&write)) return put->item;
    if (const auto* update = std::get_if<UpdateRequest>(&write)) return update->key;
    if (const auto* erase = std::get_if<DeleteRequest>(&write)) return erase->key;
    return std::get<ConditionCheck>(write).key;
}

/// ConsumedCapacity and ItemCollectionMetrics of a transaction.
class WritesReport {
public:
    void add(const Write& write,
             const TableSchema& schema,
             const std::optional<Item>& before,
             const std::optional<Item>& after) {
        tally_.add(
            consumed_by_write(schema, before ? &*before : nullptr, after ? &*after : nullptr));
        if (!has_collections(schema)) return;
        std::string& list = collections_[schema.name];
        if (!list.empty()) list += ',';
        append_collection(schema, key_of(write), list);
    }

    [[nodiscard]] std::string finish(CapacityReport report, bool metrics) const {
        std::string out = "{";
        if (report != CapacityReport::none) tally_.append(report, out);
        if (metrics && !collections_.empty()) {
            if (out.size() > 1) out += ',';
            out += "\"ItemCollectionMetrics\":{";
            bool first = true;
            for (const auto& [table, list] : collections_) {
                if (!first) out += ',';
                first = false;
                append_json_string(out, table);
                out.append(":[").append(list).append("]");
            }
            out += '}';
        }
        return std::move(out) + "}";
    }

private:
    Tally tally_{CapacityKind::write};
    std::map<std::string, std::string> collections_;
};

}  // namespace

Operations::Answer Operations::transact_get_items(Json request) {
    CARILLON_CO_TRY(GetsCall call, read_gets(request));
    const std::vector<GetRequest> requests = call.requests;
    CARILLON_CO_TRY(const auto items, co_await database_.transact_get(std::move(call.requests)));
    std::string out = "{\"Responses\":[";
    Tally tally(CapacityKind::read);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += ',';
        out += '{';
        if (items[i]) {
            out += "\"Item\":";
            const auto& projection = call.projections[i];
            append_typed_json(projection ? projection->apply(*items[i]) : *items[i], out);
        }
        out += '}';
        tally.add(requests[i].table, read_units(items[i] ? size_of(*items[i]) : 0, true));
    }
    out += ']';
    if (call.capacity != CapacityReport::none) {
        out += ',';
        tally.append(call.capacity, out);
    }
    co_return std::move(out) + "}";
}

Operations::Answer Operations::transact_write_items(Json request) {
    CARILLON_CO_TRY(WritesCall call, read_writes(request));
    if (call.capacity == CapacityReport::none && !call.metrics) {
        const Result<> written =
            co_await database_.transact_write(std::move(call.unit), std::move(call.token));
        if (!written) co_return std::unexpected(transaction_fault(written.error()));
        co_return "{}";
    }
    const WriteUnit unit = call.unit;
    std::vector<SchemaPtr> schemas;
    std::vector<ImageKey> keys;
    for (const Write& write : unit) {
        CARILLON_CO_TRY(SchemaPtr schema, co_await database_.table_schema(table_of(write)));
        const auto key = extract_key(key_of(write), schema->key);
        // A key that is none the transaction itself refuses.
        if (!key) break;
        keys.push_back({schema->name, *key});
        schemas.push_back(std::move(schema));
    }
    std::vector<std::optional<Item>> before(unit.size());
    const bool counted = call.capacity != CapacityReport::none && keys.size() == unit.size();
    if (counted) {
        CARILLON_CO_TRY(before, co_await read_images(database_, keys));
    }
    const Result<> written =
        co_await database_.transact_write(std::move(call.unit), std::move(call.token));
    if (!written) co_return std::unexpected(transaction_fault(written.error()));
    std::vector<std::optional<Item>> after(unit.size());
    if (counted) {
        CARILLON_CO_TRY(after, co_await read_images(database_, std::move(keys)));
    }
    WritesReport report;
    for (std::size_t i = 0; i < schemas.size(); ++i) {
        report.add(unit[i], *schemas[i], before[i], after[i]);
    }
    co_return report.finish(call.capacity, call.metrics);
}

}  // namespace carillon::dynamo::endpoint
