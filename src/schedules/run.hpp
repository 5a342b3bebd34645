// One run of a schedule: an item that becomes due, is attempted, and ends.
//
// A run carries all that it needs (target, payload, policy), so that it is what was decided when it
// fired, whatever becomes of its schedule.

#pragma once

#include "dynamo/item/value.hpp"
#include "schedules/attempts.hpp"
#include "schedules/schedule.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::schedules {

enum class RunStatus : std::uint8_t {
    pending,  ///< Due, or waiting for its next attempt.
    running,  ///< In an attempt now.
    succeeded,
    failed,  ///< Its attempts are spent, or the target refused for good; can be retried.
    cancelled,
    dead,    ///< The server died again and again while attempting it.
    missed,  ///< Nobody attempted it within the policy's catch-up window; can be retried.
};

enum class RunCause : std::uint8_t { schedule, manual, backfill };

inline constexpr std::string_view callers_key = "key:";
inline constexpr std::string_view instants_key = "instant";
/// Of a run's item: its priority, where that is not the normal one. The queue goes by it.
inline constexpr std::string_view priority_attribute = "priority";

struct Run {
    std::string tenant;
    std::string id;  ///< ULID: sorts by creation.
    std::string schedule_id;
    std::string schedule_name{};
    RunCause cause = RunCause::schedule;
    TimePoint fire_at{};  ///< The nominal instant.
    TimePoint due_at{};   ///< With jitter, or when its turn in a catch-up comes.
    RunStatus status = RunStatus::pending;
    int attempts = 0;  ///< Begun.
    TimePoint created_at{};
    std::optional<TimePoint> started_at{};  ///< Of the first attempt.
    std::optional<TimePoint> finished_at{};
    std::int64_t latency_ms = 0;            ///< The first attempt's start after `due_at`.
    std::int64_t duration_ms = 0;           ///< Of the last attempt.
    std::string error{};                    ///< Of the last failed attempt.
    int response_status = 0;                ///< HTTP targets; 0: none.
    std::vector<Attempt> log{};             ///< The latest attempts, the oldest first.
    std::optional<TimePoint> retried_at{};  ///< By hand, the last time.
    std::string retry_reason{};
    std::string correlation_id{};
    std::string causation_id{};
    /// By hand: what makes it the same run when it is asked for again. `callers_key` and the
    /// caller's own, `instants_key` for the instant alone; empty: nothing.
    std::string key{};
    /// The next fire of its schedule may wait for its end, and is woken by it.
    bool awaited = false;

    Target target{};
    boost::json::value payload = nullptr;
    Policy policy{};

    /// `<scheduleId>@<instant>`; with the cause behind it unless that is the schedule, and with the
    /// caller's key or the id where the instant alone does not tell runs by hand apart.
    [[nodiscard]] std::string dedupe_key() const;
};

/// Sets the run's attributes and leaves those of the queue as they are.
void write(dynamo::Item& item, const Run& run);
/// `corrupt` when the item is no run.
[[nodiscard]] Result<Run> run_from_item(const dynamo::Item& item);
[[nodiscard]] boost::json::object to_json(const Run& run);
/// The same with its attempts.
[[nodiscard]] boost::json::object to_full_json(const Run& run);

[[nodiscard]] std::string_view to_string(RunStatus status);
[[nodiscard]] std::optional<RunStatus> parse_run_status(std::string_view text);
[[nodiscard]] std::string_view to_string(RunCause cause);

[[nodiscard]] inline bool has_ended(RunStatus status) {
    return status != RunStatus::pending && status != RunStatus::running;
}

[[nodiscard]] bool ended_badly(RunStatus status);

/// Of the index of runs that ended badly.
[[nodiscard]] std::string status_key(std::string_view tenant, RunStatus status);

}  // namespace carillon::schedules
