// The Retry-After header: when the receiver wants to be asked again.
//
// Source: RFC 9110 sections 10.2.3 and 5.6.7 (three forms of dates, all of which must be read).

#pragma once

#include "core/time.hpp"

#include <optional>
#include <string_view>

namespace carillon::delivery {

/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
/// `Sun Nov  6 08:49:37 1994`. Two-digit years are those that lie at most 50 years after `now`.
/// Nothing when it is no such date; the weekday's name must be one, but need not fit.
[[nodiscard]] std::optional<TimePoint> parse_http_date(std::string_view text, TimePoint now);

/// The instant that a Retry-After value names: seconds from `now`, or a date. Nothing when it says
/// neither, or an instant that has passed. At most a year away.
[[nodiscard]] std::optional<TimePoint> parse_retry_after(std::string_view text, TimePoint now);

}  // namespace carillon::delivery
