#include "dynamo/embedded/job.hpp"

#include "dynamo/embedded/applier.hpp"
#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/validate.hpp"

#include <algorithm>

namespace carillon::dynamo::embedded {

namespace {

const Item& key_of(const Write& write) {
    if (const auto* put = std::get_if<PutRequest>(&write)) return put->item;
    if (const auto* update = std::get_if<UpdateRequest>(&write)) return update->key;
    if (const auto* erase = std::get_if<DeleteRequest>(&write)) return erase->key;
    return std::get<ConditionCheck>(write).key;
}

bool any_item_twice(std::span<const PreparedWrite> writes) {
    std::vector<std::string_view> keys;
    keys.reserve(writes.size());
    for (const PreparedWrite& write : writes) keys.emplace_back(write.key);
    std::ranges::sort(keys);
    return std::ranges::adjacent_find(keys) != keys.end();
}

}  // namespace

Result<PreparedWrite> prepare_write(const Write& write, const Catalog& catalog) {
    PreparedWrite prepared;
    prepared.write = &write;
    prepared.table = catalog.find(table_of(write));
    if (!prepared.table) return std::unexpected(table_not_found(table_of(write)));
    const Table& table = *prepared.table;
    CARILLON_TRY_VOID(check_write(write, table.schema));
    prepared.key = item_key(table.id, table.schema.key, key_of(write));
    if (const auto* put = std::get_if<PutRequest>(&write)) {
        encode_item(put->item, prepared.row);
        append_entries(table, put->item, prepared.key, prepared.entries);
    }
    return prepared;
}

Result<> WriteJob::prepare_unit(std::span<const Write> list,
                                const Catalog& catalog,
                                bool transaction) {
    CARILLON_TRY_VOID(check_unit_size(list.size()));
    std::size_t unit_bytes = 0;
    for (const Write& write : list) {
        Result<PreparedWrite> prepared = prepare_write(write, catalog);
        if (!prepared) {
            Error error = std::move(prepared).error();
            const auto place = static_cast<std::size_t>(&write - list.data());
            if (error.code == Errc::invalid && (transaction || list.size() > 1)) {
                error.detail = std::make_shared<RefusedWrite>(place, list.size());
            }
            return std::unexpected(std::move(error));
        }
        unit_bytes += prepared->key.size() + prepared->row.size() + prepared->entries.size();
        writes.push_back(*std::move(prepared));
    }
    bytes += unit_bytes;
    if (list.size() == 1 && !transaction) return {};
    if (unit_bytes > transaction_bytes_max) {
        return fail(Errc::invalid,
                    "The aggregate size of the items in the transaction cannot exceed 4 MB");
    }
    const auto mine = std::span(writes).last(list.size());
    if (any_item_twice(mine)) return std::unexpected(item_twice());
    return {};
}

void WriteJob::add_unit(std::span<const Write> list, const Catalog& catalog, bool transaction) {
    PreparedUnit unit;
    unit.first = writes.size();
    unit.transaction = transaction || list.size() > 1;
    unit.answer = prepare_unit(list, catalog, transaction);
    if (!unit.answer) writes.resize(unit.first);
    unit.count = writes.size() - unit.first;
    units.push_back(std::move(unit));
}

void WriteJob::apply(Applier& applier) {
    for (PreparedUnit& unit : units) {
        if (!unit.answer) continue;
        if (!token.empty()) {
            const Result<bool> seen = applier.seen_token(token, fingerprint);
            if (!seen) {
                unit.answer = std::unexpected(seen.error());
                continue;
            }
            if (*seen) continue;
        }
        applier.apply(unit, std::span(writes).subspan(unit.first, unit.count));
        if (!token.empty() && unit.answer) applier.remember_token(token, fingerprint);
    }
}

void WriteJob::refuse(const Error& error) {
    for (PreparedUnit& unit : units) {
        // What was wrong with the request stays wrong.
        if (!unit.answer && unit.answer.error().code == Errc::invalid) continue;
        if (!unit.answer && unit.answer.error().code == Errc::not_found) continue;
        unit.returned.reset();
        unit.answer = std::unexpected(error);
    }
}

}  // namespace carillon::dynamo::embedded
