// How the texts of settings become values, and the settings of the DynamoDB endpoint: what
// config.cpp and config_dynamodb.cpp share.

#pragma once

#include "app/config.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::app {

[[nodiscard]] std::unexpected<Error> wrong(std::string message);
[[nodiscard]] Result<std::uint64_t> read_number(std::string_view text,
                                                std::uint64_t min,
                                                std::uint64_t max);
[[nodiscard]] Result<bool> read_switch(std::string_view text);
[[nodiscard]] Result<Duration> read_duration(std::string_view text, Duration min, Duration max);

/// The endpoint's settings as `carillon serve` has them: `dynamodb-port` and so on.
[[nodiscard]] std::vector<Setting> endpoint_settings();

/// The outbox's settings: `events` and so on.
[[nodiscard]] std::vector<Setting> events_settings();

/// `layers`.
[[nodiscard]] std::vector<Setting> layer_settings();

/// Those of schedules: `default-tz` and so on.
[[nodiscard]] std::vector<Setting> schedule_settings();

/// What the endpoint's settings must be together; fills in keys that only the environment names.
/// `prefix` is put before the names of settings in messages.
[[nodiscard]] Result<> check_endpoint(DynamodbConfig& config,
                                      const Getenv& environment,
                                      std::string_view prefix);

}  // namespace carillon::app
