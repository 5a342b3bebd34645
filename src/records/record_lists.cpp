// Reading many records, and moving single ones between the states of processing.

#include "core/check.hpp"
#include "dynamo/page_key.hpp"
#include "queue/row_changes.hpp"
#include "records/conditions.hpp"
#include "records/record_table.hpp"

#include <algorithm>
#include <utility>

namespace carillon::records {

using dynamo::Item;
using dynamo::Value;

namespace {

constexpr int limit_max = 1'000;
constexpr int transition_tries = 5;

Result<> check_limit(int limit) {
    if (limit < 1 || limit > limit_max) return invalid("limit", "must be from 1 to 1000");
    return {};
}

Result<dynamo::PageKey> place_of(const std::optional<std::string>& cursor) {
    if (!cursor) return dynamo::PageKey{};
    return dynamo::decode_page_key(*cursor, "cursor");
}

queue::State queue_state(WorkState state) {
    switch (state) {
        case WorkState::unprocessed:
            return queue::State::ready;
        case WorkState::processed:
            return queue::State::done;
        case WorkState::in_hand:
            return queue::State::leased;
        case WorkState::quarantined:
            return queue::State::failed;
    }
    return queue::State::ready;
}

WorkState work_state(queue::State state) {
    switch (state) {
        case queue::State::ready:
            return WorkState::unprocessed;
        case queue::State::done:
            return WorkState::processed;
        case queue::State::leased:
            return WorkState::in_hand;
        case queue::State::failed:
        case queue::State::suspended:
            return WorkState::quarantined;
    }
    return WorkState::unprocessed;
}

RecordPage page_of(dynamo::Page read, std::size_t partition) {
    RecordPage page;
    page.items = std::move(read.items);
    if (read.last_key) {
        page.next = dynamo::encode({.partition = partition, .last = std::move(read.last_key)});
    }
    return page;
}

}  // namespace

Task<Result<RecordPage>> RecordTable::query(RecordQuery query) {
    CARILLON_CO_TRY_VOID(check_limit(query.limit));
    CARILLON_CO_TRY(dynamo::PageKey place, place_of(query.cursor));
    dynamo::QueryRequest request;
    request.table = model_.table;
    request.index = std::move(query.index);
    request.key = std::move(query.key);
    request.forward = query.forward;
    request.limit = query.limit;
    request.start_key = std::move(place.last);
    request.consistent = query.consistent;
    CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(std::move(request)));
    co_return page_of(std::move(page), 0);
}

Task<Result<RecordPage>> RecordTable::scan(int limit, std::optional<std::string> cursor) {
    CARILLON_CO_TRY_VOID(check_limit(limit));
    CARILLON_CO_TRY(dynamo::PageKey place, place_of(cursor));
    dynamo::ScanRequest request;
    request.table = model_.table;
    request.limit = limit;
    request.start_key = std::move(place.last);
    CARILLON_CO_TRY(dynamo::Page page, co_await database_.scan(std::move(request)));
    co_return page_of(std::move(page), 0);
}

Result<> RecordTable::needs_work() const {
    if (rows_) return {};
    return fail(Errc::invalid,
                "table " + model_.table + " does not say which of its records are processed");
}

Result<WorkState> RecordTable::state_of(const Item& item) const {
    CARILLON_TRY_VOID(needs_work());
    CARILLON_TRY(const queue::RowState row, rows_->read(item));
    return work_state(row.state);
}

std::vector<Value> RecordTable::partitions(WorkState state) const {
    return rows_->partitions(queue_state(state));
}

Task<Result<RecordPage>> RecordTable::list(WorkState state,
                                           int limit,
                                           std::optional<std::string> cursor) {
    CARILLON_CO_TRY_VOID(needs_work());
    CARILLON_CO_TRY_VOID(check_limit(limit));
    if (state == WorkState::processed && model_.work.layout == WorkLayout::sharded) {
        co_return co_await list_by_scan(state, limit, std::move(cursor));
    }
    CARILLON_CO_TRY(dynamo::PageKey place, place_of(cursor));
    const std::vector<Value> keys = partitions(state);
    RecordPage page;
    for (; place.partition < keys.size(); ++place.partition) {
        dynamo::QueryRequest request;
        request.table = model_.table;
        request.index = rows_->due_index();
        request.key.hash = keys[place.partition];
        request.limit = limit - static_cast<std::int64_t>(page.items.size());
        request.start_key = std::exchange(place.last, std::nullopt);
        request.consistent = false;  // The only way an index can be read.
        CARILLON_CO_TRY(dynamo::Page read, co_await database_.query(std::move(request)));
        std::ranges::move(read.items, std::back_inserter(page.items));
        if (read.last_key) {
            page.next =
                dynamo::encode({.partition = place.partition, .last = std::move(read.last_key)});
            co_return page;
        }
        if (std::cmp_equal(page.items.size(), limit) && place.partition + 1 < keys.size()) {
            page.next = dynamo::encode({.partition = place.partition + 1});
            co_return page;
        }
    }
    co_return page;
}

Task<Result<RecordPage>> RecordTable::list_by_scan(WorkState state,
                                                   int limit,
                                                   std::optional<std::string> cursor) {
    CARILLON_CO_TRY(dynamo::PageKey place, place_of(cursor));
    RecordPage page;
    do {
        dynamo::ScanRequest request;
        request.table = model_.table;
        request.limit = limit - static_cast<std::int64_t>(page.items.size());
        request.start_key = std::exchange(place.last, std::nullopt);
        CARILLON_CO_TRY(dynamo::Page read, co_await database_.scan(std::move(request)));
        for (Item& item : read.items) {
            const auto found = state_of(item);
            if (found && *found == state) page.items.push_back(std::move(item));
        }
        place.last = std::move(read.last_key);
    } while (place.last && std::cmp_less(page.items.size(), limit));
    if (place.last) page.next = dynamo::encode({.last = std::move(place.last)});
    co_return page;
}

Task<Result<std::int64_t>> RecordTable::count(WorkState state) {
    CARILLON_CO_TRY_VOID(needs_work());
    std::int64_t records = 0;
    if (state == WorkState::processed && model_.work.layout == WorkLayout::sharded) {
        std::optional<std::string> next;
        do {
            CARILLON_CO_TRY(RecordPage page, co_await list(state, limit_max, std::move(next)));
            records += static_cast<std::int64_t>(page.items.size());
            next = std::move(page.next);
        } while (next);
        co_return records;
    }
    for (Value& partition : partitions(state)) {
        std::optional<Item> last;
        do {
            dynamo::QueryRequest request;
            request.table = model_.table;
            request.index = rows_->due_index();
            request.key.hash = partition;
            request.start_key = std::move(last);
            request.consistent = false;
            request.select = dynamo::Select::count;
            CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(std::move(request)));
            records += page.count;
            last = std::move(page.last_key);
        } while (last);
    }
    co_return records;
}

/// Writes the state if the record is in one that `from` allows. The state that it was in.
Task<Result<queue::State>> RecordTable::transition(Item key,
                                                   queue::RowState to,
                                                   std::vector<queue::State> from) {
    CARILLON_CO_TRY_VOID(needs_work());
    queue::RowChanges changes(*rows_);
    for (int tries = 0; tries < transition_tries; ++tries) {
        CARILLON_CO_TRY(const auto stored, co_await get(key));
        if (!stored) co_return fail(Errc::not_found, "there is no such record");
        CARILLON_CO_TRY(const queue::RowState row, rows_->read(*stored));
        if (std::ranges::find(from, row.state) == from.end()) co_return row.state;
        Item after = *stored;
        after.erase(error_attribute);
        if (!model_.updated_attribute.empty()) {
            after.set(model_.updated_attribute, format_instant(clock_.now()));
        }
        rows_->write(after, to);
        auto update = std::get<dynamo::UpdateRequest>(changes.between(*stored, after));
        auto written = co_await database_.update_item(std::move(update));
        if (written) co_return row.state;
        if (written.error().code != Errc::condition_failed) {
            co_return std::unexpected(std::move(written).error());
        }
    }
    co_return fail(Errc::condition_failed, "others write this record all the time; try again");
}

Task<Result<Marked>> RecordTable::mark_processed(Item key) {
    const queue::RowState done{.state = queue::State::done};
    std::vector<queue::State> from{
        queue::State::ready, queue::State::failed, queue::State::suspended};
    CARILLON_CO_TRY(const queue::State was,
                    co_await transition(std::move(key), done, std::move(from)));
    if (was == queue::State::done) co_return Marked::already;
    co_return was == queue::State::leased ? Marked::in_hand : Marked::marked;
}

Task<Result<bool>> RecordTable::requeue(Item key) {
    const queue::RowState ready{.state = queue::State::ready, .due_at = clock_.now()};
    std::vector<queue::State> from{
        queue::State::done, queue::State::failed, queue::State::suspended};
    CARILLON_CO_TRY(const queue::State was,
                    co_await transition(std::move(key), ready, std::move(from)));
    co_return was != queue::State::ready&& was != queue::State::leased;
}

}  // namespace carillon::records
