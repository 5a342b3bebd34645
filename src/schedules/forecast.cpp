#include "schedules/forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace carillon::schedules {
namespace {

using recurrence::Recurrence;

constexpr Duration instant{1};
constexpr Duration second{1'000};
constexpr Duration minute{60'000};
constexpr std::chrono::days seconds_up_to{31};

bool is_delay(const Recurrence& rule) {
    return std::holds_alternative<recurrence::FixedDelayTrigger>(rule.spec().trigger);
}

/// Where the replay of a schedule begins: its first fire that may run at `low` or later.
Result<std::optional<TimePoint>> first_fire(const Schedule& schedule,
                                            const Recurrence& rule,
                                            TimePoint low) {
    if (!is_delay(rule)) {
        const TimePoint nominal_low = low - schedule.spec.jitter_max;
        return rule.next(std::max(nominal_low, schedule.created_at) - instant);
    }
    // It counts from the end of a run: what is known of it is where it stands now.
    if (schedule.next_fire_at && *schedule.next_fire_at >= low) return schedule.next_fire_at;
    return rule.next(std::max(low, schedule.created_at));
}

/// Calls `use` with when each run is due, from `low` (included) to `high` (excluded), until it
/// answers false.
template <class Use>
Result<> replay(const Schedule& schedule,
                const Recurrence& rule,
                TimePoint low,
                TimePoint high,
                const Use& use) {
    CARILLON_TRY(auto nominal, first_fire(schedule, rule, low));
    while (nominal && *nominal < high) {
        const TimePoint due = *nominal + rule.jitter(*nominal);
        if (due >= low && due < high && !use(due)) return {};
        CARILLON_TRY(nominal, rule.next(*nominal));
    }
    return {};
}

std::unexpected<Error> too_many(std::uint64_t fires_max) {
    return fail(Errc::too_large, fmt::format("the span holds more than {} fires", fires_max));
}

}  // namespace

Duration usual_step(Duration span) {
    return span > seconds_up_to ? minute : second;
}

Forecast::Forecast(ForecastOptions options, Duration step, TimePoint origin, std::size_t steps)
    : options_(options), step_(step), origin_(origin), load_(steps) {}

Result<Forecast> Forecast::make(ForecastOptions options) {
    if (options.to <= options.from) return invalid("to", "must be later than from");
    if (options.fires_max < 1 || options.fires_max > forecast_fires_max) {
        return invalid("max-fires", fmt::format("must be 1 to {}", forecast_fires_max));
    }
    const Duration span = options.to - options.from;
    const Duration step = options.step.value_or(usual_step(span));
    if (step < second || step % second != Duration::zero()) {
        return invalid("step", "must be whole seconds, at least one");
    }
    const TimePoint origin = from_epoch_ms(
        recurrence::floor_div(to_epoch_ms(options.from), step.count()) * step.count());
    const std::int64_t steps = (options.to - origin + step - instant) / step;
    if (steps > forecast_steps_max) {
        return invalid("to",
                       fmt::format("is too far from from: {} steps of {}, where {} can be counted",
                                   steps,
                                   format_duration(step),
                                   forecast_steps_max));
    }
    return Forecast(options, step, origin, static_cast<std::size_t>(steps));
}

void Forecast::tell_daylight(const Schedule& schedule,
                             const Recurrence& rule,
                             const std::function<void(const DaylightAnomaly&)>& told) {
    if (rule.follows_elapsed_time()) return;
    const TimePoint low = std::max(options_.from, schedule.created_at);
    const int all = std::numeric_limits<int>::max();
    for (const recurrence::DaylightNote& note : rule.daylight_notes(low, options_.to, all)) {
        if (note.at < low || note.at >= options_.to) continue;
        // Bounds, a count or a calendar may have ended or left out what the clocks would change.
        const auto next = rule.next(note.at - instant);
        if (!next || !*next || (note.fires > 0 && **next != note.at)) continue;
        if (schedule.spec.bounds.start && note.at < *schedule.spec.bounds.start) continue;
        ++(note.doubled ? totals_.doubled_readings : totals_.skipped_readings);
        told({schedule, note});
    }
}

Result<> Forecast::count(const Schedule& schedule,
                         const recurrence::OwnCalendars& own,
                         const std::function<void(const DaylightAnomaly&)>& told) {
    ++totals_.schedules;
    if (!schedule.enabled) {
        ++totals_.disabled;
        return {};
    }
    const std::uint64_t left = options_.fires_max - totals_.fires;
    std::uint64_t fires = 0;
    bool over = false;
    const auto work = [&]() -> Result<> {
        CARILLON_TRY(const Recurrence rule, Recurrence::compile(schedule.spec, own));
        if (is_delay(rule)) ++totals_.estimated;
        CARILLON_TRY_VOID(replay(schedule, rule, options_.from, options_.to, [&](TimePoint due) {
            over = fires == left;
            if (over) return false;
            ++load_[static_cast<std::size_t>((due - origin_) / step_)];
            ++fires;
            return true;
        }));
        if (over) return too_many(options_.fires_max);
        tell_daylight(schedule, rule, told);
        return {};
    };
    auto done = work();
    if (!done && !over) ++totals_.failed;
    if (fires > 0) ++totals_.firing;
    totals_.fires += fires;
    return done;
}

void Forecast::rank() {
    // A heap of the worst so far, the least of which is on top.
    const auto worse = [&](std::size_t a, std::size_t b) {
        return load_[a] != load_[b] ? load_[a] > load_[b] : a < b;
    };
    std::vector<std::size_t> worst;
    for (std::size_t i = 0; i < load_.size() && options_.collisions_max > 0; ++i) {
        if (load_[i] < 2) continue;
        if (worst.size() < options_.collisions_max) {
            worst.push_back(i);
            std::ranges::push_heap(worst, worse);
        } else if (worse(i, worst.front())) {
            std::ranges::pop_heap(worst, worse);
            worst.back() = i;
            std::ranges::push_heap(worst, worse);
        }
    }
    std::ranges::sort_heap(worst, worse);
    collisions_.clear();
    for (const std::size_t i : worst) {
        collisions_.push_back({.at = begin_of(i), .fires = load_[i]});
    }
}

Result<> Forecast::attribute(const Schedule& schedule, const recurrence::OwnCalendars& own) {
    if (!schedule.enabled) return {};
    CARILLON_TRY(const Recurrence rule, Recurrence::compile(schedule.spec, own));
    const auto add = [&](Collision& collision, std::uint32_t fires) {
        if (fires == 0) return;
        ++collision.schedules;
        if (collision.members.size() >= options_.schedules_max) return;
        collision.members.push_back({schedule.tenant, schedule.id, schedule.name, fires});
    };
    if (!is_delay(rule)) {
        for (Collision& collision : collisions_) {
            const TimePoint begin = std::max(collision.at, options_.from);
            const TimePoint end = std::min(collision.at + step_, options_.to);
            std::uint32_t fires = 0;
            CARILLON_TRY_VOID(
                replay(schedule, rule, begin, end, [&](TimePoint) { return ++fires > 0; }));
            add(collision, fires);
        }
        return {};
    }
    // Where it stands depends on all fires before.
    std::vector<std::uint32_t> fires(collisions_.size());
    CARILLON_TRY_VOID(replay(schedule, rule, options_.from, options_.to, [&](TimePoint due) {
        for (std::size_t i = 0; i < collisions_.size(); ++i) {
            if (due >= collisions_[i].at && due < collisions_[i].at + step_) ++fires[i];
        }
        return true;
    }));
    for (std::size_t i = 0; i < fires.size(); ++i) add(collisions_[i], fires[i]);
    return {};
}

}  // namespace carillon::schedules
