// Webhooks as people read them: a table of many, a sheet of one.

#pragma once

#include "cli/console.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

#include <string>
#include <string_view>

namespace carillon::cli {

/// `in 5s`, `3m ago`, `now`: the nearest whole unit.
[[nodiscard]] std::string relative(TimePoint at, TimePoint now);

/// Rows of the REST interface's webhooks (`items` of a page). Fields that are missing show empty.
[[nodiscard]] std::string webhook_table(const json::array& items,
                                        TimePoint now,
                                        const Console& console);

/// Everything about one.
[[nodiscard]] std::string webhook_sheet(const json::object& webhook,
                                        TimePoint now,
                                        const Console& console);

/// `entries` of a report: namespace, id, schedule.
[[nodiscard]] std::string entry_table(const json::array& entries,
                                      TimePoint now,
                                      const Console& console);

/// A text member, empty when there is none.
[[nodiscard]] std::string text_member(const json::object& object, std::string_view key);
/// A whole number, 0 when there is none.
[[nodiscard]] std::int64_t number_member(const json::object& object, std::string_view key);

}  // namespace carillon::cli
