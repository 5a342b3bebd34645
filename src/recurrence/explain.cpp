// What a Recurrence says about itself: its sentence, and what changes of the clocks do to it.

#include "recurrence/describe.hpp"
#include "recurrence/english.hpp"
#include "recurrence/recurrence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::recurrence {
namespace {

Budget note_budget() {
    return Budget(20'000);
}

std::string time_text(Local local) {
    return english::time_of_day(static_cast<int>(floor_mod(local, seconds_per_day)));
}

/// `the clock goes forward from 02:00 to 03:00`; across midnights with the dates.
std::string change_text(const Segment& from_change) {
    const Local before = from_change.from + from_change.offset_before;
    const Local after = from_change.from + from_change.offset;
    const bool is_forward = after > before;
    const auto text = [&](Local local) {
        if (day_of_local(before) == day_of_local(after)) return time_text(local);
        return english::date(day_of_local(local)) + " " + time_text(local);
    };
    return fmt::format("the clock goes {} from {} to {}",
                       is_forward ? "forward" : "back",
                       text(before),
                       text(after));
}

/// A duration in words that parse: `1d`, `90m` becomes `1h30m`.
std::string interval_text(std::int64_t ms) {
    struct Unit {
        std::int64_t ms;
        std::string_view name;
    };

    constexpr Unit units[] = {
        {86'400'000, "day"}, {3'600'000, "hour"}, {60'000, "minute"}, {1'000, "second"}};
    for (const Unit& unit : units) {
        if (ms % unit.ms == 0) return english::every(ms / unit.ms, unit.name);
    }
    return "every " + format_duration(Duration(ms));
}

std::string calendar_text(const CalendarSpec& calendar) {
    if (!calendar.restricts()) return {};
    std::vector<std::string> days;
    if (calendar.business_days_only) {
        days.push_back(calendar.weekdays == monday_to_friday
                           ? "weekends"
                           : english::weekdays(~calendar.weekdays & 0x7FU));
    }
    if (!calendar.holidays.empty()) {
        days.push_back("holidays of " + english::list(calendar.holidays));
    }
    const std::string which = english::list(days);
    switch (calendar.roll) {
        case Roll::next:
            return ", from " + which + " moved to the next business day";
        case Roll::previous:
            return ", from " + which + " moved to the previous business day";
        case Roll::exclude:
            break;
    }
    return ", not on " + which;
}

}  // namespace

std::string Recurrence::describe() const {
    std::string text;
    bool has_zone = true;
    if (const auto* cron = std::get_if<Cron>(&rule_)) {
        text = recurrence::describe(*cron);
    } else if (const auto* set = std::get_if<RruleSet>(&rule_)) {
        text = recurrence::describe(*set);
    } else if (const auto* grid = std::get_if<Grid>(&rule_)) {
        text = interval_text(grid->every);
        text[0] = 'E';
        text += ", counted from " + format_instant(from_epoch_ms(grid->anchor));
        has_zone = calendar_.has_value();
    } else if (const auto* delay = std::get_if<Delay>(&rule_)) {
        text = fmt::format("{} after the end of the previous run",
                           format_duration(Duration(delay->delay)));
        has_zone = calendar_.has_value();
    } else if (const auto* once = std::get_if<Once>(&rule_)) {
        text = fmt::format(
            "Once, on {} at {}", english::date(day_of_local(once->at)), time_text(once->at));
    } else {
        text = "Once, at " + format_instant(from_epoch_ms(std::get<Shot>(rule_).at));
        has_zone = calendar_.has_value();
    }
    text += calendar_text(spec_.calendar);
    const Bounds& bounds = spec_.bounds;
    if (bounds.start) text += ", not before " + local_text(*bounds.start);
    if (bounds.end) text += ", before " + local_text(*bounds.end);
    if (bounds.count_max) text += fmt::format(", at most {} times", *bounds.count_max);
    if (spec_.jitter_max > Duration::zero()) {
        text += fmt::format(", up to {} later by chance", format_duration(spec_.jitter_max));
    }
    if (has_zone) text += fmt::format(" ({})", zone_.name());
    return text + ".";
}

std::optional<std::string> Recurrence::daylight_note(TimePoint nominal) const {
    if (!is_local()) return std::nullopt;
    const Second fire = floor_div(to_epoch_ms(nominal), 1'000);
    const Segment s = zone_.segment_at(fire);
    const Local local = fire + s.offset;
    const auto wants = [&](Local reading) {
        Budget budget = note_budget();
        return with_local_rule([&](const auto& rule) {
            return rule.next(reading - 1, budget) == std::optional(reading);
        });
    };
    const int gap = s.offset - s.offset_before;
    if (s.from != beginning_of_time && gap > 0 && fire < s.from + gap &&
        policy_.skipped == Skipped::after && !wants(local) && wants(fire + s.offset_before)) {
        return fmt::format("{} does not exist on {}: {}; it runs at {}",
                           time_text(fire + s.offset_before),
                           english::date(day_of_local(fire + s.offset_before)),
                           change_text(s),
                           time_text(local));
    }
    const int gap_after = s.offset_after - s.offset;
    if (s.to != end_of_time && gap_after > 0 && fire >= s.to - gap_after &&
        policy_.skipped == Skipped::before && !wants(local) && wants(fire + s.offset_after)) {
        return fmt::format("{} does not exist on {}: {}; it runs at {}",
                           time_text(fire + s.offset_after),
                           english::date(day_of_local(fire + s.offset_after)),
                           change_text(zone_.segment_at(s.to)),
                           time_text(local));
    }
    const Reading reading = zone_.read(local);
    if (reading.kind == Reading::Kind::repeated) {
        return fmt::format("{} happens twice on {}: {}; this is the {} time",
                           time_text(local),
                           english::date(day_of_local(local)),
                           change_text(zone_.segment_at(reading.transition)),
                           fire == reading.first ? "first" : "second");
    }
    return std::nullopt;
}

bool Recurrence::follows_elapsed_time() const {
    if (!is_local()) return true;
    return !spec_.skipped && !spec_.doubled && policy_ == elapsed_policy;
}

std::vector<DaylightNote> Recurrence::daylight_notes(TimePoint from,
                                                     TimePoint to,
                                                     int per_change) const {
    std::vector<DaylightNote> notes;
    if (!is_local()) return notes;
    Segment s = zone_.segment_at(floor_div(to_epoch_ms(from), 1'000));
    while (s.to != end_of_time && from_epoch_ms(s.to * 1'000) < to) {
        s = zone_.segment_at(s.to);
        const Local low = s.from + std::min(s.offset, s.offset_before);
        const Local high = s.from + std::max(s.offset, s.offset_before);
        Budget budget = note_budget();
        Local at = low - 1;
        for (int n = 0; n < per_change; ++n) {
            const auto reading =
                with_local_rule([&](const auto& rule) { return rule.next(at, budget); });
            if (!reading || *reading >= high) break;
            at = *reading;
            const std::string what =
                fmt::format("{} on {}", time_text(at), english::date(day_of_local(at)));
            const bool is_gap = s.offset > s.offset_before;
            std::string fate;
            Second fire = s.from;
            if (is_gap) {
                const bool later = policy_.skipped == Skipped::after;
                if (policy_.skipped != Skipped::skip) {
                    fire = at - (later ? s.offset_before : s.offset);
                }
                fate = policy_.skipped == Skipped::skip
                           ? "does not exist and is left out"
                           : "does not exist and runs at " + time_text(zone_.local_at(fire));
            } else {
                fire = at - (policy_.doubled == Doubled::last ? s.offset : s.offset_before);
                fate = policy_.doubled == Doubled::both ? "happens twice and runs both times"
                       : policy_.doubled == Doubled::first
                           ? "happens twice and runs the first time"
                           : "happens twice and runs the second time";
            }
            const int fires = is_gap ? int{policy_.skipped != Skipped::skip}
                                     : (policy_.doubled == Doubled::both ? 2 : 1);
            notes.push_back({.at = from_epoch_ms(fire * 1'000),
                             .text = fmt::format("{} {}: {}", what, fate, change_text(s)),
                             .doubled = !is_gap,
                             .fires = fires});
        }
    }
    return notes;
}

}  // namespace carillon::recurrence
