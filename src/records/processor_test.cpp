// The processor's own promises: pauses, crashes, a store that fails, edits beside it.

#include "records/ledger.hpp"
#include "records/records_rig_test.hpp"
#include "records/retry.hpp"

namespace carillon::records {
namespace {

using namespace testing;

Task<> keep(Task<Result<Report>> run, std::optional<Report>& report) {
    auto answer = co_await std::move(run);
    EXPECT_TRUE(answer);
    if (answer) report = *std::move(answer);
}

struct Layouts : ::testing::TestWithParam<bool> {
    static TableModel model() { return GetParam() ? sharded_model() : records_model(); }
};

INSTANTIATE_TEST_SUITE_P(Processor, Layouts, ::testing::Bool(), [](const auto& info) {
    return info.param ? "sharded" : "flag";
});

TEST(Retry, PausesAreTheSeedsInEveryRound) {
    SeededRandom random(1);
    const ProcessorOptions options;
    const std::int64_t expected[] = {100, 200, 400, 800, 100, 200, 400, 800};
    for (int failures = 1; failures <= 8; ++failures) {
        const auto pause = pause_after(failures, options, random);
        ASSERT_TRUE(pause);
        EXPECT_GE(pause->count(), expected[failures - 1]);
        EXPECT_LE(pause->count(), expected[failures - 1] + 10);
    }
    EXPECT_TRUE(pause_after(39, options, random));
    EXPECT_FALSE(pause_after(40, options, random)) << "ten rounds of four attempts";
}

TEST(ProcessorOptions, DefaultsAreTheSeeds) {
    const ProcessorOptions options;
    EXPECT_EQ(options.max_workers, 5U);
    EXPECT_EQ(options.max_retries, 3);
    EXPECT_EQ(options.backoff_base, 100ms);
    EXPECT_EQ(options.backoff_multiplier, 2);
    EXPECT_EQ(options.max_iterations, 10);
    EXPECT_TRUE(check(options));
}

TEST(ProcessorOptions, NonsenseIsNamed) {
    const auto field = [](auto change) {
        ProcessorOptions options;
        change(options);
        const auto checked = check(options);
        return checked ? std::string("none") : checked.error().field;
    };
    EXPECT_EQ(field([](auto& o) { o.max_workers = 0; }), "max_workers");
    EXPECT_EQ(field([](auto& o) { o.max_retries = -1; }), "max_retries");
    EXPECT_EQ(field([](auto& o) { o.max_iterations = 0; }), "max_iterations");
    EXPECT_EQ(field([](auto& o) { o.backoff_multiplier = 0.5; }), "backoff_multiplier");
    EXPECT_EQ(field([](auto& o) { o.backoff_cap = 1ms; }), "backoff_cap");
    EXPECT_EQ(field([](auto& o) { o.lease = 0ms; }), "lease");
    EXPECT_EQ(field([](auto& o) { o.owner = ""; }), "owner");
}

TEST_P(Layouts, AnEmptyTableIsDoneAtOnce) {
    Rig rig(model());
    const Report report = rig.process();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.attempts, 0);
    EXPECT_DOUBLE_EQ(report.success_rate(), 100);
    EXPECT_LT(report.duration, 10ms);
}

TEST_P(Layouts, AHandlerThatThrowsHasFailedAnAttempt) {
    Rig rig(model());
    rig.put_many(3);
    rig.shop.answer = [](const std::string& name, int attempt) -> Result<> {
        if (name == "r0001" && attempt == 1) throw std::runtime_error("a bug");
        return {};
    };
    const Report report = rig.process();
    EXPECT_EQ(report.processed, 3);
    EXPECT_EQ(report.retried, 1);
    EXPECT_EQ(rig.shop.runs["r0001"], 2);
}

TEST_P(Layouts, WorkersWaitOnlyForTheRecordsThatFail) {
    Rig rig(model());
    rig.put_many(100);
    rig.shop.delay = 1ms;
    rig.shop.answer = [](const std::string& name, int attempt) -> Result<> {
        if (name < "r0005" && attempt < 4) return fail(Errc::unavailable, "later");
        return {};
    };
    const Report report = rig.process();
    EXPECT_EQ(report.processed, 100);
    // 95 of 1 ms by five workers, and meanwhile the pauses of 100, 200 and 400 ms.
    EXPECT_LT(report.duration, 900ms);
}

TEST_P(Layouts, WhatACrashedProcessHadInHandIsTakenUpByTheNext) {
    Rig rig(model());
    rig.put_many(20);
    rig.shop.delay = 100ms;
    auto doomed = rig.make("doomed");
    std::optional<Report> never;
    rig.group.spawn(keep(doomed->run(rig.shop.handler()), never));
    rig.run_for(250ms);  // Ten are done, five in work, five more claimed.
    auto dead_store = std::move(rig.store);
    dead_store->die();
    const auto before = rig.shop.runs;
    EXPECT_EQ(rig.count(WorkState::processed), 10);
    rig.store = std::make_unique<queue::testing::FaultyStore>(
        *rig.engine, rig.loop, rig.random, queue::testing::Faults{});
    const Report report = rig.process();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.processed, 10);
    EXPECT_EQ(rig.count(WorkState::processed), 20);
    for (const auto& [name, runs] : rig.shop.runs) {
        const bool in_hand = before.contains(name) && runs == 2;
        EXPECT_TRUE(runs == 1 || in_hand) << name;
    }
    rig.run_for(1h);
}

TEST_P(Layouts, ASurvivorTakesOverWhenTheLeaseOfTheDeadHasLapsed) {
    Rig rig(model(), true);
    rig.put_many(30);
    rig.options.lease = 10s;
    rig.shop.delay = 200ms;
    auto dead_store = std::make_unique<queue::testing::FaultyStore>(
        *rig.engine,
        rig.loop,
        rig.random,
        queue::testing::Faults{.exclusive = false, .watches = false});
    ProcessorOptions given = rig.options;
    given.owner = "doomed";
    Workshop doomed_shop(rig.loop);
    doomed_shop.delay = 200ms;
    Processor doomed(rig.loop, *dead_store, rig.model, rig.random, Log::null(), rig.metrics, given);
    std::optional<Report> never;
    rig.group.spawn(keep(doomed.run(doomed_shop.handler()), never));
    rig.run_for(500ms);
    dead_store->die();
    const auto lost = rig.count(WorkState::in_hand);
    EXPECT_GT(lost, 0);
    const auto done_before = rig.count(WorkState::processed);
    const TimePoint died = rig.clock.now();
    const Report report = rig.process();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.processed, 30 - done_before);
    EXPECT_EQ(rig.count(WorkState::processed), 30);
    EXPECT_GE(rig.clock.now() - died, 9s) << "a lease that has not lapsed is respected";
    EXPECT_EQ(rig.shop.most_runs(), 1);
    rig.run_for(1h);
}

TEST_P(Layouts, RecordsThatKillTheirWorkersAreQuarantined) {
    Rig rig(model());
    rig.put("bomb");
    rig.options.max_iterations = 3;
    rig.shop.delay = 1h;
    std::vector<std::unique_ptr<queue::testing::FaultyStore>> graves;
    std::vector<std::unique_ptr<Processor>> dead;
    std::optional<Report> never;
    for (int i = 0; i < 3; ++i) {
        dead.push_back(rig.make());
        rig.group.spawn(keep(dead.back()->run(rig.shop.handler()), never));
        rig.run_for(1s);
        graves.push_back(std::move(rig.store));
        graves.back()->die();
        rig.store = std::make_unique<queue::testing::FaultyStore>(
            *rig.engine, rig.loop, rig.random, queue::testing::Faults{});
    }
    const Report report = rig.process();
    EXPECT_EQ(report.quarantined, 1);
    EXPECT_EQ(rig.shop.runs["bomb"], 3);
    EXPECT_EQ(*rig.get("bomb")->find(error_attribute)->string(),
              "internal error: its worker died 3 times with this record in hand");
    rig.run_for(2h);
}

TEST_P(Layouts, LeasesThatASharedStoreLeftAreTakenBackByItsOwner) {
    Rig rig(model());
    rig.put("r");
    Item held = *rig.get("r");
    rig.table->rows()->write(held,
                             {.state = queue::State::leased,
                              .due_at = rig.clock.now() + 1h,
                              .lease_token = "t",
                              .lease_owner = "another process"});
    rig.put_raw(held);
    const Report report = rig.process();
    EXPECT_EQ(report.processed, 1);
    EXPECT_LT(rig.clock.now(), noon + 1min);
}

TEST_P(Layouts, AnEditDuringTheWorkStays) {
    for (const bool shared : {false, true}) {
        Rig rig(model(), shared);
        rig.put("r", {{"Note", "old"}});
        rig.shop.delay = 1s;
        auto processor = rig.make();
        std::optional<Report> report;
        rig.group.spawn(keep(processor->run(rig.shop.handler()), report));
        rig.run_for(500ms);
        ASSERT_EQ(rig.shop.runs["r"], 1);
        Changes changes;
        changes.set.emplace_back("Note", "new");
        ASSERT_TRUE(rig.finish(rig.table->update(Rig::key("r"), changes)));
        rig.run_for(1min);
        ASSERT_TRUE(report);
        EXPECT_EQ(report->processed, 1);
        EXPECT_EQ(*rig.get("r")->find("Note")->string(), "new");
        EXPECT_EQ(rig.shop.runs["r"], 1);
    }
}

TEST_P(Layouts, ARecordThatIsPutAnewDuringTheWorkIsWorkedOnAgain) {
    for (const bool shared : {false, true}) {
        Rig rig(model(), shared);
        rig.put("r", {{"Note", "old"}});
        rig.shop.delay = 1s;
        auto processor = rig.make();
        std::optional<Report> report;
        rig.group.spawn(keep(processor->run(rig.shop.handler()), report));
        rig.run_for(500ms);
        rig.put("r", {{"Note", "new"}});
        rig.run_for(5min);
        ASSERT_TRUE(report);
        EXPECT_EQ(report->processed, 1);
        EXPECT_EQ(report->elsewhere, 0);
        ASSERT_EQ(rig.shop.seen.size(), 2U) << "shared: " << shared;
        EXPECT_EQ(*rig.shop.seen[1].find("Note")->string(), "new");
    }
}

TEST_P(Layouts, ARecordThatIsDeletedDuringTheWorkStaysDeleted) {
    for (const bool shared : {false, true}) {
        Rig rig(model(), shared);
        rig.put("r");
        rig.shop.delay = 1s;
        auto processor = rig.make();
        std::optional<Report> report;
        rig.group.spawn(keep(processor->run(rig.shop.handler()), report));
        rig.run_for(500ms);
        ASSERT_TRUE(rig.finish(rig.table->remove(Rig::key("r"))).value());
        rig.run_for(5min);
        ASSERT_TRUE(report);
        EXPECT_EQ(report->processed, 0);
        EXPECT_EQ(report->elsewhere, 1);
        EXPECT_FALSE(rig.get("r"));
    }
}

TEST_P(Layouts, ASeedProgramThatMarksARecordWinsOverItsHolder) {
    Rig rig(model(), true);
    rig.put("r");
    rig.shop.delay = 1s;
    auto processor = rig.make();
    std::optional<Report> report;
    rig.group.spawn(keep(processor->run(rig.shop.handler()), report));
    rig.run_for(500ms);
    Item marked = *rig.get("r");
    rig.table->rows()->write(marked, {.state = queue::State::done});
    rig.put_raw(marked);
    rig.run_for(5min);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->processed, 0);
    EXPECT_EQ(report->elsewhere, 1);
    EXPECT_EQ(rig.count(WorkState::processed), 1);
}

TEST(Processor, ARecordThatCannotBeReadIsSetAsideAndTheOthersAreProcessed) {
    Rig rig;
    rig.put_many(3);
    Item broken = Rig::key("broken");
    broken.set("Processed", 0);
    broken.set("workDue", "soon");
    rig.put_raw(broken);
    const Report report = rig.process();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.processed, 3);
    EXPECT_EQ(rig.count(WorkState::quarantined), 1);
    EXPECT_EQ(*rig.get("broken")->find(error_attribute)->string(), "set aside: no time in workDue");
}

TEST_P(Layouts, TheHandlerSeesTheRecordAsItWasPut) {
    for (const bool shared : {false, true}) {
        Rig rig(model(), shared);
        rig.put("r", {{"Note", "mine"}});
        rig.process();
        ASSERT_EQ(rig.shop.seen.size(), 1U);
        std::vector<std::string> names;
        for (const auto& attribute : rig.shop.seen[0]) {
            if (attribute.name != "Processed") names.push_back(attribute.name);
        }
        EXPECT_EQ(
            names,
            (std::vector<std::string>{"AccountId", "CreatedAt", "Note", "RunTime", "UpdatedAt"}));
        if (!GetParam()) EXPECT_EQ(*rig.shop.seen[0].find("Processed"), Value(0));
    }
}

TEST_P(Layouts, ProgressComesWithEveryOutcome) {
    Rig rig(model());
    rig.put_many(10);
    rig.options.count_first = true;
    auto processor = rig.make();
    std::vector<Progress> told;
    std::size_t outcomes = 0;
    processor->on_progress = [&](const Progress& progress) { told.push_back(progress); };
    processor->on_outcome = [&](const RecordOutcome&) { ++outcomes; };
    ASSERT_TRUE(rig.finish(processor->run(rig.shop.handler())));
    ASSERT_EQ(told.size(), 10U);
    EXPECT_EQ(told.back().total, 10);
    EXPECT_EQ(told.back().processed, 10);
    EXPECT_EQ(told.back().running, 0U);
    EXPECT_EQ(outcomes, 10U);
}

TEST_P(Layouts, AReportKeepsTheFailuresWhateverItsSize) {
    Rig rig(model());
    rig.put_many(30);
    rig.options.outcomes_max = 5;
    rig.shop.answer = [](const std::string& name, int) -> Result<> {
        if (name >= "r0020") return fail(Errc::denied, "no");
        return {};
    };
    const Report report = rig.process();
    EXPECT_EQ(report.processed, 20);
    EXPECT_EQ(report.quarantined, 10);
    std::size_t failures = 0;
    for (const RecordOutcome& one : report.outcomes) failures += one.fate == Fate::quarantined;
    EXPECT_EQ(failures, 10U);
    EXPECT_LE(report.outcomes.size(), 15U);
}

struct Faulty : ::testing::TestWithParam<std::tuple<int, bool, bool>> {};

INSTANTIATE_TEST_SUITE_P(Seeds,
                         Faulty,
                         ::testing::Combine(::testing::Range(1, 9),
                                            ::testing::Bool(),
                                            ::testing::Bool()));

/// Calls fail, replies are lost, answers come late: everything is processed all the same, and
/// nothing more often than the store's failures explain.
TEST_P(Faulty, NothingIsLostInAStoreThatFails) {
    const auto [seed, sharded, shared] = GetParam();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rig rig(sharded ? sharded_model() : records_model(), shared, static_cast<std::uint64_t>(seed));
    rig.put_many(60);
    rig.options.lease = 5s;
    rig.shop.delay = 20ms;
    rig.shop.answer = [](const std::string& name, int attempt) -> Result<> {
        if (name.ends_with('7') && attempt < 3) return fail(Errc::unavailable, "later");
        return {};
    };
    auto first = rig.make("one");
    auto second = rig.make("two");
    std::optional<Report> one;
    std::optional<Report> two;
    rig.group.spawn(keep(first->run(rig.shop.handler()), one));
    if (shared) rig.group.spawn(keep(second->run(rig.shop.handler()), two));
    rig.run_for(10ms);  // Both have begun: a store that is away then is an error.
    auto& faults = rig.store->faults();
    faults.fail = 0.1;
    faults.lose_reply = 0.1;
    faults.delay = 0.3;
    rig.run_for(20min);
    faults.fail = faults.lose_reply = faults.delay = 0;
    rig.run_for(20min);
    ASSERT_TRUE(one);
    EXPECT_EQ(rig.count(WorkState::processed), 60);
    EXPECT_EQ(rig.shop.runs.size(), 60U);
    std::int64_t processed = one->processed + (two ? two->processed : 0);
    std::int64_t elsewhere = one->elsewhere + (two ? two->elsewhere : 0);
    EXPECT_LE(processed, 60);
    EXPECT_GE(processed + elsewhere, 60);
}

TEST(Ledger, ARecordIsCountedOnceHoweverOftenItComes) {
    Ledger ledger(10, [](std::string_view id) { return Item{{"id", id}}; });
    ledger.attempted("a", 1, Error{Errc::unavailable, "away"});
    EXPECT_FALSE(ledger.ended("a", queue::RowEnd::retried));
    ledger.attempted("a", 2, std::nullopt);
    EXPECT_EQ(ledger.ended("a", queue::RowEnd::dropped)->fate, Fate::elsewhere);
    ledger.attempted("a", 1, std::nullopt);
    EXPECT_EQ(ledger.ended("a", queue::RowEnd::done)->fate, Fate::processed);
    const Report report = ledger.close(true, 1s);
    EXPECT_EQ(report.processed, 1);
    EXPECT_EQ(report.elsewhere, 0);
    EXPECT_EQ(report.retried, 1);
    ASSERT_EQ(report.outcomes.size(), 1U);
}

TEST(Ledger, WhatWaitsForAnotherAttemptIsUnfinishedWhenTheRunIsStopped) {
    Ledger ledger(10, [](std::string_view id) { return Item{{"id", id}}; });
    ledger.attempted("a", 1, Error{Errc::unavailable, "away"});
    EXPECT_FALSE(ledger.ended("a", queue::RowEnd::retried));
    const Report report = ledger.close(false, 1s);
    EXPECT_EQ(report.unfinished, 1);
    EXPECT_EQ(report.outcomes.at(0).error->message, "away");
}

}  // namespace
}  // namespace carillon::records
