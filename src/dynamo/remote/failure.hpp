// DynamoDB's errors, as the port's.

#pragma once

#include "aws/json_client.hpp"
#include "dynamo/database.hpp"

#include <string>
#include <string_view>

namespace carillon::dynamo::remote {

/// `table` is the port's name of the one table that the request was about, or empty.
[[nodiscard]] Error to_port(Error error, std::string_view operation, std::string_view table);

/// The type that the service named, or empty.
[[nodiscard]] std::string_view failure_type(const Error& error);

/// Whether an earlier attempt of the failed call may have been carried out.
[[nodiscard]] bool was_repeated_unclear(const Error& error);

/// A transaction that was refused only because others were in its way: it may be asked for again.
[[nodiscard]] bool is_conflict(const Error& error);

/// `timeout`: it may have been done or not, and nothing tells.
[[nodiscard]] Error effect_unknown(std::string_view operation);

/// `invalid`, naming what the server cannot do.
[[nodiscard]] Error unsupported(std::string_view operation, std::string_view why);

}  // namespace carillon::dynamo::remote
