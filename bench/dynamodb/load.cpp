#include "bench/dynamodb/load.hpp"

#include "bench/support.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace carillon::bench {
namespace {

constexpr std::size_t read_bytes = 64 * 1'024;
constexpr int events_max = 64;

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

void no_delay(int socket) {
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

/// The length of the first whole message in `bytes`; 0 while it is not all there.
std::size_t message_bytes(std::string_view bytes) {
    const std::size_t head = bytes.find("\r\n\r\n");
    if (head == std::string_view::npos) return 0;
    constexpr std::string_view names[] = {"\r\nContent-Length: ", "\r\ncontent-length: "};
    for (const std::string_view name : names) {
        const std::size_t at = bytes.substr(0, head + 2).find(name);
        if (at == std::string_view::npos) continue;
        std::size_t body = 0;
        const std::string_view digits = bytes.substr(at + name.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), body);
        const std::size_t whole = head + 4 + body;
        return bytes.size() < whole ? 0 : whole;
    }
    // Chunked answers (dynalite's large ones) end so; their chunks hold JSON, which cannot.
    constexpr std::string_view last_chunk = "0\r\n\r\n";
    if (bytes.substr(0, head).find("hunked") != std::string_view::npos) {
        return bytes.ends_with(last_chunk) ? bytes.size() : 0;
    }
    return head + 4;
}

struct Connection {
    int socket = -1;
    std::int64_t sent_at = 0;
    std::string received{};
};

class Replay {
public:
    Replay(std::uint16_t port,
           std::size_t connections,
           double seconds,
           const std::vector<std::string>& requests)
        : requests_(requests), connections_(connections) {
        epoll_ = epoll_create1(0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (Connection& one : connections_) {
            one.socket = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(one.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
                die("cannot reach the server");
            }
            no_delay(one.socket);
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.ptr = &one;
            epoll_ctl(epoll_, EPOLL_CTL_ADD, one.socket, &event);
        }
        begun_ = ticks_ns();
        end_ = begun_ + static_cast<std::int64_t>(seconds * 1e9);
    }

    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    ~Replay() {
        for (const Connection& one : connections_) close(one.socket);
        close(epoll_);
    }

    LoadOutcome run() {
        for (Connection& one : connections_) send_next(one);
        std::array<epoll_event, events_max> events{};
        while (running_ > 0) {
            const int ready = epoll_wait(epoll_, events.data(), events_max, 30'000);
            if (ready == 0) {
                std::fputs("the server has not answered for 30 seconds\n", stderr);
                std::exit(1);
            }
            for (int i = 0; i < ready; ++i) {
                receive(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
            }
        }
        outcome_.seconds = static_cast<double>(ticks_ns() - begun_) / 1e9;
        return std::move(outcome_);
    }

private:
    void send_next(Connection& one) {
        const std::string& request = requests_[next_++ % requests_.size()];
        one.sent_at = ticks_ns();
        std::size_t done = 0;
        while (done < request.size()) {
            const ssize_t sent =
                ::send(one.socket, request.data() + done, request.size() - done, MSG_NOSIGNAL);
            if (sent <= 0) die("cannot send");
            done += static_cast<std::size_t>(sent);
        }
        ++running_;
    }

    void receive(Connection& one) {
        const ssize_t got = recv(one.socket, buffer_.data(), buffer_.size(), 0);
        if (got <= 0) die("the server closed a connection");
        std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
        if (!one.received.empty()) {
            one.received.append(bytes);
            bytes = one.received;
        }
        if (message_bytes(bytes) == 0) {
            if (one.received.empty()) one.received = bytes;
            return;
        }
        const std::int64_t now = ticks_ns();
        note(bytes, now - one.sent_at);
        one.received.clear();
        --running_;
        if (now < end_) send_next(one);
    }

    void note(std::string_view answer, std::int64_t took) {
        outcome_.latencies_ns.push_back(took);
        if (outcome_.first_answer.empty()) outcome_.first_answer = answer;
        if (answer.size() > 12 && answer.substr(9, 3) == "200") return;
        ++outcome_.refused;
        if (outcome_.first_refusal.empty()) outcome_.first_refusal = answer;
    }

    const std::vector<std::string>& requests_;
    std::vector<Connection> connections_;
    std::vector<char> buffer_ = std::vector<char>(read_bytes);
    LoadOutcome outcome_;
    std::size_t next_ = 0;
    std::size_t running_ = 0;
    std::int64_t begun_ = 0;
    std::int64_t end_ = 0;
    int epoll_ = -1;
};

[[noreturn]] void answer_forever(int listener, const std::string& answer) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int epoll = epoll_create1(0);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = listener;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    std::array<epoll_event, events_max> events{};
    std::vector<char> buffer(read_bytes);
    std::vector<std::string> partial(4'096);
    for (;;) {
        const int ready = epoll_wait(epoll, events.data(), events_max, -1);
        for (int i = 0; i < ready; ++i) {
            const int socket = events[static_cast<std::size_t>(i)].data.fd;
            if (socket == listener) {
                const int accepted = accept(listener, nullptr, nullptr);
                no_delay(accepted);
                event.data.fd = accepted;
                epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &event);
                continue;
            }
            const ssize_t got = recv(socket, buffer.data(), buffer.size(), 0);
            std::string& rest = partial[static_cast<std::size_t>(socket)];
            if (got <= 0) {
                rest.clear();
                close(socket);
                continue;
            }
            std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
            if (!rest.empty()) bytes = rest.append(bytes);
            if (message_bytes(bytes) == 0) {
                if (rest.empty()) rest = bytes;
                continue;
            }
            rest.clear();
            (void)::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }
}

}  // namespace

LoadOutcome replay(std::uint16_t port,
                   std::size_t connections,
                   double seconds,
                   const std::vector<std::string>& requests) {
    return Replay(port, connections, seconds, requests).run();
}

ConstantServer::ConstantServer(const std::string& answer) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        listen(listener, 256) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
        die("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    pid_ = fork();
    if (pid_ == 0) answer_forever(listener, answer);
    close(listener);
}

ConstantServer::~ConstantServer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

}  // namespace carillon::bench
