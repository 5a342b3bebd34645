// A forecast for people, for programs, and as rows for a spreadsheet.
//
// The CSV holds three kinds of rows under one heading, so that one file has all:
// `kind,at,fires,tenant,schedule,name,note`, where kind is `load` (a step with fires), `collision`
// (a schedule that takes part in one of the worst steps) or `daylight`.

#pragma once

#include "cli/console.hpp"
#include "core/json.hpp"
#include "schedules/forecast.hpp"

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::cli {

inline constexpr std::string_view forecast_csv_heading =
    "kind,at,fires,tenant,schedule,name,note\r\n";

/// RFC 4180: in quotes where it must be.
[[nodiscard]] std::string csv_field(std::string_view text);
/// What is known of daylight saving, one row.
[[nodiscard]] std::string csv_row(const schedules::DaylightAnomaly& anomaly);
/// The rows of load and of collisions.
void write_csv(const schedules::Forecast& forecast, std::ostream& out);

[[nodiscard]] json::object to_json(const schedules::DaylightAnomaly& anomaly);
/// The members of the answer behind `daylight`, with a comma in front of each.
void write_json_members(const schedules::Forecast& forecast, std::ostream& out);

/// Totals, the load in at most 31 rows, and the worst collisions.
[[nodiscard]] std::string forecast_text(const schedules::Forecast& forecast,
                                        const Console& console);

}  // namespace carillon::cli
