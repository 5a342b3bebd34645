// Priorities: among what is due the higher goes first, and nothing waits for ever.

#include "queue/world_test.hpp"

#include <algorithm>

namespace carillon::queue::testing {
namespace {

ShardedRowsOptions with_priorities() {
    ShardedRowsOptions options = test_rows(2);
    options.priority_attribute = "priority";
    return options;
}

struct PriorityWorld : World {
    PriorityWorld() : World(1, with_priorities()) {
        use_engine();
        options.concurrency = 1;
        options.claim_batch = 20;
        options.held_max = 40;
        handler.delay = 10ms;
    }

    void add(const std::string& prefix, int count, int priority, TimePoint due_at = noon) {
        for (int i = 0; i < count; ++i) {
            put(rows.make(
                {{"id", prefix + std::to_string(i)}, {"tenant", "t"}, {"priority", priority}},
                RowState{.due_at = due_at}));
        }
    }

    /// The first letters of what started, in order.
    [[nodiscard]] std::string order() const {
        std::string letters;
        for (const auto& start : handler.starts) letters += start.id.front();
        return letters;
    }
};

TEST(Priority, TheHigherGoFirstAmongWhatIsDue) {
    PriorityWorld world;
    world.create_table();
    world.add("low", 4, 1);
    world.add("normal", 3, 5);
    world.add("urgent", 2, 9);
    world.add("high", 2, 7);
    world.make_queue();
    // All of them are held before the first one starts.
    world.add("first", 1, 9, noon - 1s);
    ASSERT_TRUE(world.finish(world.queue->start()));
    world.run_for(1s);
    const std::string order = world.order();
    ASSERT_EQ(order.size(), 12U);
    EXPECT_EQ(order.substr(1, 4), "uuhh") << order;
    world.end();
}

TEST(Priority, PassesABacklogThatIsLargerThanTheMemory) {
    PriorityWorld world;
    world.create_table();
    world.add("low", 400, 2);
    world.add("normal", 400, 5);
    world.make_queue();
    ASSERT_TRUE(world.finish(world.queue->start()));
    world.run_for(1s);
    const std::size_t before = world.handler.starts.size();
    ASSERT_LT(before, 200U);
    world.add("urgent", 10, 9, world.loop.now());
    world.run_for(200ms);
    const std::string after = world.order().substr(before);
    EXPECT_EQ(std::ranges::count(after, 'u'), 10) << after;
    world.end();
}

TEST(Priority, LetsNothingWaitForEver) {
    PriorityWorld world;
    world.create_table();
    world.add("urgent", 900, 9);
    world.add("low", 900, 1);
    world.make_queue();
    ASSERT_TRUE(world.finish(world.queue->start()));
    world.run_for(8s);
    const std::string order = world.order();
    const auto low = static_cast<double>(std::ranges::count(order, 'l'));
    const double share = low / static_cast<double>(order.size());
    EXPECT_GT(share, 0.08) << order;
    EXPECT_LT(share, 0.2) << order;
    world.end();
}

TEST(Priority, MovesARowToThePartitionOfItsBand) {
    const ShardedRows rows(with_priorities());
    dynamo::Item item = rows.make({{"id", "a"}, {"priority", 6}}, RowState{.due_at = noon});
    EXPECT_TRUE(item.find("duePartition")->string()->starts_with("ready-high#"));
    item.set("priority", 4);
    rows.write(item, RowState{.due_at = noon});
    EXPECT_TRUE(item.find("duePartition")->string()->starts_with("ready-low#"));
    item.erase("priority");
    rows.write(item, RowState{.due_at = noon});
    EXPECT_TRUE(item.find("duePartition")->string()->starts_with("ready#"));
    std::vector<std::size_t> found;
    for (const auto& partition : rows.partitions(State::ready)) {
        found.push_back(rows.band(partition));
    }
    EXPECT_EQ(found, (std::vector<std::size_t>{2, 2, 1, 1, 0, 0}));
    EXPECT_EQ(rows.partitions(State::leased).size(), 2U);
}

}  // namespace
}  // namespace carillon::queue::testing
