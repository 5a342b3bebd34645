#include "dynamo/schema.hpp"

#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

namespace carillon::dynamo {

namespace {

constexpr std::size_t table_name_min = 3;
constexpr std::size_t name_max = 255;
constexpr std::size_t global_indexes_max = 20;
constexpr std::size_t local_indexes_max = 5;
constexpr std::size_t non_key_attributes_max = 100;
constexpr std::string_view no_match = "The provided key element does not match the schema";

std::unexpected<Error> refuse(std::string message) {
    return fail(Errc::invalid, std::move(message));
}

Result<> take_key_attribute(const Item& item,
                            const KeyAttribute& attribute,
                            bool is_hash,
                            Item& key) {
    const Value* value = item.find(attribute.name);
    if (value == nullptr) {
        return refuse(
            fmt::format("One or more parameter values were invalid: Missing the key {} in the item",
                        attribute.name));
    }
    if (value->type() != attribute.type) {
        return refuse(fmt::format(
            "One or more parameter values were invalid: Type mismatch for key {} expected: {} "
            "actual: {}",
            attribute.name,
            type_name(attribute.type),
            type_name(value->type())));
    }
    CARILLON_TRY_VOID(check_key_value(*value, attribute, is_hash));
    key.set(attribute.name, *value);
    return {};
}

Result<> check_name(std::string_view what, std::string_view name) {
    const bool long_enough = name.size() >= table_name_min;
    const bool short_enough = name.size() <= name_max;
    const bool clean = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
    if (long_enough && short_enough && clean) return {};
    std::string rule;
    if (!clean) {
        rule = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
    } else if (!long_enough) {
        rule = "Member must have length greater than or equal to 3";
    } else {
        rule = "Member must have length less than or equal to 255";
    }
    return std::unexpected(Error{
        Errc::invalid,
        fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: "
                    "{}",
                    name,
                    what,
                    rule),
        std::string(what)});
}

Result<> check_key_attribute(const KeyAttribute& attribute) {
    if (attribute.name.empty() || attribute.name.size() > name_max) {
        return refuse(fmt::format(
            "1 validation error detected: Value '{}' at 'attributeName' failed to satisfy "
            "constraint: Member must have length between 1 and 255, inclusive",
            attribute.name));
    }
    if (attribute.type != Type::string && attribute.type != Type::number &&
        attribute.type != Type::binary) {
        return refuse(
            fmt::format("1 validation error detected: Value '{}' at 'attributeType' failed to "
                        "satisfy constraint: Member must satisfy enum value set: [B, N, S]",
                        type_name(attribute.type)));
    }
    return {};
}

Result<> check_key_schema(const KeySchema& key) {
    CARILLON_TRY_VOID(check_key_attribute(key.hash));
    if (key.sort) CARILLON_TRY_VOID(check_key_attribute(*key.sort));
    if (key.sort && key.sort->name == key.hash.name) {
        return refuse(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name");
    }
    if (!key.is_multiple()) return {};
    if (key.more_hash.size() >= key_attributes_each_max ||
        key.more_sort.size() >= key_attributes_each_max || (!key.sort && !key.more_sort.empty())) {
        return refuse(
            "One or more parameter values were invalid: A key of a global secondary index has one "
            "to four HASH attributes and up to four RANGE attributes");
    }
    std::set<std::string_view> names;
    for (const KeyAttribute* attribute : key.attributes()) {
        CARILLON_TRY_VOID(check_key_attribute(*attribute));
        if (names.insert(attribute->name).second) continue;
        return refuse(
            fmt::format("One or more parameter values were invalid: Duplicate attribute in "
                        "KeySchema: {}",
                        attribute->name));
    }
    return {};
}

std::unexpected<Error> only_global_multiple() {
    return refuse(
        "One or more parameter values were invalid: Only keys of global secondary indexes can have "
        "several HASH or RANGE attributes");
}

Result<> check_projection(const IndexSchema& index) {
    if (index.projection != ProjectionType::include) {
        if (index.non_key_attributes.empty()) return {};
        return refuse(
            fmt::format("One or more parameter values were invalid: ProjectionType is {}, but "
                        "NonKeyAttributes is specified",
                        index.projection == ProjectionType::all ? "ALL" : "KEYS_ONLY"));
    }
    if (index.non_key_attributes.empty()) {
        return refuse(
            "One or more parameter values were invalid: ProjectionType is INCLUDE, but "
            "NonKeyAttributes is not specified");
    }
    return {};
}

Result<> check_index(const TableSchema& table, const IndexSchema& index) {
    CARILLON_TRY_VOID(check_name("indexName", index.name));
    CARILLON_TRY_VOID(check_key_schema(index.key));
    if (index.local) {
        if (index.key.is_multiple()) return only_global_multiple();
        if (!table.key.sort) {
            return refuse(
                "One or more parameter values were invalid: Table KeySchema does not have a range "
                "key, which is required when specifying a LocalSecondaryIndex");
        }
        if (index.key.hash != table.key.hash) {
            return refuse(fmt::format(
                "One or more parameter values were invalid: Index KeySchema does not have the same "
                "leading hash key as table KeySchema for index: {}. index hash key: {}, table hash "
                "key: {}",
                index.name,
                index.key.hash.name,
                table.key.hash.name));
        }
        if (!index.key.sort) {
            return refuse(fmt::format(
                "One or more parameter values were invalid: Index KeySchema does not have a range "
                "key for index: {}",
                index.name));
        }
    }
    return check_projection(index);
}

/// One attribute has one type, whichever keys it is in.
Result<> check_types_agree(const TableSchema& schema) {
    std::vector<const KeyAttribute*> seen;
    auto take = [&seen](const KeyAttribute& attribute) {
        for (const KeyAttribute* other : seen) {
            if (other->name == attribute.name) return other->type == attribute.type;
        }
        seen.push_back(&attribute);
        return true;
    };
    auto take_key = [&take](const KeySchema& key) {
        return std::ranges::all_of(key.attributes(),
                                   [&](const KeyAttribute* one) { return take(*one); });
    };
    bool agree = take_key(schema.key);
    for (const IndexSchema& index : schema.indexes) agree = agree && take_key(index.key);
    if (agree) return {};
    return refuse(
        "One or more parameter values were invalid: Duplicate AttributeName in "
        "AttributeDefinitions with different types");
}

}  // namespace

std::vector<const KeyAttribute*> KeySchema::hash_attributes() const {
    std::vector<const KeyAttribute*> found{&hash};
    for (const KeyAttribute& attribute : more_hash) found.push_back(&attribute);
    return found;
}

std::vector<const KeyAttribute*> KeySchema::sort_attributes() const {
    std::vector<const KeyAttribute*> found;
    if (sort) found.push_back(&*sort);
    for (const KeyAttribute& attribute : more_sort) found.push_back(&attribute);
    return found;
}

std::vector<const KeyAttribute*> KeySchema::attributes() const {
    std::vector<const KeyAttribute*> found = hash_attributes();
    for (const KeyAttribute* attribute : sort_attributes()) found.push_back(attribute);
    return found;
}

bool KeySchema::has(std::string_view attribute) const {
    return std::ranges::any_of(attributes(),
                               [&](const KeyAttribute* one) { return one->name == attribute; });
}

const IndexSchema* TableSchema::index(std::string_view index_name) const {
    const auto found = std::ranges::find(indexes, index_name, &IndexSchema::name);
    return found == indexes.end() ? nullptr : &*found;
}

Result<Item> extract_key(const Item& item, const KeySchema& key) {
    Item out;
    out.reserve(2);
    CARILLON_TRY_VOID(take_key_attribute(item, key.hash, true, out));
    if (key.sort) CARILLON_TRY_VOID(take_key_attribute(item, *key.sort, false, out));
    return out;
}

Result<> check_key(const Item& key_item, const KeySchema& key) {
    if (key_item.size() != (key.sort ? 2U : 1U)) return refuse(std::string(no_match));
    // Attribute by attribute: what is wrong with the first is named before the second is looked at.
    const auto check = [&](const KeyAttribute& attribute, bool is_hash) -> Result<> {
        const Value* value = key_item.find(attribute.name);
        if (value == nullptr || value->type() != attribute.type) {
            return refuse(std::string(no_match));
        }
        return check_key_value(*value, attribute, is_hash);
    };
    CARILLON_TRY_VOID(check(key.hash, true));
    return key.sort ? check(*key.sort, false) : Result<>();
}

Result<> check_schema(const TableSchema& schema) {
    CARILLON_TRY_VOID(check_name("tableName", schema.name));
    CARILLON_TRY_VOID(check_key_schema(schema.key));
    if (schema.key.is_multiple()) return only_global_multiple();
    std::set<std::string_view> names;
    std::size_t locals = 0;
    std::size_t included = 0;
    for (const IndexSchema& index : schema.indexes) {
        CARILLON_TRY_VOID(check_index(schema, index));
        if (!names.insert(index.name).second) {
            return refuse(fmt::format(
                "One or more parameter values were invalid: Duplicate index name: {}", index.name));
        }
        if (index.local) ++locals;
        included += index.non_key_attributes.size();
    }
    if (locals > local_indexes_max) {
        return refuse(
            "One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds "
            "per-table limit of 5");
    }
    if (schema.indexes.size() - locals > global_indexes_max) {
        return refuse(
            "One or more parameter values were invalid: Number of GlobalSecondaryIndexes exceeds "
            "per-table limit of 20");
    }
    if (included > non_key_attributes_max) {
        return refuse(
            "One or more parameter values were invalid: Number of NonKeyAttributes of all indexes "
            "exceeds limit of 100");
    }
    if (schema.ttl_attribute && schema.ttl_attribute->empty()) {
        return refuse(
            "1 validation error detected: Value '' at "
            "'timeToLiveSpecification.attributeName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1");
    }
    return check_types_agree(schema);
}

}  // namespace carillon::dynamo
