#include "queue/cursor.hpp"

#include "queue/row_key.hpp"

namespace carillon::queue {

void Cursor::entry_came(const dynamo::Value& sort,
                        const std::string& bytes,
                        const std::string& horizon) {
    if (bytes <= position.at) position = Position{.after = {}, .from = sort, .at = bytes};
    if (bytes <= horizon) exhausted = false;
}

bool Cursor::should_look(TimePoint now, Duration poll_interval) const {
    // A look planned later than one interval ahead dates from before the wall clock was set back.
    return !exhausted || look_at <= now || look_at > now + poll_interval;
}

std::optional<dynamo::QueryRequest> page_query(const RowMap& rows,
                                               const dynamo::Value& partition,
                                               const Position& position,
                                               TimePoint until,
                                               std::size_t limit) {
    dynamo::Value last = rows.due_value(until);
    if (sort_bytes(last) < position.at) return std::nullopt;
    dynamo::QueryRequest query;
    query.table = rows.table();
    query.index = rows.due_index();
    query.key.hash = partition;
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
    query.limit = static_cast<std::int64_t>(limit);
    query.consistent = false;  // The only way an index can be read.
    return query;
}

dynamo::QueryRequest next_query(const RowMap& rows,
                                const dynamo::Value& partition,
                                TimePoint after) {
    dynamo::QueryRequest query;
    query.table = rows.table();
    query.index = rows.due_index();
    query.key.hash = partition;
    dynamo::SortCondition range;
    range.op = dynamo::SortOperator::greater;
    range.value = rows.due_value(after);
    query.key.sort = std::move(range);
    query.limit = 1;
    query.consistent = false;
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
