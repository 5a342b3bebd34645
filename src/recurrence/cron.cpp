#include "recurrence/cron.hpp"

#include "recurrence/bits.hpp"
#include "recurrence/month.hpp"
#include "recurrence/time_set.hpp"

#include <bit>

namespace carillon::recurrence {
namespace {

constexpr int saturday = 6;

/// The weekday (Monday to Friday) nearest to `day` within its month.
int nearest_weekday(int day, int first_weekday, int length) {
    const int weekday = (first_weekday + day - 1) % 7;
    if (weekday == saturday) return day > 1 ? day - 1 : day + 2;
    if (weekday == 0) return day < length ? day + 1 : day - 2;
    return day;
}

TimeSet times_of(const Cron& cron) {
    return {cron.hours, cron.minutes, cron.seconds};
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
    const TimeSet times = times_of(*this);
    const Day today = day_of_local(from);
    Date date = date_of(today);
    int skip = date.day;  // Days below are over.
    if (has_bit(months, date.month) && year_from(*this, date.year) == date.year) {
        const std::uint32_t matching = days_of(date.year, date.month);
        if (has_bit(matching, date.day)) {
            const int time = times.from(static_cast<int>(from - today * seconds_per_day));
            if (time >= 0) return today * seconds_per_day + time;
            ++skip;
        }
        const int day = bit_from(matching, skip);
        if (day >= 0) return (today + day - date.day) * seconds_per_day + times.first();
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
            return local_of(day_of(date.year, month, day)) + times.first();
        }
    }
}

std::optional<Local> Cron::previous(Local before) const {
    if (before <= local_min) return std::nullopt;
    const Local to = before > local_max ? local_max : before - 1;
    const TimeSet times = times_of(*this);
    const Day today = day_of_local(to);
    Date date = date_of(today);
    int keep = date.day;  // Days above are yet to come.
    if (has_bit(months, date.month) && year_down(*this, date.year) == date.year) {
        const std::uint32_t matching = days_of(date.year, date.month);
        if (has_bit(matching, date.day)) {
            const int time = times.down(static_cast<int>(to - today * seconds_per_day));
            if (time >= 0) return today * seconds_per_day + time;
            --keep;
        }
        const int day = bit_down(matching, keep);
        if (day >= 1) {
            return (today + day - date.day) * seconds_per_day + times.last();
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
            return local_of(day_of(date.year, month, day)) + times.last();
        }
    }
}

}  // namespace carillon::recurrence
