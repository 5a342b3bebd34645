#include "dynamo/endpoint/fault.hpp"

#include "core/json.hpp"
#include "dynamo/database.hpp"
#include "dynamo/item/json.hpp"
#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <memory>

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::string_view service_prefix = "com.amazonaws.dynamodb.v20120810#";
constexpr std::string_view front_prefix = "com.amazon.coral.service#";
constexpr std::string_view validation_type = "com.amazon.coral.validate#ValidationException";

std::string service_type(std::string_view name) {
    return std::string(service_prefix).append(name);
}

std::unexpected<Error> with_type(std::string type, std::string message, bool capital) {
    auto detail = std::make_shared<WireFault>();
    detail->type = std::move(type);
    detail->capital_message = capital;
    return std::unexpected(Error{Errc::invalid, std::move(message), {}, std::move(detail)});
}

/// Opens an error body; the caller closes it.
std::string open_body(std::string_view type) {
    std::string body = "{\"__type\":";
    append_json_string(body, type);
    return body;
}

void append_member(std::string& body, std::string_view name, std::string_view text) {
    body.append(",\"").append(name).append("\":");
    append_json_string(body, text);
}

std::string cancelled_body(const Error& error, const TransactionCancelled& cancelled) {
    std::string body = open_body(service_type("TransactionCanceledException"));
    body += ",\"CancellationReasons\":[";
    bool first = true;
    for (const TransactionCancelled::Reason& reason : cancelled.reasons) {
        if (!first) body += ',';
        first = false;
        body += "{\"Code\":";
        append_json_string(body, reason.code);
        if (!reason.message.empty()) append_member(body, "Message", reason.message);
        if (reason.item) {
            body += ",\"Item\":";
            append_typed_json(*reason.item, body);
        }
        body += '}';
    }
    body += ']';
    append_member(body, "Message", error.message);
    return body + "}";
}

std::string condition_body(const Error& error) {
    std::string body = open_body(service_type("ConditionalCheckFailedException"));
    if (const auto* failure = dynamic_cast<const ConditionFailure*>(error.detail.get());
        failure != nullptr && failure->item) {
        body += ",\"Item\":";
        append_typed_json(*failure->item, body);
    }
    append_member(body, "message", error.message);
    return body + "}";
}

std::string not_found_body(const Error& error, bool names_table) {
    constexpr std::string_view missing_table = "Requested resource not found";
    // A missing index is the request's mistake, not a missing resource.
    if (error.message.starts_with("The table does not have")) {
        return error_body(validation_type, error.message);
    }
    const bool shorten = !names_table && error.message.starts_with(missing_table);
    return error_body(service_type("ResourceNotFoundException"),
                      shorten ? missing_table : std::string_view(error.message));
}

WireError by_code(const Error& error, bool names_table) {
    switch (error.code) {
        case Errc::not_found:
            return {400, not_found_body(error, names_table)};
        case Errc::already_exists:
            return {400, error_body(service_type("ResourceInUseException"), error.message)};
        case Errc::condition_failed:
            return {400, condition_body(error)};
        case Errc::throttled:
            return {400,
                    error_body(service_type("ProvisionedThroughputExceededException"),
                               "The level of configured provisioned throughput for the table was "
                               "exceeded. Consider increasing your provisioning level with the "
                               "UpdateTable API.")};
        case Errc::invalid:
        case Errc::too_large:
            if (error.message.starts_with("Provided idempotency token")) {
                return {400,
                        error_body(service_type("IdempotentParameterMismatchException"),
                                   error.message)};
            }
            return {400, error_body(validation_type, error.message)};
        case Errc::denied:
            return {400,
                    error_body(std::string(front_prefix) + "AccessDeniedException", error.message)};
        case Errc::unavailable:
        case Errc::timeout:
        case Errc::cancelled:
        case Errc::corrupt:
        case Errc::internal:
            break;
    }
    // Clients repeat what fails with a 500. The text tells which of the store's troubles it is.
    return {500, error_body(service_type("InternalServerError"), error.message)};
}

}  // namespace

std::unexpected<Error> serialization_fault(std::string message) {
    return with_type(
        std::string(front_prefix) + "SerializationException", std::move(message), true);
}

std::unexpected<Error> service_fault(std::string_view name, std::string message) {
    return with_type(service_type(name), std::move(message), false);
}

std::unexpected<Error> front_fault(std::string_view name, std::string message) {
    return with_type(std::string(front_prefix).append(name), std::move(message), false);
}

std::unexpected<Error> validation_fault(std::string message) {
    return fail(Errc::invalid, std::move(message));
}

std::unexpected<Error> parameter_fault(std::string_view rule) {
    return fail(Errc::invalid,
                std::string("One or more parameter values were invalid: ").append(rule));
}

Error transaction_fault(Error error) {
    const auto* refused = dynamic_cast<const RefusedWrite*>(error.detail.get());
    if (refused == nullptr) return error;
    // Empty keys and wrong expressions are the request's faults, whatever table it is for.
    const bool of_item = error.message.starts_with("One or more parameter values were invalid: ") ||
                         error.message == "The provided key element does not match the schema" ||
                         error.message == put_too_large;
    if (!of_item) return error;
    std::vector<TransactionCancelled::Reason> reasons(refused->count);
    TransactionCancelled::Reason& reason = reasons[refused->place];
    reason.code = "ValidationError";
    reason.message = std::move(error.message);
    return transaction_cancelled(std::move(reasons));
}

std::string error_body(std::string_view type, std::string_view message) {
    std::string body = open_body(type);
    if (!message.empty()) append_member(body, "message", message);
    return body + "}";
}

WireError to_wire(const Error& error, bool names_table) {
    const ErrorDetail* detail = error.detail.get();
    if (const auto* fault = dynamic_cast<const WireFault*>(detail)) {
        std::string body = open_body(fault->type);
        if (!error.message.empty()) {
            append_member(body, fault->capital_message ? "Message" : "message", error.message);
        }
        return {400, body + "}"};
    }
    if (const auto* cancelled = dynamic_cast<const TransactionCancelled*>(detail)) {
        return {400, cancelled_body(error, *cancelled)};
    }
    return by_code(error, names_table);
}

}  // namespace carillon::dynamo::endpoint
