// Public holidays by code, generated from rules for any year: Germany and its 16 states, the United
// States (federal), the parts of the United Kingdom, France with Alsace-Moselle.
//
// A table of rules rather than lists of dates, because a list ends. Laws that are passed later are
// rows to add; rows for the past never change. docs/recurrence.md says what was left out.

#pragma once

#include "recurrence/civil.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace carillon::recurrence {

namespace holiday_rules {
struct Rule;
}

struct HolidayCode {
    std::string_view code;  ///< `DE-BY`.
    std::string_view name;  ///< `Bavaria`.
    std::span<const holiday_rules::Rule> rules;
    std::uint32_t region;  ///< A bit of the rules' regions.
};

struct Holiday {
    Day day;
    std::string_view name;  ///< In the country's language.
    bool is_substitute;     ///< Instead of, or for, a day that fell on a weekend.
};

[[nodiscard]] std::span<const HolidayCode> holiday_codes();

/// Null for an unknown code. Upper and lower case are the same.
[[nodiscard]] const HolidayCode* find_holiday_code(std::string_view code);

[[nodiscard]] bool is_holiday(const HolidayCode& code, Day day);

/// In the order of the days.
[[nodiscard]] std::vector<Holiday> holidays_of(const HolidayCode& code, int year);

/// Easter Sunday in the Gregorian calendar.
[[nodiscard]] Day easter_of(int year);

}  // namespace carillon::recurrence
