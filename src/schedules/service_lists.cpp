// What is read page by page: schedules, runs, the ledger.

#include "core/json.hpp"
#include "core/text.hpp"
#include "dynamo/item/json.hpp"
#include "schedules/attributes.hpp"
#include "schedules/service_impl.hpp"

#include <algorithm>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr std::int64_t skip_most = 100'000;

Result<> check_limit(std::int64_t limit) {
    if (limit < 1 || limit > 100) return invalid("limit", "must be 1 to 100");
    return {};
}

bool matches(const Schedule& schedule, const ListRequest& request) {
    if (request.enabled && schedule.enabled != *request.enabled) return false;
    return !request.name || schedule.name == *request.name;
}

bool matches(const Run& run, const RunsRequest& request) {
    if (request.status && run.status != *request.status) return false;
    if (request.from && run.fire_at < *request.from) return false;
    return !request.to || run.fire_at < *request.to;
}

/// Goes through a query until `limit` items were taken; `take` says whether it took one.
template <class Take>
Task<Result<std::optional<std::string>>> walk(dynamo::Database& database,
                                              dynamo::QueryRequest query,
                                              std::int64_t limit,
                                              std::initializer_list<std::string_view> place,
                                              Take& take) {
    const std::vector<std::string_view> names(place);
    std::int64_t taken = 0;
    for (;;) {
        dynamo::QueryRequest next = query;
        CARILLON_CO_TRY(const dynamo::Page page, co_await database.query(std::move(next)));
        for (std::size_t i = 0; i < page.items.size(); ++i) {
            CARILLON_CO_TRY(const bool took, take(page.items[i]));
            if (!took || ++taken < limit) continue;
            if (i + 1 == page.items.size() && !page.last_key) co_return std::nullopt;
            dynamo::Item key;
            for (const std::string_view name : names) {
                if (const dynamo::Value* value = page.items[i].find(name)) key.set(name, *value);
            }
            co_return cursor_text(key);
        }
        if (!page.last_key) co_return std::nullopt;
        query.start_key = page.last_key;
    }
}

dynamo::QueryRequest schedules_query(const std::string& table, const std::string& tenant) {
    dynamo::QueryRequest query;
    query.table = table;
    query.index = std::string(created_index);
    query.key.hash = tenant;
    query.forward = false;
    query.consistent = false;
    return query;
}

}  // namespace

std::string cursor_text(const dynamo::Item& key) {
    std::string json;
    dynamo::append_typed_json(key, json);
    return base64url_encode(json);
}

Result<dynamo::Item> parse_cursor(std::string_view text) {
    const auto wrong = [] { return invalid("cursor", "is not one that a page has answered"); };
    const auto bytes = base64url_decode(text);
    if (!bytes) return wrong();
    const auto json = parse_json(*bytes);
    if (!json) return wrong();
    auto key = dynamo::item_from_typed_json(*json);
    if (!key) return wrong();
    return *std::move(key);
}

Task<Result<PageOf<Schedule>>> Service::list(std::string tenant, ListRequest request) {
    CARILLON_CO_TRY_VOID(check_limit(request.limit));
    if (request.skip < 0 || request.skip > skip_most) {
        co_return invalid("page", "goes too far; use the cursor");
    }
    dynamo::QueryRequest query = schedules_query(impl_->tables.names().schedules, tenant);
    if (request.cursor) {
        CARILLON_CO_TRY(query.start_key, parse_cursor(*request.cursor));
    }
    PageOf<Schedule> out;
    std::int64_t skip = request.skip;
    auto take = [&](const dynamo::Item& item) -> Result<bool> {
        CARILLON_TRY(StoredSchedule stored, schedule_from_item(item));
        if (!matches(stored.schedule, request) || skip-- > 0) return false;
        out.items.push_back(std::move(stored.schedule));
        return true;
    };
    CARILLON_CO_TRY(
        out.next_cursor,
        co_await walk(
            impl_->database, std::move(query), request.limit, {"tenant", "sk", "listKey"}, take));
    co_return out;
}

Task<Result<std::int64_t>> Service::count(std::string tenant, ListRequest request) {
    std::int64_t total = 0;
    auto take = [&](const dynamo::Item& item) -> Result<bool> {
        CARILLON_TRY(const StoredSchedule stored, schedule_from_item(item));
        if (matches(stored.schedule, request)) ++total;
        return false;
    };
    CARILLON_CO_TRY(const auto end,
                    co_await walk(impl_->database,
                                  schedules_query(impl_->tables.names().schedules, tenant),
                                  1,
                                  {"tenant"},
                                  take));
    co_return total;
}

Task<Result<PageOf<Run>>> Service::list_runs(std::string tenant, RunsRequest request) {
    CARILLON_CO_TRY_VOID(check_limit(request.limit));
    dynamo::QueryRequest query;
    query.table = impl_->tables.names().runs;
    query.forward = false;
    query.key.hash = tenant;
    if (request.schedule_id) {
        // The index's key is both in one text.
        if (request.schedule_id->find('#') != std::string::npos) {
            co_return invalid("scheduleId", "must be a schedule's id");
        }
        query.index = std::string(by_schedule_index);
        query.key.hash = tenant + "#" + *request.schedule_id;
        query.consistent = false;
    }
    if (request.cursor) {
        CARILLON_CO_TRY(query.start_key, parse_cursor(*request.cursor));
    }
    PageOf<Run> out;
    auto take = [&](const dynamo::Item& item) -> Result<bool> {
        CARILLON_TRY(Run run, run_from_item(item));
        if (run.status == RunStatus::pending && impl_->runs.running(run_key(run.tenant, run.id))) {
            run.status = RunStatus::running;
        }
        if (run.tenant != tenant || !matches(run, request)) return false;
        out.items.push_back(std::move(run));
        return true;
    };
    const bool by_schedule = request.schedule_id.has_value();
    if (by_schedule) {
        CARILLON_CO_TRY(out.next_cursor,
                        co_await walk(impl_->database,
                                      std::move(query),
                                      request.limit,
                                      {"tenant", "id", "scheduleKey"},
                                      take));
    } else {
        CARILLON_CO_TRY(
            out.next_cursor,
            co_await walk(
                impl_->database, std::move(query), request.limit, {"tenant", "id"}, take));
    }
    co_return out;
}

Task<Result<PageOf<LedgerRow>>> Service::ledger(std::string tenant,
                                                std::string id,
                                                RunsRequest request) {
    CARILLON_CO_TRY_VOID(check_limit(request.limit));
    CARILLON_CO_TRY(const auto found, co_await impl_->find(tenant, id));
    dynamo::QueryRequest query;
    query.table = impl_->tables.names().ledger;
    query.key.hash = tenant + "#" + id;
    query.forward = false;
    if (request.cursor) {
        CARILLON_CO_TRY(query.start_key, parse_cursor(*request.cursor));
    }
    PageOf<LedgerRow> out;
    auto take = [&](const dynamo::Item& item) -> Result<bool> {
        CARILLON_TRY(LedgerRow row, ledger_from_item(item));
        if (request.from && row.entry.nominal < *request.from) return false;
        if (request.to && row.entry.nominal >= *request.to) return false;
        out.items.push_back(std::move(row));
        return true;
    };
    CARILLON_CO_TRY(
        out.next_cursor,
        co_await walk(
            impl_->database, std::move(query), request.limit, {"scheduleKey", "at"}, take));
    co_return out;
}

}  // namespace carillon::schedules
