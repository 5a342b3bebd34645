// Everything that runs inside a Store: the engine that its URL names, and the thread with the loop
// on which it and all that is made with it live.

#pragma once

#include "aws/environment.hpp"
#include "carillon/store.hpp"
#include "core/result.hpp"
#include "dynamo/database.hpp"
#include "dynamo/remote/remote.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"

#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace carillon::library {

template <class>
struct TaskValue;

template <class T>
struct TaskValue<Task<T>> {
    using Type = T;
};

class StoreEngine {
public:
    [[nodiscard]] static Result<std::shared_ptr<StoreEngine>> open(const StoreOptions& options);
    StoreEngine(const StoreEngine&) = delete;
    StoreEngine& operator=(const StoreEngine&) = delete;
    ~StoreEngine();

    /// Makes the task `call()` on the store's thread, runs it there, and waits for its answer. Not
    /// from that thread.
    template <class Call>
    [[nodiscard]] auto run(Call call) {
        using T = typename TaskValue<std::invoke_result_t<Call&>>::Type;
        auto promise = std::make_shared<std::promise<T>>();
        std::future<T> answer = promise->get_future();
        auto given = std::make_shared<Call>(std::move(call));
        loop_.post([this, promise, given] { group_.spawn(keep((*given)(), promise, given)); });
        return answer.get();
    }

    /// In a directory or in memory a claim is not written into the rows, so only one queue at a
    /// time may work on a table: `condition_failed` for a second. Ended by end_work(). Thread-safe.
    [[nodiscard]] Result<> begin_work(const std::string& table);
    void end_work(const std::string& table);

    [[nodiscard]] runtime::Loop& loop() { return loop_; }

    [[nodiscard]] dynamo::Database& database() { return *database_; }

    [[nodiscard]] Random& random() { return random_; }

    [[nodiscard]] Log& log() { return *log_; }

    /// For calls that block.
    [[nodiscard]] runtime::BlockingPool& pool() { return pool_; }

    /// What AWS's own libraries would read, as it was when the store was opened.
    [[nodiscard]] const aws::Environment& environment() const { return environment_; }

    [[nodiscard]] Registry& metrics() { return metrics_; }

private:
    explicit StoreEngine(const StoreOptions& options);
    [[nodiscard]] Result<> open_database(const StoreOptions& options);
    [[nodiscard]] Task<Result<>> close();
    void end();

    template <class T, class Call>
    static Task<> keep(Task<T> task,
                       std::shared_ptr<std::promise<T>> promise,
                       std::shared_ptr<Call> call) {
        T value = co_await std::move(task);
        call.reset();  // Nothing of the caller's is left when it goes on.
        promise->set_value(std::move(value));
    }

    // In the order in which they need each other.
    runtime::SystemClock clock_;
    aws::Environment environment_;
    std::unique_ptr<Log> log_;
    Registry metrics_;
    runtime::SystemRandom random_;
    runtime::Loop loop_;
    runtime::BlockingPool pool_;
    std::unique_ptr<dynamo::Database> database_;
    dynamo::RemoteDatabase* remote_ = nullptr;
    runtime::TaskGroup group_;
    std::mutex working_mutex_;
    std::set<std::string> working_;
    std::thread thread_;
};

}  // namespace carillon::library
