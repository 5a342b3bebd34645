#include "dynamo/endpoint/read_rules.hpp"

#include "dynamo/endpoint/fault.hpp"
#include "dynamo/expression/compare.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

constexpr const char* bad_start = "The provided starting key is invalid";

std::vector<const KeyAttribute*> attributes_of(const KeySchema& key) {
    return key.attributes();
}

bool has_attribute(const KeySchema& key, std::string_view name) {
    return key.has(name);
}

/// The key's attributes must be there, each of its type and fit for a key, one after the other.
Result<> check_start_part(const Item& start, const KeySchema& key) {
    const std::size_t hashes = key.hash_attributes().size();
    std::size_t place = 0;
    for (const KeyAttribute* attribute : attributes_of(key)) {
        const Value* value = start.find(attribute->name);
        if (value == nullptr) return validation_fault(bad_start);
        if (value->type() != attribute->type) {
            return validation_fault("The provided key element does not match the schema");
        }
        CARILLON_TRY_VOID(check_key_value(*value, *attribute, place < hashes));
        ++place;
    }
    return {};
}

std::size_t start_attributes(const TableSchema& schema, const IndexSchema* index) {
    std::size_t count = attributes_of(schema.key).size();
    if (index == nullptr) return count;
    for (const KeyAttribute* attribute : attributes_of(index->key)) {
        if (!has_attribute(schema.key, attribute->name)) ++count;
    }
    return count;
}

Result<> check_table_part(const Item& start, const TableSchema& schema) {
    Item key;
    for (const KeyAttribute* attribute : attributes_of(schema.key)) {
        if (const Value* value = start.find(attribute->name)) key.set(attribute->name, *value);
    }
    auto checked = check_key(key, schema.key);
    if (checked) return {};
    Error error = std::move(checked).error();
    error.message.insert(0, "The provided starting key is invalid: ");
    return std::unexpected(std::move(error));
}

bool satisfies(const SortCondition& sort, const Value& value) {
    if (sort.op == SortOperator::begins_with) return begins_with(value, sort.value);
    const auto order = order_of(value, sort.value);
    if (!order) return false;
    switch (sort.op) {
        case SortOperator::equal:
            return *order == 0;
        case SortOperator::less:
            return *order < 0;
        case SortOperator::less_equal:
            return *order <= 0;
        case SortOperator::greater:
            return *order > 0;
        case SortOperator::greater_equal:
            return *order >= 0;
        case SortOperator::between: {
            const auto upper = order_of(value, sort.upper);
            return *order >= 0 && upper && *upper <= 0;
        }
        case SortOperator::begins_with:
            break;
    }
    return false;
}

}  // namespace

Result<const IndexSchema*> find_index(const ReadCall& call, const TableSchema& schema) {
    if (!call.index) return nullptr;
    const IndexSchema* index = schema.index(*call.index);
    if (index == nullptr) {
        return validation_fault(
            fmt::format("The table does not have the specified index: {}", *call.index));
    }
    if (!index->local && call.consistent) {
        return validation_fault("Consistent reads are not supported on global secondary indexes");
    }
    return index;
}

Result<> check_key_types(const KeyCondition& condition, const KeySchema& key) {
    const auto fits = [](const Value& value, const KeyAttribute& attribute) {
        return value.type() == attribute.type;
    };
    const auto all_fit = [&](const std::vector<Value>& values,
                             const std::vector<KeyAttribute>& attributes) {
        return std::ranges::equal(values, attributes, fits);
    };
    const std::vector<const KeyAttribute*> sorts = key.sort_attributes();
    const std::size_t at = condition.sort_prefix.size();
    bool sort_fits = at <= sorts.size() && (!condition.sort || at < sorts.size());
    for (std::size_t i = 0; sort_fits && i < at; ++i) {
        sort_fits = fits(condition.sort_prefix[i], *sorts[i]);
    }
    if (sort_fits && condition.sort) {
        const SortCondition& sort = *condition.sort;
        sort_fits = fits(sort.value, *sorts[at]) &&
                    (sort.op != SortOperator::between || fits(sort.upper, *sorts[at]));
    }
    if (fits(condition.hash, key.hash) && all_fit(condition.more_hash, key.more_hash) &&
        sort_fits) {
        return {};
    }
    return parameter_fault("Condition parameter type does not match schema type");
}

Result<> check_query_start(const ReadCall& call,
                           const KeyCondition& condition,
                           const TableSchema& schema,
                           const IndexSchema* index) {
    if (!call.start_key) return {};
    const Item& start = *call.start_key;
    if (start.size() != start_attributes(schema, index)) return validation_fault(bad_start);
    const KeySchema& key = index != nullptr ? index->key : schema.key;
    CARILLON_TRY_VOID(check_start_part(start, key));
    CARILLON_TRY_VOID(check_table_part(start, schema));
    bool same_hash = *start.find(key.hash.name) == condition.hash;
    for (std::size_t i = 0; i < condition.more_hash.size(); ++i) {
        same_hash = same_hash && *start.find(key.more_hash[i].name) == condition.more_hash[i];
    }
    const std::vector<const KeyAttribute*> sorts = key.sort_attributes();
    for (std::size_t i = 0; i < condition.sort_prefix.size(); ++i) {
        if (*start.find(sorts[i]->name) == condition.sort_prefix[i]) continue;
        return validation_fault("The provided starting key does not match the range key predicate");
    }
    if (!condition.sort) {
        if (same_hash) return {};
        return validation_fault(
            "The provided starting key is outside query boundaries based on provided conditions");
    }
    if (!satisfies(*condition.sort, *start.find(sorts[condition.sort_prefix.size()]->name))) {
        return validation_fault("The provided starting key does not match the range key predicate");
    }
    if (same_hash) return {};
    return validation_fault("The query can return at most one row and cannot be restarted");
}

Result<> check_scan_start(const ReadCall& call,
                          const TableSchema& schema,
                          const IndexSchema* index) {
    if (!call.start_key) return check_chosen(call, index);
    const Item& start = *call.start_key;
    if (start.size() != start_attributes(schema, index)) {
        return validation_fault(index != nullptr
                                    ? bad_start
                                    : "The provided starting key is invalid: The provided key "
                                      "element does not match the schema");
    }
    if (index != nullptr) CARILLON_TRY_VOID(check_start_part(start, index->key));
    CARILLON_TRY_VOID(check_chosen(call, index));
    return check_table_part(start, schema);
}

Result<> check_start_segment(const Item& start,
                             const KeySchema& key,
                             std::int64_t segment,
                             std::int64_t total_segments) {
    if (total_segments <= 1) return {};
    // Segments share the first twelve bits of the partitions' hashes.
    constexpr std::int64_t places = 4'096;
    std::string prefix;
    append_partition_prefix(*start.find(key.hash.name), prefix);
    const std::int64_t place =
        (static_cast<unsigned char>(prefix[0]) << 4) | (static_cast<unsigned char>(prefix[1]) >> 4);
    const auto first = [&](std::int64_t number) {
        return (places * number + total_segments - 1) / total_segments;
    };
    if (place >= first(segment) && place < first(segment + 1)) return {};
    return validation_fault(
        fmt::format("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                    "ExclusiveStartKey with correct Segment. TotalSegments: {} Segment: {}",
                    total_segments,
                    segment));
}

bool any_nested(const std::vector<Path>& paths) {
    return std::ranges::any_of(paths, [](const Path& path) { return path.size() > 1; });
}

Result<> check_key_paths(const std::optional<Projection>& projection, const TableSchema& schema) {
    return projection ? check_key_paths(projection->paths(), schema) : Result<>();
}

Result<> check_key_paths(const std::optional<BoundCondition>& filter, const TableSchema& schema) {
    return filter ? check_key_paths(filter->expression.paths(), schema) : Result<>();
}

Result<> check_filter_keys(const ReadCall& call, const KeySchema& key) {
    if (!call.filter) return {};
    for (const KeyAttribute* attribute : attributes_of(key)) {
        const auto names = [&](const Path& path) { return path.front().name == attribute->name; };
        if (!std::ranges::any_of(call.filter->expression.paths(), names)) continue;
        return validation_fault(
            fmt::format("{} can only contain non-primary key attributes: Primary key attribute: {}",
                        call.legacy_filter ? "QueryFilter" : "Filter Expression",
                        attribute->name));
    }
    return {};
}

Result<> check_chosen(const ReadCall& call, const IndexSchema* index) {
    if (call.chosen != Chosen::all || index == nullptr || index->local ||
        index->projection == ProjectionType::all) {
        return {};
    }
    return parameter_fault(
        fmt::format("Select type ALL_ATTRIBUTES is not supported for global "
                    "secondary index {} because its projection type is not ALL",
                    index->name));
}

void plan_fetching(ReadCall& call, const TableSchema& schema, const IndexSchema* index) {
    if (index == nullptr || !index->local || index->projection == ProjectionType::all) return;
    const bool beyond =
        call.projection && !beyond_index(call.projection->paths(), schema, *index).empty();
    call.fetches_items = beyond || call.chosen == Chosen::all;
    if (beyond && call.capacity != CapacityReport::none) {
        call.late_projection = std::exchange(call.projection, std::nullopt);
    }
}

Select port_select(const ReadCall& call) {
    if (call.late_projection) return Select::all;
    if (call.chosen == Chosen::count) return Select::count;
    return call.chosen == Chosen::all ? Select::all : Select::attributes;
}

Consumed consumed_by_page(const Page& page, const ReadCall& call, const TableSchema& schema) {
    Consumed consumed;
    consumed.table = schema.name;
    const IndexSchema* index = call.index ? schema.index(*call.index) : nullptr;
    const double units = read_units(page.bytes, call.consistent);
    if (index != nullptr) {
        consumed.add_index(*index, units);
        // Item by item.
        if (call.fetches_items) {
            for (const Item& item : page.items) {
                consumed.table_units += read_units(size_of(item), call.consistent);
            }
        }
    } else {
        consumed.table_units = units;
    }
    return consumed;
}

}  // namespace carillon::dynamo::endpoint
