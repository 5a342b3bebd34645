#include "cli/answer.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace carillon::cli {
namespace {

const json::object no_members;
const json::array no_items;

}  // namespace

std::string text_member(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) return {};
    return std::string(std::string_view(value->get_string()));
}

std::int64_t number_member(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_number()) return 0;
    boost::system::error_code inexact;
    const auto number = value->to_number<std::int64_t>(inexact);
    return inexact ? 0 : number;
}

bool is_true(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

const json::object& object_member(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value == nullptr ? no_members : as_object(*value);
}

const json::array& array_member(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_array() ? value->get_array() : no_items;
}

const json::object& as_object(const json::value& value) {
    return value.is_object() ? value.get_object() : no_members;
}

std::string relative(TimePoint at, TimePoint now) {
    struct Unit {
        std::int64_t ms;
        std::int64_t up_to;  ///< In this unit while there are fewer.
        std::string_view name;
    };

    constexpr std::array units{Unit{1'000, 120, "s"},
                               Unit{60'000, 120, "m"},
                               Unit{3'600'000, 48, "h"},
                               Unit{86'400'000, INT64_MAX, "d"}};
    const std::int64_t away = (at - now).count();
    const std::int64_t ms = std::abs(away);
    if (ms < 500) return "now";
    for (const Unit& unit : units) {
        const std::int64_t count = (ms + unit.ms / 2) / unit.ms;
        if (count >= unit.up_to) continue;
        return away > 0 ? fmt::format("in {}{}", count, unit.name)
                        : fmt::format("{}{} ago", count, unit.name);
    }
    return {};
}

std::string shorter(std::string instant) {
    const std::size_t at = instant.find(".000Z");
    if (at != std::string::npos) instant.replace(at, 5, "Z");
    return instant;
}

std::string when(const json::object& object, std::string_view key, TimePoint now) {
    std::string text = text_member(object, key);
    const auto at = parse_instant(text);
    if (!at) return text;
    return fmt::format("{} ({})", shorter(text), relative(*at, now));
}

void Sheet::add(std::string_view name, std::string_view text, Style style) {
    if (text.empty()) return;
    text_ += paint(fmt::format("{:<{}}", name, name_columns_), Style::dim, console_.colours);
    text_ += paint(printable(text), style, console_.colours);
    text_ += '\n';
}

}  // namespace carillon::cli
