// Points in time and their text form.
//
// The whole project counts wall time in whole milliseconds since 1970 UTC: that is what the tables
// store and what users are promised. Lateness and durations that are measured come from
// runtime::Clock::ticks(), in nanoseconds of a clock that never jumps.

#pragma once

#include "core/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace carillon {

using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] constexpr std::int64_t to_epoch_ms(TimePoint at) {
    return at.time_since_epoch().count();
}

[[nodiscard]] constexpr TimePoint from_epoch_ms(std::int64_t ms) {
    return TimePoint{Duration{ms}};
}

/// ISO 8601 UTC with exactly three decimals: `2026-12-24T17:00:00.000Z`. Sorts as text between the
/// years 0000 and 9999; instants outside are clamped to those bounds.
[[nodiscard]] std::string format_instant(TimePoint at);

/// Reads an ISO 8601 / RFC 3339 instant: date, `T` or space, hours and minutes, optional seconds
/// and up to nine decimals (cut to milliseconds), then `Z` or an offset (`+01:00`, `+0100`, `+01`).
/// Years 0000 to 9999; `24:00` and leap seconds are refused. Errors are `invalid` without a field.
[[nodiscard]] Result<TimePoint> parse_instant(std::string_view text);

/// Reads `250ms`, `5s`, `30m`, `2h`, `1d`, and sums such as `1h30m`. Zero to 100 years.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

/// The shortest form that parse_duration reads back: `1h30m`, `250ms`, `0s`.
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace carillon
