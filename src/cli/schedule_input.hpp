// From the words of `carillon schedule` to the JSON of a request. Pure, so that the rules are
// tables in schedule_input_test.cpp.

#pragma once

#include "cli/rule_text.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace carillon::cli {

/// What a schedule is to be, as typed; what is absent is left as it is.
struct ScheduleWords {
    std::optional<std::string> name{};
    RuleWords rule{};
    std::optional<std::string> start{};
    std::optional<std::string> end{};
    std::optional<std::int64_t> max_count{};
    std::optional<std::string> jitter{};
    std::optional<std::string> description{};

    std::optional<std::string> url{};
    std::optional<std::string> method{};
    std::vector<std::string> headers{};
    std::optional<std::string> sign{};  ///< Which secret signs.
    std::optional<std::string> event{};
    std::optional<std::string> queue{};
    std::optional<std::string> data{};  ///< Payload (`@file` and `-` are read already).

    std::optional<std::string> misfire{};
    std::optional<std::int64_t> newest{};
    std::optional<std::string> grace{};
    std::optional<std::string> window{};
    std::optional<double> rate{};
    std::optional<std::string> overlap{};
    std::optional<std::int64_t> attempts{};
    std::optional<std::string> backoff{};
    std::optional<std::string> backoff_max{};
    std::optional<std::string> timeout{};
    std::optional<std::int64_t> priority{};
    std::optional<std::string> retention{};
    bool paused = false;

    std::vector<std::string> clear{};   ///< Members that go back to their defaults.
    std::optional<std::string> file{};  ///< A JSON object that the words are put upon (read).
};

/// The body of POST /schedules. `invalid` names the option.
[[nodiscard]] Result<json::object> schedule_body(const ScheduleWords& words, TimePoint now);
/// Whether nothing is missing that a new one needs; errors name what to type.
[[nodiscard]] Result<> check_whole(const json::object& schedule);

/// The body of PATCH /schedules/{id}, given the schedule as it is: parts of its target, calendar,
/// bounds and daylight saving that were not typed stay as they are.
[[nodiscard]] Result<json::object> schedule_patch(const ScheduleWords& words,
                                                  const json::object& current,
                                                  TimePoint now);

/// A payload: JSON where it is JSON, otherwise text. `invalid` for what was meant to be JSON.
[[nodiscard]] Result<json::value> payload_of(const std::string& text);

}  // namespace carillon::cli
