#include "schedules/service_rig_test.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace carillon::schedules {
namespace {

using namespace std::chrono_literals;
using namespace testing;

TEST(Schedules, ACronScheduleFiresEachMinuteAndTellsOfEachFire) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"})");
    EXPECT_EQ(made.next_fire_at, noon);
    rig.run_for(130s);
    EXPECT_EQ(rig.ledger(made), (Lines{"12:00:00 fired", "12:01:00 fired", "12:02:00 fired"}));
    ASSERT_EQ(rig.sender.calls.size(), 3U);
    const auto runs = rig.runs(made);
    ASSERT_EQ(runs.size(), 3U);
    for (const auto& run : runs) {
        EXPECT_EQ(run.status, RunStatus::succeeded);
        EXPECT_LE(run.latency_ms, 250);
    }
    const auto now = rig.finish(rig.service->get("acme", made.id));
    EXPECT_EQ(now->last_fire_at, noon + 2min);
    EXPECT_EQ(now->next_fire_at, noon + 3min);
    EXPECT_EQ(now->version, 1) << "fires are no edits";
}

TEST(Schedules, TheNextFireCountsFromTheScheduledTimeAndDoesNotDrift) {  // C-11
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"INTERVAL","every":"7s"})");
    rig.run_for(60s);
    for (std::size_t i = 1; i < rig.sender.calls.size(); ++i) {
        EXPECT_EQ(rig.sender.calls[i].due - rig.sender.calls[i - 1].due, 7s);
    }
    EXPECT_GE(rig.sender.calls.size(), 8U);
}

TEST(Schedules, AOneShotFiresOnceAndIsOver) {  // C-5, C-9
    Rig rig;
    const Schedule made =
        rig.create(R"("trigger":{"type":"ONE_SHOT","startAt":"2026-11-27T12:00:30Z"})");
    EXPECT_EQ(made.next_fire_at, noon + 30s);
    rig.run_for(1h);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_FALSE(rig.finish(rig.service->get("acme", made.id))->next_fire_at);
}

TEST(Schedules, AFailedRunIsTriedAgainAndKeepsItsError) {  // C-9
    Rig rig;
    rig.sender.status = [](const auto&) { return 503; };
    const Schedule made = rig.create(
        R"("trigger":{"type":"ONE_SHOT","startAt":"2026-11-27T12:00:30Z"},"policy":{"maxAttempts":3})");
    rig.run_for(1h);
    EXPECT_EQ(rig.sender.calls.size(), 3U);
    const auto runs = rig.runs(made);
    ASSERT_EQ(runs.size(), 1U);
    EXPECT_EQ(runs[0].status, RunStatus::failed);
    EXPECT_EQ(runs[0].error, "Request failed with status 503");
    EXPECT_EQ(runs[0].attempts, 3);

    rig.sender.status = [](const auto&) { return 200; };
    EXPECT_TRUE(rig.finish(rig.service->retry_run("acme", runs[0].id)));
    rig.run_for(1s);
    EXPECT_EQ(rig.runs(made)[0].status, RunStatus::succeeded);
}

TEST(Schedules, AFixedDelayCountsFromTheEndOfTheRunBefore) {
    Rig rig;
    rig.sender.delay = 20s;
    const Schedule made = rig.create(R"("trigger":{"type":"FIXED_DELAY","delaySec":10})");
    rig.run_for(100s);
    ASSERT_GE(rig.sender.calls.size(), 3U);
    for (std::size_t i = 1; i < rig.sender.calls.size(); ++i) {
        const Duration apart = rig.sender.calls[i].due - rig.sender.calls[i - 1].due;
        EXPECT_GE(apart, 30s);
        EXPECT_LE(apart, 31s);
    }
}

TEST(Schedules, ALongRunIsAwaitedWithFewLooksAndItsEndIsNoticedAtOnce) {
    const std::pair<const char*, Duration> cases[] = {
        {R"("trigger":{"type":"FIXED_DELAY","delaySec":60})", 60s},
        {R"("trigger":{"type":"CRON","cron":"* * * * *"},"policy":{"overlap":"queue-all"})", 0s}};
    for (const auto& [rule, apart] : cases) {
        Rig rig;
        rig.sender.delay = 29min;
        const Schedule made = rig.create(rule);
        rig.run_for(2h);
        ASSERT_GE(rig.sender.calls.size(), 4U);
        for (std::size_t i = 1; i < rig.sender.calls.size(); ++i) {
            const Duration after = rig.sender.calls[i].at - rig.sender.calls[i - 1].at - 29min;
            EXPECT_GE(after, apart);
            EXPECT_LE(after, apart + 600ms);
        }
        // Every 10 s, where it was every 250 ms: each look is a write.
        EXPECT_LT(rig.service->schedule_stats().done, 800U);
    }
}

TEST(Schedules, AWaitingFireGoesOnWhenTheRunIsCancelled) {
    Rig rig;
    rig.sender.status = [](const auto&) { return 503; };
    const Schedule made = rig.create(
        R"("trigger":{"type":"FIXED_DELAY","delaySec":10},
           "policy":{"backoffBaseSec":3600,"backoffMaxSec":3600})");
    rig.run_for(5min);
    ASSERT_EQ(rig.sender.calls.size(), 1U);
    const std::string run = rig.runs(made)[0].id;
    ASSERT_TRUE(rig.finish(rig.service->cancel_run("acme", run, "")));
    rig.run_for(11s);
    EXPECT_EQ(rig.sender.calls.size(), 2U);
}

TEST(Schedules, AfterDowntimeTheLedgerTellsOfEveryInstantThatPassed) {  // C-10
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"*/10 * * * *"})");
    rig.run_for(1min);
    rig.stop();
    rig.clock.advance(35min);
    rig.start();
    rig.run_for(5min);
    EXPECT_EQ(rig.ledger(made),
              (Lines{"12:00:00 fired",
                     "12:10:00 skipped misfire",
                     "12:20:00 skipped misfire",
                     "12:30:00 caught-up",
                     "12:40:00 fired"}));
    EXPECT_EQ(rig.sender.calls.size(), 3U);
}

TEST(Schedules, ADayOfSecondsMissedIsDecidedRowByRow) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"* * * * * *"})");
    rig.run_for(3s);
    rig.stop();
    rig.clock.advance(20min);
    rig.start();
    rig.run_for(10s);
    const Lines told = rig.ledger(made);
    // Each second once.
    EXPECT_GE(told.size(), 1'200U);
    EXPECT_EQ(std::set<std::string>(told.begin(), told.end()).size(), told.size());
    EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
}

TEST(Schedules, PausedAndResumedTheyTellWhatWasLeftOut) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"})");
    rig.run_for(30s);
    auto paused = rig.update(made, R"({"enabled":false})");
    ASSERT_TRUE(paused) << describe(paused.error());
    EXPECT_FALSE(paused->next_fire_at);
    rig.run_for(2min);
    const auto resumed = rig.update(made, R"({"enabled":true})");
    ASSERT_TRUE(resumed) << describe(resumed.error());
    EXPECT_EQ(resumed->next_fire_at, noon + 3min);
    rig.run_for(1min);
    EXPECT_EQ(rig.ledger(made),
              (Lines{"12:00:00 fired",
                     "12:01:00 skipped paused",
                     "12:02:00 skipped paused",
                     "12:03:00 fired"}));
}

TEST(Schedules, AnotherTriggerTakesEffectAtOnce) {  // C-4
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"0 0 1 1 *"})");
    const auto changed = rig.update(made, R"({"trigger":{"type":"CRON","cron":"5 * * * *"}})");
    ASSERT_TRUE(changed) << describe(changed.error());
    EXPECT_EQ(changed->next_fire_at, noon + 5min);
    EXPECT_EQ(changed->version, 2);
    rig.run_for(6min);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
}

TEST(Schedules, AnEditOfAnOlderVersionIsRefused) {  // C-12
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"0 0 1 1 *"})");
    ASSERT_TRUE(rig.update(made, R"({"description":"one"})", 1));
    const auto late = rig.update(made, R"({"description":"two"})", 1);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::condition_failed);
}

TEST(Schedules, NamesAreUniqueWithinATenantAndFreeAgainAfterwards) {
    Rig rig;
    const char* body =
        R"({"name":"daily","trigger":{"type":"CRON","cron":"0 0 1 1 *"},"target":{"kind":"HTTP","http":{"url":"https://example.com/"}}})";
    const auto first = rig.finish(rig.service->create("acme", json(body)));
    ASSERT_TRUE(first) << describe(first.error());
    const auto again = rig.finish(rig.service->create("acme", json(body)));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::already_exists);
    EXPECT_EQ(again.error().field, "name");
    EXPECT_TRUE(rig.finish(rig.service->create("other", json(body))));
    EXPECT_TRUE(rig.update(*first, R"({"name":"weekly"})"));
    EXPECT_TRUE(rig.finish(rig.service->create("acme", json(body))));
}

TEST(Schedules, NoTenantReachesAnothers) {  // C-1
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"})");
    EXPECT_EQ(rig.finish(rig.service->get("other", made.id)).error().code, Errc::not_found);
    EXPECT_EQ(rig.finish(rig.service->remove("other", made.id, {})).error().code, Errc::not_found);
    const auto moved = rig.update(made, R"({"tenantId":"HACK"})");
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().field, "tenantId");
}

TEST(Schedules, ARemovedScheduleFiresNoMore) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"})");
    rig.run_for(10s);
    ASSERT_TRUE(rig.finish(rig.service->remove("acme", made.id, {})));
    rig.run_for(5min);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_EQ(rig.finish(rig.service->get("acme", made.id)).error().message, "Schedule not found");
}

TEST(Schedules, OverlappingFiresAreLeftOutUnlessTheyAreToWait) {
    Rig rig;
    rig.sender.delay = 90s;
    const Schedule skipping =
        rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"},"policy":{"timeoutSec":300})");
    rig.run_for(150s);
    EXPECT_EQ(rig.ledger(skipping),
              (Lines{"12:00:00 fired", "12:01:00 skipped overlap", "12:02:00 fired"}));
}

TEST(Schedules, QueuedFiresRunOneAfterTheOther) {
    Rig rig;
    rig.sender.delay = 90s;
    const Schedule queued = rig.create(
        R"("trigger":{"type":"CRON","cron":"* * * * *"},"policy":{"overlap":"queue-all"})");
    rig.run_for(290s);
    EXPECT_EQ(rig.ledger(queued),
              (Lines{"12:00:00 fired", "12:01:00 late", "12:02:00 late", "12:03:00 late"}));
    for (std::size_t i = 1; i < rig.sender.calls.size(); ++i) {
        EXPECT_GE(rig.sender.calls[i].at - rig.sender.calls[i - 1].at, 90s);
    }
}

TEST(Schedules, ARunByHandCarriesItsOwnPayload) {
    Rig rig;
    const Schedule made =
        rig.create(R"("trigger":{"type":"CRON","cron":"0 0 1 1 *"},"payload":{"a":1})");
    const auto run =
        rig.finish(rig.service->trigger("acme", made.id, {.payload = json(R"({"b":2})")}));
    ASSERT_TRUE(run) << describe(run.error());
    rig.run_for(1s);
    ASSERT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_EQ(rig.sender.calls[0].body, json(R"({"b":2})"));
}

TEST(Schedules, ABackfillIsShownFirstAndThenRunsAtItsRate) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"0 0 * * *"})");
    Backfill request{.from = noon - 72h, .to = noon, .per_second = 1, .dry_run = true};
    const auto shown = rig.finish(rig.service->backfill("acme", made.id, request));
    ASSERT_TRUE(shown) << describe(shown.error());
    EXPECT_EQ(shown->instants.size(), 3U);
    EXPECT_EQ(shown->created, 0);
    rig.run_for(5s);
    EXPECT_TRUE(rig.sender.calls.empty());
    request.dry_run = false;
    EXPECT_EQ(rig.finish(rig.service->backfill("acme", made.id, request))->created, 3);
    rig.run_for(5s);
    ASSERT_EQ(rig.sender.calls.size(), 3U);
    EXPECT_GE(rig.sender.calls[2].at - rig.sender.calls[0].at, 2s);
}

TEST(Schedules, ACancelledRunDoesNotRunAndOneThatEndedCannotBeCancelled) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"0 0 1 1 *"})");
    const auto later = rig.finish(rig.service->trigger("acme", made.id, {.fire_at = noon + 1min}));
    ASSERT_TRUE(later);
    ASSERT_TRUE(rig.finish(rig.service->cancel_run("acme", later->run.id)));
    rig.run_for(2min);
    EXPECT_TRUE(rig.sender.calls.empty());
    const auto again = rig.finish(rig.service->cancel_run("acme", later->run.id));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message, "Cannot cancel run in status: Cancelled");
}

TEST(Schedules, NonsenseIsRefusedWithTheField) {  // C-6
    Rig rig;

    struct Case {
        const char* body;
        const char* field;
    };

    const Case cases[] = {
        {R"({})", "name"},
        {R"({"name":"a","trigger":{"type":"CRON","cron":"a b c d e"},"target":{"kind":"HTTP","http":{"url":"https://example.com/"}}})",
         "trigger.cron"},
        {R"({"name":"a","trigger":{"type":"CRON","cron":"* * * * *"},"target":{"kind":"HTTP"}})",
         "target.http.url"},
        {R"({"name":"a","trigger":{"type":"CRON","cron":"* * * * *"},"target":{"kind":"HTTP","http":{"url":"x"}}})",
         "target.http.url"},
        {R"({"name":"a","trigger":{"type":"CRON","cron":"* * * * *"},"target":{"kind":"QUEUE"}})",
         "target.queue.topic"},
        {R"({"name":"a","tz":"Mars/Olympus","trigger":{"type":"CRON","cron":"* * * * *"},"target":{"kind":"HTTP","http":{"url":"https://example.com/"}}})",
         "tz"},
        {R"({"name":"a","colour":1,"trigger":{"type":"CRON","cron":"* * * * *"},"target":{"kind":"EVENT","eventTopic":"t"}})",
         "colour"},
    };
    for (const Case& one : cases) {
        const auto made = rig.finish(rig.service->create("acme", json(one.body)));
        ASSERT_FALSE(made) << one.body;
        EXPECT_EQ(made.error().code, Errc::invalid) << one.body;
        EXPECT_EQ(made.error().field, one.field) << one.body;
    }
}

TEST(Schedules, ListsAreNewestFirstAndPageByCursorOrNumber) {
    Rig rig;
    for (int i = 0; i < 5; ++i) {
        rig.create(R"("trigger":{"type":"CRON","cron":"0 0 1 1 *"})");
        rig.run_for(1s);
    }
    std::vector<std::string> names;
    ListRequest request{.limit = 2};
    for (;;) {
        ListRequest next = request;
        const auto page = rig.finish(rig.service->list("acme", std::move(next)));
        ASSERT_TRUE(page) << describe(page.error());
        for (const Schedule& one : page->items) names.push_back(one.name);
        if (!page->next_cursor) break;
        request.cursor = page->next_cursor;
    }
    EXPECT_EQ(names, (std::vector<std::string>{"n5", "n4", "n3", "n2", "n1"}));
    const auto second = rig.finish(rig.service->list("acme", {.limit = 2, .skip = 2}));
    ASSERT_EQ(second->items.size(), 2U);
    EXPECT_EQ(second->items[0].name, "n3");
    EXPECT_EQ(rig.finish(rig.service->count("acme", {})), 5);
}

TEST(Schedules, OwnCalendarsAreKeptAndUsed) {
    Rig rig;
    const auto entry =
        calendar_from_json(json(R"({"key":"FARM","name":"Farm","holidays":["2026-11-27"]})"), 2026);
    ASSERT_TRUE(entry) << describe(entry.error());
    ASSERT_TRUE(rig.finish(rig.service->calendars().put("acme", *entry)));
    const Schedule made = rig.create(
        R"("trigger":{"type":"CRON","cron":"0 * * * *"},"calendar":{"holidays":["FARM"]})");
    EXPECT_EQ(made.next_fire_at, parse_instant("2026-11-28T00:00:00Z").value());
    EXPECT_EQ(rig.finish(rig.service->calendars().list("acme"))->size(), 1U);
    EXPECT_EQ(rig.finish(rig.service->calendars().remove("other", "FARM")).error().code,
              Errc::not_found);
}

}  // namespace
}  // namespace carillon::schedules
