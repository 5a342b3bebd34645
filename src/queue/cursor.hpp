// Where a scan of one partition of the due index stands, and when to look again. Pure.

#pragma once

#include "core/time.hpp"
#include "dynamo/database.hpp"
#include "queue/row.hpp"

#include <optional>
#include <string>

namespace carillon::queue {

/// A place between two entries of a partition.
struct Position {
    std::optional<dynamo::Item> after{};  ///< Behind this entry (its start key) ...
    std::optional<dynamo::Value> from{};  ///< ... or before all entries of this sort key ...
    std::string at{};                     ///< sort_bytes of either; empty: before everything.
};

struct Cursor {
    dynamo::Value partition;
    State state = State::ready;
    std::size_t band = 1;  ///< RowMap::band.
    /// Everything before it has been seen.
    Position position{};
    bool exhausted = false;    ///< At the last look nothing more was due.
    bool sorted = true;        ///< Otherwise the partition is in no order that tells what is due.
    bool came_behind = false;  ///< Unsorted: something came in since this reading began.
    /// Unsorted: when the first of the entries that were passed over as not due is due.
    std::optional<TimePoint> waits_until{};
    TimePoint look_at{};  ///< Then the next look is due here.
    bool idle = false;    ///< The last look found nothing to do.
    bool others = false;  ///< It found rows of other processes.
    Duration rest{};      ///< How far ahead the next look was planned.

    /// An entry came in at `sort`: if that is behind the position, it goes back there.
    /// `horizon` is the last sort key that the next look in time would see.
    void entry_came(const dynamo::Value& sort,
                    const std::string& bytes,
                    const std::string& horizon);
    /// Unsorted: an entry that is due then came in, somewhere. It is seen by the next reading.
    void entry_came_somewhere(TimePoint due_at, TimePoint seen_by);
    /// A page was read up to `end`; `more`: there may be more behind it.
    void page_read(Position end, bool more);
    [[nodiscard]] bool should_look(TimePoint now, Duration poll_interval) const;
};

/// The query for entries behind `position` up to `until`, all of them if the partition is not
/// sorted; nothing when there cannot be any.
[[nodiscard]] std::optional<dynamo::QueryRequest> page_query(const RowMap& rows,
                                                             const Cursor& cursor,
                                                             const Position& position,
                                                             TimePoint until,
                                                             std::size_t limit);
/// The query for the very first entry.
[[nodiscard]] dynamo::QueryRequest head_query(const RowMap& rows, const dynamo::Value& partition);
/// The query for the first entry later than `after`.
[[nodiscard]] dynamo::QueryRequest next_query(const RowMap& rows,
                                              const dynamo::Value& partition,
                                              TimePoint after);
/// The place behind `item`.
[[nodiscard]] Position position_behind(const dynamo::Item& item,
                                       const dynamo::KeySchema& table_key,
                                       const dynamo::KeySchema& index_key);

}  // namespace carillon::queue
