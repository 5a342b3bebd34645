#include "recurrence/holidays.hpp"

#include "core/text.hpp"
#include "recurrence/holiday_rules.hpp"

#include <algorithm>
#include <utility>

namespace carillon::recurrence {
namespace {

using holiday_rules::Kind;
using holiday_rules::Rule;
using holiday_rules::Substitute;

constexpr int saturday = 6;

/// The day of a rule in a year, before any substitute.
Day day_by(const Rule& rule, int year) {
    switch (rule.kind) {
        case Kind::fixed:
            return day_of(year, rule.month, rule.number);
        case Kind::easter:
            return easter_of(year) + rule.number;
        case Kind::nth: {
            const Day first = day_of(year, rule.month, 1);
            return first + (rule.weekday - weekday_of(first) + 7) % 7 + (rule.number - 1) * 7;
        }
        case Kind::last: {
            const Day last = day_of(year, rule.month, days_in_month(year, rule.month));
            return last - (weekday_of(last) - rule.weekday + 7) % 7;
        }
        case Kind::before: {
            const Day end = day_of(year, rule.month, rule.number) - 1;
            return end - (weekday_of(end) - rule.weekday + 7) % 7;
        }
    }
    return 0;
}

/// The day off for a holiday on a weekend; the holiday itself if there is none.
Day substitute_of(const Rule& rule, Day day) {
    const int weekday = weekday_of(day);
    if (weekday != 0 && weekday != saturday) return day;
    switch (rule.substitute) {
        case Substitute::none:
            return day;
        case Substitute::nearest:
            return weekday == 0 ? day + 1 : day - 1;
        case Substitute::monday:
            return weekday == 0 ? day + 1 : day + 2;
        case Substitute::two_days:
            return day + 2;
    }
    return day;
}

/// Calls `visit(day, rule, is_substitute)` for the holidays of one year; substitutes may lie just
/// outside it.
template <class Visit>
void each_holiday(const HolidayCode& code, int year, const Visit& visit) {
    for (const Rule& rule : code.rules) {
        if ((rule.regions & code.region) == 0 || year < rule.from || year > rule.to) continue;
        const Day day = day_by(rule, year);
        visit(day, rule, false);
        const Day substitute = substitute_of(rule, day);
        if (substitute != day) visit(substitute, rule, true);
    }
}

}  // namespace

Day easter_of(int year) {
    // The anonymous Gregorian algorithm (Nature, 1876).
    const int a = year % 19;
    const int b = year / 100;
    const int c = year % 100;
    const int d = b / 4;
    const int e = b % 4;
    const int f = (b + 8) / 25;
    const int g = (b - f + 1) / 3;
    const int h = (19 * a + b - d - g + 15) % 30;
    const int i = c / 4;
    const int k = c % 4;
    const int l = (32 + 2 * e + 2 * i - h - k) % 7;
    const int m = (a + 11 * h + 22 * l) / 451;
    const int n = h + l - 7 * m + 114;
    return day_of(year, n / 31, n % 31 + 1);
}

const HolidayCode* find_holiday_code(std::string_view code) {
    for (const HolidayCode& each : holiday_codes()) {
        if (equals_ignoring_case(each.code, code)) return &each;
    }
    return nullptr;
}

bool is_holiday(const HolidayCode& code, Day day) {
    const Date date = date_of(day);
    bool found = false;
    const auto visit = [&](Day each, const Rule&, bool) { found |= each == day; };
    each_holiday(code, date.year, visit);
    // New Year's Day on a Saturday is observed on 31 December.
    if (!found && date.month == 12 && date.day == 31) each_holiday(code, date.year + 1, visit);
    return found;
}

std::vector<Holiday> holidays_of(const HolidayCode& code, int year) {
    std::vector<Holiday> found;
    for (const int of_year : {year, year + 1}) {
        each_holiday(code, of_year, [&](Day day, const Rule& rule, bool is_substitute) {
            if (date_of(day).year == year) found.push_back({day, rule.name, is_substitute});
        });
    }
    std::ranges::sort(
        found, {}, [](const Holiday& each) { return std::pair(each.day, each.name); });
    return found;
}

}  // namespace carillon::recurrence
