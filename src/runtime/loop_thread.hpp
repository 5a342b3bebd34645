// A second loop on a thread of its own, for work that needs no more of the first loop than a word
// now and then: reading and writing connections. Made by app only.

#pragma once

#include "runtime/loop.hpp"

#include <thread>

namespace carillon::runtime {

class LoopThread {
public:
    /// The loop is there at once; its thread only from start(). What is to live on the loop may be
    /// made in between, on the caller's thread.
    explicit LoopThread(Clock& clock) : loop_(clock) {}

    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;

    ~LoopThread() { join(); }

    [[nodiscard]] Loop& loop() { return loop_; }

    /// Once.
    void start();
    /// Ends the thread after what it runs now. Afterwards whatever lives on the loop may be
    /// destroyed. Nothing happens if it was not started, or has been joined.
    void join();

private:
    Loop loop_;
    std::thread thread_;
};

}  // namespace carillon::runtime
