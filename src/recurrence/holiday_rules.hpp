// The form of the rows in holiday_rules.cpp: what makes a day a holiday, where, and in which years.

#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::recurrence::holiday_rules {

enum class Kind : std::uint8_t {
    fixed,   ///< `number` of `month`.
    easter,  ///< `number` days after Easter Sunday.
    nth,     ///< The `number`-th `weekday` of `month`.
    last,    ///< The last `weekday` of `month`.
    before,  ///< The last `weekday` before `number` of `month`.
};

/// What happens when the day is on a weekend. The day itself remains a holiday.
enum class Substitute : std::uint8_t {
    none,
    nearest,   ///< Friday before a Saturday, Monday after a Sunday.
    monday,    ///< The Monday after.
    two_days,  ///< Two days later: Christmas and Boxing Day in a row.
};

struct Rule {
    std::string_view name;
    std::uint32_t regions;
    Kind kind;
    int month;
    int number;
    int weekday = 0;
    Substitute substitute = Substitute::none;
    int from = 1;
    int to = 9'999;
};

}  // namespace carillon::recurrence::holiday_rules
