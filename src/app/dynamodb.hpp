// `carillon dynamodb`: a DynamoDB on this machine, until a signal. The scheduler has no part in it.

#pragma once

#include "app/config.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "dynamo/endpoint/service.hpp"
#include "runtime/clock.hpp"

#include <string_view>

namespace carillon::app {

/// Prints `listening on http://HOST:PORT` when requests are taken. With `hints`, how to point a
/// client at it.
[[nodiscard]] cli::ExitCode dynamodb(const Config& config,
                                     cli::Console& console,
                                     runtime::Clock& clock,
                                     bool hints);

/// What the endpoint is told. `config.port` must be there.
[[nodiscard]] dynamo::endpoint::ServiceOptions endpoint_options(const DynamodbConfig& config);

/// Adds what to do to the error of an address that is taken. `flag` is the port's.
[[nodiscard]] Error with_advice(Error error, std::string_view flag);

}  // namespace carillon::app
