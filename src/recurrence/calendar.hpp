// Business days: which days a schedule may use, and where it goes from those that it may not.
//
// Holidays come from codes (holidays.hpp) and from calendars of the user's own. Calendars act on
// the wall-clock date of an occurrence, before daylight saving, so an occurrence is moved from one
// local date to another at the same local time.

#pragma once

#include "core/result.hpp"
#include "recurrence/budget.hpp"
#include "recurrence/holidays.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::recurrence {

/// What becomes of an occurrence on a day that is not a business day.
enum class Roll : std::uint8_t {
    exclude,   ///< It does not take place.
    next,      ///< It moves to the next business day. Two that meet become one.
    previous,  ///< It moves to the previous business day.
};

/// Bit 0 is Sunday.
inline constexpr std::uint8_t monday_to_friday = 0b0111110;

/// A calendar of the user's own: days that are not business days.
struct OwnCalendar {
    std::vector<Day> holidays{};  ///< Sorted, without duplicates.

    /// From dates such as `2026-12-24`, in any order. `invalid` with the field of the date.
    [[nodiscard]] static Result<OwnCalendar> from_dates(const std::vector<std::string>& dates,
                                                        std::string_view field);
};

/// Finds a calendar by its key; null if there is none. Only called while a spec is compiled.
using OwnCalendars = std::function<const OwnCalendar*(std::string_view key)>;

struct CalendarSpec {
    /// Codes (`DE-BY`) and keys of own calendars.
    std::vector<std::string> holidays{};
    bool business_days_only = false;
    std::uint8_t weekdays = monday_to_friday;  ///< Which weekdays are business days.
    Roll roll = Roll::exclude;

    bool operator==(const CalendarSpec&) const = default;

    /// Whether it says anything.
    [[nodiscard]] bool restricts() const { return business_days_only || !holidays.empty(); }
};

class Calendar {
public:
    /// `invalid` for an unknown code, with `field` followed by `.holidays[i]`.
    [[nodiscard]] static Result<Calendar> compile(const CalendarSpec& spec,
                                                  const OwnCalendars& own,
                                                  std::string_view field);

    [[nodiscard]] bool is_open(Day day) const;

    [[nodiscard]] Roll roll() const { return roll_; }

    /// The first open day at or after `day`; none within ten years: there is none.
    [[nodiscard]] std::optional<Day> open_from(Day day) const;
    [[nodiscard]] std::optional<Day> open_down(Day day) const;

    /// Where an occurrence on `day` takes place, if anywhere.
    [[nodiscard]] std::optional<Day> target_of(Day day) const;

private:
    std::vector<const HolidayCode*> codes_{};
    std::vector<Day> days_{};  // Sorted.
    std::uint8_t weekdays_ = 0x7F;
    Roll roll_ = Roll::exclude;
};

/// A wall-clock rule as a calendar leaves it. Refers to both.
template <class Rule>
struct Calendared {
    const Rule& rule;
    const Calendar& calendar;

    [[nodiscard]] std::optional<Local> next(Local after, Budget& budget) const {
        if (calendar.roll() == Roll::exclude) return next_open(after, budget);
        std::optional<Day> day = calendar.open_from(day_of_local(after));
        while (day && budget.spend()) {
            const Span span = sources(*day);
            std::optional<Local> best;
            for (Day source = span.first; source <= span.last && budget.spend(); ++source) {
                const Local shift = (*day - source) * seconds_per_day;
                const auto found = rule.next(std::max(after, local_of(*day) - 1) - shift, budget);
                if (!found || day_of_local(*found) != source) continue;
                if (!best || *found + shift < *best) best = *found + shift;
            }
            if (best) return best;
            const auto later = rule.next(local_of(span.last + 1) - 1, budget);
            if (!later) return std::nullopt;
            day = calendar.target_of(day_of_local(*later));
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Local> previous(Local before, Budget& budget) const {
        if (calendar.roll() == Roll::exclude) return previous_open(before, budget);
        std::optional<Day> day = calendar.open_down(day_of_local(before - 1));
        while (day && budget.spend()) {
            const Span span = sources(*day);
            std::optional<Local> best;
            for (Day source = span.first; source <= span.last && budget.spend(); ++source) {
                const Local shift = (*day - source) * seconds_per_day;
                const auto found =
                    rule.previous(std::min(before, local_of(*day + 1)) - shift, budget);
                if (!found || day_of_local(*found) != source) continue;
                if (!best || *found + shift > *best) best = *found + shift;
            }
            if (best) return best;
            const auto earlier = rule.previous(local_of(span.first), budget);
            if (!earlier) return std::nullopt;
            day = calendar.target_of(day_of_local(*earlier));
        }
        return std::nullopt;
    }

private:
    struct Span {
        Day first;
        Day last;
    };

    /// The days whose occurrences take place on `day`, which is open.
    [[nodiscard]] Span sources(Day day) const {
        if (calendar.roll() == Roll::next) {
            const auto open = calendar.open_down(day - 1);
            return {open ? *open + 1 : day, day};
        }
        const auto open = calendar.open_from(day + 1);
        return {day, open ? *open - 1 : day};
    }

    [[nodiscard]] std::optional<Local> next_open(Local after, Budget& budget) const {
        while (budget.spend()) {
            const auto found = rule.next(after, budget);
            if (!found || calendar.is_open(day_of_local(*found))) return found;
            after = local_of(day_of_local(*found) + 1) - 1;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Local> previous_open(Local before, Budget& budget) const {
        while (budget.spend()) {
            const auto found = rule.previous(before, budget);
            if (!found || calendar.is_open(day_of_local(*found))) return found;
            before = local_of(day_of_local(*found));
        }
        return std::nullopt;
    }
};

}  // namespace carillon::recurrence
