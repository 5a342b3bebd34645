#include "net/server_connection.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

namespace carillon::net {

namespace {

constexpr std::size_t first_buffer_bytes = 4 * 1'024;
constexpr std::size_t least_buffer_max = 64 * 1'024;
constexpr std::size_t copied_body_max = 8 * 1'024;
/// After a refusal, what the peer still sends is read and dropped for a while: closing at once
/// would make its system throw the answer away unread.
constexpr Duration drain_time{2'000};
constexpr std::size_t drain_bytes_max = 4 * 1'024 * 1'024;
constexpr std::string_view continue_answer = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

ServerConnection::ServerConnection(ServerContext& context, Socket socket, std::string peer)
    : context_(context),
      stream_(std::move(socket)),
      peer_(std::move(peer)),
      buffer_(first_buffer_bytes, std::max(least_buffer_max, context.options.header_bytes_max * 2)),
      parser_(context.options.header_bytes_max, context.options.body_bytes_max) {
    context_.watchdog.add(*this);
}

void ServerConnection::enter(Phase phase, Duration limit) {
    phase_ = phase;
    deadline = context_.watchdog.now() + std::chrono::nanoseconds{limit}.count();
}

void ServerConnection::overdue() {
    if (phase_ == Phase::header || phase_ == Phase::body) {
        // The request is answered by 408, so the stream must live on.
        timed_out_ = true;
        stream_.interrupt();
    } else {
        stream_.close();
    }
}

void ServerConnection::finish() {
    if (phase_ == Phase::idle || phase_ == Phase::draining) stream_.close();
}

Task<> ServerConnection::serve() {
    bool again = true;
    while (again) again = co_await serve_one();
    stream_.close();
}

Task<bool> ServerConnection::serve_one() {
    ParseFailure refusal;
    parser_.restart();
    switch (co_await read_request(refusal)) {
        case Read::end:
            co_return false;
        case Read::refused:
            co_await refuse(std::move(refusal));
            co_return false;
        case Read::request:
            break;
    }
    phase_ = Phase::handling;
    deadline = never;
    ServerRequest& request = parser_.request();
    request.peer = peer_;
    ServerResponse response;
    bool threw = false;
    try {
        response = co_await context_.handler.handle(request);
    } catch (const std::exception&) {
        threw = true;
    }
    // Never the exception's text: it may name what a stranger should not see.
    if (threw) response = context_.handler.refuse(500, "internal error");

    ResponseFrame frame;
    frame.head_request = request.method == "HEAD";
    frame.http_1_1 = parser_.http_1_1();
    const auto connection = response.headers.get("Connection");
    frame.keep_alive = parser_.keep_alive() && !context_.stopping && connection != "close";
    const bool keep_alive = frame.keep_alive;
    const bool written = co_await respond(std::move(response), frame);
    if (written && !keep_alive && !context_.stopping) {
        stream_.shutdown_send();
        co_await drain();
    }
    buffer_.relax();
    co_return written&& keep_alive;
}

/// Waits for bytes, which take() takes.
Task<ReadResult> ServerConnection::read_more() {
    const std::span<char> space = buffer_.space();
    return stream_.read_some(space.data(), space.size());
}

/// False when there are none and will be none: `ended_` or `timed_out_` says why.
bool ServerConnection::take(const ReadResult& got) {
    if (got.error) {
        ended_ = !timed_out_;
        return false;
    }
    buffer_.commit(got.bytes);
    // The deadline may pass while the bytes are on their way here; it is not set again.
    return !timed_out_;
}

/// Keeps the phase, and so the deadline, in step with the parser.
void ServerConnection::follow(ParseState state) {
    if (state == ParseState::header && phase_ == Phase::idle) {
        enter(Phase::header, context_.options.header_timeout);
    } else if (state == ParseState::body && phase_ != Phase::body) {
        enter(Phase::body, context_.options.body_timeout);
    }
}

Task<ServerConnection::Read> ServerConnection::read_request(ParseFailure& refusal) {
    enter(Phase::idle, context_.options.idle_timeout);
    bool continued = false;
    for (;;) {
        std::string_view unread = buffer_.unread();
        if (!unread.empty()) {
            const std::size_t before = unread.size();
            const ParseState state = parser_.feed(unread);
            buffer_.consume(before - unread.size());
            if (state == ParseState::done) co_return Read::request;
            if (state == ParseState::failed) {
                refusal = parser_.failure();
                co_return Read::refused;
            }
            follow(state);
        }
        if (phase_ == Phase::idle && context_.stopping) co_return Read::end;
        if (parser_.state() == ParseState::body && parser_.expects_continue() && !continued &&
            buffer_.unread().empty()) {
            continued = true;
            const IoError error = co_await stream_.write(continue_answer);
            if (error) co_return Read::end;
        }
        if (take(co_await read_more())) continue;
        if (timed_out_) {
            refusal = {408, "the request did not come in time"};
            co_return Read::refused;
        }
        // A peer that has closed its sending side may still read why its half request is nothing.
        if (phase_ == Phase::idle) co_return Read::end;
        refusal = {400, "the request ended too early"};
        co_return Read::refused;
    }
}

Task<bool> ServerConnection::respond(ServerResponse response, ResponseFrame frame) {
    if (!is_writable(response)) {
        response = ServerResponse{500, {}, {}};
    }
    frame.date = context_.date.now();
    enter(Phase::writing, context_.options.body_timeout);
    write_response_head(response, frame, head_);
    std::string_view body;
    if (!frame.head_request && may_have_body(response.status)) body = response.body;
    if (body.size() <= copied_body_max) {
        head_ += body;
        body = {};
    }
    std::string_view head = head_;
    IoError error;
    if (!stream_.write_at_once(head, body, error)) error = co_await stream_.write(head, body);
    co_return !error;
}

Task<> ServerConnection::refuse(ParseFailure refusal) {
    ServerResponse response = context_.handler.refuse(refusal.status, refusal.why);
    ResponseFrame frame;
    frame.keep_alive = false;
    const bool written = co_await respond(std::move(response), frame);
    if (!written) co_return;
    stream_.shutdown_send();
    if (!ended_) co_await drain();
}

Task<> ServerConnection::turn_away(int status, std::string why) {
    co_await refuse({status, std::move(why)});
    stream_.close();
}

Task<> ServerConnection::drain() {
    enter(Phase::draining, drain_time);
    timed_out_ = false;
    buffer_.consume(buffer_.unread().size());
    for (std::size_t bytes = 0; bytes < drain_bytes_max;) {
        if (!take(co_await read_more())) co_return;
        bytes += buffer_.unread().size();
        buffer_.consume(buffer_.unread().size());
    }
}

}  // namespace carillon::net
