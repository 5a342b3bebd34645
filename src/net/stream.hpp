// One TCP connection, plain or under TLS, as a client or a server connection uses it.
//
// No operation has a timer: whoever watches the deadline calls close() or interrupt(), and the
// operation under way fails. Every byte that HTTP moves goes through here.

#pragma once

#include "net/address_guard.hpp"
#include "net/tls.hpp"
#include "runtime/loop.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::net {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using IoError = boost::system::error_code;

struct ReadResult {
    std::size_t bytes = 0;
    IoError error{};  ///< asio::error::eof when the peer will send no more.
};

class Stream {
public:
    explicit Stream(runtime::Loop& loop) : socket_(loop.executor()) {}

    explicit Stream(Socket accepted) : socket_(std::move(accepted)) {}

    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    [[nodiscard]] Task<IoError> connect(IpAddress address, std::uint16_t port);
    /// `unavailable` with a text that says why. `context` must outlive the stream.
    [[nodiscard]] Task<Result<>> handshake(const TlsContext& context, std::string host);

    /// Waits for at least one byte.
    [[nodiscard]] Task<ReadResult> read_some(char* to, std::size_t room);
    /// True when both parts were written without waiting, or `error` says why they cannot be.
    /// False: write() is to write what is left of them. Nearly every answer fits, and needs no task
    /// then.
    [[nodiscard]] bool write_at_once(std::string_view& first,
                                     std::string_view& second,
                                     IoError& error);
    /// Writes both parts. The memory must stay until it returns.
    [[nodiscard]] Task<IoError> write(std::string_view first, std::string_view second = {});

    /// Ends every operation under way, which fails.
    void close();
    /// Ends the operations under way, but leaves the connection usable.
    void interrupt();
    /// Tells the peer that no more will come.
    void shutdown_send();

    /// Without waiting: the peer has closed, or sent something although nothing was asked.
    [[nodiscard]] bool is_stale();
    /// Something that was written has not reached the peer's system.
    [[nodiscard]] bool has_unacknowledged();

    /// Whether any byte was given to the system for sending.
    [[nodiscard]] bool has_written() const { return written_ > 0; }

    void forget_written() { written_ = 0; }

private:
    Task<ReadResult> read_plain(char* to, std::size_t room);
    Task<ReadResult> read_tls(char* to, std::size_t room);
    Task<IoError> write_plain(std::string_view first, std::string_view second);
    Task<IoError> write_tls(std::string_view first, std::string_view second);
    Task<IoError> flush_tls();
    /// One attempt without waiting; `first` and `second` lose what was taken.
    IoError write_now(std::string_view& first, std::string_view& second);

    struct Tls {
        Tls(const TlsContext& context, const std::string& host) : session(context, host) {}

        TlsSession session;
        std::unique_ptr<char[]> incoming;
    };

    Socket socket_;
    std::unique_ptr<Tls> tls_;
    std::uint64_t written_ = 0;
};

}  // namespace carillon::net
