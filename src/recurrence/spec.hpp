// What a user says about when something is to run, as a plain value.
//
// Made from JSON by read_spec and written back by to_json; Recurrence::compile (recurrence.hpp)
// turns it into something that can be evaluated. Stored schedules keep the spec, not what it
// compiles to.

#pragma once

#include "core/json_reader.hpp"
#include "core/time.hpp"
#include "recurrence/calendar.hpp"
#include "recurrence/daylight.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace carillon::recurrence {

/// A cron expression, or `@every 15m`, which is an interval.
struct CronTrigger {
    std::string cron;

    bool operator==(const CronTrigger&) const = default;
};

/// `FREQ=...` alone, or lines of DTSTART, RRULE, RDATE and EXDATE.
struct RruleTrigger {
    std::string rrule;

    bool operator==(const RruleTrigger&) const = default;
};

/// Equal steps of elapsed time. With a phase the steps count from 1970-01-01T00:00Z plus the phase,
/// else from the start bound or, without one, from the creation.
struct IntervalTrigger {
    Duration every{};
    std::optional<Duration> phase{};

    bool operator==(const IntervalTrigger&) const = default;
};

/// Counted from the end of the previous run.
struct FixedDelayTrigger {
    Duration delay{};

    bool operator==(const FixedDelayTrigger&) const = default;
};

/// An instant (`2026-12-24T18:00:00Z`), or a reading of the schedule's zone (without Z or offset).
struct OneShotTrigger {
    std::string start_at;

    bool operator==(const OneShotTrigger&) const = default;
};

using Trigger =
    std::variant<CronTrigger, RruleTrigger, IntervalTrigger, FixedDelayTrigger, OneShotTrigger>;

struct Bounds {
    std::optional<TimePoint> start{};  ///< Nothing earlier.
    std::optional<TimePoint> end{};    ///< Nothing at this instant or later.
    std::optional<std::int64_t> count_max{};

    bool operator==(const Bounds&) const = default;
};

struct Spec {
    Trigger trigger{};
    std::string tz = "UTC";
    /// Unset: `after` and `first`; for rules that run in every hour `skip` and `both`, that is
    /// elapsed time (daylight.hpp).
    std::optional<Skipped> skipped{};
    std::optional<Doubled> doubled{};
    CalendarSpec calendar{};
    Bounds bounds{};
    Duration jitter_max{};

    /// Not the user's words, but part of what they mean: when the schedule was created, and what
    /// `H` and jitter are spread by.
    TimePoint created_at{};
    std::string id{};

    bool operator==(const Spec&) const = default;
};

inline constexpr std::int64_t occurrences_max = 100'000;

/// Takes `trigger`, `tz`, `daylightSaving`, `calendar`, `bounds` and `jitter` out of an object that
/// may hold other things. `created_at` and `id` are the caller's. Whether the rules make sense is
/// for Recurrence::compile to say.
[[nodiscard]] Spec read_spec(JsonFields& fields, std::string_view default_tz = "UTC");

/// The same members, without those that say nothing.
[[nodiscard]] json::object to_json(const Spec& spec);

/// `CRON`, `RRULE`, `INTERVAL`, `FIXED_DELAY` or `ONE_SHOT`.
[[nodiscard]] std::string_view type_of(const Trigger& trigger);

}  // namespace carillon::recurrence
