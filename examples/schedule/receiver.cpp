#include "receiver.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <cstdlib>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace {

/// The value of a header, its name in lower case.
std::string header(const std::string& head, const std::string& name) {
    std::string lower = head;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto at = lower.find("\r\n" + name + ":");
    if (at == std::string::npos) return {};
    const auto begin = head.find_first_not_of(' ', at + name.size() + 3);
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace

Receiver::Receiver(std::function<void(const Ring&)> on_ring) : on_ring_(std::move(on_ring)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, any, size) != 0 || ::listen(socket_, 16) != 0 ||
        ::getsockname(socket_, any, &size) != 0) {
        ::close(socket_);
        socket_ = -1;
        return;
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

Receiver::~Receiver() {
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);  // Ends accept().
    if (thread_.joinable()) thread_.join();
    if (socket_ >= 0) ::close(socket_);
}

std::string Receiver::url() const {
    return "http://127.0.0.1:" + std::to_string(port_);
}

void Receiver::serve() {
    for (;;) {
        const int connection = ::accept(socket_, nullptr, nullptr);
        if (connection < 0) return;
        answer(connection);
        ::close(connection);
    }
}

void Receiver::answer(int connection) {
    std::string text;
    char bytes[4096];
    std::size_t wanted = std::string::npos;
    while (text.size() < wanted) {
        const auto got = ::recv(connection, bytes, sizeof bytes, 0);
        if (got <= 0) return;
        text.append(bytes, static_cast<std::size_t>(got));
        const auto end = text.find("\r\n\r\n");
        if (end == std::string::npos) continue;
        const std::string length = header(text.substr(0, end + 2), "content-length");
        wanted = end + 4 + (length.empty() ? 0 : std::strtoul(length.c_str(), nullptr, 10));
    }
    const auto end = text.find("\r\n\r\n");
    const std::string head = text.substr(0, end + 2);
    on_ring_({.request_line = head.substr(0, head.find("\r\n")),
              .id = header(head, "webhook-id"),
              .body = text.substr(end + 4)});
    const std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    (void)::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
}
