// The one place where an Error becomes an HTTP answer (RFC 9457 problem documents).
//
// Handlers return errors and never choose statuses for them; the router, the webhook routes' batch
// reports and the HTTP server's own refusals all come through here, so that a client sees one
// shape: {type, title, status, detail, field?, errors?, requestId?, error}. `error` is the seed's
// field.

#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "net/http.hpp"

#include <string_view>

namespace carillon::server {

/// The status that stands for `error`.
[[nodiscard]] int status_of(const Error& error);

/// The problem document of `error`. Faults of our own (`internal`, `corrupt`) tell no text: it goes
/// to the log under the request's id. `request_id` may be empty (then it is left out).
[[nodiscard]] json::object problem(const Error& error, std::string_view request_id);

/// The same with a status that has no error code of its own (404, 405, 415 ... of the router).
[[nodiscard]] json::object problem(int status,
                                   std::string_view detail,
                                   std::string_view field,
                                   std::string_view request_id);

/// Field and text in one line, for programs that know only the seed's `error`. A text that is a
/// sentence of its own, as the seed's are (`name is required`), stays as it is.
[[nodiscard]] std::string one_line(std::string_view field, std::string_view detail);

/// `document` as an answer, with its own `status` and, where waiting helps, Retry-After.
[[nodiscard]] net::ServerResponse problem_response(const json::object& document);

/// An answer with a JSON body.
[[nodiscard]] net::ServerResponse json_response(int status, const json::value& body);

}  // namespace carillon::server
