// Tables of records over the embedded engine in memory, in a simulated world. The store can be made
// to say that others share it.

#pragma once

#include "dynamo/embedded/embedded.hpp"
#include "queue/faulty_store_test.hpp"
#include "records/processor.hpp"
#include "runtime/simulated_test.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace carillon::records::testing {

using namespace std::chrono_literals;
using dynamo::Item;
using dynamo::Value;

inline const TimePoint noon = parse_instant("2026-11-27T12:00:00Z").value();

inline TableModel sharded_model() {
    TableModel model = records_model();
    model.table = "Jobs";
    model.work = {.layout = WorkLayout::sharded, .shards = 3};
    return model;
}

/// What is done with records, as the test says; and what ran, how often, how many at a time.
struct Workshop {
    explicit Workshop(runtime::Loop& on_loop) : loop(on_loop) {}

    runtime::Loop& loop;
    Duration delay{0};
    std::function<Duration(const std::string& name)> delay_of;
    std::function<Result<>(const std::string& name, int attempt)> answer;
    std::map<std::string, int> runs;
    std::vector<Item> seen;
    std::vector<TimePoint> starts;
    std::size_t running = 0;
    std::size_t most_running = 0;

    Task<Result<>> work(Item record, Attempt attempt) {
        const std::string name = *record.find("RunTime")->string();
        ++runs[name];
        starts.push_back(loop.now());
        seen.push_back(record);
        most_running = std::max(most_running, ++running);
        const Duration wait = delay_of ? delay_of(name) : delay;
        if (wait > 0ms) {
            const bool slept = co_await loop.sleep_for(wait, attempt.stop);
            if (!slept) {
                --running;
                co_return fail(Errc::cancelled, "stopped");
            }
        }
        --running;
        if (answer) co_return answer(name, attempt.number);
        co_return Result<>{};
    }

    RecordHandler handler() {
        return [this](Item record, Attempt attempt) {
            return work(std::move(record), std::move(attempt));
        };
    }

    [[nodiscard]] int most_runs() const {
        int most = 0;
        for (const auto& [name, count] : runs) most = std::max(most, count);
        return most;
    }
};

struct Rig : runtime::testing::Simulated {
    explicit Rig(TableModel given = records_model(), bool shared = false, std::uint64_t seed = 7)
        : Simulated(noon), random(seed), model(std::move(given)) {
        auto opened = dynamo::open_embedded({.memory = true, .inline_writer = true}, clock);
        if (!opened) std::abort();
        engine = *std::move(opened);
        store = std::make_unique<queue::testing::FaultyStore>(
            *engine,
            loop,
            random,
            queue::testing::Faults{.exclusive = !shared, .watches = !shared});
        table = std::make_unique<RecordTable>(*engine, clock, random, model);
        const auto made = finish(table->create());
        if (!made) std::abort();
    }

    SeededRandom random;
    Registry metrics;
    TableModel model;
    std::unique_ptr<dynamo::EmbeddedDatabase> engine;
    std::unique_ptr<queue::testing::FaultyStore> store;
    std::unique_ptr<RecordTable> table;
    Workshop shop{loop};
    ProcessorOptions options;

    static Item key(const std::string& name) { return {{"AccountId", "ACC1"}, {"RunTime", name}}; }

    static std::string name(int i) {
        std::string number = std::to_string(i);
        return "r" + std::string(number.size() < 4 ? 4 - number.size() : 0, '0') + number;
    }

    Item put(const std::string& record, Item item = {}) {
        item.set("AccountId", "ACC1");
        item.set("RunTime", record);
        auto stored = finish(table->put(std::move(item)));
        EXPECT_TRUE(stored) << describe(stored.error());
        return stored ? *std::move(stored) : Item{};
    }

    void put_many(int count, std::size_t bytes = 0) {
        for (int i = 0; i < count; ++i) {
            Item item;
            if (bytes > 0) item.set("Body", std::string(bytes, 'x'));
            put(name(i), std::move(item));
        }
    }

    /// What a program of the seed does: writes the item as it is, without a condition.
    void put_raw(Item item) {
        dynamo::PutRequest request;
        request.table = model.table;
        request.item = std::move(item);
        ASSERT_TRUE(finish(engine->put_item(std::move(request))));
    }

    std::optional<Item> get(const std::string& record) {
        return finish(table->get(key(record))).value();
    }

    std::int64_t count(WorkState state) { return finish(table->count(state)).value(); }

    std::unique_ptr<Processor> make(const std::string& owner = "one") {
        ProcessorOptions given = options;
        given.owner = owner;
        return std::make_unique<Processor>(
            loop, *store, model, random, Log::null(), metrics, std::move(given));
    }

    Report process() {
        auto processor = make();
        auto report = finish(processor->run(shop.handler()));
        EXPECT_TRUE(report) << describe(report.error());
        return report ? *std::move(report) : Report{};
    }

    static const RecordOutcome* outcome(const Report& report, const std::string& record) {
        for (const RecordOutcome& one : report.outcomes) {
            if (*one.key.find("RunTime")->string() == record) return &one;
        }
        return nullptr;
    }
};

}  // namespace carillon::records::testing
