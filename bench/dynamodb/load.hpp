// A load client that replays prepared requests over keep-alive connections, and a server that
// answers a constant: what the client can do at most. Both are one thread with epoll and raw
// sockets, so that the server under test is the limit and not what measures it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace carillon::bench {

struct LoadOutcome {
    std::vector<std::int64_t> latencies_ns{};
    std::int64_t refused = 0;  ///< Answers other than 200.
    double seconds = 0;
    std::string first_answer{};  ///< Whole, head and body.
    std::string first_refusal{};

    [[nodiscard]] double per_second() const {
        return seconds > 0 ? static_cast<double>(latencies_ns.size()) / seconds : 0;
    }
};

/// Sends requests[0], requests[1] ... round and round for `seconds`, one at a time on each
/// connection. Ends the program when the server goes away: a figure without it would mean nothing.
[[nodiscard]] LoadOutcome replay(std::uint16_t port,
                                 std::size_t connections,
                                 double seconds,
                                 const std::vector<std::string>& requests);

/// A process that answers `answer` to every request. Ends with the object.
class ConstantServer {
public:
    explicit ConstantServer(const std::string& answer);
    ConstantServer(const ConstantServer&) = delete;
    ConstantServer& operator=(const ConstantServer&) = delete;
    ~ConstantServer();

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    pid_t pid_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace carillon::bench
