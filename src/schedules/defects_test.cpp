// Defects of the seed's scheduler (SEEDS C7) that show behind its REST interface, each with the
// opposite outcome; the others are in server/schedule_defects_test.cpp.

#include "queue/faulty_store_test.hpp"
#include "schedules/service_rig_test.hpp"

#include <algorithm>
#include <set>

namespace carillon::schedules::testing {
namespace {

TEST(C9, ARunThatFailsIsTriedAgainLaterAndNotForEver) {
    Rig rig;
    rig.sender.status = [](const FakeSender::Call&) { return 503; };
    const Schedule schedule =
        rig.create(R"("trigger":{"type":"ONE_SHOT","startAt":"2026-11-27T12:01:00Z"},)"
                   R"("policy":{"maxAttempts":3,"backoffBaseSec":10})");
    rig.run_for(15min);
    ASSERT_EQ(rig.sender.calls.size(), 3U);
    EXPECT_GE(rig.sender.calls[1].at - rig.sender.calls[0].at, 5s);
    EXPECT_GE(rig.sender.calls[2].at - rig.sender.calls[1].at, 10s);
    EXPECT_EQ(rig.runs(schedule).at(0).status, RunStatus::failed);
    EXPECT_EQ(rig.finish(rig.service->get("acme", schedule.id))->next_fire_at, std::nullopt);
}

TEST(C9, AnEventThatCannotBePublishedKeepsTheBrokersWords) {
    FakePublisher publisher;
    publisher.answer = [] { return fail(Errc::unavailable, "no stream takes the subject"); };
    Rig rig({}, &publisher);
    const auto made = rig.finish(rig.service->create(
        "acme",
        json(
            R"({"name":"a","trigger":{"type":"CRON","cron":"* * * * *"},"policy":{"maxAttempts":1},)"
            R"("target":{"kind":"EVENT","eventTopic":"t"}})")));
    ASSERT_TRUE(made) << describe(made.error());
    rig.run_for(90s);
    const auto run = rig.runs(*made).at(0);
    EXPECT_EQ(run.status, RunStatus::failed);
    EXPECT_TRUE(run.error.contains("no stream takes the subject")) << run.error;
}

TEST(C10, WhatIsDueFiresOnceHoweverManyServersThereAre) {
    Rig rig;
    rig.stop();
    queue::testing::FaultyStore store(
        *rig.database, rig.loop, rig.random, {.delay = 0.5, .exclusive = false, .watches = false});
    std::vector<std::unique_ptr<Service>> servers;
    for (const char* name : {"one", "two", "three"}) {
        ServiceOptions options;
        options.queue.owner = options.server = name;
        servers.push_back(std::make_unique<Service>(rig.loop,
                                                    store,
                                                    rig.sender,
                                                    nullptr,
                                                    rig.random,
                                                    rig.log,
                                                    rig.metrics,
                                                    std::move(options)));
        ASSERT_TRUE(rig.finish(servers.back()->start()));
    }
    const auto made = rig.finish(servers[0]->create(
        "acme",
        json(R"({"name":"a","trigger":{"type":"CRON","cron":"*/5 * * * * *"},)"
             R"("target":{"kind":"HTTP","http":{"url":"https://example.com/"}}})")));
    ASSERT_TRUE(made) << describe(made.error());
    rig.run_for(10min);
    std::set<std::string> ids;
    for (const auto& call : rig.sender.calls) {
        EXPECT_TRUE(ids.insert(call.id).second) << call.id << " was sent twice";
    }
    EXPECT_GE(ids.size(), 119U);
    const auto page = rig.finish(servers[1]->ledger("acme", made->id, {.limit = 100}));
    ASSERT_TRUE(page);
    for (std::size_t i = 1; i < page->items.size(); ++i) {
        EXPECT_EQ(page->items[i - 1].entry.nominal - page->items[i].entry.nominal, 5s);
    }
    for (const auto& server : servers) rig.finish(server->stop(1s));
}

}  // namespace
}  // namespace carillon::schedules::testing
