#include "net/exchange.hpp"

#include "net/message_parser.hpp"
#include "net/message_writer.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace carillon::net {

namespace {

/// Small bodies are copied behind their head: one piece of memory is cheaper to send than two.
constexpr std::size_t copied_body_max = 16 * 1'024;
/// Reading on beyond what is kept saves the connection for reuse; a large rest is not worth it.
constexpr std::size_t read_beyond_kept = 16;
constexpr std::size_t body_bytes_read_min = 64 * 1'024;

ResponseLimits limits_for(const ClientRequest& request) {
    ResponseLimits limits;
    limits.body_bytes_kept = request.response_body_max;
    limits.body_bytes_read =
        std::max(body_bytes_read_min, request.response_body_max * read_beyond_kept);
    return limits;
}

Task<IoError> send_request(Connection& connection, const ClientRequest& request) {
    write_request_head(request, connection.head);
    if (request.body.size() > copied_body_max) {
        return connection.stream.write(connection.head, request.body);
    }
    connection.head += request.body;
    return connection.stream.write(connection.head);
}

/// Reads until the parser is done or has failed, or the stream has. `bytes` counts what came.
Task<IoError> read_response(Connection& connection, ResponseParser& parser, std::size_t& bytes) {
    for (;;) {
        const std::span<char> space = connection.buffer.space();
        const ReadResult got = co_await connection.stream.read_some(space.data(), space.size());
        if (got.error == asio::error::eof) {
            (void)parser.feed_end();
            co_return got.error;
        }
        if (got.error) co_return got.error;
        bytes += got.bytes;
        connection.buffer.commit(got.bytes);
        std::string_view unread = connection.buffer.unread();
        const std::size_t before = unread.size();
        const ParseState state = parser.feed(unread);
        connection.buffer.consume(before - unread.size());
        if (state == ParseState::done || state == ParseState::failed) co_return IoError{};
    }
}

std::unexpected<Error> explain_failure(const ResponseParser& parser,
                                       const IoError& read_error,
                                       const IoError& write_error,
                                       std::size_t bytes) {
    if (parser.header_too_large()) {
        return fail(Errc::too_large, "the header of the answer is too large");
    }
    if (bytes == 0) {
        if (write_error) {
            return fail(Errc::unavailable, "cannot send the request: " + write_error.message());
        }
        if (read_error == asio::error::eof) {
            return fail(Errc::unavailable, "the peer closed the connection without an answer");
        }
    }
    if (read_error == asio::error::eof) {
        return fail(Errc::unavailable,
                    "the peer closed the connection in the middle of its answer");
    }
    if (read_error) {
        return fail(Errc::unavailable, "cannot read the answer: " + read_error.message());
    }
    return fail(Errc::corrupt, "the answer is " + parser.failure().why);
}

/// Whether a failed exchange on a reused connection came too late for the peer to see it. A peer
/// whose system had acknowledged the request before the end came may have acted on it.
bool came_too_late(Connection& connection, const IoError& read_error, const IoError& write_error) {
    if (read_error == asio::error::eof)
        return write_error || connection.stream.has_unacknowledged();
    return read_error == asio::error::connection_reset || read_error == asio::error::broken_pipe ||
           (write_error && read_error);
}

}  // namespace

Task<ExchangeOutcome> exchange(runtime::Clock& clock,
                               Connection& connection,
                               const ClientRequest& request,
                               bool reused) {
    ExchangeOutcome outcome;
    connection.stream.forget_written();
    const std::int64_t started = clock.ticks();
    const IoError write_error = co_await send_request(connection, request);

    // A peer may answer and close before it has read everything: what it said counts.
    ResponseParser parser(request.method == "HEAD", limits_for(request));
    std::size_t bytes = 0;
    IoError read_error = write_error;
    if (connection.stream.has_written()) {
        read_error = co_await read_response(connection, parser, bytes);
    }
    if (parser.state() != ParseState::done) {
        outcome.result = explain_failure(parser, read_error, write_error, bytes);
        outcome.stale = reused && bytes == 0 && came_too_late(connection, read_error, write_error);
        co_return outcome;
    }
    ClientResponse response;
    response.status = parser.status();
    response.headers = std::move(parser.headers());
    response.body = std::move(parser.body());
    response.truncated = parser.truncated();
    response.started_ticks = started;
    response.ended_ticks = clock.ticks();
    // Bytes after the answer belong to nothing that was asked.
    outcome.keep_alive =
        !write_error && !read_error && parser.keep_alive() && connection.buffer.unread().empty();
    outcome.result = std::move(response);
    co_return outcome;
}

}  // namespace carillon::net
