#include "queue/cursor.hpp"

#include "queue/row_key.hpp"

#include <algorithm>
#include <utility>

namespace carillon::queue {

void Cursor::entry_came(const dynamo::Value& sort,
                        const std::string& bytes,
                        const std::string& horizon) {
    if (bytes <= position.at) position = Position{.after = {}, .from = sort, .at = bytes};
    if (bytes > horizon) return;
    exhausted = false;
    // An index may show it a little later than it was written.
    rest = Duration::zero();
}

void Cursor::entry_came_somewhere(TimePoint due_at, TimePoint seen_by) {
    if (due_at > seen_by) {
        // Not due yet: that it came changes only when to look.
        if (exhausted) look_at = std::min(look_at, due_at);
        waits_until = waits_until ? std::min(*waits_until, due_at) : due_at;
        return;
    }
    came_behind = !exhausted;
    exhausted = false;
}

void Cursor::page_read(Position end, bool more) {
    position = std::move(end);
    exhausted = !more;
    if (sorted || more) return;
    position = Position{};
    if (std::exchange(came_behind, false)) exhausted = false;
}

bool Cursor::should_look(TimePoint now, Duration poll_interval) const {
    // A look planned later than one interval ahead dates from before the wall clock was set back.
    return !exhausted || look_at <= now || look_at > now + std::max(poll_interval, rest);
}

std::optional<dynamo::QueryRequest> page_query(const RowMap& rows,
                                               const Cursor& cursor,
                                               const Position& position,
                                               TimePoint until,
                                               std::size_t limit) {
    dynamo::QueryRequest query;
    query.table = rows.table();
    query.index = rows.due_index();
    query.key.hash = cursor.partition;
    query.limit = static_cast<std::int64_t>(limit);
    query.consistent = false;  // The only way an index can be read.
    if (!cursor.sorted) {
        query.start_key = position.after;
        return query;
    }
    dynamo::Value last = rows.due_value(until);
    if (sort_bytes(last) < position.at) return std::nullopt;
    dynamo::SortCondition range;
    if (position.from) {
        range.op = dynamo::SortOperator::between;
        range.value = *position.from;
        range.upper = std::move(last);
    } else {
        range.op = dynamo::SortOperator::less_equal;
        range.value = std::move(last);
        query.start_key = position.after;
    }
    query.key.sort = std::move(range);
    return query;
}

dynamo::QueryRequest head_query(const RowMap& rows, const dynamo::Value& partition) {
    dynamo::QueryRequest query;
    query.table = rows.table();
    query.index = rows.due_index();
    query.key.hash = partition;
    query.limit = 1;
    query.consistent = false;
    return query;
}

dynamo::QueryRequest next_query(const RowMap& rows,
                                const dynamo::Value& partition,
                                TimePoint after) {
    dynamo::QueryRequest query = head_query(rows, partition);
    dynamo::SortCondition range;
    range.op = dynamo::SortOperator::greater;
    range.value = rows.due_value(after);
    query.key.sort = std::move(range);
    return query;
}

Position position_behind(const dynamo::Item& item,
                         const dynamo::KeySchema& table_key,
                         const dynamo::KeySchema& index_key) {
    Position position;
    dynamo::Item start;
    const auto copy = [&](const dynamo::KeyAttribute& attribute) {
        if (const dynamo::Value* value = item.find(attribute.name))
            start.set(attribute.name, *value);
    };
    copy(table_key.hash);
    if (table_key.sort) copy(*table_key.sort);
    copy(index_key.hash);
    if (index_key.sort) {
        copy(*index_key.sort);
        if (const dynamo::Value* sort = item.find(index_key.sort->name)) {
            position.at = sort_bytes(*sort);
        }
    }
    position.after = std::move(start);
    return position;
}

}  // namespace carillon::queue
