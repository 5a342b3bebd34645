#include "schedules/attempts.hpp"

#include "queue/faulty_store_test.hpp"
#include "schedules/service_rig_test.hpp"

namespace carillon::schedules::testing {
namespace {

constexpr std::string_view once_a_year = R"("trigger":{"type":"CRON","cron":"0 0 1 1 *"})";

std::string with_policy(std::string_view policy) {
    return std::string(once_a_year) + R"(,"policy":)" + std::string(policy);
}

/// `1 failed 503`, one line an attempt.
Lines lines_of(const Run& run) {
    Lines lines;
    for (const Attempt& attempt : run.log) {
        std::string line = std::to_string(attempt.number) + " ";
        line += to_string(attempt.outcome);
        if (attempt.status != 0) line += " " + std::to_string(attempt.status);
        if (!attempt.reason.empty()) line += ": " + attempt.reason;
        lines.push_back(std::move(line));
    }
    return lines;
}

Run run_by_hand(Rig& rig, const Schedule& schedule) {
    auto made = rig.finish(rig.service->trigger(schedule.tenant, schedule.id, {}));
    EXPECT_TRUE(made) << describe(made.error());
    return made->run;
}

Run read(Rig& rig, const Run& run) {
    auto found = rig.finish(rig.service->get_run(run.tenant, run.id));
    EXPECT_TRUE(found) << describe(found.error());
    return *std::move(found);
}

TEST(Attempts, ARunTellsOfEachWithItsTimesAndWhoMadeIt) {
    ServiceOptions options;
    options.server = "tower-1";
    Rig rig(std::move(options));
    rig.sender.delay = 250ms;
    rig.sender.status = [&](const FakeSender::Call&) {
        return rig.sender.calls.size() < 3 ? 503 : 200;
    };
    const Schedule schedule = rig.create(with_policy(R"({"backoffBaseSec":10})"));
    const auto made = run_by_hand(rig, schedule);
    rig.run_for(5min);
    const auto run = read(rig, made);
    EXPECT_EQ(lines_of(run), (Lines{"1 failed 503", "2 failed 503", "3 succeeded 200"}));
    EXPECT_EQ(run.log[0].error, "Request failed with status 503");
    EXPECT_EQ(run.log[2].error, "");
    for (std::size_t at = 0; at < run.log.size(); ++at) {
        const Attempt& attempt = run.log[at];
        EXPECT_EQ(attempt.started_at, rig.sender.calls[at].at);
        EXPECT_EQ(attempt.ended_at, rig.sender.calls[at].at + 250ms);
        EXPECT_EQ(attempt.by, "tower-1");
    }
    const boost::json::object shown = to_full_json(run);
    EXPECT_EQ(std::string(shown.at("attempts").at(0).at("startedAt").as_string()),
              format_instant(made.due_at));
    EXPECT_EQ(shown.at("attempts").at(0).at("responseStatus"), 503);
    EXPECT_FALSE(to_json(run).contains("attempts")) << "lists stay short";
}

TEST(Attempts, TheReasonOfARetryIsKeptAndGoesWithTheAttemptBehindIt) {
    Rig rig;
    rig.sender.status = [](const FakeSender::Call&) { return 503; };
    const Schedule schedule = rig.create(with_policy(R"({"maxAttempts":2,"backoffBaseSec":1})"));
    const auto run = run_by_hand(rig, schedule);
    rig.run_for(1min);
    ASSERT_EQ(read(rig, run).status, RunStatus::failed);
    const auto retried =
        rig.finish(rig.service->retry_run("acme", run.id, "the receiver was mended"));
    ASSERT_TRUE(retried) << describe(retried.error());
    EXPECT_EQ(retried->retry_reason, "the receiver was mended");
    EXPECT_EQ(retried->retried_at, rig.loop.now());
    rig.run_for(1min);
    EXPECT_EQ(lines_of(read(rig, run)),
              (Lines{"1 failed 503",
                     "2 failed 503",
                     "3 failed 503: the receiver was mended",
                     "4 failed 503"}));
    // Another retry without a reason does not repeat the old one.
    ASSERT_TRUE(rig.finish(rig.service->retry_run("acme", run.id)));
    rig.run_for(1min);
    EXPECT_EQ(lines_of(read(rig, run)).at(4), "5 failed 503");
    EXPECT_EQ(read(rig, run).retry_reason, "");
}

TEST(Attempts, OnlyTheLatestAreKept) {
    Rig rig;
    rig.sender.status = [](const FakeSender::Call&) { return 503; };
    const Schedule schedule =
        rig.create(with_policy(R"({"maxAttempts":50,"backoffBaseSec":1,"backoffMaxSec":1})"));
    const auto made = run_by_hand(rig, schedule);
    rig.run_for(5min);
    const auto run = read(rig, made);
    EXPECT_EQ(run.attempts, 50);
    ASSERT_EQ(run.log.size(), attempts_kept);
    EXPECT_EQ(run.log.front().number, 31);
    EXPECT_EQ(run.log.back().number, 50);
}

TEST(Attempts, ADeadServersIsToldByTheNext) {
    Rig rig;
    queue::testing::FaultyStore mortal(*rig.database, rig.loop, rig.random, {});
    ServiceOptions options = rig.options;
    auto dying = std::make_unique<Service>(rig.loop,
                                           mortal,
                                           rig.sender,
                                           nullptr,
                                           rig.random,
                                           rig.log,
                                           rig.metrics,
                                           std::move(options));
    const Schedule schedule = rig.create(std::string(once_a_year));
    rig.stop();
    ASSERT_TRUE(rig.finish(dying->start()));
    rig.sender.delay = 10s;
    auto made = rig.finish(dying->trigger("acme", schedule.id, {}));
    ASSERT_TRUE(made) << describe(made.error());
    rig.run_for(2s);
    ASSERT_EQ(rig.sender.calls.size(), 1U);
    mortal.die();
    rig.finish(dying->stop(0s));
    rig.start();
    rig.run_for(1min);
    const auto run = read(rig, made->run);
    EXPECT_EQ(run.status, RunStatus::succeeded);
    EXPECT_EQ(lines_of(run), (Lines{"1 interrupted", "1 succeeded 200"}));
    EXPECT_FALSE(run.log.front().started_at);
}

TEST(Attempts, AreReadAsTheyWereWritten) {
    std::vector<Attempt> log;
    record(log, {.number = 7, .started_at = noon, .ended_at = noon + 3s, .status = 200});
    record(log,
           {.number = 8,
            .outcome = AttemptOutcome::interrupted,
            .error = "\"quoted\"\n",
            .by = "b",
            .reason = "r"});
    EXPECT_EQ(attempts_from_text(attempts_text(log)), log);
    EXPECT_EQ(attempts_text({}), "");
    for (const std::string_view damaged : {"", "{", "{}", "[1,\"x\",null]"}) {
        EXPECT_TRUE(attempts_from_text(damaged).empty()) << damaged;
    }
}

TEST(Attempts, LongErrorsAreCutBetweenCharacters) {
    std::vector<Attempt> log;
    Attempt attempt;
    for (int i = 0; i < 200; ++i) attempt.error += "ü";
    attempt.error = "x" + attempt.error;
    record(log, attempt);
    EXPECT_EQ(log[0].error.size(), attempt_error_max - 1);
    EXPECT_TRUE(attempt.error.starts_with(log[0].error));
}

}  // namespace
}  // namespace carillon::schedules::testing
