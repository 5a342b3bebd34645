#include "runtime/blocking.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace carillon::runtime {

struct BlockingPool::Threads {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> jobs;
    bool ending = false;
    std::vector<std::jthread> threads;

    void work() {
        for (;;) {
            std::function<void()> job;
            {
                std::unique_lock lock(mutex);
                wake.wait(lock, [this] { return ending || !jobs.empty(); });
                if (jobs.empty()) return;
                job = std::move(jobs.front());
                jobs.pop_front();
            }
            job();
        }
    }
};

BlockingPool::BlockingPool(std::size_t threads) : threads_(std::make_unique<Threads>()) {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_->threads.emplace_back([shared = threads_.get()] { shared->work(); });
    }
}

BlockingPool::~BlockingPool() {
    {
        const std::scoped_lock lock(threads_->mutex);
        threads_->ending = true;
    }
    threads_->wake.notify_all();
    threads_->threads.clear();
}

void BlockingPool::submit(std::function<void()> job) {
    {
        const std::scoped_lock lock(threads_->mutex);
        threads_->jobs.push_back(std::move(job));
    }
    threads_->wake.notify_one();
}

}  // namespace carillon::runtime
