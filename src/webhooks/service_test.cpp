// One webhook at a time: registering, reading, changing, and its life while it rings.

#include "webhooks/service.hpp"

#include "webhooks/service_rig_test.hpp"

#include <set>
#include <stdexcept>

namespace carillon::webhooks::testing {
namespace {

using ::testing::ElementsAre;

TEST(Service, DeliversAtTheVeryMillisecond) {
    Rig rig;
    rig.begin();
    const Webhook made = rig.add(Rig::registration(noon + 5'123ms));
    EXPECT_EQ(made.status, Status::pending);
    EXPECT_EQ(made.id.size(), 36U);
    rig.run_for(1min);
    ASSERT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_EQ(rig.sender.calls[0].at, noon + 5'123ms);
    EXPECT_EQ(rig.sender.calls[0].id, made.id);
    const Webhook rung = rig.get(made.id);
    EXPECT_EQ(rung.status, Status::completed);
    EXPECT_EQ(rung.response.status, 200);
    EXPECT_EQ(rung.response.body, "body");
    EXPECT_EQ(rung.retries.count, 0);
    EXPECT_GT(rung.version, made.version);
}

TEST(Service, SendsWhatWasRegistered) {
    Rig rig;
    rig.begin();
    Registration registration = Rig::registration(noon);
    registration.method = "PATCH";
    registration.headers = {{"X-A", "1"}};
    registration.body = parse_json(R"({"n":18446744073709551615,"l":[1.5,null]})").value();
    rig.add(registration);
    rig.run_for(1s);
    ASSERT_EQ(rig.sender.calls.size(), 1U);
    const delivery::Target& target = rig.sender.calls[0].target;
    EXPECT_EQ(target.url, registration.url);
    EXPECT_EQ(target.method, "PATCH");
    EXPECT_EQ(target.headers.get("X-A"), "1");
    EXPECT_EQ(target.body, registration.body);
}

TEST(Service, RunsPastSchedulesAtOnce) {
    Rig rig;
    rig.begin();
    rig.add("late", noon - std::chrono::hours{24 * 365});
    rig.run_for(10ms);
    EXPECT_THAT(rig.sender.ids(), ElementsAre("late"));
}

TEST(Service, RefusesBadRegistrationsBeforeStoringAnything) {
    Rig rig;
    rig.begin();
    Registration bad = Rig::registration(noon, "w");
    bad.url = "http://10.0.0.1/";
    const auto answer = rig.finish(rig.service->register_webhook(bad));
    EXPECT_EQ(answer.error().code, Errc::denied);
    EXPECT_EQ(answer.error().field, "url");
    EXPECT_FALSE(rig.exists("w"));
}

TEST(Service, PutsThePrefixBeforeIdsOfItsOwn) {
    Rig rig;
    rig.options.id_prefix = "eu";
    rig.begin();
    EXPECT_TRUE(rig.add(Rig::registration(noon + 1h)).id.starts_with("eu#"));
    EXPECT_EQ(rig.add("mine", noon + 1h).id, "mine");
}

TEST(Service, AnswersTheSameRegistrationWithTheSameWebhook) {
    Rig rig;
    rig.begin();
    const Webhook first = rig.add("mine", noon + 1s);
    rig.run_for(5s);
    const Webhook again = rig.add("mine", noon + 1s);
    EXPECT_EQ(again.status, Status::completed);
    EXPECT_EQ(again.created_at, first.created_at);
    rig.run_for(5s);
    EXPECT_EQ(rig.sender.calls.size(), 1U);

    Registration other = Rig::registration(noon + 1s, "mine");
    other.method = "POST";
    const auto refused = rig.finish(rig.service->register_webhook(other));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::already_exists);
    EXPECT_EQ(refused.error().field, "id");
}

TEST(Service, GivesEveryOccurrenceAnIdOfItsOwn) {
    Rig rig;
    rig.begin();
    rig.add(Rig::registration(noon + 1s, "w", "shop"));
    rig.add(Rig::registration(noon + 1s, "w", "blog"));
    rig.run_for(2s);
    ASSERT_TRUE(rig.finish(rig.service->remove("shop", "w")));
    rig.add(Rig::registration(noon + 1s, "w", "shop"));
    rig.run_for(2s);
    ASSERT_EQ(rig.sender.calls.size(), 3U);
    std::set<std::string> seen;
    for (const auto& call : rig.sender.calls) seen.insert(call.webhook_id);
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_TRUE(seen.contains(occurrence_id(rig.get("w", "blog"))));
}

TEST(Service, RegistersManyEachForItself) {
    Rig rig;
    rig.begin();
    rig.add("taken", noon + 1h);
    std::vector<Registration> many;
    many.push_back(Rig::registration(noon + 1s, "a"));
    many.push_back(Rig::registration(noon + 1s, "taken"));
    many.push_back(Rig::registration(noon + 1s, ""));
    many.push_back(Rig::registration(noon + 2s, "b"));
    many.push_back(Rig::registration(noon + 1h, "taken"));
    const auto answers = rig.finish(rig.service->register_many(many));
    ASSERT_EQ(answers.size(), 5U);
    EXPECT_EQ(answers[0]->id, "a");
    EXPECT_EQ(answers[1].error().code, Errc::already_exists);
    EXPECT_EQ(answers[2].error().field, "id");
    EXPECT_EQ(answers[3]->id, "b");
    EXPECT_EQ(answers[4]->id, "taken");
    rig.run_for(1min);
    EXPECT_THAT(rig.sender.ids(), ElementsAre("a", "b"));
}

TEST(Service, SaysWhatIsNotThere) {
    Rig rig;
    rig.begin();
    EXPECT_EQ(rig.finish(rig.service->get("shop", "no")).error().code, Errc::not_found);
    EXPECT_EQ(rig.finish(rig.service->remove("shop", "no")).error().code, Errc::not_found);
    EXPECT_EQ(rig.finish(rig.service->suspend("shop", "no")).error().code, Errc::not_found);
    EXPECT_EQ(rig.finish(rig.service->unsuspend("shop", "no")).error().code, Errc::not_found);
    EXPECT_EQ(rig.finish(rig.service->retry("shop", "no")).error().code, Errc::not_found);
    EXPECT_EQ(rig.finish(rig.service->get("", "x")).error().field, "namespace");
    EXPECT_EQ(rig.finish(rig.service->get("shop", "")).error().field, "id");
}

TEST(Service, RetriesWithBackoffAndThenFails) {
    Rig rig;
    rig.sender.answer = [](const auto&) { return FakeSender::status(500); };
    rig.begin();
    Registration registration = Rig::registration(noon, "w");
    registration.retries_max = 2;
    rig.add(registration);
    rig.run_for(5s);
    const Webhook waiting = rig.get("w");
    EXPECT_EQ(waiting.status, Status::pending);
    EXPECT_EQ(waiting.retries.count, 1);
    EXPECT_EQ(waiting.next_attempt_at, noon + 10s);
    EXPECT_EQ(waiting.schedule, noon);
    EXPECT_EQ(waiting.response.status, 500);

    rig.run_for(10min);
    ASSERT_EQ(rig.sender.calls.size(), 3U);
    EXPECT_EQ(rig.sender.calls[1].at, noon + 10s);
    EXPECT_EQ(rig.sender.calls[2].at, noon + 30s);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(rig.sender.calls[static_cast<std::size_t>(i)].number, i + 1);
        EXPECT_EQ(rig.sender.calls[static_cast<std::size_t>(i)].id, "w");
    }
    const Webhook failed = rig.get("w");
    EXPECT_EQ(failed.status, Status::failed);
    EXPECT_EQ(failed.retries.count, 2);
    EXPECT_EQ(failed.retries.last, noon + 30s);
    EXPECT_EQ(failed.errors, std::vector<std::string>(3, "Request failed with status 500"));
}

TEST(Service, HonoursRetryAfter) {
    Rig rig;
    rig.sender.answer = [&](const FakeSender::Call& call) {
        if (call.number > 1) return FakeSender::status(200);
        auto verdict = FakeSender::status(503);
        verdict.retry_after = noon + 90s;
        return verdict;
    };
    rig.begin();
    rig.add("w", noon);
    rig.run_for(5min);
    ASSERT_EQ(rig.sender.calls.size(), 2U);
    EXPECT_EQ(rig.sender.calls[1].at, noon + 90s);
    EXPECT_EQ(rig.get("w").status, Status::completed);
}

TEST(Service, DoesNotRetryAfterGone) {
    Rig rig;
    rig.sender.answer = [](const auto&) { return FakeSender::status(410); };
    rig.begin();
    rig.add("w", noon);
    rig.run_for(10min);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_EQ(rig.get("w").status, Status::failed);
}

TEST(Service, TakesAnExceptionForAFailedAttempt) {
    Rig rig;
    rig.sender.answer = [](const FakeSender::Call& call) {
        if (call.id == "bad" && call.number == 1) throw std::runtime_error("no memory");
        return FakeSender::status(200);
    };
    rig.begin();
    for (const char* id : {"a", "bad", "z"}) rig.add(id, noon);
    rig.run_for(1s);
    EXPECT_EQ(rig.get("a").status, Status::completed);
    EXPECT_EQ(rig.get("z").status, Status::completed);
    const Webhook failed = rig.get("bad");
    EXPECT_EQ(failed.status, Status::pending);
    EXPECT_EQ(failed.retries.count, 1);
    EXPECT_THAT(failed.errors, ElementsAre("internal error: no memory"));
    EXPECT_EQ(failed.next_attempt_at, noon + 10s);
    rig.run_for(1min);
    EXPECT_EQ(rig.get("bad").status, Status::completed);
}

TEST(Service, RetriesAFailedOneByHand) {
    Rig rig;
    int status = 500;
    rig.sender.answer = [&](const auto&) { return FakeSender::status(status); };
    rig.begin();
    Registration registration = Rig::registration(noon, "w");
    registration.retries_max = 0;
    rig.add(registration);
    rig.run_for(1min);
    ASSERT_EQ(rig.get("w").status, Status::failed);

    status = 200;
    const auto again = rig.finish(rig.service->retry("shop", "w"));
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_EQ(again->status, Status::pending);
    EXPECT_EQ(again->retries.count, 0);
    EXPECT_EQ(again->errors.size(), 1U);
    rig.run_for(1s);
    EXPECT_EQ(rig.get("w").status, Status::completed);
    EXPECT_EQ(rig.finish(rig.service->retry("shop", "w")).error().code, Errc::condition_failed);
}

TEST(Service, ShowsARunningOneAsProcessing) {
    Rig rig;
    rig.sender.delay = 5s;
    rig.begin();
    rig.add("w", noon);
    rig.add("later", noon + 1h);
    rig.run_for(1s);
    EXPECT_EQ(rig.get("w").status, Status::processing);
    EXPECT_THAT(rig.ids({.name_space = "shop", .status = Status::processing}), ElementsAre("w"));
    EXPECT_THAT(rig.ids({.name_space = "shop", .status = Status::pending}), ElementsAre("later"));
    EXPECT_THAT(rig.ids({.name_space = "blog", .status = Status::processing}), ElementsAre());
    rig.run_for(5s);
    EXPECT_EQ(rig.get("w").status, Status::completed);
    EXPECT_THAT(rig.ids({.name_space = "shop", .status = Status::processing}), ElementsAre());
}

TEST(Service, SuspendsAndUnsuspends) {
    Rig rig;
    rig.begin();
    rig.add("w", noon + 1s);
    const auto suspended = rig.finish(rig.service->suspend("shop", "w"));
    ASSERT_TRUE(suspended) << describe(suspended.error());
    EXPECT_EQ(suspended->status, Status::suspended);
    EXPECT_EQ(rig.finish(rig.service->suspend("shop", "w")).error().code, Errc::condition_failed);
    rig.run_for(1min);
    EXPECT_TRUE(rig.sender.calls.empty());

    const auto resumed = rig.finish(rig.service->unsuspend("shop", "w"));
    EXPECT_EQ(resumed->status, Status::pending);
    EXPECT_EQ(rig.finish(rig.service->unsuspend("shop", "w")).error().code, Errc::condition_failed);
    rig.run_for(10ms);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
}

TEST(Service, SuspendsWhatTheQueueAlreadyHolds) {
    Rig rig;
    rig.begin();
    rig.add("w", noon + 1s);
    // Within the look-ahead: the row waits in memory for its millisecond.
    rig.run_for(900ms);
    ASSERT_EQ(rig.service->stats().held, 1U);
    EXPECT_TRUE(rig.finish(rig.service->suspend("shop", "w")));
    rig.run_for(1min);
    EXPECT_TRUE(rig.sender.calls.empty());
    EXPECT_EQ(rig.get("w").status, Status::suspended);
}

TEST(Service, KeepsTheBackoffOfASuspendedOne) {
    Rig rig;
    rig.sender.answer = [](const auto&) { return FakeSender::status(500); };
    rig.begin();
    rig.add("w", noon);
    rig.run_for(1s);
    ASSERT_TRUE(rig.finish(rig.service->suspend("shop", "w")));
    rig.run_for(2s);
    const auto resumed = rig.finish(rig.service->unsuspend("shop", "w"));
    EXPECT_EQ(resumed->next_attempt_at, noon + 10s);
    EXPECT_EQ(resumed->retries.count, 1);
    rig.run_for(20s);
    ASSERT_GE(rig.sender.calls.size(), 2U);
    EXPECT_EQ(rig.sender.calls[1].at, noon + 10s);
}

TEST(Service, DoesNotSuspendARunningOne) {
    Rig rig;
    rig.sender.delay = 5s;
    rig.begin();
    rig.add("w", noon);
    rig.run_for(1s);
    const auto refused = rig.finish(rig.service->suspend("shop", "w"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::condition_failed);
    EXPECT_NE(refused.error().message.find("PROCESSING"), std::string::npos);
    rig.run_for(10s);
    EXPECT_EQ(rig.get("w").status, Status::completed);
}

TEST(Service, DeletesBeforeItRings) {
    Rig rig;
    rig.begin();
    rig.add("w", noon + 1s);
    rig.add("held", noon + 1s);
    const auto removed = rig.finish(rig.service->remove("shop", "w"));
    EXPECT_EQ(removed->id, "w");
    EXPECT_EQ(removed->status, Status::pending);
    rig.run_for(900ms);
    EXPECT_TRUE(rig.finish(rig.service->remove("shop", "held")));
    rig.run_for(1min);
    EXPECT_TRUE(rig.sender.calls.empty());
    EXPECT_FALSE(rig.exists("w"));
}

TEST(Service, DropsTheOutcomeOfWhatWasDeletedMeanwhile) {
    // SEEDS A-3: the others went down with it.
    Rig rig;
    rig.sender.delay = 5s;
    rig.sender.answer = [](const auto&) { return FakeSender::status(500); };
    rig.begin();
    for (const char* id : {"a", "b", "c", "d", "e"}) rig.add(id, noon);
    rig.run_for(1s);
    const auto removed = rig.finish(rig.service->remove("shop", "c"));
    EXPECT_EQ(removed->status, Status::processing);
    rig.run_for(6s);
    EXPECT_FALSE(rig.exists("c"));
    for (const char* id : {"a", "b", "d", "e"}) EXPECT_EQ(rig.get(id).retries.count, 1) << id;
    EXPECT_EQ(rig.service->stats().dropped, 1U);
}

TEST(Service, TriggersWhatIsDueAndTellsWhatBecameOfIt) {
    Rig rig;
    rig.sender.answer = [](const FakeSender::Call& call) {
        return FakeSender::status(call.id == "bad" ? 500 : 200);
    };
    rig.begin(false);
    for (int i = 0; i < 260; ++i) rig.add("w" + std::to_string(i), noon - 1s);
    rig.add("bad", noon);
    rig.add("future", noon + 1h);
    const auto report = rig.finish(rig.service->trigger());
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->done, 260U);
    EXPECT_EQ(report->errors, 1U);
    EXPECT_EQ(rig.sender.calls.size(), 261U);
    EXPECT_EQ(rig.get("future").status, Status::pending);
    EXPECT_EQ(rig.finish(rig.service->trigger())->done, 0U);
}

TEST(Service, StartsOnceAgainOverTheSameStore) {
    Rig rig;
    rig.begin();
    rig.add("w", noon + 10s);
    rig.finish(rig.service->stop(1s));
    rig.service.reset();
    rig.run_for(30s);
    EXPECT_TRUE(rig.sender.calls.empty());
    rig.begin();
    rig.run_for(1s);
    EXPECT_THAT(rig.sender.ids(), ElementsAre("w"));
}

TEST(Service, ReleasesOnStopWhatDoesNotEndInTime) {
    Rig rig;
    rig.sender.delay = 1h;
    rig.begin();
    rig.add("w", noon);
    rig.run_for(1s);
    rig.finish(rig.service->stop(2s));
    rig.service.reset();
    rig.sender.delay = 0s;
    rig.begin();
    rig.run_for(1s);
    EXPECT_EQ(rig.sender.calls.size(), 2U);
    const Webhook webhook = rig.get("w");
    EXPECT_EQ(webhook.status, Status::completed);
    EXPECT_EQ(webhook.retries.count, 0);
    EXPECT_TRUE(webhook.errors.empty());
}

TEST(Service, RefusesToStartWithABadSecret) {
    Rig rig;
    rig.options.delivery.signing_secrets = {"short"};
    Service service(
        rig.loop, *rig.database, rig.sender, rig.random, Log::null(), rig.metrics, rig.options);
    const auto started = rig.finish(service.start(false));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().field, "signing_secrets");
}

}  // namespace
}  // namespace carillon::webhooks::testing
