#include "net/watchdog.hpp"

#include <chrono>

namespace carillon::net {

Watchdog::Watchdog(runtime::Loop& loop, Duration interval)
    : loop_(loop), interval_(std::chrono::nanoseconds{interval}.count()) {
    anchor_.next_ = anchor_.previous_ = &anchor_;
}

Watchdog::~Watchdog() {
    if (timer_ != 0) loop_.cancel_timer(timer_);
    while (anchor_.next_ != &anchor_) anchor_.next_->unlink();
    anchor_.next_ = anchor_.previous_ = nullptr;
}

void Watchdog::add(Watched& watched) {
    watched.unlink();
    watched.previous_ = anchor_.previous_;
    watched.next_ = &anchor_;
    anchor_.previous_->next_ = &watched;
    anchor_.previous_ = &watched;
    if (timer_ == 0) arm();
}

void Watchdog::arm() {
    timer_ = loop_.call_at(now() + interval_, [this] { sweep(); });
}

void Watchdog::sweep() {
    timer_ = 0;
    const std::int64_t at = now();
    for (Watched* next = anchor_.next_; next != &anchor_;) {
        Watched& watched = *next;
        // Taken before the call, which may destroy the watched object.
        next = next->next_;
        if (watched.deadline > at) continue;
        watched.deadline = Watched::never;
        watched.overdue();
    }
    if (anchor_.next_ != &anchor_) arm();
}

}  // namespace carillon::net
