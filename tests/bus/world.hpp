// A loop in real time with publishers on it, and tasks run to their end.

#pragma once

#include "bus/batcher.hpp"
#include "bus/publishers.hpp"
#include "runtime/blocking.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace carillon::bus::testing {

class World {
public:
    World() : publishers(loop, pool, random) {}

    World(const World&) = delete;
    World& operator=(const World&) = delete;

    ~World() { run(publishers.close()); }

    template <class T>
    T finish(Task<T> task) {
        std::optional<T> answer;
        run(keep(std::move(task), answer));
        return *std::move(answer);
    }

    void run(Task<> task) {
        group.spawn(std::move(task));
        runtime::TaskGroup end(loop);
        end.spawn(stop());
        loop.context().restart();
        loop.run();
    }

    Publisher& at(const std::string& url) {
        auto publisher = publishers.at(url);
        if (!publisher) {
            ADD_FAILURE() << describe(publisher.error());
            std::abort();
        }
        return **publisher;
    }

    Results publish(const std::string& url, std::vector<Message> batch) {
        return finish(at(url).publish(std::move(batch)));
    }

    runtime::SystemClock clock;
    runtime::Loop loop{clock};
    runtime::BlockingPool pool{2};
    runtime::SystemRandom random;
    runtime::TaskGroup group{loop};
    Publishers publishers;

private:
    template <class T>
    static Task<> keep(Task<T> task, std::optional<T>& answer) {
        answer.emplace(co_await std::move(task));
    }

    Task<> stop() {
        co_await group.join();
        loop.stop();
    }
};

inline Message message(std::string id, std::string type = "order.placed") {
    Message made;
    made.id = std::move(id);
    made.type = std::move(type);
    made.source = "/shop";
    made.time = from_epoch_ms(1'764'244'800'000);
    made.data = R"({"total":12.5})";
    return made;
}

inline std::vector<Message> only(Message made) {
    std::vector<Message> batch;
    batch.push_back(std::move(made));
    return batch;
}

}  // namespace carillon::bus::testing
