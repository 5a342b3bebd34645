// A calendar of holidays out of an iCalendar file.

#pragma once

#include "recurrence/calendar.hpp"

#include <string_view>

namespace carillon::recurrence {

/// Every day that an event of the file touches is a holiday: DTSTART to DTEND (exclusive) or by
/// DURATION in days, repeated by RRULE, RDATE and EXDATE up to the end of `last_year`. Cancelled
/// events are left out. Times count by the date that they are written with. `invalid` with `field`
/// names the event; also for a file without events, or one that is too long.
[[nodiscard]] Result<OwnCalendar> read_ics(std::string_view text,
                                           int last_year,
                                           std::string_view field = "ics");

}  // namespace carillon::recurrence
