#include "webhooks/webhook.hpp"

#include "core/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace carillon::webhooks {
namespace {

constexpr std::array<std::pair<Status, std::string_view>, 5> statuses{{
    {Status::pending, "PENDING"},
    {Status::processing, "PROCESSING"},
    {Status::completed, "COMPLETED"},
    {Status::failed, "FAILED"},
    {Status::suspended, "SUSPENDED"},
}};

constexpr std::array<std::pair<Unit, std::string_view>, 4> units{{
    {Unit::seconds, "seconds"},
    {Unit::minutes, "minutes"},
    {Unit::hours, "hours"},
    {Unit::days, "days"},
}};

constexpr std::int64_t unit_ms(Unit unit) {
    switch (unit) {
        case Unit::seconds:
            return 1'000;
        case Unit::minutes:
            return 60'000;
        case Unit::hours:
            return 3'600'000;
        case Unit::days:
            return 86'400'000;
    }
    return 60'000;
}

// 9999-12-31T23:59:59.999Z: later instants have no text form that sorts.
constexpr TimePoint last_instant = from_epoch_ms(253'402'300'799'999);

/// The first of `from + k * period`, k >= 1, that is later than `now`.
TimePoint next_instant(TimePoint from, Duration period, TimePoint now) {
    CARILLON_CHECK(period > Duration::zero());
    if (from > now) return from + period;
    return from + ((now - from) / period + 1) * period;
}

}  // namespace

std::string_view to_string(Status status) {
    for (const auto& [value, text] : statuses) {
        if (value == status) return text;
    }
    return "PENDING";
}

std::optional<Status> parse_status(std::string_view text) {
    for (const auto& [value, name] : statuses) {
        if (name == text) return value;
    }
    return std::nullopt;
}

std::string_view to_string(Unit unit) {
    for (const auto& [value, text] : units) {
        if (value == unit) return text;
    }
    return "minutes";
}

std::optional<Unit> parse_unit(std::string_view text) {
    for (const auto& [value, name] : units) {
        if (name == text) return value;
    }
    return std::nullopt;
}

Duration RepeatRule::period() const {
    return Duration{std::llround(interval * static_cast<double>(unit_ms(unit)))};
}

std::optional<Webhook> next_occurrence(const Webhook& webhook, TimePoint now) {
    const Repeat& repeat = webhook.repeat;
    if (!repeat.enabled || !webhook.successor.empty()) return std::nullopt;
    if (repeat.rule.max > 0 && repeat.count >= repeat.rule.max) return std::nullopt;
    const Duration period = repeat.rule.period();
    if (period <= Duration::zero()) return std::nullopt;
    const TimePoint schedule = next_instant(webhook.schedule, period, now);
    if (schedule > last_instant) return std::nullopt;

    Webhook next = webhook;
    next.repeat.count = repeat.count + 1;
    if (next.repeat.parent.empty()) next.repeat.parent = webhook.id;
    const std::string& stem = webhook.series.empty() ? next.repeat.parent : webhook.series;
    next.id = fmt::format("{}__{}", stem, next.repeat.count);
    next.schedule = schedule;
    next.next_attempt_at = schedule;
    next.retries.count = 0;
    next.retries.last.reset();
    next.response = {};
    next.errors.clear();
    next.status = Status::pending;
    next.created_at = now;
    next.updated_at = now;
    next.version = to_epoch_ms(now);
    next.interruptions = 0;
    next.last_attempt = 0;
    return next;
}

}  // namespace carillon::webhooks
