#include "bus/outage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

namespace carillon::bus::testing {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t batch_size = 50;
constexpr std::size_t callers = 16;
constexpr std::size_t pending_bytes_max = 100'000;
constexpr auto patience = 90s;

struct Progress {
    std::size_t next = 0;
    std::size_t accepted = 0;
    std::size_t given_again = 0;
    std::string last_error{};
    std::int64_t deadline = 0;
    std::atomic<bool> third{false};
};

Task<> publish_some(World& world, Publisher& publisher, Progress& progress) {
    while (progress.next < outage_messages && world.loop.clock().ticks() < progress.deadline) {
        const std::size_t first = progress.next;
        progress.next = std::min(first + batch_size, outage_messages);
        std::vector<std::string> ids;
        for (std::size_t at = first; at < progress.next; ++at)
            ids.push_back(fmt::format("m{}", at));
        while (!ids.empty() && world.loop.clock().ticks() < progress.deadline) {
            std::vector<Message> batch;
            for (const std::string& id : ids) batch.push_back(message(id));
            const Results results = co_await publisher.publish(std::move(batch));
            std::vector<std::string> failed;
            for (std::size_t at = 0; at < ids.size(); ++at) {
                if (results[at]) {
                    ++progress.accepted;
                } else {
                    failed.push_back(ids[at]);
                    progress.last_error = describe(results[at].error());
                }
            }
            progress.given_again += failed.size();
            ids = std::move(failed);
            if (progress.accepted > outage_messages / 3) progress.third = true;
            if (!ids.empty()) (void)co_await world.loop.sleep_for(200ms);
        }
    }
}

Task<> break_server(World& world, Server& server, Progress& progress) {
    auto breaking = [&server, &progress] {
        for (int ms = 0; !progress.third && ms < 30'000; ++ms) std::this_thread::sleep_for(1ms);
        server.kill();
        std::this_thread::sleep_for(1s);
        server.start();
        return true;
    };
    (void)co_await world.pool.run(world.loop, std::move(breaking));
}

}  // namespace

BatcherCounts publish_through_outage(World& world, Server& server, const std::string& url) {
    const std::string bounded = url + (url.contains('?') ? "&" : "?") +
                                "attempts=3&pending-bytes=" + std::to_string(pending_bytes_max);
    Publisher& publisher = world.at(bounded);
    Progress progress;
    progress.deadline = world.loop.clock().ticks() + std::chrono::nanoseconds(patience).count();
    for (std::size_t at = 0; at < callers; ++at) {
        world.group.spawn(publish_some(world, publisher, progress));
    }
    world.finish(break_server(world, server, progress));
    const BatcherCounts counts = dynamic_cast<Batcher&>(publisher).counts();
    EXPECT_EQ(progress.accepted, outage_messages) << progress.last_error;
    EXPECT_GT(counts.retried + progress.given_again, 0U) << "the outage was not noticed";
    EXPECT_LE(counts.pending_bytes_peak, pending_bytes_max);
    EXPECT_EQ(counts.pending, 0U);
    fmt::print("retried {}, given again {}, most bytes held {}\n",
               counts.retried,
               progress.given_again,
               counts.pending_bytes_peak);
    return counts;
}

void expect_nothing_lost(const std::string& broker, const std::vector<std::string>& stored) {
    const std::set<std::string> distinct(stored.begin(), stored.end());
    std::size_t lost = 0;
    for (std::size_t at = 0; at < outage_messages; ++at) {
        lost += distinct.contains(fmt::format("m{}", at)) ? 0 : 1;
    }
    fmt::print("{}: {} messages, lost {}, duplicates {}\n",
               broker,
               outage_messages,
               lost,
               stored.size() - distinct.size());
    EXPECT_EQ(lost, 0U);
}

}  // namespace carillon::bus::testing
