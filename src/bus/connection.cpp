#include "bus/connection.hpp"

#include "core/check.hpp"

#include <chrono>
#include <utility>

namespace carillon::bus {

namespace {

constexpr std::size_t read_size = 16 * 1'024;

net::AddressGuard allow_all() {
    auto guard = net::AddressGuard::parse("0.0.0.0/0,::/0");
    CARILLON_CHECK(guard.has_value());
    return *std::move(guard);
}

}  // namespace

Connection::Connection(runtime::Loop& loop, HostPort peer)
    : loop_(loop), peer_(std::move(peer)), stream_(loop) {}

Connection::~Connection() {
    lift_limit();
}

void Connection::limit_to(Duration limit) {
    lift_limit();
    const std::int64_t at = loop_.clock().ticks() + std::chrono::nanoseconds(limit).count();
    timer_ = loop_.call_at(at, [this] {
        timer_ = 0;
        operation_.overdue();
        stream_.close();
    });
}

void Connection::lift_limit() {
    if (timer_ != 0) loop_.cancel_timer(std::exchange(timer_, 0));
}

std::unexpected<Error> Connection::lost(const std::string& what) const {
    const std::string where = peer_.host + ":" + std::to_string(peer_.port);
    if (operation_.expired()) return fail(Errc::timeout, where + " did not answer in time");
    return fail(Errc::unavailable, where + ": " + what);
}

Task<Result<>> Connection::connect(net::Resolver& resolver) {
    auto addresses = co_await resolver.resolve(peer_.host, operation_);
    if (!addresses) co_return std::unexpected(std::move(addresses).error());
    std::string why = "no address";
    for (const net::IpAddress& address : **addresses) {
        const net::IoError error = co_await stream_.connect(address, peer_.port);
        if (!error) co_return Result<>{};
        why = error.message();
        if (operation_.expired()) break;
    }
    co_return lost(why);
}

Task<Result<>> Connection::start_tls(const net::TlsContext& context) {
    auto done = co_await stream_.handshake(context, peer_.host);
    if (!done) co_return lost(done.error().message);
    co_return Result<>{};
}

Task<Result<>> Connection::write(std::string_view bytes) {
    const net::IoError error = co_await stream_.write(bytes);
    if (error) co_return lost(error.message());
    co_return Result<>{};
}

Task<Result<>> Connection::read_more() {
    if (read_ > 0) {
        buffer_.erase(0, read_);
        read_ = 0;
    }
    const std::size_t before = buffer_.size();
    buffer_.resize(before + read_size);
    const net::ReadResult got = co_await stream_.read_some(buffer_.data() + before, read_size);
    buffer_.resize(before + got.bytes);
    if (got.bytes == 0) {
        co_return lost(got.error ? got.error.message() : "the connection was closed");
    }
    co_return Result<>{};
}

Task<Result<std::string_view>> Connection::read_line(std::size_t bytes_max) {
    std::size_t searched = 0;
    for (;;) {
        const std::size_t end = buffer_.find("\r\n", read_ + searched);
        if (end != std::string::npos) {
            const std::string_view line(buffer_.data() + read_, end - read_);
            read_ = end + 2;
            co_return line;
        }
        const std::size_t there = buffer_.size() - read_;
        if (there > bytes_max) co_return fail(Errc::corrupt, "the broker's line has no end");
        searched = there > 0 ? there - 1 : 0;
        CARILLON_CO_TRY_VOID(co_await read_more());
    }
}

Task<Result<std::string_view>> Connection::read_bytes(std::size_t count) {
    while (buffer_.size() - read_ < count) CARILLON_CO_TRY_VOID(co_await read_more());
    const std::string_view bytes(buffer_.data() + read_, count);
    read_ += count;
    co_return bytes;
}

bool Connection::is_stale() {
    return operation_.expired() || read_ < buffer_.size() || stream_.is_stale();
}

void Connection::close() {
    stream_.close();
}

Dialer::Dialer(runtime::Loop& loop, runtime::BlockingPool& pool, net::TlsOptions tls)
    : loop_(loop),
      lookups_(loop),
      resolver_(loop, pool, lookups_, allow_all()),
      tls_options_(std::move(tls)) {}

Dialer::~Dialer() = default;

Task<Result<std::unique_ptr<Connection>>> Dialer::dial(HostPort peer, Duration limit) {
    auto connection = std::make_unique<Connection>(loop_, std::move(peer));
    connection->limit_to(limit);
    CARILLON_CO_TRY_VOID(co_await connection->connect(resolver_));
    co_return connection;
}

Result<const net::TlsContext*> Dialer::tls() {
    if (!tls_) {
        CARILLON_TRY(tls_, net::TlsContext::open(tls_options_));
    }
    return tls_.get();
}

Task<> Dialer::close() {
    co_await lookups_.join();
}

}  // namespace carillon::bus
