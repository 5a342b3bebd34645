#include "schedules/plan.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace carillon::schedules {
namespace {

/// Sooner than this, nobody would call it late.
constexpr Duration punctual{1'000};
constexpr Duration instant{1};

/// Walks over the instants that are due.
class Planner {
public:
    Planner(const Rule& rule, const Policy& policy, const Situation& situation)
        : rule_(rule), policy_(policy), at_(situation), active_(situation.previous_active) {
        plan_.catch_up_at = situation.catch_up_at;
        plan_.waiting_since = situation.waiting_since;
    }

    Result<Plan> run();

private:
    enum class Step : std::uint8_t { decided, waits };

    Result<> find_oldest_to_run();
    Result<Step> decide(TimePoint nominal);
    [[nodiscard]] bool is_missed(TimePoint nominal) const;
    void skip(TimePoint nominal, SkipReason reason);
    void fire(TimePoint nominal, LedgerOutcome outcome, TimePoint run_at);

    const Rule& rule_;
    const Policy& policy_;
    const Situation& at_;
    Plan plan_;
    bool active_;
    /// A fire waited for the run before it and has just run: those that passed meanwhile do not.
    bool waited_one_ran_ = false;
    /// Of the missed instants, the first that runs; worked out when there is one.
    std::optional<TimePoint> oldest_to_run_;
};

bool Planner::is_missed(TimePoint nominal) const {
    if (plan_.waiting_since && nominal >= *plan_.waiting_since) return false;
    return nominal + policy_.misfire_grace < at_.now;
}

Result<> Planner::find_oldest_to_run() {
    const TimePoint window = at_.now - policy_.catch_up_window;
    std::int64_t wanted = 1;
    switch (policy_.misfire) {
        case Misfire::skip:
            oldest_to_run_ = TimePoint::max();
            return {};
        case Misfire::all:
            oldest_to_run_ = window;
            return {};
        case Misfire::last:
            break;
        case Misfire::newest:
            wanted = policy_.misfire_newest;
            break;
    }
    TimePoint before = at_.now + instant;
    for (; wanted > 0; --wanted) {
        CARILLON_TRY(const auto found, rule_.effective.previous(before));
        if (!found || *found < at_.cursor) break;
        before = *found;
    }
    oldest_to_run_ = std::max(before, window);
    return {};
}

void Planner::skip(TimePoint nominal, SkipReason reason) {
    plan_.entries.push_back(
        {.nominal = nominal, .outcome = LedgerOutcome::skipped, .reason = reason});
}

void Planner::fire(TimePoint nominal, LedgerOutcome outcome, TimePoint run_at) {
    plan_.entries.push_back({.nominal = nominal, .outcome = outcome, .run_at = run_at});
    active_ = true;
}

Result<Planner::Step> Planner::decide(TimePoint nominal) {
    if (nominal < at_.paused_until) {
        skip(nominal, SkipReason::paused);
        return Step::decided;
    }
    CARILLON_TRY(const bool left_out, rule_.left_out(nominal));
    if (left_out) {
        skip(nominal, SkipReason::calendar);
        return Step::decided;
    }
    const bool missed = is_missed(nominal);
    if (missed && !oldest_to_run_) CARILLON_TRY_VOID(find_oldest_to_run());
    if (missed && nominal < *oldest_to_run_) {
        skip(nominal, SkipReason::misfire);
        return Step::decided;
    }
    if (waited_one_ran_ && policy_.overlap == Overlap::queue_one) {
        skip(nominal, SkipReason::overlap);
        return Step::decided;
    }
    if (active_ && policy_.overlap != Overlap::allow) {
        if (policy_.overlap == Overlap::cancel) {
            plan_.cancel_previous = true;
        } else if (policy_.overlap == Overlap::skip) {
            // Missed fires that are to run come one after the other anyway, at the policy's rate.
            if (!missed) {
                skip(nominal, SkipReason::overlap);
                return Step::decided;
            }
        } else {
            // Those that were missed stay so while they wait.
            if (!missed && !plan_.waiting_since) plan_.waiting_since = nominal;
            return Step::waits;
        }
    }
    if (missed) {
        const TimePoint start = std::max(at_.now, plan_.catch_up_at);
        const auto pause = std::ceil(1'000 / policy_.catch_up_per_second);
        plan_.catch_up_at = start + Duration{static_cast<std::int64_t>(pause)};
        fire(nominal, LedgerOutcome::caught_up, start);
        return Step::decided;
    }
    const bool waited = plan_.waiting_since.has_value();
    const bool late = waited || nominal + punctual < at_.now;
    waited_one_ran_ = waited;
    fire(nominal,
         late ? LedgerOutcome::late : LedgerOutcome::fired,
         std::max(nominal + rule_.effective.jitter(nominal), nominal));
    return Step::decided;
}

Result<Plan> Planner::run() {
    std::optional<TimePoint> next = at_.cursor;
    const bool delayed =
        std::holds_alternative<recurrence::FixedDelayTrigger>(rule_.effective.spec().trigger);
    while (next && *next <= at_.now && plan_.entries.size() < at_.entries_max) {
        CARILLON_TRY(const Step step, decide(*next));
        if (step == Step::waits) {
            plan_.cursor = next;
            plan_.looks = plan_.entries.empty() ? at_.looks + 1 : 1;
            plan_.look_at = at_.now + waiting_pause(plan_.looks - 1);
            return std::move(plan_);
        }
        if (delayed && plan_.entries.back().run_at) {
            plan_.cursor = next;
            plan_.look_at = at_.now + waiting_pause(0);
            return std::move(plan_);
        }
        CARILLON_TRY(next, rule_.next(*next));
    }
    if (!next || *next > at_.now) plan_.waiting_since.reset();
    plan_.cursor = next;
    plan_.look_at = next.value_or(at_.now);
    return std::move(plan_);
}

}  // namespace

Result<Rule> Rule::compile(const recurrence::Spec& spec, const recurrence::OwnCalendars& own) {
    CARILLON_TRY(recurrence::Recurrence effective, recurrence::Recurrence::compile(spec, own));
    Rule rule{std::move(effective)};
    if (!spec.calendar.restricts() || spec.calendar.roll != recurrence::Roll::exclude) {
        return rule;
    }
    recurrence::Spec without = spec;
    without.calendar = {};
    // Counted are the occurrences that take place.
    without.bounds.count_max.reset();
    CARILLON_TRY(rule.nominal, recurrence::Recurrence::compile(without, own));
    return rule;
}

Result<std::optional<TimePoint>> Rule::next(TimePoint after) const {
    CARILLON_TRY(const auto takes_place, effective.next(after));
    if (!takes_place || !nominal) return takes_place;
    return nominal->next(after);
}

Result<bool> Rule::left_out(TimePoint nominal_instant) const {
    if (!nominal) return false;
    CARILLON_TRY(const auto found, effective.next(nominal_instant - instant));
    return found != nominal_instant;
}

Result<Plan> plan_fires(const Rule& rule, const Policy& policy, const Situation& situation) {
    return Planner(rule, policy, situation).run();
}

TimePoint decide_at(const Schedule& schedule, TimePoint nominal) {
    // Nobody knows its instants before.
    if (std::holds_alternative<recurrence::FixedDelayTrigger>(schedule.spec.trigger)) {
        return nominal;
    }
    // A deciding is a commit, and those of a step share one.
    constexpr Duration step{50};
    return nominal - (ahead_most - step) - Duration{to_epoch_ms(nominal) % step.count()};
}

TimePoint present_of(const Schedule& schedule,
                     TimePoint cursor,
                     TimePoint now,
                     bool previous_active) {
    const bool waits = previous_active && schedule.policy.overlap != Overlap::allow;
    const bool ahead = decide_at(schedule, cursor) < cursor && !waits && cursor > now &&
                       cursor - now <= ahead_most;
    return ahead ? cursor : now;
}

Duration waiting_pause(int looks) {
    constexpr Duration first{250};
    constexpr Duration longest{10'000};
    return std::min(longest, first * (1 << std::clamp(looks, 0, 6)));
}

std::string_view to_string(LedgerOutcome outcome) {
    switch (outcome) {
        case LedgerOutcome::fired:
            return "fired";
        case LedgerOutcome::late:
            return "late";
        case LedgerOutcome::caught_up:
            return "caught-up";
        case LedgerOutcome::skipped:
            return "skipped";
    }
    return "fired";
}

std::string_view to_string(SkipReason reason) {
    switch (reason) {
        case SkipReason::none:
            return "";
        case SkipReason::misfire:
            return "misfire";
        case SkipReason::overlap:
            return "overlap";
        case SkipReason::paused:
            return "paused";
        case SkipReason::calendar:
            return "calendar";
    }
    return "";
}

}  // namespace carillon::schedules
