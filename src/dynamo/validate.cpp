#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace carillon::dynamo {

namespace {

constexpr int depth_max = 32;

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
    const std::size_t most = is_hash ? hash_key_bytes_max : sort_key_bytes_max;
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

Result<> check_key_value(const Value& value, const KeyAttribute& attribute, bool is_hash) {
    std::string_view bytes;
    if (const std::string* text = value.string()) {
        bytes = *text;
    } else if (const Binary* binary = value.get_if<Binary>()) {
        bytes = binary->bytes;
    } else {
        return {};
    }
    if (bytes.empty()) {
        return refuse(fmt::format(
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty {} value. Key: {}",
            value.string() != nullptr ? "string" : "binary",
            attribute.name));
    }
    // The missing space is DynamoDB's.
    if (is_hash && bytes.size() > hash_key_bytes_max) {
        return refuse(
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum "
            "size limit of2048 bytes");
    }
    if (!is_hash && bytes.size() > sort_key_bytes_max) {
        return refuse(
            "One or more parameter values were invalid: Aggregated size of all range keys has "
            "exceeded the size limit of 1024 bytes");
    }
    return {};
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
