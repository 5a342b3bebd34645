// One queue over one table in a simulated world.

#pragma once

#include "dynamo/embedded/embedded.hpp"
#include "queue/plain_store_test.hpp"
#include "queue/queue.hpp"
#include "queue/row_key.hpp"
#include "queue/sharded_rows.hpp"
#include "runtime/simulated_test.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::queue::testing {

using namespace std::chrono_literals;

inline constexpr TimePoint noon{std::chrono::hours{12}};

/// Does what the test says, and notes what ran when.
class TestHandler final : public Handler {
public:
    explicit TestHandler(runtime::Loop& loop) : loop_(loop) {}

    struct Start {
        std::string id;
        TimePoint at;
        int attempt = 0;
    };

    std::vector<Start> starts;
    std::vector<std::string> poisonings;
    std::size_t running = 0;
    std::size_t most_running = 0;
    std::size_t stops_seen = 0;
    Duration delay{0};
    std::function<Duration(const Claim&)> delay_of;
    std::function<Settlement(const Claim&)> decide;
    std::function<Settlement(const Claim&, std::string_view)> on_throw;
    std::function<void()> before_poisoned;

    Task<Settlement> handle(Claim claim) override {
        const std::string id = *claim.item.find("id")->string();
        EXPECT_LE(claim.due_at, loop_.now()) << id << " started early";
        starts.push_back({id, loop_.now(), claim.attempt});
        most_running = std::max(most_running, ++running);
        const Duration wait = delay_of ? delay_of(claim) : delay;
        if (wait > Duration::zero()) {
            const bool slept = co_await loop_.sleep_for(wait, claim.stop);
            if (!slept) ++stops_seen;
        }
        --running;
        if (decide) co_return decide(claim);
        Settlement settlement;
        settlement.item = std::move(claim.item);
        co_return settlement;
    }

    Settlement threw(Claim claim, std::string_view what) override {
        if (on_throw) return on_throw(claim, what);
        return Handler::threw(std::move(claim), what);
    }

    Settlement poisoned(Claim claim) override {
        if (before_poisoned) before_poisoned();
        poisonings.push_back(*claim.item.find("id")->string());
        Settlement settlement;
        settlement.verdict = Verdict::failed;
        settlement.item = std::move(claim.item);
        settlement.item.set("error", "its worker died too often");
        return settlement;
    }

    [[nodiscard]] std::map<std::string, int> runs() const {
        std::map<std::string, int> count;
        for (const Start& start : starts) ++count[start.id];
        return count;
    }

private:
    runtime::Loop& loop_;
};

inline ShardedRowsOptions test_rows(int shards) {
    ShardedRowsOptions options;
    options.table = "work";
    options.shards = shards;
    options.fairness_attribute = "tenant";
    return options;
}

struct World : runtime::testing::Simulated {
    explicit World(std::uint64_t seed = 1, int shards = 2) : World(seed, test_rows(shards)) {}

    World(std::uint64_t seed, ShardedRowsOptions layout)
        : Simulated(noon), random(seed), rows(std::move(layout)) {}

    SeededRandom random;
    Registry metrics;
    ShardedRows rows;
    std::unique_ptr<dynamo::Database> store = std::make_unique<PlainStore>();
    dynamo::Database* database = store.get();  ///< What the queue is given.
    TestHandler handler{loop};
    QueueOptions options{};
    std::unique_ptr<Queue> queue;
    std::ostringstream log_text;
    std::unique_ptr<Log> log =
        open_log({.level = LogLevel::warn, .now = [this] { return clock.now(); }}, log_text);

    /// The embedded engine, in memory and without threads, instead of the plain store.
    void use_engine() {
        auto opened = dynamo::open_embedded({.memory = true, .inline_writer = true}, clock);
        ASSERT_TRUE(opened) << describe(opened.error());
        store = *std::move(opened);
        database = store.get();
    }

    void create_table() { EXPECT_TRUE(finish(store->create_table(rows.schema()))); }

    void make_queue() {
        queue =
            std::make_unique<Queue>(loop, *database, rows, handler, random, *log, metrics, options);
    }

    /// Table, queue, start.
    void begin() {
        create_table();
        make_queue();
        const auto started = finish(queue->start());
        ASSERT_TRUE(started) << describe(started.error());
    }

    void end(Duration grace = 0s) {
        finish(queue->stop(grace));
        queue.reset();
    }

    [[nodiscard]] dynamo::Item row(const std::string& id,
                                   TimePoint due_at,
                                   const std::string& tenant = "t") const {
        return rows.make({{"id", id}, {"tenant", tenant}}, RowState{.due_at = due_at});
    }

    void put(dynamo::Item item) {
        dynamo::PutRequest put;
        put.table = rows.table();
        put.item = std::move(item);
        EXPECT_TRUE(finish(store->put_item(std::move(put))));
    }

    void put(const std::string& id, TimePoint due_at, const std::string& tenant = "t") {
        put(row(id, due_at, tenant));
    }

    void put_many(const std::string& prefix,
                  int count,
                  TimePoint due_at,
                  const std::string& tenant) {
        std::vector<dynamo::WriteUnit> units;
        for (int i = 0; i < count; ++i) {
            dynamo::PutRequest put;
            put.table = rows.table();
            put.item = row(prefix + std::to_string(i), due_at, tenant);
            units.emplace_back();
            units.back().push_back(std::move(put));
            if (units.size() == 1'000 || i + 1 == count) {
                for (const auto& answer : finish(store->update_batch(std::exchange(units, {})))) {
                    EXPECT_TRUE(answer);
                }
            }
        }
    }

    [[nodiscard]] static dynamo::Item key(const std::string& id) { return {{"id", id}}; }

    [[nodiscard]] std::optional<dynamo::Item> get(const std::string& id) {
        dynamo::GetRequest get;
        get.table = rows.table();
        get.key = key(id);
        auto item = finish(store->get_item(std::move(get)));
        EXPECT_TRUE(item.has_value());
        return *std::move(item);
    }

    [[nodiscard]] RowState state(const std::string& id) {
        const auto item = get(id);
        EXPECT_TRUE(item.has_value()) << id;
        const auto state = rows.read(*item);
        EXPECT_TRUE(state.has_value());
        return *state;
    }

    /// Rows of the in-flight table.
    [[nodiscard]] std::size_t in_flight() {
        dynamo::ScanRequest scan;
        scan.table = options.in_flight_table;
        const auto page = finish(store->scan(std::move(scan)));
        return page ? page->items.size() : 0;
    }
};

inline Settlement settled(const Claim& claim, Verdict verdict, TimePoint ready_at = {}) {
    Settlement settlement;
    settlement.verdict = verdict;
    settlement.item = claim.item;
    settlement.ready_at = ready_at;
    return settlement;
}

}  // namespace carillon::queue::testing
