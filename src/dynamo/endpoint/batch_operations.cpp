// BatchGetItem and BatchWriteItem.

#include "core/json.hpp"
#include "dynamo/endpoint/attribute_value.hpp"
#include "dynamo/endpoint/capacity.hpp"
#include "dynamo/endpoint/expressions.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/images.hpp"
#include "dynamo/endpoint/legacy.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/read_rules.hpp"
#include "dynamo/item/json.hpp"
#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::size_t gets_max = 100;
constexpr std::size_t writes_max = 25;
constexpr std::size_t answer_bytes_max = 16 * 1024 * 1024;

constexpr Expression projection_only[] = {Expression::projection};
constexpr std::string_view attributes_only[] = {"AttributesToGet"};
constexpr ExpressionRules get_rules{projection_only, attributes_only};

/// Adds a key, unless it is there already. Keys are judged one after the other: a double is named
/// before what is wrong with the keys behind it.
Result<> add_once(std::vector<Item>& keys, Item key) {
    if (std::ranges::find(keys, key) != keys.end()) {
        return validation_fault("Provided list of item keys contains duplicates");
    }
    keys.push_back(std::move(key));
    return {};
}

/// By its name and by its ARN.
std::unexpected<Error> twice(std::string_view table) {
    return parameter_fault(fmt::format("RequestItems names table {} twice", table));
}

std::string part_of(const Json& json, std::string_view name) {
    const auto found = member(json, name);
    return found ? simdjson::minify(*found) : std::string();
}

// --- BatchGetItem ---

struct TableGets {
    std::string given{};  ///< The table's name or ARN, as the request has it.
    std::string table{};
    std::vector<Item> keys{};
    std::optional<Projection> projection{};
    bool consistent = false;
    /// What UnprocessedKeys repeats beside the keys, as JSON members.
    std::string repeated{};
};

struct GetsCall {
    std::vector<TableGets> tables{};
    CapacityReport capacity = CapacityReport::none;
};

Result<TableGets> read_table_gets(std::string_view table, const Json& json) {
    CARILLON_TRY_VOID(check_combination(json, get_rules));
    TableGets gets;
    gets.given.assign(table);
    gets.table = table_of_reference(table);
    CARILLON_TRY(gets.projection, read_attributes_to_get(json));
    CARILLON_TRY(Expressions expressions, read_expressions(json, get_rules));
    if (expressions.projection) gets.projection = std::move(expressions.projection);
    gets.consistent = boolean_member(json, "ConsistentRead").value_or(false);
    for (const std::string_view name : {"AttributesToGet",
                                        "ConsistentRead",
                                        "ProjectionExpression",
                                        "ExpressionAttributeNames"}) {
        const std::string part = part_of(json, name);
        if (!part.empty()) gets.repeated.append(",\"").append(name).append("\":").append(part);
    }
    for (const Json key : array_of(*member(json, "Keys"))) {
        CARILLON_TRY(Item item, read_item(key));
        CARILLON_TRY_VOID(add_once(gets.keys, std::move(item)));
    }
    return gets;
}

Result<GetsCall> read_gets(const Json& json) {
    GetsCall call;
    call.capacity = read_capacity_report(json);
    const auto tables = object_of(*member(json, "RequestItems"));
    if (tables.size() == 0) {
        return validation_fault(
            "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1");
    }
    for (const auto& [table, gets] : tables) {
        if (array_of(*member(gets, "Keys")).size() <= gets_max) continue;
        return validation_fault(fmt::format(
            "1 validation error detected: Value at 'RequestItems.{}.member.Keys' failed "
            "to satisfy constraint: Member must have length less than or equal to {}",
            table,
            gets_max));
    }
    std::size_t count = 0;
    for (const auto& [table, gets] : tables) {
        CARILLON_TRY(TableGets one, read_table_gets(table, gets));
        count += one.keys.size();
        if (count > gets_max) {
            return validation_fault("Too many items requested for the BatchGetItem call");
        }
        if (std::ranges::find(call.tables, one.table, &TableGets::table) != call.tables.end()) {
            return twice(one.table);
        }
        call.tables.push_back(std::move(one));
    }
    return call;
}

BatchGetRequest to_request(const GetsCall& call) {
    BatchGetRequest request;
    for (const TableGets& gets : call.tables) {
        // Whole items: the limit of an answer counts them whole.
        request.tables.push_back({gets.table, gets.keys, gets.consistent, std::nullopt});
    }
    return request;
}

/// The items of one table as they are answered; those that do not fit go to `left`.
class GetsAnswer {
public:
    void add_table(const TableGets& gets, const std::vector<Item>& items) {
        append_name(responses_, gets.given);
        responses_ += '[';
        std::string left;
        bool first = true;
        Consumed consumed{gets.table};
        for (const Item& item : items) {
            const std::size_t size = size_of(item);
            if (bytes_ + size > answer_bytes_max) {
                if (!left.empty()) left += ',';
                append_typed_json(key_of(gets, item), left);
                continue;
            }
            bytes_ += size;
            consumed.table_units += read_units(size, gets.consistent);
            if (!first) responses_ += ',';
            first = false;
            append_typed_json(gets.projection ? gets.projection->apply(item) : item, responses_);
        }
        responses_ += ']';
        // A key without an item costs as much as a small one.
        const std::size_t missing = gets.keys.size() - std::min(gets.keys.size(), items.size());
        consumed.table_units += static_cast<double>(missing) * read_units(0, gets.consistent);
        consumed_.push_back(std::move(consumed));
        if (left.empty()) return;
        append_name(unprocessed_, gets.given);
        unprocessed_.append("{\"Keys\":[").append(left).append("]").append(gets.repeated) += '}';
    }

    [[nodiscard]] std::string finish(CapacityReport report) const {
        std::string out =
            "{\"Responses\":{" + responses_ + "},\"UnprocessedKeys\":{" + unprocessed_ + "}";
        if (report != CapacityReport::none) {
            out += ",\"ConsumedCapacity\":[";
            for (const Consumed& one : consumed_) {
                if (&one != consumed_.data()) out += ',';
                append_consumed(one, report, out);
            }
            out += ']';
        }
        return std::move(out) + "}";
    }

private:
    static void append_name(std::string& out, std::string_view table) {
        if (!out.empty()) out += ',';
        append_json_string(out, table);
        out += ':';
    }

    static Item key_of(const TableGets& gets, const Item& item) {
        Item key;
        for (const Attribute& attribute : gets.keys.front()) {
            if (const Value* value = item.find(attribute.name)) key.set(attribute.name, *value);
        }
        return key;
    }

    std::string responses_;
    std::string unprocessed_;
    std::vector<Consumed> consumed_;
    std::size_t bytes_ = 0;
};

// --- BatchWriteItem ---

struct WritesCall {
    std::vector<Write> writes{};
    std::vector<std::string> tables{};
    CapacityReport capacity = CapacityReport::none;
    bool metrics = false;
};

Result<Write> read_write(const std::string& table, const Json& json) {
    const auto put = member(json, "PutRequest");
    const auto erase = member(json, "DeleteRequest");
    if (put.has_value() == erase.has_value()) {
        return validation_fault(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
            "the supported datatypes");
    }
    if (put) {
        CARILLON_TRY(Item item, read_item(*member(*put, "Item")));
        if (size_of(item) > item_bytes_max) return validation_fault(std::string(put_too_large));
        return PutRequest{table, std::move(item)};
    }
    CARILLON_TRY(Item key, read_item(*member(*erase, "Key")));
    return DeleteRequest{table, std::move(key)};
}

Result<WritesCall> read_writes(const Json& json) {
    WritesCall call;
    call.capacity = read_capacity_report(json);
    call.metrics = wants_metrics(json);
    const auto tables = object_of(*member(json, "RequestItems"));
    if (tables.size() == 0) {
        return validation_fault("The requestItems parameter is required for BatchWriteItem");
    }
    for (const auto& [given, list] : tables) {
        const std::string table = table_of_reference(given);
        if (std::ranges::find(call.tables, table) != call.tables.end()) return twice(table);
        call.tables.push_back(table);
        for (const Json one : array_of(list)) {
            CARILLON_TRY(Write write, read_write(table, one));
            call.writes.push_back(std::move(write));
        }
    }
    if (call.writes.size() > writes_max) {
        return validation_fault("Too many items requested for the BatchWriteItem call");
    }
    return call;
}

/// The key of a write of a batch, which says of every wrong key that it does not match.
Result<Item> key_of(const Write& write, const TableSchema& schema) {
    if (const auto* erase = std::get_if<DeleteRequest>(&write)) {
        CARILLON_TRY_VOID(check_key(erase->key, schema.key));
        return erase->key;
    }
    auto key = extract_key(std::get<PutRequest>(write).item, schema.key);
    if (key) return key;
    Error error = std::move(key).error();
    if (error.message.find("Missing the key") != std::string::npos ||
        error.message.find("Type mismatch for key") != std::string::npos) {
        error.message = "The provided key element does not match the schema";
    }
    return std::unexpected(std::move(error));
}

struct WritesOfTable {
    SchemaPtr schema{};
    std::vector<Item> keys{};
    Consumed consumed{};
};

Result<WritesOfTable> check_writes(const WritesCall& call, SchemaPtr schema) {
    WritesOfTable out;
    out.consumed.table = schema->name;
    for (const Write& write : call.writes) {
        if (table_of(write) != schema->name) continue;
        CARILLON_TRY(Item key, key_of(write, *schema));
        const auto* put = std::get_if<PutRequest>(&write);
        if (put != nullptr) CARILLON_TRY_VOID(check_item(put->item, *schema, put_too_large));
        CARILLON_TRY_VOID(add_once(out.keys, std::move(key)));
    }
    out.schema = std::move(schema);
    return out;
}

/// `before`: what is stored under the table's keys, in their order.
void count_capacity(const WritesCall& call,
                    const std::vector<std::optional<Item>>& before,
                    WritesOfTable& table) {
    std::size_t at = 0;
    for (const Write& write : call.writes) {
        if (table_of(write) != table.schema->name) continue;
        const auto* put = std::get_if<PutRequest>(&write);
        const std::optional<Item>& old = before[at++];
        table.consumed.add(consumed_by_write(
            *table.schema, old ? &*old : nullptr, put != nullptr ? &put->item : nullptr));
    }
}

std::string writes_answer(const std::vector<WritesOfTable>& tables, const WritesCall& call) {
    std::string out = "{\"UnprocessedItems\":{}";
    if (call.capacity != CapacityReport::none) {
        out += ",\"ConsumedCapacity\":[";
        for (const WritesOfTable& one : tables) {
            if (&one != tables.data()) out += ',';
            append_consumed(one.consumed, call.capacity, out);
        }
        out += ']';
    }
    if (call.metrics) {
        std::string metrics;
        for (const WritesOfTable& one : tables) {
            if (!has_collections(*one.schema)) continue;
            if (!metrics.empty()) metrics += ',';
            append_json_string(metrics, one.schema->name);
            metrics += ":[";
            for (const Item& key : one.keys) {
                if (&key != one.keys.data()) metrics += ',';
                append_collection(*one.schema, key, metrics);
            }
            metrics += ']';
        }
        if (!metrics.empty()) out += ",\"ItemCollectionMetrics\":{" + metrics + "}";
    }
    return std::move(out) + "}";
}

}  // namespace

Operations::Answer Operations::batch_get_item(Json request) {
    CARILLON_CO_TRY(const GetsCall call, read_gets(request));
    for (const TableGets& gets : call.tables) {
        CARILLON_CO_TRY(const SchemaPtr schema, co_await database_.table_schema(gets.table));
        for (const Item& key : gets.keys) CARILLON_CO_TRY_VOID(check_key(key, schema->key));
        CARILLON_CO_TRY_VOID(check_key_paths(gets.projection, *schema));
    }
    CARILLON_CO_TRY(const BatchGetResult result, co_await database_.batch_get(to_request(call)));
    GetsAnswer answer;
    static const std::vector<Item> none;
    for (const TableGets& gets : call.tables) {
        const auto found = std::ranges::find_if(
            result.items, [&](const auto& one) { return one.first == gets.table; });
        answer.add_table(gets, found == result.items.end() ? none : found->second);
    }
    co_return answer.finish(call.capacity);
}

Operations::Answer Operations::batch_write_item(Json request) {
    CARILLON_CO_TRY(WritesCall call, read_writes(request));
    std::vector<WritesOfTable> tables;
    for (const std::string& name : call.tables) {
        CARILLON_CO_TRY(SchemaPtr schema, co_await database_.table_schema(name));
        CARILLON_CO_TRY(WritesOfTable one, check_writes(call, std::move(schema)));
        tables.push_back(std::move(one));
    }
    for (WritesOfTable& one : tables) {
        if (call.capacity == CapacityReport::none) break;
        std::vector<ImageKey> keys;
        for (const Item& key : one.keys) keys.push_back({one.schema->name, key});
        CARILLON_CO_TRY(const auto before, co_await read_images(database_, std::move(keys)));
        count_capacity(call, before, one);
    }
    CARILLON_CO_TRY_VOID(co_await database_.batch_write(std::move(call.writes)));
    co_return writes_answer(tables, call);
}

}  // namespace carillon::dynamo::endpoint
