// What is read page by page: schedules, runs, the ledger.

#include "core/check.hpp"
#include "core/id.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "dynamo/item/json.hpp"
#include "schedules/attributes.hpp"
#include "schedules/service_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr std::int64_t skip_most = 100'000;

std::unexpected<Error> wrong_cursor() {
    return invalid("cursor", "is not one that this list has answered");
}

Result<> check_range(const std::optional<TimePoint>& from, const std::optional<TimePoint>& to) {
    if (from && to && *to <= *from) return invalid("to", "must be later than from");
    return {};
}

Result<> check_limit(std::int64_t limit) {
    if (limit < 1 || limit > 100) return invalid("limit", "must be 1 to 100");
    return {};
}

bool matches(const dynamo::Item& item, const ListRequest& request) {
    const dynamo::Value* enabled = item.find("enabled");
    const bool* on = enabled == nullptr ? nullptr : enabled->get_if<bool>();
    if (request.enabled && (on == nullptr || *on != *request.enabled)) return false;
    return !request.name || text_of(item, "name") == *request.name;
}

/// How a walk through a query goes.
struct Walk {
    std::int64_t limit = 20;  ///< Items taken.
    /// Items read, about: a page ends there, however few were taken.
    std::int64_t read_max = std::numeric_limits<std::int64_t>::max();
    std::vector<std::string_view> place;  ///< The attributes that a cursor needs.
    bool sifts = false;                   ///< `take` may pass items over.
};

/// Items of one request to the store while sifting.
constexpr std::int64_t sift_batch = 500;

std::string place_of(const dynamo::Item& item, const Walk& walk) {
    dynamo::Item key;
    for (const std::string_view name : walk.place) {
        if (const dynamo::Value* value = item.find(name)) key.set(name, *value);
    }
    return cursor_text(key);
}

/// Goes through a query until enough items were taken; `take` says whether it took one. Answers the
/// cursor of what follows.
template <class Take>
Task<Result<std::optional<std::string>>> go_through(dynamo::Database& database,
                                                    dynamo::QueryRequest query,
                                                    Walk walk,
                                                    Take& take) {
    std::int64_t taken = 0;
    std::int64_t read = 0;
    for (;;) {
        // One more than wanted tells whether anything follows.
        query.limit =
            walk.sifts ? std::min(sift_batch, walk.read_max - read) : walk.limit - taken + 1;
        dynamo::QueryRequest next = query;
        CARILLON_CO_TRY(const dynamo::Page page, co_await database.query(std::move(next)));
        for (std::size_t i = 0; i < page.items.size(); ++i) {
            CARILLON_CO_TRY(const bool took, take(page.items[i]));
            if (!took || ++taken < walk.limit) continue;
            if (i + 1 == page.items.size() && !page.last_key) co_return std::nullopt;
            co_return place_of(page.items[i], walk);
        }
        if (!page.last_key) co_return std::nullopt;
        read += std::max<std::int64_t>(page.scanned_count, 1);
        if (read >= walk.read_max) co_return cursor_text(*page.last_key);
        query.start_key = page.last_key;
    }
}

/// The same from where the caller's cursor says.
template <class Take>
Task<Result<std::optional<std::string>>> go_on_through(dynamo::Database& database,
                                                       dynamo::QueryRequest query,
                                                       std::optional<std::string> cursor,
                                                       Walk walk,
                                                       Take& take) {
    if (!cursor) co_return co_await go_through(database, std::move(query), std::move(walk), take);
    CARILLON_CO_TRY(query.start_key, parse_cursor(*cursor));
    auto done = co_await go_through(database, std::move(query), std::move(walk), take);
    // The store knows the cursor by another name.
    const bool of_cursor = !done && done.error().code == Errc::invalid;
    if (of_cursor) co_return wrong_cursor();
    co_return done;
}

dynamo::SortCondition between(std::string first, std::string last) {
    return {.op = dynamo::SortOperator::between,
            .value = dynamo::Value(std::move(first)),
            .upper = dynamo::Value(std::move(last))};
}

/// Runs' ids begin with the time of their creation.
std::optional<dynamo::SortCondition> ids_between(const std::optional<TimePoint>& from,
                                                 const std::optional<TimePoint>& to) {
    if (!from && !to) return std::nullopt;
    // Behind the last digits of any id of the last millisecond.
    return between(from ? ulid_time(*from) : "0",
                   (to ? ulid_time(*to - Duration{1}) : ulid_time(TimePoint::max())) + "~");
}

dynamo::BoundCondition filter_of(bool enabled) {
    const dynamo::ExpressionNames names{{"#enabled", "enabled"}};
    auto parsed = dynamo::Condition::parse("#enabled = :enabled", names);
    CARILLON_CHECK(parsed.has_value());
    dynamo::BoundCondition out;
    out.expression = *std::move(parsed);
    out.values.emplace_back(":enabled", dynamo::Value(enabled));
    return out;
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
    const auto bytes = base64url_decode(text);
    if (!bytes) return wrong_cursor();
    const auto json = parse_json(*bytes);
    if (!json) return wrong_cursor();
    auto key = dynamo::item_from_typed_json(*json);
    if (!key) return wrong_cursor();
    return *std::move(key);
}

/// Names are unique: it is found by its name's row.
Task<Result<std::optional<Schedule>>> Service::Impl::find_named(std::string tenant,
                                                                const ListRequest& request) {
    dynamo::GetRequest get{.table = tables.names().schedules,
                           .key = name_key(tenant, *request.name)};
    CARILLON_CO_TRY(const auto name, co_await database.get_item(std::move(get)));
    if (!name) co_return std::nullopt;
    auto found = co_await find(std::move(tenant), text_of(*name, "holder"));
    if (!found && found.error().code != Errc::not_found) {
        co_return std::unexpected(std::move(found).error());
    }
    // It may have got another name meanwhile, or gone.
    if (!found || !matches(found->item, request)) co_return std::nullopt;
    co_return std::move(found->stored.schedule);
}

Task<Result<PageOf<Schedule>>> Service::list(std::string tenant, ListRequest request) {
    CARILLON_CO_TRY_VOID(check_limit(request.limit));
    if (request.skip < 0 || request.skip > skip_most) {
        co_return invalid("page", "goes too far; use the cursor");
    }
    PageOf<Schedule> out;
    if (request.name && !request.cursor) {
        CARILLON_CO_TRY(auto named, co_await impl_->find_named(std::move(tenant), request));
        if (named && request.skip == 0) out.items.push_back(*std::move(named));
        co_return out;
    }
    std::int64_t skip = request.skip;
    auto take = [&](const dynamo::Item& item) -> Result<bool> {
        if (!matches(item, request) || skip-- > 0) return false;
        CARILLON_TRY(StoredSchedule stored, schedule_from_item(item));
        out.items.push_back(std::move(stored.schedule));
        return true;
    };
    Walk walk{.limit = request.limit, .place = {"tenant", "sk", "listKey"}};
    walk.sifts = request.enabled || request.name || request.skip > 0;
    if (!request.whole) walk.read_max = impl_->options.page_read_max;
    CARILLON_CO_TRY(out.next_cursor,
                    co_await go_on_through(impl_->database,
                                           schedules_query(impl_->tables.names().schedules, tenant),
                                           request.cursor,
                                           std::move(walk),
                                           take));
    co_return out;
}

Task<Result<std::int64_t>> Service::count(std::string tenant, ListRequest request) {
    if (request.name) {
        CARILLON_CO_TRY(const auto named, co_await impl_->find_named(std::move(tenant), request));
        co_return named ? 1 : 0;
    }
    dynamo::QueryRequest query;
    if (request.enabled) {
        query = schedules_query(impl_->tables.names().schedules, tenant);
        query.filter = filter_of(*request.enabled);
    } else {
        // Each has one name, whose row is a tenth of its own.
        query.table = impl_->tables.names().schedules;
        query.key.hash = tenant;
        query.key.sort =
            dynamo::SortCondition{dynamo::SortOperator::begins_with, dynamo::Value("n#")};
        query.consistent = false;
    }
    // Counted by the store: nothing is sent.
    query.select = dynamo::Select::count;
    std::int64_t total = 0;
    for (;;) {
        dynamo::QueryRequest next = query;
        CARILLON_CO_TRY(const dynamo::Page page, co_await impl_->database.query(std::move(next)));
        total += page.count;
        if (!page.last_key) co_return total;
        query.start_key = page.last_key;
    }
}

RunStatus Service::Impl::status_now(const dynamo::Item& item) const {
    const RunStatus stored = parse_run_status(text_of(item, "status")).value_or(RunStatus::pending);
    if (stored != RunStatus::pending) return stored;
    // A run in an attempt: in this server's hands, or leased by another one.
    const bool held = text_of(item, "state") == "leased" ||
                      runs.running(run_key(text_of(item, "tenant"), text_of(item, "id")));
    return held ? RunStatus::running : stored;
}

Task<Result<PageOf<Run>>> Service::list_runs(std::string tenant, RunsRequest request) {
    CARILLON_CO_TRY_VOID(check_limit(request.limit));
    CARILLON_CO_TRY_VOID(check_range(request.from, request.to));
    const bool by_status = !request.schedule_id && request.status && ended_badly(*request.status);
    Walk walk{.limit = request.limit,
              .read_max = impl_->options.page_read_max,
              .place = {"tenant", "id"}};
    walk.sifts = request.status && !by_status;
    dynamo::QueryRequest query;
    query.table = impl_->tables.names().runs;
    query.forward = false;
    query.key.hash = tenant;
    query.key.sort = ids_between(request.from, request.to);
    if (request.schedule_id) {
        // The index's key is both in one text.
        if (request.schedule_id->find('#') != std::string::npos) {
            co_return invalid("scheduleId", "must be a schedule's id");
        }
        query.index = std::string(by_schedule_index);
        query.key.hash = tenant + "#" + *request.schedule_id;
        query.consistent = false;
        walk.place.emplace_back("scheduleKey");
    } else if (by_status) {
        query.index = std::string(by_status_index);
        query.key.hash = status_key(tenant, *request.status);
        query.consistent = false;
        walk.place.emplace_back("statusKey");
    }
    PageOf<Run> out;
    auto take = [&](const dynamo::Item& item) -> Result<bool> {
        const RunStatus status = impl_->status_now(item);
        if (request.status && status != *request.status) return false;
        CARILLON_TRY(Run run, run_from_item(item));
        run.status = status;
        out.items.push_back(std::move(run));
        return true;
    };
    CARILLON_CO_TRY(out.next_cursor,
                    co_await go_on_through(
                        impl_->database, std::move(query), request.cursor, std::move(walk), take));
    co_return out;
}

Task<Result<PageOf<LedgerRow>>> Service::ledger(std::string tenant,
                                                std::string id,
                                                LedgerRequest request) {
    CARILLON_CO_TRY_VOID(check_limit(request.limit));
    CARILLON_CO_TRY_VOID(check_range(request.from, request.to));
    CARILLON_CO_TRY(const auto found, co_await impl_->find(tenant, id));
    dynamo::QueryRequest query;
    query.table = impl_->tables.names().ledger;
    query.key.hash = tenant + "#" + id;
    query.key.sort = between(request.from ? format_instant(*request.from) : "0",
                             request.to ? format_instant(*request.to - Duration{1}) : ":");
    query.forward = false;
    PageOf<LedgerRow> out;
    auto take = [&](const dynamo::Item& item) -> Result<bool> {
        CARILLON_TRY(LedgerRow row, ledger_from_item(item));
        out.items.push_back(std::move(row));
        return true;
    };
    Walk walk{.limit = request.limit, .place = {"scheduleKey", "at"}};
    CARILLON_CO_TRY(out.next_cursor,
                    co_await go_on_through(
                        impl_->database, std::move(query), request.cursor, std::move(walk), take));
    co_return out;
}

Task<Result<>> Service::remove_calendar(std::string tenant, std::string key, bool force) {
    if (!force) {
        std::string user;
        auto take = [&](const dynamo::Item& item) -> Result<bool> {
            if (!text_of(item, "definition").contains(key)) return false;
            CARILLON_TRY(const StoredSchedule stored, schedule_from_item(item));
            const auto& named = stored.schedule.spec.calendar.holidays;
            if (std::ranges::find(named, key) == named.end()) return false;
            user = stored.schedule.name;
            return true;
        };
        Walk walk{.limit = 1, .place = {"tenant"}, .sifts = true};
        CARILLON_CO_TRY(
            const auto rest,
            co_await go_through(impl_->database,
                                schedules_query(impl_->tables.names().schedules, tenant),
                                std::move(walk),
                                take));
        if (!user.empty()) {
            co_return std::unexpected(Error{
                Errc::condition_failed,
                fmt::format("is used by the schedule '{}', which could not fire without it", user),
                "key"});
        }
    }
    co_return co_await impl_->calendars.remove(std::move(tenant), std::move(key));
}

}  // namespace carillon::schedules
