// DAILY, HOURLY, MINUTELY and SECONDLY rules: a grid of equal steps, of which the BY parts let some
// pass. Between two that pass there may be years, so the search leaps over days, hours and minutes
// that cannot match, and then back onto the grid.

#include "recurrence/bits.hpp"
#include "recurrence/rrule.hpp"
#include "recurrence/time_set.hpp"

#include <algorithm>

namespace carillon::recurrence {
namespace {

constexpr std::int64_t unit_of(Frequency frequency) {
    switch (frequency) {
        case Frequency::secondly:
            return 1;
        case Frequency::minutely:
            return 60;
        case Frequency::hourly:
            return 3'600;
        default:
            return seconds_per_day;
    }
}

}  // namespace

std::uint32_t Rrule::allowed_days(int year, int month) const {
    if (has.months && !has_bit(months, month)) return 0;
    std::uint32_t bits = month_days(year, month);
    if (!has.year_days || bits == 0) return bits;
    const auto before = static_cast<int>(day_of(year, month, 1) - day_of(year, 1, 1));
    const int length = days_in_year(year);
    for (std::uint32_t rest = bits; rest != 0; rest &= rest - 1) {
        const int day = std::countr_zero(rest);
        const auto from_start = static_cast<std::size_t>(before) + static_cast<std::size_t>(day);
        const auto from_end = static_cast<std::size_t>(length) + 1 - from_start;
        if (!has_bit(year_days[from_start / 64], static_cast<int>(from_start % 64)) &&
            !has_bit(year_days_from_end[from_end / 64], static_cast<int>(from_end % 64))) {
            bits &= ~(1U << static_cast<unsigned>(day));
        }
    }
    return bits;
}

/// The grid, its filters, and what each of its cells holds.
struct Rrule::Steps {
    const Rrule& rule;
    std::int64_t unit;
    std::int64_t anchor;  ///< The start's cell; cells count units from 1970.
    bool filters_days;
    TimeSet cell;  ///< The seconds of a cell at which the rule fires.
    int year = 0;  ///< Of the month whose days are loaded.
    int month = 0;
    std::uint32_t days_of_month = 0;

    explicit Steps(const Rrule& of)
        : rule(of),
          unit(unit_of(of.frequency)),
          anchor(floor_div(of.start, unit)),
          filters_days(of.has.months || of.has.year_days || of.has.days || of.has.weekdays),
          cell{of.frequency == Frequency::daily ? of.hours : 1U,
               of.frequency >= Frequency::hourly ? of.minutes : 1U,
               of.frequency >= Frequency::minutely ? of.seconds : 1U} {}

    [[nodiscard]] std::int64_t grid_from(std::int64_t wanted) const {
        return wanted + floor_mod(anchor - wanted, rule.interval);
    }

    [[nodiscard]] std::int64_t grid_down(std::int64_t wanted) const {
        return wanted - floor_mod(wanted - anchor, rule.interval);
    }

    void load_month(int of_year, int of_month) {
        if (year == of_year && month == of_month) return;
        year = of_year;
        month = of_month;
        days_of_month = rule.allowed_days(year, month);
    }

    /// `at` if all filters pass, else the begin of the first cell after it that may pass.
    [[nodiscard]] std::optional<Local> passing_from(Local at, Budget& budget);
    /// `at`, the begin of a cell, if all filters pass, else that of the last one before that may.
    [[nodiscard]] std::optional<Local> passing_down(Local at, Budget& budget);
    [[nodiscard]] std::optional<Local> day_from(Local at, Budget& budget);
    [[nodiscard]] std::optional<Local> day_down(Local at, Budget& budget);
    [[nodiscard]] std::optional<Local> first_in(Local begin, Local low) const;
    [[nodiscard]] std::optional<Local> last_in(Local begin, Local high) const;
};

std::optional<Local> Rrule::Steps::day_from(Local at, Budget& budget) {
    const Day today = day_of_local(at);
    Date date = date_of(today);
    load_month(date.year, date.month);
    if (has_bit(days_of_month, date.day)) return at;
    int day = bit_from(days_of_month, date.day);
    while (day < 0) {
        if (!budget.spend()) return std::nullopt;
        if (++date.month > 12) {
            date.month = 1;
            if (++date.year > year_max) return std::nullopt;
        }
        load_month(date.year, date.month);
        day = bit_from(days_of_month, 1);
    }
    return local_of(day_of(date.year, date.month, day));
}

std::optional<Local> Rrule::Steps::day_down(Local at, Budget& budget) {
    const Day today = day_of_local(at);
    Date date = date_of(today);
    load_month(date.year, date.month);
    if (has_bit(days_of_month, date.day)) return at;
    int day = bit_down(days_of_month, date.day);
    while (day < 1) {
        if (!budget.spend()) return std::nullopt;
        if (--date.month < 1) {
            date.month = 12;
            if (--date.year < year_min) return std::nullopt;
        }
        load_month(date.year, date.month);
        day = bit_down(days_of_month, 31);
    }
    return local_of(day_of(date.year, date.month, day) + 1) - unit;
}

std::optional<Local> Rrule::Steps::passing_from(Local at, Budget& budget) {
    if (filters_days) {
        const auto day = day_from(at, budget);
        if (!day || *day != at) return day;
    }
    if (unit == seconds_per_day) return at;
    const Local day = local_of(day_of_local(at));
    const auto time = static_cast<int>(at - day);
    const int hour = bit_from(rule.hours, time / 3'600);
    if (hour < 0) return day + seconds_per_day;
    if (hour != time / 3'600) return day + hour * 3'600;
    if (unit == 3'600) return at;
    const int minute = bit_from(rule.minutes, time / 60 % 60);
    if (minute < 0) return day + (hour + 1) * 3'600;
    if (minute != time / 60 % 60) return day + hour * 3'600 + minute * 60;
    if (unit == 60) return at;
    const int second = bit_from(rule.seconds, time % 60);
    if (second < 0) return day + hour * 3'600 + (minute + 1) * 60;
    return day + hour * 3'600 + minute * 60 + second;
}

std::optional<Local> Rrule::Steps::passing_down(Local at, Budget& budget) {
    if (filters_days) {
        const auto day = day_down(at, budget);
        if (!day || *day != at) return day;
    }
    if (unit == seconds_per_day) return at;
    const Local day = local_of(day_of_local(at));
    const auto time = static_cast<int>(at - day);
    const int hour = bit_down(rule.hours, time / 3'600);
    if (hour < 0) return day - unit;
    if (hour != time / 3'600) return day + (hour + 1) * 3'600 - unit;
    if (unit == 3'600) return at;
    const int minute = bit_down(rule.minutes, time / 60 % 60);
    if (minute < 0) return day + hour * 3'600 - unit;
    if (minute != time / 60 % 60) return day + hour * 3'600 + (minute + 1) * 60 - unit;
    if (unit == 60) return at;
    const int second = bit_down(rule.seconds, time % 60);
    if (second < 0) return day + hour * 3'600 + minute * 60 - 1;
    return day + hour * 3'600 + minute * 60 + second;
}

std::optional<Local> Rrule::Steps::first_in(Local begin, Local low) const {
    if (rule.positions.empty()) {
        const int time = low <= begin ? cell.first() : cell.from(static_cast<int>(low - begin));
        return time < 0 ? std::nullopt : std::optional(begin + time);
    }
    const int total = cell.count();
    std::optional<Local> best;
    for (const int position : rule.positions) {
        const int index = position > 0 ? position - 1 : total + position;
        if (index < 0 || index >= total) continue;
        const Local at = begin + cell.nth(index);
        if (at >= low && (!best || at < *best)) best = at;
    }
    return best;
}

std::optional<Local> Rrule::Steps::last_in(Local begin, Local high) const {
    if (rule.positions.empty()) {
        const Local into = std::min(high - begin, unit - 1);
        const int time = cell.down(static_cast<int>(into));
        return time < 0 ? std::nullopt : std::optional(begin + time);
    }
    const int total = cell.count();
    std::optional<Local> best;
    for (const int position : rule.positions) {
        const int index = position > 0 ? position - 1 : total + position;
        if (index < 0 || index >= total) continue;
        const Local at = begin + cell.nth(index);
        if (at <= high && (!best || at > *best)) best = at;
    }
    return best;
}

std::optional<Local> Rrule::next_of_steps(Local low, Budget& budget) const {
    Steps steps(*this);
    std::int64_t index = steps.grid_from(floor_div(low, steps.unit));
    while (budget.spend()) {
        const Local begin = index * steps.unit;
        if (begin > last) return std::nullopt;
        const auto passing = steps.passing_from(begin, budget);
        if (!passing) return std::nullopt;
        if (*passing != begin) {
            index = steps.grid_from(floor_div(*passing + steps.unit - 1, steps.unit));
            continue;
        }
        if (const auto found = steps.first_in(begin, low)) return found;
        index += interval;
    }
    return std::nullopt;
}

std::optional<Local> Rrule::previous_of_steps(Local high, Budget& budget) const {
    Steps steps(*this);
    std::int64_t index = steps.grid_down(floor_div(high, steps.unit));
    while (index >= steps.anchor && budget.spend()) {
        const Local begin = index * steps.unit;
        const auto passing = steps.passing_down(begin, budget);
        if (!passing) return std::nullopt;
        if (*passing != begin) {
            index = steps.grid_down(floor_div(*passing, steps.unit));
            continue;
        }
        if (const auto found = steps.last_in(begin, high)) return found;
        index -= interval;
    }
    return std::nullopt;
}

}  // namespace carillon::recurrence
