// The three tables of this module, and how schedules and ledger entries lie in them.
//
// `schedules`: hash key tenant; sort key `s#<id>` for schedules (items of a queue: due when their
// cursor is), `n#<name>` for the names that are taken, `c#<key>` for calendars. `runs`: hash key
// tenant, sort key id (items of a queue). `ledger`: hash key `<tenant>#<scheduleId>`, sort key the
// nominal instant; and, under `<tenant>#<scheduleId>#runs`, the dedupe keys of runs that were made
// by hand and by backfills. Every key begins with the tenant, which holds no `#`.

#pragma once

#include "dynamo/database.hpp"
#include "queue/sharded_rows.hpp"
#include "schedules/plan.hpp"
#include "schedules/run.hpp"

#include <string>

namespace carillon::schedules {

struct TableNames {
    std::string schedules = "schedules";
    std::string runs = "schedule-runs";
    std::string ledger = "schedule-ledger";
};

/// A schedule with what the firing needs to remember of it.
struct StoredSchedule {
    Schedule schedule;
    std::optional<TimePoint> cursor{};  ///< The next instant that the ledger does not tell of.
    /// The ledger tells of everything up to here, also of rules from before an edit: the cursor
    /// never goes back behind it.
    TimePoint decided_until{};
    TimePoint paused_until{};
    TimePoint catch_up_at{};
    std::optional<TimePoint> waiting_since{};
    std::string last_run{};     ///< Id; empty: none yet.
    bool awaiting_run = false;  ///< FIXED_DELAY: the cursor counts from the end of `last_run`.
    int looks = 0;              ///< In vain, while a fire waits for the run before it.
    std::int64_t faults = 0;    ///< Tries in a row that ended in `schedule.fault`.
};

class Tables {
public:
    explicit Tables(TableNames names);

    [[nodiscard]] const TableNames& names() const { return names_; }

    [[nodiscard]] const queue::ShardedRows& schedule_rows() const { return schedule_rows_; }

    [[nodiscard]] const queue::ShardedRows& run_rows() const { return run_rows_; }

    [[nodiscard]] std::vector<dynamo::TableSchema> schemas() const;

private:
    TableNames names_;
    queue::ShardedRows schedule_rows_;
    queue::ShardedRows run_rows_;
};

inline constexpr std::string_view created_index = "created";
inline constexpr std::string_view by_schedule_index = "bySchedule";
/// Of runs that ended badly: those that people look for.
inline constexpr std::string_view by_status_index = "byStatus";

[[nodiscard]] dynamo::Item schedule_key(std::string_view tenant, std::string_view id);
[[nodiscard]] dynamo::Item name_key(std::string_view tenant, std::string_view name);
[[nodiscard]] dynamo::Item calendar_key(std::string_view tenant, std::string_view key);
[[nodiscard]] dynamo::Item run_key(std::string_view tenant, std::string_view id);

/// Sets the schedule's attributes and leaves those of the queue as they are.
void write(dynamo::Item& item, const StoredSchedule& stored);
[[nodiscard]] Result<StoredSchedule> schedule_from_item(const dynamo::Item& item);

[[nodiscard]] dynamo::Item dedupe_key_of(std::string_view tenant,
                                         std::string_view schedule,
                                         std::string_view key);

/// A row of the ledger, with the run that it led to.
struct LedgerRow {
    LedgerEntry entry;
    std::string run_id{};
    TimePoint written_at{};
};

[[nodiscard]] dynamo::Item to_item(const Schedule& schedule, const LedgerRow& row);
[[nodiscard]] Result<LedgerRow> ledger_from_item(const dynamo::Item& item);
[[nodiscard]] boost::json::object to_json(const LedgerRow& row);
/// What is told of an instant that is not decided yet.
[[nodiscard]] boost::json::object to_json(const LedgerEntry& entry);

}  // namespace carillon::schedules
