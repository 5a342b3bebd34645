#include "bus/batcher.hpp"

#include "runtime/simulated_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace carillon::bus {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} + 12h};

/// Takes everything after `latency`, unless `judge` says otherwise.
class FakeBroker final : public Broker {
public:
    explicit FakeBroker(runtime::Loop& loop) : loop_(loop) {}

    [[nodiscard]] BatchLimits limits() const override { return bounds; }

    [[nodiscard]] Result<Packet> pack(Message message) const override {
        CARILLON_TRY(Packet packet, make_packet(std::move(message), {}, ""));
        packet.lane = packet.destination;
        packet.bytes = packet.wire.body.size();
        return packet;
    }

    Task<Results> send(Batch batch) override {
        std::vector<std::string> ids;
        for (const Packet* packet : batch) ids.push_back(packet->id);
        batches.push_back(ids);
        most_running = std::max(most_running, ++running);
        if (latency > 0ms) (void)co_await loop_.sleep_for(latency);
        --running;
        Results results;
        for (const std::string& id : ids) results.push_back(judge ? judge(id) : Result<>{});
        co_return results;
    }

    Task<> close() override {
        closed = true;
        co_return;
    }

    BatchLimits bounds{10, 10'000, 5'000};
    Duration latency{10};
    std::function<Result<>(const std::string& id)> judge;
    std::vector<std::vector<std::string>> batches;
    std::size_t running = 0;
    std::size_t most_running = 0;
    bool closed = false;

private:
    runtime::Loop& loop_;
};

struct Rig {
    explicit Rig(BatcherOptions options = {}, std::function<void(FakeBroker&)> set_up = nullptr) {
        auto made = std::make_unique<FakeBroker>(world.loop);
        broker = made.get();
        if (set_up) set_up(*made);
        batcher.emplace(world.loop, random, std::move(made), options);
    }

    ~Rig() { world.finish(batcher->close()); }

    Results publish(std::vector<Message> batch) {
        return world.finish(batcher->publish(std::move(batch)));
    }

    runtime::testing::Simulated world{noon};
    SeededRandom random{7};
    FakeBroker* broker = nullptr;
    std::optional<Batcher> batcher;
};

Message message(int number, std::string key = {}, std::string destination = "to") {
    Message made;
    made.id = fmt::format("m{}", number);
    made.type = "t";
    made.key = std::move(key);
    made.destination = std::move(destination);
    return made;
}

std::vector<Message> messages(int count) {
    std::vector<Message> batch;
    for (int at = 0; at < count; ++at) batch.push_back(message(at));
    return batch;
}

TEST(Batcher, PacksUpToTheBrokersCount) {
    Rig rig;
    for (const auto& result : rig.publish(messages(25))) EXPECT_TRUE(result);
    ASSERT_EQ(rig.broker->batches.size(), 3U);
    EXPECT_EQ(rig.broker->batches[0].size(), 10U);
    EXPECT_EQ(rig.broker->batches[2].size(), 5U);
}

TEST(Batcher, PacksUpToTheBrokersBytes) {
    Rig rig({}, [](FakeBroker& broker) { broker.bounds = {10, 1'000, 1'000}; });
    std::vector<Message> batch = messages(4);
    for (Message& one : batch) one.data = "\"" + std::string(300, 'x') + "\"";
    (void)rig.publish(std::move(batch));
    ASSERT_EQ(rig.broker->batches.size(), 2U);
    EXPECT_EQ(rig.broker->batches[0].size(), 2U);
}

TEST(Batcher, AMessageTooLargeForItsBrokerFailsAlone) {
    Rig rig;
    std::vector<Message> batch = messages(3);
    batch[1].data = "\"" + std::string(6'000, 'x') + "\"";
    const Results results = rig.publish(std::move(batch));
    EXPECT_TRUE(results[0]);
    EXPECT_EQ(results[1].error().code, Errc::too_large);
    EXPECT_TRUE(results[2]);
}

TEST(Batcher, TellsWithoutSendingWhatItsBrokerCanNeverTake) {
    Rig rig;
    Message large = message(1);
    large.data = "\"" + std::string(6'000, 'x') + "\"";
    EXPECT_EQ(rig.batcher->check(large).error().code, Errc::too_large);
    EXPECT_EQ(rig.batcher->check({}).error().field, "id");
    EXPECT_TRUE(rig.batcher->check(message(1)));
    EXPECT_TRUE(rig.broker->batches.empty());
}

TEST(Batcher, SendsAgainOnlyWhatFailed) {
    Rig rig;
    int failures = 2;
    rig.broker->judge = [&failures](const std::string& id) -> Result<> {
        if (id == "m3" && failures-- > 0) return fail(Errc::unavailable, "not now");
        return {};
    };
    for (const auto& result : rig.publish(messages(5))) EXPECT_TRUE(result);
    ASSERT_EQ(rig.broker->batches.size(), 3U);
    EXPECT_EQ(rig.broker->batches[1], std::vector<std::string>{"m3"});
    EXPECT_EQ(rig.batcher->counts().retried, 2U);
}

TEST(Batcher, GivesUpAfterItsAttemptsAndAtOnceWhenNothingWouldHelp) {
    Rig rig;
    rig.broker->judge = [](const std::string& id) -> Result<> {
        return fail(id == "m0" ? Errc::throttled : Errc::denied, "no");
    };
    const Results results = rig.publish(messages(2));
    EXPECT_EQ(results[0].error().code, Errc::throttled);
    EXPECT_EQ(results[1].error().code, Errc::denied);
    EXPECT_EQ(rig.broker->batches.size(), 5U);
}

TEST(Batcher, SendsSeveralBatchesAtATimeButNoMore) {
    BatcherOptions options;
    options.concurrency = 3;
    Rig rig(options);
    (void)rig.publish(messages(100));
    EXPECT_EQ(rig.broker->most_running, 3U);
}

TEST(Batcher, WaitsForCompanyOnlyAsLongAsItsLinger) {
    BatcherOptions options;
    options.linger = 50ms;
    Rig rig(options);
    const TimePoint start = rig.world.clock.now();
    (void)rig.publish(messages(1));
    EXPECT_EQ(rig.world.clock.now() - start, 60ms);
    const TimePoint full = rig.world.clock.now();
    (void)rig.publish(messages(10));
    EXPECT_EQ(rig.world.clock.now() - full, 10ms);
}

TEST(Batcher, DestinationsThatAreSentToOneAtATimeDoNotShareBatches) {
    Rig rig;
    std::vector<Message> batch;
    for (int at = 0; at < 6; ++at) batch.push_back(message(at, "", at % 2 == 0 ? "a" : "b"));
    (void)rig.publish(std::move(batch));
    EXPECT_EQ(rig.broker->batches.size(), 2U);
}

TEST(Batcher, AMessageOfAKeyWaitsUntilItsForerunnerIsAccepted) {
    Rig rig;
    bool failed = false;
    std::vector<std::string> accepted;
    rig.broker->judge = [&](const std::string& id) -> Result<> {
        if (id == "m0" && !std::exchange(failed, true)) return fail(Errc::unavailable, "once");
        accepted.push_back(id);
        return {};
    };
    std::vector<Message> batch;
    for (int at = 0; at < 4; ++at) batch.push_back(message(at, "k"));
    batch.push_back(message(9));
    for (const auto& result : rig.publish(std::move(batch))) EXPECT_TRUE(result);
    EXPECT_EQ(accepted, (std::vector<std::string>{"m9", "m0", "m1", "m2", "m3"}));
}

TEST(Batcher, WhatWaitsBehindAFailedMessageOfItsKeyIsNotSent) {
    Rig rig;
    rig.broker->judge = [](const std::string& id) -> Result<> {
        if (id == "m0") return fail(Errc::denied, "never");
        return {};
    };
    std::vector<Message> batch;
    for (int at = 0; at < 3; ++at) batch.push_back(message(at, "k"));
    const Results results = rig.publish(std::move(batch));
    EXPECT_EQ(results[0].error().code, Errc::denied);
    EXPECT_EQ(results[1].error().code, Errc::unavailable);
    EXPECT_EQ(results[2].error().code, Errc::unavailable);
    EXPECT_EQ(rig.broker->batches.size(), 1U);
}

TEST(Batcher, HoldsNoMoreThanItMay) {
    BatcherOptions options;
    options.pending_max = 20;
    options.pending_bytes_max = 1'500;
    options.linger = 1s;
    Rig rig(options);
    for (const auto& result : rig.publish(messages(500))) EXPECT_TRUE(result);
    EXPECT_LE(rig.batcher->counts().pending_bytes_peak, 1'500U);
    EXPECT_EQ(rig.batcher->counts().pending, 0U);
    EXPECT_EQ(rig.batcher->counts().accepted, 500U);
}

TEST(Batcher, ABrokerThatAnswersAtOnceIsNoTrouble) {
    Rig rig({}, [](FakeBroker& broker) { broker.bounds.count_max = 1; });
    rig.broker->latency = 0ms;
    std::vector<Message> batch;
    for (int at = 0; at < 20'000; ++at) batch.push_back(message(at, "", fmt::format("{}", at % 3)));
    for (const auto& result : rig.publish(std::move(batch))) EXPECT_TRUE(result);
    EXPECT_TRUE(rig.publish(messages(1)).at(0));
}

TEST(Batcher, ThoseWhoPublishInOneTurnShareBatches) {
    Rig rig;
    const auto publish = [](Batcher& batcher, int number) -> Task<> {
        std::vector<Message> batch;
        batch.push_back(message(number));
        (void)co_await batcher.publish(std::move(batch));
    };
    for (int at = 0; at < 5; ++at) rig.world.group.spawn(publish(*rig.batcher, at));
    rig.world.run_for(1s);
    EXPECT_EQ(rig.broker->batches.size(), 1U);
}

TEST(Batcher, ClosingFinishesWhatIsUnderWayAndTakesNothingMore) {
    auto rig = std::make_unique<Rig>();
    std::optional<Results> results;
    const auto keep = [](Batcher& batcher, std::optional<Results>& out) -> Task<> {
        out = co_await batcher.publish(messages(30));
    };
    rig->world.group.spawn(keep(*rig->batcher, results));
    rig->world.run_for(1ms);
    rig->world.finish(rig->batcher->close());
    ASSERT_TRUE(results);
    for (const auto& result : *results) EXPECT_TRUE(result);
    EXPECT_TRUE(rig->broker->closed);
    EXPECT_EQ(rig->publish(messages(1)).at(0).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace carillon::bus
