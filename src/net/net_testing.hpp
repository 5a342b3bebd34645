// What the tests of this module share: a loop on the real clock, and blocking peers made of plain
// sockets, which can misbehave in every way. Peers run on a blocking pool. For tests only.

#pragma once

#include "net/client.hpp"
#include "net/server.hpp"
#include "runtime/blocking.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace carillon::net::testing {

using namespace std::chrono_literals;

/// A connected socket that blocks, for ten seconds at most.
class RawConnection {
public:
    explicit RawConnection(int fd) : fd_(fd) {
        const timeval patience{10, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    }

    RawConnection(RawConnection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;
    RawConnection& operator=(RawConnection&&) = delete;

    ~RawConnection() { close(); }

    static RawConnection connect(std::uint16_t port) {
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        return RawConnection(fd);
    }

    [[nodiscard]] int fd() const { return fd_; }

    bool send(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Everything up to and including `mark`; what came when the peer closed first.
    std::string read_until(std::string_view mark) {
        while (rest_.find(mark) == std::string::npos) {
            if (!read_more()) return std::exchange(rest_, {});
        }
        const std::size_t end = rest_.find(mark) + mark.size();
        std::string text = rest_.substr(0, end);
        rest_.erase(0, end);
        return text;
    }

    std::string read_bytes(std::size_t count) {
        while (rest_.size() < count && read_more()) {
        }
        std::string text = rest_.substr(0, count);
        rest_.erase(0, count);
        return text;
    }

    /// Everything until the peer closes.
    std::string read_all() {
        while (read_more()) {
        }
        return std::exchange(rest_, {});
    }

    void shutdown_send() const { ::shutdown(fd_, SHUT_WR); }

    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

    /// Ends the connection by a reset.
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }

private:
    bool read_more() {
        char bytes[4'096];
        const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
        if (got <= 0) return false;
        rest_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }

    int fd_;
    std::string rest_;
};

class RawListener {
public:
    RawListener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{10, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(fd_, 64), 0);
        socklen_t size = sizeof address;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }

    RawListener(const RawListener&) = delete;
    RawListener& operator=(const RawListener&) = delete;

    ~RawListener() { ::close(fd_); }

    [[nodiscard]] RawConnection accept() const {
        return RawConnection(::accept(fd_, nullptr, nullptr));
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }

    [[nodiscard]] std::string url(std::string_view target = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + std::string(target);
    }

private:
    int fd_;
    std::uint16_t port_ = 0;
};

/// A loop in real time. Give it one main task.
struct World {
    runtime::SystemClock clock;
    runtime::Loop loop{clock};
    runtime::BlockingPool pool{8};
    runtime::TaskGroup group{loop};

    /// Returns when `main` and all peers have ended.
    void run(Task<> main) {
        group.spawn(std::move(main));
        runtime::TaskGroup ending(loop);
        ending.spawn(end());
        loop.run();
    }

    /// Runs a blocking peer beside the main task.
    void peer(std::function<void()> script) { group.spawn(run_peer(std::move(script))); }

private:
    Task<> end() {
        co_await group.join();
        loop.stop();
    }

    Task<> run_peer(std::function<void()> script) {
        auto call = [script = std::move(script)] {
            script();
            return true;
        };
        (void)co_await pool.run(loop, std::move(call));
    }
};

inline ClientOptions loopback_options() {
    ClientOptions options;
    options.guard = *AddressGuard::parse("127.0.0.0/8,::1/128");
    options.watchdog_interval = 20ms;
    return options;
}

inline ClientRequest request_to(const std::string& url,
                                std::string method = "GET",
                                std::string body = {}) {
    ClientRequest request;
    request.url = *parse_url(url);
    request.method = std::move(method);
    request.body = std::move(body);
    request.total_timeout = 10s;
    return request;
}

inline bool was_sent(const Error& error) {
    const auto* detail = dynamic_cast<const SendFailure*>(error.detail.get());
    EXPECT_NE(detail, nullptr) << describe(error);
    return detail != nullptr && detail->sent;
}

}  // namespace carillon::net::testing
