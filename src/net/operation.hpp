// A client request under way, seen by what may end it early: its deadline and its stop token.

#pragma once

#include "net/stream.hpp"
#include "net/waiter.hpp"
#include "net/watchdog.hpp"
#include "runtime/stop.hpp"

#include <cstdint>

namespace carillon::net {

/// Lives in the frame of HttpClient::send. At most one of `stream` and `waiter` is set: what the
/// request waits for just now.
class Operation final : public Watched {
public:
    Stream* stream = nullptr;
    Waiter* waiter = nullptr;

    /// From now on until the next call; the earlier expiry is forgotten.
    void watch_until(std::int64_t ticks) {
        expired_ = false;
        deadline = ticks;
    }

    [[nodiscard]] bool expired() const { return expired_; }

    [[nodiscard]] bool stopped() const { return stopped_; }

    [[nodiscard]] bool interrupted() const { return expired_ || stopped_; }

    void overdue() override {
        expired_ = true;
        interrupt();
    }

    void stop() {
        stopped_ = true;
        interrupt();
    }

private:
    void interrupt() {
        if (stream != nullptr) stream->close();
        if (waiter != nullptr) waiter->interrupt();
    }

    bool expired_ = false;
    bool stopped_ = false;
};

}  // namespace carillon::net
