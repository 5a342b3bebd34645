// The Gregorian calendar as arithmetic: days and seconds of a wall clock as whole numbers.
//
// Rules are evaluated on wall-clock readings that know nothing of zones; only zone.hpp turns them
// into instants. Plain integers, because bit masks over days and seconds are what rules are made
// of.

#pragma once

#include <compare>
#include <cstdint>

namespace carillon::recurrence {

/// Seconds that a wall clock shows, counted from its 1970-01-01T00:00:00. Not an instant.
using Local = std::int64_t;
/// Days that a wall calendar shows, counted from its 1970-01-01.
using Day = std::int64_t;
/// Seconds since 1970 UTC: an instant.
using Second = std::int64_t;

inline constexpr std::int64_t seconds_per_day = 86'400;

/// Rules are evaluated from the year 1 to the end of 9999.
inline constexpr int year_min = 1;
inline constexpr int year_max = 9'999;

struct Date {
    int year = 1970;
    int month = 1;  ///< 1 to 12.
    int day = 1;    ///< 1 to 31.

    bool operator==(const Date&) const = default;
    auto operator<=>(const Date&) const = default;
};

[[nodiscard]] constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - ((a % b != 0 && (a % b < 0) != (b < 0)) ? 1 : 0);
}

[[nodiscard]] constexpr std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
    return a - floor_div(a, b) * b;
}

[[nodiscard]] constexpr bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

[[nodiscard]] constexpr int days_in_month(int year, int month) {
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

[[nodiscard]] constexpr int days_in_year(int year) {
    return is_leap(year) ? 366 : 365;
}

/// Howard Hinnant's days_from_civil.
[[nodiscard]] constexpr Day day_of(int year, int month, int day) {
    const std::int64_t y = month <= 2 ? std::int64_t{year} - 1 : year;
    const std::int64_t era = floor_div(y, 400);
    const std::int64_t year_of_era = y - era * 400;
    const std::int64_t shifted = month > 2 ? month - 3 : month + 9;
    const std::int64_t day_of_year = (153 * shifted + 2) / 5 + day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

[[nodiscard]] constexpr Day day_of(const Date& date) {
    return day_of(date.year, date.month, date.day);
}

/// Howard Hinnant's civil_from_days.
[[nodiscard]] constexpr Date date_of(Day day) {
    const std::int64_t z = day + 719'468;
    const std::int64_t era = floor_div(z, 146'097);
    const std::int64_t day_of_era = z - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted = (5 * day_of_year + 2) / 153;
    const auto month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
    return {.year = static_cast<int>(year_of_era + era * 400) + (month <= 2 ? 1 : 0),
            .month = month,
            .day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

/// 0 is Sunday, 6 is Saturday.
[[nodiscard]] constexpr int weekday_of(Day day) {
    return static_cast<int>(floor_mod(day + 4, 7));
}

[[nodiscard]] constexpr Day day_of_local(Local local) {
    return floor_div(local, seconds_per_day);
}

[[nodiscard]] constexpr Local local_of(Day day, int hour = 0, int minute = 0, int second = 0) {
    return day * seconds_per_day + std::int64_t{hour} * 3'600 + std::int64_t{minute} * 60 + second;
}

inline constexpr Local local_min = local_of(day_of(year_min, 1, 1));
/// The last second of the year 9999.
inline constexpr Local local_max = local_of(day_of(year_max, 12, 31), 23, 59, 59);

}  // namespace carillon::recurrence
