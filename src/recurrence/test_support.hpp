// Wall-clock readings and instants as text, for tables in tests.

#pragma once

#include "core/time.hpp"
#include "recurrence/civil.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace carillon::recurrence {

/// `2026-01-02 03:04:05`, or with a T.
inline Local local(std::string_view text) {
    const auto number = [&](std::size_t at, std::size_t length) {
        int value = 0;
        for (const char c : text.substr(at, length)) value = value * 10 + (c - '0');
        return value;
    };
    return local_of(day_of(number(0, 4), number(5, 2), number(8, 2)),
                    number(11, 2),
                    number(14, 2),
                    number(17, 2));
}

inline std::string text_of(Local at) {
    const Date date = date_of(day_of_local(at));
    const auto second = static_cast<int>(floor_mod(at, seconds_per_day));
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
                       date.year,
                       date.month,
                       date.day,
                       second / 3'600,
                       second / 60 % 60,
                       second % 60);
}

/// `2026-01-02T03:04:05Z` or with an offset.
inline Second instant(std::string_view text) {
    return to_epoch_ms(*parse_instant(text)) / 1'000;
}

inline std::string instant_text(Second at) {
    return format_instant(from_epoch_ms(at * 1'000)).substr(0, 19) + "Z";
}

}  // namespace carillon::recurrence
