#include "recurrence/calendar.hpp"

#include "recurrence/bits.hpp"
#include "recurrence/ical_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace carillon::recurrence {
namespace {

constexpr int days_searched = 3'660;

void sort_unique(std::vector<Day>& days) {
    std::ranges::sort(days);
    const auto [first, last] = std::ranges::unique(days);
    days.erase(first, last);
}

}  // namespace

Result<OwnCalendar> OwnCalendar::from_dates(const std::vector<std::string>& dates,
                                            std::string_view field) {
    OwnCalendar calendar;
    for (std::size_t i = 0; i < dates.size(); ++i) {
        std::string digits = dates[i];
        const bool has_hyphens = digits.size() == 10 && digits[4] == '-' && digits[7] == '-';
        if (has_hyphens) std::erase(digits, '-');
        const auto date = parse_ical_time(digits);
        if (!has_hyphens || !date || !date->is_date) {
            return invalid(fmt::format("{}[{}]", field, i), "must be a date such as 2026-12-24");
        }
        calendar.holidays.push_back(day_of_local(date->local));
    }
    sort_unique(calendar.holidays);
    return calendar;
}

Result<Calendar> Calendar::compile(const CalendarSpec& spec,
                                   const OwnCalendars& own,
                                   std::string_view field) {
    Calendar calendar;
    calendar.roll_ = spec.roll;
    if (spec.business_days_only) {
        if ((spec.weekdays & 0x7F) == 0) {
            return invalid(fmt::format("{}.businessDays", field), "must name at least one weekday");
        }
        calendar.weekdays_ = spec.weekdays;
    }
    for (std::size_t i = 0; i < spec.holidays.size(); ++i) {
        const std::string& code = spec.holidays[i];
        if (const OwnCalendar* found = own ? own(code) : nullptr) {
            calendar.days_.insert(
                calendar.days_.end(), found->holidays.begin(), found->holidays.end());
        } else if (const HolidayCode* built_in = find_holiday_code(code)) {
            calendar.codes_.push_back(built_in);
        } else {
            std::string known;
            for (const HolidayCode& each : holiday_codes()) {
                known += known.empty() ? "" : ", ";
                known += each.code;
            }
            return invalid(fmt::format("{}.holidays[{}]", field, i),
                           "is neither a calendar of yours nor one of " + known);
        }
    }
    sort_unique(calendar.days_);
    return calendar;
}

bool Calendar::is_open(Day day) const {
    if (!has_bit(weekdays_, weekday_of(day))) return false;
    if (std::ranges::binary_search(days_, day)) return false;
    return std::ranges::none_of(codes_, [&](const auto* code) { return is_holiday(*code, day); });
}

std::optional<Day> Calendar::open_from(Day day) const {
    for (int i = 0; i < days_searched; ++i) {
        if (is_open(day + i)) return day + i;
    }
    return std::nullopt;
}

std::optional<Day> Calendar::open_down(Day day) const {
    for (int i = 0; i < days_searched; ++i) {
        if (is_open(day - i)) return day - i;
    }
    return std::nullopt;
}

std::optional<Day> Calendar::target_of(Day day) const {
    switch (roll_) {
        case Roll::next:
            return open_from(day);
        case Roll::previous:
            return open_down(day);
        case Roll::exclude:
            break;
    }
    return is_open(day) ? std::optional(day) : std::nullopt;
}

}  // namespace carillon::recurrence
