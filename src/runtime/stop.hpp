// Asking work to end early.
//
// A StopSource belongs to who may stop; copies of its token go to what may be stopped. All of it
// lives on one loop: none of these is thread-safe.

#pragma once

#include <functional>
#include <list>
#include <memory>
#include <utility>

namespace carillon::runtime {

namespace detail {
struct StopState {
    bool stopped = false;
    std::list<std::function<void()>> callbacks;
};
}  // namespace detail

/// Calls its function once when stop is requested (at once if it has been); unregisters when
/// destroyed. The function runs on the loop, inside request_stop(): keep it short.
class StopCallback {
public:
    StopCallback() = default;
    StopCallback(StopCallback&&) = default;
    StopCallback& operator=(StopCallback&& other) noexcept;
    StopCallback(const StopCallback&) = delete;
    StopCallback& operator=(const StopCallback&) = delete;

    ~StopCallback() { reset(); }

    void reset();

private:
    friend class StopToken;
    // Shared: the source may go before its callbacks do.
    std::shared_ptr<detail::StopState> state_;
    std::list<std::function<void()>>::iterator at_;
};

/// A copyable view of "has stop been requested". A default token never stops.
class StopToken {
public:
    StopToken() = default;

    [[nodiscard]] bool stop_requested() const { return state_ && state_->stopped; }

    [[nodiscard]] StopCallback on_stop(std::function<void()> callback) const;

private:
    friend class StopSource;

    explicit StopToken(std::shared_ptr<detail::StopState> state) : state_(std::move(state)) {}

    std::shared_ptr<detail::StopState> state_;
};

class StopSource {
public:
    StopSource() : state_(std::make_shared<detail::StopState>()) {}

    [[nodiscard]] StopToken token() const { return StopToken(state_); }

    [[nodiscard]] bool stop_requested() const { return state_->stopped; }

    void request_stop();

private:
    std::shared_ptr<detail::StopState> state_;
};

}  // namespace carillon::runtime
