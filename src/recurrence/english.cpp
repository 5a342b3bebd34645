#include "recurrence/english.hpp"

#include "recurrence/bits.hpp"
#include "recurrence/time_set.hpp"

#include <fmt/format.h>

#include <bit>
#include <functional>

namespace carillon::recurrence::english {
namespace {

constexpr std::string_view weekday_names[] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::string_view month_names[] = {"January",
                                            "February",
                                            "March",
                                            "April",
                                            "May",
                                            "June",
                                            "July",
                                            "August",
                                            "September",
                                            "October",
                                            "November",
                                            "December"};
constexpr std::string_view ordinal_words[] = {"first", "second", "third", "fourth", "fifth"};

/// So many times of the day are listed; more are described by their fields.
constexpr int times_listed = 6;

/// Runs of three and more become `first to last`.
std::string runs(std::uint64_t bits, const std::function<std::string(int)>& name) {
    std::vector<std::string> items;
    for (int bit = bit_from(bits, 0); bit >= 0; bit = bit_from(bits, bit + 1)) {
        int last = bit;
        while (last < 63 && has_bit(bits, last + 1)) ++last;
        if (last - bit >= 2) {
            items.push_back(name(bit) + " to " + name(last));
            bit = last;
        } else {
            items.push_back(name(bit));
        }
    }
    return list(items);
}

/// `, from 09:00 to 17:59`, `, in hours 1, 3 and 5`, or nothing for all of them.
std::string hours_text(std::uint32_t hours) {
    if (hours == (1U << 24U) - 1) return {};
    const int first = std::countr_zero(hours);
    const int last = 31 - std::countl_zero(hours);
    if (std::popcount(hours) == last - first + 1) {
        return fmt::format(" from {:02}:00 to {:02}:59", first, last);
    }
    const int step = step_of(hours, 24);
    if (step > 1) return fmt::format(" in every {} hour of the day", ordinal(step));
    return " in the hours " + numbers(hours);
}

/// `every 5 minutes`, `at minutes 3 and 7`.
std::string part(std::uint64_t bits, std::string_view unit) {
    const int step = step_of(bits, 60);
    if (step > 0) return every(step, unit);
    return fmt::format("at {}{} {}", unit, std::popcount(bits) == 1 ? "" : "s", numbers(bits));
}

}  // namespace

std::string_view weekday_name(int weekday) {
    return weekday_names[weekday % 7];
}

std::string_view month_name(int month) {
    return month_names[month - 1];
}

std::string ordinal(int number) {
    const int tens = number % 100;
    const bool is_teen = tens >= 11 && tens <= 13;
    const std::string_view suffix = is_teen            ? "th"
                                    : number % 10 == 1 ? "st"
                                    : number % 10 == 2 ? "nd"
                                    : number % 10 == 3 ? "rd"
                                                       : "th";
    return fmt::format("{}{}", number, suffix);
}

std::string ordinal_word(int number) {
    return number <= 5 ? std::string(ordinal_words[number - 1]) : ordinal(number);
}

std::string list(const std::vector<std::string>& items, std::string_view last) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += i + 1 == items.size() ? fmt::format(" {} ", last) : ", ";
        text += items[i];
    }
    return text;
}

std::string weekdays(std::uint32_t bits) {
    if (bits == 0x7F) return "every day";
    // As weeks are read: Monday first, so that a weekend is a run at the end.
    const std::uint64_t from_monday = (bits >> 1U) | (bits & 1U) << 6U;
    return runs(from_monday, [](int day) { return std::string(weekday_name(day + 1)); });
}

std::string months(std::uint32_t bits) {
    return runs(bits, [](int month) { return std::string(month_name(month)); });
}

std::string numbers(std::uint64_t bits) {
    return runs(bits, [](int number) { return fmt::format("{}", number); });
}

std::string ordinals(std::uint64_t bits) {
    return runs(bits, [](int number) { return ordinal(number); });
}

int step_of(std::uint64_t bits, int count) {
    if (!has_bit(bits, 0)) return 0;
    const int step = bit_from(bits, 1);
    if (step < 0 || count % step != 0) return 0;
    std::uint64_t wanted = 0;
    for (int value = 0; value < count; value += step) wanted |= std::uint64_t{1} << value;
    return bits == wanted ? step : 0;
}

std::string time_of_day(int second_of_day) {
    const int second = second_of_day % 60;
    std::string text = fmt::format("{:02}:{:02}", second_of_day / 3'600, second_of_day / 60 % 60);
    return second == 0 ? text : fmt::format("{}:{:02}", text, second);
}

std::string date(Day day) {
    const Date value = date_of(day);
    return fmt::format("{:04}-{:02}-{:02}", value.year, value.month, value.day);
}

std::string every(std::int64_t count, std::string_view unit) {
    return count == 1 ? fmt::format("every {}", unit) : fmt::format("every {} {}s", count, unit);
}

std::string times(std::uint32_t hours, std::uint64_t minutes, std::uint64_t seconds) {
    const TimeSet set{hours, minutes, seconds};
    if (set.count() <= times_listed) {
        std::vector<std::string> items;
        for (int n = 0; n < set.count(); ++n) items.push_back(time_of_day(set.nth(n)));
        return "at " + list(items);
    }
    const bool on_the_minute = seconds == 1;
    const int minute_step = step_of(minutes, 60);
    if (on_the_minute && minutes == 1) {
        const int step = step_of(hours, 24);
        if (step > 0) return step == 1 ? "every hour, on the hour" : every(step, "hour");
        const int first = std::countr_zero(hours);
        const int last = 31 - std::countl_zero(hours);
        if (std::popcount(hours) == last - first + 1) {
            return fmt::format("every hour from {:02}:00 to {:02}:00", first, last);
        }
        return "on the hour" + hours_text(hours);
    }
    if (on_the_minute && minute_step > 0) return every(minute_step, "minute") + hours_text(hours);
    if (on_the_minute) return part(minutes, "minute") + " past the hour" + hours_text(hours);
    if (minute_step == 1) return part(seconds, "second") + hours_text(hours);
    return part(seconds, "second") + ", " + part(minutes, "minute") + hours_text(hours);
}

}  // namespace carillon::recurrence::english
