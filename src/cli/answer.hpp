// What is taken out of a server's answer, and how one thing is shown as a sheet.
//
// Answers come from outside: nothing here trusts their shape, and what is missing reads as empty.

#pragma once

#include "cli/console.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace carillon::cli {

/// A text member, empty when there is none.
[[nodiscard]] std::string text_member(const json::object& object, std::string_view key);
/// A whole number, 0 when there is none.
[[nodiscard]] std::int64_t number_member(const json::object& object, std::string_view key);
[[nodiscard]] bool is_true(const json::object& object, std::string_view key);
/// An object or an array, empty when there is none. References live as long as the answer.
[[nodiscard]] const json::object& object_member(const json::object& object, std::string_view key);
[[nodiscard]] const json::array& array_member(const json::object& object, std::string_view key);
[[nodiscard]] const json::object& as_object(const json::value& value);

/// `in 5s`, `3m ago`, `now`: the nearest whole unit.
[[nodiscard]] std::string relative(TimePoint at, TimePoint now);
/// The instant of `key` with how far it is: `2026-12-24T17:00:00Z (in 5s)`.
[[nodiscard]] std::string when(const json::object& object, std::string_view key, TimePoint now);
/// `2026-12-24T17:00:00Z`: the milliseconds only where there are some.
[[nodiscard]] std::string shorter(std::string instant);

/// Names and texts, one a line; what is empty is left out.
class Sheet {
public:
    explicit Sheet(const Console& console, std::size_t name_columns = 12)
        : console_(console), name_columns_(name_columns) {}

    void add(std::string_view name, std::string_view text, Style style = Style::plain);

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    const Console& console_;
    std::size_t name_columns_;
    std::string text_{};
};

}  // namespace carillon::cli
