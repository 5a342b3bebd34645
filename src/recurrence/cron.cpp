#include "recurrence/cron.hpp"

#include "recurrence/bits.hpp"

#include <bit>

namespace carillon::recurrence {
namespace {

constexpr int saturday = 6;

/// Bits 1 to 31 for the weekdays of `pattern` in a month whose 1st is a `first_weekday`.
std::uint32_t weekdays_of_month(std::uint32_t pattern, int first_weekday) {
    // Day d has weekday (first_weekday + d - 1) mod 7: turn the week so that bit 0 is the 1st.
    const std::uint64_t two_weeks = std::uint64_t{pattern} | std::uint64_t{pattern} << 7U;
    const std::uint64_t week = two_weeks >> static_cast<unsigned>(first_weekday) & 0x7FU;
    constexpr std::uint64_t five_weeks = 1 | 1U << 7U | 1U << 14U | 1U << 21U | 1U << 28U;
    return static_cast<std::uint32_t>((week * five_weeks) << 1U);
}

/// The weekday (Monday to Friday) nearest to `day` within its month.
int nearest_weekday(int day, int first_weekday, int length) {
    const int weekday = (first_weekday + day - 1) % 7;
    if (weekday == saturday) return day > 1 ? day - 1 : day + 2;
    if (weekday == 0) return day < length ? day + 1 : day - 2;
    return day;
}

struct TimeOfDay {
    int hour;
    int minute;
    int second;
};

TimeOfDay time_of(std::int64_t second_of_day) {
    const auto seconds = static_cast<int>(second_of_day);
    return {seconds / 3'600, seconds / 60 % 60, seconds % 60};
}

/// Seconds of the day at or after `from`, or -1.
int time_from(const Cron& cron, const TimeOfDay& from) {
    int hour = bit_from(cron.hours, from.hour);
    if (hour == from.hour) {
        int minute = bit_from(cron.minutes, from.minute);
        if (minute == from.minute) {
            const int second = bit_from(cron.seconds, from.second);
            if (second >= 0) return hour * 3'600 + minute * 60 + second;
            minute = bit_from(cron.minutes, from.minute + 1);
        }
        if (minute >= 0) return hour * 3'600 + minute * 60 + std::countr_zero(cron.seconds);
        hour = bit_from(cron.hours, from.hour + 1);
    }
    if (hour < 0) return -1;
    return hour * 3'600 + std::countr_zero(cron.minutes) * 60 + std::countr_zero(cron.seconds);
}

int last_bit(std::uint64_t bits) {
    return 63 - std::countl_zero(bits);
}

/// Seconds of the day at or before `to`, or -1.
int time_down(const Cron& cron, const TimeOfDay& to) {
    int hour = bit_down(cron.hours, to.hour);
    if (hour == to.hour) {
        int minute = bit_down(cron.minutes, to.minute);
        if (minute == to.minute) {
            const int second = bit_down(cron.seconds, to.second);
            if (second >= 0) return hour * 3'600 + minute * 60 + second;
            minute = bit_down(cron.minutes, to.minute - 1);
        }
        if (minute >= 0) return hour * 3'600 + minute * 60 + last_bit(cron.seconds);
        hour = bit_down(cron.hours, to.hour - 1);
    }
    if (hour < 0) return -1;
    return hour * 3'600 + last_bit(cron.minutes) * 60 + last_bit(cron.seconds);
}

/// The first year of the rule at or after `year`, or a year beyond the calendar.
int year_from(const Cron& cron, int year) {
    if (!cron.has_years) return year;
    for (int i = year < Cron::first_year ? 0 : year - Cron::first_year; i < 256;
         i = (i / 64 + 1) * 64) {
        const int bit = bit_from(cron.years[static_cast<std::size_t>(i / 64)], i % 64);
        if (bit >= 0) return Cron::first_year + i / 64 * 64 + bit;
    }
    return year_max + 1;
}

/// The last year of the rule at or before `year`, or a year before the calendar.
int year_down(const Cron& cron, int year) {
    if (!cron.has_years) return year;
    for (int i = year > Cron::first_year + 255 ? 255 : year - Cron::first_year; i >= 0;
         i = i / 64 * 64 - 1) {
        const int bit = bit_down(cron.years[static_cast<std::size_t>(i / 64)], i % 64);
        if (bit >= 0) return Cron::first_year + i / 64 * 64 + bit;
    }
    return year_min - 1;
}

}  // namespace

std::uint32_t Cron::days_of(int year, int month) const {
    const int length = days_in_month(year, month);
    const auto within = static_cast<std::uint32_t>(bit_range(1, length));
    const int first_weekday = weekday_of(day_of(year, month, 1));

    std::uint32_t by_day = days;
    for (std::uint32_t bits = from_last; bits != 0; bits &= bits - 1) {
        const int day = length - std::countr_zero(bits);
        if (day >= 1) by_day |= 1U << static_cast<unsigned>(day);
    }
    for (std::uint32_t bits = nearest; bits != 0; bits &= bits - 1) {
        const int day = std::countr_zero(bits);
        if (day > length) continue;
        by_day |= 1U << static_cast<unsigned>(nearest_weekday(day, first_weekday, length));
    }
    for (std::uint32_t bits = nearest_last; bits != 0; bits &= bits - 1) {
        const int day = length - std::countr_zero(bits);
        if (day < 1) continue;
        by_day |= 1U << static_cast<unsigned>(nearest_weekday(day, first_weekday, length));
    }

    std::uint32_t by_weekday = weekdays_of_month(weekdays, first_weekday);
    for (int k = 1; k <= 5; ++k) {
        const std::uint32_t wanted = nth[static_cast<std::size_t>(k)];
        if (wanted == 0) continue;
        by_weekday |= weekdays_of_month(wanted, first_weekday) &
                      static_cast<std::uint32_t>(bit_range(k * 7 - 6, k * 7 > 31 ? 31 : k * 7));
    }
    if (nth[0] != 0) {
        by_weekday |= weekdays_of_month(nth[0], first_weekday) &
                      static_cast<std::uint32_t>(bit_range(length - 6, length));
    }
    return (days_free || weekdays_free ? by_day & by_weekday : by_day | by_weekday) & within;
}

std::optional<Local> Cron::next(Local after) const {
    if (after >= local_max) return std::nullopt;
    const Local from = after < local_min ? local_min : after + 1;
    const Day today = day_of_local(from);
    Date date = date_of(today);
    int skip = date.day;  // Days below are over.
    if (has_bit(months, date.month) && year_from(*this, date.year) == date.year) {
        const std::uint32_t matching = days_of(date.year, date.month);
        if (has_bit(matching, date.day)) {
            const int time = time_from(*this, time_of(from - today * seconds_per_day));
            if (time >= 0) return today * seconds_per_day + time;
            ++skip;
        }
        const int day = bit_from(matching, skip);
        if (day >= 0) return (today + day - date.day) * seconds_per_day + time_from(*this, {});
    }
    for (;;) {
        int month = bit_from(months, date.month + 1);
        if (month < 0) {
            date.year = year_from(*this, date.year + 1);
            month = bit_from(months, 1);
        }
        if (date.year > year_max) return std::nullopt;
        date.month = month;
        if (year_from(*this, date.year) != date.year) {
            date.month = 12;  // On to the next year of the rule.
            continue;
        }
        const int day = bit_from(days_of(date.year, month), 1);
        if (day >= 0) {
            return local_of(day_of(date.year, month, day)) + time_from(*this, {});
        }
    }
}

std::optional<Local> Cron::previous(Local before) const {
    if (before <= local_min) return std::nullopt;
    const Local to = before > local_max ? local_max : before - 1;
    const Day today = day_of_local(to);
    Date date = date_of(today);
    int keep = date.day;  // Days above are yet to come.
    constexpr TimeOfDay end_of_day{23, 59, 59};
    if (has_bit(months, date.month) && year_down(*this, date.year) == date.year) {
        const std::uint32_t matching = days_of(date.year, date.month);
        if (has_bit(matching, date.day)) {
            const int time = time_down(*this, time_of(to - today * seconds_per_day));
            if (time >= 0) return today * seconds_per_day + time;
            --keep;
        }
        const int day = bit_down(matching, keep);
        if (day >= 1) {
            return (today + day - date.day) * seconds_per_day + time_down(*this, end_of_day);
        }
    }
    for (;;) {
        int month = bit_down(months, date.month - 1);
        if (month < 1) {
            date.year = year_down(*this, date.year - 1);
            month = bit_down(months, 12);
        }
        if (date.year < year_min) return std::nullopt;
        date.month = month;
        if (year_down(*this, date.year) != date.year) {
            date.month = 1;  // On to the year before.
            continue;
        }
        const int day = bit_down(days_of(date.year, month), 31);
        if (day >= 1) {
            return local_of(day_of(date.year, month, day)) + time_down(*this, end_of_day);
        }
    }
}

}  // namespace carillon::recurrence
