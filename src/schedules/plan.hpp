// What a due schedule does next: the rules of misfire, overlap and pause, apart from storage.
//
// A schedule's cursor stands on the next nominal instant of which the ledger does not tell. A plan
// takes the instants from there to the present, in order, says of each what becomes of it, and
// where the cursor stands then. Each instant is decided once; firing.cpp writes a plan in one
// transaction.

#pragma once

#include "recurrence/recurrence.hpp"
#include "schedules/schedule.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace carillon::schedules {

enum class LedgerOutcome : std::uint8_t {
    fired,      ///< In time.
    late,       ///< Less late than the policy's grace, or after waiting for the run before it.
    caught_up,  ///< Missed, and run afterwards.
    skipped,    ///< Not run; the reason says why.
};

enum class SkipReason : std::uint8_t { none, misfire, overlap, paused, calendar };

/// One nominal instant and what becomes of it.
struct LedgerEntry {
    TimePoint nominal{};
    LedgerOutcome outcome = LedgerOutcome::fired;
    SkipReason reason = SkipReason::none;
    std::optional<TimePoint> run_at{};  ///< When its run is due; none: it does not run.
    bool operator==(const LedgerEntry&) const = default;
};

/// A schedule's rule, and what it would be without its calendar where that leaves occurrences out:
/// the ledger tells of those too.
struct Rule {
    recurrence::Recurrence effective;
    std::optional<recurrence::Recurrence> nominal{};

    [[nodiscard]] static Result<Rule> compile(const recurrence::Spec& spec,
                                              const recurrence::OwnCalendars& own);

    /// The next instant that the ledger tells of.
    [[nodiscard]] Result<std::optional<TimePoint>> next(TimePoint after) const;
    [[nodiscard]] Result<bool> left_out(TimePoint nominal_instant) const;
};

/// Fires decided at a time: each takes two writes of a transaction of at most 100.
inline constexpr std::size_t plan_entries_max = 40;

struct Situation {
    TimePoint now{};
    TimePoint cursor{};        ///< The first instant that is not decided.
    TimePoint paused_until{};  ///< Instants before it passed while the schedule was paused.
    TimePoint catch_up_at{};   ///< When the next run of a missed fire may start.
    /// Since when fires wait for the run before them; they are late then, not missed.
    std::optional<TimePoint> waiting_since{};
    bool previous_active = false;
    int looks = 0;  ///< How often in a row a fire that waits has looked in vain.
    std::size_t entries_max = plan_entries_max;  ///< Decided at a time, at least 1.
};

struct Plan {
    std::vector<LedgerEntry> entries{};
    std::optional<TimePoint> cursor{};  ///< None: it will not fire again.
    TimePoint look_at{};                ///< When to plan again.
    TimePoint catch_up_at{};
    std::optional<TimePoint> waiting_since{};
    bool cancel_previous = false;
    int looks = 0;
};

/// A fire is decided a little before its instant, so that its run is stored and in a worker's hands
/// when it is due: at most so much. Edits wait until decided instants have passed.
inline constexpr Duration ahead_most{250};

/// When to decide about a nominal instant: together with its neighbours.
[[nodiscard]] TimePoint decide_at(const Schedule& schedule, TimePoint nominal);

/// The present that a plan is made for: `now`, or the cursor's instant when that is decided ahead.
/// Not while the run before it goes on and its end matters: it may end in time.
[[nodiscard]] TimePoint present_of(const Schedule& schedule,
                                   TimePoint cursor,
                                   TimePoint now,
                                   bool previous_active);

/// How long a fire that has looked so often in vain waits before it looks again whether the run
/// before it has ended: 250 ms at first, 10 s at most. The end of the run wakes it sooner, so this
/// is for servers that die between the two.
[[nodiscard]] Duration waiting_pause(int looks);

/// `invalid` when the rule cannot be evaluated. For FIXED_DELAY the cursor after a fire is not
/// known before its run has ended: the plan then leaves it where it is (firing.cpp moves it).
[[nodiscard]] Result<Plan> plan_fires(const Rule& rule,
                                      const Policy& policy,
                                      const Situation& situation);

[[nodiscard]] std::string_view to_string(LedgerOutcome outcome);
[[nodiscard]] std::string_view to_string(SkipReason reason);

}  // namespace carillon::schedules
