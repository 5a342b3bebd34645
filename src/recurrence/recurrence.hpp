// When something runs: a trigger with its zone, daylight-saving policy, calendar and bounds,
// compiled once and evaluated as a pure function of an instant.
//
// The one type of this module that the rest of the project needs. It holds no clock and no state:
// whoever keeps a schedule stores the Spec, compiles it when it is loaded, and asks for the
// occurrence after the last one.

#pragma once

#include "core/result.hpp"
#include "core/time.hpp"
#include "recurrence/cron.hpp"
#include "recurrence/daylight.hpp"
#include "recurrence/rrule_set.hpp"
#include "recurrence/spec.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace carillon::recurrence {

/// Something that a change of the clocks does to a schedule.
struct DaylightNote {
    TimePoint at;      ///< The fire that it is about; of one that does not take place, the change.
    std::string text;  ///< A sentence.
    bool doubled = false;  ///< A reading that the clock shows twice; otherwise one that it skips.
    int fires = 1;         ///< Of this reading: 0, 1 or 2.
};

/// A plain value; copies are independent and may be used from several threads.
class Recurrence {
public:
    /// `invalid` with the path of the field that is wrong (`trigger.cron`, `tz`,
    /// `calendar.holidays[0]`, ...): a rule that does not parse, that never fires, or that cannot
    /// be evaluated within the step budget. `own` finds the user's calendars.
    [[nodiscard]] static Result<Recurrence> compile(const Spec& spec, const OwnCalendars& own = {});

    /// The first occurrence later than `after`: its nominal instant, without jitter. Nothing: it
    /// will not run again. For FIXED_DELAY `after` is the end of the previous run, or the creation.
    /// The error (`invalid`, field `trigger`) means that the step budget was spent: the rule is too
    /// rare or contradicts its calendar, and another try gives the same.
    [[nodiscard]] Result<std::optional<TimePoint>> next(TimePoint after) const;

    /// The last occurrence earlier than `before`. FIXED_DELAY has none that could be known.
    [[nodiscard]] Result<std::optional<TimePoint>> previous(TimePoint before) const;

    /// Occurrences from `from` (included) to `to` (excluded), at most `limit`. For FIXED_DELAY as
    /// if runs took no time.
    [[nodiscard]] Result<std::vector<TimePoint>> between(TimePoint from,
                                                         TimePoint to,
                                                         std::size_t limit) const;

    /// How much later than its nominal instant an occurrence is to run: from zero to the spec's
    /// jitter, the same whenever it is asked.
    [[nodiscard]] Duration jitter(TimePoint nominal) const;

    /// A plain English sentence.
    [[nodiscard]] std::string describe() const;

    /// Why this occurrence is where it is, if the clocks change around it.
    [[nodiscard]] std::optional<std::string> daylight_note(TimePoint nominal) const;

    /// What the clocks' changes from `from` to `to` do to the schedule: fires that are moved, left
    /// out or doubled. At most `per_change` of one change.
    [[nodiscard]] std::vector<DaylightNote> daylight_notes(TimePoint from,
                                                           TimePoint to,
                                                           int per_change = 4) const;

    /// Whether it runs through the changes as elapsed time, because it fires in every hour and
    /// nobody asked for something else: no reading of it is missed or doubled then.
    [[nodiscard]] bool follows_elapsed_time() const;

    /// The zone of its wall-clock readings: of the spec, unless the RRULE's DTSTART names one.
    [[nodiscard]] const Zone& zone() const { return zone_; }

    [[nodiscard]] DaylightPolicy policy() const { return policy_; }

    /// `2026-03-29T03:30:00+02:00` in the recurrence's zone.
    [[nodiscard]] std::string local_text(TimePoint at) const;

    [[nodiscard]] const Spec& spec() const { return spec_; }

private:
    /// A grid of elapsed time, in milliseconds.
    struct Grid {
        std::int64_t anchor;
        std::int64_t every;
    };

    struct Delay {
        std::int64_t delay;
    };

    struct Shot {
        std::int64_t at;
    };

    /// A reading of a wall clock that is wanted once.
    struct Once {
        Local at;

        [[nodiscard]] std::optional<Local> next(Local after, Budget& /*unused*/) const {
            return after < at ? std::optional(at) : std::nullopt;
        }

        [[nodiscard]] std::optional<Local> previous(Local before, Budget& /*unused*/) const {
            return before > at ? std::optional(at) : std::nullopt;
        }
    };

    Result<> compile_trigger();
    Result<> compile_cron(const CronTrigger& trigger);
    Result<> compile_one_shot(const OneShotTrigger& trigger);
    Result<> compile_interval(Duration every, std::optional<Duration> phase, std::string field);
    Result<> check() const;
    Result<> find_last();

    /// Calls `use` with the wall-clock rule, as the calendar leaves it.
    template <class F>
    [[nodiscard]] auto with_local_rule(const F& use) const {
        const auto calendared = [&](const auto& rule) {
            return calendar_ ? use(Calendared{rule, *calendar_}) : use(rule);
        };
        if (const auto* cron = std::get_if<Cron>(&rule_)) return calendared(*cron);
        if (const auto* set = std::get_if<RruleSet>(&rule_)) return calendared(*set);
        return calendared(std::get<Once>(rule_));
    }

    [[nodiscard]] std::optional<TimePoint> raw_next(TimePoint after, Budget& budget) const;
    [[nodiscard]] std::optional<TimePoint> raw_previous(TimePoint before, Budget& budget) const;
    [[nodiscard]] std::optional<TimePoint> next_on_grid(TimePoint after, Budget& budget) const;
    [[nodiscard]] std::optional<TimePoint> previous_on_grid(TimePoint before, Budget& budget) const;
    [[nodiscard]] std::optional<TimePoint> moved_to_open(TimePoint at) const;
    [[nodiscard]] bool is_open(TimePoint at) const;
    [[nodiscard]] TimePoint day_begin(Day day) const;
    [[nodiscard]] bool is_local() const;

    Spec spec_{};
    Zone zone_{};
    DaylightPolicy policy_{};
    std::variant<Cron, RruleSet, Once, Grid, Delay, Shot> rule_{};
    std::optional<Calendar> calendar_{};
    TimePoint last_ = TimePoint::max();  // Nothing later: bounds and count.
};

}  // namespace carillon::recurrence
