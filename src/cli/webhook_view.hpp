// Webhooks as people read them: a table of many, a sheet of one.

#pragma once

#include "cli/answer.hpp"
#include "cli/console.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

#include <string>

namespace carillon::cli {

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

}  // namespace carillon::cli
