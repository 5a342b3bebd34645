#include "cli/rule_text.hpp"

#include "cli/answer.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::cli {
namespace {

json::object interval_of(std::string_view text) {
    const std::size_t phase = to_lower(text).find(" phase ");
    json::object trigger{{"type", "INTERVAL"}, {"every", trim(text.substr(0, phase))}};
    if (phase != std::string_view::npos) trigger["phase"] = trim(text.substr(phase + 7));
    return trigger;
}

/// `in 5m`: an instant; what is no duration is left for the server to refuse.
json::object shot_in(std::string_view text, TimePoint now) {
    const auto away = parse_duration(trim(text));
    return {{"type", "ONE_SHOT"},
            {"startAt", away ? format_instant(now + *away) : "in " + std::string(trim(text))}};
}

}  // namespace

json::object trigger_of(const std::string& rule, TimePoint now) {
    const std::string_view text = trim(rule);
    const std::string lower = to_lower(text);
    if (lower.starts_with("freq=") || lower.contains("rrule") || lower.contains("rdate") ||
        lower.starts_with("dtstart")) {
        return {{"type", "RRULE"}, {"rrule", text}};
    }
    if (lower.starts_with("every ")) return interval_of(text.substr(6));
    if (lower.starts_with("after ")) {
        return {{"type", "FIXED_DELAY"}, {"delay", trim(text.substr(6))}};
    }
    if (lower.starts_with("at ")) return {{"type", "ONE_SHOT"}, {"startAt", trim(text.substr(3))}};
    if (lower.starts_with("in ")) return shot_in(text.substr(3), now);
    return {{"type", "CRON"}, {"cron", text}};
}

json::object spec_of(const RuleWords& words, TimePoint now) {
    json::object spec;
    if (words.rule) spec["trigger"] = trigger_of(*words.rule, now);
    if (words.tz) spec["tz"] = *words.tz;
    json::object daylight;
    if (words.skipped) daylight["skipped"] = *words.skipped;
    if (words.doubled) daylight["doubled"] = *words.doubled;
    if (!daylight.empty()) spec["daylightSaving"] = std::move(daylight);
    json::object calendar;
    json::array holidays;
    for (const std::string& code : words.holidays) holidays.emplace_back(code);
    if (!holidays.empty()) calendar["holidays"] = std::move(holidays);
    if (words.business_days) calendar["businessDaysOnly"] = true;
    if (words.roll) calendar["roll"] = *words.roll;
    if (!calendar.empty()) spec["calendar"] = std::move(calendar);
    return spec;
}

std::string rule_text(const json::object& trigger) {
    const std::string type = text_member(trigger, "type");
    if (type == "CRON") return text_member(trigger, "cron");
    if (type == "RRULE") return text_member(trigger, "rrule");
    if (type == "ONE_SHOT") return "at " + text_member(trigger, "startAt");
    const auto duration = [&](std::string_view key) {
        const std::int64_t seconds = number_member(trigger, std::string(key) + "Sec");
        if (seconds != 0) return format_duration(std::chrono::seconds(seconds));
        return text_member(trigger, key);
    };
    if (type == "FIXED_DELAY") return "after " + duration("delay");
    const std::string phase = duration("phase");
    return "every " + duration("every") + (phase.empty() ? "" : " phase " + phase);
}

}  // namespace carillon::cli
