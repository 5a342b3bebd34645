// When something is to run, as people type it: one text for the rule, options for the rest.

#pragma once

#include "core/json.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

/// As typed. What is absent is left to the server's, or the schedule's, own.
struct RuleWords {
    std::optional<std::string> rule{};
    std::optional<std::string> tz{};
    std::optional<std::string> skipped{};
    std::optional<std::string> doubled{};
    std::vector<std::string> holidays{};
    bool business_days = false;
    std::optional<std::string> roll{};
};

/// The trigger that `rule` is, by its looks: a cron expression, an RRULE (FREQ=... or lines),
/// `every 15m` with `phase 5m` behind it, `after 10m` (the end of the run before), `at INSTANT`, or
/// `in 5m`. Whether it makes sense is for recurrence to say.
[[nodiscard]] json::object trigger_of(const std::string& rule, TimePoint now);

/// `trigger`, `tz`, `daylightSaving` and `calendar`, as REST takes them: those that were given.
[[nodiscard]] json::object spec_of(const RuleWords& words, TimePoint now);

/// A stored trigger as it would be typed.
[[nodiscard]] std::string rule_text(const json::object& trigger);

}  // namespace carillon::cli
