#include "recurrence/describe.hpp"

#include "recurrence/bits.hpp"
#include "recurrence/english.hpp"

#include <fmt/format.h>

#include <bit>
#include <utility>
#include <vector>

namespace carillon::recurrence {
namespace {

std::string capital(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    }
    return text;
}

/// `the last day`, `the 3rd day before the last`.
std::string from_last(int before) {
    if (before == 0) return "the last day";
    return before == 1 ? "the day before the last"
                       : fmt::format("the {} day before the last", english::ordinal(before));
}

/// `every 2nd day from the 1st` for what a step makes, else the days.
std::string steps_of_days(std::uint32_t days) {
    const int first = bit_from(days, 1);
    const int second = bit_from(days, first + 1);
    const int step = second - first;
    std::uint32_t wanted = 0;
    for (int day = first; second > 0 && day <= 31; day += step) {
        wanted |= 1U << static_cast<unsigned>(day);
    }
    if (step < 2 || wanted != days || std::popcount(days) < 4)
        return "the " + english::ordinals(days);
    return fmt::format("every {} day from the {}", english::ordinal(step), english::ordinal(first));
}

std::string days_of_cron(const Cron& cron) {
    std::vector<std::string> items;
    if (cron.days != 0) {
        items.push_back(steps_of_days(cron.days));
    }
    for (std::uint32_t bits = cron.from_last; bits != 0; bits &= bits - 1) {
        items.push_back(from_last(std::countr_zero(bits)));
    }
    for (std::uint32_t bits = cron.nearest; bits != 0; bits &= bits - 1) {
        items.push_back("the working day nearest the " + english::ordinal(std::countr_zero(bits)));
    }
    for (std::uint32_t bits = cron.nearest_last; bits != 0; bits &= bits - 1) {
        const int before = std::countr_zero(bits);
        items.push_back(before == 0 ? "the last working day"
                                    : "the working day nearest " + from_last(before));
    }
    return english::list(items) + " of the month";
}

std::string weekdays_of_cron(const Cron& cron) {
    std::vector<std::string> items;
    if (cron.weekdays != 0) items.push_back(english::weekdays(cron.weekdays));
    for (int k = 1; k <= 6; ++k) {  // The last one after the numbered ones.
        const std::uint8_t bits = cron.nth[static_cast<std::size_t>(k % 6)];
        for (int day = 0; day < 7; ++day) {
            if (!has_bit(bits, day)) continue;
            items.push_back(fmt::format("the {} {} of the month",
                                        k == 6 ? "last" : english::ordinal_word(k),
                                        english::weekday_name(day)));
        }
    }
    return english::list(items);
}

std::string years_of_cron(const Cron& cron) {
    std::vector<std::string> items;
    for (int i = 0; i < 256; ++i) {
        const auto in_rule = [&](int at) {
            return at < 256 && has_bit(cron.years[static_cast<std::size_t>(at / 64)], at % 64);
        };
        if (!in_rule(i)) continue;
        int last = i;
        while (in_rule(last + 1)) ++last;
        items.push_back(last - i >= 2
                            ? fmt::format("{} to {}", Cron::first_year + i, Cron::first_year + last)
                            : fmt::format("{}", Cron::first_year + i));
        if (last - i >= 2) i = last;
    }
    return english::list(items);
}

constexpr std::string_view unit_names[] = {
    "second", "minute", "hour", "day", "week", "month", "year"};

std::string numbered_weekdays(const Rrule& rule) {
    std::vector<std::string> items;
    const auto add = [&](std::uint64_t bits, int weekday, bool is_from_end) {
        for (; bits != 0; bits &= bits - 1) {
            const int n = std::countr_zero(bits);
            const std::string which = !is_from_end ? english::ordinal_word(n)
                                      : n == 1     ? "last"
                                                   : english::ordinal_word(n) + " to last";
            items.push_back(fmt::format("the {} {}", which, english::weekday_name(weekday)));
        }
    };
    for (int i = 1; i <= 7; ++i) {
        const auto weekday = static_cast<std::size_t>(i % 7);
        add(rule.nth_weekdays[weekday], i % 7, false);
        add(rule.nth_from_end[weekday], i % 7, true);
    }
    if (rule.weekdays != 0) {
        items.push_back(rule.weekdays == 0x7F ? "any day" : english::weekdays(rule.weekdays));
    }
    return english::list(items);
}

/// The 1st and 15th, the last, the 3rd to last.
std::string signed_ordinals(std::span<const std::uint64_t> positive,
                            std::span<const std::uint64_t> negative,
                            std::string_view last_word) {
    std::vector<std::string> items;
    for (std::size_t word = 0; word < positive.size(); ++word) {
        for (std::uint64_t bits = positive[word]; bits != 0; bits &= bits - 1) {
            items.push_back(english::ordinal(static_cast<int>(word) * 64 + std::countr_zero(bits)));
        }
    }
    for (std::size_t word = 0; word < negative.size(); ++word) {
        for (std::uint64_t bits = negative[word]; bits != 0; bits &= bits - 1) {
            const int n = static_cast<int>(word) * 64 + std::countr_zero(bits);
            items.push_back(n == 1 ? std::string(last_word)
                                   : fmt::format("{} to {}", english::ordinal(n), last_word));
        }
    }
    return english::list(items);
}

void add_days(const Rrule& rule, std::string& text) {
    if (rule.has.weeks) {
        const std::uint64_t positive[] = {rule.weeks};
        const std::uint64_t negative[] = {rule.weeks_from_end};
        text += " in the " + signed_ordinals(positive, negative, "last") + " week of the year";
    }
    if (rule.has.year_days) {
        text += " on the " + signed_ordinals(rule.year_days, rule.year_days_from_end, "last") +
                " day of the year";
    }
    if (rule.has.weekdays && !(rule.weekdays == 0x7F && !rule.has_numbered_weekdays())) {
        text += " on " + numbered_weekdays(rule);
    }
    if (rule.has.days) {
        const std::uint64_t positive[] = {rule.days};
        const std::uint64_t negative[] = {rule.days_from_end};
        text += rule.has.weekdays ? " that is the " : " on the ";
        text += signed_ordinals(positive, negative, "last") + " day";
        if (rule.frequency != Frequency::yearly || !rule.has.months) text += " of the month";
    }
    if (rule.has.months) {
        const bool single_date = rule.frequency == Frequency::yearly && rule.has.days;
        text += (single_date ? " of " : " in ") + english::months(rule.months);
    }
}

/// The times of a day, or what is left of them below the rule's own steps.
void add_times(const Rrule& rule, std::string& text) {
    switch (rule.frequency) {
        case Frequency::secondly:
        case Frequency::minutely:
        case Frequency::hourly: {
            if (rule.has.hours) text += " in the hours " + english::numbers(rule.hours);
            const bool minutes_matter = rule.has.minutes || rule.frequency == Frequency::hourly;
            if (minutes_matter) text += " at minute " + english::numbers(rule.minutes);
            if (rule.has.seconds) text += " at second " + english::numbers(rule.seconds);
            break;
        }
        default:
            text += " " + english::times(rule.hours, rule.minutes, rule.seconds);
    }
}

std::string describe_rule(const Rrule& rule) {
    const auto unit = unit_names[static_cast<std::size_t>(rule.frequency)];
    std::string text = english::every(rule.interval, unit);
    add_days(rule, text);
    add_times(rule, text);
    if (!rule.positions.empty()) {
        std::vector<std::string> items;
        for (const int position : rule.positions) {
            items.push_back(position > 0     ? english::ordinal(position)
                            : position == -1 ? "last"
                                             : english::ordinal(-position) + " to last");
        }
        text += fmt::format(", of these only the {} in each {}", english::list(items), unit);
    }
    if (rule.count) {
        text += *rule.count == 1 ? ", once" : fmt::format(", {} times", *rule.count);
    }
    if (rule.until) {
        text += ", until " + english::date(day_of_local(rule.last));
        if (!rule.until->is_date) {
            text +=
                " " + english::time_of_day(static_cast<int>(floor_mod(rule.last, seconds_per_day)));
        }
    }
    return text;
}

}  // namespace

std::string describe(const Cron& cron) {
    std::string text = english::times(cron.hours, cron.minutes, cron.seconds);
    constexpr std::uint32_t all_days = 0xFFFFFFFE;
    const bool any_day = cron.days == all_days;
    const bool any_weekday = cron.weekdays == 0x7F;
    const bool both = cron.days_free || cron.weekdays_free;
    if (!any_day && (any_weekday && both)) {
        text += " on " + days_of_cron(cron);
    } else if (any_day && both && !any_weekday) {
        text += " on " + weekdays_of_cron(cron);
    } else if (!any_day && !any_weekday) {
        text += " on " + days_of_cron(cron) + (both ? " if it is " : ", and on ") +
                weekdays_of_cron(cron);
    } else if (std::popcount(cron.hours) * std::popcount(cron.minutes) *
                   std::popcount(cron.seconds) <=
               6) {
        text += " every day";
    }
    if (cron.months != 0x1FFE) text += " in " + english::months(cron.months);
    if (cron.has_years) text += " in " + years_of_cron(cron);
    return capital(std::move(text));
}

std::string describe(const RruleSet& set) {
    std::vector<std::string> items;
    for (const Rrule& rule : set.rules()) items.push_back(describe_rule(rule));
    std::string text = english::list(items, "and also");
    if (set.rules().empty()) {
        text = set.added().size() == 1
                   ? fmt::format("once, on {} at {}",
                                 english::date(day_of_local(set.added().front())),
                                 english::time_of_day(static_cast<int>(
                                     floor_mod(set.added().front(), seconds_per_day))))
                   : fmt::format("on {} dates that are listed", set.added().size());
    } else {
        if (set.has_start()) text += ", from " + english::date(day_of_local(set.start())) + " on";
        if (!set.added().empty()) {
            text += fmt::format(
                ", and on {} more date{}", set.added().size(), set.added().size() == 1 ? "" : "s");
        }
    }
    if (set.removed_count() > 0) {
        text += fmt::format(
            ", except on {} date{}", set.removed_count(), set.removed_count() == 1 ? "" : "s");
    }
    return capital(std::move(text));
}

}  // namespace carillon::recurrence
