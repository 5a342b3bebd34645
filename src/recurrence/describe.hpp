// Rules as English sentences, so that a person can see whether a rule says what was meant.

#pragma once

#include "recurrence/cron.hpp"
#include "recurrence/rrule_set.hpp"

#include <string>

namespace carillon::recurrence {

/// `At 09:00 on the last day of the month`, without a full stop.
[[nodiscard]] std::string describe(const Cron& cron);

/// `Every 2 weeks on Monday and Wednesday at 09:00, 10 times`.
[[nodiscard]] std::string describe(const RruleSet& set);

}  // namespace carillon::recurrence
