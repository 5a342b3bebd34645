// Runs of schedules as people read them.

#pragma once

#include "cli/answer.hpp"
#include "cli/console.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

#include <string>

namespace carillon::cli {

[[nodiscard]] std::string run_table(const json::array& runs, TimePoint now, const Console& console);
[[nodiscard]] std::string run_sheet(const json::object& run, TimePoint now, const Console& console);
/// How a run's status is shown.
[[nodiscard]] Style style_of_run(std::string_view status);
/// `12 ms`, or nothing where it was not measured.
[[nodiscard]] std::string measured(const json::object& run, std::string_view metric);

}  // namespace carillon::cli
