// From wall-clock rules to instants, through the days on which clocks change.
//
// A rule says which wall-clock readings it wants; a zone says when a clock shows them. Where the
// clock skips a reading or shows it twice, the policy of the schedule decides. Works on any type
// with `next(Local after, Budget&)` and `previous(Local before, Budget&)`, because cron rules,
// RRULEs and what calendars make of them all meet daylight saving in the same way.

#pragma once

#include "recurrence/budget.hpp"
#include "recurrence/zone.hpp"

#include <algorithm>
#include <optional>

namespace carillon::recurrence {

/// A reading that the clock skips (02:30 when it goes from 02:00 to 03:00).
enum class Skipped : std::uint8_t {
    skip,    ///< No fire.
    before,  ///< As if the clock had already changed: 01:30, the length of the gap earlier.
    after,   ///< As if it had not yet changed: 03:30, the length of the gap later (RFC 5545).
};

/// A reading that the clock shows twice (02:30 when it goes from 03:00 back to 02:00).
enum class Doubled : std::uint8_t { first, last, both };

struct DaylightPolicy {
    Skipped skipped = Skipped::after;
    Doubled doubled = Doubled::first;

    bool operator==(const DaylightPolicy&) const = default;
};

/// Rules that run in every hour of the day follow elapsed time unless they are told otherwise:
/// under `first`, "every five minutes" would fall silent for an hour.
inline constexpr DaylightPolicy elapsed_policy{Skipped::skip, Doubled::both};

namespace detail {

/// No clock is further from UTC than this.
inline constexpr std::int64_t offset_max = 16 * 3'600;

inline void take_earlier(std::optional<Second>& best, Second candidate) {
    if (!best || candidate < *best) best = candidate;
}

inline void take_later(std::optional<Second>& best, Second candidate) {
    if (!best || candidate > *best) best = candidate;
}

/// The first fire within `s` that is later than `after`.
template <class Rule>
std::optional<Second> next_within(
    const Rule& rule, const Segment& s, DaylightPolicy policy, Second after, Budget& budget) {
    std::optional<Second> best;
    Local low = after + s.offset;
    if (policy.doubled == Doubled::first && s.offset_before > s.offset) {
        low = std::max(low, s.from + s.offset_before - 1);
    }
    Local high = s.to == end_of_time ? local_max + 1 : s.to + s.offset;
    if (policy.doubled == Doubled::last && s.offset_after < s.offset) high = s.to + s.offset_after;
    if (const auto found = rule.next(low, budget); found && *found < high) best = *found - s.offset;

    if (policy.skipped == Skipped::after && s.offset_before < s.offset &&
        after < s.from + (s.offset - s.offset_before)) {
        const Local from = std::max(after, s.from - 1) + s.offset_before;
        const auto found = rule.next(from, budget);
        if (found && *found < s.from + s.offset) take_earlier(best, *found - s.offset_before);
    }
    if (policy.skipped == Skipped::before && s.offset_after > s.offset) {
        const Local from = std::max(after + s.offset_after, s.to + s.offset - 1);
        const auto found = rule.next(from, budget);
        if (found && *found < s.to + s.offset_after) take_earlier(best, *found - s.offset_after);
    }
    return best;
}

/// The last fire within `s` that is earlier than `before`.
template <class Rule>
std::optional<Second> previous_within(
    const Rule& rule, const Segment& s, DaylightPolicy policy, Second before, Budget& budget) {
    std::optional<Second> best;
    Local high = before + s.offset;
    if (policy.doubled == Doubled::last && s.offset_after < s.offset) {
        high = std::min(high, s.to + s.offset_after);
    }
    Local low = s.from == beginning_of_time ? local_min : s.from + s.offset;
    if (policy.doubled == Doubled::first && s.offset_before > s.offset) {
        low = s.from + s.offset_before;
    }
    if (const auto found = rule.previous(high, budget); found && *found >= low) {
        best = *found - s.offset;
    }
    if (policy.skipped == Skipped::after && s.offset_before < s.offset) {
        const auto found =
            rule.previous(std::min(before + s.offset_before, s.from + s.offset), budget);
        if (found && *found >= s.from + s.offset_before) take_later(best, *found - s.offset_before);
    }
    if (policy.skipped == Skipped::before && s.offset_after > s.offset) {
        const auto found = rule.previous(std::min(before, s.to) + s.offset_after, budget);
        if (found && *found >= s.to + s.offset) take_later(best, *found - s.offset_after);
    }
    return best;
}

}  // namespace detail

/// The first instant later than `after` at which `rule` fires in `zone`.
template <class Rule>
[[nodiscard]] std::optional<Second> next_instant(
    const Rule& rule, const Zone& zone, DaylightPolicy policy, Second after, Budget& budget) {
    Segment s = zone.segment_at(after);
    while (budget.spend()) {
        if (const auto found = detail::next_within(rule, s, policy, after, budget)) return found;
        if (s.to == end_of_time) return std::nullopt;
        // Nothing more in this segment: leap to the day before the next reading that is wanted.
        const auto reading = rule.next(s.to + std::min(s.offset, s.offset_after) - 1, budget);
        if (!reading) return std::nullopt;
        const Second from = std::max(s.to, *reading - detail::offset_max);
        s = zone.segment_at(from);
        after = from - 1;
    }
    return std::nullopt;
}

/// The last instant earlier than `before` at which `rule` fires in `zone`.
template <class Rule>
[[nodiscard]] std::optional<Second> previous_instant(
    const Rule& rule, const Zone& zone, DaylightPolicy policy, Second before, Budget& budget) {
    Segment s = zone.segment_at(before - 1);
    while (budget.spend()) {
        if (const auto found = detail::previous_within(rule, s, policy, before, budget)) {
            return found;
        }
        if (s.from == beginning_of_time) return std::nullopt;
        const auto reading = rule.previous(s.from + std::max(s.offset, s.offset_before), budget);
        if (!reading) return std::nullopt;
        before = std::min(s.from, *reading + detail::offset_max + 1);
        s = zone.segment_at(before - 1);
    }
    return std::nullopt;
}

}  // namespace carillon::recurrence
