// Errors as DynamoDB says them on the wire: type, HTTP status, and the name of the message member.
//
// Everything below the endpoint fails with Error; this is the one place that turns it into
// DynamoDB's words. Faults that only the protocol has (a misshapen body, an unknown operation)
// carry a WireFault.

#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

/// Names the wire type of an error where its code alone does not tell.
struct WireFault final : ErrorDetail {
    std::string type{};  ///< With its prefix, for instance "com.amazon.coral.service#...".
    bool capital_message = false;  ///< `Message`, as the deserialiser and some newer types say it.
};

[[nodiscard]] std::unexpected<Error> serialization_fault(std::string message);
/// `name` is the type without prefix, of the group that the service itself defines
/// (com.amazonaws.dynamodb.v20120810).
[[nodiscard]] std::unexpected<Error> service_fault(std::string_view name, std::string message);
/// A fault of the layer in front of the service (com.amazon.coral.service).
[[nodiscard]] std::unexpected<Error> front_fault(std::string_view name, std::string message);
[[nodiscard]] std::unexpected<Error> validation_fault(std::string message);
/// "One or more parameter values were invalid: " and the rule.
[[nodiscard]] std::unexpected<Error> parameter_fault(std::string_view rule);

/// As a transaction says it: a write that does not fit its table cancels it.
[[nodiscard]] Error transaction_fault(Error error);

struct WireError {
    int status = 400;
    std::string body{};
};

/// `names_table`: whether a missing table is named (control plane) or not (data plane).
[[nodiscard]] WireError to_wire(const Error& error, bool names_table);

/// `{"__type":TYPE}` with `message` when there is one.
[[nodiscard]] std::string error_body(std::string_view type, std::string_view message);

}  // namespace carillon::dynamo::endpoint
