#include "recurrence/recurrence.hpp"

#include "core/text.hpp"
#include "recurrence/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::recurrence {
namespace {

using std::chrono::seconds;

constexpr std::int64_t second_ms = 1'000;
constexpr Duration interval_min{1'000};

/// Nothing is evaluated beyond: the end of the year 9999, and the same before.
constexpr TimePoint instant_max = from_epoch_ms(local_max * second_ms);
constexpr TimePoint instant_min = from_epoch_ms(local_min * second_ms);

Second second_before_or_at(TimePoint at) {
    return floor_div(to_epoch_ms(at), second_ms);
}

Second second_at_or_after(TimePoint at) {
    return -floor_div(-to_epoch_ms(at), second_ms);
}

TimePoint instant_of(Second second) {
    return from_epoch_ms(second * second_ms);
}

/// `2026-12-24T18:00[:00]`, with a space for the T if one likes.
std::optional<Local> parse_local(std::string_view text) {
    const auto instant = parse_instant(std::string(text) + "Z");
    if (!instant || to_epoch_ms(*instant) % second_ms != 0) return std::nullopt;
    return second_before_or_at(*instant);
}

}  // namespace

Result<Recurrence> Recurrence::compile(const Spec& spec, const OwnCalendars& own) {
    Recurrence result;
    result.spec_ = spec;
    CARILLON_TRY(result.zone_, Zone::find(spec.tz, "tz"));
    if (spec.calendar.restricts()) {
        CARILLON_TRY(result.calendar_, Calendar::compile(spec.calendar, own, "calendar"));
    }
    CARILLON_TRY_VOID(result.compile_trigger());
    CARILLON_TRY_VOID(result.check());
    CARILLON_TRY_VOID(result.find_last());
    return result;
}

Result<> Recurrence::compile_trigger() {
    bool every_hour = false;
    if (const auto* cron = std::get_if<CronTrigger>(&spec_.trigger)) {
        CARILLON_TRY_VOID(compile_cron(*cron));
        const auto* const compiled = std::get_if<Cron>(&rule_);
        every_hour = compiled != nullptr && compiled->every_hour();
    } else if (const auto* rrule = std::get_if<RruleTrigger>(&spec_.trigger)) {
        const TimePoint start = spec_.bounds.start.value_or(spec_.created_at);
        CARILLON_TRY(RruleSet set,
                     RruleSet::parse(rrule->rrule,
                                     {.zone = zone_, .created = second_at_or_after(start)},
                                     "trigger.rrule"));
        every_hour = set.every_hour();
        zone_ = set.zone();
        rule_ = std::move(set);
    } else if (const auto* interval = std::get_if<IntervalTrigger>(&spec_.trigger)) {
        CARILLON_TRY_VOID(compile_interval(interval->every, interval->phase, "trigger.every"));
    } else if (const auto* delay = std::get_if<FixedDelayTrigger>(&spec_.trigger)) {
        if (delay->delay <= Duration::zero()) {
            return invalid("trigger.delaySec", "must be positive for FIXED_DELAY trigger");
        }
        rule_ = Delay{delay->delay.count()};
    } else {
        CARILLON_TRY_VOID(compile_one_shot(std::get<OneShotTrigger>(spec_.trigger)));
    }
    const DaylightPolicy usual = every_hour ? elapsed_policy : DaylightPolicy{};
    policy_ = {spec_.skipped.value_or(usual.skipped), spec_.doubled.value_or(usual.doubled)};
    return {};
}

Result<> Recurrence::compile_cron(const CronTrigger& trigger) {
    const std::string_view text = trim(trigger.cron);
    if (to_lower(text.substr(0, 7)) == "@every ") {
        const auto every = parse_duration(trim(text.substr(7)));
        if (!every) return invalid("trigger.cron", "@every: " + every.error().message);
        return compile_interval(*every, std::nullopt, "trigger.cron");
    }
    CARILLON_TRY(rule_,
                 Cron::parse(trigger.cron, {.hash_seed = spec_.id, .field = "trigger.cron"}));
    return {};
}

Result<> Recurrence::compile_interval(Duration every,
                                      std::optional<Duration> phase,
                                      std::string field) {
    if (every < interval_min) return invalid(std::move(field), "must be at least 1s");
    if (phase && *phase >= every) {
        return invalid("trigger.phase", "must be shorter than the interval");
    }
    const TimePoint anchor =
        phase ? TimePoint{} + *phase : spec_.bounds.start.value_or(spec_.created_at + every);
    rule_ = Grid{to_epoch_ms(anchor), every.count()};
    return {};
}

Result<> Recurrence::compile_one_shot(const OneShotTrigger& trigger) {
    if (const auto instant = parse_instant(trigger.start_at)) {
        rule_ = Shot{to_epoch_ms(*instant)};
        return {};
    }
    const auto local = parse_local(trigger.start_at);
    if (!local) {
        return invalid("trigger.startAt",
                       "must be an instant such as 2026-12-24T18:00:00Z, or without Z and offset a "
                       "local time of the schedule's zone");
    }
    rule_ = Once{*local};
    return {};
}

Result<> Recurrence::check() const {
    const Bounds& bounds = spec_.bounds;
    if (bounds.start && bounds.end && *bounds.end <= *bounds.start) {
        return invalid("bounds.endAt", "must be later than bounds.startAt");
    }
    if (bounds.count_max && (*bounds.count_max < 1 || *bounds.count_max > occurrences_max)) {
        return invalid("bounds.maxCount", fmt::format("must be from 1 to {}", occurrences_max));
    }
    if (spec_.jitter_max < Duration::zero() || spec_.jitter_max > std::chrono::days(1)) {
        return invalid("jitter", "must be from 0s to 1d");
    }
    if (!calendar_) return {};
    if (!calendar_->open_from(
            day_of_local(zone_.local_at(second_before_or_at(spec_.created_at))))) {
        return invalid("calendar", "leaves no business day within ten years");
    }
    if (calendar_->roll() != Roll::exclude && std::holds_alternative<Grid>(rule_)) {
        return invalid("calendar.roll",
                       "must be exclude for an interval: its fires have no time of day to keep");
    }
    return {};
}

/// The instant of the last occurrence that the maximum count allows; and that there is a first.
Result<> Recurrence::find_last() {
    if (spec_.bounds.end) last_ = *spec_.bounds.end - Duration(1);
    const TimePoint start = spec_.bounds.start.value_or(spec_.created_at);
    CARILLON_TRY(auto at, next(start - Duration(1)));
    if (!spec_.bounds.count_max || std::holds_alternative<Delay>(rule_)) return {};
    for (std::int64_t n = 1; at && n < *spec_.bounds.count_max; ++n) {
        CARILLON_TRY(const auto following, next(*at));
        if (!following) return {};
        at = following;
    }
    if (at) last_ = std::min(last_, *at);
    return {};
}

bool Recurrence::is_local() const {
    return rule_.index() <= 2;
}

bool Recurrence::is_open(TimePoint at) const {
    return !calendar_ || calendar_->is_open(day_of_local(zone_.local_at(second_before_or_at(at))));
}

/// The first instant of a local day.
TimePoint Recurrence::day_begin(Day day) const {
    const Reading reading = zone_.read(local_of(day));
    return instant_of(reading.kind == Reading::Kind::skipped ? reading.transition : reading.first);
}

/// `at`, on the day to which the calendar moves it, at the same local time.
std::optional<TimePoint> Recurrence::moved_to_open(TimePoint at) const {
    const Second second = second_before_or_at(at);
    const Local local = zone_.local_at(second);
    const Day day = day_of_local(local);
    if (calendar_->is_open(day)) return at;
    const Day wanted = calendar_->roll() == Roll::previous
                           ? calendar_->open_down(day).value_or(day)
                           : calendar_->open_from(day).value_or(day);
    if (wanted == day) return std::nullopt;
    return instant_of(zone_.read(local + (wanted - day) * seconds_per_day).first) +
           (at - instant_of(second));
}

std::optional<TimePoint> Recurrence::next_on_grid(TimePoint after, Budget& budget) const {
    const Grid grid = std::get<Grid>(rule_);
    while (budget.spend()) {
        const std::int64_t steps = floor_div(to_epoch_ms(after) - grid.anchor, grid.every) + 1;
        // Without a phase there is nothing before the anchor.
        const bool has_phase = std::holds_alternative<IntervalTrigger>(spec_.trigger) &&
                               std::get<IntervalTrigger>(spec_.trigger).phase.has_value();
        const TimePoint at = from_epoch_ms(
            grid.anchor + (has_phase ? steps : std::max<std::int64_t>(0, steps)) * grid.every);
        if (at > last_ || is_open(at)) return at;
        const Day day = day_of_local(zone_.local_at(second_before_or_at(at)));
        const auto open = calendar_->open_from(day);
        if (!open) return std::nullopt;
        after = day_begin(*open) - Duration(1);
    }
    return std::nullopt;
}

std::optional<TimePoint> Recurrence::previous_on_grid(TimePoint before, Budget& budget) const {
    const Grid grid = std::get<Grid>(rule_);
    const bool has_phase = std::holds_alternative<IntervalTrigger>(spec_.trigger) &&
                           std::get<IntervalTrigger>(spec_.trigger).phase.has_value();
    while (budget.spend()) {
        const std::int64_t steps = floor_div(to_epoch_ms(before) - 1 - grid.anchor, grid.every);
        if (!has_phase && steps < 0) return std::nullopt;
        const TimePoint at = from_epoch_ms(grid.anchor + steps * grid.every);
        if (at < instant_min || is_open(at)) return at;
        const Day day = day_of_local(zone_.local_at(second_before_or_at(at)));
        const auto open = calendar_->open_down(day);
        if (!open) return std::nullopt;
        before = day_begin(*open + 1);
    }
    return std::nullopt;
}

std::optional<TimePoint> Recurrence::raw_next(TimePoint after, Budget& budget) const {
    if (is_local()) {
        const auto found = with_local_rule([&](const auto& rule) {
            return next_instant(rule, zone_, policy_, second_before_or_at(after), budget);
        });
        return found ? std::optional(instant_of(*found)) : std::nullopt;
    }
    if (std::holds_alternative<Grid>(rule_)) return next_on_grid(after, budget);
    if (const auto* delay = std::get_if<Delay>(&rule_)) {
        const TimePoint at = after + Duration(delay->delay);
        return calendar_ ? moved_to_open(at) : at;
    }
    const TimePoint shot = from_epoch_ms(std::get<Shot>(rule_).at);
    const std::optional<TimePoint> at = !calendar_ ? shot
                                        : calendar_->roll() == Roll::exclude && !is_open(shot)
                                            ? std::nullopt
                                            : moved_to_open(shot);
    return at && *at > after ? at : std::nullopt;
}

std::optional<TimePoint> Recurrence::raw_previous(TimePoint before, Budget& budget) const {
    if (is_local()) {
        const auto found = with_local_rule([&](const auto& rule) {
            return previous_instant(rule, zone_, policy_, second_at_or_after(before), budget);
        });
        return found ? std::optional(instant_of(*found)) : std::nullopt;
    }
    if (std::holds_alternative<Grid>(rule_)) return previous_on_grid(before, budget);
    if (std::holds_alternative<Delay>(rule_)) return std::nullopt;
    const auto shot = raw_next(instant_min, budget);
    return shot && *shot < before ? shot : std::nullopt;
}

Result<std::optional<TimePoint>> Recurrence::next(TimePoint after) const {
    if (spec_.bounds.start && !std::holds_alternative<Delay>(rule_)) {
        after = std::max(after, *spec_.bounds.start - Duration(1));
    }
    after = std::max(after, instant_min);
    if (after >= last_ || after >= instant_max) return std::nullopt;
    Budget budget;
    std::optional<TimePoint> found = raw_next(after, budget);
    if (found && spec_.bounds.start) found = std::max(*found, *spec_.bounds.start);
    if (!found && budget.exhausted()) {
        return invalid("trigger",
                       "no occurrence was found within the steps allowed: the rule is too rare, or "
                       "it contradicts itself or its calendar");
    }
    if (found && (*found > last_ || *found > instant_max)) found = std::nullopt;
    return found;
}

Result<std::optional<TimePoint>> Recurrence::previous(TimePoint before) const {
    if (before <= instant_min) return std::nullopt;
    before = std::min(before, instant_max + Duration(1));
    if (last_ < before) before = last_ + Duration(1);
    Budget budget;
    std::optional<TimePoint> found = raw_previous(before, budget);
    if (!found && budget.exhausted()) {
        return invalid("trigger", "no occurrence was found within the steps allowed");
    }
    if (found && (*found < instant_min || (spec_.bounds.start && *found < *spec_.bounds.start))) {
        found = std::nullopt;
    }
    return found;
}

Result<std::vector<TimePoint>> Recurrence::between(TimePoint from,
                                                   TimePoint to,
                                                   std::size_t limit) const {
    std::vector<TimePoint> found;
    TimePoint after = from - Duration(1);
    while (found.size() < limit) {
        CARILLON_TRY(const auto at, next(after));
        if (!at || *at >= to) break;
        found.push_back(*at);
        after = *at;
    }
    return found;
}

Duration Recurrence::jitter(TimePoint nominal) const {
    if (spec_.jitter_max <= Duration::zero()) return Duration::zero();
    const auto salt = static_cast<std::uint64_t>(to_epoch_ms(nominal));
    const auto range = static_cast<std::uint64_t>(spec_.jitter_max.count()) + 1;
    return Duration(static_cast<std::int64_t>(stable_hash(spec_.id, salt) % range));
}

std::string Recurrence::local_text(TimePoint at) const {
    const Second second = second_before_or_at(at);
    const int offset = zone_.segment_at(second).offset;
    std::string text = format_instant(at + seconds(offset));
    const std::int64_t ms = floor_mod(to_epoch_ms(at), second_ms);
    text.resize(ms == 0 ? 19 : 23);
    const int minutes = std::abs(offset) / 60;
    text += fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    if (offset % 60 != 0) text += fmt::format(":{:02}", std::abs(offset) % 60);
    return text;
}

}  // namespace carillon::recurrence
