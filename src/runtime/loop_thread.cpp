#include "runtime/loop_thread.hpp"

#include "core/check.hpp"

#include <csignal>
#include <pthread.h>

namespace carillon::runtime {

void LoopThread::start() {
    CARILLON_CHECK(!thread_.joinable());
    // Signals are the main thread's; a new thread inherits the mask it is created under.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { loop_.run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LoopThread::join() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
}

}  // namespace carillon::runtime
