// SIGINT and SIGTERM: the first asks for an orderly end, the second ends the process at once.

#pragma once

#include "runtime/loop.hpp"

#include <functional>
#include <memory>

namespace carillon::app {

/// Lives on one loop; forgets the signals when destroyed.
class Signals {
public:
    /// `on_first` runs on the loop, once.
    Signals(runtime::Loop& loop, std::function<void()> on_first);
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals();

private:
    struct State;
    std::shared_ptr<State> state_;  // Shared with the wait that may outlive this.
};

}  // namespace carillon::app
