#include "outbox/event_store.hpp"

#include "bus/in_process.hpp"
#include "core/check.hpp"
#include "core/id.hpp"
#include "dynamo/ensure_table.hpp"
#include "dynamo/item/json.hpp"
#include "dynamo/page_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace carillon::outbox {
namespace {

using dynamo::Item;
using dynamo::Value;

dynamo::Condition parsed(std::string_view text, const dynamo::ExpressionNames& names = {}) {
    auto condition = dynamo::Condition::parse(text, names);
    CARILLON_CHECK(condition.has_value());
    return *std::move(condition);
}

std::unexpected<Error> too_many(std::size_t count) {
    return fail(
        Errc::too_large,
        fmt::format(
            "Cannot publish {} events because the batch size limit is {}.", count, emit_max));
}

Item key_of(const Item& item) {
    Item key;
    key.set("id", *item.find("id"));
    return key;
}

bool may_change(EventStatus status, bool remove) {
    return status == EventStatus::failed || status == EventStatus::parked ||
           (remove && status == EventStatus::completed);
}

}  // namespace

EventStore::EventStore(dynamo::Database& database,
                       const EventRows& rows,
                       const runtime::Clock& clock,
                       Random& random)
    : database_(database),
      rows_(rows),
      clock_(clock),
      random_(random),
      order_(database, rows, clock),
      absent_{parsed("attribute_not_exists(id)")},
      outside_{parsed("#status = :status AND attribute_not_exists(gsiSortKey)",
                      {{"#status", "status"}})} {}

Task<Result<>> EventStore::prepare() {
    CARILLON_CO_TRY_VOID(co_await dynamo::ensure_table(database_, rows_.layout().schema()));
    co_return Result<>{};
}

Result<dynamo::PutRequest> EventStore::put_of(Event& event) {
    CARILLON_TRY_VOID(check_event(event));
    if (event.id.empty()) event.id = uuid4(random_);
    const TimePoint now = clock_.now();
    dynamo::PutRequest put;
    put.table = rows_.table();
    CARILLON_TRY(put.item, to_item(event, now));
    TimePoint due_at = event.due_at.value_or(now);
    // In the seed's tables an event of the future is a delayed one.
    const bool seeds = rows_.layout().generation != Generation::sharded;
    if (seeds && !event.due_at && event.occurred_at) due_at = std::max(now, *event.occurred_at);
    const Layout& layout = rows_.layout();
    if (layout.ordered && !event.key.empty()) {
        put.item.set(ordered_by_attribute, event.key);
        put.item.set(ordered_at_attribute, stamps_.next(now, event.id));
        if (!database_.capabilities().exclusive)
            due_at = std::max(due_at, now + layout.order_delay);
    }
    rows_.write(put.item, {.state = queue::State::ready, .due_at = due_at});
    put.condition = absent_;
    return put;
}

Result<std::vector<Emitted>> EventStore::emit(std::vector<Event> events,
                                              dynamo::WriteUnit& transaction) {
    if (events.size() + transaction.size() > emit_max) {
        return too_many(events.size() + transaction.size());
    }
    std::vector<Emitted> emitted;
    dynamo::WriteUnit writes;
    for (Event& event : events) {
        CARILLON_TRY(dynamo::PutRequest put, put_of(event));
        emitted.push_back({.id = event.id});
        writes.emplace_back(std::move(put));
    }
    std::ranges::move(writes, std::back_inserter(transaction));
    return emitted;
}

Task<Result<std::vector<Emitted>>> EventStore::emit(std::vector<Event> events) {
    if (events.size() > emit_max) co_return too_many(events.size());
    std::vector<Emitted> emitted;
    std::vector<dynamo::PutRequest> puts;
    for (Event& event : events) {
        CARILLON_CO_TRY(dynamo::PutRequest put, put_of(event));
        for (const Emitted& other : emitted) {
            if (other.id == event.id) co_return invalid("id", "is given twice: " + event.id);
        }
        emitted.push_back({.id = event.id});
        puts.push_back(std::move(put));
    }
    constexpr int tries_max = 5;
    for (int tries = 0; tries < tries_max && !puts.empty(); ++tries) {
        auto written = co_await write(puts);
        if (written) co_return emitted;
        if (written.error().code != Errc::condition_failed) {
            co_return std::unexpected(std::move(written).error());
        }
        CARILLON_CO_TRY(const bool left, co_await drop_existing(puts, emitted));
        if (!left) break;
    }
    co_return emitted;
}

Task<Result<>> EventStore::write(std::vector<dynamo::PutRequest> puts) {
    if (puts.size() == 1) {
        auto put = co_await database_.put_item(std::move(puts.front()));
        if (!put) co_return std::unexpected(std::move(put).error());
        co_return Result<>{};
    }
    if (database_.capabilities().transactions) {
        dynamo::WriteUnit unit;
        for (dynamo::PutRequest& put : puts) unit.emplace_back(std::move(put));
        co_return co_await database_.transact_write(std::move(unit));
    }
    std::vector<dynamo::WriteUnit> units;
    for (dynamo::PutRequest& put : puts) units.emplace_back().emplace_back(std::move(put));
    auto answers = co_await database_.update_batch(std::move(units));
    for (Result<>& answer : answers) {
        if (!answer) co_return std::move(answer);
    }
    co_return Result<>{};
}

Task<Result<bool>> EventStore::drop_existing(std::vector<dynamo::PutRequest>& puts,
                                             std::vector<Emitted>& emitted) {
    std::vector<dynamo::PutRequest> left;
    for (dynamo::PutRequest& put : puts) {
        dynamo::GetRequest get;
        get.table = rows_.table();
        get.key.set("id", *put.item.find("id"));
        CARILLON_CO_TRY(const auto stored, co_await database_.get_item(std::move(get)));
        if (!stored) {
            left.push_back(std::move(put));
            continue;
        }
        const std::string& id = *put.item.find("id")->string();
        for (const std::string_view name : {"type", "payload"}) {
            const dynamo::Value* there = stored->find(name);
            if (there != nullptr && *there == *put.item.find(name)) continue;
            co_return fail(Errc::already_exists,
                           fmt::format("another event has the id {}: its {} differs", id, name));
        }
        std::ranges::find(emitted, id, &Emitted::id)->existed = true;
    }
    puts = std::move(left);
    co_return !puts.empty();
}

Task<Result<Event>> EventStore::get(std::string id) {
    dynamo::GetRequest request;
    request.table = rows_.table();
    request.key.set("id", id);
    CARILLON_CO_TRY(const auto item, co_await database_.get_item(std::move(request)));
    if (!item) co_return fail(Errc::not_found, "there is no event " + id);
    co_return from_item(*item, rows_.layout());
}

Task<Result<EventPage>> EventStore::list(Listing listing) {
    if (listing.limit < 1 || listing.limit > 1'000) {
        co_return invalid("limit", "must be from 1 to 1000");
    }
    dynamo::PageKey place;
    if (listing.start_key) {
        CARILLON_CO_TRY(place, dynamo::decode_page_key(*listing.start_key));
    }
    const auto partitions = rows_.layout().partitions(listing.status);
    const bool beyond_index = listing.status == EventStatus::completed ||
                              (listing.unindexed && listing.status == EventStatus::failed &&
                               rows_.layout().generation != Generation::sharded);
    const std::size_t places = partitions.size() + (beyond_index ? 1 : 0);
    EventPage page;
    for (; place.partition < places; ++place.partition, place.last.reset()) {
        if (std::cmp_greater_equal(page.events.size(), listing.limit)) break;
        if (place.partition < partitions.size()) {
            CARILLON_CO_TRY_VOID(
                co_await read_index(listing, partitions[place.partition], place.last, page));
        } else {
            CARILLON_CO_TRY_VOID(co_await read_table(listing, place.last, page));
        }
        if (place.last) break;
    }
    if (place.partition < places) page.next_key = dynamo::encode(place);
    co_return page;
}

bool EventStore::take(const Listing& listing, const Item& item, EventPage& page) const {
    auto event = from_item(item, rows_.layout());
    if (!event || event->status != listing.status || !bus::matches(listing.type, event->type)) {
        return false;
    }
    if (!listing.behind_others && item.find(behind_attribute) != nullptr) return false;
    page.events.push_back(*std::move(event));
    return std::cmp_greater_equal(page.events.size(), listing.limit);
}

Task<Result<>> EventStore::read_index(const Listing& listing,
                                      std::string partition,
                                      std::optional<Item>& last,
                                      EventPage& page) {
    const Value hash = std::move(partition);
    do {
        dynamo::QueryRequest query;
        query.table = rows_.table();
        query.index = rows_.due_index();
        query.key.hash = hash;
        query.forward = listing.status == EventStatus::created;
        query.consistent = false;
        query.limit = listing.limit - static_cast<std::int64_t>(page.events.size());
        query.start_key = std::move(last);
        CARILLON_CO_TRY(dynamo::Page found, co_await database_.query(std::move(query)));
        for (const Item& item : found.items) (void)take(listing, item, page);
        last = std::move(found.last_key);
    } while (last && std::cmp_less(page.events.size(), listing.limit));
    co_return Result<>{};
}

/// Completed events stand in no index, and the seed's workers take failed ones out of it: they are
/// looked for in the table, in no order.
Task<Result<>> EventStore::read_table(const Listing& listing,
                                      std::optional<Item>& last,
                                      EventPage& page) {
    constexpr std::int64_t rows_per_request = 1'000;
    const Value status = rows_.layout().stored(listing.status);
    do {
        dynamo::ScanRequest scan;
        scan.table = rows_.table();
        scan.limit = rows_per_request;
        scan.filter = dynamo::BoundCondition{outside_, {{":status", status}}};
        scan.start_key = std::move(last);
        CARILLON_CO_TRY(dynamo::Page found, co_await database_.scan(std::move(scan)));
        last = std::move(found.last_key);
        for (const Item& item : found.items) {
            if (!take(listing, item, page)) continue;
            if (&item != &found.items.back()) last = key_of(item);
            co_return Result<>{};
        }
    } while (last);
    co_return Result<>{};
}

Task<Result<ChangeReport>> EventStore::retry(std::vector<std::string> ids) {
    ChangeReport report;
    std::vector<Event> events;
    for (std::string& id : ids) events.push_back({.id = std::move(id)});
    CARILLON_CO_TRY_VOID(co_await change(std::move(events), false, report));
    co_return report;
}

Task<Result<ChangeReport>> EventStore::retry_all(Listing listing) {
    if (!may_change(listing.status, false)) {
        co_return invalid("status", "must be failed or parked");
    }
    ChangeReport report;
    listing.limit = 100;
    do {
        Listing next = listing;
        CARILLON_CO_TRY(EventPage page, co_await list(std::move(next)));
        listing.start_key = std::move(page.next_key);
        CARILLON_CO_TRY_VOID(co_await change(std::move(page.events), false, report));
    } while (listing.start_key);
    co_return report;
}

Task<Result<ChangeReport>> EventStore::purge(Listing listing, std::optional<TimePoint> before) {
    if (!may_change(listing.status, true)) {
        co_return invalid("status", "must be failed, parked or completed");
    }
    ChangeReport report;
    listing.limit = 100;
    do {
        Listing next = listing;
        CARILLON_CO_TRY(EventPage page, co_await list(std::move(next)));
        listing.start_key = std::move(page.next_key);
        std::erase_if(page.events, [&](const Event& event) {
            return before && event.occurred_at && *event.occurred_at >= *before;
        });
        CARILLON_CO_TRY_VOID(co_await change(std::move(page.events), true, report));
    } while (listing.start_key);
    co_return report;
}

/// Each as it is stored now, and only if nobody changes it in between.
Task<Result<>> EventStore::change(std::vector<Event> events, bool remove, ChangeReport& report) {
    std::vector<dynamo::WriteUnit> units;
    std::set<std::string> keys;  // Whose lines lose an event.
    for (const Event& event : events) {
        dynamo::GetRequest get;
        get.table = rows_.table();
        get.key.set("id", event.id);
        dynamo::Item key = get.key;
        CARILLON_CO_TRY(auto item, co_await database_.get_item(std::move(get)));
        if (!item) {
            ++report.missing;
            continue;
        }
        const auto stored = from_item(*item, rows_.layout());
        if (!stored || !may_change(stored->status, remove)) {
            ++report.skipped;
            continue;
        }
        const dynamo::BoundCondition condition = rows_.unchanged(*item);
        if (remove) {
            if (is_ordered(*item)) keys.insert(*item->find(ordered_by_attribute)->string());
            dynamo::DeleteRequest request;
            request.table = rows_.table();
            request.key = std::move(key);
            request.condition = condition;
            units.emplace_back().emplace_back(std::move(request));
            continue;
        }
        for (const std::string_view name : {std::string_view("lastError"),
                                            std::string_view("nextRetryAt"),
                                            std::string_view("startedOn"),
                                            postponed_attribute,
                                            parked_attribute}) {
            item->erase(name);
        }
        rows_.write(*item, {.state = queue::State::ready, .due_at = clock_.now()});
        dynamo::PutRequest request;
        request.table = rows_.table();
        request.item = *std::move(item);
        request.condition = condition;
        units.emplace_back().emplace_back(std::move(request));
    }
    if (units.empty()) co_return Result<>{};
    CARILLON_CO_TRY_VOID(co_await write_changes(std::move(units), report));
    for (const std::string& key : keys) CARILLON_CO_TRY_VOID(co_await order_.bring_back_first(key));
    co_return Result<>{};
}

Task<Result<>> EventStore::write_changes(std::vector<dynamo::WriteUnit> units,
                                         ChangeReport& report) {
    auto answers = co_await database_.update_batch(std::move(units));
    for (Result<>& answer : answers) {
        if (answer) {
            ++report.count;
        } else if (answer.error().code == Errc::condition_failed) {
            ++report.skipped;
        } else {
            co_return std::move(answer);
        }
    }
    co_return Result<>{};
}

}  // namespace carillon::outbox
