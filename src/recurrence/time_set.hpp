// Times of the day as three bit sets: every hour of one combined with every minute and second of
// the others. What cron's fields and an RRULE's BYHOUR, BYMINUTE and BYSECOND come to.

#pragma once

#include "recurrence/bits.hpp"

#include <bit>
#include <cstdint>

namespace carillon::recurrence {

/// None of the sets may be empty. Times are seconds of the day.
struct TimeSet {
    std::uint32_t hours;
    std::uint64_t minutes;
    std::uint64_t seconds;

    [[nodiscard]] int first() const {
        return std::countr_zero(hours) * 3'600 + std::countr_zero(minutes) * 60 +
               std::countr_zero(seconds);
    }

    [[nodiscard]] int last() const { return top(hours) * 3'600 + top(minutes) * 60 + top(seconds); }

    /// The earliest time at or after `time`, or -1.
    [[nodiscard]] int from(int time) const {
        const int at_hour = time / 3'600;
        const int at_minute = time / 60 % 60;
        int hour = bit_from(hours, at_hour);
        if (hour == at_hour) {
            int minute = bit_from(minutes, at_minute);
            if (minute == at_minute) {
                const int second = bit_from(seconds, time % 60);
                if (second >= 0) return hour * 3'600 + minute * 60 + second;
                minute = bit_from(minutes, at_minute + 1);
            }
            if (minute >= 0) return hour * 3'600 + minute * 60 + std::countr_zero(seconds);
            hour = bit_from(hours, at_hour + 1);
        }
        if (hour < 0) return -1;
        return hour * 3'600 + std::countr_zero(minutes) * 60 + std::countr_zero(seconds);
    }

    /// The latest time at or before `time`, or -1. `time` may be -1.
    [[nodiscard]] int down(int time) const {
        if (time < 0) return -1;
        const int at_hour = time / 3'600;
        const int at_minute = time / 60 % 60;
        int hour = bit_down(hours, at_hour);
        if (hour == at_hour) {
            int minute = bit_down(minutes, at_minute);
            if (minute == at_minute) {
                const int second = bit_down(seconds, time % 60);
                if (second >= 0) return hour * 3'600 + minute * 60 + second;
                minute = bit_down(minutes, at_minute - 1);
            }
            if (minute >= 0) return hour * 3'600 + minute * 60 + top(seconds);
            hour = bit_down(hours, at_hour - 1);
        }
        if (hour < 0) return -1;
        return hour * 3'600 + top(minutes) * 60 + top(seconds);
    }

    [[nodiscard]] int count() const {
        return std::popcount(hours) * std::popcount(minutes) * std::popcount(seconds);
    }

    /// The n-th time of the day, counted from 0; `n` is below count().
    [[nodiscard]] int nth(int n) const {
        const int per_minute = std::popcount(seconds);
        const int per_hour = per_minute * std::popcount(minutes);
        return nth_bit(hours, n / per_hour) * 3'600 +
               nth_bit(minutes, n % per_hour / per_minute) * 60 + nth_bit(seconds, n % per_minute);
    }

private:
    [[nodiscard]] static int top(std::uint64_t bits) { return 63 - std::countl_zero(bits); }
};

}  // namespace carillon::recurrence
