// One connection of the server, from its first byte to its end.

#pragma once

#include "net/message_parser.hpp"
#include "net/message_writer.hpp"
#include "net/read_buffer.hpp"
#include "net/server.hpp"
#include "net/stream.hpp"
#include "net/watchdog.hpp"

#include <cstdint>
#include <string>

namespace carillon::net {

/// What the connections of a server share.
struct ServerContext {
    runtime::Loop& loop;
    HttpHandler& handler;
    const ServerOptions& options;
    Watchdog& watchdog;
    DateHeader date;
    bool stopping = false;
};

class ServerConnection final : public Watched {
public:
    ServerConnection(ServerContext& context, Socket socket, std::string peer);
    ~ServerConnection() override = default;

    /// Serves requests until the connection ends. Call once.
    [[nodiscard]] Task<> serve();
    /// Answers by one refusal and ends. Call once, instead of serve().
    [[nodiscard]] Task<> turn_away(int status, std::string why);

    /// No further request is begun; one under way goes on.
    void finish();

    /// Ends at once, except that a handler under way is waited for.
    void close() { stream_.close(); }

    void overdue() override;

private:
    enum class Phase : std::uint8_t { idle, header, body, handling, writing, draining };
    enum class Read : std::uint8_t { request, end, refused };

    void enter(Phase phase, Duration limit);
    Task<bool> serve_one();
    Task<Read> read_request(ParseFailure& refusal);
    Task<ReadResult> read_more();
    bool take(const ReadResult& got);
    void follow(ParseState state);
    Task<bool> respond(ServerResponse response, ResponseFrame frame);
    Task<> refuse(ParseFailure refusal);
    Task<> drain();

    ServerContext& context_;
    Stream stream_;
    std::string peer_;
    ReadBuffer buffer_;
    RequestParser parser_;
    std::string head_;
    Phase phase_ = Phase::idle;
    bool timed_out_ = false;
    bool ended_ = false;  ///< The peer will send no more, or the stream has failed.
};

}  // namespace carillon::net
