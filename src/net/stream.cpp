#include "net/stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace carillon::net {

namespace {

constexpr std::size_t tls_record_bytes = 17 * 1'024;
/// Encrypting a large body piece by piece keeps its second copy small.
constexpr std::size_t tls_piece_bytes = 64 * 1'024;

auto into(IoError& error) {
    return asio::redirect_error(asio::use_awaitable_t<Executor>{}, error);
}

void take(std::string_view& text, std::size_t& bytes) {
    const std::size_t part = std::min(bytes, text.size());
    text.remove_prefix(part);
    bytes -= part;
}

}  // namespace

Task<IoError> Stream::connect(IpAddress address, std::uint16_t port) {
    IoError error;
    asio::ip::tcp::endpoint endpoint;
    if (address.v6) {
        endpoint = {asio::ip::address_v6(address.bytes), port};
    } else {
        asio::ip::address_v4::bytes_type bytes{};
        std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
        endpoint = {asio::ip::address_v4(bytes), port};
    }
    socket_.open(endpoint.protocol(), error);
    if (error) co_return error;
    IoError ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    co_await socket_.async_connect(endpoint, into(error));
    co_return error;
}

Task<Result<>> Stream::handshake(const TlsContext& context, std::string host) {
    tls_ = std::make_unique<Tls>(context, host);
    tls_->incoming = std::make_unique_for_overwrite<char[]>(tls_record_bytes);
    for (;;) {
        const TlsStep step = tls_->session.handshake();
        const IoError sent = co_await flush_tls();
        if (step == TlsStep::done && !sent) co_return Result<>{};
        if (step == TlsStep::failed) {
            co_return fail(Errc::unavailable, "the TLS handshake failed: " + tls_->session.error());
        }
        ReadResult got;
        got.error = sent;
        if (!sent) got = co_await read_plain(tls_->incoming.get(), tls_record_bytes);
        if (got.error || step == TlsStep::closed) {
            const std::string why = got.error ? got.error.message() : "closed by the peer";
            co_return fail(Errc::unavailable, "the TLS handshake failed: " + why);
        }
        tls_->session.feed({tls_->incoming.get(), got.bytes});
    }
}

Task<ReadResult> Stream::read_plain(char* to, std::size_t room) {
    ReadResult result;
    result.bytes = co_await socket_.async_read_some(asio::buffer(to, room), into(result.error));
    co_return result;
}

Task<ReadResult> Stream::read_some(char* to, std::size_t room) {
    return tls_ ? read_tls(to, room) : read_plain(to, room);
}

Task<ReadResult> Stream::read_tls(char* to, std::size_t room) {
    ReadResult result;
    for (;;) {
        switch (tls_->session.read(to, room, result.bytes)) {
            case TlsStep::done:
                co_return result;
            case TlsStep::closed:
                result.error = asio::error::eof;
                co_return result;
            case TlsStep::failed:
                result.error = asio::error::connection_aborted;
                co_return result;
            case TlsStep::wants_input:
                break;
        }
        result.error = co_await flush_tls();
        if (result.error) co_return result;
        char* incoming = tls_->incoming.get();
        const ReadResult got = co_await read_plain(incoming, tls_record_bytes);
        if (got.error) {
            result.error = got.error;
            co_return result;
        }
        tls_->session.feed({incoming, got.bytes});
    }
}

IoError Stream::write_now(std::string_view& first, std::string_view& second) {
    // The system does not write through these pointers, although its type would allow it.
    std::array<iovec, 2> parts{{
        {const_cast<char*>(first.data()), first.size()},
        {const_cast<char*>(second.data()), second.size()},
    }};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = second.empty() ? 1 : 2;
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return {errno, boost::system::system_category()};
    auto bytes = static_cast<std::size_t>(sent);
    written_ += bytes;
    take(first, bytes);
    take(second, bytes);
    return {};
}

bool Stream::write_at_once(std::string_view& first, std::string_view& second, IoError& error) {
    if (tls_ || !socket_.is_open()) return false;
    error = write_now(first, second);
    if (!error) return first.empty() && second.empty();
    return error != asio::error::interrupted && error != asio::error::would_block &&
           error != asio::error::try_again;
}

Task<IoError> Stream::write_plain(std::string_view first, std::string_view second) {
    IoError error;
    while (!first.empty() || !second.empty()) {
        if (!socket_.is_open()) co_return asio::error::operation_aborted;
        error = write_now(first, second);
        if (!error || error == asio::error::interrupted) continue;
        if (error != asio::error::would_block && error != asio::error::try_again) co_return error;
        const std::string_view& next = first.empty() ? second : first;
        const std::size_t sent =
            co_await socket_.async_write_some(asio::buffer(next.data(), next.size()), into(error));
        if (error) co_return error;
        written_ += sent;
        std::size_t bytes = sent;
        take(first, bytes);
        take(second, bytes);
    }
    co_return IoError{};
}

Task<IoError> Stream::flush_tls() {
    const std::string_view outgoing = tls_->session.outgoing();
    if (outgoing.empty()) co_return IoError{};
    const IoError error = co_await write_plain(outgoing, {});
    tls_->session.sent();
    co_return error;
}

Task<IoError> Stream::write(std::string_view first, std::string_view second) {
    return tls_ ? write_tls(first, second) : write_plain(first, second);
}

Task<IoError> Stream::write_tls(std::string_view first, std::string_view second) {
    while (!first.empty() || !second.empty()) {
        std::string_view& part = first.empty() ? second : first;
        const std::string_view piece = part.substr(0, tls_piece_bytes);
        part.remove_prefix(piece.size());
        if (tls_->session.write(piece) != TlsStep::done) {
            co_return asio::error::connection_aborted;
        }
        const IoError error = co_await flush_tls();
        if (error) co_return error;
    }
    co_return IoError{};
}

void Stream::close() {
    IoError ignored;
    socket_.close(ignored);
}

void Stream::interrupt() {
    IoError ignored;
    socket_.cancel(ignored);
}

void Stream::shutdown_send() {
    IoError ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

bool Stream::is_stale() {
    pollfd state{socket_.native_handle(), POLLIN | POLLRDHUP, 0};
    if (::poll(&state, 1, 0) < 0) return true;
    // Under TLS, session tickets may wait to be read; in plain HTTP nothing may.
    const int bad = POLLRDHUP | POLLHUP | POLLERR | POLLNVAL | (tls_ ? 0 : POLLIN);
    return (state.revents & bad) != 0;
}

bool Stream::has_unacknowledged() {
    int bytes = 0;
    if (!socket_.is_open() || ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0) return false;
    return bytes > 0;
}

}  // namespace carillon::net
