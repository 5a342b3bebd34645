#include "app/signals.hpp"

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace carillon::app {

struct Signals::State : std::enable_shared_from_this<State> {
    State(runtime::Loop& loop, std::function<void()> function)
        : set(loop.context(), SIGINT, SIGTERM), on_first(std::move(function)) {}

    void wait() {
        set.async_wait([self = shared_from_this()](boost::system::error_code error, int number) {
            if (!error) self->hear(number);
        });
    }

    void hear(int number) {
        // As shells report a death by this signal.
        if (heard) std::_Exit(128 + number);
        heard = true;
        wait();
        on_first();
    }

    asio::signal_set set;
    std::function<void()> on_first;
    bool heard = false;
};

Signals::Signals(runtime::Loop& loop, std::function<void()> on_first)
    : state_(std::make_shared<State>(loop, std::move(on_first))) {
    state_->wait();
}

Signals::~Signals() {
    boost::system::error_code ignored;
    state_->set.cancel(ignored);
}

}  // namespace carillon::app
