// What the service promises about repetition, mistakes and limits.

#include "queue/faulty_store_test.hpp"
#include "schedules/service_rig_test.hpp"

#include <algorithm>
#include <set>

namespace carillon::schedules {
namespace {

using namespace std::chrono_literals;
using namespace testing;

constexpr const char* yearly = R"("trigger":{"type":"CRON","cron":"0 0 1 1 *"})";

Result<Triggered> trigger(Rig& rig, const Schedule& schedule, TriggerRequest request) {
    return rig.finish(rig.service->trigger(schedule.tenant, schedule.id, std::move(request)));
}

TEST(SchedulePromises, ARunByHandHappensOncePerKey) {
    Rig rig;
    const Schedule made = rig.create(yearly);
    const auto first = trigger(rig, made, {.key = "k"});
    ASSERT_TRUE(first) << describe(first.error());
    rig.run_for(5s);
    const auto again = trigger(rig, made, {.key = "k"});
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_TRUE(again->existed);
    EXPECT_EQ(again->run.id, first->run.id);
    EXPECT_EQ(again->run.status, RunStatus::succeeded);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
    ASSERT_TRUE(rig.update(made, R"({"payload":{"later":true}})"));
    EXPECT_TRUE(trigger(rig, made, {.key = "k"})) << "it is the same request";
    const auto other = trigger(rig, made, {.payload = json("1"), .key = "k"});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::already_exists);
}

TEST(SchedulePromises, ARunByHandForAnInstantHappensOnceWithoutAKey) {
    Rig rig;
    const Schedule made = rig.create(yearly);
    const auto first = trigger(rig, made, {.fire_at = noon + 1min});
    const auto again = trigger(rig, made, {.fire_at = noon + 1min});
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_EQ(again->run.id, first->run.id);
    EXPECT_EQ(first->run.dedupe_key(), made.id + "@2026-11-27T12:01:00.000Z#manual");
    rig.run_for(2min);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
}

TEST(SchedulePromises, RunsByHandWithoutKeyAndInstantAreEachTheirOwn) {
    Rig rig;
    const Schedule made = rig.create(yearly);
    const auto first = trigger(rig, made, {});
    const auto second = trigger(rig, made, {});
    ASSERT_TRUE(second) << describe(second.error());
    EXPECT_NE(first->run.id, second->run.id);
    rig.run_for(1s);
    EXPECT_EQ(rig.sender.calls.size(), 2U);
}

TEST(SchedulePromises, ABackfilledInstantIsNotBackfilledAgain) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"0 0 * * *"})");
    const auto fill = [&](Duration back) {
        Backfill request{.from = noon - back, .to = noon, .per_second = 1'000};
        return rig.finish(rig.service->backfill("acme", made.id, std::move(request))).value();
    };
    EXPECT_EQ(fill(72h).created, 3);
    const BackfillReport wider = fill(120h);
    EXPECT_EQ(wider.created, 2);
    EXPECT_EQ(wider.existing, 3);
    rig.run_for(5s);
    EXPECT_EQ(rig.sender.calls.size(), 5U);
}

TEST(SchedulePromises, ABackfillOfTheFutureIsRefused) {
    Rig rig;
    const Schedule made = rig.create(yearly);
    Backfill request{.from = noon, .to = noon + 1s};
    const auto refused = rig.finish(rig.service->backfill("acme", made.id, std::move(request)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "to");
}

std::string one_shot(std::string_view at) {
    return R"({"name":"once","trigger":{"type":"ONE_SHOT","startAt":")" + std::string(at) +
           R"("},"target":{"kind":"HTTP","http":{"url":"https://example.com/"}}})";
}

TEST(SchedulePromises, ASingleTimeThatHasPassedIsRefused) {
    Rig rig;
    const auto past =
        rig.finish(rig.service->create("acme", json(one_shot("2026-11-27T11:59:00Z"))));
    ASSERT_FALSE(past);
    EXPECT_EQ(past.error().field, "trigger.startAt");
    const Schedule made = rig.create(yearly);
    const auto changed =
        rig.update(made, R"({"trigger":{"type":"ONE_SHOT","startAt":"2026-11-27T11:00:00Z"}})");
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().field, "trigger.startAt");
}

TEST(SchedulePromises, ASingleTimeThatIsLateByLessThanTheGraceFiresAtOnce) {
    Rig rig;
    const auto made =
        rig.finish(rig.service->create("acme", json(one_shot("2026-11-27T11:59:55Z"))));
    ASSERT_TRUE(made) << describe(made.error());
    rig.run_for(1s);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_EQ(rig.ledger(*made), Lines{"11:59:55 late"});
}

TEST(SchedulePromises, ARuleThatIsOverIsRefused) {
    Rig rig;

    struct Case {
        const char* members;
        const char* field;
    };

    const Case cases[] = {
        {R"("trigger":{"type":"CRON","cron":"* * * * *"},"bounds":{"endAt":"2026-11-27T12:00:00Z"})",
         "bounds.endAt"},
        {R"("trigger":{"type":"RRULE","rrule":"DTSTART:20200101T000000Z\nRRULE:FREQ=DAILY;COUNT=3"})",
         "trigger"},
        {R"("trigger":{"type":"CRON","cron":"0 0 0 1 1 ? 2020"})", "trigger"},
    };
    for (const Case& one : cases) {
        const auto made = rig.finish(rig.service->create(
            "acme",
            json(R"({"name":"a","target":{"kind":"HTTP","http":{"url":"https://example.com/"}},)" +
                 std::string(one.members) + "}")));
        ASSERT_FALSE(made) << one.members;
        EXPECT_TRUE(made.error().field.starts_with(one.field)) << describe(made.error());
    }
}

TEST(SchedulePromises, FiresOfALargePayloadAreDecidedAFewAtATime) {
    Rig rig;
    const std::string payload(200'000, 'x');
    const Schedule made =
        rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"},"payload":")" + payload +
                   R"(","policy":{"misfire":"all","catchUpPerSecond":1000})");
    rig.run_for(1s);
    rig.stop();
    rig.clock.advance(45min);
    rig.start();
    rig.run_for(2min);
    const Lines told = rig.ledger(made);
    EXPECT_EQ(told.size(), 48U);
    const auto ran = std::ranges::count_if(
        told, [](const std::string& line) { return !line.contains("skipped"); });
    EXPECT_GE(ran, 46);
    EXPECT_EQ(rig.sender.calls.size(), static_cast<std::size_t>(ran));
    EXPECT_FALSE(rig.finish(rig.service->get("acme", made.id))->fault.size());
}

TEST(SchedulePromises, APayloadThatNoTargetCouldTakeIsRefused) {
    Rig rig;
    const std::string payload(300'000, 'x');
    const auto made = rig.finish(rig.service->create(
        "acme",
        json(R"({"name":"a","target":{"kind":"HTTP","http":{"url":"https://example.com/"}},)" +
             std::string(yearly) + R"(,"payload":")" + payload + R"("})")));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::too_large);
    EXPECT_EQ(made.error().field, "payload");
    const Schedule small = rig.create(yearly);
    const auto run =
        trigger(rig, small, {.payload = boost::json::value(boost::json::string(payload))});
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().field, "payload");
}

void put_calendar(Rig& rig) {
    const auto entry =
        calendar_from_json(json(R"({"key":"FARM","holidays":["2026-12-27"]})"), 2026);
    ASSERT_TRUE(entry) << describe(entry.error());
    ASSERT_TRUE(rig.finish(rig.service->calendars().put("acme", *entry)));
}

TEST(SchedulePromises, ACalendarThatIsUsedStays) {
    Rig rig;
    put_calendar(rig);
    const Schedule made = rig.create(std::string(yearly) + R"(,"calendar":{"holidays":["FARM"]})");
    const auto refused = rig.finish(rig.service->remove_calendar("acme", "FARM", false));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::condition_failed);
    EXPECT_NE(refused.error().message.find(made.name), std::string::npos);
    ASSERT_TRUE(rig.finish(rig.service->remove("acme", made.id, {})));
    EXPECT_TRUE(rig.finish(rig.service->remove_calendar("acme", "FARM", false)));
}

TEST(SchedulePromises, AScheduleWithoutItsCalendarSaysSoOnceAndRecovers) {
    Rig rig;
    put_calendar(rig);
    const Schedule made =
        rig.create(R"("trigger":{"type":"CRON","cron":"3/10 * * * *"},"policy":{"misfire":"all"},)"
                   R"("calendar":{"holidays":["FARM"]})");
    ASSERT_TRUE(rig.finish(rig.service->remove_calendar("acme", "FARM", true)));
    rig.run_for(1h);
    EXPECT_TRUE(rig.sender.calls.empty());
    const auto stuck = rig.finish(rig.service->get("acme", made.id));
    EXPECT_NE(stuck->fault.find("calendar.holidays[0]"), std::string::npos) << stuck->fault;
    EXPECT_EQ(rig.log.warnings, 1);
    put_calendar(rig);
    rig.run_for(10min);
    EXPECT_EQ(rig.finish(rig.service->get("acme", made.id))->fault, "");
    EXPECT_EQ(rig.sender.calls.size(), 7U) << "from 12:03 to 13:03";
}

TEST(SchedulePromises, ARunThatNobodyAttemptedInTimeIsMissed) {
    Rig rig;
    const Schedule made = rig.create(
        R"("trigger":{"type":"CRON","cron":"0 * * * *"},"jitter":"50m","policy":{"catchUpWindowSec":60})");
    // Decided at noon; its jitter puts it off, and the server is away until long after.
    rig.run_for(1s);
    const auto decided = rig.runs(made);
    ASSERT_EQ(decided.size(), 1U);
    ASSERT_GT(decided[0].due_at, noon + 1s);
    rig.stop();
    rig.clock.advance(55min);
    rig.start();
    rig.run_for(1s);
    const auto missed = rig.runs(made);
    ASSERT_EQ(missed.size(), 1U);
    EXPECT_EQ(missed[0].status, RunStatus::missed);
    EXPECT_TRUE(rig.sender.calls.empty());
    const auto found = rig.finish(rig.service->list_runs("acme", {.status = RunStatus::missed}));
    ASSERT_TRUE(found) << describe(found.error());
    EXPECT_EQ(found->items.size(), 1U);
    ASSERT_TRUE(rig.finish(rig.service->retry_run("acme", missed[0].id)));
    rig.run_for(1s);
    EXPECT_EQ(rig.runs(made)[0].status, RunStatus::succeeded);
}

TEST(SchedulePromises, RunsNameTheOccurrenceThatCausedThem) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"})");
    rig.run_for(1s);
    const auto runs = rig.runs(made);
    ASSERT_EQ(runs.size(), 1U);
    EXPECT_EQ(runs[0].causation_id, made.id + "@2026-11-27T12:00:00.000Z");
    const auto by_hand =
        trigger(rig, made, {.correlation_id = "order-7", .causation_id = "click-9"});
    EXPECT_EQ(by_hand->run.causation_id, "click-9");
    EXPECT_EQ(by_hand->run.correlation_id, "order-7");
}

TEST(SchedulePromises, APreviewSpreadsAsTheScheduleOfThatNameWill) {
    Rig rig;
    const Schedule made =
        rig.create(R"("trigger":{"type":"CRON","cron":"H H * * *"},"jitter":"1h")");
    recurrence::Spec spec = made.spec;
    spec.id.clear();
    const auto preview =
        rig.finish(rig.service->preview("acme", made.name, std::move(spec), 3, noon));
    const auto next = rig.finish(rig.service->next("acme", made.id, 3, noon));
    ASSERT_TRUE(preview) << describe(preview.error());
    ASSERT_TRUE(next) << describe(next.error());
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(preview->fires[i].at, next->fires[i].at);
        EXPECT_EQ(preview->fires[i].run_at, next->fires[i].run_at);
    }
    const auto renamed = rig.update(made, R"({"name":"other"})");
    ASSERT_TRUE(renamed);
    EXPECT_EQ(renamed->next_fire_at, made.next_fire_at) << "a name does not move it";
}

TEST(SchedulePromises, CursorsOfOtherListsAreRefusedByTheirOwnName) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"})", "acme");
    rig.create(yearly, "acme");
    rig.run_for(3min);
    const auto page = rig.finish(rig.service->list("acme", {.limit = 1}));
    ASSERT_TRUE(page->next_cursor);
    const auto foreign = rig.finish(rig.service->list("other", {.cursor = page->next_cursor}));
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().field, "cursor");
    const auto runs = rig.finish(rig.service->list_runs("acme", {.cursor = page->next_cursor}));
    ASSERT_FALSE(runs);
    EXPECT_EQ(runs.error().field, "cursor");
    const auto ledger =
        rig.finish(rig.service->ledger("acme", made.id, {.cursor = page->next_cursor}));
    ASSERT_FALSE(ledger);
    EXPECT_EQ(ledger.error().field, "cursor");
}

TEST(SchedulePromises, TheLedgerAndRunsAreReadByRange) {
    Rig rig;
    const Schedule made = rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"})");
    rig.run_for(10min + 1s);
    const auto rows = rig.finish(
        rig.service->ledger("acme", made.id, {.from = noon + 3min, .to = noon + 6min, .limit = 2}));
    ASSERT_TRUE(rows) << describe(rows.error());
    ASSERT_EQ(rows->items.size(), 2U);
    EXPECT_EQ(rows->items[0].entry.nominal, noon + 5min);
    const auto rest = rig.finish(rig.service->ledger(
        "acme",
        made.id,
        {.from = noon + 3min, .to = noon + 6min, .limit = 2, .cursor = rows->next_cursor}));
    ASSERT_EQ(rest->items.size(), 1U);
    EXPECT_EQ(rest->items[0].entry.nominal, noon + 3min);
    EXPECT_FALSE(rest->next_cursor);
    const auto runs =
        rig.finish(rig.service->list_runs("acme", {.from = noon + 7min, .to = noon + 9min}));
    ASSERT_TRUE(runs) << describe(runs.error());
    EXPECT_EQ(runs->items.size(), 2U);
}

TEST(SchedulePromises, RunsThatEndedBadlyAreFoundByTheirStatus) {
    Rig rig;
    rig.sender.status = [](const FakeSender::Call& call) {
        return call.at < noon + 3min ? 503 : 200;
    };
    const Schedule made =
        rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"},"policy":{"maxAttempts":1})");
    rig.run_for(10min);
    const auto count = [&](RunStatus status, std::string tenant) {
        return rig.finish(rig.service->list_runs(std::move(tenant), {.status = status}))
            ->items.size();
    };
    EXPECT_EQ(count(RunStatus::failed, "acme"), 3U);
    EXPECT_EQ(count(RunStatus::failed, "other"), 0U);
    EXPECT_EQ(count(RunStatus::succeeded, "acme"), 8U);
    EXPECT_EQ(count(RunStatus::pending, "acme"), 0U);
    const auto failed = rig.finish(rig.service->list_runs("acme", {.status = RunStatus::failed}));
    ASSERT_TRUE(rig.finish(rig.service->retry_run("acme", failed->items[0].id)));
    rig.run_for(1s);
    EXPECT_EQ(count(RunStatus::failed, "acme"), 2U);
}

TEST(SchedulePromises, ABrokerThatRefusesForNowIsAskedAgain) {
    FakePublisher publisher;
    Rig rig({}, &publisher);
    publisher.answer = [&]() -> Result<> {
        if (publisher.messages.size() < 3) return fail(Errc::denied, "no permission to publish");
        return {};
    };
    const auto made = rig.finish(rig.service->create(
        "acme",
        json(R"({"name":"a","target":{"kind":"EVENT","eventTopic":"bell.rung"},"payload":{"n":1},)"
             R"("trigger":{"type":"ONE_SHOT","startAt":"2026-11-27T12:00:01Z"}})")));
    ASSERT_TRUE(made) << describe(made.error());
    rig.run_for(1min);
    ASSERT_EQ(publisher.messages.size(), 3U);
    EXPECT_EQ(rig.runs(*made)[0].status, RunStatus::succeeded);
    EXPECT_EQ(publisher.messages[0].id, publisher.messages[2].id);
    EXPECT_EQ(publisher.messages[0].tenant, "acme");
}

TEST(SchedulePromises, ATargetThatNeedsABrokerIsRefusedWithoutOne) {
    Rig rig;
    const auto made = rig.finish(
        rig.service->create("acme",
                            json(R"({"name":"a","target":{"kind":"QUEUE","queue":{"topic":"t"}},)" +
                                 std::string(yearly) + "}")));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().field, "target.kind");
}

TEST(SchedulePromises, ASigningKeyMustBeOneOfTheServers) {
    ServiceOptions options;
    options.delivery.signing_keys["billing"] = {"whsec_" + std::string(32, 'A')};
    Rig rig(std::move(options));
    const auto body = [](const std::string& key) {
        return json(R"({"name":"a","trigger":{"type":"CRON","cron":"0 0 1 1 *"},"target":)"
                    R"({"kind":"HTTP","http":{"url":"https://example.com/","hmacKeyRef":")" +
                    key + R"("}}})");
    };
    const auto unknown = rig.finish(rig.service->create("acme", body("payroll")));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().field, "target.http.hmacKeyRef");
    const auto made = rig.finish(rig.service->create("acme", body("billing")));
    ASSERT_TRUE(made) << describe(made.error());
    EXPECT_EQ(made->target.key_ref, "billing");
}

TEST(SchedulePromises, ACatchUpIsToldBeforeItHappens) {
    Rig rig;
    const Schedule made = rig.create(
        R"("trigger":{"type":"CRON","cron":"*/10 * * * *"},"policy":{"misfire":"newest","misfireNewest":2,"catchUpPerSecond":0.5})");
    rig.run_for(1min);
    const auto told = rig.finish(rig.service->catch_up("acme", made.id, noon + 45min, 100));
    ASSERT_TRUE(told) << describe(told.error());
    ASSERT_EQ(told->entries.size(), 4U);
    EXPECT_EQ(told->runs, 2);
    EXPECT_EQ(told->entries[1].reason, SkipReason::misfire);
    EXPECT_EQ(told->last_run_at, noon + 45min + 2s);
    rig.stop();
    rig.clock.advance(44min);
    rig.start();
    rig.run_for(10s);
    const Lines happened = rig.ledger(made);
    ASSERT_EQ(happened.size(), 5U);
    EXPECT_EQ(happened[2], "12:20:00 skipped misfire");
    EXPECT_EQ(happened[4], "12:40:00 caught-up");
    const auto some = rig.finish(rig.service->catch_up("acme", made.id, noon + 10h, 3));
    EXPECT_TRUE(some->more);
    EXPECT_EQ(some->entries.size(), 3U);
}

TEST(SchedulePromises, APageEndsWhereSoMuchWasRead) {
    Rig rig({.page_read_max = 10});
    rig.create(R"("trigger":{"type":"CRON","cron":"* * * * *"})");
    rig.run_for(34min);
    RunsRequest request{.status = RunStatus::pending};
    int pages = 0;
    for (;; ++pages) {
        RunsRequest next = request;
        const auto page = rig.finish(rig.service->list_runs("acme", std::move(next)));
        ASSERT_TRUE(page) << describe(page.error());
        EXPECT_TRUE(page->items.empty());
        if (!page->next_cursor) break;
        request.cursor = page->next_cursor;
    }
    EXPECT_EQ(pages, 3) << "35 runs were looked at, 10 at a time";
}

TEST(SchedulePromises, ACatchUpDoesNotTellOfWhatIsDecided) {
    Rig rig;
    rig.sender.delay = 5min;
    const Schedule made =
        rig.create(R"("trigger":{"type":"FIXED_DELAY","delaySec":60},"policy":{"timeoutSec":600})");
    rig.run_for(90s);
    ASSERT_EQ(rig.ledger(made).size(), 1U);
    const auto told = rig.finish(rig.service->catch_up("acme", made.id, noon + 1h, 100));
    ASSERT_TRUE(told) << describe(told.error());
    EXPECT_TRUE(told->entries.empty());
}

TEST(SchedulePromises, AnEditThatAFireCameBetweenIsTriedAgain) {
    Rig rig;
    // A store that takes its time, so that fires and edits meet.
    queue::testing::FaultyStore slow(
        *rig.database, rig.loop, rig.random, {.delay = 1, .delay_max = 400ms, .exclusive = false});
    Service service(rig.loop, slow, rig.sender, nullptr, rig.random, Log::null(), rig.metrics, {});
    rig.stop();
    ASSERT_TRUE(rig.finish(service.start()));
    const auto made = rig.finish(service.create(
        "acme",
        json(R"({"name":"a","target":{"kind":"HTTP","http":{"url":"https://example.com/"}},)"
             R"("trigger":{"type":"CRON","cron":"* * * * * *"}})")));
    ASSERT_TRUE(made) << describe(made.error());
    for (int i = 0; i < 30; ++i) {
        rig.run_for(Duration{137 * i % 1'000});
        const auto changed =
            rig.finish(service.update("acme", made->id, json(R"({"description":"x"})"), i + 1));
        EXPECT_TRUE(changed) << i << ": " << describe(changed.error());
        if (!changed) break;
        EXPECT_EQ(changed->version, i + 2);
    }
    EXPECT_TRUE(rig.finish(service.remove("acme", made->id, {})));
    rig.finish(service.stop(1s));
}

TEST(SchedulePromises, ACreationUnderOneIdHappensOnce) {
    Rig rig;
    const std::string id = "11111111-2222-8333-8444-555555555555";
    const std::string body = R"({"name":"a","trigger":{"type":"CRON","cron":"0 0 1 1 *"},"target":)"
                             R"({"kind":"HTTP","http":{"url":"https://example.com/"}}})";
    const auto first = rig.finish(rig.service->create_once("acme", id, json(body)));
    ASSERT_TRUE(first) << describe(first.error());
    EXPECT_FALSE(first->existed);
    ASSERT_TRUE(rig.update(first->schedule, R"({"description":"edited"})"));
    const auto again = rig.finish(rig.service->create_once("acme", id, json(body)));
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_TRUE(again->existed);
    EXPECT_EQ(again->schedule.version, 2);
    std::string other = body;
    other.replace(other.find("\"a\""), 3, "\"b\"");
    const auto refused = rig.finish(rig.service->create_once("acme", id, json(other)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::already_exists);
}

TEST(SchedulePromises, WhereMoreIsDueThanCanRunUrgentSchedulesGetMoreOfIt) {
    ServiceOptions options;
    options.queue.concurrency = 1;
    Rig rig(std::move(options));
    rig.sender.delay = 100ms;
    const Schedule slow = rig.create(std::string(yearly) + R"(,"policy":{"priority":1})");
    const Schedule fast = rig.create(std::string(yearly) + R"(,"policy":{"priority":9})");
    for (int i = 0; i < 30; ++i) {
        ASSERT_TRUE(trigger(rig, slow, {.fire_at = noon + 10s + Duration{i}}));
        ASSERT_TRUE(trigger(rig, fast, {.fire_at = noon + 10s + Duration{i}}));
    }
    rig.run_for(12s);
    const auto succeeded = [&](const Schedule& schedule) {
        const auto runs = rig.runs(schedule);
        return std::ranges::count(runs, RunStatus::succeeded, &Run::status);
    };
    EXPECT_GE(succeeded(fast), 4 * succeeded(slow));
    EXPECT_GE(succeeded(slow), 1) << "nobody starves";
}

}  // namespace
}  // namespace carillon::schedules
