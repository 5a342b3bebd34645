// Just enough of a web server to be rung: it answers every request with 200 and tells what came.

#pragma once

#include <functional>
#include <string>
#include <thread>

struct Ring {
    std::string request_line;  ///< `POST /hello HTTP/1.1`
    std::string id;            ///< The header `webhook-id`.
    std::string body;
};

class Receiver {
public:
    /// Listens on a free port of 127.0.0.1; `on_ring` is called on the receiver's thread.
    explicit Receiver(std::function<void(const Ring&)> on_ring);
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;
    ~Receiver();

    [[nodiscard]] bool listening() const { return socket_ >= 0; }

    [[nodiscard]] std::string url() const;

private:
    void serve();
    void answer(int connection);

    std::function<void(const Ring&)> on_ring_;
    int socket_ = -1;
    int port_ = 0;
    std::thread thread_;
};
