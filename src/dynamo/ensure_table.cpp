#include "dynamo/ensure_table.hpp"

#include <utility>

namespace carillon::dynamo {

namespace {

/// Nothing when the table can be used; the error otherwise.
Result<> check_usable(const TableSchema& wanted, const TableSchema& found) {
    if (found.key != wanted.key) {
        return fail(Errc::invalid,
                    "table " + wanted.name + " is there with another key; it is not one of ours");
    }
    for (const IndexSchema& index : wanted.indexes) {
        const IndexSchema* same = found.index(index.name);
        if (same != nullptr && same->key != index.key) {
            return fail(
                Errc::invalid,
                "table " + wanted.name + " has an index " + index.name + " with another key");
        }
        if (same == nullptr && index.local) {
            return fail(Errc::invalid,
                        "table " + wanted.name + " lacks the local index " + index.name +
                            ", which cannot be added; make the table anew");
        }
    }
    return {};
}

}  // namespace

Task<Result<TableDescription>> ensure_table(Database& database, TableSchema schema) {
    auto created = co_await database.create_table(schema);
    if (created || created.error().code != Errc::already_exists) co_return created;
    CARILLON_CO_TRY(TableDescription table, co_await database.describe_table(schema.name));
    CARILLON_CO_TRY_VOID(check_usable(schema, table.schema));
    for (const IndexSchema& index : schema.indexes) {
        if (table.schema.index(index.name) != nullptr) continue;
        TableChange change;
        change.create_index = index;
        auto changed = co_await database.update_table(schema.name, std::move(change));
        if (changed) {
            table = *std::move(changed);
            continue;
        }
        // Somebody else may have been faster.
        CARILLON_CO_TRY(table, co_await database.describe_table(schema.name));
        if (table.schema.index(index.name) == nullptr) co_return changed;
    }
    co_return table;
}

}  // namespace carillon::dynamo
