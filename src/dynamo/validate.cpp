#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace carillon::dynamo {

namespace {

constexpr int depth_max = 32;
constexpr std::int64_t segments_max = 1'000'000;

std::unexpected<Error> refuse(std::string message) {
    return fail(Errc::invalid, std::move(message));
}

Result<> check_bound(const std::optional<BoundCondition>& condition, std::string_view prefix) {
    if (!condition) return {};
    Result<> checked = condition->expression.check(condition->values);
    if (checked) return {};
    Error error = std::move(checked).error();
    error.message.insert(0, prefix);
    return std::unexpected(std::move(error));
}

constexpr std::string_view in_condition = "Invalid ConditionExpression: ";
constexpr std::string_view in_filter = "Invalid FilterExpression: ";
constexpr std::string_view in_update = "Invalid UpdateExpression: ";

bool has_empty_set(const Value& value) {
    if (const auto* strings = value.get_if<StringSet>()) return strings->empty();
    if (const auto* numbers = value.get_if<NumberSet>()) return numbers->empty();
    if (const auto* binaries = value.get_if<BinarySet>()) return binaries->members.empty();
    if (const List* list = value.list()) return std::ranges::any_of(*list, has_empty_set);
    if (const Map* map = value.map()) {
        return std::ranges::any_of(
            *map, [](const Attribute& attribute) { return has_empty_set(attribute.value); });
    }
    return false;
}

std::string_view set_name(const Value& value) {
    if (value.get_if<StringSet>() != nullptr)
        return "An string set ";  // Two spaces follow: DynamoDB has them.
    if (value.get_if<NumberSet>() != nullptr) return "An number set ";
    return "Binary sets should not be empty";
}

Result<> check_values(const Item& item) {
    for (const Attribute& attribute : item) {
        const Type type = attribute.value.type();
        if (type < Type::string_set) continue;
        // Maps and lists at the top count as the first level below the item.
        if (depth_of(attribute.value) > depth_max - 1) {
            return refuse("Nesting Levels have exceeded supported limits");
        }
        if (!has_empty_set(attribute.value)) continue;
        if (type == Type::string_set || type == Type::number_set) {
            return refuse(
                fmt::format("One or more parameter values were invalid: {} may not be "
                            "empty",
                            set_name(attribute.value)));
        }
        return refuse("One or more parameter values were invalid: Binary sets should not be empty");
    }
    return {};
}

std::unexpected<Error> index_type_mismatch(const KeyAttribute& attribute,
                                           Type actual,
                                           const IndexSchema& index) {
    return refuse(
        fmt::format("One or more parameter values were invalid: Type mismatch for Index Key {} "
                    "Expected: {} Actual: {} IndexName: {}",
                    attribute.name,
                    type_name(attribute.type),
                    type_name(actual),
                    index.name));
}

/// `updated`: by an update expression, which has texts of its own.
Result<> check_index_key(const Item& item,
                         const IndexSchema& index,
                         const KeyAttribute& attribute,
                         bool is_hash,
                         bool updated) {
    const Value* value = item.find(attribute.name);
    if (value == nullptr) return {};
    if (value->type() != attribute.type) {
        if (!updated) return index_type_mismatch(attribute, value->type(), index);
        return refuse(
            "The update expression attempted to update the secondary index key to unsupported "
            "type");
    }
    std::size_t size = 1;
    if (const std::string* text = value->string()) size = text->size();
    if (const Binary* binary = value->get_if<Binary>()) size = binary->bytes.size();
    if (size == 0 && updated) {
        return refuse(fmt::format(
            "One or more parameter values are not valid. The update expression attempted to update "
            "a secondary index key to a value that is not supported. The AttributeValue for a key "
            "attribute cannot contain an empty {} value.",
            attribute.type == Type::string ? "string" : "binary"));
    }
    if (size == 0) {
        return refuse(fmt::format(
            "One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
            "{} value. IndexName: {}, IndexKey: {}",
            attribute.type == Type::string ? "string" : "binary",
            index.name,
            attribute.name));
    }
    const std::size_t most = is_hash ? 2048 : 1024;
    if (size > most) {
        return refuse(
            fmt::format("One or more parameter values were invalid: Size of {} has exceeded the "
                        "maximum size limit of {} bytes. IndexName: {}, IndexKey: {}",
                        is_hash ? "hashkey" : "rangekey",
                        most,
                        index.name,
                        attribute.name));
    }
    return {};
}

/// Visits the keys of the indexes in the order in which DynamoDB does: global ones first.
template <class Visit>
Result<> each_index_key(const TableSchema& schema, const Visit& visit) {
    for (const bool local : {false, true}) {
        for (const IndexSchema& index : schema.indexes) {
            if (index.local != local) continue;
            for (const KeyAttribute* attribute : index.key.hash_attributes()) {
                CARILLON_TRY_VOID(visit(index, *attribute, true));
            }
            for (const KeyAttribute* attribute : index.key.sort_attributes()) {
                CARILLON_TRY_VOID(visit(index, *attribute, false));
            }
        }
    }
    return {};
}

bool looks_inside(const std::vector<Path>& paths, std::string_view name) {
    return std::ranges::any_of(
        paths, [&](const Path& path) { return path.size() > 1 && path.front().name == name; });
}

std::unexpected<Error> nested_key(std::string_view kind, std::string_view name) {
    return refuse(
        fmt::format("Key attributes must be scalars; list random access '[]' and map lookup '.' "
                    "are not allowed: {}: {}",
                    kind,
                    name));
}

Result<> check_update_paths(const UpdateRequest& request, const TableSchema& schema) {
    const Update& update = *request.update;
    for (const std::string* name :
         {&schema.key.hash.name, schema.key.sort ? &schema.key.sort->name : nullptr}) {
        if (name == nullptr || !update.touches(*name)) continue;
        return refuse(
            fmt::format("One or more parameter values were invalid: Cannot update "
                        "attribute {}. This attribute is part of the key",
                        *name));
    }
    CARILLON_TRY_VOID(each_index_key(
        schema, [&](const IndexSchema& index, const KeyAttribute& attribute, bool) -> Result<> {
            const auto type = update.written_type(attribute.name, request.values);
            if (!type || *type == attribute.type) return {};
            return index_type_mismatch(attribute, *type, index);
        }));
    return check_key_paths(update.paths(), schema);
}

bool is_key_attribute(const KeySchema& key, std::string_view name) {
    return key.has(name);
}

Result<> check_limit(const std::optional<std::int64_t>& limit) {
    if (!limit || *limit >= 1) return {};
    return std::unexpected(
        Error{Errc::invalid,
              fmt::format("1 validation error detected: Value '{}' at 'limit' failed to satisfy "
                          "constraint: Member must have value greater than or equal to 1",
                          *limit),
              "limit"});
}

/// A global index answers only what it holds.
Result<> check_projected(const std::optional<Projection>& projection,
                         const TableSchema& schema,
                         const IndexSchema* index) {
    if (!projection || index == nullptr || index->local ||
        index->projection == ProjectionType::all) {
        return {};
    }
    std::vector<std::string_view> missing;
    for (const Path& path : projection->paths()) {
        const std::string& name = path.front().name;
        if (is_key_attribute(schema.key, name) || is_key_attribute(index->key, name) ||
            std::ranges::find(index->non_key_attributes, name) != index->non_key_attributes.end()) {
            continue;
        }
        if (std::ranges::find(missing, name) == missing.end()) missing.push_back(name);
    }
    if (missing.empty()) return {};
    return refuse(
        fmt::format("One or more parameter values were invalid: Global secondary index {} does not "
                    "project [{}]",
                    index->name,
                    fmt::join(missing, ", ")));
}

Result<> check_start_key(const Item& start, const TableSchema& schema, const IndexSchema* index) {
    constexpr std::string_view message = "The provided starting key is invalid";
    std::vector<const KeyAttribute*> wanted;
    auto want = [&wanted](const KeyAttribute& attribute) {
        const bool known = std::ranges::any_of(
            wanted, [&](const KeyAttribute* other) { return other->name == attribute.name; });
        if (!known) wanted.push_back(&attribute);
    };
    auto want_key = [&want](const KeySchema& key) {
        for (const KeyAttribute* attribute : key.attributes()) want(*attribute);
    };
    want_key(schema.key);
    if (index != nullptr) want_key(index->key);
    if (start.size() != wanted.size()) {
        return std::unexpected(Error{Errc::invalid, std::string(message), "startKey"});
    }
    for (const KeyAttribute* attribute : wanted) {
        const Value* value = start.find(attribute->name);
        if (value == nullptr || value->type() != attribute->type) {
            return std::unexpected(Error{
                Errc::invalid,
                fmt::format("{}: The provided key element does not match the schema", message),
                "startKey"});
        }
    }
    return {};
}

std::unexpected<Error> condition_type_mismatch() {
    return refuse(
        "One or more parameter values were invalid: Condition parameter type does "
        "not match schema type");
}

/// `attribute`: the one that the condition is about.
Result<> check_sort_condition(const SortCondition& sort, const KeyAttribute* attribute) {
    if (attribute == nullptr) return refuse("Query key condition not supported");
    const bool pair = sort.op == SortOperator::between;
    if (sort.op == SortOperator::begins_with && attribute->type == Type::number) {
        return refuse(
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
            "operator or function: begins_with, operand type: N");
    }
    if (sort.value.type() != attribute->type || (pair && sort.upper.type() != attribute->type)) {
        return condition_type_mismatch();
    }
    return {};
}

/// The values for each attribute of the key.
Result<> check_key_condition(const KeyCondition& condition, const KeySchema& key) {
    const std::vector<const KeyAttribute*> sorts = key.sort_attributes();
    const std::size_t at = condition.sort_prefix.size();
    if (condition.more_hash.size() != key.more_hash.size() || at > sorts.size()) {
        return refuse("Query key condition not supported");
    }
    const std::vector<const KeyAttribute*> hashes = key.hash_attributes();
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        const Value& value = i == 0 ? condition.hash : condition.more_hash[i - 1];
        if (value.type() != hashes[i]->type) return condition_type_mismatch();
        Item hash_only;
        hash_only.set(hashes[i]->name, value);
        CARILLON_TRY_VOID(check_key(hash_only, KeySchema{*hashes[i], std::nullopt}));
    }
    for (std::size_t i = 0; i < at; ++i) {
        if (condition.sort_prefix[i].type() != sorts[i]->type) return condition_type_mismatch();
    }
    if (!condition.sort) return {};
    return check_sort_condition(*condition.sort, at < sorts.size() ? sorts[at] : nullptr);
}

}  // namespace

Error table_not_found(std::string_view table) {
    return Error{Errc::not_found,
                 fmt::format("Requested resource not found: Table: {} not found", table)};
}

Error index_not_found(std::string_view index) {
    return Error{Errc::not_found,
                 fmt::format("The table does not have the specified index: {}", index)};
}

Error condition_not_met(std::optional<Item> item) {
    Error error{Errc::condition_failed, "The conditional request failed"};
    auto detail = std::make_shared<ConditionFailure>();
    detail->item = std::move(item);
    error.detail = std::move(detail);
    return error;
}

Error transaction_cancelled(std::vector<TransactionCancelled::Reason> reasons) {
    std::string codes;
    for (const TransactionCancelled::Reason& reason : reasons) {
        if (!codes.empty()) codes += ", ";
        codes += reason.code;
    }
    Error error{Errc::condition_failed,
                fmt::format("Transaction cancelled, please refer cancellation reasons for specific "
                            "reasons [{}]",
                            codes)};
    auto detail = std::make_shared<TransactionCancelled>();
    detail->reasons = std::move(reasons);
    error.detail = std::move(detail);
    return error;
}

Result<> check_item(const Item& item, const TableSchema& schema, std::string_view size_message) {
    CARILLON_TRY_VOID(extract_key(item, schema.key));
    const bool updated = size_message == update_too_large;
    CARILLON_TRY_VOID(each_index_key(
        schema, [&](const IndexSchema& index, const KeyAttribute& attribute, bool is_hash) {
            return check_index_key(item, index, attribute, is_hash, updated);
        }));
    CARILLON_TRY_VOID(check_values(item));
    if (size_of(item) > item_bytes_max) {
        return fail(Errc::invalid, std::string(size_message));
    }
    return {};
}

Result<> check_put(const PutRequest& request, const TableSchema& schema) {
    CARILLON_TRY_VOID(check_bound(request.condition, in_condition));
    return check_item(request.item, schema, put_too_large);
}

Result<> check_update(const UpdateRequest& request, const TableSchema& schema) {
    CARILLON_TRY_VOID(check_key(request.key, schema.key));
    if (request.update) {
        const Result<> checked = request.update->check(request.values);
        if (!checked) {
            Error error = checked.error();
            error.message.insert(0, in_update);
            return std::unexpected(std::move(error));
        }
        CARILLON_TRY_VOID(check_bound(request.condition, in_condition));
        return check_update_paths(request, schema);
    }
    return check_bound(request.condition, in_condition);
}

Result<> check_delete(const DeleteRequest& request, const TableSchema& schema) {
    CARILLON_TRY_VOID(check_key(request.key, schema.key));
    return check_bound(request.condition, in_condition);
}

Result<> check_condition_check(const ConditionCheck& request, const TableSchema& schema) {
    CARILLON_TRY_VOID(check_key(request.key, schema.key));
    Result<> checked = request.condition.expression.check(request.condition.values);
    if (checked) return {};
    Error error = std::move(checked).error();
    error.message.insert(0, in_condition);
    return std::unexpected(std::move(error));
}

Result<> check_write(const Write& write, const TableSchema& schema) {
    if (const auto* put = std::get_if<PutRequest>(&write)) return check_put(*put, schema);
    if (const auto* update = std::get_if<UpdateRequest>(&write)) {
        return check_update(*update, schema);
    }
    if (const auto* erase = std::get_if<DeleteRequest>(&write)) return check_delete(*erase, schema);
    return check_condition_check(std::get<ConditionCheck>(write), schema);
}

Result<> check_unit_size(std::size_t writes) {
    if (writes >= 1 && writes <= transaction_writes_max) return {};
    return std::unexpected(
        Error{Errc::invalid,
              fmt::format("1 validation error detected: Value at 'transactItems' failed to satisfy "
                          "constraint: Member must have length {}",
                          writes == 0 ? "greater than or equal to 1" : "less than or equal to 100"),
              "transactItems"});
}

Error item_twice() {
    return Error{Errc::invalid,
                 "Transaction request cannot include multiple operations on one item"};
}

Result<> check_get(const GetRequest& request, const TableSchema& schema) {
    return check_key(request.key, schema.key);
}

Result<> check_query(const QueryRequest& request,
                     const TableSchema& schema,
                     const IndexSchema* index) {
    const KeySchema& key = index != nullptr ? index->key : schema.key;
    CARILLON_TRY_VOID(check_limit(request.limit));
    CARILLON_TRY_VOID(check_key_condition(request.key, key));
    CARILLON_TRY_VOID(check_bound(request.filter, in_filter));
    CARILLON_TRY_VOID(check_projected(request.projection, schema, index));
    if (!request.start_key) return {};
    CARILLON_TRY_VOID(check_start_key(*request.start_key, schema, index));
    const Value* start_hash = request.start_key->find(key.hash.name);
    if (*start_hash != request.key.hash) {
        return std::unexpected(Error{Errc::invalid,
                                     "The provided starting key is outside query boundaries based "
                                     "on provided conditions",
                                     "startKey"});
    }
    return {};
}

Result<> check_scan(const ScanRequest& request,
                    const TableSchema& schema,
                    const IndexSchema* index) {
    CARILLON_TRY_VOID(check_limit(request.limit));
    if (request.total_segments < 1 || request.total_segments > segments_max) {
        return std::unexpected(
            Error{Errc::invalid,
                  fmt::format("1 validation error detected: Value '{}' at 'totalSegments' failed "
                              "to satisfy constraint: Member must have value {}",
                              request.total_segments,
                              request.total_segments < 1 ? "greater than or equal to 1"
                                                         : "less than or equal to 1000000"),
                  "totalSegments"});
    }
    if (request.segment < 0 || request.segment >= request.total_segments) {
        return std::unexpected(
            Error{Errc::invalid,
                  fmt::format("The Segment parameter is zero-based and must be less than parameter "
                              "TotalSegments: Segment: {} is not less than TotalSegments: {}",
                              request.segment,
                              request.total_segments),
                  "segment"});
    }
    CARILLON_TRY_VOID(check_bound(request.filter, in_filter));
    CARILLON_TRY_VOID(check_projected(request.projection, schema, index));
    if (request.start_key) {
        CARILLON_TRY_VOID(check_start_key(*request.start_key, schema, index));
    }
    return {};
}

Result<> check_key_paths(const std::vector<Path>& paths, const TableSchema& schema) {
    for (const KeyAttribute* attribute :
         {&schema.key.hash, schema.key.sort ? &*schema.key.sort : nullptr}) {
        if (attribute != nullptr && looks_inside(paths, attribute->name)) {
            return nested_key("Key", attribute->name);
        }
    }
    return each_index_key(schema,
                          [&](const IndexSchema&, const KeyAttribute& attribute, bool) -> Result<> {
                              if (!looks_inside(paths, attribute.name)) return {};
                              return nested_key("IndexKey", attribute.name);
                          });
}

const std::string& table_of(const Write& write) {
    return std::visit([](const auto& request) -> const std::string& { return request.table; },
                      write);
}

std::optional<Item> pick_paths(const Item& item, const std::vector<Path>& paths) {
    std::string text;
    ExpressionNames names;
    for (const Path& path : paths) {
        if (!text.empty()) text += ", ";
        for (std::size_t i = 0; i < path.size(); ++i) {
            if (path[i].index >= 0) {
                text += fmt::format("[{}]", path[i].index);
                continue;
            }
            std::string placeholder = fmt::format("#p{}", names.size());
            if (i > 0) text += '.';
            text += placeholder;
            names.emplace_back(std::move(placeholder), path[i].name);
        }
    }
    if (text.empty()) return std::nullopt;
    const auto projection = Projection::parse(text, names);
    if (!projection) return std::nullopt;
    Item picked = projection->apply(item);
    if (picked.empty()) return std::nullopt;
    return picked;
}

}  // namespace carillon::dynamo
