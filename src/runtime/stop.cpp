#include "runtime/stop.hpp"

namespace carillon::runtime {

StopCallback& StopCallback::operator=(StopCallback&& other) noexcept {
    if (this != &other) {
        reset();
        state_ = std::move(other.state_);
        at_ = other.at_;
    }
    return *this;
}

void StopCallback::reset() {
    if (!state_) return;
    if (!state_->stopped) state_->callbacks.erase(at_);
    state_.reset();
}

StopCallback StopToken::on_stop(std::function<void()> callback) const {
    StopCallback registered;
    if (!state_) return registered;
    if (state_->stopped) {
        callback();
        return registered;
    }
    registered.state_ = state_;
    registered.at_ = state_->callbacks.insert(state_->callbacks.end(), std::move(callback));
    return registered;
}

void StopSource::request_stop() {
    if (state_->stopped) return;
    state_->stopped = true;
    // A callback may drop its own or other registrations, which no longer touch the list.
    for (auto callbacks = std::move(state_->callbacks); auto& callback : callbacks) callback();
}

}  // namespace carillon::runtime
