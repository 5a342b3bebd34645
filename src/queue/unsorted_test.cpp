// Due indexes without a sort key, outcomes as updates, and the word to the handler afterwards.

#include "core/check.hpp"
#include "queue/faulty_store_test.hpp"
#include "queue/world_test.hpp"

#include <gtest/gtest.h>

namespace carillon::queue {
namespace {

using namespace testing;

/// `state` is a number and the whole key of the index; the due time stands beside.
class FlatRows final : public RowMap {
public:
    [[nodiscard]] const std::string& table() const override { return table_; }

    [[nodiscard]] const dynamo::KeySchema& key() const override { return key_; }

    [[nodiscard]] const std::string& due_index() const override { return index_; }

    [[nodiscard]] std::vector<dynamo::Value> partitions(State state) const override {
        return {dynamo::Value(static_cast<int>(state))};
    }

    [[nodiscard]] dynamo::Value due_value(TimePoint at) const override { return to_epoch_ms(at); }

    [[nodiscard]] Result<RowState> read(const dynamo::Item& item) const override {
        RowState row;
        row.state = static_cast<State>(number(item, "state"));
        row.due_at = from_epoch_ms(number(item, "at"));
        row.attempts = static_cast<int>(number(item, "attempts"));
        row.interruptions = static_cast<int>(number(item, "interruptions"));
        if (const dynamo::Value* token = item.find("token")) row.lease_token = *token->string();
        return row;
    }

    void write(dynamo::Item& item, const RowState& row) const override {
        item.set("state", static_cast<int>(row.state));
        item.set("at", to_epoch_ms(row.due_at));
        item.set("attempts", row.attempts);
        item.set("interruptions", row.interruptions);
        item.set("token", row.lease_token);
        item.set("turn", number(item, "turn") + 1);
    }

    [[nodiscard]] dynamo::BoundCondition unchanged(const dynamo::Item& seen) const override {
        const bool leased = number(seen, "state") == static_cast<int>(State::leased);
        const char* name = leased ? "token" : "turn";
        auto parsed =
            dynamo::Condition::parse("#s = :s AND #n = :n", {{"#s", "state"}, {"#n", name}});
        CARILLON_CHECK(parsed.has_value());
        return {*std::move(parsed), {{":s", *seen.find("state")}, {":n", *seen.find(name)}}};
    }

    [[nodiscard]] const std::vector<std::string>* outcome_attributes() const override {
        return &outcome_;
    }

    [[nodiscard]] std::string fairness_key(const dynamo::Item&) const override { return {}; }

    [[nodiscard]] dynamo::TableSchema schema() const {
        dynamo::TableSchema schema;
        schema.name = table_;
        schema.key = key_;
        dynamo::IndexSchema index;
        index.name = index_;
        index.key.hash = {.name = "state", .type = dynamo::Type::number};
        schema.indexes.push_back(std::move(index));
        return schema;
    }

private:
    static std::int64_t number(const dynamo::Item& item, const char* name) {
        const dynamo::Value* value = item.find(name);
        return value == nullptr ? 0 : value->number()->to_int64().value();
    }

    std::string table_ = "flat";
    dynamo::KeySchema key_{.hash = {.name = "id"}};
    std::string index_ = "by-state";
    std::vector<std::string> outcome_{
        "state", "at", "attempts", "interruptions", "token", "turn", "note"};
};

/// Notes what it is told.
class TellingHandler final : public Handler {
public:
    explicit TellingHandler(runtime::Loop& loop) : loop_(loop) {}

    std::map<std::string, std::vector<TimePoint>> runs;
    std::map<RowEnd, int> ends;
    std::function<void()> during;
    int fail_first = 0;

    Task<Settlement> handle(Claim claim) override {
        auto& times = runs[*claim.item.find("id")->string()];
        times.push_back(loop_.now());
        (void)co_await loop_.sleep_for(10ms);
        if (during) during();
        Settlement settlement;
        settlement.item = std::move(claim.item);
        settlement.item.set("note", "seen");
        if (std::cmp_less_equal(times.size(), fail_first)) {
            settlement.verdict = Verdict::retry;
            settlement.ready_at = loop_.now() + 2s;
        }
        co_return settlement;
    }

    Settlement poisoned(Claim claim) override { return Handler::threw(std::move(claim), "died"); }

    void ended(std::string_view, RowEnd end) override { ++ends[end]; }

private:
    runtime::Loop& loop_;
};

struct Flat : runtime::testing::Simulated {
    explicit Flat(bool shared) : Simulated(noon) {
        auto opened = dynamo::open_embedded({.memory = true, .inline_writer = true}, clock);
        if (!opened) std::abort();
        engine = *std::move(opened);
        store = std::make_unique<FaultyStore>(
            *engine, loop, random, Faults{.exclusive = !shared, .watches = !shared});
        if (!finish(engine->create_table(rows.schema()))) std::abort();
        QueueOptions options;
        options.concurrency = 4;
        options.claim_batch = 4;
        options.held_max = 8;
        options.owner = "one";
        queue = std::make_unique<Queue>(
            loop, *store, rows, handler, random, Log::null(), metrics, options);
    }

    ~Flat() { finish(queue->stop(0s)); }

    void put(const std::string& id, TimePoint at) {
        dynamo::PutRequest request;
        request.table = "flat";
        request.item = {{"id", id}};
        rows.write(request.item, {.due_at = at});
        ASSERT_TRUE(finish(engine->put_item(std::move(request))));
    }

    dynamo::Item get(const std::string& id) {
        dynamo::GetRequest request;
        request.table = "flat";
        request.key = {{"id", id}};
        return finish(engine->get_item(std::move(request))).value().value();
    }

    SeededRandom random{3};
    Registry metrics;
    FlatRows rows;
    TellingHandler handler{loop};
    std::unique_ptr<dynamo::EmbeddedDatabase> engine;
    std::unique_ptr<FaultyStore> store;
    std::unique_ptr<Queue> queue;
};

struct Unsorted : ::testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Stores, Unsorted, ::testing::Bool(), [](const auto& info) {
    return info.param ? "shared" : "exclusive";
});

TEST_P(Unsorted, EveryRowRunsOnceAndNotBeforeItsTime) {
    Flat flat(GetParam());
    for (int i = 0; i < 40; ++i) flat.put("now" + std::to_string(i), noon);
    for (int i = 0; i < 10; ++i) flat.put("late" + std::to_string(i), noon + 5s);
    ASSERT_TRUE(flat.finish(flat.queue->start()));
    flat.run_for(3s);
    EXPECT_EQ(flat.handler.runs.size(), 40U);
    flat.run_for(10s);
    EXPECT_EQ(flat.handler.runs.size(), 50U);
    for (const auto& [id, times] : flat.handler.runs) {
        EXPECT_EQ(times.size(), 1U) << id;
        if (id.starts_with("late")) EXPECT_GE(times[0], noon + 5s) << id;
        if (id.starts_with("late")) EXPECT_LE(times[0], noon + 6100ms) << id;
    }
    EXPECT_EQ(flat.handler.ends[RowEnd::done], 50);
}

TEST_P(Unsorted, WhatComesInBehindTheReaderIsFound) {
    Flat flat(GetParam());
    for (int i = 0; i < 30; ++i) flat.put("m" + std::to_string(i), noon);
    ASSERT_TRUE(flat.finish(flat.queue->start()));
    flat.run_for(15ms);
    flat.put("a", flat.clock.now());
    flat.put("z", flat.clock.now());
    flat.run_for(3s);
    EXPECT_TRUE(flat.handler.runs.contains("a"));
    EXPECT_TRUE(flat.handler.runs.contains("z"));
    EXPECT_EQ(flat.handler.runs.size(), 32U);
}

TEST_P(Unsorted, ARetryRunsAtItsTime) {
    Flat flat(GetParam());
    flat.handler.fail_first = 1;
    flat.put("a", noon);
    ASSERT_TRUE(flat.finish(flat.queue->start()));
    flat.run_for(10s);
    const auto& times = flat.handler.runs["a"];
    ASSERT_EQ(times.size(), 2U);
    EXPECT_GE(times[1] - times[0], 2s);
    EXPECT_LE(times[1] - times[0], 3100ms);
    EXPECT_EQ(flat.handler.ends[RowEnd::retried], 1);
    EXPECT_EQ(flat.handler.ends[RowEnd::done], 1);
}

TEST_P(Unsorted, AnOutcomeLeavesWhatOthersWroteMeanwhile) {
    Flat flat(GetParam());
    flat.put("a", noon);
    flat.handler.during = [&] {
        dynamo::UpdateRequest update;
        update.table = "flat";
        update.key = {{"id", "a"}};
        update.update = dynamo::Update::parse("SET #e = :e", {{"#e", "edit"}}).value();
        update.values = {{":e", "mine"}};
        flat.group.spawn([](auto task) -> Task<> {
            (void)co_await std::move(task);
        }(flat.engine->update_item(std::move(update))));
    };
    ASSERT_TRUE(flat.finish(flat.queue->start()));
    flat.run_for(1s);
    const dynamo::Item item = flat.get("a");
    EXPECT_EQ(*item.find("edit")->string(), "mine");
    EXPECT_EQ(*item.find("note")->string(), "seen");
    EXPECT_EQ(*item.find("state"), dynamo::Value(static_cast<int>(State::done)));
}

TEST_P(Unsorted, ARowThatVanishedIsNotMadeAgainAndTheHandlerIsTold) {
    Flat flat(GetParam());
    flat.put("a", noon);
    flat.handler.during = [&] {
        dynamo::DeleteRequest removal;
        removal.table = "flat";
        removal.key = {{"id", "a"}};
        flat.group.spawn([](auto task) -> Task<> {
            (void)co_await std::move(task);
        }(flat.engine->delete_item(std::move(removal))));
    };
    ASSERT_TRUE(flat.finish(flat.queue->start()));
    flat.run_for(1s);
    dynamo::GetRequest request;
    request.table = "flat";
    request.key = {{"id", "a"}};
    EXPECT_FALSE(flat.finish(flat.engine->get_item(std::move(request))).value());
    EXPECT_EQ(flat.handler.ends[RowEnd::dropped], 1);
}

}  // namespace
}  // namespace carillon::queue
