// Writing HTTP/1.1 messages into one piece of memory, free of sockets.
//
// All rules about what may stand in a header are kept here, so that no text of a user can end a
// line and begin a header, a body or a second message. Used by the client and the server.

#pragma once

#include "core/result.hpp"
#include "net/http.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace carillon::net {

struct ClientRequest;

/// A method or a header's name: RFC 9110 section 5.6.2.
[[nodiscard]] bool is_token(std::string_view text);
/// No control characters other than tab.
[[nodiscard]] bool is_field_value(std::string_view text);

/// `invalid` when the request cannot be written safely: `field` is `method`, `url` or
/// `headers.NAME`.
[[nodiscard]] Result<> check_request(const ClientRequest& request);
/// Replaces `out` by the head of a checked request, ready for its body to follow.
void write_request_head(const ClientRequest& request, std::string& out);

/// What decides about the frame of an answer beside the answer itself.
struct ResponseFrame {
    bool head_request = false;
    bool http_1_1 = true;
    bool keep_alive = true;
    std::string_view date;  ///< The Date header's value.
};

/// Whether the status is one and all headers can be written.
[[nodiscard]] bool is_writable(const ServerResponse& response);
/// Whether an answer of this status has a body.
[[nodiscard]] bool may_have_body(int status);
/// Replaces `out` by the head of a writable answer.
void write_response_head(const ServerResponse& response,
                         const ResponseFrame& frame,
                         std::string& out);

/// The current Date header, rewritten once a second.
class DateHeader {
public:
    explicit DateHeader(const runtime::Clock& clock) : clock_(clock) {}

    /// Valid until the next call.
    [[nodiscard]] std::string_view now();

private:
    const runtime::Clock& clock_;
    std::int64_t second_ = -1;
    std::string text_;
};

/// `Sun, 06 Nov 1994 08:49:37 GMT`
[[nodiscard]] std::string format_http_date(std::int64_t epoch_seconds);

}  // namespace carillon::net
