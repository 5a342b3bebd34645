#include "queue/recovery.hpp"

#include "queue/row_key.hpp"

#include <unordered_map>

namespace carillon::queue {

namespace {

struct Left {
    std::vector<std::string> batches{};
    std::unordered_map<std::string, InFlightEntry> rows{};
};

Task<Result<Left>> read_left(Context& context, const InFlight& in_flight) {
    Left left;
    dynamo::QueryRequest query;
    query.table = in_flight.table();
    query.key.hash = in_flight.queue();
    for (;;) {
        dynamo::QueryRequest request = query;
        CARILLON_CO_TRY(dynamo::Page page, co_await context.database.query(std::move(request)));
        for (const dynamo::Item& item : page.items) {
            const dynamo::Value* batch = item.find("batch");
            const dynamo::Value* rows = item.find("rows");
            const auto* bytes = rows == nullptr ? nullptr : rows->get_if<dynamo::Binary>();
            if (batch == nullptr || batch->string() == nullptr) continue;
            left.batches.push_back(*batch->string());
            auto entries = bytes == nullptr ? Result<std::vector<InFlightEntry>>(
                                                  fail(Errc::corrupt, "in-flight row without rows"))
                                            : decode_entries(bytes->bytes);
            if (!entries) {
                context.log.error("in-flight row cannot be read, its rows are not counted",
                                  {{"queue", context.options.name},
                                   {"batch", *batch->string()},
                                   {"error", describe(entries.error())}});
                continue;
            }
            for (InFlightEntry& entry : *entries) {
                std::string id = entry.id;
                left.rows.insert_or_assign(std::move(id), std::move(entry));
            }
        }
        if (!page.last_key) co_return left;
        query.start_key = std::move(page.last_key);
    }
}

/// Reads `ids` and writes an interruption into those that are as listed.
Task<Result<std::size_t>> count_interruptions(Context& context,
                                              const Left& left,
                                              std::vector<dynamo::Item> keys) {
    dynamo::BatchGetRequest get;
    get.tables.push_back({.table = context.rows.table(), .keys = std::move(keys)});
    CARILLON_CO_TRY(dynamo::BatchGetResult stored,
                    co_await context.database.batch_get(std::move(get)));
    std::vector<dynamo::WriteUnit> units;
    for (auto& [table, items] : stored.items) {
        for (dynamo::Item& item : items) {
            const auto id = row_id(item, context.rows.key());
            const auto state = context.rows.read(item);
            if (!id || !state) continue;
            const auto entry = left.rows.find(*id);
            if (entry == left.rows.end() || !still_as_listed(entry->second, *state)) continue;
            RowState next = *state;
            ++next.interruptions;
            dynamo::PutRequest put;
            put.table = context.rows.table();
            put.condition = context.rows.unchanged(item);
            put.item = std::move(item);
            context.rows.write(put.item, next);
            units.emplace_back();
            units.back().push_back(std::move(put));
        }
    }
    if (units.empty()) co_return std::size_t{0};
    auto answers = co_await context.database.update_batch(std::move(units), true);
    std::size_t counted = 0;
    for (auto& answer : answers) {
        if (answer) {
            ++counted;
        } else if (answer.error().code != Errc::condition_failed) {
            co_return std::unexpected(std::move(answer).error());
        }
    }
    co_return counted;
}

}  // namespace

Task<Result<>> ensure_in_flight_table(dynamo::Database& database, std::string table) {
    auto found = co_await database.describe_table(table);
    if (found) co_return Result<>{};
    if (found.error().code != Errc::not_found) {
        co_return std::unexpected(std::move(found).error());
    }
    auto created = co_await database.create_table(in_flight_schema(std::move(table)));
    if (!created && created.error().code != Errc::already_exists) {
        co_return std::unexpected(std::move(created).error());
    }
    co_return Result<>{};
}

Task<Result<>> recover_in_flight(Context& context, const InFlight& in_flight) {
    CARILLON_CO_TRY(const Left left, co_await read_left(context, in_flight));
    constexpr std::size_t chunk_max = 500;
    std::size_t counted = 0;
    std::vector<dynamo::Item> keys;
    auto next = left.rows.begin();
    while (next != left.rows.end()) {
        while (next != left.rows.end() && keys.size() < chunk_max) {
            if (auto key = key_of_row_id(next->first, context.rows.key())) {
                keys.push_back(*std::move(key));
            }
            ++next;
        }
        std::vector<dynamo::Item> chunk = std::exchange(keys, {});
        CARILLON_CO_TRY(const std::size_t in_chunk,
                        co_await count_interruptions(context, left, std::move(chunk)));
        counted += in_chunk;
    }
    std::vector<dynamo::Write> removals;
    for (const std::string& batch : left.batches) removals.push_back(in_flight.removal(batch));
    if (!removals.empty()) {
        CARILLON_CO_TRY_VOID(co_await context.database.batch_write(std::move(removals)));
    }
    context.metrics.interrupted.add(counted);
    if (counted > 0) {
        context.log.warn("rows were in the hands of a worker that died",
                         {{"queue", context.options.name}, {"rows", counted}});
    }
    co_return Result<>{};
}

}  // namespace carillon::queue
