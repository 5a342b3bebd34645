// The fields of a cron expression: their limits, their names and what a refusal says is allowed.
// Apart from cron_reader.cpp because it is a table, not a grammar.

#pragma once

#include "recurrence/cron.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace carillon::recurrence::cron_fields {

inline constexpr std::string_view month_names[] = {"january",
                                                   "february",
                                                   "march",
                                                   "april",
                                                   "may",
                                                   "june",
                                                   "july",
                                                   "august",
                                                   "september",
                                                   "october",
                                                   "november",
                                                   "december"};
inline constexpr std::string_view weekday_names[] = {
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

enum class Kind : std::uint8_t { second, minute, hour, day, month, weekday, year };

struct Field {
    Kind kind;
    std::string_view name;
    int min;
    int max;
    bool wraps;  ///< Whether 22-2 makes sense.
    std::span<const std::string_view> names;
    std::string_view allowed;
};

inline constexpr Field fields[] = {
    {Kind::second, "second", 0, 59, true, {}, "0-59, *, lists 0,30, ranges 10-20, steps */15, H"},
    {Kind::minute, "minute", 0, 59, true, {}, "0-59, *, lists 0,30, ranges 10-20, steps */15, H"},
    {Kind::hour, "hour", 0, 23, true, {}, "0-23, *, lists 8,12, ranges 8-17, steps */2, H"},
    {Kind::day,
     "day of month",
     1,
     31,
     false,
     {},
     "1-31, *, ?, lists 1,15, ranges 1-7, steps */2, L, L-3, 15W, LW, H"},
    {Kind::month,
     "month",
     1,
     12,
     true,
     month_names,
     "1-12, JAN-DEC, *, lists 3,6, ranges APR-SEP, steps */3, H"},
    {Kind::weekday,
     "day of week",
     0,
     7,
     true,
     weekday_names,
     "0-7 (0 and 7 are Sunday), SUN-SAT, *, ?, lists MON,WED, ranges MON-FRI, FRI#2, FRIL, H"},
    {Kind::year,
     "year",
     Cron::first_year,
     Cron::last_year,
     false,
     {},
     "1970-2199, *, lists 2026,2028, ranges 2026-2030, steps */4"},
};

struct Macro {
    std::string_view name;
    std::string_view fields;
};

inline constexpr Macro macros[] = {
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},
};

}  // namespace carillon::recurrence::cron_fields
