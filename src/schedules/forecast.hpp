// What schedules will do in a span of time, worked out before it happens: the load, the instants at
// which most of them meet, and what changes of the clocks do to them.
//
// Pure: schedules are given one after the other, twice. The first time they are counted; then the
// worst steps are known, and the second time it is noted who fires in them. So memory depends on
// the span, not on how many schedules there are.
//
// A forecast is of fires, with their jitter. It knows neither how long runs take (overlap) nor what
// fails (retries), and FIXED_DELAY is followed as if its runs took no time.

#pragma once

#include "recurrence/recurrence.hpp"
#include "schedules/schedule.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace carillon::schedules {

struct ForecastOptions {
    TimePoint from{};                       ///< Included.
    TimePoint to{};                         ///< Excluded.
    std::optional<Duration> step{};         ///< Whole seconds; usual: see usual_step.
    std::size_t collisions_max = 10;        ///< Worst steps that are told.
    std::size_t schedules_max = 20;         ///< Schedules told of one of them.
    std::uint64_t fires_max = 500'000'000;  ///< Replayed in all; 1 to forecast_fires_max.
};

/// A second, or a minute where the span is longer than 31 days.
[[nodiscard]] Duration usual_step(Duration span);

/// Steps of a span are counted in memory, four bytes each: a year of seconds is 126 MB.
inline constexpr std::int64_t forecast_steps_max = 32'000'000;

/// Those of one step are counted in 32 bits.
inline constexpr std::uint64_t forecast_fires_max = 4'000'000'000;

/// A fire that a change of the clocks moves, leaves out or doubles.
struct DaylightAnomaly {
    const Schedule& schedule;
    const recurrence::DaylightNote& note;
};

/// A step in which fires of more than one schedule, or more than one fire, meet.
struct Collision {
    struct Member {
        std::string tenant;
        std::string id;
        std::string name;
        std::uint32_t fires = 0;
    };

    TimePoint at{};
    std::uint32_t fires = 0;
    std::uint64_t schedules = 0;    ///< How many take part.
    std::vector<Member> members{};  ///< The first of them, as they came.
};

struct ForecastTotals {
    std::uint64_t schedules = 0;  ///< All that were given.
    std::uint64_t firing = 0;     ///< Those that fire in the span.
    std::uint64_t disabled = 0;
    std::uint64_t estimated = 0;  ///< FIXED_DELAY.
    std::uint64_t failed = 0;     ///< Their rule cannot be evaluated.
    std::uint64_t fires = 0;
    std::uint64_t skipped_readings = 0;
    std::uint64_t doubled_readings = 0;
};

/// A plain object of one thread.
class Forecast {
public:
    /// `invalid` with field `from`, `to` or `step`.
    [[nodiscard]] static Result<Forecast> make(ForecastOptions options);

    /// First time through. `told` is called with what daylight saving does to the schedule. An
    /// error is of this schedule alone, which is then counted as failed; but `too_large`: all fires
    /// so far are more than `fires_max`, and the forecast is over.
    [[nodiscard]] Result<> count(const Schedule& schedule,
                                 const recurrence::OwnCalendars& own,
                                 const std::function<void(const DaylightAnomaly&)>& told);

    /// After the last count().
    void rank();

    /// Second time through. Not needed when collisions() is empty.
    [[nodiscard]] Result<> attribute(const Schedule& schedule, const recurrence::OwnCalendars& own);

    [[nodiscard]] const ForecastTotals& totals() const { return totals_; }

    [[nodiscard]] TimePoint from() const { return options_.from; }

    [[nodiscard]] TimePoint to() const { return options_.to; }

    [[nodiscard]] Duration step() const { return step_; }

    /// Fires of each step. Steps begin at whole multiples of themselves in UTC; the first and the
    /// last count only what lies in the span.
    [[nodiscard]] const std::vector<std::uint32_t>& load() const { return load_; }

    /// When the step of that place in load() begins.
    [[nodiscard]] TimePoint begin_of(std::size_t index) const {
        return origin_ + step_ * static_cast<std::int64_t>(index);
    }

    /// The worst first; among equals the earlier.
    [[nodiscard]] const std::vector<Collision>& collisions() const { return collisions_; }

private:
    Forecast(ForecastOptions options, Duration step, TimePoint origin, std::size_t steps);

    void tell_daylight(const Schedule& schedule,
                       const recurrence::Recurrence& rule,
                       const std::function<void(const DaylightAnomaly&)>& told);

    ForecastOptions options_;
    Duration step_;
    TimePoint origin_;
    std::vector<std::uint32_t> load_;
    std::vector<Collision> collisions_{};
    ForecastTotals totals_{};
};

}  // namespace carillon::schedules
