// Repeated webhooks, and what survives the death of the process.

#include "webhooks/service_rig_test.hpp"

#include <set>

namespace carillon::webhooks::testing {
namespace {

using ::testing::ElementsAre;

Registration repeating(TimePoint schedule,
                       const std::string& id,
                       Duration period,
                       std::int64_t max) {
    Registration made = Rig::registration(schedule, id);
    made.repeat = RepeatRule{.interval = std::chrono::duration<double>(period).count(),
                             .max = max,
                             .unit = Unit::seconds};
    return made;
}

std::vector<TimePoint> times(const Rig& rig) {
    std::vector<TimePoint> out;
    for (const auto& call : rig.sender.calls) out.push_back(call.at);
    return out;
}

TEST(Series, RepeatsWithoutDriftUntilItsMax) {
    Rig rig;
    rig.sender.delay = 700ms;
    rig.begin();
    rig.add(repeating(noon + 1s, "w", 30s, 3));
    rig.run_for(10min);
    EXPECT_THAT(times(rig), ElementsAre(noon + 1s, noon + 31s, noon + 61s, noon + 91s));
    EXPECT_THAT(rig.sender.ids(), ElementsAre("w", "w__1", "w__2", "w__3"));
    std::set<std::string> seen;
    for (const auto& call : rig.sender.calls) seen.insert(call.webhook_id);
    EXPECT_EQ(seen.size(), 4U);
    EXPECT_EQ(rig.get("w__3").repeat.parent, "w");
    EXPECT_EQ(rig.get("w__3").repeat.count, 3);
    EXPECT_EQ(rig.get("w").status, Status::completed);
    EXPECT_FALSE(rig.exists("w__4"));
}

TEST(Series, GoesOnAfterAFailedOccurrence) {
    Rig rig;
    rig.sender.answer = [](const FakeSender::Call& call) {
        return FakeSender::status(call.id == "w__1" ? 500 : 200);
    };
    rig.begin();
    Registration registration = repeating(noon, "w", 60s, 3);
    registration.retries_max = 1;
    rig.add(registration);
    rig.run_for(10min);
    EXPECT_EQ(rig.get("w__1").status, Status::failed);
    EXPECT_EQ(rig.get("w__2").status, Status::completed);
    EXPECT_EQ(rig.get("w__3").status, Status::completed);
    EXPECT_EQ(rig.get("w__3").schedule, noon + 180s);
}

TEST(Series, RunsOnceForAllThatWasMissed) {
    Rig rig;
    rig.begin();
    rig.add(repeating(noon - 95s, "w", 10s, 0));
    rig.run_for(12s);
    EXPECT_THAT(times(rig), ElementsAre(noon, noon + 5s));
}

TEST(Series, IsNotDoubledByARetryByHand) {
    Rig rig;
    int status = 500;
    rig.sender.answer = [&](const auto&) { return FakeSender::status(status); };
    rig.begin();
    Registration registration = repeating(noon, "w", 60s, 1);
    registration.retries_max = 0;
    rig.add(registration);
    rig.run_for(1s);
    ASSERT_EQ(rig.get("w").status, Status::failed);
    ASSERT_TRUE(rig.exists("w__1"));
    status = 200;
    ASSERT_TRUE(rig.finish(rig.service->retry("shop", "w")));
    rig.run_for(10min);
    EXPECT_THAT(rig.sender.ids(), ElementsAre("w", "w", "w__1"));
    EXPECT_EQ(rig.ids({.name_space = "shop"}).size(), 2U);
}

TEST(Series, EndsWhenItsOccurrenceIsDeleted) {
    Rig rig;
    rig.begin();
    rig.add(repeating(noon, "w", 60s, 0));
    rig.run_for(70s);
    ASSERT_TRUE(rig.finish(rig.service->remove("shop", "w__2")));
    rig.run_for(10min);
    EXPECT_THAT(rig.sender.ids(), ElementsAre("w", "w__1"));
}

TEST(Series, EndsWhenItsOccurrenceIsDeletedWhileItRings) {
    Rig rig;
    rig.sender.delay = 5s;
    rig.begin();
    rig.add(repeating(noon, "w", 60s, 0));
    rig.run_for(2s);
    ASSERT_TRUE(rig.finish(rig.service->remove("shop", "w")));
    rig.run_for(10min);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_TRUE(rig.ids({.name_space = "shop"}).empty());
}

TEST(Series, PausesWhileItsOccurrenceIsSuspended) {
    Rig rig;
    rig.begin();
    rig.add(repeating(noon, "w", 60s, 0));
    rig.run_for(10s);
    ASSERT_TRUE(rig.finish(rig.service->suspend("shop", "w__1")));
    rig.run_for(5min);
    ASSERT_TRUE(rig.finish(rig.service->unsuspend("shop", "w__1")));
    rig.run_for(55s);
    // Once for all that was missed, then on the old beat.
    EXPECT_THAT(times(rig), ElementsAre(noon, noon + 310s, noon + 360s));
}

TEST(Series, DoesNotMeetTheOccurrencesOfAnOlderOneOfItsId) {
    Rig rig;
    rig.begin();
    rig.add(repeating(noon, "w", 60s, 2));
    rig.run_for(5min);
    ASSERT_TRUE(rig.finish(rig.service->remove("shop", "w")));
    const TimePoint again = rig.clock.now();
    rig.add(repeating(again, "w", 60s, 2));
    rig.run_for(5min);
    EXPECT_EQ(rig.sender.calls.size(), 6U);
    EXPECT_EQ(rig.get("w__1").schedule, noon + 60s);
    const auto all = rig.ids({.name_space = "shop"});
    EXPECT_EQ(all.size(), 5U);
}

TEST(Crash, DeliversAgainWhatWasUnderWayWithTheSameId) {
    // SEEDS A-1: it stayed PROCESSING for ever.
    Rig rig;
    const auto dying = rig.faulty_store();
    rig.sender.delay = 1h;
    auto before = rig.make(*dying);
    rig.service = rig.make(*rig.database, false);
    rig.add("w", noon);
    rig.add("done", noon + 10min);
    rig.run_for(1s);
    ASSERT_EQ(rig.sender.calls.size(), 1U);

    dying->faults().fail_all = true;
    rig.service.reset();
    rig.sender.delay = 0s;
    rig.begin();
    rig.run_for(5min);
    ASSERT_EQ(rig.sender.calls.size(), 2U);
    EXPECT_EQ(rig.sender.calls[1].id, "w");
    EXPECT_EQ(rig.sender.calls[1].webhook_id, rig.sender.calls[0].webhook_id);
    EXPECT_EQ(rig.sender.calls[1].number, 2);
    const Webhook webhook = rig.get("w");
    EXPECT_EQ(webhook.status, Status::completed);
    EXPECT_EQ(webhook.retries.count, 0);

    // SEEDS A-2: the late outcome of the dead changes nothing.
    const std::int64_t version = webhook.version;
    dying->faults().fail_all = false;
    rig.finish(before->stop(0s));
    EXPECT_EQ(rig.get("w").version, version);
    EXPECT_EQ(rig.get("w").status, Status::completed);
}

TEST(Crash, NeverCountsAttemptsBackwards) {
    Rig rig;
    rig.sender.delay = 1h;
    rig.service = rig.make(*rig.database, false);
    Registration registration = Rig::registration(noon, "w");
    registration.retries_max = 1;
    rig.add(registration);
    rig.finish(rig.service->stop(0s));
    rig.service.reset();

    // Two lives end with it under way, a third is stopped, then two attempts fail.
    std::vector<std::unique_ptr<FaultyStore>> stores;
    std::vector<std::unique_ptr<Service>> dead;
    for (int life = 0; life < 2; ++life) {
        stores.push_back(rig.faulty_store());
        dead.push_back(rig.make(*stores.back()));
        rig.run_for(1s);
        stores.back()->faults().fail_all = true;
    }
    rig.begin();
    rig.run_for(1s);
    rig.finish(rig.service->stop(0s));
    rig.service.reset();
    rig.sender.delay = 0s;
    rig.sender.answer = [](const auto&) { return FakeSender::status(500); };
    rig.begin();
    rig.run_for(1min);
    ASSERT_EQ(rig.get("w").status, Status::failed);
    EXPECT_EQ(rig.get("w").retries.count, 1);
    // By hand it begins its retries again, but it is the same occurrence still.
    rig.sender.answer = nullptr;
    ASSERT_TRUE(rig.finish(rig.service->retry("shop", "w")));
    rig.run_for(1min);
    EXPECT_EQ(rig.get("w").status, Status::completed);

    std::vector<int> numbers;
    for (const auto& call : rig.sender.calls) {
        numbers.push_back(call.number);
        EXPECT_EQ(call.webhook_id, rig.sender.calls.front().webhook_id);
    }
    EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4, 5, 6));
    for (auto& store : stores) store->faults().fail_all = false;
    for (auto& service : dead) rig.finish(service->stop(0s));
}

TEST(Crash, KeepsAnOutcomeUntilTheStoreTakesIt) {
    // SEEDS: an outcome that could not be written counted as a failure, and rang again.
    Rig rig;
    const auto store = rig.faulty_store();
    rig.service = rig.make(*store);
    rig.add(repeating(noon + 1s, "w", 60s, 1));
    rig.run_for(900ms);
    store->faults().fail_writes = true;
    rig.run_for(20s);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
    store->faults().fail_writes = false;
    rig.run_for(10s);
    EXPECT_EQ(rig.get("w").status, Status::completed);
    EXPECT_EQ(rig.get("w").retries.count, 0);
    rig.run_for(5min);
    EXPECT_THAT(rig.sender.ids(), ElementsAre("w", "w__1"));
    rig.finish(rig.service->stop(0s));
    rig.service.reset();
}

TEST(Crash, GivesUpWhatKillsTheProcessEveryTime) {
    Rig rig;
    rig.options.queue.interruptions_max = 3;
    rig.sender.delay = 1h;
    rig.service = rig.make(*rig.database, false);
    rig.add("killer", noon);
    rig.finish(rig.service->stop(0s));
    rig.service.reset();

    std::vector<std::unique_ptr<FaultyStore>> stores;
    std::vector<std::unique_ptr<Service>> dead;
    for (int life = 0; life < 6; ++life) {
        stores.push_back(rig.faulty_store());
        dead.push_back(rig.make(*stores.back()));
        rig.run_for(1s);
        stores.back()->faults().fail_all = true;
    }
    const std::size_t attempts = rig.sender.calls.size();
    EXPECT_LE(attempts, 4U);
    EXPECT_GE(attempts, 2U);
    rig.sender.delay = 0s;
    rig.begin();
    rig.run_for(1min);
    const Webhook killer = rig.get("killer");
    EXPECT_EQ(killer.status, Status::failed);
    ASSERT_FALSE(killer.errors.empty());
    EXPECT_NE(killer.errors.back().find("the server died"), std::string::npos);
    EXPECT_EQ(rig.sender.calls.size(), attempts);
    for (auto& store : stores) store->faults().fail_all = false;
    for (auto& service : dead) rig.finish(service->stop(0s));
}

TEST(Crash, LosesNothingOverManyDeaths) {
    constexpr int webhooks = 200;
    Rig rig;
    int answered = 0;
    std::map<std::string, std::size_t> sent;
    const auto answer = [&](const FakeSender::Call&) {
        return FakeSender::status(++answered % 10 == 0 ? 503 : 200);
    };
    rig.service = rig.make(*rig.database, false);
    for (int i = 0; i < webhooks; ++i) {
        rig.add("w" + std::to_string(i), noon + Duration{i * 50});
    }
    rig.finish(rig.service->stop(0s));
    rig.service.reset();

    struct Life {
        Life(Rig& rig) : store(rig.faulty_store()), sender(rig.loop, *rig.database) {}  // NOLINT

        std::unique_ptr<FaultyStore> store;
        FakeSender sender;
        std::unique_ptr<Service> service;
    };

    std::vector<std::unique_ptr<Life>> lives;
    std::size_t in_flight = 0;
    for (int number = 0; number < 10; ++number) {
        auto life = std::make_unique<Life>(rig);
        life->sender.delay = 300ms;
        life->sender.answer = answer;
        life->service = rig.make(*life->store, life->sender);
        rig.run_for(Duration{700 + 13 * number});
        in_flight += life->sender.running;
        life->store->faults().fail_all = true;
        life->sender.dead = true;
        lives.push_back(std::move(life));
        // Its last requests are over before the next one lives.
        rig.run_for(300ms);
    }
    rig.sender.delay = 300ms;
    rig.sender.answer = answer;
    rig.begin();
    rig.run_for(5min);

    for (const auto& life : lives) {
        for (const auto& call : life->sender.calls) ++sent[call.id];
    }
    for (const auto& call : rig.sender.calls) ++sent[call.id];
    std::size_t doubles = 0;
    for (int i = 0; i < webhooks; ++i) {
        const std::string id = "w" + std::to_string(i);
        EXPECT_EQ(rig.get(id).status, Status::completed) << i;
        EXPECT_GE(sent[id], 1 + rig.get(id).errors.size()) << i;
        doubles += sent[id] - 1 - rig.get(id).errors.size();
    }
    // Only what was under way at a death was sent once more.
    EXPECT_GT(doubles, 0U);
    EXPECT_LE(doubles, in_flight);
    for (auto& life : lives) {
        life->store->faults().fail_all = false;
        rig.finish(life->service->stop(0s));
    }
}

}  // namespace
}  // namespace carillon::webhooks::testing
