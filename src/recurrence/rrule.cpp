#include "recurrence/rrule.hpp"

#include "recurrence/bits.hpp"
#include "recurrence/month.hpp"
#include "recurrence/time_set.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace carillon::recurrence {
namespace {

/// A COUNT is counted out once, when the rule is compiled.
constexpr int count_steps = 5'000'000;

constexpr Date date_of_local(Local local) {
    return date_of(day_of_local(local));
}

/// Index in its year (from 0) of the day on which week 1 begins; may be negative.
int first_week_of(int year, int week_start) {
    const int into_week = (weekday_of(day_of(year, 1, 1)) - week_start + 7) % 7;
    return into_week <= 3 ? -into_week : 7 - into_week;
}

int weeks_in(int year, int week_start) {
    return (days_in_year(year) + first_week_of(year + 1, week_start) -
            first_week_of(year, week_start)) /
           7;
}

}  // namespace

/// The days of one period.
struct Rrule::Days {
    Day base = 0;  ///< The day of bit 0.
    std::array<std::uint64_t, 6> words{};

    void set(int bit) { words[static_cast<std::size_t>(bit / 64)] |= std::uint64_t{1} << bit % 64; }

    /// Puts `bits` (below 2^32) at `at` and above.
    void put(std::uint64_t bits, int at) {
        const auto word = static_cast<std::size_t>(at / 64);
        words[word] |= bits << at % 64;
        if (at % 64 > 32 && word + 1 < words.size()) words[word + 1] |= bits >> (64 - at % 64);
    }

    void keep(const std::array<std::uint64_t, 6>& others) {
        for (std::size_t i = 0; i < words.size(); ++i) words[i] &= others[i];
    }

    [[nodiscard]] int from(std::int64_t bit) const {
        if (bit < 0) bit = 0;
        for (auto i = static_cast<std::size_t>(bit / 64); i < words.size(); ++i) {
            const int found = bit_from(words[i], static_cast<int>(bit % 64));
            if (found >= 0) return static_cast<int>(i) * 64 + found;
            bit = 0;
        }
        return -1;
    }

    [[nodiscard]] int down(std::int64_t bit) const {
        if (bit >= 384) bit = 383;
        for (std::int64_t i = bit < 0 ? -1 : bit / 64; i >= 0; --i) {
            const int found =
                bit_down(words[static_cast<std::size_t>(i)], static_cast<int>(bit - i * 64));
            if (found >= 0) return static_cast<int>(i) * 64 + found;
            bit = i * 64 - 1;
        }
        return -1;
    }

    [[nodiscard]] int count() const {
        int sum = 0;
        for (const std::uint64_t word : words) sum += std::popcount(word);
        return sum;
    }

    [[nodiscard]] int nth(int n) const {
        for (std::size_t i = 0; i < words.size(); ++i) {
            const int here = std::popcount(words[i]);
            if (n < here) return static_cast<int>(i) * 64 + nth_bit(words[i], n);
            n -= here;
        }
        return -1;
    }
};

bool Rrule::has_numbered_weekdays() const {
    const auto any = [](std::uint64_t bits) { return bits != 0; };
    return std::ranges::any_of(nth_weekdays, any) || std::ranges::any_of(nth_from_end, any);
}

bool Rrule::every_hour() const {
    if (frequency > Frequency::hourly || has.hours) return false;
    return frequency < Frequency::hourly || interval == 1;
}

Result<> Rrule::bind(Local starts_at, Local ends_at, std::string_view field) {
    start = starts_at;
    last = std::min(ends_at, local_max);
    const Date date = date_of_local(start);
    const auto weekday =
        static_cast<std::uint8_t>(1U << static_cast<unsigned>(weekday_of(day_of_local(start))));
    if (!has.year_days && !has.days && !has.weekdays) {
        if (frequency == Frequency::weekly || (frequency == Frequency::yearly && has.weeks)) {
            weekdays = weekday;
            has.weekdays = true;
        } else if (frequency >= Frequency::monthly) {
            if (frequency == Frequency::yearly && !has.months) {
                months = static_cast<std::uint16_t>(1U << static_cast<unsigned>(date.month));
                has.months = true;
            }
            days = 1U << static_cast<unsigned>(date.day);
            has.days = true;
        }
    }
    const auto second = static_cast<int>(floor_mod(start, seconds_per_day));
    if (!has.hours) {
        hours = frequency > Frequency::hourly ? 1U << static_cast<unsigned>(second / 3'600)
                                              : (1U << 24U) - 1;
    }
    if (!has.minutes) {
        minutes = frequency > Frequency::minutely ? std::uint64_t{1} << (second / 60 % 60)
                                                  : bit_range(0, 59);
    }
    if (!has.seconds) {
        seconds =
            frequency > Frequency::secondly ? std::uint64_t{1} << (second % 60) : bit_range(0, 59);
    }

    Budget first_budget;
    std::optional<Local> found = next(start - 1, first_budget);
    if (!found) {
        return invalid(std::string(field),
                       first_budget.exhausted()
                           ? "a first occurrence was not found within the steps allowed; do the "
                             "parts of the rule contradict each other?"
                       : last < start ? "never fires: UNTIL is before the start"
                                      : "never fires: no date from the start to the year 9999 "
                                        "satisfies all parts of the rule");
    }
    if (!count) return {};
    Budget budget(count_steps);
    for (std::int64_t n = 1; n < *count; ++n) {
        const auto following = next(*found, budget);
        if (budget.exhausted()) {
            return invalid(std::string(field),
                           fmt::format("COUNT: the end was not found within {} steps; use UNTIL",
                                       count_steps));
        }
        if (!following) break;
        found = following;
    }
    last = *found;
    return {};
}

std::optional<Local> Rrule::next(Local after, Budget& budget) const {
    if (after >= last) return std::nullopt;
    const Local low = std::max(after + 1, start);
    std::optional<Local> found;
    if (frequency < Frequency::weekly) {
        found = next_of_steps(low, budget);
    } else {
        Days days_of_period;
        for (std::int64_t index = period_of(low); budget.spend(); ++index) {
            if (!load_period(index, days_of_period)) return std::nullopt;
            if (local_of(days_of_period.base) > last) return std::nullopt;
            found = first_of(days_of_period, low);
            if (found) break;
        }
    }
    return found && *found <= last ? found : std::nullopt;
}

std::optional<Local> Rrule::previous(Local before, Budget& budget) const {
    if (before <= start) return std::nullopt;
    const Local high = std::min(before - 1, last);
    if (high < start) return std::nullopt;
    std::optional<Local> found;
    if (frequency < Frequency::weekly) {
        found = previous_of_steps(high, budget);
    } else {
        Days days_of_period;
        for (std::int64_t index = period_of(high); index >= 0 && budget.spend(); --index) {
            if (!load_period(index, days_of_period)) continue;
            found = last_of(days_of_period, high);
            if (found) break;
        }
    }
    return found && *found >= start ? found : std::nullopt;
}

/// The last period that begins at or before `at`, counted from the one of the start. `at` is not
/// before the start.
std::int64_t Rrule::period_of(Local at) const {
    const Day day = day_of_local(at);
    const Date date = date_of(day);
    const Date first = date_of_local(start);
    if (frequency == Frequency::yearly) return (date.year - first.year) / interval;
    if (frequency == Frequency::monthly) {
        return ((date.year - first.year) * 12 + date.month - first.month) / interval;
    }
    const Day start_day = day_of_local(start);
    const Day week = start_day - floor_mod(weekday_of(start_day) - week_start, 7);
    return floor_div(day - week, 7) / interval;
}

/// False beyond the year 9999.
bool Rrule::load_period(std::int64_t index, Days& result) const {
    result.words = {};
    const Day start_day = day_of_local(start);
    const Date first = date_of(start_day);
    if (frequency == Frequency::weekly) {
        const Day week = start_day - floor_mod(weekday_of(start_day) - week_start, 7);
        result.base = week + index * interval * 7;
        if (local_of(result.base) > local_max) return false;
        load_week(result.base, result);
        return true;
    }
    if (frequency == Frequency::monthly) {
        const std::int64_t month = first.year * 12 + first.month - 1 + index * interval;
        if (month / 12 > year_max) return false;
        const auto year = static_cast<int>(month / 12);
        const auto of_year = static_cast<int>(month % 12) + 1;
        result.base = day_of(year, of_year, 1) - 1;  // So that day d is bit d.
        if (!has.months || has_bit(months, of_year)) result.words[0] = month_days(year, of_year);
        return true;
    }
    const std::int64_t year = first.year + index * interval;
    if (year > year_max) return false;
    load_year(static_cast<int>(year), result);
    return true;
}

void Rrule::load_week(Day begin, Days& result) const {
    for (int i = 0; i < 7; ++i) {
        if (!has_bit(weekdays, weekday_of(begin + i))) continue;
        if (has.months && !has_bit(months, date_of(begin + i).month)) continue;
        result.set(i);
    }
}

/// What BYMONTHDAY leaves of a month.
std::uint32_t Rrule::numbered_days(int year, int month) const {
    const int length = days_in_month(year, month);
    const auto within = static_cast<std::uint32_t>(bit_range(1, length));
    if (!has.days) return within;
    std::uint32_t chosen = days;
    for (std::uint32_t ends = days_from_end; ends != 0; ends &= ends - 1) {
        const int day = length + 1 - std::countr_zero(ends);
        if (day >= 1) chosen |= 1U << static_cast<unsigned>(day);
    }
    return chosen & within;
}

/// What BYMONTHDAY and BYDAY (with numbers counted in the month) leave of a month.
std::uint32_t Rrule::month_days(int year, int month) const {
    const std::uint32_t bits = numbered_days(year, month);
    if (!has.weekdays || bits == 0) return bits;
    const int length = days_in_month(year, month);
    const int first_weekday = weekday_of(day_of(year, month, 1));
    std::uint32_t chosen = weekdays_of_month(weekdays, first_weekday);
    for (int weekday = 0; weekday < 7; ++weekday) {
        const int first = 1 + (weekday - first_weekday + 7) % 7;
        const int last_one = first + (length - first) / 7 * 7;
        const auto index = static_cast<std::size_t>(weekday);
        for (std::uint64_t n = nth_weekdays[index] & bit_range(1, 5); n != 0; n &= n - 1) {
            const int day = first + (std::countr_zero(n) - 1) * 7;
            if (day <= length) chosen |= 1U << static_cast<unsigned>(day);
        }
        for (std::uint64_t n = nth_from_end[index] & bit_range(1, 5); n != 0; n &= n - 1) {
            const int day = last_one - (std::countr_zero(n) - 1) * 7;
            if (day >= 1) chosen |= 1U << static_cast<unsigned>(day);
        }
    }
    return bits & chosen;
}

void Rrule::load_year(int year, Days& result) const {
    result.base = day_of(year, 1, 1);
    const bool counts_in_year = has_numbered_weekdays() && !has.months;
    int offset = 0;
    for (int month = 1; month <= 12; ++month) {
        const int length = days_in_month(year, month);
        if (!has.months || has_bit(months, month)) {
            const std::uint64_t bits =
                counts_in_year ? numbered_days(year, month) : month_days(year, month);
            result.put(bits >> 1U, offset);
        }
        offset += length;
    }
    if (counts_in_year) keep_weekdays_of_year(year, result);
    if (has.year_days) keep_year_days(year, result);
    if (has.weeks) keep_weeks(year, result);
}

void Rrule::keep_weekdays_of_year(int year, Days& result) const {
    Days chosen;
    const int length = days_in_year(year);
    const int first_weekday = weekday_of(day_of(year, 1, 1));
    for (int weekday = 0; weekday < 7; ++weekday) {
        const int first = (weekday - first_weekday + 7) % 7;
        const int last_one = first + (length - 1 - first) / 7 * 7;
        const auto index = static_cast<std::size_t>(weekday);
        if (has_bit(weekdays, weekday)) {
            for (int day = first; day < length; day += 7) chosen.set(day);
        }
        for (std::uint64_t n = nth_weekdays[index]; n != 0; n &= n - 1) {
            const int day = first + (std::countr_zero(n) - 1) * 7;
            if (day < length) chosen.set(day);
        }
        for (std::uint64_t n = nth_from_end[index]; n != 0; n &= n - 1) {
            const int day = last_one - (std::countr_zero(n) - 1) * 7;
            if (day >= 0) chosen.set(day);
        }
    }
    result.keep(chosen.words);
}

void Rrule::keep_year_days(int year, Days& result) const {
    Days chosen;
    const int length = days_in_year(year);
    for (int day = 0; day < length; ++day) {
        const auto from_start = static_cast<std::size_t>(day) + 1;
        const auto from_end = static_cast<std::size_t>(length) - static_cast<std::size_t>(day);
        if (has_bit(year_days[from_start / 64], static_cast<int>(from_start % 64)) ||
            has_bit(year_days_from_end[from_end / 64], static_cast<int>(from_end % 64))) {
            chosen.set(day);
        }
    }
    result.keep(chosen.words);
}

/// A week belongs to the year that holds four of its days or more, but a period is a calendar year:
/// 29 December may be in week 1 of the year after, and is found in the period in which it lies.
void Rrule::keep_weeks(int year, Days& result) const {
    Days chosen;
    const int length = days_in_year(year);
    const int first = first_week_of(year, week_start);
    const int count_of_weeks = weeks_in(year, week_start);
    const auto wanted = [&](int week, int of_year_weeks) {
        return has_bit(weeks, week) || has_bit(weeks_from_end, of_year_weeks + 1 - week);
    };
    for (int week = 0; week <= count_of_weeks + 1; ++week) {
        bool is_wanted = false;
        if (week == 0) {
            const int before = weeks_in(year - 1, week_start);
            is_wanted = wanted(before, before);
        } else if (week > count_of_weeks) {
            is_wanted = wanted(1, weeks_in(year + 1, week_start));
        } else {
            is_wanted = wanted(week, count_of_weeks);
        }
        if (!is_wanted) continue;
        for (int day = first + (week - 1) * 7; day < first + week * 7; ++day) {
            if (day >= 0 && day < length) chosen.set(day);
        }
    }
    result.keep(chosen.words);
}

std::optional<Local> Rrule::first_of(const Days& of_period, Local low) const {
    const TimeSet times{hours, minutes, seconds};
    const Day low_day = day_of_local(low);
    if (positions.empty()) {
        int day = of_period.from(low_day - of_period.base);
        if (day < 0) return std::nullopt;
        if (of_period.base + day == low_day) {
            const int time = times.from(static_cast<int>(floor_mod(low, seconds_per_day)));
            if (time >= 0) return local_of(low_day) + time;
            day = of_period.from(day + 1);
            if (day < 0) return std::nullopt;
        }
        return local_of(of_period.base + day) + times.first();
    }
    const int per_day = times.count();
    const int total = of_period.count() * per_day;
    std::optional<Local> best;
    for (const int position : positions) {
        const int index = position > 0 ? position - 1 : total + position;
        if (index < 0 || index >= total) continue;
        const Local at =
            local_of(of_period.base + of_period.nth(index / per_day)) + times.nth(index % per_day);
        if (at >= low && (!best || at < *best)) best = at;
    }
    return best;
}

std::optional<Local> Rrule::last_of(const Days& of_period, Local high) const {
    const TimeSet times{hours, minutes, seconds};
    const Day high_day = day_of_local(high);
    if (positions.empty()) {
        int day = of_period.down(high_day - of_period.base);
        if (day < 0) return std::nullopt;
        if (of_period.base + day == high_day) {
            const int time = times.down(static_cast<int>(floor_mod(high, seconds_per_day)));
            if (time >= 0) return local_of(high_day) + time;
            day = of_period.down(day - 1);
            if (day < 0) return std::nullopt;
        }
        return local_of(of_period.base + day) + times.last();
    }
    const int per_day = times.count();
    const int total = of_period.count() * per_day;
    std::optional<Local> best;
    for (const int position : positions) {
        const int index = position > 0 ? position - 1 : total + position;
        if (index < 0 || index >= total) continue;
        const Local at =
            local_of(of_period.base + of_period.nth(index / per_day)) + times.nth(index % per_day);
        if (at <= high && (!best || at > *best)) best = at;
    }
    return best;
}

}  // namespace carillon::recurrence
