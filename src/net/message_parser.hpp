// Reading HTTP/1.1 messages from bytes, free of sockets.
//
// The only place that sees Beast: its parser is fed from a buffer, and its events go straight into
// our own message types, without the copies that Beast's containers would make. Used by the
// server's and the client's connections.

#pragma once

#include "net/http.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::net {

/// How far a parser has come.
enum class ParseState : std::uint8_t {
    header,  ///< Needs more bytes to complete the header.
    body,    ///< The header is complete, the body is not.
    done,    ///< The message is complete.
    failed,  ///< It can never become a message; see failure().
};

/// Why a message was refused; the server answers with `status`.
struct ParseFailure {
    int status = 400;
    std::string why;
};

/// Reads one request; then restart() readies it for the next.
class RequestParser {
public:
    RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max);
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;
    ~RequestParser();

    /// Forgets the request, in any state, but keeps its memory: a connection has one parser.
    void restart();
    /// Takes bytes off the front of `bytes`; what is left must be given again, in front of more.
    /// Bytes after the message are not touched.
    ParseState feed(std::string_view& bytes);

    [[nodiscard]] ParseState state() const;
    [[nodiscard]] const ParseFailure& failure() const;
    /// Complete except for the body once the state is `body`. `peer` is left empty.
    [[nodiscard]] ServerRequest& request();
    [[nodiscard]] bool keep_alive() const;
    [[nodiscard]] bool http_1_1() const;
    /// The client waits for "100 Continue" before it sends the body.
    [[nodiscard]] bool expects_continue() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct ResponseLimits {
    std::size_t header_bytes_max = 64 * 1'024;
    std::size_t body_bytes_kept = 64 * 1'024;     ///< The rest is counted and dropped,
    std::size_t body_bytes_read = 1'024 * 1'024;  ///< and beyond this reading ends.
};

/// Reads one answer.
class ResponseParser {
public:
    /// `head_request`: the answer has no body, whatever its header says.
    ResponseParser(bool head_request, ResponseLimits limits);
    ResponseParser(const ResponseParser&) = delete;
    ResponseParser& operator=(const ResponseParser&) = delete;
    ~ResponseParser();

    /// As RequestParser::feed. Interim answers (100 to 199, but not 101) are skipped.
    ParseState feed(std::string_view& bytes);
    /// The peer will send no more: ends a body that has no length, or fails.
    ParseState feed_end();

    [[nodiscard]] ParseState state() const;
    [[nodiscard]] const ParseFailure& failure() const;
    /// The header was larger than the limit.
    [[nodiscard]] bool header_too_large() const;
    /// The connection can carry another exchange.
    [[nodiscard]] bool keep_alive() const;
    /// The body was longer than what is kept.
    [[nodiscard]] bool truncated() const;

    [[nodiscard]] int status() const;
    [[nodiscard]] Headers& headers();
    [[nodiscard]] std::string& body();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::net
