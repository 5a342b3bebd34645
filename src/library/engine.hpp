// Everything that runs inside a Scheduler: the store, the client, the service, and the thread with
// the loop on which they live.

#pragma once

#include "carillon/options.hpp"
#include "core/result.hpp"
#include "delivery/delivery.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "net/client.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"
#include "webhooks/service.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>

namespace carillon::library {

class Engine {
public:
    [[nodiscard]] static Result<std::unique_ptr<Engine>> open(const SchedulerOptions& options);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    [[nodiscard]] Result<> start();
    void stop(Duration grace);

    [[nodiscard]] bool working() const { return working_; }

    [[nodiscard]] TimePoint now() const { return clock_->now(); }

    /// Makes the task `call(service, arguments...)` on the engine's thread, runs it there, and
    /// waits for what it answers.
    template <class T, class Call, class... Arguments>
    [[nodiscard]] T wait(Call call, Arguments... arguments) {
        auto promise = std::make_shared<std::promise<T>>();
        std::future<T> answer = promise->get_future();
        auto given = std::make_shared<std::tuple<Arguments...>>(std::move(arguments)...);
        loop_.post([this, call, promise, given] {
            // Shared: stop() replaces the service while calls to the old one may be under way.
            const std::shared_ptr<webhooks::Service> service = service_;
            Task<T> task = std::apply(
                [&](Arguments&... each) { return call(*service, std::move(each)...); }, *given);
            group_.spawn(keep(std::move(task), promise, service));
        });
        return answer.get();
    }

private:
    Engine(const SchedulerOptions& options,
           net::AddressGuard guard,
           std::unique_ptr<dynamo::EmbeddedDatabase> database,
           std::unique_ptr<runtime::SystemClock> clock);
    [[nodiscard]] std::shared_ptr<webhooks::Service> make_service();
    [[nodiscard]] Task<Result<>> start_service(bool work);
    [[nodiscard]] Task<Result<>> stop_service(Duration grace);
    [[nodiscard]] Task<Result<>> close();
    void end();

    template <class T>
    static Task<> keep(Task<T> task,
                       std::shared_ptr<std::promise<T>> promise,
                       std::shared_ptr<webhooks::Service> service) {
        promise->set_value(co_await std::move(task));
        service.reset();
    }

    /// As wait(), for the engine's own coroutines.
    template <class Member, class... Arguments>
    [[nodiscard]] Result<> run(Member member, Arguments... arguments) {
        auto promise = std::make_shared<std::promise<Result<>>>();
        std::future<Result<>> answer = promise->get_future();
        loop_.post([this, member, promise, arguments...] {
            group_.spawn(keep((this->*member)(arguments...), promise, nullptr));
        });
        return answer.get();
    }

    // In the order in which they need each other; the store goes before the loop (see ~Engine).
    std::unique_ptr<runtime::SystemClock> clock_;
    std::unique_ptr<Log> log_;
    Registry metrics_;
    runtime::SystemRandom random_;
    webhooks::ServiceOptions service_options_;
    runtime::Loop loop_;
    runtime::BlockingPool pool_;
    std::unique_ptr<dynamo::EmbeddedDatabase> database_;
    runtime::TaskGroup group_;
    std::optional<net::HttpClient> client_;
    std::optional<delivery::HttpSender> sender_;
    std::shared_ptr<webhooks::Service> service_;
    std::mutex changing_;  // start() and stop() come one at a time.
    std::atomic<bool> working_ = false;
    std::thread thread_;
};

}  // namespace carillon::library
