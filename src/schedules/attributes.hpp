// Attributes of stored items, read and written in one way by all tables of this module.

#pragma once

#include "core/time.hpp"
#include "dynamo/item/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::schedules {

[[nodiscard]] inline std::string text_of(const dynamo::Item& item, std::string_view name) {
    const dynamo::Value* value = item.find(name);
    return value != nullptr && value->string() != nullptr ? *value->string() : std::string();
}

[[nodiscard]] inline std::optional<std::int64_t> integer_of(const dynamo::Item& item,
                                                            std::string_view name) {
    const dynamo::Value* value = item.find(name);
    if (value == nullptr || value->number() == nullptr) return std::nullopt;
    return value->number()->to_int64();
}

/// Instants are numbers, in epoch milliseconds.
[[nodiscard]] inline std::optional<TimePoint> instant_of(const dynamo::Item& item,
                                                         std::string_view name) {
    const auto ms = integer_of(item, name);
    return ms ? std::optional(from_epoch_ms(*ms)) : std::nullopt;
}

inline void set_instant(dynamo::Item& item,
                        std::string_view name,
                        const std::optional<TimePoint>& at) {
    if (at) {
        item.set(name, to_epoch_ms(*at));
    } else {
        item.erase(name);
    }
}

inline void set_text(dynamo::Item& item, std::string_view name, const std::string& text) {
    if (text.empty()) {
        item.erase(name);
    } else {
        item.set(name, text);
    }
}

/// For TTL: whole seconds.
inline void set_expiry(dynamo::Item& item, TimePoint at) {
    item.set("expiresAt", to_epoch_ms(at) / 1'000);
}

}  // namespace carillon::schedules
