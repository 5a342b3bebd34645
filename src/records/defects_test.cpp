// Seed 004's defects E-1 to E-8, each with the opposite outcome; on its own layout and on ours.

#include "records/records_rig_test.hpp"

namespace carillon::records {
namespace {

using namespace testing;

struct Both : ::testing::TestWithParam<bool> {
    static TableModel model() { return GetParam() ? sharded_model() : records_model(); }
};

INSTANTIATE_TEST_SUITE_P(Layouts, Both, ::testing::Bool(), [](const auto& info) {
    return info.param ? "sharded" : "flag";
});

Task<> keep(Task<Result<Report>> run, std::optional<Report>& report) {
    auto answer = co_await std::move(run);
    EXPECT_TRUE(answer);
    if (answer) report = *std::move(answer);
}

TEST_P(Both, E1TwoProcessorsRunEveryRecordOnce) {
    Rig rig(model(), true);
    rig.put_many(100);
    rig.shop.delay = 20ms;
    auto first = rig.make("one");
    auto second = rig.make("two");
    std::optional<Report> one;
    std::optional<Report> two;
    rig.group.spawn(keep(first->run(rig.shop.handler()), one));
    rig.group.spawn(keep(second->run(rig.shop.handler()), two));
    rig.run_for(1min);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(rig.shop.runs.size(), 100U);
    EXPECT_EQ(rig.shop.most_runs(), 1);
    EXPECT_EQ(one->processed + two->processed, 100);
    EXPECT_GT(one->processed, 20) << "the work is shared";
    EXPECT_GT(two->processed, 20) << "the work is shared";
    EXPECT_EQ(rig.count(WorkState::processed), 100);
}

TEST_P(Both, E2RecordsBeyondOnePageAreProcessedToo) {
    Rig rig(model());
    rig.put_many(40, 100'000);  // Four pages of 1 MB.
    const Report report = rig.process();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.processed, 40);
    EXPECT_EQ(rig.count(WorkState::unprocessed), 0);
}

TEST_P(Both, E2ManyMoreRecordsThanRoundsTimesWorkersAreAllProcessed) {
    Rig rig(model(), true);
    rig.put_many(150);
    rig.options.max_iterations = 2;
    rig.options.max_workers = 3;
    const Report report = rig.process();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.processed, 150);
}

TEST_P(Both, E2AStoppedRunSaysThatItIsIncomplete) {
    Rig rig(model());
    rig.put_many(50);
    rig.shop.delay = 100ms;
    runtime::StopSource stop;
    auto processor = rig.make();
    std::optional<Report> report;
    rig.group.spawn(keep(processor->run(rig.shop.handler(), stop.token()), report));
    rig.run_for(250ms);
    stop.request_stop();
    rig.run_for(1min);
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->complete);
    EXPECT_GT(report->processed, 0);
    EXPECT_EQ(report->processed + rig.count(WorkState::unprocessed), 50);
}

TEST_P(Both, E3OnePoisonRecordIsQuarantinedAndTheOthersAreProcessed) {
    Rig rig(model());
    rig.put_many(50);
    rig.shop.answer = [](const std::string& name, int) -> Result<> {
        if (name == "r0000") return fail(Errc::invalid, "no such document");
        return {};
    };
    const Report report = rig.process();
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.processed, 49);
    EXPECT_EQ(report.quarantined, 1);
    EXPECT_EQ(rig.shop.runs["r0000"], 1) << "what cannot get better is not repeated";
    EXPECT_EQ(report.outcomes.size(), 50U) << "one entry for a record";
    EXPECT_DOUBLE_EQ(report.success_rate(), 98.0);
    EXPECT_EQ(rig.count(WorkState::quarantined), 1);
    EXPECT_EQ(*rig.get("r0000")->find(error_attribute)->string(), "invalid: no such document");
}

TEST_P(Both, E3ARecordThatAlwaysFailsIsQuarantinedWhenItsAttemptsAreSpent) {
    Rig rig(model());
    rig.put_many(10);
    rig.options.max_retries = 1;
    rig.options.max_iterations = 3;
    rig.shop.answer = [](const std::string& name, int) -> Result<> {
        if (name == "r0003") return fail(Errc::unavailable, "the mail server is down");
        return {};
    };
    const Report report = rig.process();
    EXPECT_EQ(rig.shop.runs["r0003"], 6);
    EXPECT_EQ(report.processed, 9);
    EXPECT_EQ(report.quarantined, 1);
    EXPECT_EQ(report.retried, 5);
    EXPECT_EQ(Rig::outcome(report, "r0003")->attempts, 6);
}

TEST_P(Both, E4ARecordThatSucceedsAtLastIsNoError) {
    Rig rig(model());
    rig.put_many(5);
    rig.shop.answer = [](const std::string& name, int attempt) -> Result<> {
        if (name == "r0001" && attempt < 6) return fail(Errc::internal, "not yet");
        return {};
    };
    const Report report = rig.process();
    EXPECT_EQ(report.processed, 5);
    EXPECT_EQ(report.quarantined, 0);
    const RecordOutcome* late = Rig::outcome(report, "r0001");
    ASSERT_NE(late, nullptr);
    EXPECT_EQ(late->fate, Fate::processed);
    EXPECT_EQ(late->attempts, 6);
    EXPECT_FALSE(late->error);
    EXPECT_EQ(rig.get("r0001")->find(error_attribute), nullptr);
}

TEST_P(Both, E5SlowRecordsDoNotHoldUpTheOtherWorkers) {
    Rig rig(model());
    rig.put_many(10);
    rig.shop.delay_of = [](const std::string& name) {
        return name == "r0000" || name == "r0005" ? Duration{500} : Duration{10};
    };
    const Report report = rig.process();
    EXPECT_EQ(report.processed, 10);
    EXPECT_EQ(rig.shop.most_running, 5U);
    EXPECT_LT(report.duration, 600ms) << "the seed takes 1002 ms";
}

TEST(Defects, E6ProcessedRecordsLeaveOurIndex) {
    Rig rig(sharded_model());
    rig.put_many(30);
    EXPECT_EQ(rig.process().processed, 30);
    dynamo::ScanRequest scan;
    scan.table = "Jobs";
    scan.index = "work-3";
    const auto page = rig.finish(rig.engine->scan(std::move(scan)));
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->items.empty());
    EXPECT_EQ(rig.count(WorkState::processed), 30);
}

TEST(Defects, E6UnprocessedRecordsAreSpreadOverTheShards) {
    Rig rig(sharded_model());
    rig.put_many(60);
    std::map<std::string, int> partitions;
    dynamo::ScanRequest scan;
    scan.table = "Jobs";
    scan.index = "work-3";
    const auto page = rig.finish(rig.engine->scan(std::move(scan)));
    ASSERT_TRUE(page);
    for (const Item& item : page->items) ++partitions[*item.find("workPartition")->string()];
    EXPECT_EQ(partitions.size(), 3U);
    for (const auto& [name, count] : partitions) EXPECT_GT(count, 5) << name;
}

TEST_P(Both, E7MarkingARecordThatIsNotThereMakesNone) {
    Rig rig(model());
    const auto marked = rig.finish(rig.table->mark_processed(Rig::key("ghost")));
    ASSERT_FALSE(marked);
    EXPECT_EQ(marked.error().code, Errc::not_found);
    EXPECT_FALSE(rig.get("ghost"));
}

TEST_P(Both, E7ARecordThatWasMarkedMeanwhileIsNotRunAgain) {
    Rig rig(model());
    rig.put_many(20);
    rig.options.max_workers = 1;
    rig.options.claim_ahead = 20;
    rig.shop.delay = 10ms;
    auto processor = rig.make();
    std::optional<Report> report;
    rig.group.spawn(keep(processor->run(rig.shop.handler()), report));
    rig.run_for(15ms);  // All are claimed, the second is in work.
    std::string last = "r0019";
    if (rig.shop.runs.contains(last)) last = "r0000";
    ASSERT_FALSE(rig.shop.runs.contains(last));
    EXPECT_EQ(rig.finish(rig.table->mark_processed(Rig::key(last))).value(), Marked::marked);
    rig.run_for(1min);
    ASSERT_TRUE(report);
    EXPECT_FALSE(rig.shop.runs.contains(last));
    EXPECT_EQ(report->processed, 19);
    EXPECT_EQ(rig.count(WorkState::processed), 20);
}

TEST_P(Both, E7AStaleIndexDoesNotBringProcessedRecordsBack) {
    Rig rig(model(), true);
    rig.put_many(30);
    // An index page as it was before the records were processed is what claims go by.
    auto first = rig.make("one");
    auto second = rig.make("two");
    rig.store->faults().delay = 0.7;
    rig.store->faults().delay_max = 200ms;
    std::optional<Report> one;
    std::optional<Report> two;
    rig.group.spawn(keep(first->run(rig.shop.handler()), one));
    rig.group.spawn(keep(second->run(rig.shop.handler()), two));
    rig.run_for(5min);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(rig.shop.most_runs(), 1);
    EXPECT_EQ(one->processed + two->processed, 30);
}

TEST(Defects, E8ErrorsAreJudgedByTheirCodeAndNotByTheirText) {
    struct Case {
        Errc code;
        bool retryable;
    };

    constexpr Case cases[] = {{Errc::throttled, true},
                              {Errc::unavailable, true},
                              {Errc::timeout, true},
                              {Errc::condition_failed, true},
                              {Errc::internal, true},
                              {Errc::not_found, false},
                              {Errc::already_exists, false},
                              {Errc::invalid, false},
                              {Errc::denied, false},
                              {Errc::too_large, false},
                              {Errc::corrupt, false}};
    for (const Case& one : cases) {
        EXPECT_EQ(is_retryable(one.code), one.retryable) << to_string(one.code);
        Rig rig;
        rig.put("r");
        rig.options.max_retries = 1;
        rig.options.max_iterations = 1;
        // The seed goes by words such as these.
        rig.shop.answer = [&](const std::string&, int) -> Result<> {
            return fail(one.code,
                        one.retryable ? "validation: not found, access denied" : "try again later");
        };
        EXPECT_EQ(rig.process().quarantined, 1);
        EXPECT_EQ(rig.shop.runs["r"], one.retryable ? 2 : 1) << to_string(one.code);
    }
}

}  // namespace
}  // namespace carillon::records
