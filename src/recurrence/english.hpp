// Words for numbers, days and lists: what descriptions are put together from.

#pragma once

#include "recurrence/civil.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::recurrence::english {

[[nodiscard]] std::string_view weekday_name(int weekday);
[[nodiscard]] std::string_view month_name(int month);

/// `1st`, `2nd`, `23rd`.
[[nodiscard]] std::string ordinal(int number);

/// `first` to `fifth`, beyond that `6th`.
[[nodiscard]] std::string ordinal_word(int number);

/// `a`, `a and b`, `a, b and c`.
[[nodiscard]] std::string list(const std::vector<std::string>& items,
                               std::string_view last = "and");

/// `Monday to Friday`, `Monday and Thursday`, `every day`. Bit 0 is Sunday.
[[nodiscard]] std::string weekdays(std::uint32_t bits);
/// `January`, `April to September`. Bit 1 is January.
[[nodiscard]] std::string months(std::uint32_t bits);

/// The set bits, runs of three and more as `9 to 17`.
[[nodiscard]] std::string numbers(std::uint64_t bits);
[[nodiscard]] std::string ordinals(std::uint64_t bits);

/// The step if `bits` are all multiples of it from 0 to `count`, else 0. 1 for all.
[[nodiscard]] int step_of(std::uint64_t bits, int count);

/// `09:00`, or `09:00:30` if the second is not zero.
[[nodiscard]] std::string time_of_day(int second_of_day);

/// `2026-12-24`, `Thursday 24 December 2026` in long form.
[[nodiscard]] std::string date(Day day);

/// `every minute`, `every 15 minutes`.
[[nodiscard]] std::string every(std::int64_t count, std::string_view unit);

/// When in a day: `at 09:00`, `every 15 minutes from 09:00 to 17:59`.
[[nodiscard]] std::string times(std::uint32_t hours, std::uint64_t minutes, std::uint64_t seconds);

}  // namespace carillon::recurrence::english
