// The raw HTTP client and sink of support.hpp: epoll, one thread each.

#include "bench/support.hpp"

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

namespace carillon::bench {

namespace {

constexpr std::size_t chunk = 65'536;

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int connect_to(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        die("connect");
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EAGAIN || errno == EINTR) continue;
            die("send");
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

/// Length of the first complete message in `bytes` (0: incomplete); where its body starts.
std::size_t message_length(std::string_view bytes, std::size_t& head) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    head = end + 4;
    std::size_t body = 0;
    for (std::size_t at = bytes.find("\r\n"); at < end; at = bytes.find("\r\n", at + 2)) {
        constexpr std::string_view name = "content-length:";
        if (bytes.size() - at - 2 > name.size() &&
            strncasecmp(bytes.data() + at + 2, name.data(), name.size()) == 0) {
            body = std::strtoul(bytes.data() + at + 2 + name.size(), nullptr, 10);
        }
    }
    return bytes.size() >= head + body ? head + body : 0;
}

struct Connection {
    int fd = -1;
    std::int64_t sent_at = 0;
    std::string received;
};

/// One answer read off a connection that is readable; false while it is incomplete.
bool read_answer(Connection& connection, bool& success) {
    char buffer[chunk];
    const ssize_t got = recv(connection.fd, buffer, sizeof buffer, 0);
    if (got <= 0) die("the server closed a connection");
    connection.received.append(buffer, static_cast<std::size_t>(got));
    std::size_t head = 0;
    const std::size_t length = message_length(connection.received, head);
    if (length == 0) return false;
    success = connection.received.size() > 9 && connection.received[9] == '2';
    if (!success) {
        static bool shown = false;
        if (!std::exchange(shown, true))
            std::fprintf(stderr, "refused: %s\n", connection.received.c_str());
    }
    connection.received.erase(0, length);
    return true;
}

}  // namespace

std::string http_request(const std::string& method,
                         const std::string& path,
                         const std::string& body) {
    std::string text = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    if (!body.empty()) text += "Content-Type: application/json\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return text;
}

std::string call(std::uint16_t port, const std::string& request) {
    Connection connection;
    connection.fd = connect_to(port);
    send_all(connection.fd, request);
    char buffer[chunk];
    std::size_t head = 0;
    while (message_length(connection.received, head) == 0) {
        const ssize_t got = recv(connection.fd, buffer, sizeof buffer, 0);
        if (got <= 0) break;
        connection.received.append(buffer, static_cast<std::size_t>(got));
    }
    close(connection.fd);
    return connection.received;
}

LoadResult run_load(std::uint16_t port,
                    std::size_t connections,
                    std::size_t count,
                    const std::function<std::string(std::size_t)>& request) {
    LoadResult result;
    result.latencies_ns.reserve(count);
    const int poll = epoll_create1(EPOLL_CLOEXEC);
    std::vector<Connection> open(connections);
    for (std::size_t i = 0; i < connections; ++i) {
        open[i].fd = connect_to(port);
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        epoll_ctl(poll, EPOLL_CTL_ADD, open[i].fd, &event);
    }
    const std::int64_t began = ticks_ns();
    std::size_t next = 0;
    const auto send_next = [&](Connection& connection) {
        if (next == count) return;
        const std::string bytes = request(next++);
        connection.sent_at = ticks_ns();
        send_all(connection.fd, bytes);
    };
    for (auto& connection : open) send_next(connection);
    epoll_event events[256];
    while (result.latencies_ns.size() < count) {
        const int ready = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < ready; ++i) {
            Connection& connection = open[events[i].data.u64];
            bool success = false;
            if (!read_answer(connection, success)) continue;
            if (!success) ++result.refused;
            result.latencies_ns.push_back(ticks_ns() - connection.sent_at);
            send_next(connection);
        }
    }
    result.seconds = static_cast<double>(ticks_ns() - began) / 1e9;
    for (auto& connection : open) close(connection.fd);
    close(poll);
    return result;
}

LoadResult run_paced(std::uint16_t port,
                     std::size_t connections,
                     std::size_t count,
                     std::int64_t every_ns,
                     const std::function<std::string(std::size_t)>& request) {
    LoadResult result;
    const int poll = epoll_create1(EPOLL_CLOEXEC);
    constexpr std::uint64_t pace_tag = ~0ULL;
    const int pace = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    itimerspec step{};
    step.it_interval = {.tv_sec = every_ns / 1'000'000'000, .tv_nsec = every_ns % 1'000'000'000};
    step.it_value = step.it_interval;
    timerfd_settime(pace, 0, &step, nullptr);
    epoll_event tick{.events = EPOLLIN, .data = {.u64 = pace_tag}};
    epoll_ctl(poll, EPOLL_CTL_ADD, pace, &tick);
    std::vector<Connection> open(connections);
    std::vector<std::size_t> idle;
    for (std::size_t i = 0; i < connections; ++i) {
        open[i].fd = connect_to(port);
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        epoll_ctl(poll, EPOLL_CTL_ADD, open[i].fd, &event);
        idle.push_back(i);
    }
    const std::int64_t began = ticks_ns();
    std::size_t next = 0;
    std::uint64_t owed = 0;
    epoll_event events[256];
    while (result.latencies_ns.size() < count) {
        const int ready = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < ready; ++i) {
            if (events[i].data.u64 == pace_tag) {
                std::uint64_t passed = 0;
                if (read(pace, &passed, sizeof passed) == sizeof passed) owed += passed;
                continue;
            }
            Connection& connection = open[events[i].data.u64];
            bool success = false;
            if (!read_answer(connection, success)) continue;
            if (!success) ++result.refused;
            result.latencies_ns.push_back(ticks_ns() - connection.sent_at);
            idle.push_back(events[i].data.u64);
        }
        for (; owed > 0 && next < count && !idle.empty(); --owed) {
            Connection& connection = open[idle.back()];
            idle.pop_back();
            const std::string bytes = request(next++);
            connection.sent_at = ticks_ns();
            send_all(connection.fd, bytes);
        }
    }
    result.seconds = static_cast<double>(ticks_ns() - began) / 1e9;
    for (auto& connection : open) close(connection.fd);
    close(pace);
    close(poll);
    return result;
}

Sink::Sink(std::function<void(std::string_view)> on_request, std::uint16_t port)
    : on_request_(std::move(on_request)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address = loopback(port);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
    if (listen(listener_, 1'024) != 0) die("listen");
    socklen_t length = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

Sink::~Sink() {
    ending_ = true;
    thread_.join();
    close(listener_);
}

void Sink::run() {
    constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const int poll = epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{.events = EPOLLIN, .data = {.fd = listener_}};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener_, &event);
    std::map<int, std::string> received;
    epoll_event events[256];
    char buffer[chunk];
    while (!ending_) {
        const int ready = epoll_wait(poll, events, 256, 50);
        for (int i = 0; i < ready; ++i) {
            const int fd = events[i].data.fd;
            if (fd == listener_) {
                for (int peer;
                     (peer = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
                     0;) {
                    const int one = 1;
                    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    epoll_event added{.events = EPOLLIN, .data = {.fd = peer}};
                    epoll_ctl(poll, EPOLL_CTL_ADD, peer, &added);
                    received.emplace(peer, std::string());
                }
                continue;
            }
            const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
            if (got <= 0) {
                if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
                received.erase(fd);
                close(fd);
                continue;
            }
            std::string& bytes = received[fd];
            bytes.append(buffer, static_cast<std::size_t>(got));
            std::string out;
            for (std::size_t head = 0, length; (length = message_length(bytes, head)) > 0;) {
                on_request_(std::string_view(bytes).substr(head, length - head));
                out += answer;
                bytes.erase(0, length);
            }
            if (!out.empty()) send_all(fd, out);
        }
    }
    for (const auto& entry : received) close(entry.first);
    close(poll);
}

}  // namespace carillon::bench
