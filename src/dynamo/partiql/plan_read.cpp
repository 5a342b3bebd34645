// SELECT as queries or a scan.

#include "dynamo/expression/compare.hpp"
#include "dynamo/partiql/expression_text.hpp"
#include "dynamo/partiql/plan.hpp"
#include "dynamo/partiql/where.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo::partiql {

namespace {

constexpr std::size_t partitions_max = 50;

using Parts = std::vector<const Node*>;

/// Takes the hash key's values out of the parts; none when no part confines it.
Result<std::vector<Value>> take_partitions(Parts& parts,
                                           const KeySchema& key,
                                           const Parameters& parameters) {
    for (const Node* part : parts) {
        CARILLON_TRY(auto found, choices(*part, key.hash.name, parameters));
        if (!found) continue;
        if (found->size() > partitions_max) {
            return fail(Errc::invalid, "A statement can name at most 50 values of the hash key");
        }
        std::erase(parts, part);
        return *std::move(found);
    }
    return std::vector<Value>();
}

/// `>=` and `<=` together are BETWEEN, as far as queries know.
std::optional<SortCondition> merged(const SortCondition& one, const SortCondition& other) {
    if (one.value.type() != other.value.type()) return std::nullopt;
    const SortCondition* low = nullptr;
    const SortCondition* high = nullptr;
    for (const SortCondition* condition : {&one, &other}) {
        if (condition->op == SortOperator::greater_equal) low = condition;
        if (condition->op == SortOperator::less_equal) high = condition;
    }
    if (low == nullptr || high == nullptr) return std::nullopt;
    return SortCondition{SortOperator::between, low->value, high->value};
}

/// Takes the condition on the sort key out of the parts. Of several the first goes into the query
/// and the others stay behind as filters.
Result<std::optional<SortCondition>> take_sort(Parts& parts,
                                               const KeySchema& key,
                                               const Parameters& parameters) {
    std::optional<SortCondition> out;
    if (!key.sort) return out;
    Parts rest;
    for (const Node* part : parts) {
        CARILLON_TRY(auto found, sort_condition(*part, key.sort->name, parameters));
        if (found && !out) {
            out = std::move(found);
        } else if (auto both = found ? merged(*out, *found) : std::nullopt) {
            out = std::move(both);
        } else {
            rest.push_back(part);
        }
    }
    parts = std::move(rest);
    return out;
}

KeyCondition one_item(const Item& item, const KeySchema& key) {
    KeyCondition out{*item.find(key.hash.name)};
    if (key.sort) out.sort = SortCondition{SortOperator::equal, *item.find(key.sort->name)};
    return out;
}

Result<std::optional<BoundCondition>> filter_of(const Parts& parts, const Parameters& parameters) {
    if (parts.empty()) return std::nullopt;
    ExpressionText text(parameters);
    CARILLON_TRY_VOID(text.all_of(parts));
    return text.bound_condition();
}

Result<> apply_order(const Select& select, const KeySchema& key, ReadPlan& plan) {
    if (select.order.empty()) return {};
    if (!select.where) {
        return fail(Errc::invalid,
                    "Must have WHERE clause in the statement when using ORDER BY clause.");
    }
    if (plan.partitions.empty()) {
        return fail(Errc::invalid,
                    "Must have at least one non-optional hash key condition in WHERE clause when "
                    "using ORDER BY clause.");
    }
    for (const Ordering& order : select.order) {
        const bool by_hash = order.attribute == key.hash.name;
        const bool by_sort = key.sort && order.attribute == key.sort->name;
        if (!by_hash && !by_sort) {
            return fail(Errc::invalid,
                        fmt::format("Variable reference {} in ORDER BY clause must be part of the "
                                    "primary key",
                                    order.attribute));
        }
        if (by_sort) plan.forward = !order.descending;
        if (by_sort && &order == select.order.data()) plan.sorted = plan.partitions.size() > 1;
        if (!by_hash) continue;
        std::ranges::sort(plan.partitions, [&](const KeyCondition& one, const KeyCondition& other) {
            const auto ordered =
                order.descending ? order_of(other.hash, one.hash) : order_of(one.hash, other.hash);
            return ordered == std::strong_ordering::less;
        });
    }
    return {};
}

}  // namespace

Result<> check_parameters(const Statement& statement, const Parameters& parameters) {
    if (statement.parameters == parameters.size()) return {};
    return fail(Errc::invalid, "Number of parameters in request and statement don't match.");
}

Result<ReadPlan> plan_read(const Select& select,
                           const Parameters& parameters,
                           const TableSchema& schema) {
    ReadPlan plan;
    plan.table = select.from.table;
    plan.index = select.from.index;
    plan.columns = select.columns;
    const IndexSchema* index = plan.index ? schema.index(*plan.index) : nullptr;
    if (plan.index && index == nullptr) {
        return fail(Errc::invalid, "The table does not have the specified index");
    }
    const KeySchema& key = index != nullptr ? index->key : schema.key;
    Parts parts = conjuncts(select.where);
    if (index == nullptr) {
        CARILLON_TRY(plan.key, take_key(parts, schema.key, parameters));
    }
    if (plan.key) {
        plan.partitions.push_back(one_item(*plan.key, schema.key));
    } else if (!key.is_multiple()) {
        // Keys of several attributes are rare enough to be scanned for.
        CARILLON_TRY(const std::vector<Value> hashes, take_partitions(parts, key, parameters));
        if (!hashes.empty()) {
            CARILLON_TRY(const auto sort, take_sort(parts, key, parameters));
            for (const Value& hash : hashes) plan.partitions.push_back({hash, sort});
        }
    }
    CARILLON_TRY(plan.filter, filter_of(parts, parameters));
    CARILLON_TRY_VOID(apply_order(select, key, plan));
    return plan;
}

Item pick_columns(const Item& item, const std::vector<Path>& columns) {
    if (columns.empty()) return item;
    Item out;
    for (const Path& path : columns) {
        const Value* value = resolve(item, path);
        if (value == nullptr) continue;
        // An element of a list goes by its list's name and its index.
        std::size_t from = path.size() - 1;
        while (path[from].index >= 0) --from;
        std::string name = path[from].name;
        for (std::size_t i = from + 1; i < path.size(); ++i) {
            name += fmt::format("[{}]", path[i].index);
        }
        out.set(name, *value);
    }
    return out;
}

}  // namespace carillon::dynamo::partiql
