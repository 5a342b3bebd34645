// For this module's tests: a transport that answers from a script, on a simulated loop.

#pragma once

#include "aws/transport.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace carillon::aws::testing {

inline constexpr TimePoint noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} +
                                std::chrono::hours{12}};

inline net::ClientResponse answer(int status, std::string body = "{}") {
    net::ClientResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

inline Error lost(Errc code, bool sent) {
    return {code, "lost", {}, std::make_shared<net::SendFailure>(sent)};
}

class ScriptedTransport final : public Transport {
public:
    explicit ScriptedTransport(runtime::Loop& loop) : loop_(loop) {}

    using Step = std::function<Result<net::ClientResponse>(const net::ClientRequest&)>;

    void then(Result<net::ClientResponse> result) {
        script_.push_back([result = std::move(result)](const auto&) { return result; });
    }

    void then_do(Step step) { script_.push_back(std::move(step)); }

    /// What is answered once the script has ended.
    void always(Step step) { always_ = std::move(step); }

    Task<Result<net::ClientResponse>> send(net::ClientRequest request) override {
        requests.push_back(request);
        sent_at.push_back(loop_.now());
        if (latency > Duration::zero()) (void)co_await loop_.sleep_for(latency);
        if (script_.empty()) {
            if (!always_) std::abort();
            co_return always_(request);
        }
        const Step step = std::move(script_.front());
        script_.pop_front();
        co_return step(request);
    }

    std::vector<net::ClientRequest> requests;
    std::vector<TimePoint> sent_at;
    Duration latency{0};

private:
    runtime::Loop& loop_;
    std::deque<Step> script_;
    Step always_;
};

struct Rig {
    runtime::SimulatedClock clock{noon};
    runtime::Loop loop{clock};
    ScriptedTransport transport{loop};
    SeededRandom random{7};
    runtime::TaskGroup group{loop};

    template <class T>
    T wait(Task<T> task) {
        std::optional<T> value;
        group.spawn(store(std::move(task), value));
        loop.run_simulated(
            clock, clock.now() + std::chrono::hours{1}, [&] { return value.has_value(); });
        if (!value) std::abort();
        return *std::move(value);
    }

    /// Lets everything happen that is ready.
    void settle() { loop.run_simulated(clock, clock.now()); }

private:
    template <class T>
    static Task<> store(Task<T> task, std::optional<T>& value) {
        value.emplace(co_await std::move(task));
    }
};

inline std::string header(const net::ClientRequest& request, std::string_view name) {
    return std::string(request.headers.get(name).value_or(""));
}

}  // namespace carillon::aws::testing
