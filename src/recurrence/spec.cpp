#include "recurrence/spec.hpp"

#include "recurrence/bits.hpp"

#include <array>
#include <utility>

namespace carillon::recurrence {
namespace {

enum class Type : std::uint8_t { cron, rrule, interval, fixed_delay, one_shot };

constexpr std::array<Choice<Type>, 5> types{{{"CRON", Type::cron},
                                             {"RRULE", Type::rrule},
                                             {"INTERVAL", Type::interval},
                                             {"FIXED_DELAY", Type::fixed_delay},
                                             {"ONE_SHOT", Type::one_shot}}};
constexpr std::array<Choice<Skipped>, 3> skipped_choices{
    {{"skip", Skipped::skip}, {"before", Skipped::before}, {"after", Skipped::after}}};
constexpr std::array<Choice<Doubled>, 3> doubled_choices{
    {{"first", Doubled::first}, {"last", Doubled::last}, {"both", Doubled::both}}};
constexpr std::array<Choice<Roll>, 3> roll_choices{
    {{"exclude", Roll::exclude}, {"next", Roll::next}, {"previous", Roll::previous}}};
constexpr std::array<std::string_view, 7> weekday_codes{"SU", "MO", "TU", "WE", "TH", "FR", "SA"};

constexpr std::int64_t seconds_max = 100LL * 366 * 86'400;

template <class T, std::size_t N>
std::string_view name_of(const std::array<Choice<T>, N>& choices, T value) {
    for (const Choice<T>& choice : choices) {
        if (choice.value == value) return choice.name;
    }
    return {};
}

/// A duration as text (`15m`) under `key`, or whole seconds under `seconds_key`.
std::optional<Duration> read_duration(JsonFields& fields,
                                      std::string_view key,
                                      std::string_view seconds_key) {
    const auto text = fields.optional_string(key);
    const auto seconds =
        seconds_key.empty() ? std::nullopt : fields.optional_integer(seconds_key, 0, seconds_max);
    if (text && seconds) {
        fields.reject(key, "cannot be given together with " + std::string(seconds_key));
    }
    if (seconds) return std::chrono::seconds(*seconds);
    if (!text) return std::nullopt;
    const auto duration = parse_duration(*text);
    if (!duration) fields.reject(key, duration.error().message);
    return duration ? std::optional(*duration) : std::nullopt;
}

std::optional<TimePoint> read_instant(JsonFields& fields, std::string_view key) {
    const auto text = fields.optional_string(key);
    if (!text) return std::nullopt;
    const auto instant = parse_instant(*text);
    if (!instant) fields.reject(key, instant.error().message);
    return instant ? std::optional(*instant) : std::nullopt;
}

/// The field that a trigger of some type cannot do without.
std::string required(JsonFields& fields, std::string_view key, std::string_view type) {
    const auto text = fields.optional_string(key);
    if (!text || text->empty()) {
        fields.reject(key, "is required for " + std::string(type) + " trigger");
    }
    return std::string(text.value_or(""));
}

Trigger read_trigger(JsonFields fields) {
    const Type type = fields.choice<Type>("type", types);
    switch (type) {
        case Type::cron:
            return CronTrigger{required(fields, "cron", "CRON")};
        case Type::rrule:
            return RruleTrigger{required(fields, "rrule", "RRULE")};
        case Type::interval: {
            const auto every = read_duration(fields, "every", "everySec");
            if (!every)
                fields.reject("every", "is required for INTERVAL trigger, for instance 15m");
            return IntervalTrigger{every.value_or(Duration::zero()),
                                   read_duration(fields, "phase", "phaseSec")};
        }
        case Type::fixed_delay: {
            const auto delay = read_duration(fields, "delay", "delaySec");
            if (!delay || *delay <= Duration::zero()) {
                fields.reject(delay || fields.has("delaySec") ? "delaySec" : "delay",
                              "must be positive for FIXED_DELAY trigger");
            }
            return FixedDelayTrigger{delay.value_or(Duration::zero())};
        }
        case Type::one_shot:
            return OneShotTrigger{required(fields, "startAt", "ONE_SHOT")};
    }
    return CronTrigger{};
}

CalendarSpec read_calendar(JsonFields fields) {
    CalendarSpec calendar;
    if (const auto code = fields.optional_string("holidaysCode"); code && !code->empty()) {
        calendar.holidays.emplace_back(*code);
    }
    if (const auto codes =
            fields.optional_strings("holidays", 20, {.bytes_min = 1, .bytes_max = 200})) {
        for (const std::string_view code : *codes) calendar.holidays.emplace_back(code);
    }
    calendar.business_days_only = fields.optional_boolean("businessDaysOnly").value_or(false);
    if (const auto days = fields.optional_strings("businessDays", 7)) {
        calendar.weekdays = 0;
        for (const std::string_view day : *days) {
            const auto* const found = std::ranges::find(weekday_codes, day);
            if (found == weekday_codes.end()) {
                fields.reject("businessDays", "must hold SU, MO, TU, WE, TH, FR or SA");
                break;
            }
            calendar.weekdays |= static_cast<std::uint8_t>(1U << (found - weekday_codes.begin()));
        }
        calendar.business_days_only = true;
    }
    calendar.roll = fields.optional_choice<Roll>("roll", roll_choices).value_or(Roll::exclude);
    return calendar;
}

json::object trigger_json(const Trigger& trigger) {
    json::object result{{"type", type_of(trigger)}};
    if (const auto* cron = std::get_if<CronTrigger>(&trigger)) result["cron"] = cron->cron;
    if (const auto* rrule = std::get_if<RruleTrigger>(&trigger)) result["rrule"] = rrule->rrule;
    if (const auto* interval = std::get_if<IntervalTrigger>(&trigger)) {
        result["every"] = format_duration(interval->every);
        if (interval->phase) result["phase"] = format_duration(*interval->phase);
    }
    if (const auto* delay = std::get_if<FixedDelayTrigger>(&trigger)) {
        if (delay->delay % std::chrono::seconds(1) == Duration::zero()) {
            result["delaySec"] = delay->delay / std::chrono::seconds(1);
        } else {
            result["delay"] = format_duration(delay->delay);
        }
    }
    if (const auto* shot = std::get_if<OneShotTrigger>(&trigger))
        result["startAt"] = shot->start_at;
    return result;
}

json::object calendar_json(const CalendarSpec& calendar) {
    json::object result;
    if (!calendar.holidays.empty()) {
        json::array holidays;
        for (const std::string& code : calendar.holidays) holidays.emplace_back(code);
        result["holidays"] = std::move(holidays);
    }
    result["businessDaysOnly"] = calendar.business_days_only;
    if (calendar.business_days_only && calendar.weekdays != monday_to_friday) {
        json::array days;
        for (int day = 0; day < 7; ++day) {
            if (has_bit(calendar.weekdays, day)) {
                days.emplace_back(weekday_codes[static_cast<std::size_t>(day)]);
            }
        }
        result["businessDays"] = std::move(days);
    }
    if (calendar.roll != Roll::exclude) result["roll"] = name_of(roll_choices, calendar.roll);
    return result;
}

}  // namespace

std::string_view type_of(const Trigger& trigger) {
    return types[trigger.index()].name;
}

Spec read_spec(JsonFields& fields, std::string_view default_tz) {
    Spec spec;
    spec.trigger = read_trigger(fields.object("trigger"));
    spec.tz = fields.optional_string("tz", {.bytes_min = 1, .bytes_max = 100}).value_or(default_tz);
    if (auto daylight = fields.optional_object("daylightSaving")) {
        spec.skipped = daylight->optional_choice<Skipped>("skipped", skipped_choices);
        spec.doubled = daylight->optional_choice<Doubled>("doubled", doubled_choices);
    }
    if (auto calendar = fields.optional_object("calendar")) {
        spec.calendar = read_calendar(*calendar);
    }
    if (auto bounds = fields.optional_object("bounds")) {
        spec.bounds.start = read_instant(*bounds, "startAt");
        spec.bounds.end = read_instant(*bounds, "endAt");
        spec.bounds.count_max = bounds->optional_integer("maxCount", 1, occurrences_max);
    }
    spec.jitter_max = read_duration(fields, "jitter", "").value_or(Duration::zero());
    return spec;
}

json::object to_json(const Spec& spec) {
    json::object result{{"trigger", trigger_json(spec.trigger)}, {"tz", spec.tz}};
    if (spec.skipped || spec.doubled) {
        json::object daylight;
        if (spec.skipped) daylight["skipped"] = name_of(skipped_choices, *spec.skipped);
        if (spec.doubled) daylight["doubled"] = name_of(doubled_choices, *spec.doubled);
        result["daylightSaving"] = std::move(daylight);
    }
    if (spec.calendar != CalendarSpec{}) result["calendar"] = calendar_json(spec.calendar);
    json::object bounds;
    if (spec.bounds.start) bounds["startAt"] = format_instant(*spec.bounds.start);
    if (spec.bounds.end) bounds["endAt"] = format_instant(*spec.bounds.end);
    if (spec.bounds.count_max) bounds["maxCount"] = *spec.bounds.count_max;
    if (!bounds.empty()) result["bounds"] = std::move(bounds);
    if (spec.jitter_max > Duration::zero()) result["jitter"] = format_duration(spec.jitter_max);
    return result;
}

}  // namespace carillon::recurrence
