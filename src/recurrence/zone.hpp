// IANA time zones: which wall-clock readings an instant has, and which instants a reading has.
//
// The rules come from the machine's tzdata through absl, but absl would open any path that it is
// given ("../../x"), so names are looked up in a built-in list first. The transitions are copied
// out of absl once per zone and searched here, because its conversions cost more than a whole
// evaluation of a rule may. Called by everything that turns rules into instants.

#pragma once

#include "core/result.hpp"
#include "recurrence/civil.hpp"

#include <span>
#include <string>
#include <string_view>

namespace carillon::recurrence {

/// All names of the IANA database (zones and links), sorted.
[[nodiscard]] std::span<const std::string_view> zone_names();

/// A time during which the offset from UTC does not change.
struct Segment {
    Second from;        ///< First second; `beginning_of_time` if there was no other before.
    Second to;          ///< One past the last; `end_of_time` if none follows.
    int offset;         ///< Wall clock minus UTC, in seconds.
    int offset_before;  ///< The same until `from`; equal to `offset` if nothing was before.
    int offset_after;   ///< The same from `to` on; equal to `offset` if nothing follows.

    bool operator==(const Segment&) const = default;
};

inline constexpr Second beginning_of_time = -(std::int64_t{1} << 60);
inline constexpr Second end_of_time = std::int64_t{1} << 60;

/// What a wall-clock reading stands for.
struct Reading {
    enum class Kind : std::uint8_t { unique, skipped, repeated };
    Kind kind;
    Second first;       ///< By the offset before the change (or the only instant).
    Second second;      ///< By the offset after the change (or the only instant).
    Second transition;  ///< When the clocks change; meaningless if unique.
};

/// Cheap to copy: a reference to rules that live as long as the program. Safe to use from any
/// thread.
class Zone {
public:
    Zone() : Zone(utc()) {}

    /// `invalid` with `field` for a name that is not in the IANA list; `unavailable` if this
    /// machine's tzdata lacks it. Loads the rules at first use.
    [[nodiscard]] static Result<Zone> find(std::string_view name, std::string_view field = "tz");
    [[nodiscard]] static Zone utc();

    [[nodiscard]] std::string_view name() const;

    [[nodiscard]] Segment segment_at(Second instant) const;
    [[nodiscard]] Local local_at(Second instant) const;
    [[nodiscard]] Reading read(Local local) const;

    bool operator==(const Zone&) const = default;

private:
    struct Rules;
    struct Cache;

    explicit Zone(const Rules* rules) : rules_(rules) {}

    const Rules* rules_;
};

}  // namespace carillon::recurrence
