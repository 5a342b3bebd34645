// The rules of queries and scans.

#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace carillon::dynamo {

namespace {

constexpr std::int64_t segments_max = 1'000'000;

std::unexpected<Error> refuse(std::string message) {
    return fail(Errc::invalid, std::move(message));
}

Result<> check_filter(const std::optional<BoundCondition>& filter) {
    if (!filter) return {};
    Result<> checked = filter->expression.check(filter->values);
    if (checked) return {};
    Error error = std::move(checked).error();
    error.message.insert(0, "Invalid FilterExpression: ");
    return std::unexpected(std::move(error));
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

}  // namespace

std::vector<std::string_view> beyond_index(const std::vector<Path>& paths,
                                           const TableSchema& schema,
                                           const IndexSchema& index) {
    std::vector<std::string_view> missing;
    if (index.projection == ProjectionType::all) return missing;
    for (const Path& path : paths) {
        const std::string& name = path.front().name;
        if (schema.key.has(name) || index.key.has(name) ||
            std::ranges::find(index.non_key_attributes, name) != index.non_key_attributes.end()) {
            continue;
        }
        if (std::ranges::find(missing, name) == missing.end()) missing.push_back(name);
    }
    return missing;
}

Result<> check_projected(const std::vector<Path>& paths,
                         const TableSchema& schema,
                         const IndexSchema& index) {
    if (index.local) return {};
    const std::vector<std::string_view> missing = beyond_index(paths, schema, index);
    if (missing.empty()) return {};
    return refuse(
        fmt::format("One or more parameter values were invalid: Global secondary index {} does not "
                    "project [{}]",
                    index.name,
                    fmt::join(missing, ", ")));
}

namespace {

Result<> check_projected(const std::optional<Projection>& projection,
                         const TableSchema& schema,
                         const IndexSchema* index) {
    if (!projection || index == nullptr) return {};
    return check_projected(projection->paths(), schema, *index);
}

/// A query's filter sees what the index holds, also of a local one. (A scan's does too, but there
/// DynamoDB lets it miss.)
Result<> check_filtered(const std::optional<BoundCondition>& filter,
                        const TableSchema& schema,
                        const IndexSchema* index) {
    if (!filter || index == nullptr) return {};
    auto missing = beyond_index(filter->expression.paths(), schema, *index);
    if (missing.empty()) return {};
    std::ranges::sort(missing);
    return refuse(
        fmt::format("One or more parameter values were invalid: Secondary index {} does not "
                    "project one or more filter attributes: [{}]",
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
    // No item has such a key, but only equality says that it should.
    if (sort.op == SortOperator::equal) return check_key_value(sort.value, *attribute, false);
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

Result<> check_query(const QueryRequest& request,
                     const TableSchema& schema,
                     const IndexSchema* index) {
    const KeySchema& key = index != nullptr ? index->key : schema.key;
    CARILLON_TRY_VOID(check_limit(request.limit));
    CARILLON_TRY_VOID(check_key_condition(request.key, key));
    CARILLON_TRY_VOID(check_filter(request.filter));
    CARILLON_TRY_VOID(check_projected(request.projection, schema, index));
    CARILLON_TRY_VOID(check_filtered(request.filter, schema, index));
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
    CARILLON_TRY_VOID(check_filter(request.filter));
    CARILLON_TRY_VOID(check_projected(request.projection, schema, index));
    if (request.start_key) {
        CARILLON_TRY_VOID(check_start_key(*request.start_key, schema, index));
    }
    return {};
}

}  // namespace carillon::dynamo
