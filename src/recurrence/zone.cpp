#include "recurrence/zone.hpp"

#include "core/check.hpp"
#include "core/text.hpp"

#include <absl/time/time.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace carillon::recurrence {
namespace {

constexpr std::size_t names_max = 640;

/// The calendar and the weekdays repeat after 400 years, and so do rules for daylight saving.
constexpr std::int64_t cycle = 146'097 * seconds_per_day;

/// No offset was ever larger (Manila, until 1844: 15:56:08 behind).
constexpr std::int64_t offset_max = 16 * 3'600;

std::int64_t index_of(std::string_view name) {
    const auto names = zone_names();
    const auto* const end = names.data() + names.size();
    const auto* const found = std::lower_bound(names.data(), end, name);
    return found == end || *found != name ? -1 : found - names.data();
}

/// A name that the writer may have meant: the same in other case, or with the city alone.
std::string_view similar(std::string_view name) {
    for (const std::string_view each : zone_names()) {
        if (equals_ignoring_case(each, name)) return each;
    }
    std::string city = to_lower(name.substr(name.rfind('/') + 1));
    std::ranges::replace(city, ' ', '_');
    for (const std::string_view each : zone_names()) {
        if (!city.empty() && to_lower(each).ends_with("/" + city)) return each;
    }
    return {};
}

/// Names come from anywhere: what is echoed is short and printable.
std::string quoted(std::string_view name) {
    std::string text = "\"";
    for (const char c : name.substr(0, 60)) text += c >= ' ' && c <= '~' ? c : '?';
    return text + (name.size() > 60 ? "...\"" : "\"");
}

}  // namespace

struct Zone::Rules {
    std::string_view name{};
    std::vector<Second> at{};            ///< Instants at which the offset changes.
    std::vector<std::int32_t> offset{};  ///< offset[i] holds before at[i]; the last one after all.
    bool repeats = false;  ///< The last 400 years of the table stand for all that follow.

    [[nodiscard]] static std::unique_ptr<const Rules> load(std::string_view name) {
        absl::TimeZone zone;
        if (!absl::LoadTimeZone({name.data(), name.size()}, &zone)) return nullptr;
        auto rules = std::make_unique<Rules>();
        rules->name = name;
        absl::Time when = absl::FromUnixSeconds(local_min - offset_max);
        rules->offset.push_back(zone.At(when).offset);
        absl::TimeZone::CivilTransition change;
        while (zone.NextTransition(when, &change)) {
            const absl::Time at = zone.At(change.to).trans;
            CARILLON_CHECK(at > when);
            when = at;
            const int offset = zone.At(at).offset;
            if (offset == rules->offset.back()) continue;  // Another name, or a DST flag alone.
            rules->at.push_back(absl::ToUnixSeconds(at));
            rules->offset.push_back(offset);
        }
        // absl spells a rule without end out for 400 years beyond the data's last entry.
        rules->repeats = !rules->at.empty() && rules->at.back() > local_of(day_of(2'400, 1, 1));
        return rules;
    }

    [[nodiscard]] Segment segment_at(Second instant) const {
        std::int64_t shift = 0;
        if (repeats && instant >= at.back()) {
            shift = ((instant - at.back()) / cycle + 1) * cycle;
            instant -= shift;
        }
        const auto next = std::ranges::upper_bound(at, instant);
        const auto i = static_cast<std::size_t>(next - at.begin());
        return {.from = i == 0 ? beginning_of_time : at[i - 1] + shift,
                .to = next == at.end() ? end_of_time : *next + shift,
                .offset = offset[i],
                .offset_before = i == 0 ? offset[i] : offset[i - 1],
                .offset_after = next == at.end() ? offset[i] : offset[i + 1]};
    }
};

/// A place for each name of the list, filled at first use and never emptied: the list bounds it.
struct Zone::Cache {
    std::mutex loading{};
    std::array<std::atomic<const Rules*>, names_max> rules{};

    static Cache& instance() {
        static Cache cache;
        return cache;
    }

    const Rules* get(std::size_t index) {
        if (const Rules* found = rules[index].load(std::memory_order_acquire)) return found;
        const std::scoped_lock lock(loading);
        if (const Rules* found = rules[index].load(std::memory_order_acquire)) return found;
        // Never freed on purpose: zones are read until the last thread ends.
        const Rules* loaded = Rules::load(zone_names()[index]).release();
        rules[index].store(loaded, std::memory_order_release);
        return loaded;
    }
};

Result<Zone> Zone::find(std::string_view name, std::string_view field) {
    CARILLON_CHECK(zone_names().size() <= names_max);
    if (name == "UTC") return utc();
    const std::int64_t index = index_of(name);
    if (index < 0) {
        std::string message = quoted(name) + " is not a time zone of the IANA list";
        const std::string_view guess = similar(name);
        message += guess.empty() ? ", such as Europe/Berlin or UTC"
                                 : "; did you mean " + std::string(guess) + "?";
        return invalid(std::string(field), std::move(message));
    }
    const Rules* rules = Cache::instance().get(static_cast<std::size_t>(index));
    if (rules == nullptr) {
        return std::unexpected(Error{
            Errc::unavailable,
            "the time zone " + std::string(name) + " is not installed on this machine (tzdata)",
            std::string(field)});
    }
    return Zone(rules);
}

Zone Zone::utc() {
    // The one zone that must work without tzdata: it is the default everywhere.
    static const Rules* const rules = new Rules{.name = "UTC", .offset = {0}};
    return Zone(rules);
}

std::string_view Zone::name() const {
    return rules_->name;
}

Segment Zone::segment_at(Second instant) const {
    return rules_->segment_at(instant);
}

Local Zone::local_at(Second instant) const {
    return instant + rules_->segment_at(instant).offset;
}

Reading Zone::read(Local local) const {
    Segment segment = segment_at(local - offset_max);
    for (;;) {
        // Still in this segment by its own offset, or in the change at its end?
        if (local - segment.offset < segment.to) {
            const Second first = local - segment.offset;
            if (segment.to != end_of_time && local - segment.offset_after >= segment.to) {
                return {Reading::Kind::repeated, first, local - segment.offset_after, segment.to};
            }
            return {Reading::Kind::unique, first, first, segment.to};
        }
        if (local - segment.offset_after < segment.to) {
            return {Reading::Kind::skipped,
                    local - segment.offset,
                    local - segment.offset_after,
                    segment.to};
        }
        segment = segment_at(segment.to);
    }
}

}  // namespace carillon::recurrence
