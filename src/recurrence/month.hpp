// The weekdays of a month as bits: shared by both rule languages.

#pragma once

#include <cstdint>

namespace carillon::recurrence {

/// Bits 1 to 31 for the weekdays of `pattern` (bit 0 is Sunday) in a month whose 1st is a
/// `first_weekday`. Bits beyond its length are for the caller to mask.
[[nodiscard]] constexpr std::uint32_t weekdays_of_month(std::uint32_t pattern, int first_weekday) {
    // Day d has weekday (first_weekday + d - 1) mod 7: turn the week so that bit 0 is the 1st.
    const std::uint64_t two_weeks = std::uint64_t{pattern} | std::uint64_t{pattern} << 7U;
    const std::uint64_t week = two_weeks >> static_cast<unsigned>(first_weekday) & 0x7FU;
    constexpr std::uint64_t five_weeks = 1 | 1U << 7U | 1U << 14U | 1U << 21U | 1U << 28U;
    return static_cast<std::uint32_t>((week * five_weeks) << 1U);
}

}  // namespace carillon::recurrence
